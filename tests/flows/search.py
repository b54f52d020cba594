"""Looks for a string wherever a network leaves traces, in every form that it could be written in."""

import base64
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

CHUNK = 8 * 1024**2


@dataclass(frozen=True, slots=True)
class Hit:
    """Where a string was found, in which form, and what stands around it."""

    place: str
    form: str
    around: bytes


def forms(text: str) -> dict[str, bytes]:
    """A string as it could be written: plain, in wide characters, in hexadecimal and base 64."""
    raw = text.encode()
    written = {
        "plain": raw,
        "upper": raw.upper(),
        "lower": raw.lower(),
        "utf-16": text.encode("utf-16-le"),
        "hex": raw.hex().encode(),
        "HEX": raw.hex().upper().encode(),
    }
    for shift in range(3):
        # What stands before decides how its bits fall: there are three ways, and the ends vary.
        whole = base64.b64encode(b"\0" * shift + raw)
        written[f"base64+{shift}"] = whole[4 if shift else 0 : -4]
    return written


def in_bytes(place: str, data: bytes, wanted: Mapping[str, bytes]) -> Iterator[Hit]:
    """Every form's first place in some bytes."""
    for form, written in wanted.items():
        at = data.find(written)
        if at >= 0:
            yield Hit(place, form, data[max(0, at - 40) : at + len(written) + 40])


def in_files(folder: Path, wanted: Mapping[str, bytes]) -> list[Hit]:
    """Every form in every file under a folder."""
    return [
        hit
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        for chunk in _chunks(path, max(map(len, wanted.values())))
        for hit in in_bytes(str(path.relative_to(folder)), chunk, wanted)
    ]


def all_forms(texts: Iterable[str]) -> dict[str, bytes]:
    """The forms of several strings."""
    return {f"{text}: {form}": written for text in texts for form, written in forms(text).items()}


def _chunks(path: Path, longest: int) -> Iterator[bytes]:
    """A file's bytes in pieces that overlap, so that nothing is cut in two."""
    with path.open("rb") as file:
        kept = b""
        while read := file.read(CHUNK):
            yield kept + read
            kept = read[-longest:]
