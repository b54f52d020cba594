"""A network is copied while people are referred, and put back elsewhere: who was erased since stays erased.

On the session's network, which goes on; what comes back runs beside it, on a folder of its own.
"""

import asyncio
import json
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import structlog
from motor.motor_asyncio import AsyncIOMotorClient
from typer.testing import CliRunner, Result

from cli.app import application
from cli.embedded.settings import AUDIT_HEADS, ERASED_KEYS, EmbeddedSettings
from cli.embedded.stack import Stack
from tests.flows.cast import Cast
from tests.flows.client import AnswerError, Client, Json
from tests.flows.search import all_forms, in_files
from tests.flows.streams import PAGE, head_of
from tests.flows.test_consent import done, types_of
from tests.flows.test_one_referral import issued, soon
from tests.servers import eventually

CANARY = "Qzrespaldocanario"
NUMBER = "Qzexpedientecanario"
SEEN = """query ($id: ID!) { referral(id: $id) { id folio status version externalId personAccess arriveBy
  person { name notes { text } } } }"""


async def seen(client: Client, referral: str) -> Json:
    found: Json = (await client.ask(SEEN, id=referral))["referral"]
    return found


async def referred(cast: Cast) -> str:
    """The id of a new referral of somebody who can be found wherever she is written down."""
    made = await issued(
        cast,
        person={"ageBand": "ADULT", "gender": "FEMALE", "name": f"{CANARY} nombre"},
        notes=[{"category": "HEALTH", "text": f"{CANARY} nota"}],
        consent={**cast.issue()["consent"], "categories": ["HEALTH"]},
    )
    return str(made["id"])


async def in_many_states(cast: Cast) -> dict[str, str]:
    """Referrals by the status that they stand in."""
    made = {one: await referred(cast) for one in ("SENT", "ACCEPTED", "IN_PROGRESS", "COMPLETED", "DECLINED")}
    for status in ("ACCEPTED", "IN_PROGRESS", "COMPLETED"):
        await done(cast.hospital, "acceptReferral", made[status], arriveBy=soon())
    for status in ("IN_PROGRESS", "COMPLETED"):
        await done(cast.hospital, "startReferral", made[status])
    await done(cast.hospital, "completeReferral", made["COMPLETED"], outcome="FULLY_MET")
    await done(cast.hospital, "declineReferral", made["DECLINED"], reason="NO_CAPACITY")
    return made


async def tried(*words: str | Path, data: Path) -> Result:
    """Run a command on a network's folder, in this process."""
    logging = structlog.get_config()
    ended = await asyncio.to_thread(
        CliRunner().invoke,
        application([str(words[0])]), [str(word) for word in words], env={"RELEVO_DATA_DIR": str(data)},
    )  # fmt: skip
    structlog.configure(**logging)
    return ended


async def command(*words: str | Path, data: Path) -> str:
    """Run a command to its good end; return what it said."""
    ended = await tried(*words, data=data)
    assert ended.exit_code == 0, ended.output
    return ended.stderr


async def copied(cast: Cast, folder: Path) -> list[str]:
    """Make a backup while people are referred; return who was."""
    over, made = asyncio.Event(), list[str]()

    async def refer() -> None:
        while not over.is_set():
            made.append(await referred(cast))
            await done(cast.hospital, "receiveReferral", made[-1])

    working = asyncio.create_task(refer())
    await command("backup", folder / "copies", "--vault", folder / "keys", data=cast.stack.data)
    over.set()
    await working
    return made


@dataclass(frozen=True)
class Again:
    """The network as it came back, and its parties."""

    stack: Stack
    shelter: Client
    hospital: Client


@asynccontextmanager
async def running_again(cast: Cast, folder: Path) -> AsyncIterator[Again]:
    stack = Stack(EmbeddedSettings(data_dir=folder).on_free_ports())
    await asyncio.to_thread(stack.start)
    try:
        url = stack.urls["gateway"]
        async with (
            Client(url, cast.shelter._credentials) as shelter,
            Client(url, cast.hospital._credentials) as hospital,
        ):
            yield Again(stack, shelter, hospital)
    finally:
        await asyncio.to_thread(stack.stop)


@pytest.mark.timeout(300)  # two networks at once, should the machine be busy
async def test_what_is_put_back_goes_on_and_who_was_erased_since_does_not_come_back(
    cast: Cast, tmp_path: Path
) -> None:
    standing = await in_many_states(cast)
    erased, withdrawn = await referred(cast), await referred(cast)
    for one in (erased, withdrawn):
        await done(cast.hospital, "acceptReferral", one, arriveBy=soon(), externalId=f"{NUMBER}-{one[-8:]}")
    await done(cast.hospital, "startReferral", erased)
    await done(cast.hospital, "endReferral", erased, reason="MOVED_ON")
    before = {one: await seen(cast.shelter, one) for one in (*standing.values(), erased, withdrawn)}
    cursor = await head_of(cast.shelter)
    meanwhile = await copied(cast, tmp_path)
    check_files(tmp_path)
    await check_entered(cast)

    # What nobody has any more afterwards, what is another by then, and what must not come back.
    lost = await referred(cast)
    await done(cast.hospital, "acceptReferral", standing["SENT"], arriveBy=soon())
    folio = before[erased]["folio"]
    await command("erase", folio, "--yes", "--reason", "Lo pide ella", data=cast.stack.data)
    await done(cast.shelter, "withdrawConsent", withdrawn)
    (tmp_path / "net.restoring" / "db").mkdir(parents=True)  # of one that was killed
    restored = await command(
        "restore", tmp_path / "copies", "--vault", tmp_path / "keys", "--keys", cast.stack.data / "keys",
        "--erased", cast.stack.data / ERASED_KEYS, "--data", tmp_path / "net", "--verify", data=tmp_path,
    )  # fmt: skip
    assert "WRONG" not in restored
    record = json.loads((tmp_path / "net" / "restored.json").read_text())
    assert {folio: "not_completed", before[withdrawn]["folio"]: "accepted"}.items() <= record[
        "erased"
    ].items()

    async with running_again(cast, tmp_path / "net") as net:
        for one in standing.values():
            assert await seen(net.shelter, one) == before[one]
        await check_erased(net, (erased, withdrawn), before)
        assert await seen(net.shelter, lost) is None
        back = [found for one in meanwhile if (found := await seen(net.shelter, one))]
        assert [one["person"]["name"] for one in back] == [f"{CANARY} nombre"] * len(back)
        await check_goes_on_from_before(net, [one for one in back if one["status"] == "SENT"])
        await check_goes_on(net, standing, cursor)
        for words in (("audit", "verify"), ("doctor",)):
            await eventually(
                lambda words=words: tried(*words, data=net.stack.data),  # type: ignore[misc]
                lambda ended: ended.exit_code == 0,
            )


async def check_erased(net: Again, ids: tuple[str, ...], before: dict[str, Json]) -> None:
    """Nobody is told anything of her any more, neither what was encrypted nor what was not."""
    for one in ids:
        for client in (net.shelter, net.hospital):
            found = await seen(client, one)
            assert found["status"] == before[one]["status"]
            assert found["personAccess"] == "ERASED"
            assert (found["person"] or {}).get("name") is None
            assert not (found["person"] or {}).get("notes")
    # Of the one all is gone, of the other who she is.
    assert (await seen(net.hospital, ids[0]))["arriveBy"] is None
    assert (await seen(net.hospital, ids[0]))["externalId"] is None
    assert (await seen(net.hospital, ids[1]))["arriveBy"] == before[ids[1]]["arriveBy"]


async def check_goes_on(net: Again, standing: dict[str, str], cursor: str) -> None:
    """A referral continues its life, is told once, and a cursor of the feed as it was is known as one."""
    sent = standing["SENT"]
    with pytest.raises(AnswerError) as refused:
        await net.shelter.ask(PAGE, after=cursor)
    assert refused.value.codes == ["CURSOR_EXPIRED"]
    await done(net.hospital, "receiveReferral", sent)
    await done(net.hospital, "acceptReferral", sent, arriveBy=soon())
    await done(net.hospital, "startReferral", sent)
    await eventually(lambda: types_of(net.shelter, sent), lambda told: told[-1] == "started")
    assert await types_of(net.shelter, sent) == ["sent", "received", "accepted", "started"]
    await done(net.hospital, "completeReferral", standing["IN_PROGRESS"], outcome="FULLY_MET")
    await eventually(
        lambda: types_of(net.shelter, standing["IN_PROGRESS"]), lambda told: told[-1] == "completed"
    )


async def check_goes_on_from_before(net: Again, referrals: list[Json]) -> None:
    """What the feed has told further of them is not in the database; what comes next is told all the same."""
    for one in referrals:
        told = await types_of(net.shelter, one["id"])
        await done(net.hospital, "declineReferral", one["id"], reason="NO_CAPACITY")
        await eventually(
            lambda one=one: types_of(net.shelter, one["id"]),  # type: ignore[misc]
            lambda now, told=told: now == [*told, "declined"],  # type: ignore[misc]
        )


async def check_entered(cast: Cast) -> None:
    """That there is such a copy is in the audit of the network, and its head is exported."""
    client: AsyncIOMotorClient[Any] = AsyncIOMotorClient(cast.stack.urls["mongo"])
    try:
        entry = await client["relevo_referrals"]["audit"].find_one({"action": "backup_with_keys"})
    finally:
        client.close()
    assert entry is not None
    assert (entry["chain"], entry["kind"], entry["actor"]["kind"]) == ("network", "export", "operator")
    assert entry["hash"] in (cast.stack.data / AUDIT_HEADS).read_text()


def check_files(folder: Path) -> None:
    """Nothing of a person, no key in the clear, and for nobody else's eyes."""
    assert in_files(folder, all_forms([CANARY, NUMBER])) == []
    (copy,), (kept,) = (sorted((folder / name).glob("*-*")) for name in ("copies", "keys"))
    assert sorted(path.name for path in kept.rglob("*.bson")) == ["data_keys.bson"]
    assert not list(copy.rglob("*data_keys*"))
    for path in (copy, kept, *copy.rglob("*"), *kept.rglob("*")):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path
