"""Mends one text: code pages, control characters, written-out newlines, HTML, white space.

Mending is idempotent, and right text comes out as it went in: each step looks for something that
right Spanish or English does not hold. No pattern here takes more than linear time.
"""

import html
import re
from collections.abc import Callable
from functools import lru_cache
from html.entities import html5

from cli.hsds import mojibake
from cli.hsds.reading import What

# Most texts need nothing; one look finds that out.
_SUSPECT = re.compile(r"[^\x20-\x7e\n¡¿ÁÉÍÓÚÜÑáéíóúüñ]|[<&]|\\n|\n\n\n| \n|^\s|\s\Z")
_SUSPECT_FLATTENED = re.compile(r"[^\x20-\x7e\n]")
_SUSPECT_LINE = re.compile(r"\n|  ")

# What Windows-1252 has where Latin-1 has control characters, as far as directories use it.
_C1 = {0x85: "…", **{code: bytes([code]).decode("cp1252") for code in range(0x91, 0x98)}}
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b\ufeff\ufffe\uffff\ud800-\udfff]")
_ESCAPED_NEWLINE = re.compile(r"(?:\\r)?\\n")
_SPACES = re.compile(r"[ \t\n]+")
_BLANK_LINES = re.compile(r"\n{3,}")

_BLOCKS = (
    "address article blockquote dd div dl dt footer h1 h2 h3 h4 h5 h6 header hr main ol p pre section"
    " table ul"
)
_INLINE = (
    "a abbr b big center cite code del em font i img ins li small span strong sub sup u"
    " tbody thead tfoot tr td th body html head meta link title o:p"
)
# An attribute must have a value: "a <b y c> d" is somebody's way of writing, not a tag.
_REST = r"(?:\s+[\w:-]+\s*=\s*(?:\"[^\"<>]*\"|'[^'<>]*'|[^\s<>\"']+))*\s*/?>"
_UNSEEN = re.compile(
    r"<!--(?:(?!<!--).)*?-->|<(script|style)\b[^<>]*>(?:(?!<\1).)*?</\1\s*>", re.IGNORECASE | re.DOTALL
)


def _tags(names: str, after: str = "") -> re.Pattern[str]:
    return re.compile(rf"</?(?:{'|'.join(names.split())}){_REST}{after}", re.IGNORECASE)


# In this order; what stands in a tag's place.
_TAGS = (
    (_UNSEEN, ""),
    (_tags(_BLOCKS, r"[ \t\n]*"), "\n\n"),
    (_tags("br tr", r"[ \t]*\n?"), "\n"),
    (re.compile(rf"<li{_REST}[ \t\n]*", re.IGNORECASE), "\n- "),
    (re.compile(r"</(?:td|th)\s*>", re.IGNORECASE), " "),
    (_tags(_INLINE), ""),
)
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31});")
_REPEATED_AMP = re.compile(r"&(?:amp;)+(?=amp;)")

Step = Callable[[str], str]
# Honest text needs three; the bound is for somebody's thousandfold nesting.
_PASSES = 30
# Short texts come again and again, and are remembered; long ones would only fill the memory.
_SHORT = 100


def mend_text(text: str, *, one_line: bool = False, flattened: bool = False) -> tuple[str, tuple[What, ...]]:
    """The text mended, and what was mended in it.

    ``one_line`` is for names and the like: newlines become spaces. ``flattened`` says that the file
    carries the mark of DOS damage (``mojibake.count_marks``).
    """
    mend = _mend_short if len(text) <= _SHORT else _mend
    return mend(text, one_line, flattened)


@lru_cache(maxsize=16_384)
def _mend_short(text: str, one_line: bool, flattened: bool) -> tuple[str, tuple[What, ...]]:
    return _mend(text, one_line, flattened)


def _mend(text: str, one_line: bool, flattened: bool) -> tuple[str, tuple[What, ...]]:
    if not _is_suspect(text, one_line, flattened):
        return text, ()
    steps = [*_STEPS, (What.WHITESPACE, _one_line if one_line else _tidy)]
    if flattened:
        steps.insert(0, (What.MOJIBAKE, mojibake.repair_flattened))
    done: dict[What, None] = {}
    # One repair may bring to light what another mends: an entity was a tag, a tag hid mojibake.
    for _ in range(_PASSES):
        before = text
        for what, step in steps:
            if (after := step(text)) != text:
                done[what], text = None, after
        if text == before:
            break
    if flattened and mojibake.is_unclear(text):
        done[What.MOJIBAKE_LEFT] = None
    return text, tuple(done)


def _is_suspect(text: str, one_line: bool, flattened: bool) -> bool:
    return bool(
        _SUSPECT.search(text)
        or (one_line and _SUSPECT_LINE.search(text))
        or (flattened and _SUSPECT_FLATTENED.search(text))
    )


def _without_controls(text: str) -> str:
    return _CONTROL.sub("", text.translate(_C1))


def _newlines(text: str) -> str:
    return _ESCAPED_NEWLINE.sub("\n", text)


def _without_html(text: str) -> str:
    """Tags gone, entities as characters; paragraphs, lines and list items keep their lines."""
    plain = text
    if "<" in plain:
        for pattern, stand_in in _TAGS:
            plain = pattern.sub(stand_in, plain)
    plain = _ENTITY.sub(_character, _REPEATED_AMP.sub("&", plain))
    return text if plain == text else _tidy(plain)


def _character(match: re.Match[str]) -> str:
    entity = match.group()
    if entity[1] != "#" and entity[1:] not in html5:
        return entity
    return html.unescape(entity).replace("\u00a0", " ")


def _tidy(text: str) -> str:
    """Plain newlines, no blanks at the ends of lines, one empty line between paragraphs at most."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return _BLANK_LINES.sub("\n\n", "\n".join(line.rstrip() for line in lines)).strip()


def _one_line(text: str) -> str:
    return _SPACES.sub(" ", _tidy(text))


_STEPS: tuple[tuple[What, Step], ...] = (
    (What.MOJIBAKE, mojibake.repair),
    (What.CONTROL_CHARACTERS, _without_controls),
    (What.ESCAPED_NEWLINES, _newlines),
    (What.HTML, _without_html),
)
