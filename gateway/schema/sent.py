"""How far what your organization sent has come: all that some senders see of it."""

from typing import Annotated

import strawberry

from contracts import progress
from contracts import sent as contract
from contracts.progress import PROGRESS_LABELS, Progress
from gateway.context import Info
from gateway.schema.enums import publish
from gateway.schema.pages import After, Before, First, Last, PageInfo, Rows, page_of

SENT = "sent referrals"

publish(
    Progress,
    "How far a referral has come. It never goes back: what is reopened stays `ENDED`.",
    {code: label.en for code, label in PROGRESS_LABELS[Progress].items()},
)


@strawberry.type(
    description="A referral of your organization's, to those who see no more of it: organizations of kind "
    "`POLICE` and `MIGRATION_AUTHORITY`, and members whose one role is `INTAKE`."
)
class SentReferral:
    """Read from ``contracts.progress.SentReferral``."""

    folio: str = strawberry.field(
        description="The short code that people say on the phone: `REL-7K3F9M-2P`. Never used again."
    )
    progress: Progress = strawberry.field(description="How far it has come.")


@strawberry.type(description="What was sent, in a page.")
class SentReferralEdge:
    """Read from ``pages.Row``."""

    cursor: str = strawberry.field(description="Its place in the list.")
    node: SentReferral = strawberry.field(description="It.")


@strawberry.type(description="A page of what was sent.")
class SentReferralConnection:
    """Read from ``pages.Rows``."""

    edges: list[SentReferralEdge] = strawberry.field(description="What was sent, with its cursors.")
    nodes: list[SentReferral] = strawberry.field(description="What was sent.")
    page_info: PageInfo = strawberry.field(description="Where the page stands.")


async def sent_referral(
    info: Info,
    *,
    folio: Annotated[
        str, strawberry.argument(description="Its folio, as people say it: case and hyphens are free.")
    ],
) -> progress.SentReferral | None:
    """How far a referral has come that your organization sent; null where it sent none of that folio.

    For everybody who may send (scope `REFERRALS_SEND`), also where `referral` shows nothing.
    """
    return (await info.context.clients.ask(contract.FIND_SENT, contract.FindSent(folio=folio))).item


async def sent_referrals(
    info: Info, *, first: First = None, after: After = None, last: Last = None, before: Before = None
) -> Rows[progress.SentReferral]:
    """How far each referral has come that your organization sent, newest first. For the same."""
    page = page_of(info, SENT, first=first, last=last, after=after, before=before)
    reply = await info.context.clients.ask(contract.LIST_SENT, contract.ListSent(page=page))
    return Rows(info.context.cursors, SENT, reply)
