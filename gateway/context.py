"""What every resolver of one request is given: who asks, the other parts, and what was looked up."""

from collections.abc import AsyncGenerator, Hashable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol

import strawberry
from graphql import GraphQLResolveInfo

from contracts.directory import Address, Organization, Phone, Service
from contracts.groups import Group
from contracts.languages import SPANISH
from contracts.membership import OwnMember
from contracts.notifications import FeedFilter, FeedTold, PublicEntry
from contracts.referrals import Referral, Tier
from contracts.rpc import Actor
from gateway.clients import Clients
from gateway.ids import Cursors
from gateway.loaders import Fetch, Loader, Thing

# The number that answers in all of Mexico, until the network names its own (RELEVO_EMERGENCY_PHONE).
LAST_RESORT = "911"


class Feed(Protocol):
    """The live feed, as ``feed.py`` gives it."""

    def entries(
        self, actor: Actor, after: tuple[str, int] | None, wanted: FeedFilter
    ) -> AsyncGenerator[tuple[str, FeedTold], None]:
        """The epoch and what the actor's organization is told, from after that place on, without end."""

    def public(
        self, actor: Actor, after: tuple[str, int] | None, services: frozenset[str]
    ) -> AsyncGenerator[tuple[str, PublicEntry], None]:
        """The same of what everybody may know of those services' places; of all, where none is named."""


@dataclass(slots=True)
class Context:
    """One request, or one event of a subscription. ``emergency_phone`` is the network's, of last resort."""

    clients: Clients
    cursors: Cursors
    feed: Feed
    language: str = SPANISH
    emergency_phone: Phone = field(default_factory=lambda: Phone(number=LAST_RESORT))
    # Made when they are first asked for: a stream that is idle holds none.
    _loaders: dict[Hashable, Loader[Any]] | None = field(default=None, init=False)

    @property
    def actor(self) -> Actor:
        """Who asks."""
        return self.clients.actor

    def forget(self) -> None:
        """Look everything up anew from here on, as each event of a subscription does."""
        self._loaders = None

    @property
    def organizations(self) -> Loader[Organization]:
        """Organizations."""
        return self._loader("organizations", self.clients.organizations)

    @property
    def services(self) -> Loader[Service]:
        """Services."""
        return self._loader("services", self.clients.services)

    @property
    def addresses(self) -> Loader[Address]:
        """The addresses of confidential places."""
        return self._loader("addresses", self.clients.addresses)

    @property
    def members(self) -> Loader[OwnMember]:
        """Members of the own organization."""
        return self._loader("members", self.clients.members)

    def referrals(self, tiers: tuple[Tier, ...]) -> Loader[Referral]:
        """The referrals with those tiers opened, which are others than those without them."""
        return self._loader(("referrals", tiers), partial(self.clients.referrals, tiers=tiers))

    def groups(self, with_category: bool) -> Loader[Group]:
        """The groups with what their category is derived from opened, or without."""
        return self._loader(
            ("groups", with_category), partial(self.clients.groups, with_category=with_category)
        )

    def _loader(self, of: Hashable, fetch: Fetch[Thing]) -> Loader[Thing]:
        if self._loaders is None:
            self._loaders = {}
        loader = self._loaders.get(of)
        if loader is None:
            loader = self._loaders[of] = Loader(fetch)
        return loader


class Info(strawberry.Info[Context, None]):
    """Strawberry's ``info``, with the type of our context."""

    @property
    def raw(self) -> GraphQLResolveInfo[Any]:
        """graphql-core's own, for looking ahead."""
        return self._raw_info
