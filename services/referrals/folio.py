"""Folios: the short code that people say on the phone, and that a wrong key stroke cannot turn into another.

``REL-7K3F9M-2P`` is six random characters of Crockford's base 32 and two check characters. The eight
characters c0…c7 are elements of the field GF(32), and the checks are chosen so that both sums

    c0 + c1 + … + c7 = 0        and        c0·a⁰ + c1·a¹ + … + c7·a⁷ = 0

hold, where ``a`` generates the field (a Reed-Solomon code of distance 3). Two valid folios so differ in
at least three places: any one or two wrong characters are seen, and with them any swap of two.
"""

import secrets

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
RANDOM = 6
LENGTH = 8
_PREFIX = "REL"
# Crockford: what people write for what they hear.
_READ_AS = {"O": "0", "I": "1", "L": "1"}
_POLYNOMIAL = 0b100101  # x⁵ + x² + 1, primitive over GF(2)
_ORDER = 31

_EXP: list[int] = [1]
for _ in range(_ORDER - 1):
    _next = _EXP[-1] << 1
    _EXP.append(_next ^ _POLYNOMIAL if _next & 0b100000 else _next)
_LOG = {value: power for power, value in enumerate(_EXP)}


def _times(left: int, right: int) -> int:
    return _EXP[(_LOG[left] + _LOG[right]) % _ORDER] if left and right else 0


def _sums(values: list[int]) -> tuple[int, int]:
    plain = weighted = 0
    for place, value in enumerate(values):
        plain ^= value
        weighted ^= _times(value, _EXP[place])
    return plain, weighted


def _checks(values: list[int]) -> list[int]:
    """The two characters that make both sums zero; addition in GF(32) is exclusive or."""
    plain, weighted = _sums(values)
    both = _EXP[RANDOM] ^ _EXP[RANDOM + 1]
    last = _times(weighted ^ _times(plain, _EXP[RANDOM]), _EXP[-_LOG[both] % _ORDER])
    return [plain ^ last, last]


def complete(values: list[int]) -> str:
    """Return the folio for six values of 0 to 31."""
    code = "".join(ALPHABET[value] for value in values + _checks(values))
    return f"{_PREFIX}-{code[:RANDOM]}-{code[RANDOM:]}"


def make() -> str:
    """Return a new random folio, one of 2³⁰. Whether it is new, only the store knows."""
    # One call of the system for all: they cost more than the rest of it. 256 is a multiple of 32: no bias.
    return complete([byte % len(ALPHABET) for byte in secrets.token_bytes(RANDOM)])


def read(text: str) -> str | None:
    """Return the folio that somebody wrote, in its one proper form, or None where it cannot be one.

    Forgives case, spaces, missing hyphens, O for 0, and I or L for 1.
    """
    plain = "".join(character for character in text.upper() if character.isalnum())
    code = plain.removeprefix(_PREFIX) if len(plain) > LENGTH else plain
    values = [ALPHABET.find(_READ_AS.get(character, character)) for character in code]
    if len(values) != LENGTH or -1 in values or _sums(values) != (0, 0):
        return None
    return complete(values[:RANDOM])


def parts(text: str) -> tuple[str, ...]:
    """Return the pieces of a code that somebody may mean who says or writes a part of a folio.

    More than one, since REL may be its begin as everybody's is; none where it cannot be part of one.
    """
    plain = "".join(character for character in text.upper() if character.isalnum())
    ways = (plain.removeprefix(_PREFIX), plain)
    codes = ("".join(_READ_AS.get(character, character) for character in way) for way in ways)
    fitting = (code for code in codes if 0 < len(code) <= LENGTH and set(code) <= set(ALPHABET))
    return tuple(dict.fromkeys(fitting))
