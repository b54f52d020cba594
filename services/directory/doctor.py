"""What the directory looks at when ``relevo doctor`` asks how it is."""

from datetime import timedelta

from nats.errors import Error as NatsError
from nats.js import JetStreamContext
from nats.js.errors import NotFoundError

from chassis.streams import StreamSpec, differences
from contracts.rpc import Check, PartStatus
from services.directory.confidential.store import INDEXES as CONFIDENTIAL
from services.directory.editing.store import CORRECTIONS
from services.directory.editing.store import INDEXES as EDITING
from services.directory.membership.store import INDEXES as MEMBERSHIP
from services.directory.membership.store import PROPOSALS
from services.directory.store import Store

OVERDUE = timedelta(minutes=1)


async def examine(store: Store, js: JetStreamContext, stream: StreamSpec) -> PartStatus:
    """Look at the database, its indexes, the pending events and the stream of events."""
    checks = [await _stream(js, stream)]
    if await store.answers():
        database = Check(name="database", ok=True, detail="It answers.")
        checks += [database, await _indexes(store), await _pending(store), await _parked(store)]
    else:
        checks.append(Check(name="database", ok=False, detail="It does not answer."))
    return PartStatus(checks=tuple(checks))


async def _indexes(store: Store) -> Check:
    missing = await store.missing_indexes((MEMBERSHIP, EDITING, CONFIDENTIAL))
    detail = f"Missing: {', '.join(missing)}; a restart makes them." if missing else "All are there."
    return Check(name="indexes", ok=not missing, detail=detail)


async def _pending(store: Store) -> Check:
    waiting = await store.overdue("organization", OVERDUE) + await store.overdue("service", OVERDUE)
    waiting += await store.capacity.overdue(OVERDUE)
    waiting += await store.overdue_in((PROPOSALS, CORRECTIONS), OVERDUE)
    detail = (
        f"{waiting} organizations, services, proposals or corrections have waited over a minute to have "
        "their events published."
        if waiting
        else "No event has waited over a minute."
    )
    return Check(name="pending events", ok=not waiting, detail=detail)


async def _parked(store: Store) -> Check:
    """Referrals of which an event could not be applied: the places kept for them wait for a person."""
    parked = await store.capacity.parked()
    detail = f"{len(parked)} parked: {', '.join(parked[:5])}." if parked else "None is parked."
    return Check(name="parked", ok=not parked, detail=detail)


async def _stream(js: JetStreamContext, stream: StreamSpec) -> Check:
    name = f"stream {stream.name}"
    try:
        wrong = differences(stream.config(), (await js.stream_info(stream.name)).config)
    except NotFoundError:
        return Check(name=name, ok=False, detail="It does not exist; a restart of the directory makes it.")
    except (NatsError, TimeoutError) as error:
        return Check(name=name, ok=False, detail=f"JetStream does not answer ({type(error).__name__}).")
    detail = f"It differs in {', '.join(wrong)}; a restart puts it right." if wrong else "As it should be."
    return Check(name=name, ok=not wrong, detail=detail)
