"""Opens what an operator points at: a file, a folder or a zip; bounded, read as streams, never unpacked."""

import codecs
import io
import lzma
import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any, Protocol

from cli.hsds.reading import NotHsdsError

# A country's directory is some hundreds of MiB; a zip bomb is more.
MOST_FILES = 1_000
MOST_BYTES = 2 * 1024 * 1024 * 1024
# Tables shrink ten- to twentyfold in a zip. What shrinks more than this, and is large, was made to harm.
MOST_SHRUNK = 200
LARGE = 32 * 1024 * 1024
_KINDS = (".json", ".ndjson", ".jsonl", ".csv")
_PACKAGE = "datapackage.json"
_ZIP_MARKS = (b"PK\x03\x04", b"PK\x05\x06")
# Damage, encryption and unknown ways of packing, each by the library that meets it.
ZIP_ERRORS = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, RuntimeError, NotImplementedError, EOFError)
_MIB = 1024 * 1024
_CHUNK = 64 * 1024
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_DRIVE = re.compile(r"[A-Za-z]:")


class Opener(Protocol):
    """Opens a file's bytes from the beginning."""

    def __call__(self) -> AbstractContextManager[IO[bytes]]: ...


@dataclass(frozen=True, slots=True)
class File:
    """A file by its path inside the folder or zip (or its own name), and how to open its bytes."""

    name: str
    open: Opener

    @property
    def stem(self) -> str:
        """The name without folder and ending, in lower case."""
        return PurePosixPath(self.name).stem.lower()

    @property
    def is_csv(self) -> bool:
        """Whether its name says CSV."""
        return self.name.lower().endswith(".csv")

    @property
    def is_lines(self) -> bool:
        """Whether its name says that each line is one JSON text."""
        return self.name.lower().endswith((".ndjson", ".jsonl"))

    def text(self) -> "Text":
        """Open it as a text: its bytes as UTF-8, whatever they were."""
        return Text(self)


@contextmanager
def opened(path: Path) -> Iterator[list[File]]:
    """The JSON and CSV files at ``path``, shallow ones first, for the length of a block.

    Of a folder: those in it and in its folder ``data``, where a data package keeps its tables; a package's
    ``datapackage.json`` stands for its folder. Raises
    NotHsdsError where there is none, or where a limit is passed.
    """
    try:
        is_zip = path.is_file() and _begins(path, len(_ZIP_MARKS[0])) in _ZIP_MARKS
    except OSError as why:
        raise NotHsdsError(f"{path} cannot be read: {why.strerror or why}.") from why
    if not is_zip:
        yield _on_disk(path)
        return
    try:
        with zipfile.ZipFile(path) as archive:
            files = _members(path, archive)
            yield files
    except ZIP_ERRORS as why:
        raise NotHsdsError(f"{path} cannot be read as a zip: {why}.") from why


class Text(io.RawIOBase):
    """A file's text as UTF-8 bytes; ``how`` says how it was read where it is not plain UTF-8.

    What is not UTF-8 in it is taken for Windows-1252, byte by byte: files that several hands wrote hold
    several encodings.
    """

    def __init__(self, file: File) -> None:
        super().__init__()
        self._opening = file.open()
        self._raw = self._opening.__enter__()
        self._ready = b""
        self._foreign = _foreign.count
        head = self._raw.read(4)
        self._utf_16 = head[:2] in _UTF_16
        self._mark = head.startswith(codecs.BOM_UTF8)
        decoder = codecs.getincrementaldecoder("utf-16" if self._utf_16 else "utf-8-sig")
        self._decoder = decoder("replace" if self._utf_16 else _FOREIGN)
        self._ended = False
        self._take(head)

    @property
    def how(self) -> str | None:
        """How the text was read so far, or None where it is plain UTF-8."""
        if self._utf_16:
            return "read as UTF-16"
        if _foreign.count != self._foreign:
            return "not UTF-8 throughout; the other bytes read as Windows-1252"
        return "begins with a byte order mark, which was left out" if self._mark else None

    def readable(self) -> bool:
        """It is read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill the buffer with UTF-8."""
        while not self._ready and not self._ended:
            self._take(self._raw.read(_CHUNK))
        part, self._ready = self._ready[: len(buffer)], self._ready[len(buffer) :]
        buffer[: len(part)] = part
        return len(part)

    def close(self) -> None:
        """Close the file too."""
        if not self.closed:
            self._opening.__exit__(None, None, None)
        super().close()

    def _take(self, data: bytes) -> None:
        self._ended = not data
        self._ready += self._decoder.decode(data, final=not data).encode("utf-8", "replace")


class _Foreign:
    """Counts the bytes that were no UTF-8, and reads them as Windows-1252 (or Latin-1 where it has none)."""

    count = 0

    def __call__(self, error: UnicodeError) -> tuple[str, int]:
        if not isinstance(error, UnicodeDecodeError):
            raise error
        self.count += 1
        given = error.object[error.start : error.end]
        return "".join(map(_read_1252, given)), error.end


def _read_1252(byte: int) -> str:
    return bytes([byte]).decode("latin-1" if byte in _NO_1252 else "cp1252")


_NO_1252 = frozenset((0x81, 0x8D, 0x8F, 0x90, 0x9D))
_FOREIGN = "relevo-windows-1252"
_foreign = _Foreign()
codecs.register_error(_FOREIGN, _foreign)


def _begins(path: Path, count: int) -> bytes:
    with path.open("rb") as file:
        return file.read(count)


def _on_disk(path: Path) -> list[File]:
    try:
        if path.is_file() and path.name.lower() == _PACKAGE:  # what it names stands beside it
            return _folder(path.parent)
        return _folder(path) if path.is_dir() else [_single(path)]
    except OSError as why:
        raise NotHsdsError(f"{path} cannot be read: {why.strerror or why}.") from why


def _single(path: Path) -> File:
    if not path.exists():
        raise NotHsdsError(f"{path} does not exist.")
    if not path.is_file():  # it may have no end, or wait for ever
        raise NotHsdsError(f"{path} is neither a file nor a folder.")
    _check_total(path, path.stat().st_size)
    head = _begins(path, 64)
    if path.suffix.lower() in _KINDS:
        return File(path.name, lambda: path.open("rb"))
    if re.match(rb"(?:\xef\xbb\xbf)?\s*[\[{]", head):
        return File(path.name + ".json", lambda: path.open("rb"))
    raise NotHsdsError(f"{path} is neither JSON, nor CSV, nor a zip of them.")


def _folder(folder: Path) -> list[File]:
    paths = [*_listed(folder), *_listed(folder / "data")]
    if not paths:
        raise NotHsdsError(f"{folder} holds no JSON and no CSV file.")
    _check_count(folder, len(paths))
    _check_total(folder, sum(path.stat().st_size for path in paths))
    return [File(path.relative_to(folder).as_posix(), _opening(path)) for path in paths]


def _opening(path: Path) -> Opener:
    return lambda: path.open("rb")


def _listed(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if _is_wanted(path.name) and path.is_file())


def _members(path: Path, archive: zipfile.ZipFile) -> list[File]:
    """Look a zip through before anything of it is read."""
    members = [member for member in archive.infolist() if not member.is_dir()]
    _check_count(path, len(members))
    for member in members:
        _check_place(path, member.filename)
    wanted = [member for member in members if _is_wanted(member.filename)]
    if not wanted:
        raise NotHsdsError(f"{path} is a zip without any JSON or CSV file.")
    for member in wanted:
        if member.file_size > max(LARGE, member.compress_size * MOST_SHRUNK):
            raise NotHsdsError(
                f"{path} unpacks {member.filename} to more than {MOST_SHRUNK} times its size:"
                " it is taken for a zip bomb, and nothing of it was read."
            )
    _check_total(path, sum(member.file_size for member in wanted))
    wanted.sort(key=lambda member: (member.filename.count("/"), member.filename))
    return [File(member.filename, _unpacking(archive, member)) for member in wanted]


def _check_place(path: Path, name: str) -> None:
    parts = PurePosixPath(name.replace("\\", "/")).parts
    if ".." in parts or name.startswith(("/", "\\")) or _DRIVE.match(name):
        raise NotHsdsError(
            f"{path} holds a file that would lie outside of it ({name!r}): nothing of it was read."
        )


def _unpacking(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Opener:
    # zipfile gives no more bytes of a member than it declares, and what all declare was added up before.
    return lambda: archive.open(member)


def _is_wanted(name: str) -> bool:
    path = PurePosixPath(name)
    hidden = any(part.startswith((".", "__")) and part != ".." for part in path.parts)
    return path.suffix.lower() in _KINDS and not hidden


def _check_count(path: Path, count: int) -> None:
    if count > MOST_FILES:
        raise NotHsdsError(f"{path} holds {count} files; {MOST_FILES} is the most.")


def _check_total(path: Path, size: int) -> None:
    if size > MOST_BYTES:
        raise NotHsdsError(f"{path} holds {size // _MIB} MiB; {MOST_BYTES // _MIB} MiB is the most.")
