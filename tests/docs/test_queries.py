"""What chapters show of GraphQL is right by the schema, and each shows how to look at the result."""

import re
from pathlib import Path

import pytest
from graphql import OperationDefinitionNode, build_schema, parse, validate

ROOT = Path(__file__).parents[2]
SCHEMA = build_schema((ROOT / "gateway" / "schema.graphql").read_text(encoding="utf-8"))
PAGES = ("agreements", "alerts", "notices", "webhooks")
_BLOCK = re.compile(r"```graphql\n(.*?)```", re.DOTALL)


@pytest.mark.parametrize("page", PAGES)
def test_what_a_chapter_shows_is_right_and_it_shows_a_query(page: str) -> None:
    text = (ROOT / "docs" / f"{page}.md").read_text(encoding="utf-8")
    operations = []
    for block in _BLOCK.findall(text):
        # Several in one block are several documents.
        for one in re.split(r"\n(?=query |mutation |\{ )", block.strip()):
            document = parse(one)
            assert validate(SCHEMA, document) == []
            found = [one for one in document.definitions if isinstance(one, OperationDefinitionNode)]
            operations += [definition.operation.value for definition in found]
    assert {"mutation", "query"} <= set(operations)
