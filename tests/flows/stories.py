"""Stories of several referrals that belong together, with all that may happen to them; told by ``Work``."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

from pymongo.errors import PyMongoError

from contracts.events import REFERRAL_EVENTS
from gateway.ids import global_id
from tests.flows.cast import Cast
from tests.flows.checker import Asked
from tests.flows.client import Json, LostError
from tests.flows.courses import (
    ACCEPT,
    ACKNOWLEDGE,
    COLLEAGUE,
    COMPLETE,
    COORDINATOR,
    COURSES,
    HOSPITAL,
    PROPOSE,
    RECEIVE,
    SHELTER,
    START,
    THIRD,
    Step,
    in_days,
)
from tests.flows.test_capacity import new_service, said
from tests.flows.test_deadlines import wind_on
from tests.flows.test_group import ISSUE, need
from tests.flows.test_matching import coordinator_of
from tests.flows.test_membership import deed
from tests.flows.test_one_referral import PERSON
from tests.flows.test_redirect import fresh
from tests.flows.test_steps import BOY, authority
from tests.flows.work import Case, Group, Story, Work, story_of
from tests.servers import eventually

DECLINED: Step = (THIRD, "declineReferral", "declined", {"reason": "OUT_OF_AREA"})
ACCEPTED_THERE: Step = (THIRD, "acceptReferral", "accepted", {"arriveBy": in_days(2)})
AUTHORITY = "procuraduria"
# The member of the hospital to whom work is given.
MEMBER = "turno-9"
PLACES = 10_000
PATIENCE = 60.0


@asynccontextmanager
async def staged(cast: Cast) -> AsyncIterator[str]:
    """Whoever the stories take beside the cast; yields a service of the hospital's that counts places."""
    async with coordinator_of(cast):
        cast.services["ninez"] = await authority(cast)
        await deed(cast.hospital, "inviteMember", reference=MEMBER, roles=["CASEWORKER"])
        service = await new_service(cast)
        await said(cast.hospital, service, {"unit": "bed", "maximum": PLACES, "available": PLACES})
        yield service


async def redirected(work: Work) -> None:
    """Another service is proposed, refused, proposed again and taken; there it is accepted."""
    case = await work.issue()
    refused: Step = (SHELTER, "refuseRedirect", "redirect_refused", {})
    await work.take(case, RECEIVE, PROPOSE, refused, PROPOSE)
    new = await redirect(work, case)
    await work.take(new, ACCEPTED_THERE)
    await work.take(case, ACKNOWLEDGE)


async def redirect(work: Work, case: Case) -> Case:
    """Confirm what the hospital proposes, with fresh consent; return the referral that takes its place."""
    service = work.cast.services["asesoria"]
    try:
        payload = await work.change(
            case, SHELTER, "confirmRedirect", "redirected", service=service, consent=fresh()
        )
    except LostError:
        work.record.append(Asked(None, "sent", None, told=frozenset({SHELTER, THIRD})))
        raise
    new = work.begun(payload["newReferral"], SHELTER, THIRD)
    case.links["redirectedTo"] = new.folio, case.parties
    new.links["redirectedFrom"] = case.folio, new.parties
    return new


async def referred_on(work: Work) -> None:
    """The hospital takes somebody in, and refers her on as a sender of its own."""
    case = await work.issue()
    await work.take(case, ACCEPT)
    on = await work.made(
        HOSPITAL, THIRD, "referOn", referral=case.id, service=work.cast.services["asesoria"],
        need="LEGAL_ASSISTANCE", consent=fresh(),
    )  # fmt: skip
    on.links["referredFrom"] = case.folio, frozenset({HOSPITAL})
    await work.take(on, ACCEPTED_THERE)
    await work.take(case, START)


async def family(work: Work) -> None:
    """Several needs at once, one of which nobody can meet; one of the others is redirected."""
    needs = [
        need(work.cast, work.service, need="EMERGENCY_SHELTER"),
        need(work.cast, "consulta", need="PRENATAL_CARE"),
        need(work.cast, global_id("Service", "nobodys")),
        need(work.cast, "asesoria", need="LEGAL_ASSISTANCE"),
    ]
    receivers = (HOSPITAL, HOSPITAL, THIRD)
    bed, doctor, lawyer = await _issued(work, needs, receivers, ["NOT_FOUND"], partial=True)
    bed.counted = True
    await work.take(bed, ACCEPT, START)
    await work.take(doctor, PROPOSE)
    new = await redirect(work, doctor)
    new.group = doctor.group
    assert new.group is not None
    new.group.cases.append(new)
    await work.take(lawyer, DECLINED, ACKNOWLEDGE)


async def deceased(work: Work) -> None:
    """One receiver says that she died: the sender is told of the other referral, and nobody else is."""
    needs = [need(work.cast, "consulta"), need(work.cast, "asesoria")]
    first, second = await _issued(work, needs, (HOSPITAL, THIRD), [])
    await work.take(first, ACCEPT, (HOSPITAL, "endReferral", "ended", {"reason": "DECEASED"}))

    async def flags() -> list[str]:
        found = await work.clients[SHELTER].ask(
            "query ($id: ID!) { referral(id: $id) { flags } }", id=second.id
        )
        return list(found["referral"]["flags"])

    await eventually(flags, within=PATIENCE)
    work.noted(second, "person_flagged", SHELTER)
    await work.take(second, (SHELTER, "cancelReferral", "cancelled", {"reason": "DECEASED"}))


async def _issued(
    work: Work, needs: list[Json], receivers: tuple[str, ...], refused: list[str], **more: Any
) -> list[Case]:
    """A group as it was issued, by two requests at once with one key."""
    inputs = {
        "needs": needs, "state": "CHP", "priority": "ROUTINE", "person": PERSON, **more,
        "idempotencyKey": str(uuid.uuid4()),
    }  # fmt: skip
    asked = [work.clients[SHELTER].ask(ISSUE, input=inputs) for _ in range(2)]
    try:
        first, second = [one["issueReferralGroup"] for one in await asyncio.gather(*asked)]
    except LostError:
        parties = [frozenset({SHELTER, receiver}) for receiver in receivers]
        work.record += [Asked(None, "sent", None, told=told) for told in parties]
        raise
    assert [error["code"] for error in first["userErrors"]] == refused
    shown = first["group"]
    for answer in (first, second):
        assert [item["id"] for item in answer["group"]["items"]] == [item["id"] for item in shown["items"]]
    cases = [
        work.begun(item, SHELTER, receiver) for item, receiver in zip(shown["items"], receivers, strict=True)
    ]
    group = Group(shown["id"], list(cases))
    for case in cases:
        case.group = group
    return cases


async def contested(work: Work) -> None:
    """Two accept at once, each for other places: one does, and its places are those that are kept."""
    case = await work.issue()
    places = [[{"unit": "bed", "count": count}] for count in (1, 2)]
    hospital = work.clients[HOSPITAL]
    # The same input under each key, however often: who died may have written it, and not said so.
    keys, by = [str(uuid.uuid4()) for _ in places], in_days(2)
    accepted: list[Json] = []
    while not accepted:
        try:
            payloads = await asyncio.gather(
                *(
                    hospital.change("acceptReferral", key=key, referral=case.id, arriveBy=by, places=wanted)
                    for key, wanted in zip(keys, places, strict=True)
                )
            )
        except LostError:
            work.lose(case, "accepted")
            raise
        accepted = [one for one in payloads if not one["userErrors"]]
        codes = {error["code"] for one in payloads for error in one["userErrors"]}
        assert codes <= {"WRONG_STATUS", "CAPACITY_UNREACHABLE"}, codes
    assert len(accepted) == 1
    work.happened(case, "accepted", accepted[0]["referral"]["version"], "ACCEPTED")


async def talked(work: Work) -> None:
    """The parties write to one another, and the referral is given to one of the hospital's members."""
    case = await work.issue()
    await say(work, case, SHELTER, HOSPITAL, "¿A qué hora abren?")
    await say(work, case, HOSPITAL, SHELTER, "A las ocho")
    await work.beside(case, HOSPITAL, "assignReferral", ("assigned", HOSPITAL), reference=MEMBER)
    await work.beside(case, SHELTER, "markReferralMessagesRead", upTo=2)
    await work.take(case, RECEIVE)
    await say(work, case, HOSPITAL, SHELTER, "La esperamos")
    await work.take(case, ACCEPT, COMPLETE)


async def say(work: Work, case: Case, who: str, told: str, text: str) -> None:
    """Write to the other party."""
    await work.beside(case, who, "sendReferralMessage", ("message_sent", told), text=text)
    case.messages.append(("SENDER" if who == case.sender else "RECEIVER", text))


async def boy(work: Work) -> None:
    """His bread is not refused; the mandatory step is a task until the authority is told."""
    bread = await work.issue(need="FOOD", person=BOY, service=work.cast.services["consulta"])
    told = await work.made(
        SHELTER, AUTHORITY, "issueReferral",
        **work.cast.issue(
            need="CHILD_PROTECTION", priority="URGENT", person=BOY, follows=bread.folio,
            service=work.cast.services["ninez"],
        ),
    )  # fmt: skip
    told.links["follows"] = bread.folio, frozenset({SHELTER})
    await work.take(bread, RECEIVE, ACCEPT)


async def drafted(work: Work) -> None:
    """A draft is edited and sent; then it was an error, and a coordinator voids it: its place is free."""
    shelter = work.clients[SHELTER]
    asked = work.cast.issue(service=work.service)
    draft = (await shelter.change("draftReferral", need=asked["need"]))["referral"]
    for mutation, inputs in (("updateDraft", asked), ("sendReferral", {})):
        payload = await shelter.change(mutation, referral=draft["id"], **inputs)
        assert not payload["userErrors"], (mutation, payload)
    case = work.begun(payload["referral"], SHELTER, HOSPITAL)
    case.counted = True
    await work.take(case, ACCEPT, (COORDINATOR, "voidReferral", "voided", {"note": "Se capturó dos veces"}))


async def withdrew(work: Work) -> None:
    """She takes her consent back before she comes: one change, of which two words are told."""
    case = await work.issue()
    await work.take(case, ACCEPT)
    await work.take(case, (SHELTER, "withdrawConsent", "cancelled", {}))
    work.noted(case, "consent_withdrawn", SHELTER, HOSPITAL)
    await work.take(case, (HOSPITAL, "confirmErasure", "erasure_confirmed", {}))


async def objected(work: Work) -> None:
    """What the law asks for goes on, as a second member confirms; that she objects is told."""
    case = await work.issue(consent={"basis": "LEGAL_OBLIGATION", "reason": "Orden de un juzgado"})
    reviewed: Step = (COLLEAGUE, "reviewBasis", "basis_reviewed", {"confirm": True})
    await work.take(case, reviewed, (SHELTER, "withdrawConsent", "objected", {"note": "No quiere"}), ACCEPT)


async def erased(work: Work) -> None:
    """What is over is erased of the person, as she asks: a coordinator does it."""
    case = await work.issue()
    moved_on: Step = (HOSPITAL, "endReferral", "ended", {"reason": "MOVED_ON"})
    erase: Step = (COORDINATOR, "eraseReferral", "person_erased", {"note": "Lo pide ella"})
    await work.take(case, ACCEPT, moved_on, erase)


async def lapsed(work: Work) -> None:
    """The sender leaves a proposed redirect alone until it lapses; the receiver then helps by itself."""
    case = await work.issue(priority="URGENT")
    await work.take(case, RECEIVE, PROPOSE)
    decide, _ = work.urgent
    await wind(work, case, timedelta(hours=decide + 1))
    await _until(work, case, lambda seen: seen["version"] > case.version)
    work.happened(case, "redirect_refused", case.version + 1, "RECEIVED")
    await work.take(case, ACCEPT, START, COMPLETE)


async def late(work: Work) -> None:
    """Nobody answers: it is told to be overdue and expires; then the receiver says that she is there."""
    case = await work.issue(priority="URGENT")
    decide, expire = work.urgent
    await wind(work, case, timedelta(hours=expire + 1))
    # Its end is put off when it is told to be overdue: first it has to be known.
    await _until(work, case, lambda seen: seen["deadlines"]["expiresAt"] > in_days(0))
    work.noted(case, "overdue", SHELTER, HOSPITAL)
    await wind(work, case, timedelta(hours=min(12, expire - decide) + 1))
    await _until(work, case, lambda seen: seen["status"] == "EXPIRED")
    work.happened(case, "expired", case.version + 1, "EXPIRED")
    await work.take(case, START)


async def wind(work: Work, case: Case, by: timedelta) -> None:
    """Let so much time pass for one referral, or more: the database may be away in the middle of it."""

    async def wound() -> bool:
        try:
            await wind_on(work.cast, case.id, by)
        except PyMongoError:
            return False
        return True

    await eventually(wound, within=PATIENCE)


async def _until(work: Work, case: Case, holds: Any) -> None:
    asked = "query ($id: ID!) { referral(id: $id) { status version deadlines { expiresAt overdue } } }"

    async def look() -> Json:
        found: Json = (await work.clients[SHELTER].ask(asked, id=case.id))["referral"]
        return found

    await eventually(look, holds, within=PATIENCE)


# What is told of referrals in all these stories; an organization's deactivation is a matter of its own.
EVENTS = (frozenset(REFERRAL_EVENTS) - {"flagged", "unflagged"}) | {
    "message_sent", "assigned", "person_flagged", "overdue",
}  # fmt: skip
# Some go on beyond the end of the work: so places are held and occupied when it is over.
OPEN: tuple[Story, ...] = (
    story_of((ACCEPT,)),
    story_of((ACCEPT, START)),
    # Her bed stays hers, also when nobody may know any more whose it is.
    story_of((ACCEPT, START, (SHELTER, "withdrawConsent", "consent_withdrawn", {}))),
    story_of(
        (
            ACCEPT,
            START,
            (HOSPITAL, "pauseReferral", "paused", {"reason": "OTHER", "note": "x", "resumeAt": in_days(1)}),
        )
    ),
)
ALL: tuple[Story, ...] = (
    redirected, family, lapsed, talked, boy, late, contested, referred_on, drafted, deceased, withdrew,
    objected, erased,
    *(story_of(course) for course in COURSES), *OPEN,
)  # fmt: skip
