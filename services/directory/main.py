"""The directory: wiring only."""

from dataclasses import dataclass
from functools import partial
from typing import Protocol, Self

from chassis.clock import Clock
from chassis.consumer import Consumer
from chassis.health import metrics_route
from chassis.letters import Letters
from chassis.mongo import connect
from chassis.outbox import Relay
from chassis.part import Part, run
from chassis.rpc import Server
from chassis.settings import load, read_key
from chassis.streams import DAY, StreamSpec, reconcile
from contracts.directory import PART, Phone
from services.directory.api import Api
from services.directory.capacity import actions as capacity
from services.directory.capacity.api import CapacityApi
from services.directory.capacity.board import Board
from services.directory.capacity.consumers import DURABLE, SUBJECTS, handlers
from services.directory.capacity.watch import watch
from services.directory.client import KEY_BYTES
from services.directory.confidential import seal
from services.directory.confidential.places import Places
from services.directory.confidential.store import PrivateStore
from services.directory.exchange.api import ExchangeApi
from services.directory.geography.api import GeographyApi
from services.directory.geography.current import Geography
from services.directory.geography.store import GeographyStore
from services.directory.hiding import Hiding
from services.directory.index import Index
from services.directory.keeping import Keeping
from services.directory.marks import Marks
from services.directory.matching.api import MatchingApi
from services.directory.matching.asked import centre_of
from services.directory.matching.field import Field
from services.directory.matching.matches import Sight
from services.directory.mirror import Mirror
from services.directory.rereading import Rereader
from services.directory.rest import server as rest
from services.directory.rest.catalogue import Catalogue
from services.directory.search.api import SearchApi
from services.directory.search.upkeep import Upkeep
from services.directory.settings import Settings
from services.directory.store import Store


class Runner(Protocol):
    """Something that runs for as long as the directory does."""

    async def start(self) -> None:
        """Begin."""

    async def stop(self) -> None:
        """End."""


class Desk(Protocol):
    """Something that answers requests."""

    def serve(self, server: Server) -> None:
        """Register them."""


def events_stream(settings: Settings) -> StreamSpec:
    """Return the stream of every part's events, which the directory owns."""
    return StreamSpec(
        name="EVT",
        subjects=("evt.>",),
        keep=30 * DAY,
        max_bytes=settings.stream_max_bytes,
        replicas=settings.stream_replicas,
    )


def main() -> None:
    """Run until SIGTERM or SIGINT."""
    settings = load(Settings)
    # A missing key ends the process before anything starts.
    read_key(settings.hash_key, KEY_BYTES)
    read_key(settings.address_key, seal.KEY_BYTES)

    async def build(part: Part) -> None:
        part.app.router.routes.append(metrics_route())
        await start(part, settings)

    run(PART, settings, build)


@dataclass(frozen=True)
class Memory:
    """What a replica has of the directory in memory, and the mirror that keeps it."""

    mirror: Mirror
    board: Board
    hiding: Hiding
    index: Index
    field: Field
    upkeep: Upkeep
    catalogue: Catalogue

    @classmethod
    def of(cls, part: Part, settings: Settings, store: Store) -> Self:
        """Put it together, empty: the mirror fills it once it runs."""
        board, hiding, field = Board(), Hiding(), Field()
        index, upkeep, catalogue = Index(), Upkeep(board), Catalogue(store, hiding, board)
        # In this order they are told: the later ones ask the earlier ones.
        keepers = (board, hiding, index, field, upkeep, *((catalogue,) if settings.hsds_port else ()))
        mirror = Mirror(store, part.bus, keepers)
        return cls(mirror, board, hiding, index, field, upkeep, catalogue)


async def start(part: Part, settings: Settings) -> None:
    """Start the directory's parts, in order; ``part`` stops them in reverse."""
    client = connect(settings.mongo_url)
    store, stream = Store(client), events_stream(settings)
    relays = Relay(part.bus, store.collection("organization")), Relay(part.bus, store.collection("service"))
    key = read_key(settings.hash_key, KEY_BYTES)
    vault = seal.Vault(read_key(settings.address_key, seal.KEY_BYTES))
    geography = Geography(GeographyStore(store.db))
    places = Places(PrivateStore(store.db), vault, geography)
    capacities = capacity.Means(
        store.capacity, Relay(part.bus, store.capacity.collection), Clock(store.now), Marks(key)
    )
    arrivals = Consumer(
        part.bus, store.db, durable=DURABLE, filter_subjects=SUBJECTS, handlers=handlers(capacities)
    )
    memory = Memory.of(part, settings, store)
    release = partial(capacity.release_all, capacities)
    keeping = Keeping(
        part.bus, store, relays, key=key, places=places, review_days=settings.review_days, release=release
    )
    api = Api(
        store, relays, key, part.bus.js, stream,
        places=places, capacities=capacities, mirror=memory.mirror, index=memory.index,
    )  # fmt: skip
    exchange = ExchangeApi(store, api.take_records, memory.mirror, memory.hiding)
    phone = Phone(number=settings.emergency_phone)
    sight = Sight(memory.mirror.fresh, memory.field, memory.board, centre_of(geography), phone)
    matching, search = MatchingApi(keeping.means, sight), SearchApi(memory.upkeep, places.centre)
    server = Server(part.bus, PART, part.peers)
    desks: tuple[Desk, ...] = (
        api, GeographyApi(geography), exchange, keeping, matching, CapacityApi(capacities), search,
    )  # fmt: skip
    for desk in desks:
        desk.serve(server)
    Letters(arrivals).serve(server, PART)

    async def close() -> None:
        await search.close()
        client.close()

    part.health.looks["database"] = store.answers
    part.health.looks["consumer"] = arrivals.runs
    part.health.looks["mirror"] = memory.mirror.runs
    part.on_stop(close)
    await part.run(partial(reconcile, part.bus.js, stream))
    for prepare in (store.prepare, places.store.prepare, keeping.prepare):
        await part.run(prepare)
    runners: tuple[Runner, ...] = (
        *relays, keeping.proposals, keeping.corrections, keeping.clients, keeping.members, geography,
        keeping.watch,
        capacities.clock, capacities.relay, watch(capacities), arrivals, memory.mirror,
    )  # fmt: skip
    for runner in runners:
        await part.run(runner.start, runner.stop)
    await part.run(server.start, server.drain)
    rereader = Rereader(store, places)
    await part.run(rereader.start, rereader.stop)
    await rest.serve(part, settings, store, memory.catalogue, search.ids)
