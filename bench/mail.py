"""Mail: how many a second reach a server on this machine, of one large organization and of many small ones.

What happens to referrals is published as the referrals service would, so that each member is written one mail
for each. The floor is bare aiosmtplib, as many at once, to the same server in the same run.
"""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import aiosmtplib
from aiosmtpd.smtp import SMTP, Envelope, Session

from bench.measure import processor_seconds
from bench.network import Network, running
from bench.webhooks import Hand
from chassis import mongo
from chassis.bus import connect
from chassis.identity import Identity
from chassis.ordered import OrderedPublisher
from chassis.seal import Sealer
from chassis.settings import read_key
from cli.operator import Operator, OperatorSettings, connected
from contracts.codes import Role
from contracts.directory import IMPORT_RECORDS, ImportRecord, ImportRecords
from contracts.membership import INVITE_MEMBER, InviteMember
from contracts.notices import NoticeCadence, NoticeChannel, NoticeTopic
from services.notifications.feed import Feeds
from services.notifications.main import SEAL_KEY_BYTES
from services.notifications.notices import recipient
from services.notifications.notices.carrying import SENT_ABREAST
from services.notifications.notices.sending import Sealed
from services.notifications.notices.store import RECIPIENTS
from services.notifications.settings import DATABASE

MEMBERS, ENTRIES, WARM = 50, 20, 2
PATIENCE = 300.0
PROCESSES = ("notifications", "directory", "nats", "database")


class Sink:
    """A mail server that takes everything, and counts."""

    def __init__(self) -> None:
        self.count = 0
        self.port = 0

    async def handle_DATA(self, _server: SMTP, _session: Session, _envelope: Envelope) -> str:  # noqa: N802
        """Take a mail."""
        self.count += 1
        return "250 Taken"

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        """Listen."""
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: SMTP(self, loop=loop), "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield
        finally:
            server.close()

    async def until(self, count: int) -> None:
        """Return when so many have come."""
        end = time.perf_counter() + PATIENCE
        while self.count < count:
            if time.perf_counter() > end:
                raise RuntimeError(f"{count - self.count} mails did not come")
            await asyncio.sleep(0.005)


async def run_mail(folder: Path) -> dict[str, Any]:
    """Measure both on a network of their own."""
    sink = Sink()
    async with sink.listening():
        settings = {"RELEVO_SMTP_HOST": "127.0.0.1", "RELEVO_SMTP_PORT": str(sink.port)}
        async with running(folder, RELEVO_SMTP_TLS="none", **settings) as network:
            one, many = await _organizations(network)
            floor = await _floor(sink, ENTRIES * MEMBERS)
            return {
                "load": os.getloadavg()[0],
                "floor_per_second": floor,
                "one of 50": await _measured(network, sink, one),
                "50 of one": await _measured(network, sink, many),
            }


async def _organizations(network: Network) -> tuple[list[str], list[str]]:
    """One organization of fifty members, and fifty of one each; all of them are written to."""
    settings = OperatorSettings(
        data_dir=network.stack.data, nats_url=network.stack.urls["nats"], keys_dir=network.stack.data / "keys"
    )
    async with connected(settings) as operator:
        made = [await _organization(operator, number) for number in range(MEMBERS + 1)]
        members = [(made[0], number) for number in range(MEMBERS)] + [(one, 0) for one in made[1:]]
        await _subscribe(network, [(one, await _member(operator, one, number)) for one, number in members])
    return made[:1], made[1:]


async def _organization(operator: Operator, number: int) -> str:
    record = {
        "id": f"bench-{number}", "name": f"Bench {number}", "description": "Fictional.",
        "relevo": {"kind": "un_agency", "fictional": True},
    }  # fmt: skip
    records = (ImportRecord(kind="organization", record=record),)
    asked = ImportRecords(source="bench", records=records, verified=True)
    made = (await operator.ask(IMPORT_RECORDS, asked)).outcomes[0].id
    assert made is not None
    return made


async def _member(operator: Operator, organization: str, number: int) -> str:
    asked = InviteMember(
        idempotency_key=f"{organization} {number}", organization=organization, reference=f"m-{number}",
        roles=(Role.CASEWORKER,),
    )  # fmt: skip
    return (await operator.ask(INVITE_MEMBER, asked)).member.id


async def _subscribe(network: Network, members: Sequence[tuple[str, str]]) -> None:
    """Have them written to at once, as if each had confirmed her address."""
    keys = network.stack.data / "keys"
    sealed = Sealed(Sealer(read_key(keys / "notifications" / "webhook.key", SEAL_KEY_BYTES)))
    bus = await connect(
        network.stack.urls["nats"], Identity.load(keys, "notifications"), on_lost=lambda: None
    )
    life = await Feeds(bus).life()
    await bus.close()
    client = mongo.connect(network.stack.urls["mongo"])
    now = datetime.now(UTC)
    docs = []
    for organization, member in members:
        ident = recipient.id_of(member, NoticeChannel.EMAIL)
        docs.append(
            recipient.new(ident, member, organization, NoticeChannel.EMAIL, member)
            | {
                "address": sealed.seal(ident, "bench@example.org"), "shown": "b…@example.org",
                "generation": 1, "topics": {one.value: NoticeCadence.AT_ONCE.value for one in NoticeTopic},
                "after": life.last, "epoch": life.epoch, "read_at": now, "changed_at": now,
            }
        )  # fmt: skip
    await client[DATABASE][RECIPIENTS].insert_many(docs)
    client.close()


async def _measured(network: Network, sink: Sink, organizations: Sequence[str]) -> dict[str, float]:
    """Let entries come into their feeds, one after the other has been mailed.

    Return mails a second, and what one costs of processors' time, in milliseconds.
    """
    seed = Identity.load(network.stack.data / "keys", "referrals")
    bus = await connect(network.stack.urls["nats"], seed, on_lost=lambda: None)
    try:
        hands = [Hand(OrderedPublisher(bus, "EVT"), (one, "nobody")) for one in organizations]
        for _ in range(WARM):
            await _one_round(sink, hands)
        pids = {name: network.stack.pids[name] for name in PROCESSES}
        began, before = time.perf_counter(), {name: processor_seconds(pid) for name, pid in pids.items()}
        for _ in range(ENTRIES):
            await _one_round(sink, hands)
        count, seconds = ENTRIES * MEMBERS, time.perf_counter() - began
        cost = {name: (processor_seconds(pid) - before[name]) * 1000 / count for name, pid in pids.items()}
        return {"per_second": count / seconds, **cost}
    finally:
        await bus.close()


async def _one_round(sink: Sink, hands: Sequence[Hand]) -> None:
    """One entry in each feed; return when every member has her mail."""
    wanted = sink.count + MEMBERS
    await asyncio.gather(*(hand.send() for hand in hands))
    await sink.until(wanted)


async def _floor(sink: Sink, count: int) -> float:
    """The same number of mails by aiosmtplib alone, a line for each, as many at once as the service has."""
    slots = asyncio.Semaphore(SENT_ABREAST)
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "relevo@example.org", "bench@example.org", "REL-000000-00"
    mail.set_content("x" * 400)
    mail.add_alternative("<p>" + "x" * 1_500 + "</p>", subtype="html")

    async def send() -> None:
        async with slots:
            await aiosmtplib.send(mail, hostname="127.0.0.1", port=sink.port, start_tls=False)

    began = time.perf_counter()
    await asyncio.gather(*(send() for _ in range(count)))
    return count / (time.perf_counter() - began)


def lines(result: dict[str, Any]) -> list[str]:
    """Return the result in words."""
    return [
        f"mail: {result[name]['per_second']:.0f} mails/s to {words} (bare aiosmtplib: "
        f"{result['floor_per_second']:.0f}/s, load {result['load']:.1f}); CPU ms each: "
        + ", ".join(f"{result[name][process]:.1f} in {process}" for process in PROCESSES)
        for name, words in (
            ("one of 50", f"one organization of {MEMBERS} members"),
            ("50 of one", f"{MEMBERS} organizations of one"),
        )
    ]
