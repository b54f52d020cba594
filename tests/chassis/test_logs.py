"""What is logged of a failure is its type and place, whoever logs it."""

import subprocess
import sys

import pytest

from chassis.logs import place_of

SCRIPT = """
import logging
from chassis import logs
from chassis.settings import PartSettings
logs.setup("test", PartSettings())
try:
    raise ValueError("canary-name")
except ValueError:
    logging.getLogger("library").exception("canary-message")
"""


def test_a_librarys_exception_is_logged_without_its_words() -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True)
    assert "canary" not in done.stderr + done.stdout
    assert "ERROR library" in done.stderr
    assert "ValueError at" in done.stderr


def test_the_place_is_where_it_was_raised() -> None:
    with pytest.raises(KeyError) as raised:
        raise KeyError("canary")
    assert place_of(raised.value).startswith(__file__)
