"""Takes the registry's addresses out of uv.lock, so that the lock installs from whichever one is set up.

Usage: ``python deploy/lock.py uv.lock``. Versions and hashes stay, so what is installed is the same
to the byte; see docs/decisions/0001.
"""

import re
import sys
from pathlib import Path


def without_registry(lock: str) -> str:
    """Return the text of a lock file with file names in place of addresses."""
    lock = re.sub(r'registry = "https?://[^"]+"', 'registry = "registry"', lock)
    return re.sub(r'url = "https?://[^"]*/([^"/]+)"', r'filename = "\1"', lock)


if __name__ == "__main__":
    path = Path(sys.argv[1])
    path.write_text(without_registry(path.read_text(encoding="utf-8")), encoding="utf-8")
