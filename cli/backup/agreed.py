"""What the streams tell of agreements that a copy of the databases does not know."""

from collections.abc import Mapping, Sequence

import msgspec
from nats.js import JetStreamContext

from chassis import mongo, snapshots
from cli.backup import sets
from contracts.events import AgreementEvent
from services.notifications.agreements.restoring import replayed

Told = Mapping[str, Sequence[AgreementEvent]]
_decode = msgspec.json.Decoder(AgreementEvent).decode


async def told_after(js: JetStreamContext, after: int) -> Told:
    """Return the events of agreements behind a sequence of the stream, in order, by agreement."""
    part, noun = sets.AGREEMENT
    found: dict[str, list[AgreementEvent]] = {}
    async for message in snapshots.messages_after(js, sets.EVENTS, f"evt.{part}.{noun}.>", after):
        event = _decode(message.data or b"")
        found.setdefault(event.id, []).append(event)
    return found


async def replay(client: mongo.Client, told: Told) -> None:
    """Write what is told into agreements that were put back, as long as nothing else has changed them."""
    database, name = sets.DOCUMENTS[sets.AGREEMENT]
    collection = client[database][name]
    for agreement, events in told.items():
        doc = await collection.find_one({"_id": agreement})
        if doc is None:
            continue
        after = replayed(doc, events)
        changed = {key: value for key, value in after.items() if doc.get(key) != value}
        if changed:
            await collection.update_one({"_id": agreement, "revision": doc["revision"]}, {"$set": changed})
