"""How text in requests has to be written: nothing that moves a cursor, ends a line or turns it around."""

from typing import Annotated

import msgspec
import pytest

from contracts import patterns

GOOD = {
    patterns.NAME: "Casa «Ñandú» (ficticia) 2",
    patterns.SAID: "una línea\notra",
    patterns.UNIT: "camas para mujeres",
    patterns.LANGUAGE: "mam",
    patterns.COUNTRY: "MX",
    patterns.MUNICIPALITY: "07089",
    patterns.LINK: "https://casa.example/x",
    patterns.EMAIL: "casa@casa.example",
    patterns.REFERENCE: "persona-7",
    patterns.PHONE: "+52 993 000 0000",
    patterns.SOURCE: "miami",
    patterns.CLOCK: "22:30",
    patterns.CODE: "unaccompanied_child",
    patterns.VERSION: "1.2",
    patterns.STEP: "pregnancy.card",
}
LINES = set(patterns.WORDS) - {patterns.SAID}


def fits(pattern: str, text: str) -> bool:
    try:
        msgspec.convert(text, Annotated[str, msgspec.Meta(pattern=pattern)])
    except msgspec.ValidationError:
        return False
    return True


@pytest.mark.parametrize("pattern", patterns.WORDS)
def test_each_pattern_takes_what_it_is_for(pattern: str) -> None:
    assert fits(pattern, GOOD[pattern])
    assert not fits(pattern, GOOD[pattern] + "\x00")


@pytest.mark.parametrize("pattern", sorted(LINES))
def test_no_line_ends_inside_of_one(pattern: str) -> None:
    for end in ("\n", "\r\n"):
        assert not fits(pattern, GOOD[pattern] + end)


@pytest.mark.parametrize("pattern", [patterns.NAME, patterns.UNIT])
def test_nothing_turns_the_direction_of_a_name(pattern: str) -> None:
    for mark in ("\u202e", "\u2066", "\u2028"):
        assert not fits(pattern, f"Casa {mark}x")


@pytest.mark.parametrize("text", [" ", "\n", "\u2028\n", "\ufeff", "\u200b\u200d", "\xa0"])
def test_what_nobody_can_read_is_said_by_nobody(text: str) -> None:
    assert not fits(patterns.SAID, text)


@pytest.mark.parametrize("number", ["911", "088", "*911", "01 (993) 000-00-00", "+52 993 000 0000 ext. 12"])
def test_a_short_number_and_one_with_an_extension_are_telephone_numbers(number: str) -> None:
    assert fits(patterns.PHONE, number)


@pytest.mark.parametrize("number", ["llamar a Pepe", "no hay", "12", "ext. 123", "911 o 089", "+ - ( )"])
def test_words_are_no_telephone_number(number: str) -> None:
    assert not fits(patterns.PHONE, number)


def test_a_unit_has_no_blank_at_its_ends() -> None:
    assert not any(fits(patterns.UNIT, unit) for unit in (" bed", "bed ", " ", "bed\xa0"))
