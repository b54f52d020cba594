"""The master keys that wrap the data keys: one, and while it is exchanged two, read anew when a file changes.

====================  =====================================================================================
``master.key``        the one in force
``master.next.key``   the one that takes its place; while it is there, new keys are wrapped with it
``master.old.key``    the one whose place was taken, until nothing is wrapped with it any more
====================  =====================================================================================

Each has a name of its own (``chassis.settings.key_name``), which stands with every data key that it wraps: a
key that was renamed goes on opening what it wrapped. Files are looked at before each new key, so that none is
wrapped with the old one once the new one is there; and again after it was stored (``Vault.keep``).
"""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from chassis.settings import key_name, read_key

MASTER_KEY_BYTES = 96
CURRENT, NEXT, OLD = "master.key", "master.next.key", "master.old.key"
# What a key was wrapped with before master keys had names.
NAMELESS = "local"

_Stamp = tuple[tuple[int, int, int] | None, ...]


def provider(key: bytes) -> str:
    """Return how libmongocrypt knows a master key: as a local one, by its name."""
    return f"local:{key_name(key)}"


@dataclass(frozen=True)
class Known:
    """The master keys that are there, and the one that wraps what is new."""

    current: bytes
    next: bytes | None = None
    old: bytes | None = None

    @cached_property
    def target(self) -> str:
        """The provider that wraps what is new."""
        return provider(self.next or self.current)

    @cached_property
    def providers(self) -> dict[str, Any]:
        """All of them, as libmongocrypt takes them."""
        there = [key for key in (self.current, self.next, self.old) if key is not None]
        return {NAMELESS: {"key": self.old or self.current}, **{provider(key): {"key": key} for key in there}}


class Masters:
    """The master keys in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stamp = self._look()
        self._known = self._read()

    def known(self) -> Known:
        """Return those that are there now; as long as a file is not as it should be, those known before."""
        stamp = self._look()
        if stamp != self._stamp:
            try:
                self._known = self._read()
            except SystemExit:
                return self._known  # half of a file, or between two names: looked at again
            self._stamp = stamp
        return self._known

    def _look(self) -> _Stamp:
        return tuple(_stamp(self._folder / name) for name in (CURRENT, NEXT, OLD))

    def _read(self) -> Known:
        found = {
            name: read_key(self._folder / name, MASTER_KEY_BYTES)
            for name in (NEXT, OLD)
            if (self._folder / name).exists()
        }
        current = read_key(self._folder / CURRENT, MASTER_KEY_BYTES)
        return Known(current, found.get(NEXT), found.get(OLD))


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ino, found.st_size


def master_key(keys_dir: Path) -> Masters:
    """Read the master key of the referrals service; ends the process where it is not as it should be."""
    return Masters(keys_dir / "referrals")
