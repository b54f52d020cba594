"""E-mail through the public API, on a network that writes its mails into a folder."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from datetime import UTC, datetime, timedelta
from stat import S_IMODE

import httpx

from chassis import mongo
from cli.embedded.settings import MAIL
from contracts.codes import Scope
from contracts.directory import CREATE_CLIENT, CreateClient
from contracts.membership import REMOVE_MEMBER, RemoveMember
from contracts.notifications import NOTICES_STOPPED
from gateway.ids import global_id
from services.notifications.notices.store import RECIPIENTS
from services.notifications.settings import DATABASE
from tests.flows.cast import Cast, _ask, _operator
from tests.flows.client import AnswerError, Client, Credentials
from tests.flows.mails import AT_ONCE, Mailbox, do, new, somebody, subscribed
from tests.flows.streams import head_of
from tests.flows.test_one_referral import changed, issued, soon
from tests.servers import eventually

STOPPED = """query ($after: String, $types: [String!]) {
  events(after: $after, first: 100, types: $types) { nodes { subjectId } } }"""


async def told(cast: Cast) -> str:
    """A referral is issued, and the hospital's feed says so; return its folio."""
    head = await head_of(cast.hospital)
    referral = await issued(cast)

    async def look() -> list[str]:
        document = "query ($after: String) { events(after: $after, first: 100) { nodes { folio } } }"
        found = await cast.hospital.ask(document, after=head)
        return [one["folio"] for one in found["events"]["nodes"]]

    await eventually(look, lambda folios: referral["folio"] in folios)
    return str(referral["folio"])


async def test_a_member_confirms_her_address_and_is_written_what_the_feed_tells_her(cast: Cast) -> None:
    async with somebody(cast) as (client, mailbox, member):
        key = new()
        payload = await do(
            client, "setNoticePreferences", key, address=mailbox.address, topics=AT_ONCE, language="EN"
        )
        said = payload["preferences"]
        assert (said["status"], said["address"], said["unconfirmed"]) == (
            "UNCONFIRMED", None, "m…@example.org",
        )  # fmt: skip
        assert said["memberId"] == global_id("Member", member)
        # Nothing but the code is written before it has come back, whatever happens.
        await told(cast)
        code = await mailbox.code()
        wrong = await do(
            client, "confirmNoticeAddress", new(), code="00000000" if code[0] != "0" else "1" * 8
        )
        assert [one["path"] for one in wrong["userErrors"]] == [["code"]]
        again = await do(
            client, "setNoticePreferences", key, address=mailbox.address, topics=AT_ONCE, language="EN"
        )
        assert again["replayed"]
        confirmed = await do(client, "confirmNoticeAddress", new(), code=f"{code[:4]} {code[4:]}")
        assert confirmed["userErrors"] == []
        assert len(mailbox.mails) == 1
        referral = await issued(cast)
        mail = await mailbox.naming(referral["folio"])
        assert mail["Subject"] == f"{referral['folio']}: A referral has come"
        found = await client.ask("{ viewer { noticePreferences { status address language } } }")
        assert found["viewer"]["noticePreferences"] == {
            "status": "ACTIVE", "address": "m…@example.org", "language": "EN",
        }  # fmt: skip
        files = list((cast.stack.data / MAIL).glob("*"))
        assert {S_IMODE(one.stat().st_mode) for one in files if one.suffix == ".eml"} == {0o600}


async def test_no_mail_says_a_need_a_person_or_another_party(cast: Cast) -> None:
    async with somebody(cast) as (client, mailbox, _):
        await subscribed(client, mailbox)
        canary = f"Canaria {new()}"
        person = {"ageBand": "ADULT", "gender": "FEMALE", "languages": ["es"], "alias": canary}
        made = await cast.shelter.change("issueReferral", **cast.issue(person=person))
        referral = made["referral"]["id"]
        await changed(cast.hospital, "receiveReferral", referral)
        await changed(cast.hospital, "acceptReferral", referral, arriveBy=soon())

        async def seen() -> str:
            return " ".join(
                part.get_content()
                for mail in mailbox.mails
                for part in mail.walk()
                if part.get_content_maintype() == "text"
            )

        said = await eventually(seen, lambda text: "Se aceptó" in text)
        assert made["referral"]["folio"] in said
        for secret in (canary, "prenatal", "salud", "health", "refugio", "hospital", "mangle", referral):
            assert secret.lower() not in said.lower(), secret


async def test_one_click_ends_the_mails_and_looking_at_the_page_does_not(cast: Cast) -> None:
    async with somebody(cast) as (client, mailbox, member), httpx.AsyncClient(trust_env=False) as http:
        await subscribed(client, mailbox)
        await issued(cast)
        mail = (await mailbox.wait(2))[-1]
        assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        link = mail["List-Unsubscribe"].strip("<>")
        assert link.startswith(cast.stack.urls["gateway"])
        assert member not in link
        looked = await http.get(link)
        assert looked.status_code == 200
        assert (await http.post(link, data={"other": "x"})).status_code == 400
        assert (await status(client)) == "ACTIVE"
        strange = await http.post(f"{link}x", data={"List-Unsubscribe": "One-Click"})
        assert (await status(client)) == "ACTIVE"
        ended = await http.post(link, data={"List-Unsubscribe": "One-Click"})
        assert (ended.status_code, ended.text) == (200, strange.text)
        assert (await status(client)) == "UNSUBSCRIBED"
        # What comes meanwhile is not made up for.
        meanwhile = await told(cast)
        payload = await do(client, "setNoticePreferences", new(), subscribed=True)
        assert payload["preferences"]["status"] == "ACTIVE"
        last = await issued(cast)
        mail = await mailbox.naming(last["folio"])
        assert meanwhile not in mailbox.told
        # Mail programs send a form of the other kind as well.
        link = mail["List-Unsubscribe"].strip("<>")
        await http.post(link, files={"List-Unsubscribe": (None, "One-Click")})
        assert (await status(client)) == "UNSUBSCRIBED"


async def test_the_link_of_an_old_mail_ends_nothing_of_an_address_that_was_confirmed_later(
    cast: Cast,
) -> None:
    async with somebody(cast) as (client, mailbox, member), httpx.AsyncClient(trust_env=False) as http:
        one_click = {"List-Unsubscribe": "One-Click"}
        await subscribed(client, mailbox)
        await issued(cast)
        old = (await mailbox.wait(2))[-1]["List-Unsubscribe"].strip("<>")
        forgotten = await do(client, "forgetNoticeAddress", new())
        assert forgotten["preferences"]["status"] == "NO_ADDRESS"
        other = Mailbox(mailbox.stacks, f"{new()}@example.org")
        await subscribed(client, other)
        head = await head_of(client)
        await http.post(old, data=one_click)
        assert (await status(client)) == "ACTIVE"
        referral = await issued(cast)
        mail = await other.naming(referral["folio"])
        # Her own does, and the feed says to those who look after members that nobody reads there any more.
        await http.post(mail["List-Unsubscribe"].strip("<>"), data=one_click)
        assert (await status(client)) == "UNSUBSCRIBED"

        async def told() -> list[str]:
            found = await cast.hospital.ask(STOPPED, after=head, types=[NOTICES_STOPPED])
            return [one["subjectId"] for one in found["events"]["nodes"]]

        ident = global_id("Member", member)
        assert ident in await eventually(told, lambda found: ident in found)


async def status(client: Client) -> str:
    """How her mail stands."""
    found = await client.ask("{ viewer { noticePreferences { status } } }")
    return str(found["viewer"]["noticePreferences"]["status"])


async def test_who_was_removed_is_written_no_more_and_her_address_is_forgotten(cast: Cast) -> None:
    async with somebody(cast) as (client, mailbox, member), somebody(cast) as (other, others, _):
        await subscribed(client, mailbox)
        await subscribed(other, others)
        with closing(mongo.connect(cast.stack.urls["mongo"])) as database:
            kept = database[DATABASE][RECIPIENTS]
            # What was said lately is looked at anyway.
            long_ago = datetime.now(UTC) - timedelta(days=1)
            await kept.update_one({"member": member}, {"$set": {"changed_at": long_ago}})
            async with _operator(cast.stack) as caller:
                await _ask(caller, REMOVE_MEMBER, RemoveMember(member=member, idempotency_key=new()))
            # By the event of it, though nothing else happens: no sweep and no mail comes so soon.
            await eventually(lambda: kept.count_documents({"member": member}), lambda count: count == 0)

        async def is_gone() -> bool:
            try:
                found = (await client.ask("{ viewer { noticePreferences { status } } }"))["viewer"]
            except AnswerError as error:  # by now the gateway knows that nobody acts as her any more
                return error.codes == ["MEMBER_REMOVED"]
            return bool(found == {"noticePreferences": None})

        await eventually(is_gone)
        # The one beside her has heard of it, so she would have.
        before = len(mailbox.mails)
        referral = await issued(cast)
        await others.naming(referral["folio"])
        assert len(mailbox.mails) == before


async def test_her_manager_speaks_for_her_and_nobody_else_does(cast: Cast) -> None:
    async with somebody(cast) as (client, mailbox, member):
        ident = global_id("Member", member)
        # Any system of the organization that may manage members.
        done = await do(cast.hospital, "setNoticePreferences", new(), member=ident, address=mailbox.address)
        assert done["preferences"]["status"] == "UNCONFIRMED"
        code = await mailbox.code()
        for stranger in (cast.shelter, cast.third):
            theirs = await do(stranger, "confirmNoticeAddress", new(), member=ident, code=code)
            nobodys = await do(
                stranger, "confirmNoticeAddress", new(), member=global_id("Member", "no"), code=code
            )
            assert theirs == nobodys
            assert [one["code"] for one in theirs["userErrors"]] == ["NOT_FOUND"]
        assert (await status(client)) == "UNCONFIRMED"
        async with weak(cast, Scope.FEED_READ) as reading:
            done = await do(reading, "setNoticePreferences", new(), member=ident, subscribed=False)
            assert [one["code"] for one in done["userErrors"]] == ["FORBIDDEN"]
        async with weak(cast, Scope.REFERRALS_READ) as deaf:
            done = await do(deaf, "setNoticePreferences", new(), subscribed=False)
            assert [one["code"] for one in done["userErrors"]] == ["FORBIDDEN"]
        forgotten = await do(client, "forgetNoticeAddress", new())
        assert forgotten["preferences"]["status"] == "NO_ADDRESS"
        done = await do(client, "confirmNoticeAddress", new(), code=code)
        assert [one["code"] for one in done["userErrors"]] == ["INVALID"]


async def test_a_change_that_is_repeated_at_once_is_done_once_and_uses_up_one_code(cast: Cast) -> None:
    async with somebody(cast) as (client, mailbox, _):
        key = new()
        asked = [do(client, "setNoticePreferences", key, address=mailbox.address) for _ in range(15)]
        answers = await asyncio.gather(*asked)
        assert [one["userErrors"] for one in answers] == [[]] * 15
        assert await mailbox.code()
        assert len(mailbox.mails) == 1


async def test_what_can_be_nobodys_name_is_nobodys(cast: Cast) -> None:
    for name in ("a@b", "m-unknown"):
        async with cast.another("hospital", member=name) as client:
            refused = await do(client, "forgetNoticeAddress", new())
            assert [(one["code"], one["path"]) for one in refused["userErrors"]] == [("NOT_FOUND", [])]


@asynccontextmanager
async def weak(cast: Cast, *scopes: Scope) -> AsyncIterator[Client]:
    """A client of the hospital with these scopes only."""
    request = CreateClient(organization=cast.organizations["hospital"], name="Débil", scopes=scopes)
    async with _operator(cast.stack) as caller:
        made = await _ask(caller, CREATE_CLIENT, request)
    async with Client(cast.stack.urls["gateway"], Credentials(made.client.id, made.secret)) as client:
        yield client


async def test_all_that_is_wrong_is_said_at_once_and_nothing_is_kept(cast: Cast) -> None:
    async with somebody(cast) as (client, _, _member):
        done = await do(
            client,
            "setNoticePreferences",
            new(),
            address="a@b.org,c@d.org",
            timeZone="Luna/Tycho",
            quietHours={"begins": "22:00", "ends": "22:00"},
            types=[{"type": "no.such.v1", "cadence": "DAILY"}],
        )
        assert [one["path"] for one in done["userErrors"]] == [
            ["address"],
            ["timeZone"],
            ["quietHours", "ends"],
            ["types", "0", "type"],
        ]
        done = await do(client, "setNoticePreferences", new(), dailyAt="25:00")
        assert [one["path"] for one in done["userErrors"]] == [["dailyAt"]]
        assert (await status(client)) == "NO_ADDRESS"
        # This network writes no short messages.
        done = await do(client, "setNoticePreferences", new(), channel="MESSAGE", address="tgram://1:a/2")
        assert [one["code"] for one in done["userErrors"]] == ["NOT_CONFIGURED"]
        nobody = await do(cast.hospital, "setNoticePreferences", new(), subscribed=False)
        assert [one["path"] for one in nobody["userErrors"]] == [["member"]]


async def test_what_was_said_is_kept_and_the_rest_stays(cast: Cast) -> None:
    async with somebody(cast) as (client, _, _member):
        first = await do(
            client,
            "setNoticePreferences",
            new(),
            timeZone="America/Tijuana",
            dailyAt="06:30",
            quietHours={"begins": "22:00", "ends": "07:00"},
            types=[{"type": "referrals.referral.sent.v1", "cadence": "AT_ONCE"}],
            emergenciesAtOnce=False,
        )
        second = await do(
            client,
            "setNoticePreferences",
            new(),
            quietHours=None,
            topics=[{"topic": "DIRECTORY", "cadence": "NEVER"}],
        )
        topics = {one["topic"]: one["cadence"] for one in second["preferences"]["topics"]}
        assert topics["DIRECTORY"] == "NEVER"
        assert topics["DEADLINES"] == "AT_ONCE"
        expected = {**first["preferences"], "quietHours": None, "topics": second["preferences"]["topics"]}
        assert second["preferences"] == expected
        assert expected["timeZone"] == "America/Tijuana"


async def test_an_address_is_sent_five_codes_a_day_at_most(cast: Cast) -> None:
    async with somebody(cast) as (client, mailbox, _):
        for count in range(5):
            done = await do(client, "setNoticePreferences", new(), address=mailbox.address)
            assert done["userErrors"] == []
            await mailbox.wait(count + 1)
        done = await do(client, "setNoticePreferences", new(), address=mailbox.address)
        assert [one["code"] for one in done["userErrors"]] == ["TOO_MANY"]
        # The last code is the one that is good.
        done = await do(client, "confirmNoticeAddress", new(), code=await mailbox.code(5))
        assert done["preferences"]["status"] == "ACTIVE"


async def test_to_forget_an_address_starts_no_new_count_of_codes(cast: Cast) -> None:
    async with somebody(cast) as (client, mailbox, _), somebody(cast, "refugio") as (other, _, _member):
        for _ in range(5):
            done = await do(client, "setNoticePreferences", new(), address=mailbox.address)
            assert done["userErrors"] == []
            await do(client, "forgetNoticeAddress", new())
        done = await do(client, "setNoticePreferences", new(), address=mailbox.address)
        assert [one["code"] for one in done["userErrors"]] == ["TOO_MANY"]
        # Nor does another member, of whatever organization: it is the same mailbox.
        refused = []
        for number in range(5):
            tagged = mailbox.address.replace("@", f"+{number}@")
            done = await do(other, "setNoticePreferences", new(), address=tagged)
            refused += done["userErrors"]
        assert refused == []
        async with somebody(cast, "refugio") as (third, _, _another):
            done = await do(third, "setNoticePreferences", new(), address=mailbox.address)
            assert [one["code"] for one in done["userErrors"]] == ["TOO_MANY"]
