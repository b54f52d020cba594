"""What a person withholds from a receiver: it is shown by no way, and stays hers through every change."""

import itertools
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from chassis.problems import RefusedError
from contracts.changes import Accept
from contracts.codes import (
    AgeBand,
    Box,
    Gender,
    NoteCategory,
    PersonAccess,
    Priority,
    Role,
    State,
    Vulnerability,
)
from contracts.consent_codes import WithheldField
from contracts.correcting import CORRECT, CorrectReferral
from contracts.lists import LIST, ListReferrals
from contracts.onward import REFER_ON
from contracts.redirects import ProposeRedirect
from contracts.referrals import (
    GET,
    HISTORY,
    ISSUE,
    GetHistory,
    GetReferrals,
    PersonView,
    Referral,
    Tier,
)
from contracts.rpc import Actor, Page
from services.referrals.sealed import Circumstances, Identity, Opened, for_receiver
from services.referrals.store import Store
from services.referrals.vault import Vault
from tests.referrals import cast
from tests.referrals.cases import OPERATIONS, Case, new_case, soon
from tests.referrals.conftest import Network
from tests.referrals.test_onward import request as onward
from tests.referrals.test_redirect import confirmed, fresh

OPERATIONS |= {CorrectReferral: CORRECT}
_keys = (f"withheld-{number}" for number in itertools.count())
OF_HER = ("gender", "languages", "name", "alias", "birth_date", "safe_contact", "instructions")
ALL: tuple[Tier, ...] = ("T2", "T3", "T4")


def withholding(*fields: WithheldField, **changes: Any) -> Any:
    """Her consent, which withholds them."""
    return cast.consent(datetime.now(UTC), withheld=fields or tuple(WithheldField), **changes)


async def case_of(network: Network, **changes: Any) -> Case:
    person = cast.with_person(birth_date=datetime(1990, 5, 4, tzinfo=UTC).date())
    return await new_case(network, person=person, consent=withholding(), **changes)


async def read(case: Case, actor: Actor, *tiers: Tier) -> Referral:
    request = GetReferrals(ids=(case.id,), tiers=tiers)
    (found,) = (await case.network.ask(GET, request, actor)).items
    assert found is not None
    return found


def hidden(seen: Referral) -> bool:
    """Whether nothing of all that can be withheld is there, nor what tells it beside it."""
    person, consent = seen.person or PersonView(), seen.consent
    assert consent is not None
    telling = (person.needs_interpreter, consent.language, consent.method)
    # It is her child's, and no one's else.
    named = Vulnerability.ACCOMPANIED_CHILD in (consent.vulnerabilities or ())
    if named or any(one is not None for one in telling):
        return False
    return seen.household is None and all(getattr(person, name) is None for name in OF_HER)


async def test_nothing_of_it_is_shown_whatever_is_asked_for(network: Network) -> None:
    case = await case_of(network)
    await case.take(Accept, arrive_by=soon())
    asked = [of for count in range(4) for of in itertools.combinations(ALL, count)]
    for roles in ((Role.CASEWORKER,), (Role.MANAGER,), (Role.CASEWORKER, Role.MANAGER)):
        actor = network.member("clinica", *roles)
        for tiers in asked:
            assert hidden(await read(case, actor, *tiers)), (roles, tiers)
    inbox = ListReferrals(page=Page(first=1), box=Box.INBOX, tiers=ALL)
    (listed,) = (await network.ask(LIST, inbox, case.receiver)).items
    assert (listed.id, hidden(listed)) == (case.id, True)
    client = network.client("clinica", "referrals:read", "referrals:read_person", "referrals:answer")
    assert hidden(await read(case, client, *ALL))
    # What it needs to answer is there, and that all is not.
    seen = await read(case, case.receiver, *ALL)
    assert seen.person is not None
    assert seen.person.age_band == "adult"
    assert seen.person_access is PersonAccess.NOT_CONSENTED
    assert seen.consent is not None
    assert seen.consent.withheld is None
    assert (await read(case, case.receiver, "T3")).person == PersonView()


async def test_before_acceptance_and_in_the_answer_to_a_command_neither(network: Network) -> None:
    case = await case_of(network)
    assert hidden(await read(case, case.receiver, *ALL))
    reply = await case.take(Accept, arrive_by=soon(), tiers=ALL)
    assert hidden(reply.referral)


async def test_that_a_household_was_corrected_is_not_told_by_its_name(network: Network) -> None:
    case = await case_of(network)
    alone = await new_case(network, consent=withholding(WithheldField.NAME))
    for one in (case, alone):
        await one.take(CorrectReferral, one.sender, household=cast.HOUSEHOLD, state=State.OAX)

    async def corrected(one: Case, actor: Actor) -> tuple[str, ...]:
        entries = (await network.ask(HISTORY, GetHistory(referral=one.id, page=Page(first=9)), actor)).items
        return tuple(name for entry in entries for name in entry.corrected or ())

    for one, actor, expected in (
        (case, case.sender, {"household", "state"}),
        (case, case.receiver, {"person", "state"}),
        (alone, alone.receiver, {"household", "state"}),
    ):
        assert set(await corrected(one, actor)) == expected


async def test_its_sender_sees_all_of_it(network: Network) -> None:
    case = await case_of(network)
    seen = await read(case, case.sender, *ALL)
    assert seen.person is not None
    assert all(getattr(seen.person, name) is not None for name in OF_HER)
    assert (seen.household, seen.person_access) == (cast.HOUSEHOLD, PersonAccess.FULL)
    assert seen.consent is not None
    assert set(seen.consent.withheld or ()) == set(WithheldField)
    viewer = await read(case, network.member("casa", Role.VIEWER), *ALL)
    assert viewer.consent is not None
    assert viewer.consent.withheld is None


@pytest.mark.parametrize("field", [WithheldField.NAME, WithheldField.SAFE_CONTACT, WithheldField.GENDER])
async def test_only_what_she_withholds_is(network: Network, field: WithheldField) -> None:
    case = await new_case(network, consent=withholding(field), notes=())
    await case.take(Accept, arrive_by=soon())
    seen = await read(case, case.receiver, *ALL)
    assert seen.person is not None
    assert seen.person_access is PersonAccess.NOT_CONSENTED
    there = {name for name in OF_HER if getattr(seen.person, name) is not None}
    assert there == set(OF_HER) - {"birth_date", field.value}
    assert seen.household is not None
    # Whatever is asked for beside it.
    of_t3 = set(OF_HER) - {"birth_date", "gender", "languages", field.value}
    seen = await read(case, case.receiver, "T3")
    assert {name for name in OF_HER if getattr(seen.person, name) is not None} == of_t3


async def test_what_a_child_says_is_withheld_too_and_a_suspicion_is_not(network: Network) -> None:
    girl = cast.with_person(age_band=AgeBand.CHILD, vulnerabilities=(), safe_contact=None)
    given = withholding(
        WithheldField.CHILD_VIEW, vulnerabilities=(), child=cast.CHILD, caregiver_suspected=True
    )
    case = await new_case(network, person=girl, household=None, consent=given)
    await case.take(Accept, arrive_by=soon())
    seen = (await read(case, case.receiver, *ALL)).consent
    assert seen is not None
    assert (seen.child, seen.caregiver_suspected) == (None, True)


async def test_a_correction_keeps_it_and_only_a_consent_that_says_so_opens_it(network: Network) -> None:
    case = await case_of(network)
    await case.take(Accept, arrive_by=soon())
    await case.take(CorrectReferral, case.sender, person=cast.with_person(name="Otra Canaria"))
    assert hidden(await read(case, case.receiver, *ALL))
    await case.take(CorrectReferral, case.sender, priority=Priority.ROUTINE, household=cast.HOUSEHOLD)
    assert hidden(await read(case, case.receiver, *ALL))
    await case.take(CorrectReferral, case.sender, consent=withholding(WithheldField.ALIAS))
    seen = await read(case, case.receiver, *ALL)
    assert seen.person is not None
    assert (seen.person.name, seen.person.alias) == ("Otra Canaria", None)
    # A consent that says nothing of it leaves it, and all else that may be known, as it was.
    before = (await read(case, case.sender, *ALL)).consent
    await case.take(CorrectReferral, case.sender, consent=cast.corrected(purpose="otro fin"))
    after = (await read(case, case.sender, *ALL)).consent
    assert before is not None
    assert after is not None
    assert after.purpose == "otro fin"
    stays = ("withheld", "categories", "vulnerabilities")
    assert [getattr(after, name) for name in stays] == [getattr(before, name) for name in stays]
    assert after.categories
    seen = await read(case, case.receiver, *ALL)
    assert seen.person is not None
    assert seen.person.alias is None
    await case.take(CorrectReferral, case.sender, consent=cast.corrected(withheld=()))
    seen = await read(case, case.receiver, *ALL)
    assert seen.person is not None
    assert seen.person.alias == "la Canarita"


async def test_which_notes_are_open_is_corrected_by_those_who_may_read_them(network: Network) -> None:
    case = await new_case(network)
    scopes = ("referrals:send", "referrals:read", "referrals:read_person")
    for actor in (network.client("casa", *scopes), network.member("casa", Role.MANAGER)):
        # Whatever it names: else each try would tell which are open.
        for categories in ((), (NoteCategory.HEALTH,), tuple(cast.consent().categories)):
            with pytest.raises(RefusedError) as refusal:
                await case.take(CorrectReferral, actor, consent=cast.corrected(categories=categories))
            (wrong,) = refusal.value.fields
            assert (wrong.code, wrong.path) == ("FORBIDDEN", ("consent", "categories"))
    await case.take(CorrectReferral, network.client("casa", *scopes), consent=cast.corrected())
    reader = network.client("casa", *scopes, "referrals:read_sensitive")
    await case.take(CorrectReferral, reader, consent=cast.corrected(categories=()))
    seen = (await read(case, case.sender, *ALL)).consent
    assert seen is not None
    assert seen.categories == ()


async def test_what_is_withheld_from_a_receiver_goes_no_further(network: Network) -> None:
    case = await case_of(network)
    await case.take(Accept, arrive_by=soon())
    consent = cast.consent(datetime.now(UTC), vulnerabilities=())
    made = (await network.ask(REFER_ON, onward(case, consent=consent), case.receiver)).referral
    new = Case(network, made)
    seen = await read(new, case.receiver, *ALL)
    assert seen.person is not None
    assert (seen.person.gender, seen.person.languages) == (Gender.UNKNOWN, ())
    assert (seen.person.name, seen.person.safe_contact, seen.household) == (None, None, None)


async def test_whoever_takes_its_place_is_told_what_the_fresh_consent_says(network: Network) -> None:
    case = await case_of(network)
    await case.take(ProposeRedirect, service=network.ids["comida"])
    given = fresh(withheld=(WithheldField.NAME,))
    made = (await confirmed(case, consent=given)).made
    assert made is not None
    new = Case(network, made)
    new.receiver = network.caseworker("tercera")
    await new.take(Accept, arrive_by=soon())
    seen = await read(new, new.receiver, *ALL)
    assert seen.person is not None
    assert (seen.person.name, seen.person.alias) == (None, "la Canarita")


async def test_a_field_is_named_once(network: Network) -> None:
    twice = withholding(WithheldField.NAME, WithheldField.NAME)
    request = cast.request(
        network.ids["consulta"], datetime.now(UTC), idempotency_key=next(_keys), consent=twice
    )
    with pytest.raises(RefusedError) as refusal:
        await network.ask(ISSUE, request, network.caseworker("casa"))
    assert [field.path for field in refusal.value.fields] == [("consent", "withheld")]


async def test_where_it_is_not_known_any_more_what_is_withheld_nothing_of_her_is_shown(
    network: Network, store: Store, vault: Vault
) -> None:
    case = await case_of(network)
    await case.take(Accept, arrive_by=soon())
    doc = await store.load(case.id)
    assert doc is not None
    await vault.erase([doc["key_t2"]])
    seen = await read(case, case.receiver, "T3")
    assert hidden(seen)
    assert for_receiver(Opened(identity=Identity(name="A"))).identity is None
    assert for_receiver(Opened(circumstances=Circumstances(need=doc["need"]))).circumstances is not None


async def test_a_referral_of_before_shows_what_it_showed(network: Network, store: Store) -> None:
    case = await new_case(network)
    await case.take(Accept, arrive_by=soon())
    before = await read(case, case.receiver, *ALL)
    await store.referrals.update_one({"_id": case.id}, {"$unset": {"withholds": ""}})
    assert await read(case, case.receiver, *ALL) == before
    assert before.person is not None
    assert before.person.name == "Abigail Canaria"


def test_what_can_be_withheld_is_a_field_of_hers() -> None:
    names = set(msgspec.structs.asdict(cast.PERSON)) | {"household", "child_view"}
    assert {one.value for one in WithheldField} <= names
