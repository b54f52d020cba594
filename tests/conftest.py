"""What all tests share: real servers, one set for a session, in folders of their own."""

from collections.abc import Iterator

import pytest

from tests.servers import Servers


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """NATS and the database, without any part."""
    with Servers(tmp_path_factory.mktemp("servers")) as running:
        yield running
