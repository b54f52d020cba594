"""The notifications service: wiring only."""

from chassis.calls import Calls, now
from chassis.consumer import Consumer
from chassis.mongo import Database, connect
from chassis.part import Part, run
from chassis.rpc import Caller, Server
from chassis.seal import Sealer
from chassis.settings import load, read_key
from chassis.streams import reconcile
from contracts.notifications import PART
from services.notifications import api
from services.notifications.consumers import SUBJECTS, handlers
from services.notifications.facts import DURABLE, fact_handlers
from services.notifications.facts import SUBJECTS as FACTS
from services.notifications.feed import Feeds, streams
from services.notifications.settings import Settings
from services.notifications.webhooks import api as webhooks_api
from services.notifications.webhooks.addresses import is_public
from services.notifications.webhooks.calling import Caller as HttpCaller
from services.notifications.webhooks.carrying import Carrying
from services.notifications.webhooks.means import Means
from services.notifications.webhooks.sending import Sending
from services.notifications.webhooks.standing import Standing
from services.notifications.webhooks.store import WebhookStore

DATABASE = "relevo_notifications"
SEAL_KEY_BYTES = 32


def main() -> None:
    """Run until SIGTERM or SIGINT."""
    settings = load(Settings)
    run(PART, settings, lambda part: start(part, settings))


async def start(part: Part, settings: Settings) -> None:
    """Start everything that the service is made of, on a part that is connected."""
    client = connect(settings.mongo_url)
    specs = streams(settings.stream_max_bytes, settings.stream_replicas)
    feeds = Feeds(part.bus)
    consumer = Consumer(
        part.bus,
        client[DATABASE],
        durable=PART,
        filter_subjects=SUBJECTS,
        handlers=handlers(feeds),
    )
    facts = Consumer(
        part.bus,
        client[DATABASE],
        durable=DURABLE,
        filter_subjects=FACTS,
        handlers=fact_handlers(feeds),
    )
    carrying = webhooks(part, client[DATABASE], feeds, settings)
    server = Server(part.bus, PART, part.peers)
    webhooks_api.register(server, carrying)
    api.register(server, feeds)
    api.register_status(server, (consumer, facts), specs)

    async def own_streams() -> None:
        for spec in specs:
            await reconcile(part.bus.js, spec)

    async def database_is_there() -> bool:
        # A ping is answered by a server that can read and write nothing any more.
        await client[DATABASE]["applied_notifications"].find_one({}, {"_id": 1})
        return True

    async def close_database() -> None:
        client.close()

    part.health.looks["database"] = database_is_there
    part.health.looks["consumer"] = consumer.runs
    part.health.looks["facts"] = facts.runs
    part.on_stop(close_database)
    await part.run(own_streams)
    await part.run(consumer.start, consumer.stop)
    await part.run(facts.start, facts.stop)
    await part.run(carrying.store.prepare)
    await part.run(carrying.carrying.start, carrying.carrying.stop)
    await part.run(server.start, server.drain)


def webhooks(part: Part, db: Database, feeds: Feeds, settings: Settings) -> Means:
    """Put together what carries feeds to webhooks."""
    own = settings.keys_dir / PART
    keys, cursors = (Sealer(read_key(own / name, SEAL_KEY_BYTES)) for name in ("webhook.key", "seal.key"))
    calls = Calls(read_key(own / "hash.key", SEAL_KEY_BYTES))
    store = WebhookStore(db)
    allowed = (lambda _address: True) if settings.webhooks_anywhere else is_public
    caller = HttpCaller(may_call=allowed)
    part.on_stop(caller.close)
    sending = Sending(caller, keys, cursors, now)
    carrying = Carrying(part.bus, store, feeds, sending, Standing(Caller(part.bus)))
    return Means(store, feeds, keys, sending, carrying, calls, settings.webhooks_anywhere)
