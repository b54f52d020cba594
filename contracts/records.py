"""Printing for a person what is held about her: by the organization that refers her, on one page."""

from datetime import datetime

from contracts.pathways import PageWanted, Tongue
from contracts.referrals import PART, Id
from contracts.rpc import Operation, Reply


class PrintRecord(PageWanted, kw_only=True):
    """What the caller's organization holds about the person of a referral, and of the others of her case.

    ``as_caregiver``: she cares for the children who are with her, and what is held about them stands there,
    too. ``with_writings``: so does what the organizations wrote about her case, which may name others.
    """

    referral: Id
    as_caregiver: bool = False
    with_writings: bool = False


class RecordPart(Reply):
    """A heading, and what stands below it."""

    heading: str
    items: tuple[str, ...]


class PersonalRecord(Reply):
    """What is held, in words for her: all of it in ``parts``; on ``page`` long texts may be cut short.

    ``folios`` are those of the referrals that it is about, the one asked for first.
    """

    title: str
    language: Tongue
    folios: tuple[str, ...]
    printed_at: datetime
    parts: tuple[RecordPart, ...]
    page: str


PRINT_RECORD = Operation(PART, "print_record", PrintRecord, PersonalRecord)
