"""A referral's history: every change, what it was, when it happened, and when it was recorded."""

from datetime import datetime

import strawberry

from contracts import directory, referrals
from contracts.codes import Channel, Deadline, ReferralStatus, Side
from gateway.context import Context, Info
from gateway.loaders import Later
from gateway.lookahead import names, of_rows
from gateway.schema.actions import ReferralAction
from gateway.schema.codes import ReferralReason
from gateway.schema.entries import rows_of
from gateway.schema.fields import beside
from gateway.schema.organization import Organization
from gateway.schema.pages import After, Before, First, Last, PageInfo, Rows, page_of

LIST = "history"


def _organization(parent: referrals.HistoryEntry, context: Context) -> Later[directory.Organization]:
    """Whose side acted; null for the system, and for those who may not know."""
    return context.organizations.get(parent.organization)


@strawberry.type(description="One change of a referral. It is never rewritten.")
class ReferralChange:
    """Read from ``contracts.referrals.HistoryEntry``."""

    n: int = strawberry.field(description="Counts the changes from 1.")
    action: ReferralAction = strawberry.field(description="What was done.")
    from_status: ReferralStatus | None = strawberry.field(
        description="The status before; null for the first."
    )
    to_status: ReferralStatus = strawberry.field(description="The status after.")
    version: int = strawberry.field(description="The referral's version after it.")
    recorded_at: datetime = strawberry.field(description="When it was recorded here.")
    occurred_at: datetime = strawberry.field(description="When it happened, as whoever reported it says.")
    organization = beside(_organization, Organization | None)
    on_behalf_of: str | None = strawberry.field(
        description="The member who acted, by the opaque reference that your own system gave."
    )
    acted_for: Side | None = strawberry.field(
        description="Whose word it is, if somebody else recorded it: the sender for a receiver that answers "
        "by telephone, or a coordinator for a silent party."
    )
    reason: ReferralReason | None = strawberry.field(description="Why, where a reason was given.")
    corrected: list[str] | None = strawberry.field(
        description="Which fields a correction replaced, by their names in the input. What stood there is "
        "not kept."
    )
    note: str | None = strawberry.field(description="What was said besides.")
    reported_by: str | None = strawberry.field(
        description="Who answered, where the answer was recorded by others."
    )
    deadline: Deadline | None = strawberry.field(
        description="What had not come in time, where it expired for that."
    )
    channel: Channel | None = strawberry.field(description="How that answer came.")


@strawberry.type(description="A change in a page.")
class ReferralChangeEdge:
    """Read from ``pages.Row``."""

    cursor: str = strawberry.field(description="Its place in the history.")
    node: ReferralChange = strawberry.field(description="The change.")


@strawberry.type(description="A page of a referral's history.")
class ReferralChangeConnection:
    """Read from ``pages.Rows``."""

    edges: list[ReferralChangeEdge] = strawberry.field(description="The changes with their cursors.")
    nodes: list[ReferralChange] = strawberry.field(description="The changes.")
    page_info: PageInfo = strawberry.field(description="Where the page stands.")


async def history(
    parent: strawberry.Parent[referrals.Referral],
    info: Info,
    *,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> Rows[referrals.HistoryEntry] | None:
    """Every change, oldest first. Null to a client that may send referrals and not read them."""
    page = page_of(info, LIST, first=first, last=last, after=after, before=before)
    texts = "note" in names(info.raw, of_rows(info.raw))
    request = referrals.GetHistory(referral=parent.id, page=page, texts=texts)
    return await rows_of(info, LIST, referrals.HISTORY, request)
