"""`relevo events tail` comes back by itself, and misses nothing, where streams end every few seconds."""

import asyncio
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from cli.tailing import COME_BACK, WHAT_TO_DO, LostError, Tail, Wanted, _json_of
from gateway import live
from tests.flows.cast import Cast, _clients
from tests.flows.streams import head_of
from tests.flows.test_one_referral import changed, issued
from tests.gateway.conftest import StartGateway


def test_every_code_with_which_a_stream_ends_is_known() -> None:
    ends = (live.token_expired, live.access_changed, live.revoked, live.too_slow, live.shutting_down)
    assert {end().code for end in ends} <= {*COME_BACK, *WHAT_TO_DO}


@pytest.mark.parametrize("said", [{"message": "upstream"}, ["no"], {}])
def test_what_a_proxy_answers_is_no_answer_and_is_asked_again(said: Any) -> None:
    with pytest.raises(LostError, match="502"):
        _json_of(httpx.Response(502, json=said))


@pytest.mark.parametrize("named", ["id", "folio"])
async def test_of_one_referral_nothing_else_comes_over_the_line(cast: Cast, named: str) -> None:
    (credentials,) = await _clients(cast.stack, [cast.organizations["hospital"]])
    after = await head_of(cast.hospital)
    await issued(cast)
    referral = await issued(cast)
    await issued(cast)
    await changed(cast.hospital, "receiveReferral", referral["id"])
    wanted = Wanted(referral=referral[named])
    tail = Tail(cast.hospital.url, (credentials.id, credentials.secret), wanted, lambda _sentence: None)
    stream, came = tail._stream, list[str]()

    def spied() -> Iterator[dict[str, Any]]:
        for entry in stream():
            came.append(entry["referralId"])
            yield entry

    tail._stream = spied  # type: ignore[method-assign]
    entries = tail.entries(after)
    async with asyncio.timeout(20):
        seen = [await asyncio.to_thread(next, entries) for _ in range(2)]
    assert [one["version"] for one in seen] == [1, 2]
    assert came == [referral["id"]] * 2


async def test_a_stream_that_ends_is_opened_again_with_its_cursor(
    cast: Cast, another_gateway: StartGateway
) -> None:
    (credentials,) = await _clients(cast.stack, [cast.organizations["hospital"]])
    url = another_gateway(token_seconds=1, stream_grace_seconds=0)
    after = await head_of(cast.hospital)
    referral = await issued(cast)
    said: list[str] = []
    tail = Tail(url, (credentials.id, credentials.secret), Wanted(referral=referral["id"]), said.append)
    entries = tail.entries(after)
    seen: list[dict[str, Any]] = [await asyncio.to_thread(next, entries)]

    async def going_on() -> None:
        while not said:  # noqa: ASYNC110 - it is another thread that says so
            await asyncio.sleep(0.05)
        await changed(cast.hospital, "receiveReferral", referral["id"])

    work = asyncio.create_task(going_on())
    async with asyncio.timeout(30):
        seen.append(await asyncio.to_thread(next, entries))
    await work
    assert [one["version"] for one in seen] == [1, 2]
    assert any("TOKEN_EXPIRED" in sentence for sentence in said)
