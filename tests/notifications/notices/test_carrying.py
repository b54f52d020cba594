"""From the feed to the mailbox: nothing lost and nothing twice, whatever is killed, slow, refused or away."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import Any

import msgspec
import pytest

from chassis import mongo
from chassis.bus import Bus
from chassis.part import Part
from chassis.problems import UnreachableError
from chassis.seal import Sealer
from chassis.tasks import end
from contracts.codes import Deadline, Priority, Role
from contracts.deadlines import Awaited
from contracts.notices import NoticeCadence, NoticeChannel, NoticeTopic
from contracts.notifications import NOTICES_STOPPED, FeedTold
from contracts.rpc import FieldProblem
from services.notifications.agreements.subscribers import Subscribers
from services.notifications.carriers import Carriers
from services.notifications.feed import Feeds
from services.notifications.live import Live
from services.notifications.notices import carrying, recipient
from services.notifications.notices.carrying import NoticeCarrying
from services.notifications.notices.composing import Composer
from services.notifications.notices.escalating import Escalating
from services.notifications.notices.members import Members, Person
from services.notifications.notices.sending import Carrier, Channel, Mailing, Sealed
from services.notifications.notices.smtp import Outcome, ServerError, SmtpServer
from services.notifications.notices.store import RecipientStore
from services.notifications.onwards import Onwards
from services.notifications.replica import Replica
from services.notifications.webhooks.schedule import RETRIES
from services.notifications.webhooks.store import WebhookStore
from tests.notifications.notices.postman import SENT, entry_of, person_of, postman
from tests.servers import Servers

NOON = datetime(2026, 11, 22, 18, 5, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
_numbers = itertools.count(1)


@dataclass
class Clock:
    """A clock that goes when it is told to."""

    at: datetime = NOON

    def __call__(self) -> datetime:
        return self.at


@dataclass
class Box:
    """What was taken, by Message-ID; ``answers`` are what is said next, and then all is taken."""

    taken: list[EmailMessage] = field(default_factory=list)
    answers: list[Outcome | Exception] = field(default_factory=list)
    # Taken, and then whoever sent it is gone before it knows.
    kills: bool = False

    async def send(self, mail: EmailMessage, _to: str, _sender: str) -> Outcome:
        answer = self.answers.pop(0) if self.answers else Outcome.TAKEN
        if isinstance(answer, Exception):
            raise answer
        if answer is Outcome.TAKEN:
            self.taken.append(mail)
        if self.kills:
            raise asyncio.CancelledError
        return answer

    @property
    def folios(self) -> list[str]:
        """Every folio in every mail, once for each Message-ID, in order."""
        once = {mail["Message-ID"]: mail for mail in self.taken}
        texts = (mail.get_body(("plain",)) for mail in once.values())
        lines = (line for text in texts if text for line in text.get_content().splitlines())
        return [word for line in lines for word in line.split() if word.startswith("REL-")]


@dataclass
class Gateway:
    """What short messages go by: the types of what was in each; it waits until it is ``open``."""

    taken: list[list[str]] = field(default_factory=list)
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    open: asyncio.Event = field(default_factory=asyncio.Event)

    def problems(self, _address: str) -> list[FieldProblem]:
        return []

    def shown(self, _address: str) -> str:
        return "…"

    async def send(self, _doc: dict[str, Any], notice: dict[str, Any], _zone: str) -> Outcome:
        self.asked.set()
        await self.open.wait()
        self.taken.append([one.type for one in recipient.entries_of(notice)])
        return Outcome.TAKEN


class Known(Members):
    """Members as a test says that they are."""

    def __init__(self) -> None:
        super().__init__(None)  # type: ignore[arg-type] # it asks nobody
        self.roles: tuple[Role, ...] | None = (Role.CASEWORKER,)
        self.verified = True

    async def all_of(self, _organization: str, members: Sequence[str]) -> dict[str, Person]:
        if self.roles is None:
            return {}
        return {one: person_of(*self.roles, member=one, verified=self.verified) for one in members}

    async def gone(self, _organization: str, members: tuple[str, ...]) -> list[str]:
        return list(members) if self.roles is None else []


class Nobody(Subscribers):
    """Nobody hears of anything by an agreement here."""

    def __init__(self) -> None:
        pass

    async def in_force(self, _organization: str, _entries: Iterable[FeedTold]) -> frozenset[str]:
        return frozenset()


@dataclass
class Scene:
    """One member who is written to, and whoever writes to her."""

    feeds: Feeds
    store: RecipientStore
    clock: Clock
    box: Box
    known: Known
    organization: str
    bus: Bus
    # What the referrals service says of each; None: it is away.
    awaited: Awaited | None = None

    @property
    def ident(self) -> str:
        """Hers."""
        return self.ident_by(NoticeChannel.EMAIL)

    def ident_by(self, channel: NoticeChannel) -> str:
        """Hers by that channel."""
        return recipient.id_of(f"mem_{self.organization}", channel)

    def replica(self, box: Carrier | None = None, messages: Channel | None = None) -> NoticeCarrying:
        """One more replica of the service, which knows nothing but what is stored."""
        key = Sealer(b"k" * 32)
        mailing = Mailing(
            box or self.box,
            Composer("relevo@example.org", "911"),
            Sealed(key),
            key,
            "https://relevo.example.org",
            WebhookStore(self.store.db).descriptions,
        )
        replica = Replica(Carriers(WebhookStore(self.store.db)), Live(self.bus), Onwards(self.feeds))
        channels: dict[str, Channel] = {"email": mailing} | ({"message": messages} if messages else {})

        async def awaiting(referrals: Sequence[str]) -> dict[str, Awaited]:
            if self.awaited is None:
                raise UnreachableError("away")
            return dict.fromkeys(referrals, self.awaited)

        escalating = Escalating(self.store, self.known, awaiting, frozenset(channels))
        return NoticeCarrying(
            replica,
            self.store,
            self.feeds,
            self.known,
            channels,
            escalating=escalating,
            subscribers=Nobody(),
            now=self.clock,
        )

    async def subscribed(self, channel: NoticeChannel = NoticeChannel.EMAIL, **values: Any) -> None:
        """She is written to, of all at once unless it is said otherwise."""
        head = await self.feeds.head(self.organization)
        ident = self.ident_by(channel)
        doc = recipient.new(
            ident, ident.split(":")[0], self.organization, channel, f"{channel}{self.organization}"
        )
        doc |= {
            "address": Sealed(Sealer(b"k" * 32)).seal(ident, "maria@example.org"),
            "topics": {one.value: NoticeCadence.AT_ONCE.value for one in NoticeTopic},
            "knows_person": True,
            "after": head.seq,
            "epoch": head.epoch,
            "read_at": NOON,
            **values,
        }
        assert await self.store.insert(doc)

    async def happens(self, **values: Any) -> str:
        """Something happens to a referral of its own; return the folio."""
        entry = entry_of(**values)
        assert entry.referral is not None
        await self.feeds.append(self.organization, entry.referral.id + self.organization, entry, 1)
        return entry.referral.folio

    async def carried(
        self, by: NoticeCarrying | None = None, channel: NoticeChannel = NoticeChannel.EMAIL
    ) -> None:
        """All is done that there is to do now."""
        one = by or self.replica()
        while await one.carry(self.ident_by(channel)):
            pass

    async def doc(self, channel: NoticeChannel = NoticeChannel.EMAIL) -> dict[str, Any]:
        """What is stored of her."""
        found = await self.store.get(self.ident_by(channel))
        assert found is not None
        return found

    async def told(self) -> list[FeedTold]:
        """What the feed says of her mail."""
        page = await self.feeds.read(self.organization, 0, 500)
        return [one for one in page.entries if one.type == NOTICES_STOPPED]


@pytest.fixture
async def scene(servers: Servers, buses: dict[str, Bus], part: Part) -> AsyncIterator[Scene]:
    """A member of an organization of its own."""
    assert part  # it owns the stream
    client = mongo.connect(servers.mongo_url)
    store = RecipientStore(client["test_mail"])
    await store.prepare()
    bus = buses["notifications"]
    yield Scene(Feeds(bus), store, Clock(), Box(), Known(), f"mailorg{next(_numbers)}", bus)
    client.close()


async def test_what_happens_is_written_at_once_and_once(scene: Scene) -> None:
    await scene.happens()
    await scene.subscribed()
    folio = await scene.happens()
    await scene.carried()
    await scene.carried()
    assert scene.box.folios == [folio], "what was before she was written to is not told"
    assert [mail["Subject"] for mail in scene.box.taken] == [f"{folio}: Llegó una referencia"]
    assert (await scene.doc())["due_at"] is None


async def test_a_digest_comes_at_the_end_of_the_hour_in_one_mail_whoever_is_killed_meanwhile(
    scene: Scene,
) -> None:
    await scene.subscribed(topics={NoticeTopic.REFERRALS.value: NoticeCadence.HOURLY.value})
    first = await scene.happens()
    await scene.carried()
    scene.clock.at += timedelta(minutes=30)
    second = await scene.happens()
    await scene.carried()
    assert scene.box.taken == []
    assert (await scene.doc())["due_at"] == NOON.replace(hour=19, minute=0)
    # Killed when the server had taken it, and before anybody knew: it comes again under the same id.
    scene.clock.at = NOON.replace(hour=19, minute=0)
    scene.box.kills = True
    with pytest.raises(asyncio.CancelledError):
        await scene.carried()
    scene.box.kills = False
    await scene.carried()
    assert len(scene.box.taken) == 2
    assert len({mail["Message-ID"] for mail in scene.box.taken}) == 1
    assert scene.box.folios == [first, second]
    scene.clock.at += HOUR
    await scene.carried()
    assert len(scene.box.taken) == 2


async def test_two_replicas_that_race_write_each_thing_once(scene: Scene) -> None:
    await scene.subscribed()
    folios = []
    for _ in range(5):
        folios += [await scene.happens() for _ in range(4)]
        replicas = [scene.replica() for _ in range(3)]
        await asyncio.gather(*map(scene.carried, replicas))
    assert scene.box.folios == folios


async def test_quiet_hours_hold_back_all_but_an_emergency(scene: Scene) -> None:
    await scene.subscribed(quiet={"begins": "12:00", "ends": "15:00"})
    held = await scene.happens()
    urgent = await scene.happens(priority=Priority.EMERGENCY)
    await scene.carried()
    assert scene.box.folios == [urgent]
    assert scene.box.taken[0]["Subject"].startswith("EMERGENCIA: ")
    scene.clock.at += 3 * HOUR
    await scene.carried()
    assert scene.box.folios == [urgent, held]


async def test_an_emergency_waits_too_where_she_says_so_and_never_is_never(scene: Scene) -> None:
    cadences = {NoticeTopic.REFERRALS.value: NoticeCadence.DAILY.value}
    never = [["referrals.referral.accepted.v1", NoticeCadence.NEVER.value]]
    await scene.subscribed(topics=cadences, types=never, emergencies=False)
    folio = await scene.happens(priority=Priority.EMERGENCY)
    await scene.happens(event_type="referrals.referral.accepted.v1", priority=Priority.EMERGENCY)
    await scene.carried()
    assert scene.box.taken == []
    scene.clock.at += DAY
    await scene.carried()
    assert scene.box.folios == [folio]


async def test_a_refused_address_is_written_to_no_more_and_the_feed_says_so_once(scene: Scene) -> None:
    await scene.subscribed()
    await scene.happens()
    scene.box.answers = [Outcome.REFUSED]
    await scene.carried()
    await scene.happens()
    await scene.carried()
    await scene.carried()
    assert scene.box.taken == []
    doc = await scene.doc()
    assert (doc["stopped"], doc["held"], doc["notices"], doc["untold"]) == ("refused", [], [], [])
    (told,) = await scene.told()
    assert told.subject is not None
    assert (told.subject.kind, told.subject.id, told.subject.status) == ("member", doc["member"], "refused")
    assert b"example.org" not in msgspec.json.encode(told)


async def test_who_is_written_to_again_is_not_written_that_she_was_not(scene: Scene) -> None:
    await scene.subscribed()
    await scene.happens()
    scene.box.answers = [Outcome.REFUSED]
    await scene.carried()
    assert len(await scene.told()) == 1
    # It is in the feed behind where she goes on: the feed may be told late.
    doc = await scene.doc()
    assert await scene.store.save(doc, {**doc, "stopped": None})
    folio = await scene.happens()
    await scene.carried()
    assert [mail["Subject"] for mail in scene.box.taken] == [f"{folio}: Llegó una referencia"]


async def test_that_her_mail_is_stopped_she_hears_by_the_other_channel(scene: Scene) -> None:
    await scene.subscribed()
    await scene.subscribed(NoticeChannel.MESSAGE)
    await scene.happens()
    scene.box.answers = [Outcome.REFUSED]
    messages = Gateway()
    messages.open.set()
    await scene.carried()
    await scene.carried(scene.replica(messages=messages), NoticeChannel.MESSAGE)
    assert messages.taken == [[SENT, NOTICES_STOPPED]]


async def test_once_an_address_was_refused_nothing_else_goes_there(scene: Scene) -> None:
    await scene.subscribed()
    one = scene.replica()
    for _ in range(2):
        await scene.happens()
        scene.box.answers = [ServerError("away")]
        with pytest.raises(ServerError):
            await scene.carried()
        scene.clock.at += HOUR
    assert len((await scene.doc())["notices"]) == 2
    scene.box.answers = [Outcome.REFUSED]
    await scene.carried(one)
    assert scene.box.taken == []
    assert len(await scene.told()) == 1


async def test_who_is_killed_before_the_feed_was_told_of_a_stop_tells_it_later(scene: Scene) -> None:
    await scene.subscribed()
    await scene.happens()
    scene.box.answers = [Outcome.REFUSED]
    dying = scene.replica()
    dying._tell = None  # type: ignore[assignment,method-assign]
    with pytest.raises(TypeError):
        await scene.carried(dying)
    assert await scene.told() == []
    # What is due is looked for.
    assert (await scene.doc())["due_at"] <= scene.clock.at
    await scene.carried()
    assert len(await scene.told()) == 1
    assert (await scene.doc())["due_at"] is None


async def test_a_sweep_forgets_who_is_gone_though_nothing_happens(scene: Scene) -> None:
    await scene.subscribed()
    one = scene.replica()
    await one._carriers.look()
    await one.sweep()
    assert await scene.store.get(scene.ident) is not None
    scene.known.roles = None
    await one.sweep()
    assert await scene.store.get(scene.ident) is None


async def test_what_is_turned_away_for_now_is_tried_again_and_again_under_one_id(scene: Scene) -> None:
    await scene.subscribed()
    folio = await scene.happens()
    scene.box.answers = [Outcome.LATER, Outcome.LATER]
    await scene.carried()
    before = scene.clock.at
    tries = []
    while not scene.box.taken:
        due = (await scene.doc())["due_at"]
        tries.append(due - scene.clock.at)
        scene.clock.at = due
        await scene.carried()
    assert scene.box.folios == [folio]
    for waited, planned in zip(tries, RETRIES, strict=False):
        assert planned * 0.8 <= waited <= planned * 1.2
    assert scene.clock.at > before


async def test_an_address_that_turns_all_away_for_days_is_given_up(scene: Scene) -> None:
    await scene.subscribed()
    await scene.happens()
    scene.box.answers = [Outcome.LATER] * 20
    await scene.carried()
    while (due := (await scene.doc())["due_at"]) is not None:
        scene.clock.at = due
        await scene.carried()
    assert (await scene.doc())["stopped"] == "unreachable"
    assert len(scene.box.answers) == 20 - len(RETRIES) - 1
    assert [one.subject.status for one in await scene.told() if one.subject] == ["unreachable"]


async def test_a_code_is_not_sent_once_it_is_good_for_nothing(scene: Scene) -> None:
    await scene.subscribed(address=None)
    doc, key = await scene.doc(), Sealed(Sealer(b"k" * 32))
    given = {"sealed": key.seal(scene.ident, "maria@example.org"), "shown": "m…@example.org"}
    asked = recipient.asked(
        doc, {**given, "knows_person": True}, key.seal(scene.ident, "12345678"), "code", NOON
    )
    assert await scene.store.save(doc, asked)
    scene.box.answers = [Outcome.LATER] * 3
    await scene.carried()
    scene.clock.at = NOON + recipient.CODE_LIVES - timedelta(seconds=1)
    await scene.carried()
    assert len(scene.box.answers) == 1
    scene.clock.at = (await scene.doc())["due_at"]
    await scene.carried()
    assert len(scene.box.answers) == 1, "it was not tried once more"
    assert ((await scene.doc())["notices"], (await scene.doc())["due_at"]) == ([], None)


async def test_a_server_that_is_away_counts_against_nobody_and_nothing_is_lost(scene: Scene) -> None:
    await scene.subscribed()
    folios = [await scene.happens()]
    for _ in range(12):
        scene.box.answers = [ServerError("away")]
        with pytest.raises(ServerError):
            await scene.carried()
        scene.clock.at += DAY
        folios.append(await scene.happens())
    await scene.carried()
    assert scene.box.folios == folios
    assert (await scene.doc())["stopped"] is None


async def test_a_server_that_hangs_up_at_her_address_is_left_alone_for_nobody(scene: Scene) -> None:
    await scene.subscribed()
    folio = await scene.happens()
    async with postman() as at:
        at.rcpt = ["reset"]
        one = scene.replica(SmtpServer("127.0.0.1", at.port, "none"))
        await scene.carried(one)
        assert at.mails == []
        (waits,) = (await scene.doc())["notices"]
        assert (waits["tried"], waits["due_at"] > scene.clock.at) == (1, True)
        scene.clock.at = waits["due_at"]
        await scene.carried(one)
        assert [mail["Subject"] for mail in at.mails] == [f"{folio}: Llegó una referencia"]


async def test_while_a_server_rests_it_is_not_asked(scene: Scene) -> None:
    await scene.subscribed()
    await scene.happens()
    one = scene.replica()
    scene.box.answers = [ServerError("away")]
    with pytest.raises(ServerError):
        await scene.carried(one)
    await scene.happens()
    await scene.carried(one)
    assert scene.box.taken == []


async def test_a_gateway_that_is_slow_holds_up_no_mails(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(carrying, "ABREAST", 1)
    monkeypatch.setattr(carrying, "SENT_ABREAST", 1)
    await scene.subscribed()
    await scene.subscribed(NoticeChannel.MESSAGE)
    folio = await scene.happens()
    messages = Gateway()
    one = scene.replica(messages=messages)
    slow = asyncio.create_task(scene.carried(one, NoticeChannel.MESSAGE))
    await messages.asked.wait()
    async with asyncio.timeout(5):
        await scene.carried(one)
    assert (scene.box.folios, messages.taken) == ([folio], [])
    messages.open.set()
    await slow
    assert messages.taken == [[SENT]]


async def test_what_waits_for_a_channel_that_is_not_set_up_rests_and_goes_on_when_it_is(scene: Scene) -> None:
    channel = NoticeChannel.MESSAGE
    await scene.subscribed(channel)
    await scene.happens()
    messages = Gateway()
    dying = asyncio.create_task(scene.carried(scene.replica(messages=messages), channel))
    await messages.asked.wait()
    await end(dying)
    await scene.happens()
    without = scene.replica()
    await scene.carried(without, channel)
    assert (await scene.doc(channel))["due_at"] is None, "it would be woken again and again"
    messages.open.set()
    await scene.carried(scene.replica(messages=messages), channel)
    assert messages.taken == [[SENT], [SENT]]


async def test_who_ends_messages_while_they_are_not_set_up_is_told_to_have_ended_them(scene: Scene) -> None:
    channel = NoticeChannel.MESSAGE
    await scene.subscribed(channel)
    doc = await scene.doc(channel)
    assert await scene.store.save(doc, recipient.unsubscribed(doc, NOON))
    await scene.carried(channel=channel)
    assert [one.subject.status for one in await scene.told() if one.subject] == ["unsubscribed"]
    assert (await scene.doc(channel))["due_at"] is None


async def test_who_is_a_member_no_more_is_forgotten_with_her_address(scene: Scene) -> None:
    await scene.subscribed()
    await scene.happens()
    scene.known.roles = None
    await scene.carried()
    assert scene.box.taken == []
    assert await scene.store.get(scene.ident) is None


async def test_who_was_forgotten_is_not_looked_for_with_each_entry_of_her_organization(scene: Scene) -> None:
    await scene.subscribed()
    await scene.subscribed(NoticeChannel.MESSAGE)
    one = scene.replica()
    for channel in NoticeChannel:
        one.learn(await scene.doc(channel))
    await scene.store.remove(scene.ident)
    await scene.carried(one)
    assert one._of == {scene.organization: {scene.ident_by(NoticeChannel.MESSAGE)}}
    await scene.store.remove(scene.ident_by(NoticeChannel.MESSAGE))
    await scene.carried(one, NoticeChannel.MESSAGE)
    assert (one._of, one._known) == ({}, {})


async def test_an_attempt_for_whom_was_forgotten_writes_nothing_of_who_is_made_anew(scene: Scene) -> None:
    await scene.subscribed()
    before = await scene.doc()
    await scene.store.remove(scene.ident)
    await scene.subscribed(incarnation="another", subscribed=False)
    assert not await scene.store.save(before, {**before, "stopped": "refused"})
    assert (await scene.doc())["stopped"] is None


async def test_whose_organization_takes_part_no_more_is_told_nothing_not_even_what_waited(
    scene: Scene,
) -> None:
    await scene.subscribed(topics={NoticeTopic.REFERRALS.value: NoticeCadence.HOURLY.value})
    await scene.happens()
    await scene.carried()
    scene.known.verified = False
    scene.clock.at += HOUR
    await scene.carried()
    await scene.happens()
    await scene.carried()
    assert scene.box.taken == []
    assert (await scene.doc())["held"] == []


async def test_who_may_know_less_when_it_is_sent_than_when_it_came_is_told_less(scene: Scene) -> None:
    await scene.subscribed(topics={one.value: NoticeCadence.HOURLY.value for one in NoticeTopic})
    await scene.happens(event_type="referrals.referral.arrival_asked.v1")
    told = await scene.happens()
    await scene.carried()
    scene.known.roles = (Role.VIEWER,)
    scene.clock.at += HOUR
    await scene.carried()
    assert scene.box.folios == [told]


async def test_circumstances_are_not_told_where_whoever_gave_the_address_may_not_know_them(
    scene: Scene,
) -> None:
    await scene.subscribed(knows_person=False)
    await scene.happens(event_type="referrals.referral.arrival_asked.v1")
    told = await scene.happens()
    await scene.carried()
    assert scene.box.folios == [told]


async def test_who_has_unsubscribed_is_told_nothing(scene: Scene) -> None:
    await scene.subscribed(subscribed=False)
    await scene.happens()
    await scene.carried()
    assert scene.box.taken == []


async def test_more_than_a_digest_holds_is_sent_before_its_time_and_nothing_is_lost(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recipient, "MOST_HELD", 4)
    await scene.subscribed(topics={NoticeTopic.REFERRALS.value: NoticeCadence.DAILY.value})
    folios = [await scene.happens() for _ in range(6)]
    await scene.carried()
    scene.clock.at += DAY
    await scene.carried()
    assert sorted(scene.box.folios) == sorted(folios)


async def test_a_feed_that_began_anew_is_read_on_by_the_moment(scene: Scene) -> None:
    await scene.subscribed(
        after=10**9, epoch="another life", read_at=datetime.now(UTC) - timedelta(seconds=1)
    )
    folio = await scene.happens()
    await scene.carried()
    assert folio in scene.box.folios


async def test_a_feed_that_began_anew_and_came_just_as_far_is_read_once(scene: Scene) -> None:
    folio = await scene.happens()
    head = await scene.feeds.head(scene.organization)
    since = datetime.now(UTC) - timedelta(minutes=1)
    await scene.subscribed(after=head.seq, epoch="another life", read_at=since)
    await scene.carried()
    await scene.carried()
    assert [mail["Subject"] for mail in scene.box.taken] == [f"{folio}: Llegó una referencia"]
    assert (await scene.doc())["epoch"] == head.epoch


REMINDED, OVERDUE, ESCALATED = (
    f"referrals.referral.{name}.v1" for name in ("reminded", "overdue", "escalated")
)
NEVER = {NoticeTopic.DEADLINES.value: NoticeCadence.NEVER.value}
DIGEST = {one.value: NoticeCadence.HOURLY.value for one in NoticeTopic}


async def test_what_was_dealt_with_before_the_digest_is_not_in_it(scene: Scene) -> None:
    await scene.subscribed(topics=DIGEST)
    for event_type in (REMINDED, OVERDUE, ESCALATED):
        await scene.happens(event_type=event_type, deadline=Deadline.DECIDE)
    told = await scene.happens()
    await scene.carried()
    scene.awaited = Awaited()
    scene.clock.at += HOUR
    await scene.carried()
    assert scene.box.folios == [told]


async def test_where_nothing_is_left_of_a_digest_none_is_sent(scene: Scene) -> None:
    await scene.subscribed(topics=DIGEST)
    await scene.happens(event_type=OVERDUE, deadline=Deadline.DECIDE)
    await scene.carried()
    scene.awaited = Awaited(near={Deadline.DECIDE: NOON + DAY})
    scene.clock.at += HOUR
    await scene.carried()
    assert scene.box.taken == []
    assert (await scene.doc())["notices"] == []


async def test_of_an_emergency_somebody_hears_though_nobody_wants_to(scene: Scene) -> None:
    await scene.subscribed(topics=NEVER, quiet={"begins": "00:00", "ends": "23:59"})
    scene.awaited = Awaited(overdue=(Deadline.RECEIVE,))
    await scene.happens(event_type=OVERDUE, deadline=Deadline.RECEIVE)
    folio = await scene.happens(event_type=OVERDUE, deadline=Deadline.RECEIVE, priority=Priority.EMERGENCY)
    await scene.carried()
    assert scene.box.folios == [folio]


async def test_an_overdue_emergency_wakes_who_manages_and_nobody_else(scene: Scene) -> None:
    await scene.subscribed(topics=DIGEST, quiet={"begins": "12:00", "ends": "15:00"}, emergencies=False)
    scene.awaited = Awaited(overdue=(Deadline.RECEIVE,))
    values: dict[str, Any] = {"deadline": Deadline.RECEIVE, "priority": Priority.EMERGENCY}
    held = await scene.happens(event_type=OVERDUE, **values)
    await scene.carried()
    assert scene.box.taken == []
    scene.known.roles = (Role.MANAGER,)
    await scene.happens(event_type=REMINDED, **values)
    at_once = await scene.happens(event_type=ESCALATED, **values)
    await scene.carried()
    assert scene.box.folios == [at_once]
    scene.clock.at += 3 * HOUR
    await scene.carried()
    assert scene.box.folios == [at_once, held]


async def test_an_alarm_is_told_though_nobody_says_whether_it_holds_and_the_rest_waits(scene: Scene) -> None:
    await scene.subscribed()
    folio = await scene.happens(event_type=ESCALATED, deadline=Deadline.RECEIVE, priority=Priority.EMERGENCY)
    await scene.carried()
    assert scene.box.folios == [folio]
    waits = await scene.happens(event_type=REMINDED, deadline=Deadline.DECIDE)
    with pytest.raises(UnreachableError):
        await scene.carried()
    scene.awaited = Awaited(near={Deadline.DECIDE: NOON + DAY})
    await scene.carried()
    assert scene.box.folios == [folio, waits]
