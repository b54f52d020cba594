"""What the domain has a reader see of a referral: its truth, less all that is not the reader's to know."""

from collections.abc import Iterator
from typing import Any

from graphql import GraphQLSchema, get_named_type, is_leaf_type

from tests.flows.matrix import walk
from tests.flows.matrix.knowing import (
    DIRECTORY,
    INSIDE,
    NAMES,
    OWN,
    PARTIES,
    T2,
    T4,
    TEXT,
    Case,
    Json,
    Reader,
    categories_shown,
    may_look_up,
    may_read_text,
    open_words,
    person_access,
    side_of,
)
from tests.flows.matrix.scene import CONSENTED, LAST_RESORT, NAMED, WITHHELD, Said, Told

# Sealed anew each time, or told by what the reader may do, and no word of the referral's.
PASSED_OVER = frozenset({"cursor", "startCursor", "endCursor", "allowedActions"})
# Derived from whatever of the case the reader sees; of which there is a test beside this.
_DERIVED = frozenset({"group.state", "group.items"})
# Set by hand in the outline, where it stands beside her own sealed words: that it is told is what counts.
_BY_HAND = frozenset({"consent.basis", "consent.until"})
OF_CONSENT = frozenset({*CONSENTED, "SEPARATED_CHILD"})


class Expected:
    """One reader, one case: walks the truth, which is what the sender's caseworker sees, by the schema."""

    def __init__(self, known: GraphQLSchema, told: Told, reader: Reader, case: Case) -> None:
        self._known = known
        self._told = told
        self._reader = reader
        self._case = case
        self._side = side_of(reader, case)
        self._words = open_words(reader, case)
        self._withheld = WITHHELD if told.sensitive and self._side != "sender" else frozenset()

    def of(self, truth: Json) -> Json:
        """Return what the reader is to see."""
        return self._object("Referral", truth, INSIDE)

    def _object(self, kind: str, truth: Json, around: str) -> Json:
        return {name: self._field(kind, name, value, around, truth) for name, value in truth.items()}

    def _field(self, kind: str, name: str, value: Any, around: str, beside: Json) -> Any:
        if f"{kind}.{name}" in self._withheld:
            return None
        special = getattr(self, f"_{kind}_{name}", None)
        if special is not None:
            return special(value, beside)
        word = walk.word_of(kind, name, around)
        if word == OWN:
            return self._own(name, value)
        if word == TEXT or (word != INSIDE and word not in self._words):
            return None
        return self._inner(kind, name, value, word)

    def _inner(self, kind: str, name: str, value: Any, word: str) -> Any:
        inner = get_named_type(walk.object_type(self._known, kind).fields[name].type)
        if value is None or is_leaf_type(inner):
            return value
        if isinstance(value, list):
            return [self._object(inner.name, one, word) for one in value]
        return self._object(inner.name, value, word)

    def _own(self, name: str, value: Any) -> Any:
        if self._side == "sender":
            return value
        return self._told.own["receiver"].get(name, value) if self._side == "receiver" else None

    # --- what has a sentence of its own in the domain ---------------------------------------------------

    def _Referral_personAccess(self, _value: str, beside: Json) -> str:  # noqa: N802 - as the schema has it
        notes = (beside["person"] or {}).get("notes") or []
        shown = self._Person_notes(notes, {}) or []
        hides = len(shown) < len(notes) or bool(self._withheld)
        return person_access(self._reader, self._case, hides=hides)

    def _Referral_emergencyPhone(self, value: Json, _beside: Json) -> Json:  # noqa: N802
        hidden = {"number": LAST_RESORT, "extension": None, "description": None}
        return value if NAMES in self._words else hidden

    def _Referral_follows(self, value: str | None, _beside: Json) -> str | None:  # noqa: N802
        return None if self._side in {"receiver", "subscriber"} else value

    def _Referral_group(self, value: Json | None, _beside: Json) -> Json | None:  # noqa: N802
        if value is None or not may_look_up(self._reader, self._case):
            return None
        if self._side == "subscriber":
            return None  # two receivers could find out by it that they help the same person (0035)
        own = self._told.own.get(self._side or "", {}).get("group", value["id"])
        # Of the whole case, of which the others may be there when this one is erased.
        category = value["category"] if self._side == "sender" and T2 in self._reader.reach else None
        return {**value, "id": own, "category": category}

    def _Referral_flags(self, value: list[str], _beside: Json) -> list[str]:  # noqa: N802
        """That she died or is missing is a reason, and of another of the sender's referrals."""
        is_told = self._side == "sender" and PARTIES in self._words
        return [one for one in value if is_told or not one.startswith("PERSON_")]

    def _Consent_until(self, value: str | None, _beside: Json) -> str | None:  # noqa: N802
        """No subscriber is told: a consulate may have let it hear, which is not told itself (0022)."""
        return None if self._side == "subscriber" else value

    def _Consent_reviewedBy(self, value: str | None, _beside: Json) -> str | None:  # noqa: N802
        """Which of the sender's members has reviewed the basis: its own word, and not the person's data."""
        return value if self._side == "sender" and T2 in self._reader.reach else None

    def _Referral_household(self, value: Json | None, _beside: Json) -> Json | None:  # noqa: N802
        if value is None or T2 not in self._words:
            return None
        members = [
            {**one, "vulnerabilities": self._consented(one["vulnerabilities"])} for one in value["members"]
        ]
        return {**value, "members": members}

    def _Person_vulnerabilities(self, value: list[str] | None, _beside: Json) -> list[str] | None:  # noqa: N802
        return None if value is None or T2 not in self._words else self._consented(value)

    def _consented(self, value: list[str]) -> list[str]:
        return value if self._side == "sender" else [one for one in value if one in OF_CONSENT]

    def _Person_notes(self, value: list[Json] | None, _beside: Json) -> list[Json] | None:  # noqa: N802
        if value is None or T4 not in self._words:
            return None
        shown = categories_shown(self._reader, self._case, set(NAMED))
        found = [one for one in value if shown is None or one["category"] in shown]
        return found or None

    def _Referral_deadlines(self, value: Json, _beside: Json) -> Json:  # noqa: N802
        """Hours are public: a moment that goes by them would tell a subscriber whose they are (0035)."""
        if self._side == "subscriber" and NAMES not in self._words:
            return {name: [] if isinstance(one, list) else None for name, one in value.items()}
        found: Json = self._inner("Referral", "deadlines", value, INSIDE)
        return found

    def _Deadlines_dueAt(self, value: str | None, beside: Json) -> str | None:  # noqa: N802
        return None if beside["awaited"] == "ARRIVE" and T2 not in self._words else value

    def _Deadlines_overdue(self, value: list[str], _beside: Json) -> list[str]:  # noqa: N802
        if T2 in self._words or self._side == "coordinator":
            return value
        return [one for one in value if one != "ARRIVE"]

    def _Referral_messages(self, value: Json | None, _beside: Json) -> Json | None:  # noqa: N802
        is_party = self._side in {"sender", "receiver"} and may_look_up(self._reader, self._case)
        return self._inner("Referral", "messages", value, INSIDE) if is_party else None

    def _Referral_history(self, value: Json | None, _beside: Json) -> Json | None:  # noqa: N802
        is_shown = may_look_up(self._reader, self._case)
        return self._inner("Referral", "history", value, INSIDE) if is_shown else None

    def _ReferralChange_note(self, value: str | None, beside: Json) -> str | None:  # noqa: N802
        return self._text(value, self._told.history[beside["n"]])

    def _ReferralMessage_text(self, value: str | None, beside: Json) -> str | None:  # noqa: N802
        return self._text(value, self._told.messages[beside["n"]])

    def _text(self, value: str | None, said: Said) -> str | None:
        if said.tier is None:
            assert value is None, "a note that nobody has given"
            return None
        return value if may_read_text(self._reader, self._case, said.tier, said.by) else None

    def _ReferralChange_onBehalfOf(self, _value: Any, beside: Json) -> str | None:  # noqa: N802
        return self._behalf(self._told.history[beside["n"]])

    def _ReferralMessage_onBehalfOf(self, _value: Any, beside: Json) -> str | None:  # noqa: N802
        return self._behalf(self._told.messages[beside["n"]])

    def _behalf(self, said: Said) -> str | None:
        return said.on_behalf_of if said.by == self._side != "coordinator" else None


def leaves(value: Any, path: str = "") -> dict[str, Any]:
    """Return all that an answer tells, by its path: whatever is null tells nothing."""
    if isinstance(value, dict):
        found: dict[str, Any] = {}
        for name, one in value.items():
            inside = f"{path}.{name}" if path else name
            if name not in PASSED_OVER and inside not in _DERIVED:
                found |= leaves(one, inside)
        return found
    if isinstance(value, list) and value and isinstance(value[0], dict):
        found = {}
        for place, one in enumerate(value):
            found |= leaves(one, f"{path}[{place}]")
        return found
    return {} if value is None else {path: value if path not in _BY_HAND else "told"}


def told_fields(known: GraphQLSchema, value: Json, kind: str = "Referral") -> Iterator[str]:
    """Yield the fields, as ``Type.field``, of which an answer tells something."""
    if kind in DIRECTORY:
        return
    for name, one in value.items():
        if one is None or one == []:
            continue
        yield f"{kind}.{name}"
        inner = get_named_type(walk.object_type(known, kind).fields[name].type)
        if not is_leaf_type(inner):
            for each in one if isinstance(one, list) else [one]:
                yield from told_fields(known, each, inner.name)
