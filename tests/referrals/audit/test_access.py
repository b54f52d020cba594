"""Who reads which audit: managers their own, auditors every one, and nobody else any."""

import pytest

from chassis.problems import RefusedError
from contracts.audit import (
    LIST_AUDIT,
    LIST_AUDIT_HEADS,
    AuditEntry,
    ListAudit,
    ListHeads,
)
from contracts.codes import NetworkRole, Role, Scope
from contracts.referrals import GET, GetReferrals
from contracts.rpc import Actor, Page
from services.referrals.audit.store import AuditStore
from services.referrals.store import Store
from tests.referrals.audit.chains import entries
from tests.referrals.audit.test_reads import ALL_TIERS, accepted
from tests.referrals.conftest import Network

AUDITOR = (NetworkRole.AUDITOR,)


@pytest.fixture(scope="module")
async def folio(network: Network) -> str:
    """Of a referral that the clinic has read."""
    made = await accepted(network)
    for name in ("clinica", "casa"):
        await network.ask(GET, GetReferrals(ids=(made.id,), tiers=ALL_TIERS), network.caseworker(name))
    return made.folio


def readers(network: Network) -> dict[str, tuple[Actor, str]]:
    """Who asks for the clinic's audit, and what becomes of it."""
    return {
        "manager": (network.member("clinica", Role.MANAGER), "shown"),
        "caseworker": (network.caseworker("clinica"), "FORBIDDEN"),
        "viewer": (network.member("clinica", Role.VIEWER, Role.INTAKE), "FORBIDDEN"),
        "client": (network.client("clinica", Scope.AUDIT_READ), "shown"),
        "client of all else": (
            network.client("clinica", *(set(Scope) - {Scope.AUDIT_READ})),
            "FORBIDDEN",
        ),
        "manager of another": (network.member("casa", Role.MANAGER), "NOT_FOUND"),
        "client of another": (network.client("casa", *Scope), "NOT_FOUND"),
        "coordinator": (
            network.member("tercera", Role.MANAGER, network_roles=(NetworkRole.COORDINATOR,)),
            "NOT_FOUND",
        ),
        "auditor": (network.member("tercera", network_roles=AUDITOR), "shown"),
        "auditing client": (
            network.client("tercera", Scope.AUDIT_READ, network_roles=AUDITOR),
            "shown",
        ),
        "auditor's other client": (network.client("tercera", network_roles=AUDITOR), "FORBIDDEN"),
        "police": (network.member("policia", Role.MANAGER, network_roles=AUDITOR), "FIREWALLED"),
        "not verified": (network.member("nueva", Role.MANAGER, network_roles=AUDITOR), "NOT_VERIFIED"),
    }


WHO = (
    "manager", "caseworker", "viewer", "client", "client of all else", "manager of another",
    "client of another", "coordinator", "auditor", "auditing client", "auditor's other client", "police",
    "not verified",
)  # fmt: skip


@pytest.mark.parametrize("who", WHO)
async def test_only_managers_read_their_own_and_auditors_all(network: Network, folio: str, who: str) -> None:
    assert {*WHO} == {*readers(network)}
    actor, wanted = readers(network)[who]
    if wanted == "shown":
        found = await entries(network, actor, organization=network.ids["clinica"], about=folio)
        assert [entry.about for entry in found] == [(folio,)]
        return
    with pytest.raises(RefusedError) as refusal:
        await entries(network, actor, organization=network.ids["clinica"], about=folio)
    assert refusal.value.problem.code == wanted
    with pytest.raises(RefusedError) as refusal:
        await entries(network, actor, organization="org_nobodys", about=folio)
    assert refusal.value.problem.code == wanted


async def test_an_auditor_sees_nothing_of_the_persons(network: Network, folio: str) -> None:
    auditor = network.member("tercera", network_roles=AUDITOR)
    (found,) = await entries(network, auditor, organization=network.ids["clinica"], about=folio)
    assert isinstance(found, AuditEntry)
    assert (await network.ask(GET, GetReferrals(ids=(folio,), tiers=ALL_TIERS), auditor)).items == (None,)


async def test_an_auditor_has_all_heads_and_a_manager_the_own(
    network: Network, store: Store, folio: str
) -> None:
    assert folio
    audits = AuditStore(store.db)
    for name in ("clinica", "casa"):
        head, at = await audits.head(network.ids[name])
        await audits.export(network.ids[name], head, at)
    request = ListHeads(page=Page(first=100))
    auditor = network.member("tercera", network_roles=AUDITOR)
    all_of_them = (await network.ask(LIST_AUDIT_HEADS, request, auditor)).items
    assert {network.ids["clinica"], network.ids["casa"]} <= {one.organization for one in all_of_them}
    own = (await network.ask(LIST_AUDIT_HEADS, request, network.member("clinica", Role.MANAGER))).items
    assert [one.organization for one in own] == [network.ids["clinica"]]
    head, _ = await audits.head(network.ids["clinica"])
    assert (own[0].number, own[0].hash) == (head.number, head.hash)
    seen: list[str | None] = []
    page: Page | None = Page(first=1)
    while page is not None:
        reply = await network.ask(LIST_AUDIT_HEADS, ListHeads(page=page), auditor)
        seen += [one.organization for one in reply.items]
        page = Page(first=1, after=reply.positions[-1]) if reply.has_next else None
    assert seen == [one.organization for one in all_of_them]


async def test_a_page_that_is_none_is_refused(network: Network) -> None:
    manager = network.member("clinica", Role.MANAGER)
    for page in (Page(), Page(first=0), Page(first=1, last=1), Page(first=1, after=("x",))):
        with pytest.raises(RefusedError) as refusal:
            await network.ask(LIST_AUDIT, ListAudit(page=page), manager)
        assert refusal.value.problem.code == "INVALID"
