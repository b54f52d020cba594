"""A correction that changes nothing: no version, no entry, and nobody learns by it what is not for her."""

from typing import Any

from contracts.audit import AuditKind
from contracts.codes import Gender, NoteCategory, Priority, Role, Scope
from contracts.correcting import CORRECT, CorrectReferral
from contracts.edited import EditedConsent, EditedPerson
from contracts.referrals import Note
from contracts.rpc import Actor
from services.referrals.store import Store
from tests.referrals import cast
from tests.referrals.audit.chains import Watched
from tests.referrals.cases import OPERATIONS, Case, new_case
from tests.referrals.conftest import Network

OPERATIONS |= {CorrectReferral: CORRECT}
NAME = EditedPerson(age_band=cast.PERSON.age_band, gender=Gender.FEMALE, name=cast.PERSON.name)


async def version_after(case: Case, actor: Actor | None = None, **said: Any) -> int:
    """The version that a correction comes to."""
    reply = await case.take(CorrectReferral, actor or case.sender, **said)
    return reply.referral.version


async def test_what_stands_there_already_is_no_change_and_nobody_is_told(
    network: Network, store: Store
) -> None:
    case = await new_case(network)
    before = await store.load(case.id)
    assert before is not None
    for said in (
        {"priority": Priority.URGENT},
        {"person": NAME},
        {"household": cast.HOUSEHOLD},
        {"notes": cast.NOTES},
        # In another order, but each category in its own.
        {"notes": (cast.NOTES[0], cast.NOTES[2], cast.NOTES[1])},
        {"consent": EditedConsent(basis=cast.consent().basis, purpose=cast.consent().purpose)},
    ):
        assert await version_after(case, **said) == 1, said
    after = await store.load(case.id)
    assert after is not None
    kept = ("version", "n", "history", "updated_at", "idempotency", "sealed_t2", "sealed_t3")
    assert {name: after[name] for name in kept} == {name: before[name] for name in kept}
    assert await version_after(case, priority=Priority.ROUTINE, person=NAME) == 2, "one of them is new"


async def test_its_key_is_kept(network: Network) -> None:
    case = await new_case(network)
    keyed = {"idempotency_key": f"same-{case.id}"}
    first = await case.take(CorrectReferral, case.sender, **keyed, priority=Priority.URGENT)
    assert (first.replayed, first.referral.version) == (False, 1)
    refused = await case.refused(CorrectReferral, case.sender, **keyed, priority=Priority.ROUTINE)
    assert refused == "IDEMPOTENCY_KEY_REUSED"
    await case.take(CorrectReferral, case.sender, priority=Priority.ROUTINE)
    again = await case.take(CorrectReferral, case.sender, **keyed, priority=Priority.URGENT)
    assert (again.replayed, again.referral.priority) == (True, Priority.ROUTINE), "it was done before that"


async def test_who_may_not_read_the_notes_does_not_learn_that_these_are_they(network: Network) -> None:
    case = await new_case(network)
    manager = network.member("casa", Role.MANAGER)
    system = network.client("casa", Scope.REFERRALS_SEND, Scope.REFERRALS_READ, Scope.REFERRALS_READ_PERSON)
    for version, actor in enumerate((manager, system), 2):
        assert await version_after(case, actor, notes=cast.NOTES) == version
        wrong = (Note(category=NoteCategory.HEALTH, text="otra cosa"),)
        other = await new_case(network)
        assert await version_after(other, actor, notes=wrong) == 2, "as what is something else"
    assert await version_after(case, notes=cast.NOTES) == 3, "to a caseworker it is told"
    assert await version_after(case, manager, person=NAME) == 3, "who she is, a manager reads"


async def test_to_learn_that_this_is_her_name_is_a_reading(network: Network) -> None:
    case = await new_case(network)
    async with Watched(network, "casa") as shelter:
        for said in ({"priority": Priority.URGENT}, {"person": NAME}, {"notes": cast.NOTES}):
            await version_after(case, **said, tiers=("T2",))
        found = [one for one in await shelter.new() if case.folio in one.about]
    assert [(one.kind, one.tiers) for one in found] == [(AuditKind.READ, ("T3",)), (AuditKind.READ, ("T4",))]
