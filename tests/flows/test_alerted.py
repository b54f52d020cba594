"""A coordinator's alert comes by each channel of an organization; that a webhook is disabled, by mail."""

from collections.abc import AsyncIterator
from email.message import EmailMessage

import pytest

from contracts.codes import Role
from contracts.membership import REMOVE_MEMBER, RemoveMember
from contracts.notices import NoticeTopic
from tests.flows.cast import Cast, _ask, _operator
from tests.flows.client import Client
from tests.flows.hooks import listening
from tests.flows.mails import Mailbox, somebody, subscribed, text_of
from tests.flows.test_broadcasts import TEXT, alert, doing
from tests.flows.test_matching import coordinator_of
from tests.flows.test_one_referral import issued
from tests.flows.test_webhooks import do, made
from tests.servers import eventually

ALL_AT_ONCE = [{"topic": one.value.upper(), "cadence": "AT_ONCE"} for one in NoticeTopic]


@pytest.fixture(scope="module")
async def coordinator(cast: Cast) -> AsyncIterator[Client]:
    async with coordinator_of(cast) as client:
        yield client


async def written(mailbox: Mailbox) -> EmailMessage:
    """The first mail that is about no referral and brings no code, once it is there."""

    async def look() -> list[EmailMessage]:
        return [one for one in mailbox.mails[1:] if "REL-" not in text_of(one)]

    return (await eventually(look))[0]


async def test_an_alert_comes_by_webhook_and_by_mail_and_neither_says_its_words(
    cast: Cast, coordinator: Client
) -> None:
    async with listening() as hook, somebody(cast, "tercera", Role.CASEWORKER) as (client, mailbox, member):
        await subscribed(client, mailbox, topics=ALL_AT_ONCE)
        endpoint = await made(cast.third, hook, types=["notifications.broadcast.sent.v1"])
        sent = (await doing(coordinator, "sendBroadcast", **alert()))["broadcast"]

        async def carried() -> list[str]:
            return [f"{one['data']['kind']} {one['data']['subjectId']}" for _, one in hook.messages]

        assert await eventually(carried) == [f"broadcast {sent['id']}"]
        mail = await written(mailbox)
        assert "Aviso de la coordinación" in text_of(mail)
        assert TEXT not in text_of(mail)
        assert TEXT not in repr(hook.messages)
        await doing(coordinator, "endBroadcast", broadcast=sent["id"])
        await do(cast.third, "deleteWebhookEndpoint", endpoint=endpoint)
        async with _operator(cast.stack) as caller:  # tests/flows/test_steps.py: it has no second member
            await _ask(caller, REMOVE_MEMBER, RemoveMember(member=member, idempotency_key=mailbox.address))


async def test_whose_endpoint_is_disabled_is_told_by_mail(cast: Cast) -> None:
    async with listening() as hook, somebody(cast, "hospital", Role.MANAGER) as (client, mailbox, _):
        await subscribed(client, mailbox, topics=ALL_AT_ONCE)
        hook.answer = lambda _count: 410
        endpoint = await made(cast.hospital, hook, types=["referrals.referral.sent.v1"])
        await issued(cast)
        mail = await written(mailbox)
        assert hook.url not in text_of(mail)
        await do(cast.hospital, "deleteWebhookEndpoint", endpoint=endpoint)
