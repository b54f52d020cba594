"""The languages that a service is given in, and whether by its staff or through an interpreter."""

import re
from collections.abc import Iterable
from typing import Any

from contracts.details import Language
from services.directory import hsds
from services.directory.text import fold

# How sources say it in a language's note, in English and Spanish: "Translation services provided …".
_INTERPRETED = re.compile(r"\b(interpret|translat|traduc)")


def documents(languages: Iterable[hsds.Language]) -> list[dict[str, Any]]:
    """Return the languages as they are stored: ``code`` and ``name`` as their source wrote them.

    Each once, with ``interpreter``; one that the staff speak needs no interpreter, whoever else says so.
    """
    found: dict[str, dict[str, Any]] = {}
    for one in languages:
        code, name = (one.code or "").strip() or None, (one.name or "").strip() or None
        if code is None and name is None:
            continue
        stored = {"code": code, "name": name, "interpreter": _is_interpreted(one)}
        before = found.setdefault((code or name or "").casefold(), stored)
        before["interpreter"] = before["interpreter"] and stored["interpreter"]
    return list(found.values())


def codes(stored: Iterable[Any]) -> tuple[str, ...]:
    """Return each language's code, or its name where its source has none."""
    return tuple(dict.fromkeys(one.code or one.name or "" for one in views(stored)))


def views(stored: Iterable[Any]) -> tuple[Language, ...]:
    """Return what everybody may know of them (T0)."""
    return tuple(_view(one) for one in stored)


def _view(one: Any) -> Language:
    # Documents from before the interpreter was asked about hold the code alone, until they are read anew.
    return Language(code=one) if isinstance(one, str) else Language(**one)


def _is_interpreted(one: hsds.Language) -> bool:
    if one.relevo.interpreter is not None:
        return one.relevo.interpreter
    return bool(_INTERPRETED.search(fold(one.note or "")))
