"""Editing pathways: by coordinators, each version kept, what the law asks for never taken out."""

import asyncio
import itertools
from dataclasses import replace
from typing import Any

import msgspec
import pytest

from chassis.problems import RefusedError
from contracts.codes import Need, NetworkRole, OrganizationKind, Priority, Vulnerability
from contracts.pathways import (
    EDIT_PATHWAY,
    GET_GUIDE,
    GET_PATHWAYS,
    LIST_VERSIONS,
    EditPathway,
    GetGuide,
    GetPathways,
    ListVersions,
    Pathway,
    PathwayReply,
    PathwayView,
    Step,
    Wording,
)
from contracts.rpc import Actor
from contracts.screening import DRAFT_FROM_SCREENING, Answered, DraftFromScreening
from services.referrals.pathways.library import Library
from services.referrals.pathways.shipped import shipped
from services.referrals.pathways.store import PathwayStore
from services.referrals.store import Store
from tests.referrals.conftest import Network

_keys = (f"edit-{number}" for number in itertools.count())
WORDS = Wording(es="Nuevo", en="New")


def coordinator(network: Network) -> Actor:
    return network.member("casa", "manager", network_roles=(NetworkRole.COORDINATOR,))


async def now(network: Network, code: str) -> PathwayView:
    (found,) = (await network.ask(GET_PATHWAYS, GetPathways(codes=(code,)), coordinator(network))).items
    return found


async def edit(network: Network, pathway: Pathway, version: str | None, **more: Any) -> PathwayReply:
    given = {"idempotency_key": next(_keys), "note": "Revisión jurídica", **more}
    actor = given.pop("actor", coordinator(network))
    return await network.ask(
        EDIT_PATHWAY, EditPathway(pathway=pathway, expected_version=version, **given), actor
    )


async def refused(network: Network, pathway: Pathway, version: str | None, **more: Any) -> RefusedError:
    with pytest.raises(RefusedError) as refusal:
        await edit(network, pathway, version, **more)
    return refusal.value


async def test_an_edit_is_in_force_at_once_and_every_version_stays(network: Network) -> None:
    before = await now(network, "missing_person")
    changed = msgspec.structs.replace(before.pathway, title=WORDS)
    made = (await edit(network, changed, before.version)).item
    assert made.version != before.version
    assert (made.shipped, made.organization, made.note) == (False, network.ids["casa"], "Revisión jurídica")
    assert await now(network, "missing_person") == made
    again = msgspec.structs.replace(changed, warnings=(WORDS,))
    last = (await edit(network, again, made.version)).item
    versions = (
        await network.ask(LIST_VERSIONS, ListVersions(code="missing_person"), coordinator(network))
    ).items
    assert [one.version for one in versions] == [last.version, made.version, before.version]
    asked = GetPathways(codes=("missing_person",), version=before.version)
    assert (await network.ask(GET_PATHWAYS, asked, coordinator(network))).items[0].pathway == before.pathway


async def test_a_network_makes_a_pathway_of_its_own_and_ends_it(network: Network) -> None:
    own = Pathway(
        code="albinism",
        title=WORDS,
        vulnerabilities=(Vulnerability.DISABILITY,),
        priority=(await now(network, "pregnancy")).pathway.priority,
        steps=(Step(code="one", words=WORDS, mandatory=True, kinds=(OrganizationKind.HEALTH,)),),
    )
    assert (await edit(network, own, None)).item.version == "0.1"
    asked = GetGuide(vulnerabilities=(Vulnerability.DISABILITY,))
    guide = await network.ask(GET_GUIDE, asked, coordinator(network))
    assert [one.step for one in guide.mandatory_steps] == ["albinism.one"]
    await edit(network, msgspec.structs.replace(own, vulnerabilities=()), "0.1")
    assert (await network.ask(GET_GUIDE, asked, coordinator(network))).pathways == ()


async def test_the_same_key_again_is_the_same_edit(network: Network) -> None:
    before = await now(network, "trafficking")
    changed = msgspec.structs.replace(before.pathway, title=WORDS)
    first = await edit(network, changed, before.version, idempotency_key="twice")
    again = await edit(network, changed, before.version, idempotency_key="twice")
    assert (again.item, again.replayed) == (first.item, True)
    other = await refused(network, before.pathway, before.version, idempotency_key="twice")
    assert other.code == "IDEMPOTENCY_KEY_REUSED"


async def test_of_many_who_edit_the_same_version_one_is_first(network: Network) -> None:
    before = await now(network, "victim_of_crime")
    edits = [
        edit(network, msgspec.structs.replace(before.pathway, sources=(f"Ley {one}",)), before.version)
        for one in range(8)
    ]
    done = await asyncio.gather(*edits, return_exceptions=True)
    assert sum(isinstance(one, PathwayReply) for one in done) == 1
    assert {one.code for one in done if isinstance(one, RefusedError)} == {"STALE_VERSION"}


async def test_an_edit_says_which_version_it_is_of_and_changes_something(network: Network) -> None:
    before = await now(network, "gender_based_violence")
    changed = msgspec.structs.replace(before.pathway, title=WORDS)
    unsaid = await refused(network, changed, None)
    assert [(one.path, one.code) for one in unsaid.fields] == [(("expected_version",), "REQUIRED")]
    assert "gender_based_violence" in unsaid.fields[0].message
    stale = await refused(network, changed, "0.9")
    assert (stale.code, "gender_based_violence" in stale.detail) == ("STALE_VERSION", True)
    same = await refused(network, before.pathway, before.version)
    assert [one.path for one in same.fields] == [("pathway",)]
    assert await now(network, "gender_based_violence") == before


async def test_what_the_law_asks_for_is_not_taken_out(network: Network) -> None:
    before = await now(network, "unaccompanied_child")
    pathway = before.pathway
    step = next(one for one in pathway.steps if one.by_law)
    without = tuple(one for one in pathway.steps if one is not step)
    weaker = msgspec.structs.replace(step, kinds=(OrganizationKind.SHELTER,), only_for=None)
    optional = msgspec.structs.replace(step, mandatory=False, by_law=False)
    for change, paths in (
        ({"steps": without}, {("steps",)}),
        ({"steps": (*without, weaker)}, {("steps", "6", "kinds"), ("steps", "6", "only_for")}),
        ({"steps": (*without, optional)}, {("steps", "6", "mandatory"), ("steps", "6", "by_law")}),
        ({"vulnerabilities": (Vulnerability.SEPARATED_CHILD,)}, {("vulnerabilities",)}),
    ):
        refusal = await refused(network, msgspec.structs.replace(pathway, **change), before.version)
        assert {problem.path[1:] for problem in refusal.fields} == paths
    words = msgspec.structs.replace(step, words=WORDS)
    kept = await edit(network, msgspec.structs.replace(pathway, steps=(*without, words)), before.version)
    assert kept.item.pathway.steps[-1].words == WORDS


async def test_all_that_is_wrong_with_an_edit_is_said_at_once(network: Network) -> None:
    before = await now(network, "pregnancy")
    wrong = msgspec.structs.replace(
        before.pathway,
        needs=(Need.PRENATAL_CARE, Need.PRENATAL_CARE),
        steps=(
            Step(code="a", words=WORDS, mandatory=True),
            Step(code="a", words=WORDS, mandatory=True, kinds=(OrganizationKind.POLICE,)),
        ),
    )
    refusal = await refused(network, wrong, before.version)
    assert {problem.path[1:] for problem in refusal.fields} == {
        ("needs",), ("steps", "0", "kinds"), ("steps", "1", "code"), ("steps", "1", "kinds"),
    }  # fmt: skip
    assert await now(network, "pregnancy") == before


async def test_only_coordinators_edit(network: Network) -> None:
    before = await now(network, "pregnancy")
    keeps = {"network_roles": (NetworkRole.COORDINATOR,)}
    for actor in (
        network.member("casa", "manager"),
        network.client("casa", "directory:write"),
        network.client("casa", "referrals:send", **keeps),
        network.member("nueva", "manager", **keeps),
    ):
        assert (await refused(network, before.pathway, before.version, actor=actor)).code == "FORBIDDEN"
    client = network.client("casa", "directory:write", **keeps)
    changed = msgspec.structs.replace(before.pathway, title=WORDS)
    assert (await edit(network, changed, before.version, actor=client)).item.shipped is False


async def test_another_replica_learns_of_an_edit_and_a_newer_text_is_named(
    network: Network, store: Store
) -> None:
    other = Library(PathwayStore(store.db), shipped())
    await other.begin()
    before = await now(network, "voluntary_return")
    changed = msgspec.structs.replace(before.pathway, title=WORDS)
    made = (await edit(network, changed, before.version)).item
    await other.look()
    kept = other.get("voluntary_return")
    assert kept is not None
    assert other.view(kept) == made
    newer = {code: replace(version, edition=2) for code, version in shipped().items()}
    later = Library(PathwayStore(store.db), newer)
    await later.begin()
    found = later.get("voluntary_return")
    assert found is not None
    assert later.view(found).newer_edition == 2


async def test_a_draft_from_screening_is_replayed_also_after_a_pathway_was_edited(network: Network) -> None:
    answers = (
        Answered(question="age", answers=("adult",)),
        Answered(question="fear", answers=("wants_back",)),
    )
    request = DraftFromScreening(idempotency_key=next(_keys), answers=answers)
    actor = network.caseworker("casa")
    begun = await network.ask(DRAFT_FROM_SCREENING, request, actor)
    assert (begun.referral.need, begun.referral.priority) == (Need.VOLUNTARY_RETURN, Priority.ROUTINE)
    before = await now(network, "voluntary_return")
    pressing = msgspec.structs.replace(before.pathway, priority=Priority.URGENT)
    edited = (await edit(network, pressing, before.version)).item
    again = await network.ask(DRAFT_FROM_SCREENING, request, actor)
    assert (again.referral, again.replayed) == (begun.referral, True)
    # Another request is another one, before anything is said of what its answers propose.
    other = msgspec.structs.replace(request, need=Need.FOOD)
    with pytest.raises(RefusedError) as refusal:
        await network.ask(DRAFT_FROM_SCREENING, other, actor)
    assert refusal.value.code == "IDEMPOTENCY_KEY_REUSED"
    fresh = msgspec.structs.replace(request, idempotency_key=next(_keys))
    assert (await network.ask(DRAFT_FROM_SCREENING, fresh, actor)).referral.priority is Priority.URGENT
    await edit(network, before.pathway, edited.version)
