"""A person is erased from what has ended, through the public API and by command; both parties are told."""

import json

from tests.cli.running import relevo
from tests.flows.cast import Cast, _clients
from tests.flows.test_consent import PERSON, SEEN, done, seen, types_of
from tests.flows.test_course import Named
from tests.flows.test_matching import coordinator_of
from tests.flows.test_one_referral import issued
from tests.servers import eventually

WHY = "Lo pide ella"
EVENT = "person_erased"


async def ended(cast: Cast) -> str:
    """The id of a referral that was started and ended."""
    referral: str = (await issued(cast, person=PERSON))["id"]
    await done(cast.hospital, "startReferral", referral)
    await done(cast.hospital, "endReferral", referral, reason="MOVED_ON")
    return referral


async def test_it_takes_a_person_who_answers_for_it_and_both_parties_are_told(cast: Cast) -> None:
    referral = await ended(cast)
    assert (await seen(cast.shelter, referral))["person"] == {"ageBand": "ADULT", "alias": PERSON["alias"]}
    refused = await cast.shelter.change("eraseReferral", referral=referral, note=WHY)
    assert [error["code"] for error in refused["userErrors"]] == ["FORBIDDEN"]
    async with coordinator_of(cast) as coordinator:
        refused = await coordinator.change("eraseReferral", referral=referral, note=WHY)
        assert [error["code"] for error in refused["userErrors"]] == ["FORBIDDEN"]
        (credentials,) = await _clients(cast.stack, [cast.organizations["coordinacion"]])
        async with Named(cast.stack.urls["gateway"], credentials) as named:
            await done(named, "eraseReferral", referral, note=WHY)
    for client in (cast.shelter, cast.hospital):
        gone = await seen(client, referral)
        assert (gone["status"], gone["personAccess"], gone["reason"]) == (
            "NOT_COMPLETED",
            "ERASED",
            "MOVED_ON",
        )
        assert gone["person"] == {"ageBand": None, "alias": None}
        await eventually(lambda client=client: types_of(client, referral), lambda told: told[-1] == EVENT)  # type: ignore[misc]
    assert (await seen(cast.shelter, referral))["history"]["nodes"] == [
        {"action": "ERASE", "reason": None, "note": WHY}
    ]
    assert (await seen(cast.hospital, referral))["history"]["nodes"][0]["note"] is None


async def test_the_command_shows_what_there_is_and_erases_it_when_it_is_told_to(cast: Cast) -> None:
    referral, network = await ended(cast), {"RELEVO_DATA_DIR": str(cast.stack.data)}
    folio = (await cast.shelter.ask(SEEN.replace("status", "status folio"), id=referral))["referral"]["folio"]
    shown = json.loads(relevo("erase", folio, "--json", env=network).stdout)
    assert shown == [{"folio": folio, "status": "not_completed", "tiers": ["T2", "T3"], "keys": 2}]
    assert (await seen(cast.shelter, referral))["personAccess"] == "FULL"
    assert relevo("erase", folio, "--yes", env=network).returncode == 2
    assert relevo("erase", folio, "--yes", "--reason", WHY, env=network).returncode == 0
    assert (await seen(cast.shelter, referral))["personAccess"] == "ERASED"
    assert relevo("erase", folio, "--yes", "--reason", WHY, env=network).returncode == 4
    # What was entered of her reads and her erasure names nobody, and is whole.
    whole = relevo("audit", "verify", env=network)
    assert (whole.returncode, whole.stderr) == (0, "")
