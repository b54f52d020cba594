"""The two parties on the session's network, and on one that interrupts its listeners often."""

from collections.abc import Iterator

import pytest

from cli.embedded.settings import EmbeddedSettings
from cli.embedded.stack import Stack
from tests.examples.parties import Parties, register

# Seconds. Tokens end soon, and a stream that was opened with one soon after.
TOKEN, GRACE = 3, 1


@pytest.fixture(scope="session")
def parties(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Parties:
    """A shelter and a hospital."""
    return register(stack, tmp_path_factory.mktemp("parties"))


@pytest.fixture
def restless(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Parties]:
    """The same in a network of their own, where tokens and streams live for seconds."""
    settings = EmbeddedSettings(data_dir=tmp_path_factory.mktemp("restless")).on_free_ports()
    variables = {"RELEVO_TOKEN_SECONDS": str(TOKEN), "RELEVO_STREAM_GRACE_SECONDS": str(GRACE)}
    with Stack(settings, variables=variables) as stack:
        yield register(stack, tmp_path_factory.mktemp("restless_parties"))
