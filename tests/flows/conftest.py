"""The cast on the session's network, and a second network that is watched: spans, and every log line."""

from collections.abc import AsyncIterator, Iterator

import pytest

from cli.embedded.settings import EmbeddedSettings
from cli.embedded.stack import Stack
from tests.flows.cast import Cast, gathered
from tests.flows.collector import Collector


@pytest.fixture(scope="session")
async def cast(stack: Stack) -> AsyncIterator[Cast]:
    """Everybody, on the network that the session shares."""
    async with gathered(stack) as everybody:
        yield everybody


@pytest.fixture(scope="session")
def collector() -> Iterator[Collector]:
    """What receives the spans of the watched network."""
    with Collector() as receiving:
        yield receiving


@pytest.fixture(scope="session")
async def watched(tmp_path_factory: pytest.TempPathFactory, collector: Collector) -> AsyncIterator[Cast]:
    """The cast on a network that sends its spans to the collector and logs all that it can."""
    settings = EmbeddedSettings(data_dir=tmp_path_factory.mktemp("watched"), metrics_port=0).on_free_ports()
    variables = {"RELEVO_OTLP_ENDPOINT": collector.url, "RELEVO_LOG_LEVEL": "debug"}
    with Stack(settings, variables=variables) as stack:
        async with gathered(stack) as everybody:
            yield everybody
