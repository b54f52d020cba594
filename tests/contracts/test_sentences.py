"""Whatever refuses speaks Spanish as well: every sentence of a refusal is found in the code, and its words.

If this fails for a sentence of yours: write it as plain text, or as ``Sentence("… {name} …", name=…)`` where
it holds values, and its Spanish into ``contracts/spanish``.
"""

import ast
import string
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest

from chassis.decoding import problem_of
from chassis.problems import InvalidError, RefusedError
from contracts.languages import ENGLISH, language_of
from contracts.languages import SPANISH as ES
from contracts.rpc import FieldProblem, Problem
from contracts.sentences import Sentence, either, in_spanish, of_input, spoken, together
from contracts.spanish import SPANISH
from contracts.spanish.codes import OF_CODES
from gateway.schema.problems import UserErrorCode
from services.directory.ids import Noun
from services.referrals import roles

ROOT = Path(__file__).parents[2]
PLACES = ("services", "chassis", "gateway", "contracts/patterns.py")
# What is read by operators (the command line is in English), or is data in both languages already, or is said
# of a client's program in the words of its protocol.
NOT_SPOKEN = (
    "services/directory/doctor.py",  # of `relevo doctor`
    "services/directory/exchange/",  # of `relevo import`, as the next three
    "services/directory/actions/importing.py",
    "services/directory/actions/registering.py",
    "services/directory/geography/",
    "services/directory/location.py",
    "services/directory/details.py",
    "services/directory/notes.py",
    "services/directory/profile.py",  # descriptions in the schemas of HSDS
    "services/directory/rest/profile.py",
    "services/directory/rest/taxonomies.py",
    "services/directory/rest/parameters.py",
    "services/directory/matching/builtin.py",  # in both languages there
    "services/directory/matching/words.py",
    "services/directory/matching/verdict.py",
    "services/directory/matching/names.py",
    "services/directory/search/reasons.py",
    "services/referrals/pathways/page.py",
    "services/referrals/records/",
    "services/referrals/warning.py",  # in both languages there
    "services/referrals/pathways/shipped.py",  # stops the start of a broken installation
    "services/referrals/screening/shipped.py",
    "services/referrals/deadlines/limits.py",
    "services/notifications/notices/words.py",  # in both languages there, as the next
    "services/notifications/notices/composing.py",
    "services/notifications/notices/wiring.py",  # of settings, which operators make
    "services/notifications/settings.py",
    "services/referrals/kms.py",  # of settings, which operators make
    "services/referrals/masters.py",
    "services/referrals/actions/erase.py",  # of `relevo erase`; what others are refused stands elsewhere
    "chassis/settings.py",
    "chassis/archive.py",  # of `relevo backup` and `relevo restore`
    "chassis/snapshots.py",
    "chassis/letters.py",  # of `relevo dlq`
    "gateway/oauth.py",  # RFC 6749 allows no letter with an accent
    "gateway/settings.py",
    "gateway/execution.py",
    "gateway/catalogue/",  # a page in both, and a document for programs
    "gateway/welcome.py",  # its page, in both; what it refuses is found below
    "gateway/unsubscribe.py",  # as that
    "gateway/websocket.py",  # the words of its protocol; no GraphQL client shows them
    "gateway/words.py",  # what graphql-core says of a document, to whoever wrote it
    "gateway/schema/",  # descriptions; what is refused there is found by its class below
)
# Classes of errors that nobody is told of who asks.
NO_REFUSALS = ("AssertionError", "NotImplementedError", "ValueError", "GraphQLError")
# As an import says it; an edit says the rest (services/directory/editing/fields.py).
LEFT_OUT = (": the schedule is left out.", ": left out.")


@cache
def nodes() -> dict[str, list[ast.AST]]:
    """Everything that stands in a file, by its name."""
    files = [one for place in PLACES for one in sorted((ROOT / place).rglob("*.py"))]
    files += [ROOT / place for place in PLACES if place.endswith(".py")]
    return {str(one.relative_to(ROOT)): list(ast.walk(ast.parse(one.read_text()))) for one in files}


def text_of(node: ast.AST) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def documentation(file: str) -> set[int]:
    bodies = [node.body for node in nodes()[file] if isinstance(getattr(node, "body", None), list)]  # type: ignore[attr-defined]
    return {id(one.value) for body in bodies for one in body if isinstance(one, ast.Expr)}


def is_spoken(file: str) -> bool:
    return not file.startswith(NOT_SPOKEN)


def is_sentence(text: str) -> bool:
    return " " in text.strip() and text.endswith((".", "?")) and text[0] in string.ascii_letters + "{"


def calls(file: str, *ends: str) -> Iterator[ast.Call]:
    for node in nodes()[file]:
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name.endswith(ends) and name not in NO_REFUSALS:
                yield node


def said_in(file: str) -> set[str]:
    """Every text in a file that somebody may be told."""
    beside = documentation(file) | {
        id(inner)
        for node in nodes()[file]
        if isinstance(node, ast.JoinedStr) or (isinstance(node, ast.keyword) and node.arg == "description")
        for inner in ast.walk(node)
    }
    found = set()
    if is_spoken(file):
        texts = [text_of(node) for node in nodes()[file] if id(node) not in beside]
        found |= {text for text in texts if text is not None and is_sentence(text)}
    is_schema = file.startswith("gateway/schema/") and not file.endswith(("scalars.py", "quick.py"))
    refusing = [arg for call in calls(file, "Error") for arg in call.args if is_spoken(file) or is_schema]
    standing = [call.args[0] for call in calls(file, "Sentence", "sentence") if call.args]
    for argument in (*refusing, *standing):
        found |= {text for node in ast.walk(argument) if (text := text_of(node)) and " " in text.strip(", ")}
    titles = [node for node in nodes()[file] if isinstance(node, ast.Assign) and _is_title(node)]
    return found | {text for node in titles if is_spoken(file) and (text := text_of(node.value))}


def _is_title(node: ast.Assign) -> bool:
    return any(isinstance(target, ast.Name) and target.id == "title" for target in node.targets)


@cache
def said() -> dict[str, str]:
    """Every sentence of a refusal, and a file that says it."""
    found = {}
    for file in nodes():
        for text in said_in(file):
            for end in LEFT_OUT:
                text = f"{text.removesuffix(end)}." if text.endswith(end) else text  # noqa: PLW2901
            found[text] = file
    return found


def names_in(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


def test_every_sentence_of_a_refusal_has_its_spanish_words() -> None:
    assert {text: file for text, file in said().items() if text not in SPANISH} == {}


def test_sentences_with_values_are_no_f_strings() -> None:
    """Of one of those nothing is left by which it could be found."""
    found = []
    for file in filter(is_spoken, nodes()):
        whole = [node for node in nodes()[file] if isinstance(node, ast.JoinedStr)]
        words = [(node, "".join(text_of(part) or "{}" for part in node.values)) for node in whole]
        found += [f"{file}:{node.lineno}" for node, text in words if " " in text and text.endswith(".")]
        for call in calls(file, "Error", "FieldProblem"):
            told = [node for arg in call.args for node in ast.walk(arg)]
            found += [f"{file}:{node.lineno}" for node in told if isinstance(node, ast.JoinedStr)]
    assert found == []


def test_both_languages_have_the_same_places_for_values() -> None:
    assert [en for en, es in SPANISH.items() if names_in(en) != names_in(es)] == []


def test_no_spanish_words_are_left_of_a_sentence_that_nobody_says() -> None:
    constants = {text for inside in nodes().values() for node in inside if (text := text_of(node))}
    helpers = ast.parse((ROOT / "contracts/sentences.py").read_text())
    constants |= {text for node in ast.walk(helpers) if (text := text_of(node))}
    assert {one for one in SPANISH if one not in constants and one not in said()} == set()


def test_actions_and_nouns_have_words_that_stand_in_a_sentence() -> None:
    actions = {action for action, _ in (*roles.ROLES, *roles.ASIDES)}
    assert {*actions, *get_args(Noun)} <= set(SPANISH)


def test_what_is_said_to_be_not_spoken_is_there() -> None:
    assert [one for one in NOT_SPOKEN if not any(file.startswith(one) for file in nodes())] == []


def test_every_code_has_a_sentence_of_its_own() -> None:
    assert set(OF_CODES) == {code.value for code in UserErrorCode}


def test_a_sentence_is_said_in_both_languages_with_its_values() -> None:
    words = Sentence("Must be in the future, within {days} days.", days=30)
    assert words == "Must be in the future, within 30 days."
    assert spoken(words, ES, "INVALID") == "Debe ser en el futuro, dentro de 30 días."
    assert spoken(words, ENGLISH, "INVALID") == "Must be in the future, within 30 days."


def test_a_sentence_within_a_sentence_is_said_in_spanish_too() -> None:
    words = together(
        [
            of_input(
                "days", Sentence("Must be {kinds}.", kinds=either([Sentence("text"), Sentence("null")]))
            ),
            "Say why.",
        ]
    )
    assert words == "days: Must be text or null. Say why."
    assert in_spanish(words) == "days: Debe ser un texto o nulo (null). Diga por qué."


def test_what_a_value_says_is_no_template() -> None:
    words = Sentence("{part} may not speak for this actor.", part="{other} {0} %s")
    assert in_spanish(words) == "{other} {0} %s no puede hablar por quien actúa."


def test_words_of_a_newer_part_become_those_of_their_code() -> None:
    for words in ("Something new.", Sentence("Something {new}.", new="else")):
        assert spoken(words, ES, "TOO_MANY") == OF_CODES["TOO_MANY"]
        assert spoken(words, ES, "NEVER_HEARD_OF") == OF_CODES["REFUSED"]
        assert spoken(words, ENGLISH, "TOO_MANY") == words


def test_a_refusal_crosses_the_bus_with_its_words_for_both_languages() -> None:
    message = Sentence("Must be 1 to {most}.", most=100)
    refusal = InvalidError(
        Sentence("There are {count} messages.", count=3), (FieldProblem(path=("first",), message=message),)
    )
    came: Any = msgspec.json.decode(msgspec.json.encode(refusal.problem), type=Problem)
    assert (came.detail, came.fields[0].message) == ("There are 3 messages.", "Must be 1 to 100.")
    assert type(came.fields[0].message) is str
    there = RefusedError(came)
    assert spoken(there.detail, ES, "INVALID") == "Hay 3 mensajes."
    assert spoken(there.fields[0].words, ES, "INVALID") == "Debe ser de 1 a 100."


class Anything(msgspec.Struct):
    """Of every kind that a request may have."""

    name: str | None = None
    count: int = 1
    ids: tuple[str, ...] = ()


@pytest.mark.parametrize(
    "body", ['{"name": 1}', '{"count": "x"}', '{"ids": 3}', '{"ids": [1]}', "[]", '{"count": null}']
)
def test_what_cannot_be_decoded_is_told_in_spanish(body: str) -> None:
    with pytest.raises(msgspec.ValidationError) as caught:
        msgspec.json.decode(body, type=Anything)
    assert in_spanish(problem_of(caught.value).words) is not None


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, ES), ("", ES), ("en", ENGLISH), ("en-GB,es;q=0.8", ENGLISH), ("es-MX, en;q=0.9", ES),
        ("fr, en;q=0.5", ENGLISH), ("fr", ES), ("es;q=0.1, en;q=0.9", ENGLISH), ("en;q=0", ES),
        ("en;q=much", ES), ("*", ES),
    ],
)  # fmt: skip
def test_the_language_is_the_one_liked_best(header: str | None, language: str) -> None:
    assert language_of(header) == language
