"""A backup as a folder of files: complete, with the checksum of each in its manifest, or not there.

What is being written has a name that no backup has (``unfinished-…``); the manifest comes last, and only then
the folder is given its own name, in one step. So whatever kills the writer, or fills the disk, leaves nothing
that could be taken for a backup; what it left is removed by the next one. Files are for their owner's eyes
only.
"""

import fcntl
import hashlib
import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import Self

import msgspec

FORMAT = 1
MANIFEST = "manifest.json"
_UNFINISHED, _LOCK = "unfinished-", "lock"
_CHUNK = 1024**2

Progress = Callable[[str], None]


class ArchiveError(Exception):
    """A backup cannot be written, or is not what it was. Its text is for people, and names the file."""


class Stored(msgspec.Struct, frozen=True, omit_defaults=True):
    """A file of a backup; ``count`` says how many documents are in it, where it is made of documents."""

    name: str
    bytes: int
    sha256: str
    count: int | None = None


class Manifest(msgspec.Struct, frozen=True):
    """What a backup is of, from when, and what belongs to it; ``marks`` are sequences of streams by name."""

    kind: str
    network: str
    taken_at: datetime
    files: tuple[Stored, ...]
    versions: dict[str, str]
    marks: dict[str, int] = {}
    expires_at: datetime | None = None
    format: int = FORMAT


class Output:
    """One file that is being written."""

    def __init__(self, folder: Path, name: str) -> None:
        self._name, self._bytes, self._hash = name, 0, hashlib.sha256()
        self.count: int | None = None
        path = folder / name
        for parent in reversed(path.relative_to(folder).parents):
            (folder / parent).mkdir(mode=0o700, exist_ok=True)
        self._file = os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")

    def write(self, data: bytes, documents: int = 0) -> None:
        """Add bytes, which hold so many documents."""
        self._file.write(data)
        self._hash.update(data)
        self._bytes += len(data)
        if documents:
            self.count = (self.count or 0) + documents

    def close(self) -> Stored:
        """Return what the manifest says of it, once it is on disk."""
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        return Stored(self._name, self._bytes, self._hash.hexdigest(), self.count)


class Archive:
    """A backup that is being written into a folder of backups; leaving it unfinished removes it."""

    def __init__(self, folder: Path, kind: str, taken_at: datetime) -> None:
        self.kind = kind
        self._folder = folder.absolute()
        self._taken_at = taken_at
        self._files: list[Stored] = []
        self._lock = -1
        self._at = self._folder / f"{_UNFINISHED}{secrets.token_hex(8)}"

    def __enter__(self) -> Self:
        """Make the folder.

        Raises:
            ArchiveError: it cannot be written, or another backup is being written into it.
        """
        with _explained(self._folder):
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lock = os.open(self._folder / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
            try:
                fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                os.close(self._lock)
                raise ArchiveError(f"another backup is being written into {self._folder}") from None
            for left in self._folder.glob(f"{_UNFINISHED}*"):
                shutil.rmtree(left)
            self._at.mkdir(mode=0o700)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        shutil.rmtree(self._at, ignore_errors=True)
        os.close(self._lock)

    @contextmanager
    def file(self, name: str) -> Iterator[Output]:
        """Write one file.

        Raises:
            ArchiveError: it cannot be written, the disk being full for instance.
        """
        with _explained(self._folder):
            output = Output(self._at, name)
            yield output
            self._files.append(output.close())

    def copy(self, path: Path) -> None:
        """Take a file that is there already, under its own name; none where there is none."""
        if path.is_file():
            with self.file(path.name) as output:
                output.write(path.read_bytes())

    def finish(
        self, network: str, versions: dict[str, str], marks: dict[str, int], expires_at: datetime | None
    ) -> Path:
        """Make it a backup, durable under its name; return where it is.

        Raises:
            ArchiveError: it cannot be written.
        """
        manifest = Manifest(
            kind=self.kind, network=network, taken_at=self._taken_at, files=tuple(self._files),
            versions=versions, marks=marks, expires_at=expires_at,
        )  # fmt: skip
        name = f"{self.kind}-{self._taken_at.astimezone(UTC):%Y%m%dT%H%M%S}Z"
        path = self._folder / name
        if path.exists():
            raise ArchiveError(f"{path} is there already")
        with _explained(self._folder):
            output = Output(self._at, MANIFEST)
            output.write(msgspec.json.format(msgspec.json.encode(manifest), indent=1) + b"\n")
            output.close()
            for folder in (self._at, *(one for one in self._at.rglob("*") if one.is_dir())):
                make_durable(folder)
            self._at.rename(path)
            make_durable(self._folder)
        return path


def found(folder: Path, kind: str) -> list[Path]:
    """Return the finished backups of that kind in a folder, the oldest first."""
    names = folder.glob(f"{kind}-*") if folder.is_dir() else ()
    return sorted(path for path in names if (path / MANIFEST).is_file())


def chosen(path: Path, kind: str) -> Path:
    """Return the backup that a path names: itself, or the newest in it.

    Raises:
        ArchiveError: there is none.
    """
    if (path / MANIFEST).is_file():
        return path
    inside = found(path, kind)
    if not inside:
        raise ArchiveError(f"there is no backup of kind {kind} in {path}")
    return inside[-1]


def read_manifest(backup: Path) -> Manifest:
    """Return what a backup says of itself.

    Raises:
        ArchiveError: its manifest cannot be read, or is of a later version of Relevo.
    """
    file = backup / MANIFEST
    try:
        manifest = msgspec.json.decode(file.read_bytes(), type=Manifest)
    except OSError as error:
        raise ArchiveError(f"{file} cannot be read ({error.strerror})") from None
    except msgspec.DecodeError:
        raise ArchiveError(f"{file} is damaged: that is no manifest of a backup") from None
    if manifest.format != FORMAT:
        raise ArchiveError(f"{file} has the format {manifest.format}, and this Relevo reads {FORMAT}")
    for stored in manifest.files:
        name = PurePosixPath(stored.name)
        if name.is_absolute() or ".." in name.parts:
            raise ArchiveError(f"{file} is damaged: it names {stored.name!r}")
    return manifest


def check(backup: Path, manifest: Manifest, progress: Progress) -> None:
    """Read every file, and compare it with what the manifest says.

    Raises:
        ArchiveError: one is missing, shorter or longer, or another than it was.
    """
    for stored in manifest.files:
        progress(f"checking {stored.name}")
        path = backup / stored.name
        try:
            size = path.stat().st_size
            if size != stored.bytes:
                raise ArchiveError(f"{path} is damaged: it has {size} bytes of {stored.bytes}")
            sum_ = _sum(path)
        except OSError as error:
            raise ArchiveError(f"{path} cannot be read ({error.strerror})") from None
        if sum_ != stored.sha256:
            raise ArchiveError(f"{path} is damaged: its checksum is another")


def expire(folder: Path, kind: str, now: datetime) -> list[Path]:
    """Remove the backups of that kind whose time is over; return which they were.

    Raises:
        ArchiveError: one cannot be removed.
    """
    over = [one for one in found(folder, kind) if is_over(read_manifest(one), now)]
    with _explained(folder):
        for backup in over:
            # Without its manifest it is none any more, however far the rest comes.
            (backup / MANIFEST).unlink()
            shutil.rmtree(backup)
    return over


def is_over(manifest: Manifest, now: datetime) -> bool:
    """Whether its time is over."""
    return manifest.expires_at is not None and manifest.expires_at <= now


def make_durable(folder: Path) -> None:
    """Wait until the names in a folder are on disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _sum(path: Path) -> str:
    hash_ = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            hash_.update(chunk)
    return hash_.hexdigest()


@contextmanager
def _explained(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ArchiveError(f"{folder} cannot be written ({error.strerror})") from error
