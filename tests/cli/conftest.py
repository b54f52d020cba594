"""What every test of the command line has."""

from collections.abc import Iterator

import pytest
import structlog


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    """A command that is run in this process sets up logging for itself, to a file that is closed after it."""
    before = structlog.get_config()
    yield
    structlog.configure(**before)
