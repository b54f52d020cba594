"""The master keys that wrap the data keys: one, and while it is exchanged two, read anew when a file changes.

====================  =====================================================================================
``master.key``        the one in force
``master.next.key``   the one that takes its place; while it is there, new keys are wrapped with it
``master.old.key``    the one whose place was taken, until nothing is wrapped with it any more
====================  =====================================================================================

Each is a file of 96 bytes; or, with ``.kms`` at its end, one that a KMS has sealed (``kms``).

Each has a name of its own (``chassis.settings.key_name``), which stands with every data key that it wraps: a
key that was renamed goes on opening what it wrapped. Files are looked at before each new key, so that none is
wrapped with the old one once the new one is there; and again after it was stored (``Vault.keep``).
"""

import time
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from chassis.settings import key_name, read_key
from services.referrals.kms import SETTING, Kms, KmsError

MASTER_KEY_BYTES = 96
CURRENT, NEXT, OLD = "master.key", "master.next.key", "master.old.key"
PLAIN, SEALED = ".key", ".kms"
# A KMS that did not answer is asked again after so many seconds.
ASKED_AGAIN = 5.0
# What a key was wrapped with before master keys had names.
NAMELESS = "local"

_Stamp = tuple[tuple[int, int, int] | None, ...]


def sealed_name(name: str) -> str:
    """Return the name of a master key's file where a KMS has sealed it."""
    return name.removesuffix(PLAIN) + SEALED


def file_of(folder: Path, name: str) -> Path | None:
    """Return the file that holds a master key, plain or sealed; None where there is none."""
    for path in (folder / sealed_name(name), folder / name):
        if path.exists():
            return path
    return None


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
    """The master keys in a folder; ``kms`` opens those that are sealed."""

    def __init__(self, folder: Path, kms: Kms | None = None) -> None:
        self._folder = folder
        self._kms = kms
        # What a KMS has opened, by what stands in its file: it is asked once for each.
        self._opened: dict[bytes, bytes] = {}
        self._not_before = 0.0
        self._stamp = self._look()
        self._known = self._read()

    def known(self) -> Known:
        """Return those that are there now; as long as a file is not as it should be, those known before."""
        stamp = self._look()
        if stamp != self._stamp and time.monotonic() >= self._not_before:
            try:
                self._known = self._read()
            except KmsError:
                self._not_before = time.monotonic() + ASKED_AGAIN
                return self._known
            except SystemExit:
                return self._known  # half of a file, or between two names: looked at again
            self._stamp = stamp
        return self._known

    @property
    def kept(self) -> str:
        """Where the one that wraps what is new is kept, for people: ``in a file``, or sealed by which KMS."""
        newest = file_of(self._folder, NEXT) or file_of(self._folder, CURRENT)
        is_sealed = newest is not None and newest.suffix == SEALED and self._kms is not None
        return f"sealed by {self._kms.provider}" if is_sealed and self._kms else "in a file"

    def _look(self) -> _Stamp:
        names = (CURRENT, NEXT, OLD)
        return tuple(_stamp(self._folder / end) for name in names for end in (name, sealed_name(name)))

    def _read(self) -> Known:
        found = {name: self._key(file_of(self._folder, name)) for name in (NEXT, OLD)}
        # The new one has no place yet for the moment between two names.
        current = file_of(self._folder, CURRENT)
        key = self._key(current) if current or found[NEXT] is None else found[NEXT]
        return Known(key or read_key(self._folder / CURRENT, MASTER_KEY_BYTES), found[NEXT], found[OLD])

    def _key(self, file: Path | None) -> bytes | None:
        if file is None:
            return None
        if file.suffix == PLAIN:
            return read_key(file, MASTER_KEY_BYTES)
        if self._kms is None:
            raise KmsError(f"{file} is sealed by a KMS: {SETTING} has to name its settings")
        held = file.read_bytes()
        if held not in self._opened:
            self._opened[held] = self._kms.open(held)
        return self._opened[held]


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ino, found.st_size


def master_key(keys_dir: Path, kms: Path | None = None) -> Masters:
    """Read the master key of the referrals service, sealed or not; ``kms`` are the settings of the KMS.

    Ends the process where it is not as it should be, in words.
    """
    try:
        return Masters(keys_dir / "referrals", Kms(kms) if kms else None)
    except KmsError as error:
        raise SystemExit(f"relevo: {error}") from None
