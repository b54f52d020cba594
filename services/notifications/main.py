"""The notifications service: wiring only."""

from chassis.consumer import Consumer
from chassis.mongo import connect
from chassis.part import Part, run
from chassis.rpc import Server
from chassis.settings import load
from chassis.streams import reconcile
from contracts.notifications import PART
from services.notifications import api
from services.notifications.consumers import SUBJECTS, handlers
from services.notifications.facts import DURABLE, fact_handlers
from services.notifications.facts import SUBJECTS as FACTS
from services.notifications.feed import Feeds, streams
from services.notifications.settings import Settings

DATABASE = "relevo_notifications"


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
    server = Server(part.bus, PART, part.peers)
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
    await part.run(server.start, server.drain)
