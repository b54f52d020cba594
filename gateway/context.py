"""What every resolver of one request is given: who asks, the other parts, and what was looked up."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol

import strawberry
from graphql import GraphQLResolveInfo

from contracts.directory import Address, Organization, Phone, Service
from contracts.groups import Group
from contracts.languages import SPANISH
from contracts.membership import OwnMember
from contracts.notifications import FeedTold, PublicEntry
from contracts.referrals import Referral, Tier
from contracts.rpc import Actor
from gateway.clients import Clients
from gateway.ids import Cursors
from gateway.loaders import Loader

# The number that answers in all of Mexico, until the network names its own (RELEVO_EMERGENCY_PHONE).
LAST_RESORT = "911"


class Feed(Protocol):
    """The live feed, as ``feed.py`` gives it."""

    def entries(
        self, actor: Actor, after: tuple[str, int] | None, types: frozenset[str]
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
    organizations: Loader[Organization] = field(init=False)
    services: Loader[Service] = field(init=False)
    addresses: Loader[Address] = field(init=False)
    members: Loader[OwnMember] = field(init=False)
    _referrals: dict[tuple[Tier, ...], Loader[Referral]] = field(init=False)
    _groups: dict[bool, Loader[Group]] = field(init=False)

    def __post_init__(self) -> None:
        self.forget()

    @property
    def actor(self) -> Actor:
        """Who asks."""
        return self.clients.actor

    def forget(self) -> None:
        """Look everything up anew from here on, as each event of a subscription does."""
        self.organizations = Loader(self.clients.organizations)
        self.services = Loader(self.clients.services)
        self.addresses = Loader(self.clients.addresses)
        self.members = Loader(self.clients.members)
        self._referrals = {}
        self._groups = {}

    def referrals(self, tiers: tuple[Tier, ...]) -> Loader[Referral]:
        """The referrals with those tiers opened, which are others than those without them."""
        loader = self._referrals.get(tiers)
        if loader is None:
            loader = self._referrals[tiers] = Loader(partial(self.clients.referrals, tiers=tiers))
        return loader

    def groups(self, with_category: bool) -> Loader[Group]:
        """The groups with what their category is derived from opened, or without."""
        loader = self._groups.get(with_category)
        if loader is None:
            fetch = partial(self.clients.groups, with_category=with_category)
            loader = self._groups[with_category] = Loader(fetch)
        return loader


class Info(strawberry.Info[Context, None]):
    """Strawberry's ``info``, with the type of our context."""

    @property
    def raw(self) -> GraphQLResolveInfo[Any]:
        """graphql-core's own, for looking ahead."""
        return self._raw_info
