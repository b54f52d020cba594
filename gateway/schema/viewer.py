"""Who asks, and what they may do."""

from dataclasses import dataclass

import strawberry

from contracts import directory
from contracts.codes import Role, Scope
from contracts.rpc import Actor
from gateway.context import Context, Info
from gateway.ids import global_id
from gateway.loaders import Later
from gateway.schema.events import feed_head
from gateway.schema.fields import beside, computed, published
from gateway.schema.notices import NoticePreferences, notice_preferences
from gateway.schema.organization import Organization
from gateway.schema.reading import FeedReading, Read, feed_reading


@dataclass(frozen=True, slots=True)
class Self:
    """What ``Viewer`` and ``Client`` are read from."""

    actor: Actor

    @property
    def client(self) -> "Self | None":
        """The client that asks, if it is one."""
        return self if self.actor.kind == "client" else None

    @property
    def on_behalf_of(self) -> str | None:
        """The member behind the client."""
        return self.actor.on_behalf_of


def _organization(parent: Self, context: Context) -> Later[directory.Organization]:
    """The organization that you act for."""
    return context.organizations.get(parent.actor.organization)


def _roles(parent: Self) -> list[Role]:
    """Your roles, if you are a member."""
    return [Role(role) for role in parent.actor.roles]


def _scopes(parent: Self) -> list[Scope]:
    """What this token may be used for: the client's scopes, or those that it asked for."""
    return [Scope(scope) for scope in parent.actor.scopes]


def _id(parent: Self) -> strawberry.ID:
    """Its id; the `client_id` of `/oauth/token` is another form of it."""
    return strawberry.ID(global_id("Client", parent.actor.id))


async def _feed_head(parent: strawberry.Parent[Self], info: Info) -> str:
    """The cursor of where your feed ends now.

    For a start that misses nothing: take it, then read your referrals, then go on with `events(after:)`.
    """
    return await feed_head(info.context)


async def _feed_reading(parent: strawberry.Parent[Self], info: Info) -> Read:
    """Up to where you have marked your feed as read, with `markFeedRead`, and how much comes after it."""
    return await feed_reading(info)


@strawberry.type(description="A system that acts for an organization.")
class Client:
    """Read from ``Self``."""

    id = computed(_id, strawberry.ID)
    scopes = computed(_scopes, list[Scope])


@strawberry.type(description="Whoever holds the access token.")
class Viewer:
    """Read from ``Self``."""

    organization = beside(_organization, Organization | None)
    client: Client | None = strawberry.field(description="The client, if you are a system.")
    on_behalf_of: str | None = strawberry.field(
        description="The member behind the client, as the header `Relevo-On-Behalf-Of` named it."
    )
    roles = computed(_roles, list[Role])
    scopes = computed(_scopes, list[Scope])
    feed_head = published(_feed_head, str)
    feed_reading = published(_feed_reading, FeedReading)
    notice_preferences = published(notice_preferences, NoticePreferences | None)


def viewer(info: Info) -> Self:
    """Whoever asks: the holder of the access token."""
    return Self(info.context.actor)
