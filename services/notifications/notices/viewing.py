"""A recipient as its owner sees it: made in one place, of what is stored."""

from typing import Any

from contracts.notices import (
    USUAL,
    NoticeCadence,
    NoticeStatus,
    NoticeStopReason,
    NoticeTopic,
    Preferences,
    QuietHours,
    TopicCadence,
    TypeCadence,
)

Document = dict[str, Any]


def status_of(doc: Document) -> NoticeStatus:
    """Return whether anything is sent, and if not, why."""
    if doc["address"] is None:
        return NoticeStatus.NO_ADDRESS if doc["asked"] is None else NoticeStatus.UNCONFIRMED
    if not doc["subscribed"]:
        return NoticeStatus.UNSUBSCRIBED
    return NoticeStatus.ACTIVE if doc["stopped"] is None else NoticeStatus.STOPPED


def view(doc: Document, zone: str) -> Preferences:
    """Return what a member, or her manager, sees."""
    asked, quiet = doc["asked"], doc["quiet"]
    return Preferences(
        member=doc["member"],
        status=status_of(doc),
        language=doc["language"],
        time_zone=doc["time_zone"] or zone,
        daily_at=doc["daily_at"],
        topics=tuple(
            TopicCadence(topic=topic, cadence=NoticeCadence(doc["topics"].get(topic.value, USUAL[topic])))
            for topic in NoticeTopic
        ),
        types=tuple(TypeCadence(type=one, cadence=NoticeCadence(cadence)) for one, cadence in doc["types"]),
        quiet_hours=QuietHours(**quiet) if quiet else None,
        emergencies_at_once=doc["emergencies"],
        address=doc["shown"],
        unconfirmed=asked and asked["shown"],
        confirm_until=asked and asked["until"],
        stop_reason=doc["stopped"] and NoticeStopReason(doc["stopped"]),
    )
