"""What a sender prints for a person: all that is held about her, on one page, and nothing of anybody else."""

import itertools
import re
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any

import msgspec
import pytest
from pymongo.errors import AutoReconnect

from chassis.problems import RefusedError, UnreachableError
from contracts.audit import AuditKind
from contracts.changes import CANCEL, Cancel
from contracts.childhood import ChildsView
from contracts.codes import AgeBand, Gender, NetworkRole, NoteCategory, Role, Scope, Vulnerability
from contracts.consent_codes import ChildView, WithheldField
from contracts.erasing import ERASE, Erase
from contracts.reasons import CancelReason
from contracts.records import PRINT_RECORD, PersonalRecord, PrintRecord
from contracts.referrals import GET, Consent, GetReferrals, Household, HouseholdMember, Note
from contracts.rpc import Actor
from services.referrals import pages
from services.referrals.audit.store import AuditStore
from tests.referrals import cast
from tests.referrals.audit.chains import Watched
from tests.referrals.audit.test_reads import ALL_TIERS, accepted, issued
from tests.referrals.conftest import Network
from tests.referrals.test_group import issued as issued_group

_keys = (f"record-{number}" for number in itertools.count())


async def printed(network: Network, referral: str, actor: Actor | None = None, **how: Any) -> PersonalRecord:
    """What the shelter prints; as plain text unless said otherwise."""
    request = PrintRecord(referral=referral, **{"form": "text", **how})
    return await network.ask(PRINT_RECORD, request, actor or network.caseworker("casa"))


def words(record: PersonalRecord) -> str:
    """All that it says."""
    return " ".join(item for part in record.parts for item in part.items)


async def test_all_that_is_held_stands_there_with_whom_on_what_basis_and_who_saw_it(network: Network) -> None:
    made = await accepted(network)
    await network.ask(GET, GetReferrals(ids=(made.id,), tiers=ALL_TIERS), network.caseworker("clinica"))
    record = await printed(network, made.id)
    assert record.folios == (made.folio,)
    said = words(record)
    person, contact = cast.PERSON, cast.PERSON.safe_contact
    assert contact is not None
    held = (person.name, person.alias, contact.value, contact.say, contact.avoid, person.instructions)
    for one in (*filter(None, held), *(note.text for note in cast.NOTES)):
        assert one in said
    for one in ("Clínica Jacaranda (Servicio de salud)", "aceptada", "Consentimiento", "90 días", "365 días"):
        assert one in said
    assert "Hoy puede ver quién es usted" in said
    seen = next(part for part in record.parts if part.heading == "Quién lo ha visto")
    assert [item.split(":")[0] for item in seen.items] == ["Servicio de salud"]
    assert str(datetime.now(UTC).year) in seen.items[0]
    english = words(await printed(network, made.id, language="en"))
    assert "Today it can see who you are" in english
    assert "Health service" in english
    # That it was printed is seen by now, too.
    assert "Shelter" in english
    assert not re.search(r"\b(Puede|Usted|Hoy)\b", english)


async def test_it_is_one_page_that_loads_nothing_also_where_much_is_held(network: Network) -> None:
    long = "Lo que contó, con todo detalle. " * 120
    notes = tuple(Note(category=category, text=long) for category in list(NoteCategory)[:10])
    reply = await issued_group(network, notes=notes)
    folios = {one.folio for one in reply.referrals}
    assert len(folios) == 3
    for language in ("es", "en"):
        record = await printed(network, reply.referrals[1].id, language=language)
        assert set(record.folios) == folios
        lines = record.page.splitlines()
        assert len(lines) <= pages.LONGEST
        assert max(map(len, lines)) <= pages.WIDTH
        assert words(record).count(long.strip()) == 10, "only the page is cut short"
        assert all(folio in record.page for folio in folios)
    html = (await printed(network, reply.referrals[1].id, form="html")).page
    loads = _Loads()
    loads.feed(html)
    assert loads.found == []
    assert not re.search(r"url\(|@import|https?:", html)
    assert html.startswith("<!doctype html>")
    assert "@page{size:letter" in html
    assert '<html lang="es">' in html


class _Loads(HTMLParser):
    """Whatever a browser would load, or run."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note it."""
        names = {name for name, _ in attrs}
        if tag in {"script", "link", "img", "iframe", "object", "embed", "form", "a"}:
            self.found.append(tag)
        self.found += [name for name in names if name in {"src", "href", "style"} or name.startswith("on")]


async def test_what_somebody_wrote_is_text_and_no_markup(network: Network) -> None:
    note = Note(category=NoteCategory.HEALTH, text="<script>alert('x')</script>")
    made = await issued(network, notes=(note,))
    html = (await printed(network, made.id, form="html")).page
    assert "<script" not in html
    assert "&lt;script&gt;" in html


async def test_of_others_who_are_with_her_only_how_many_and_of_her_children_if_she_cares_for_them(
    network: Network,
) -> None:
    members = (
        HouseholdMember(
            age_band=AgeBand.ADULT, gender=Gender.MALE, vulnerabilities=(Vulnerability.STATELESS,)
        ),
        HouseholdMember(age_band=AgeBand.INFANT, gender=Gender.FEMALE),
    )
    made = await issued(network, household=Household(members=members))
    said = words(await printed(network, made.id))
    assert "Personas que van con usted: 2" in said
    for one in ("0 a 1 año", "Hombre", "Apátrida"):
        assert one not in said
    said = words(await printed(network, made.id, as_caregiver=True))
    assert "a su cuidado: 0 a 1 año, Mujer" in said
    for one in ("Hombre", "Apátrida"):
        assert one not in said


async def test_only_those_of_the_sender_who_work_with_her_print_it(network: Network) -> None:
    made = await accepted(network)
    reads = (Scope.REFERRALS_READ, Scope.REFERRALS_READ_PERSON)
    for actor, code in (
        (network.caseworker("clinica"), "NOT_FOUND"),
        (network.caseworker("tercera"), "NOT_FOUND"),
        (network.member("tercera", Role.MANAGER, network_roles=(NetworkRole.COORDINATOR,)), "NOT_FOUND"),
        (network.member("policia", Role.MANAGER), "NOT_FOUND"),
        (network.client("clinica", *Scope), "NOT_FOUND"),
        (network.member("casa", Role.VIEWER), "FORBIDDEN"),
        (network.member("casa", Role.INTAKE), "NOT_FOUND"),
        (network.client("casa", Scope.REFERRALS_READ, Scope.REFERRALS_SEND), "FORBIDDEN"),
    ):
        with pytest.raises(RefusedError) as refused:
            await printed(network, made.id, actor)
        assert refused.value.code == code, actor
        with pytest.raises(RefusedError) as refused:
            await printed(network, "nobodys", actor)
        assert refused.value.code == "NOT_FOUND"
    # A manager, and a system that reads no notes, print all but the notes, and say that there may be some.
    for actor in (network.member("casa", Role.MANAGER), network.client("casa", *reads)):
        said = words(await printed(network, made.id, actor))
        assert str(cast.PERSON.name) in said
        assert cast.NOTES[0].text not in said
        assert "pídaselas" in said


async def test_printing_is_one_entry_of_the_audit_and_without_it_nothing_is_printed(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = await accepted(network)
    async with Watched(network, "casa") as shelter, Watched(network, "clinica") as clinic:
        await printed(network, made.id, network.caseworker("casa", id="m7"))
        (entry,) = await shelter.new()
        assert await clinic.new() == []
    assert (entry.kind, entry.action, entry.actor.id) == (AuditKind.EXPORT, "record_printed", "m7")
    assert (entry.about, entry.tiers) == ((made.folio,), ("T3", "T4"))

    async def away(*_: object) -> int:
        raise AutoReconnect

    with monkeypatch.context() as patched:
        patched.setattr(AuditStore, "append", away)
        with pytest.raises(UnreachableError):
            await printed(network, made.id)


async def test_what_is_erased_is_not_there_any_more_and_that_she_may_object_is_said(
    network: Network,
) -> None:
    made = await accepted(network)
    manager = network.member("casa", Role.MANAGER, Role.CASEWORKER)
    request = Cancel(referral=made.id, idempotency_key=next(_keys), reason=CancelReason.MOVED_ON)
    await network.ask(CANCEL, request, manager)
    said = words(await printed(network, made.id))
    assert "Hoy ya no puede ver nada sobre usted" in said
    assert re.search(r"nombre, contacto y notas hasta el \d+ de \w+ de 20\d\d", said)
    erase = Erase(referral=made.id, idempotency_key=next(_keys), note="Ella lo pide")
    await network.ask(ERASE, erase, manager)
    said = words(await printed(network, made.id))
    assert "Ya no se guarda nada de quién es usted" in said
    for one in cast.CANARIES:
        assert one not in said
    bound = await issued(network, consent=Consent(basis="legal_obligation", reason="Oficio 7"))  # type: ignore[arg-type]
    said = words(await printed(network, bound.id))
    assert "Oficio 7" in said
    assert "puede oponerse" in said
    assert "retirar su consentimiento" not in said


async def test_for_a_child_nothing_is_printed_that_a_suspected_caregiver_could_find(network: Network) -> None:
    person = cast.with_person(age_band=AgeBand.CHILD, vulnerabilities=(), safe_contact=None)
    view = ChildsView(view=ChildView.AGREES, explained=True, explanation="dibujos", why="canario: quiere ir")
    consent = cast.consent(datetime.now(UTC), vulnerabilities=(), child=view)
    safe = await issued(network, person=person, consent=consent, household=None)
    said = words(await printed(network, safe.id))
    assert "6 a 11 años" in said
    assert "canario: quiere" not in said, "what a child says is read to it"
    consent = msgspec.structs.replace(consent, caregiver_suspected=True)
    made = await issued(network, person=person, consent=consent, household=None)
    async with Watched(network, "casa") as shelter:
        with pytest.raises(RefusedError) as refused:
            await printed(network, made.id)
        assert refused.value.code == "CAREGIVER_SUSPECTED"
        # What was done in other tests may be entered a moment later.
        assert [one.kind for one in await shelter.new() if made.folio in one.about] == []


async def test_what_she_does_not_want_the_receiver_to_be_told_is_said(network: Network) -> None:
    consent = cast.consent(datetime.now(UTC), withheld=(WithheldField.NAME,))
    made = await issued(network, consent=consent)
    assert "Usted no quiso que se le dijera: Nombre" in words(await printed(network, made.id))
