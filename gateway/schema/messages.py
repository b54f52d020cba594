"""What the two parties of a referral wrote to one another, as a list of the referral."""

from datetime import datetime

import strawberry

from contracts import directory, referrals, talk
from contracts.codes import Side
from gateway.context import Context, Info
from gateway.loaders import Later
from gateway.lookahead import names, of_rows
from gateway.schema.entries import rows_of
from gateway.schema.fields import beside
from gateway.schema.organization import Organization
from gateway.schema.pages import After, Before, First, Last, PageInfo, Rows, page_of

LIST = "messages"


def _organization(parent: talk.ReferralMessage, context: Context) -> Later[directory.Organization]:
    """Whose it is; null to those who may not know it."""
    return context.organizations.get(parent.organization)


@strawberry.type(description="A message between the two parties of a referral.")
class ReferralMessage:
    """Read from ``contracts.talk.ReferralMessage``."""

    n: int = strawberry.field(description="Counts the messages from 1; for `upTo`.")
    at: datetime = strawberry.field(description="When it was written.")
    side: Side = strawberry.field(description="Which party wrote it.")
    organization = beside(_organization, Organization | None)
    on_behalf_of: str | None = strawberry.field(
        description="The member who wrote it, by the opaque reference that your own system gave."
    )
    text: str | None = strawberry.field(
        description="What was written. Null to those who may not see the person, as of now."
    )
    read_at: datetime | None = strawberry.field(description="When the other party said that it has read it.")


@strawberry.type(description="A message in a page.")
class ReferralMessageEdge:
    """Read from ``pages.Row``."""

    cursor: str = strawberry.field(description="Its place in the list.")
    node: ReferralMessage = strawberry.field(description="The message.")


@strawberry.type(description="A page of a referral's messages.")
class ReferralMessageConnection:
    """Read from ``pages.Rows``."""

    edges: list[ReferralMessageEdge] = strawberry.field(description="The messages with their cursors.")
    nodes: list[ReferralMessage] = strawberry.field(description="The messages.")
    page_info: PageInfo = strawberry.field(description="Where the page stands.")


async def messages(
    parent: strawberry.Parent[referrals.Referral],
    info: Info,
    *,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> Rows[talk.ReferralMessage] | None:
    """What the two parties wrote to one another, oldest first. Null to everybody else."""
    page = page_of(info, LIST, first=first, last=last, after=after, before=before)
    texts = "text" in names(info.raw, of_rows(info.raw))
    request = talk.GetMessages(referral=parent.id, page=page, texts=texts)
    return await rows_of(info, LIST, talk.MESSAGES, request)
