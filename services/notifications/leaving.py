"""Events in: what is kept of a member is forgotten with the member: her addresses, and what she has read."""

from collections.abc import Mapping

import msgspec

from chassis.consumer import Delivery, Handler
from chassis.rpc import Caller
from contracts.events import MEMBER_CHANGED, PermissionEvent
from contracts.membership import GET_MEMBERS, GetMembers
from services.notifications.notices.carrying import NoticeCarrying
from services.notifications.readmarks.actions import ReadMarks

# All of a member's, so that none is missing in between.
SUBJECTS = ("evt.directory.member.>",)
REMOVED = "member_removed"

_decode = msgspec.json.Decoder(PermissionEvent).decode


def member_handlers(marks: ReadMarks, notices: NoticeCarrying, directory: Caller) -> Mapping[str, Handler]:
    """CloudEvents type -> what it causes."""

    async def changed(delivery: Delivery) -> None:
        event = _decode(delivery.data)
        if event.action != REMOVED:
            return
        await notices.forget_member(event.id)
        # The event names nobody: what the organization's systems call the member, the directory knows.
        asked = GetMembers(organization=event.organization, ids=(event.id,))
        (member,) = (await directory.call(GET_MEMBERS, asked, directory.me)).items
        await marks.forget_member(event.organization, event.id, member.reference if member else None)

    return {MEMBER_CHANGED.type: changed}
