"""Heads are told, by events, to those who may read that audit: each once, and again when it has grown."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from nats.js.errors import NotFoundError

from chassis.outbox import Relay
from chassis.rpc import Caller
from contracts.audit import NETWORK, AuditKind
from contracts.codes import NetworkRole
from contracts.directory import IMPORT_RECORDS, ImportRecord, ImportRecords
from contracts.events import AuditHeadEvent
from contracts.membership import SET_NETWORK_ROLE, SetNetworkRole
from contracts.rpc import Actor
from services.referrals.audit.entry import noted
from services.referrals.audit.heads import Attesting, Heads
from services.referrals.audit.store import AuditStore
from services.referrals.audit.trail import Trail
from services.referrals.directory import Directory
from services.referrals.store import Store
from tests.referrals import cast
from tests.referrals.conftest import Network
from tests.servers import eventually

EVERY = timedelta(hours=6)
# The service beside looks once a minute, too: what was told long ago it would tell before these replicas do.
# So they live later than it; and whatever of other chains is due by then is told as well.
LATER = timedelta(days=365)


class Told:
    """A replica that enters, exports and tells, at a time that the test says."""

    def __init__(self, network: Network, store: Store) -> None:
        self.now = datetime.now(UTC)
        self.bus = network.referrals
        self.store = AuditStore(store.db)
        self.trail = Trail(self.store, lambda: self.now)
        self.relay = Relay(self.bus, self.store.heads)
        directory = Directory(Caller(self.bus), "911")
        self.attesting = Attesting(self.store, self.relay, directory, lambda: self.now, EVERY)

    async def enter(self, chain: str) -> None:
        """Enter something into a chain, and export its head."""
        actor = Actor(kind="member", id="m", organization=None if chain == NETWORK else chain)
        await self.trail.enter(noted(AuditKind.OVERRIDE, "tried", actor, ("REL-000000-00",)))
        await Heads(self.store, self.trail, None).look()

    async def last(self, chain: str) -> AuditHeadEvent | None:
        """The event that was told last of a chain."""
        try:
            message = await self.bus.js.get_last_msg("EVT", f"evt.referrals.audit.audit_{chain}.>")
        except NotFoundError:
            return None
        return msgspec.json.decode(message.data or b"", type=AuditHeadEvent)

    async def told(self, chain: str, n: int) -> AuditHeadEvent:
        """The last event, once there are so many."""
        found = await eventually(lambda: self.last(chain), lambda one: one is not None and one.n >= n)
        assert found is not None
        return found


@pytest.fixture
async def replicas(network: Network, store: Store) -> AsyncIterator[tuple[Told, Told]]:
    """Two replicas of the service, beside the one that runs."""
    both = Told(network, store), Told(network, store)
    yield both
    for one in both:
        await one.relay.stop()


async def organization_of_its_own(network: Network) -> str:
    """A shelter that no other test knows, and of which no audit has anything."""
    record = {"id": "atestiguada", "name": "Atestiguada", "relevo": {"kind": "shelter"}}
    records = (ImportRecord(kind="organization", record=record),)
    request = ImportRecords(source=cast.SOURCE, records=records, verified=False)
    reply = await network.operator.call(IMPORT_RECORDS, request, network.operator.me)
    return str(reply.outcomes[0].id)


async def test_a_head_is_told_once_when_its_time_has_come_and_again_only_when_the_chain_has_grown(
    replicas: tuple[Told, Told], network: Network
) -> None:
    one, other = replicas
    chain = await organization_of_its_own(network)
    since = one.now = datetime.now(UTC) + LATER
    await one.enter(chain)
    await one.attesting.look()
    assert await one.last(chain) is None, "it was told before its time"
    for n in (1, 2):
        one.now = other.now = since + n * EVERY
        for replica in replicas * 2:
            await replica.attesting.look()
        event = await one.told(chain, n)
        head, at = await one.store.head(chain)
        assert (event.n, event.number, event.hash) == (n, head.number, head.hash)
        assert event.organization == event.chain == chain
        assert event.entered_at == datetime.fromisoformat(at)
        await one.enter(chain)
    # Not before its time again, and not at all of what has not grown.
    await one.attesting.look()
    assert (await one.told(chain, 2)).n == 2


async def test_auditors_hear_of_every_chain_and_nobody_behind_the_firewall_of_its_own(
    replicas: tuple[Told, Told], network: Network
) -> None:
    one, _ = replicas
    request = SetNetworkRole(organization=network.ids["tercera"], role=NetworkRole.AUDITOR)
    await network.operator.call(SET_NETWORK_ROLE, request, network.operator.me)
    try:
        for later, chain in enumerate((network.ids["policia"], NETWORK), 1):
            before = await one.last(chain)
            await one.enter(chain)
            one.now = datetime.now(UTC) + (later + 1) * LATER
            await one.attesting.look()
            event = await one.told(chain, before.n + 1 if before else 1)
            assert (event.chain, event.organization) == (chain, None)
            assert event.auditors == (network.ids["tercera"],)
    finally:
        taken = msgspec.structs.replace(request, granted=False)
        await network.operator.call(SET_NETWORK_ROLE, taken, network.operator.me)
