"""Telephone numbers, from records to documents and from there to whoever asks."""

from collections.abc import Iterable
from typing import Any

import msgspec

from contracts.directory import Phone
from services.directory import hsds


def documents(phones: Iterable[hsds.Phone]) -> list[dict[str, Any]]:
    """Return the numbers as they are stored, each once, in the order of the record."""
    distinct: dict[tuple[str, str | None], Phone] = {}
    for phone in phones:
        number, extension = phone.number.strip(), _extension(phone.extension)
        if number:
            distinct.setdefault(
                (number, extension),
                Phone(number=number, extension=extension, description=phone.description or None),
            )
    return [msgspec.to_builtins(phone) for phone in distinct.values()]


def document(phone: Phone | None) -> dict[str, Any] | None:
    """Return one number as it is stored, or None: one that none can call hides no other to fall back on."""
    return msgspec.to_builtins(phone) if phone and _can_be_called(phone.number) else None


def view(stored: dict[str, Any] | None) -> Phone | None:
    """Return the contract's number, or None where there is none."""
    return Phone(**stored) if stored and _can_be_called(stored["number"]) else None


def views(stored: Iterable[dict[str, Any]] | None) -> tuple[Phone, ...]:
    """Return the contract's numbers."""
    return tuple(Phone(**phone) for phone in stored or ())


def _can_be_called(number: str) -> bool:
    """Whether a source wrote a number at all: neither a blank nor words alone."""
    return any(character.isdigit() for character in number)


def _extension(extension: str | float | None) -> str | None:
    """HSDS says number, and sources also write text: both are kept as text."""
    if extension is None or isinstance(extension, str):
        return (extension or "").strip() or None
    return f"{extension:.0f}"
