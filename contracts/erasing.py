"""Erasing a person from a referral that has ended: by its sender's manager, a coordinator, a command."""

from typing import Annotated

from msgspec import Meta

from contracts.changes import Change
from contracts.codes import ReferralStatus
from contracts.referrals import PART, ReferralReply, Text
from contracts.rpc import Message, Operation, Reply

MOST_FOLIOS = 100


class Erase(Change, kw_only=True):
    """All that is known of the person goes for good; codes remain. ``note`` says why, and goes later."""

    note: Text


Folio = Annotated[str, Meta(max_length=40)]


class EraseByFolio(Message):
    """The same of several referrals, for operators: looked at, or carried out."""

    folios: Annotated[tuple[Folio, ...], Meta(min_length=1, max_length=MOST_FOLIOS)]
    note: Text | None = None
    carry_out: bool = False


class Erasure(Reply):
    """What there is to erase of one referral, or was: nothing of the person.

    ``tiers`` are those of which anything is left, and ``keys`` how many data keys open them. ``refusal`` is
    the code of why it cannot be erased, if it cannot (``NOT_FOUND`` where there is none), and ``detail`` says
    it for people. Of what was carried out it is what there was before.
    """

    folio: str
    status: ReferralStatus | None = None
    tiers: tuple[str, ...] = ()
    keys: int = 0
    refusal: str | None = None
    detail: str | None = None
    erased: bool = False


class Erasures(Reply):
    """One for each folio, in order."""

    items: tuple[Erasure, ...]


ERASE = Operation(PART, "erase", Erase, ReferralReply)
ERASE_BY_FOLIO = Operation(PART, "erase_by_folio", EraseByFolio, Erasures)
