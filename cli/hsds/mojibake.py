"""Repairs text whose UTF-8 was read with a wrong code page, and leaves right text alone.

UTF-8 writes ``ñ`` as the bytes C3 B1. Read as Windows-1252 they are ``Ã±``; read as the DOS code page
437 they are ``├▒``, and where such text was then squeezed into Windows-1252, every box-drawing
character became the nearest ASCII: ``+¦``. The first damage can be told from right text by itself; the
second only in a file that carries its unmistakable mark, so it is looked for only there.
"""

import re

# A lead character and as many continuation characters as UTF-8 asks for. Only sequences of what
# directories here hold: Latin-1, the glottal stops of Maya languages, punctuation, signs, emoji.
_CONTINUATION = "[\u0080-\u00bf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]"
# In Portuguese capitals "Ã" and "Ê" end words, and may well stand before closing punctuation.
_CAPITAL_AT_END = "(?<=[A-ZÀ-Þ]).(?=[’”»…–—\u00a0](?![^\\W\\d_]))"
_AS_1252 = re.compile(
    "(?:"
    f"(?!{_CAPITAL_AT_END})Ã{_CONTINUATION}"
    f"|Â{_CONTINUATION}"
    f"|(?!{_CAPITAL_AT_END})Ê[¼»]"
    f"|â[\u0080\u0082\u0084\u0086\u0097\u0098\u009c€‚„†—˜œž]{_CONTINUATION}"
    "|ê[\u009ež][\u008b\u008c‹Œ]"
    "|ï»¿"
    f"|ð[\u009fŸ]{_CONTINUATION}{{2}}"
    ")+"
)

# DOS: G, + and - stand for the leads E2, C3 and C2.
_FLATTENED = re.compile("G[Çäå][\u00a1-ÿƒÆæ]|[+-][\u00a1-ÿƒÆæ]")
_FLATTENED_LEADS = {"G": 0xE2, "+": 0xC3, "-": 0xC2}
_FLATTENED_MARK = re.compile("GÇ[ÖÜ£¥ôöÿóª]")
ENOUGH_MARKS = 3
# Of the characters that became "¬", C3 A9 (é) and C2 A9 (©) are the ones to be expected.
_NOT_SIGN = 0xA9


def repair(text: str) -> str:
    """The text with UTF-8 that was read as Windows-1252 or Latin-1 put right, however many times over."""
    while (better := _AS_1252.sub(_redecode, text)) != text:
        text = better
    return text


def _redecode(match: re.Match[str]) -> str:
    try:
        return bytes(map(_byte_1252, match.group())).decode()
    except ValueError:
        return match.group()


def _byte_1252(char: str) -> int:
    """The byte that Windows-1252 (or, where it has none, Latin-1) read as this character."""
    return ord(char) if ord(char) < 0x100 else char.encode("cp1252")[0]  # noqa: PLR2004 - one byte


def count_marks(line: str) -> int:
    """How often a line carries the mark of DOS damage: ``GÇÖ`` for an apostrophe, and the like.

    A file with ``ENOUGH_MARKS`` of them is flattened throughout.
    """
    return len(_FLATTENED_MARK.findall(line)) if "GÇ" in line else 0


def repair_flattened(text: str) -> str:
    """Text of such a file put right, except where the damage has several readings."""
    return _FLATTENED.sub(_reflatten, text)


def is_unclear(text: str) -> bool:
    """Whether text of such a file holds ``+¦``, which was ñ, ó or ú, among others: an editor must look."""
    return "+¦" in text


def _reflatten(match: re.Match[str]) -> str:
    lead, rest = match.group()[0], match.group()[1:]
    if "¦" in rest:
        return match.group()
    try:
        return bytes([_FLATTENED_LEADS[lead], *map(_byte_437, rest)]).decode()
    except ValueError:
        return match.group()


def _byte_437(char: str) -> int:
    return _NOT_SIGN if char == "¬" else char.encode("cp437")[0]
