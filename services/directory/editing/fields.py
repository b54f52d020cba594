"""What may be edited of organizations and services: checked, and turned into what is stored.

An edited field is marked in the document (``edited: {field: {at, by}}``): no import overwrites it any more.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import msgspec
from msgspec import UNSET

from chassis.problems import InvalidError
from contracts.directory import PhoneGiven
from contracts.editing import LanguageGiven, OrganizationFields, ServiceFields
from contracts.rpc import FieldProblem
from services.directory import hours
from services.directory.notes import Notes

Document = dict[str, Any]
# The input in which they stand, as problems name it.
_PATH = "fields"


def given(fields: OrganizationFields | ServiceFields) -> Document:
    """Return the fields that are given, as they are stored.

    Raises:
        InvalidError: one names a language or a need twice, a schedule ends before it begins, or the like;
            every one of them at once.
    """
    notes = Notes()
    stored = {
        name: _STORED.get(name, _plain)(value, notes)
        for name in fields.__struct_fields__
        if (value := getattr(fields, name)) is not UNSET
    }
    refuse([FieldProblem(path=(_PATH, *one.path), message=_words(one.message)) for one in notes.problems])
    if not stored:
        refuse([FieldProblem(path=(_PATH,), message="Give at least one field to change.", code="REQUIRED")])
    return stored


def check_ages(document: Mapping[str, Any], fields: Mapping[str, Any]) -> None:
    """Refuse ages of which the lowest would be above the highest.

    Raises:
        InvalidError: they would.
    """
    after = {**document, **fields}
    lowest, highest = after.get("minimum_age"), after.get("maximum_age")
    if lowest is not None and highest is not None and lowest > highest:
        words = "The lowest age is above the highest."
        refuse([FieldProblem(path=(_PATH, "minimum_age"), message=words)])


def marked(document: Mapping[str, Any], fields: Mapping[str, Any], at: datetime, by: str) -> Document:
    """Return the fields, with the marks that say who edited them and when."""
    marks = {name: {"at": at, "by": by} for name in fields}
    return {**fields, "edited": {**(document.get("edited") or {}), **marks}}


def refuse(problems: list[FieldProblem]) -> None:
    """Refuse if there is anything to refuse.

    Raises:
        InvalidError: there is.
    """
    if problems:
        raise InvalidError("Nothing was changed: some fields are not right.", tuple(problems))


def _words(message: str) -> str:
    """Imports leave out what is not right; an edit is refused for it."""
    return message.replace(": the schedule is left out.", ".").replace(": left out.", ".")


def _plain(value: Any, _notes: Notes) -> Any:
    return value


def _phone(value: PhoneGiven | None, _notes: Notes) -> Any:
    return None if value is None else msgspec.to_builtins(value)


def _phones(values: tuple[PhoneGiven, ...], _notes: Notes) -> list[Any]:
    return [msgspec.to_builtins(value) for value in values]


def _languages(values: tuple[LanguageGiven, ...], notes: Notes) -> list[Document]:
    codes = [value.code.lower() for value in values]
    for number, code in enumerate(codes):
        if code in codes[:number]:
            notes.add(("languages", str(number), "code"), "The language is there already.")
    return [{"code": one.code, "name": None, "interpreter": one.interpreter} for one in values]


def _zone(value: str | None, notes: Notes) -> str | None:
    if value is not None and not hours.is_zone(value):
        notes.add(("timezone",), "It is no time zone of IANA, such as America/Mexico_City.")
    return value


def _schedules(values: Any, notes: Notes) -> list[Document]:
    return hours.schedules(list(msgspec.to_builtins(values)), ("schedules",), notes)


def _exceptions(values: Any, notes: Notes) -> list[Document]:
    inside = Notes()
    stored = hours.exceptions(list(msgspec.to_builtins(values)), inside)
    for one in inside.problems:
        notes.add(one.path[1:], one.message)  # the path of a record begins with ``relevo``
    return stored


def _once(values: tuple[Any, ...], _notes: Notes) -> list[Any]:
    return list(dict.fromkeys(values))


_STORED: dict[str, Callable[[Any, Notes], Any]] = {
    "phones": _phones,
    "emergency_phone": _phone,
    "needs": _once,
    "languages": _languages,
    "timezone": _zone,
    "schedules": _schedules,
    "exceptions": _exceptions,
    "accessibility": _once,
    "required_documents": _once,
}
