"""An agreement: the stored document, and the pure functions that make and change it.

==========================  ===============================================================================
``_id place``               HMAC of the caller and its key; as a string that sorts by time
``subscriber grantor``      who hears, and of whose referrals
``terms``                   which of them; never changed: who wants others ends it and proposes anew
``status until``            where it stands; the day on which it ends by itself
``runs_out_at``             that day while it waits or is in force, else null
``gone_at``                 when it is forgotten: what was never accepted, once it can be no more
``proposed_at``             and ``answered_at ended_at end``
``since``                   from when on it is in force: a little after it was accepted
``changed_at``              by the database's clock, for those who follow
``fingerprint idempotency`` of the proposal; keys (hashed) of what came after it
``revision n``              grows with every write; counts its events. ``pending pending_since``: the outbox
==========================  ===============================================================================
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from chassis.calls import Call
from chassis.clock import whole
from chassis.outbox import pending_event
from contracts.agreements import Agreement, ProposeAgreement, Terms
from contracts.codes import FIREWALLED, NEVER_SUBSCRIBERS
from contracts.directory import Organization
from contracts.events import AGREEMENT_EVENTS, AgreementEvent
from contracts.needs import GROUP_OF, SENSITIVE_NEEDS
from contracts.notifications import KEPT_DAYS
from contracts.rpc import Actor, FieldProblem
from contracts.sentences import Sentence
from contracts.standing import AgreementEnd, AgreementStatus

Document = dict[str, Any]

OPEN = (AgreementStatus.PROPOSED, AgreementStatus.IN_FORCE)
# By then every replica knows of it: so of what happens from then on nothing is missed, whoever applies it.
STARTS_AFTER = timedelta(seconds=3)
# What was never accepted is kept as long as the feed tells of it; the audit says it for good.
FORGOTTEN_AFTER = timedelta(days=KEPT_DAYS)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TERMS = tuple(Terms.__struct_fields__)


def proposed(agreement: str, request: ProposeAgreement, call: Call, at: datetime) -> Document:
    """Return a new agreement, which waits for the grantor's answer; without its event."""
    milliseconds = (at - _EPOCH) // timedelta(milliseconds=1)
    until = request.until and whole(request.until.astimezone(UTC))
    return {
        "_id": agreement,
        "place": f"{milliseconds:013d}-{agreement}",
        "subscriber": call.actor.organization,
        "grantor": request.grantor,
        "terms": {name: sorted({one.value for one in getattr(request, name)}) for name in _TERMS},
        "status": AgreementStatus.PROPOSED.value,
        "until": until,
        "runs_out_at": until,
        "gone_at": None,
        "proposed_at": at,
        "answered_at": None,
        "since": None,
        "ended_at": None,
        "end": None,
        "changed_at": at,
        "fingerprint": call.fingerprint,
        "idempotency": [],
        "revision": 1,
        "n": 1,
        "pending_since": at,
    }


def accepted(at: datetime) -> Document:
    """Return the fields that accepting sets."""
    return {"status": AgreementStatus.IN_FORCE.value, "answered_at": at, "since": at + STARTS_AFTER}


def refused(at: datetime) -> Document:
    """Return the fields that refusing sets."""
    return {"status": AgreementStatus.REFUSED.value, "answered_at": at, "runs_out_at": None}


def ended(at: datetime, end: AgreementEnd) -> Document:
    """Return the fields that ending sets."""
    return {
        "status": AgreementStatus.ENDED.value,
        "ended_at": at,
        "end": end.value,
        "runs_out_at": None,
    }


def gone_at(doc: Document, at: datetime) -> datetime | None:
    """When an agreement is forgotten that became what it is at that moment; None: it is kept."""
    is_over = doc["status"] not in OPEN
    return at + FORGOTTEN_AFTER if is_over and doc["since"] is None else None


def event_of(doc: Document, name: str, actor: Actor | None, at: datetime) -> Document:
    """Return what is committed with a change: its event, which says who did it; nobody where time did."""
    by: dict[str, Any] = {}
    if actor is not None:
        by = {"by_kind": actor.kind, "by": actor.id, "by_organization": actor.organization}
        by["on_behalf_of"] = actor.on_behalf_of
    data = AgreementEvent(
        id=doc["_id"],
        n=doc["n"],
        at=at,
        status=AgreementStatus(doc["status"]),
        subscriber=doc["subscriber"],
        grantor=doc["grantor"],
        **by,
    )
    return pending_event(AGREEMENT_EVENTS[name].type, doc["_id"], doc["n"], at, data)


def is_in_force(doc: Document, at: datetime) -> bool:
    """Whether it lets its subscriber hear of what happens at that moment."""
    if doc["status"] != AgreementStatus.IN_FORCE or at < doc["since"]:
        return False
    return doc["until"] is None or at < doc["until"]


def may_subscribe(organization: Organization | None) -> bool:
    """Whether an organization may hear of others' referrals."""
    return organization is not None and organization.verified and organization.kind not in NEVER_SUBSCRIBERS


def may_grant(organization: Organization | None) -> bool:
    """Whether an organization may let others hear of its referrals: it gives no more than it sees itself."""
    return organization is not None and organization.verified and organization.kind not in FIREWALLED


def problems(
    request: ProposeAgreement, own: str, grantor: Organization | None, at: datetime
) -> Iterator[FieldProblem]:
    """Yield all that is wrong with a proposal."""
    if grantor is None:
        yield FieldProblem(path=("grantor",), message="There is no such organization.", code="NOT_FOUND")
    elif grantor.id == own:
        yield FieldProblem(path=("grantor",), message="Is your own organization.")
    elif grantor.kind in FIREWALLED:
        message = "Is behind the firewall: it has no referrals to tell of."
        yield FieldProblem(path=("grantor",), message=message, code="FIREWALLED")
    elif not grantor.verified:
        yield FieldProblem(path=("grantor",), message="Is not verified.", code="NOT_VERIFIED")
    if request.until is not None and request.until <= at:
        yield FieldProblem(path=("until",), message="Must be in the future.")
    yield from _problems_of_needs(request)


def _problems_of_needs(request: ProposeAgreement) -> Iterator[FieldProblem]:
    for index, need in enumerate(request.needs):
        path, group = ("needs", str(index)), GROUP_OF[need]
        if need in SENSITIVE_NEEDS:
            words = Sentence("Is a secret itself: of it the group is told, {group}.", group=group.upper())
            yield FieldProblem(path=path, message=words)
        elif request.need_groups and group not in request.need_groups:
            yield FieldProblem(path=path, message="Is of none of the groups that you name.")


def view(doc: Document) -> Agreement:
    """Return it as the two see it."""
    return msgspec.convert({**doc["terms"], **doc, "id": doc["_id"]}, Agreement, strict=False)


def views(docs: Iterable[Document]) -> tuple[Agreement, ...]:
    """Return several."""
    return tuple(map(view, docs))
