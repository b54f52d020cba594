"""A border post and its like: organizations behind the firewall, and what they ask for."""

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from contracts.codes import OrganizationKind
from contracts.directory import CREATE_ORGANIZATION, CreateOrganization
from gateway.ids import global_id
from tests.flows.cast import Cast, _ask, _operator
from tests.flows.client import Client, Json
from tests.flows.streams import feed_of
from tests.servers import eventually

# All that a sender behind the firewall is answered; and the referral in its place, which it never is.
SENT = "sentReferral { folio progress } referral { id folio } replayed userErrors { code path message }"
TOLD = """cursor event type at relation referralId subjectId serviceId folio fromStatus status version
  needGroup priority state deadline sentReferral { folio progress } referral { id }"""
FEED = f"""query ($after: String, $first: Int!, $types: [String!]) {{
  events(after: $after, first: $first, types: $types) {{
    nodes {{ {TOLD} }} pageInfo {{ hasNextPage endCursor }} }}
}}"""
PROGRESSED = "referrals.referral.progressed.v1"


@asynccontextmanager
async def post_of(
    cast: Cast, kind: OrganizationKind = OrganizationKind.MIGRATION_AUTHORITY
) -> AsyncIterator[Client]:
    """A client of a new organization behind the firewall, with every scope; it is the cast's `garita`."""
    async with _operator(cast.stack) as caller:
        request = CreateOrganization(name="Garita Los Cocos (ficticia)", kind=kind)
        cast.organizations["garita"] = (await _ask(caller, CREATE_ORGANIZATION, request)).id
    async with cast.another("garita") as client:
        yield client


async def sending(post: Client, mutation: str, *, key: str | None = None, **inputs: Any) -> Json:
    """Issue, draft or send as a sender behind the firewall; return the payload."""
    kind = f"{mutation[0].upper()}{mutation[1:]}Input"
    document = f"mutation ($input: {kind}!) {{ {mutation}(input: $input) {{ {SENT} }} }}"
    inputs["idempotencyKey"] = key or str(uuid.uuid4())
    payload: Json = (await post.ask(document, input=inputs))[mutation]
    return payload


async def progress_of(post: Client, folio: str) -> str | None:
    """How far a referral has come that it sent."""
    found = await post.ask("query ($f: String!) { sentReferral(folio: $f) { folio progress } }", f=folio)
    return found["sentReferral"] and str(found["sentReferral"]["progress"])


async def told(post: Client, **more: Any) -> list[Json]:
    """The whole feed, page by page of two; no page but the last is short."""
    entries: list[Json] = []
    after = None
    while True:
        page = (await post.ask(FEED, **{"after": after, "first": 2, **more}))["events"]
        entries += page["nodes"]
        if not page["pageInfo"]["hasNextPage"]:
            return entries
        assert len(page["nodes"]) == 2
        after = page["pageInfo"]["endCursor"]


async def at_the_hospital(cast: Cast, folio: str) -> str:
    """The id of what came to the hospital under that folio."""

    async def there() -> list[str]:
        return [one.referral for one in await feed_of(cast.hospital) if one.folio == folio]

    return (await eventually(there, bool))[0]


def organization_id(cast: Cast, name: str) -> str:
    """The id of one of the cast's organizations as clients know it."""
    return global_id("Organization", cast.organizations[name])
