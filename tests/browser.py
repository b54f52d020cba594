"""A real browser without a window, for one page: it ends with that, and all its processes with it."""

import contextlib
import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
NEEDED = pytest.mark.skipif(BROWSER is None, reason="there is no Chromium on this machine")
WITHIN = 60.0
QUIET = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--enable-logging=stderr",
)  # fmt: skip


def show(url: str, folder: Path, *options: str) -> str:
    """Open a page with more options (what to print, or to make a picture of); return the browser's log.

    Raises:
        TimeoutExpired: it did not end in a minute.
        CalledProcessError: it ended badly.
    """
    words = [str(BROWSER), *QUIET, f"--user-data-dir={folder / 'profile'}", *options, url]
    with subprocess.Popen(
        words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as browser:
        try:
            _, log = browser.communicate(timeout=WITHIN)
        finally:
            # It has children of its own, which hold its pipe open.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(browser.pid, signal.SIGKILL)
    if browser.returncode:
        raise subprocess.CalledProcessError(browser.returncode, words, stderr=log)
    return log
