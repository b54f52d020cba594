"""Opens what an operator points at: a file, a folder or a zip; bounded, in memory, never unpacked."""

import io
import lzma
import re
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from cli.hsds.reading import NotHsdsError

# A whole state's directory is some tens of MiB; a zip bomb is more.
MOST_FILES = 1_000
MOST_BYTES_OF_A_FILE = 64 * 1024 * 1024
MOST_BYTES = 256 * 1024 * 1024
_KINDS = (".json", ".csv")
_ZIP_MARKS = (b"PK\x03\x04", b"PK\x05\x06")
# Damage, encryption and unknown ways of packing, each by the library that meets it.
_ZIP_ERRORS = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, RuntimeError, NotImplementedError, EOFError)
_MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class File:
    """A file by its path inside the folder or zip (or its own name), and its bytes."""

    name: str
    data: bytes

    @property
    def stem(self) -> str:
        """The name without folder and ending, in lower case."""
        return PurePosixPath(self.name).stem.lower()

    @property
    def is_csv(self) -> bool:
        """Whether its name says CSV."""
        return self.name.lower().endswith(".csv")


def open_files(path: Path) -> list[File]:
    """The JSON and CSV files at ``path``, shallow ones first.

    Of a folder: those in it and in its folder ``data``, where a data package keeps its tables. Raises
    NotHsdsError where there is none, or where a limit is passed.
    """
    try:
        return _open(path)
    except OSError as why:
        raise NotHsdsError(f"{path} cannot be read: {why.strerror or why}.") from why


def decode(data: bytes) -> tuple[str, str | None]:
    """The text of a file, and how it was read where it is not plain UTF-8 (with or without a mark)."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", errors="replace"), "read as UTF-16"
    try:
        return data.decode("utf-8-sig"), None
    except UnicodeDecodeError:
        # Line by line: files that several hands wrote hold several encodings.
        lines = data.removeprefix(b"\xef\xbb\xbf").split(b"\n")
        return "\n".join(
            map(_decode_line, lines)
        ), "not UTF-8 throughout; the other lines read as Windows-1252"


def _decode_line(line: bytes) -> str:
    for encoding in ("utf-8", "cp1252"):
        try:
            return line.decode(encoding)
        except UnicodeDecodeError:
            continue
    return line.decode("latin-1")


def _open(path: Path) -> list[File]:
    if path.is_dir():
        return _open_folder(path)
    if not path.exists():
        raise NotHsdsError(f"{path} does not exist.")
    size = path.stat().st_size
    if size > MOST_BYTES:
        raise NotHsdsError(f"{path} is {size // _MIB} MiB long; {MOST_BYTES // _MIB} MiB is the most.")
    data = path.read_bytes()
    if data.startswith(_ZIP_MARKS):
        return _open_zip(path, data)
    _check_size(path.name, len(data))
    if path.suffix.lower() in _KINDS:
        return [File(path.name, data)]
    if re.match(rb"(?:\xef\xbb\xbf)?\s*[\[{]", data):
        return [File(path.name + ".json", data)]
    raise NotHsdsError(f"{path} is neither JSON, nor CSV, nor a zip of them.")


def _open_folder(folder: Path) -> list[File]:
    paths = [*_listed(folder), *_listed(folder / "data")]
    if not paths:
        raise NotHsdsError(f"{folder} holds no JSON and no CSV file.")
    _check_count(folder, len(paths))
    files: list[File] = []
    for path in paths:
        _check_size(path.name, path.stat().st_size)
        files.append(File(path.relative_to(folder).as_posix(), path.read_bytes()))
        _check_total(folder, files)
    return files


def _listed(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if _is_wanted(path.name) and path.is_file())


def _open_zip(path: Path, data: bytes) -> list[File]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
            _check_count(path, len(members))
            wanted = [member for member in members if _is_wanted(member.filename)]
            wanted.sort(key=lambda member: (member.filename.count("/"), member.filename))
            files: list[File] = []
            for member in wanted:
                files.append(_read_member(archive, member))
                _check_total(path, files)
    except _ZIP_ERRORS as why:
        raise NotHsdsError(f"{path} cannot be read as a zip: {why}.") from why
    if not files:
        raise NotHsdsError(f"{path} is a zip without any JSON or CSV file.")
    return files


def _read_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> File:
    # The size that a zip declares may be a lie, so no more than the limit is ever unpacked.
    with archive.open(member) as stream:
        data = stream.read(MOST_BYTES_OF_A_FILE + 1)
    _check_size(member.filename, len(data))
    return File(member.filename, data)


def _is_wanted(name: str) -> bool:
    path = PurePosixPath(name)
    hidden = any(part.startswith((".", "__")) and part != ".." for part in path.parts)
    return path.suffix.lower() in _KINDS and not hidden


def _check_count(path: Path, count: int) -> None:
    if count > MOST_FILES:
        raise NotHsdsError(f"{path} holds {count} files; {MOST_FILES} is the most.")


def _check_size(name: str, size: int) -> None:
    if size > MOST_BYTES_OF_A_FILE:
        raise NotHsdsError(
            f"{name} is longer than {MOST_BYTES_OF_A_FILE // _MIB} MiB, the most for one file."
        )


def _check_total(path: Path, files: list[File]) -> None:
    if sum(len(file.data) for file in files) > MOST_BYTES:
        raise NotHsdsError(f"{path} holds more than {MOST_BYTES // _MIB} MiB, the most for one directory.")
