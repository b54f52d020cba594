"""An exception to the firewall: the stored document, what it takes to make one, and what it lets in.

==========================  ===============================================================================
``_id place``               HMAC of the coordinator and its key; as a string that sorts by time
``organization service``    who may receive, for which of its services
``key sealed``              its own data key, and under it the need and the reason: the need alone would tell
                            of each referral that names this exception what it is for
``made_at made_by maker``   when, which coordinator's organization, and who acted for it
``until stands_until``      as it was made; and in truth, where it was ended early
``ended_at ended_by ender`` and ``sealed_end``: the reason; ``end``: key and fingerprint of the request
``revision n``              grows with every write; counts its events. ``pending pending_since``: the outbox
==========================  ===============================================================================
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import msgspec

from contracts.codes import FIREWALLED, Need
from contracts.directory import Organization, Service
from contracts.exceptions import LONGEST, FirewallException, MakeException
from contracts.rpc import Actor, FieldProblem
from services.referrals.document import Document


class Said(msgspec.Struct, frozen=True):
    """What of an exception is encrypted."""

    need: Need
    reason: str


@dataclass(frozen=True)
class Passage:
    """By which exception a referral passes the firewall, and until when."""

    exception: str
    until: datetime

    @property
    def fields(self) -> Document:
        """The fields of a referral that says so."""
        return {"exception": self.exception, "exception_until": self.until}


def fields_of(passage: Passage | None) -> Document:
    """Return what a referral says of it; nothing where it needs none."""
    return passage.fields if passage else {}


def stands(doc: Document, now: datetime) -> bool:
    """Whether it is in force."""
    return bool(now < doc["stands_until"])


def problems(
    request: MakeException, service: Service | None, organization: Organization | None, now: datetime
) -> Iterator[FieldProblem]:
    """Yield all that is wrong with an exception that is to be made."""
    if service is None or organization is None:
        yield FieldProblem(path=("service",), message="There is no such service.", code="NOT_FOUND")
    elif organization.id != request.organization:
        yield FieldProblem(path=("organization",), message="Does not offer that service.")
    elif organization.kind not in FIREWALLED:
        yield FieldProblem(path=("organization",), message="Is not behind the firewall: it needs none.")
    if request.until <= now:
        yield FieldProblem(path=("until",), message="Must be in the future.")
    elif request.until > now + LONGEST:
        yield FieldProblem(path=("until",), message="Must be within a year.")


def maker(actor: Actor) -> Document:
    """Return who acts, as it is kept: ids only."""
    return {"actor": f"{actor.kind}:{actor.id}", "on_behalf_of": actor.on_behalf_of}


def ended(doc: Document, actor: Actor, now: datetime) -> Document:
    """Return the fields that ending sets, but for what is encrypted."""
    return {
        "stands_until": now,
        "ended_at": now,
        "ended_by": actor.organization,
        "ender": maker(actor),
        "n": doc["n"] + 1,
        "pending_since": now,
    }


def view(doc: Document, said: Said, end_reason: str | None, now: datetime) -> FirewallException:
    """Return it as coordinators see it."""
    return FirewallException(
        id=doc["_id"],
        organization=doc["organization"],
        service=doc["service"],
        need=said.need,
        reason=said.reason,
        made_at=doc["made_at"],
        made_by=doc["made_by"],
        until=doc["until"],
        in_force=stands(doc, now),
        ended_at=doc["ended_at"],
        ended_by=doc["ended_by"],
        end_reason=end_reason,
    )
