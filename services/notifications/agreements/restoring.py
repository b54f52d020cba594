"""Agreements as they come back from a backup: what the streams tell that came after it is so again.

An event of an agreement says all that it changed, since its terms never change: so that what one of the two
has ended is not in force again, and what both have agreed upon is.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from contracts.events import AgreementEvent
from contracts.standing import AgreementEnd, AgreementStatus
from services.notifications.agreements import agreement

Document = dict[str, Any]


def replayed(doc: Document, events: Iterable[AgreementEvent]) -> Document:
    """Return an agreement after those of its events, in order, that are beyond its count; that stays."""
    for event in events:
        if event.n > doc["n"] and event.status in _CHANGES:
            after = {**doc, **_CHANGES[event.status](doc, event)}
            gone_at = agreement.gone_at(after, event.at)
            doc = {**after, "gone_at": gone_at, "revision": doc["revision"] + 1, "changed_at": event.at}
    return doc


def _end_of(doc: Document, event: AgreementEvent) -> AgreementEnd:
    sides = {doc["subscriber"]: AgreementEnd.SUBSCRIBER, doc["grantor"]: AgreementEnd.GRANTOR}
    if event.by_organization in sides:
        return sides[event.by_organization]
    ran_out = doc["until"] is not None and doc["until"] <= event.at
    return AgreementEnd.RUN_OUT if ran_out else AgreementEnd.NOT_ELIGIBLE


_CHANGES: Mapping[AgreementStatus, Callable[[Document, AgreementEvent], Document]] = {
    AgreementStatus.IN_FORCE: lambda _doc, event: agreement.accepted(event.at),
    AgreementStatus.REFUSED: lambda _doc, event: agreement.refused(event.at),
    AgreementStatus.ENDED: lambda doc, event: agreement.ended(event.at, _end_of(doc, event)),
}
