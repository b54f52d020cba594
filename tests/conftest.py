"""What all tests share: real servers, one set for a session, in folders of their own."""

import signal
from collections.abc import Iterator

import pytest

from cli.embedded.settings import EmbeddedSettings
from cli.embedded.stack import Stack
from tests.servers import Servers

# A shell that runs tests in the background has them ignore Ctrl-C, and so all that they start and end by it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """NATS and the database, without any part."""
    with Servers(tmp_path_factory.mktemp("servers")) as running:
        yield running


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The whole network on free ports, for tests that kill nothing of it."""
    settings = EmbeddedSettings(data_dir=tmp_path_factory.mktemp("stack")).on_free_ports()
    with Stack(settings, variables={"RELEVO_WEBHOOKS_ANYWHERE": "true"}) as running:
        yield running
