"""The matrix's own organizations and referrals, on the network that the session shares."""

from collections.abc import AsyncIterator

import pytest
from graphql import GraphQLSchema

from cli.embedded.stack import Stack
from tests.flows.matrix import walk
from tests.flows.matrix.scene import Scene, played


@pytest.fixture(scope="package")
async def scene(stack: Stack) -> AsyncIterator[Scene]:
    """Everybody, both referrals, and the gateway."""
    async with played(stack) as playing:
        yield playing


@pytest.fixture(scope="package")
def schema() -> GraphQLSchema:
    """The public schema as it is committed."""
    return walk.schema()
