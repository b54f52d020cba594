"""How long a person's data is kept: which of it is gone, and what goes with it. Pure functions.

Retention is counted from the terminal status. On the document:

==========================  ===============================================================================
``kept_t3_since``           when the referral ended, as long as T3 and T4 are kept after it; found by it
``kept_t2_since``           the same of T2; neither is there while the referral is open
``erased``                  which keys are deleted, or being deleted: ``t3`` (T3 and T4), ``t2``, ``void`` (of
                            why). Nothing that they sealed is opened from the write on that says so
``erase_since``             that the deletion itself is still to be done
``sealed_fact``             of one whose T2 is being deleted: the fact that goes into the urn (``facts``)
==========================  ===============================================================================
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from contracts.codes import ReferralFlag, ReferralStatus
from services.referrals.document import Document
from services.referrals.vault import KeyId

Doc = Mapping[str, Any]

T2, T3, VOID = "t2", "t3", "void"
OF_HER = (T2, T3)
KEPT = {T2: "kept_t2_since", T3: "kept_t3_since"}

# What is known of a person outside of her encrypted data, or named by a party: it goes with T2.
OF_THE_PERSON = ("arrive_by", "appointment", "arrived_at")
# The keys of what is no change: of messages, which both sides write, and of all else of each side.
ASIDE_KEYS = ("message_keys", "aside_keys_sender", "aside_keys_receiver", "aside_keys_coordinator")
EXTERNAL_IDS = ("external_id_sender", "external_id_receiver")
_FLAGS = frozenset({ReferralFlag.PERSON_DECEASED.value, ReferralFlag.PERSON_MISSING.value})


def begun(now: datetime) -> Document:
    """Return the fields of a referral that has just ended: from now on it is counted."""
    return dict.fromkeys(KEPT.values(), now)


def ceased() -> Document:
    """Return the fields of one that goes on after all."""
    return dict.fromkeys(KEPT.values())


def voided(now: datetime) -> Document:
    """Return the fields of what was entered in error: she goes at once and leaves no fact, why goes later."""
    return {"erase_since": now, "erased": list(OF_HER), KEPT[T3]: None, "sealed_fact": None}


def withdrawn(doc: Doc, now: datetime) -> Document:
    """Return the fields of a consent withdrawn: T3 and T4 go at once, T2 in its time."""
    return {**erasure(doc, (T3,), now), KEPT[T3]: None}


def erased(doc: Doc) -> frozenset[str]:
    """Return which of its keys are gone, or going."""
    said = frozenset(doc.get("erased") or ())
    if not said and (doc["status"] == ReferralStatus.ENTERED_IN_ERROR or doc.get("erase_since")):
        return frozenset(OF_HER)
    return said


def gone(doc: Doc) -> frozenset[KeyId]:
    """Return the ids of the keys that are gone, or going: nothing is opened or sealed with them any more."""
    names = erased(doc)
    # Of why she was erased there may be nothing.
    of_why = {doc["key_void"]} if VOID in names and doc.get("key_void") else set()
    return frozenset(doc[f"key_{name}"] for name in names - {VOID}) | of_why


def usable(doc: Doc, *names: str) -> list[KeyId]:
    """Return the ids of its keys of those names, as far as they are not gone."""
    without = gone(doc)
    return [key for name in names if (key := doc.get(f"key_{name}")) and key not in without]


def erasure(doc: Doc, tiers: Iterable[str], now: datetime) -> Document:
    """Return the fields of the write that erases: nothing is opened from then on, and the keys have to go.

    Codes and times remain.
    """
    going = erased(doc) | set(tiers)
    fields: Document = {"erase_since": now, "erased": sorted(going)}
    if T2 in going:
        # That a step was missing tells of whom it was for, whatever the step was.
        fields |= dict.fromkeys((*OF_THE_PERSON, *EXTERNAL_IDS, "steps", "steps_due_at"))
        # Nobody could say any more how it was done, nor of whom.
        fields["duties"] = {}
        fields |= unlinked(doc)
        if doc.get("flags"):
            fields["flags"] = [flag for flag in doc["flags"] if flag not in _FLAGS]
    return fields


def unlinked(doc: Doc) -> Document:
    """Return the fields that forget by which exception it passed the firewall: that tells the need."""
    return {"exception": None} if doc.get("exception") else {}


def retention(doc: Doc, tier: str, now: datetime, repeated_for: timedelta) -> Document:
    """Return the fields of the write at the end of a tier's time; with T2 all goes that there still is.

    What was hashed of an input would tell whether a guess at it is right: it goes as well, once it is too
    late to repeat a request by its key.
    """
    going = (T3,) if tier == T3 else (T2, T3, VOID)
    fields = {**erasure(doc, going, now), **{KEPT[one]: None for one in going if one in KEPT}}
    fields |= {
        name: [use for use in doc[name] if use["at"] > now - repeated_for]
        for name in ("idempotency", *ASIDE_KEYS)
        if doc.get(name)
    }
    if doc["created_at"] <= now - repeated_for:
        fields["fingerprint"] = ""
    return fields
