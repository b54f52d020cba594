"""What a refusal says, in a form that can be said in another language: a template, and what stands in it.

English is written where a refusal is made, and nowhere else; Spanish stands in ``contracts/spanish``, by the
English template, so that a sentence without Spanish words is found by a test and not by a reader. A text
without places for values is its own template. Codes, names of inputs and numbers are the same in all
languages.
"""

from collections.abc import Mapping, Sequence
from functools import reduce
from typing import Self

import msgspec

from contracts import languages
from contracts.spanish import SPANISH
from contracts.spanish.codes import OF_CODES


class Said(msgspec.Struct, frozen=True, omit_defaults=True):
    """A sentence as it crosses the bus beside its English words.

    ``es`` is there where the words are data with a language of their own, such as a pathway's.
    """

    template: str
    values: tuple[tuple[str, "str | Said"], ...] = ()
    es: str | None = None


class Sentence(str):
    """English words that know their template and what was put into it; to everybody else a plain text."""

    __slots__ = ("said",)
    said: Said

    def __new__(cls, template: str, /, **values: object) -> Self:
        """``template`` has a place ``{name}`` for each value; a value may be a sentence itself."""
        sentence = super().__new__(cls, template.format(**values))
        sentence.said = Said(template, tuple((name, _value(value)) for name, value in values.items()))
        return sentence

    @classmethod
    def of(cls, text: str, said: Said) -> Self:
        """The sentence that another part sent: its English words, and how they came to be."""
        sentence = super().__new__(cls, text)
        sentence.said = said
        return sentence

    @classmethod
    def in_both(cls, en: str, es: str) -> Self:
        """Words that are data in both languages."""
        return cls.of(en, Said(en, es=es))


def sentence(words: str) -> Sentence:
    """Words without values as a sentence, which can stand in another; a sentence stays what it is."""
    return words if isinstance(words, Sentence) else Sentence.of(words, Said(words))


def of_input(name: str, words: str) -> Sentence:
    """What is wrong with an input, with its name before it."""
    return Sentence("{input}: {words}", input=name, words=sentence(words))


def either(words: Sequence[str]) -> str:
    """One of these, ``a or b or c``: codes, or sentences."""
    first, *more = words
    return reduce(
        lambda before, other: Sentence("{before} or {other}", before=before, other=other), more, first
    )


def together(sentences: Sequence[str]) -> Sentence:
    """One sentence after another."""
    first, *more = map(sentence, sentences)
    return reduce(lambda before, after: Sentence("{before} {after}", before=before, after=after), more, first)


def said_of(words: str) -> Said | None:
    """How words came to be, if they do not speak for themselves."""
    return words.said if isinstance(words, Sentence) else None


def words_of(text: str, said: Said | None) -> str:
    """The words that crossed the bus as a text and what is said of it."""
    return text if said is None else Sentence.of(text, said)


def spoken(words: str, language: str, code: str) -> str:
    """The words of a refusal in a language of ``contracts.languages``.

    Words without Spanish ones (of a part that is newer) become the sentence of their ``code``: a reader who
    asked for Spanish gets no English.
    """
    if language != languages.SPANISH:
        return str(words)
    return in_spanish(words) or OF_CODES.get(code) or OF_CODES["REFUSED"]


def in_spanish(words: str) -> str | None:
    """The words in Spanish; None if nobody has said yet how."""
    return _spanish(said_of(words) or Said(str(words)))


def _spanish(said: Said) -> str | None:
    template = said.es or SPANISH.get(said.template)
    if template is None or said.es is not None:
        return template
    values = {name: _spanish_value(value) for name, value in said.values}
    return _filled(template, values)


def _spanish_value(value: "str | Said") -> str | None:
    return value if isinstance(value, str) else _spanish(value)


def _filled(template: str, values: Mapping[str, str | None]) -> str | None:
    if None in values.values():
        return None
    try:
        return template.format(**values)
    except (KeyError, IndexError):
        return None  # of a part that is newer, with other values


def _value(value: object) -> "str | Said":
    return value.said if isinstance(value, Sentence) else str(value)
