"""The cast: invented organizations by a river, their services, those who act for them, and one person."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from contracts.childhood import ChildsView
from contracts.codes import (
    AgeBand,
    Basis,
    ConsentMethod,
    ContactChannel,
    Gender,
    Need,
    NetworkRole,
    NoteCategory,
    Priority,
    ReferralStatus,
    Role,
    Scope,
    State,
    Vulnerability,
)
from contracts.consent_codes import ChildView
from contracts.directory import ImportRecord
from contracts.edited import EditedConsent
from contracts.referrals import (
    Consent,
    GivenBasis,
    Household,
    HouseholdMember,
    IssueReferral,
    Note,
    Person,
    Places,
    SafeContact,
)
from contracts.rpc import Actor
from services.referrals.childhood import HAS_A_VIEW
from services.referrals.document import Document
from services.referrals.roles import COORDINATOR, RECEIVER, SENDER, SYSTEM, Party
from services.referrals.statuses import ENDED

SOURCE = "ribera"
NOW = datetime(2026, 5, 4, 15, 30, tzinfo=UTC)

# Organizations: key, name, kind, verified, emergency telephone.
ORGANIZATIONS = {
    "casa": ("Casa La Ribera", "shelter", True, None),
    "clinica": ("Clínica Jacaranda", "health", True, "555 0100"),
    "tercera": ("Comedor El Mango", "civil_society", True, None),
    "policia": ("Guardia Inventada", "police", True, None),
    "fiscalia": ("Fiscalía Inventada", "prosecutor", True, None),
    "consulado": ("Consulado Inventado", "consulate", True, None),
    "procuraduria": ("Procuraduría Inventada", "child_protection", True, None),
    "nueva": ("Albergue Sin Verificar", "shelter", False, None),
}
# Services: key, organization, status, intake, emergency telephone.
SERVICES = {
    "consulta": ("clinica", "active", "network", None),
    "urgencias": ("clinica", "active", "network", "555 0199"),
    "telefono": ("clinica", "active", "telephone", None),
    "cerrado": ("clinica", "inactive", "network", None),
    "ninguno": ("clinica", "active", "none", None),
    "lista": ("clinica", "active", "network", None),
    "paginas": ("clinica", "active", "network", None),
    "discreta": ("clinica", "active", "network", None),
    "camas": ("casa", "active", "network", None),
    "comida": ("tercera", "active", "network", None),
    "reten": ("policia", "active", "network", None),
    "ninez": ("procuraduria", "active", "network", None),
    "denuncia": ("fiscalia", "active", "network", None),
    "pasaportes": ("consulado", "active", "network", None),
}
NAMES = ("Abigail Canaria", "la Canarita")
# Strings that must stand nowhere but inside the encrypted blobs.
CANARIES = (*NAMES, "555 CANARIO", "canario en la puerta", "nota canaria", "consentimiento canario")

ALL_SCOPES = tuple(Scope)


def records() -> tuple[ImportRecord, ...]:
    """The cast as the directory imports it."""
    organizations = [
        {
            "id": key,
            "name": name,
            "relevo": {
                "kind": kind,
                **({"emergency_phone": {"number": phone}} if phone else {}),
            },
        }
        for key, (name, kind, _, phone) in ORGANIZATIONS.items()
    ]
    services = [
        {
            "id": key,
            "organization_id": organization,
            "name": key,
            "status": status,
            "relevo": {"intake": intake, **({"emergency_phone": {"number": phone}} if phone else {})},
        }
        for key, (organization, status, intake, phone) in SERVICES.items()
    ]
    return (
        *(ImportRecord(kind="organization", record=record) for record in organizations),
        *(ImportRecord(kind="service", record=record) for record in services),
    )


def member(organization: str, *roles: str, **more: Any) -> Actor:
    """Somebody who acts for an organization; verified, and of an ordinary kind, unless said otherwise."""
    settings = {"organization_kind": "shelter", "verified": True, **more}
    identity = settings.pop("id", f"{organization}-{'-'.join(roles)}")
    return Actor(kind="member", id=identity, organization=organization, roles=roles, **settings)


def client(organization: str, *scopes: str, **more: Any) -> Actor:
    """A system that acts for an organization."""
    settings = {"organization_kind": "shelter", "verified": True, **more}
    identity = settings.pop("id", f"{organization}-client")
    return Actor(kind="client", id=identity, organization=organization, scopes=scopes, **settings)


def caseworker(organization: str, **more: Any) -> Actor:
    """A caseworker of the organization."""
    return member(organization, Role.CASEWORKER, **more)


def coordinator(organization: str = "red") -> Actor:
    """A coordinator of the network."""
    return member(organization, Role.MANAGER, network_roles=(NetworkRole.COORDINATOR,))


SYSTEM_PARTY = Party(SYSTEM, Actor(kind="service", id="referrals"))
# One party for each relation, with every right of its side.
PARTIES = {
    SENDER: Party(SENDER, member("casa", Role.CASEWORKER, Role.MANAGER)),
    RECEIVER: Party(RECEIVER, member("clinica", Role.CASEWORKER, Role.MANAGER)),
    COORDINATOR: Party(COORDINATOR, coordinator()),
    SYSTEM: SYSTEM_PARTY,
}

PERSON = Person(
    age_band=AgeBand.ADULT,
    gender=Gender.FEMALE,
    languages=("es", "mam"),
    needs_interpreter=True,
    vulnerabilities=(Vulnerability.PREGNANT, Vulnerability.LGBTIQ),
    name="Abigail Canaria",
    alias="la Canarita",
    safe_contact=SafeContact(
        channel=ContactChannel.WHATSAPP, value="555 CANARIO", say="canario en la puerta", avoid="su hermano"
    ),
    instructions="canario en la puerta",
)
HOUSEHOLD = Household(
    members=(
        HouseholdMember(
            age_band=AgeBand.CHILD,
            gender=Gender.MALE,
            vulnerabilities=(Vulnerability.ACCOMPANIED_CHILD, Vulnerability.DISABILITY),
        ),
    )
)
NOTES = (
    Note(category=NoteCategory.HEALTH, text="nota canaria de salud"),
    Note(category=NoteCategory.VIOLENCE, text="nota canaria de violencia"),
    Note(category=NoteCategory.HEALTH, text="otra nota canaria de salud"),
)


# What a child says where nothing depends on it.
CHILD = ChildsView(
    view=ChildView.AGREES, explained=True, explanation="canario: con dibujos", why="canario: quiere ir"
)


def consent(now: datetime = NOW, **changes: Any) -> Consent:
    """A woman's consent that names health, and that she is pregnant."""
    given: dict[str, Any] = {
        "basis": Basis.CONSENT,
        "categories": (NoteCategory.HEALTH,),
        "vulnerabilities": (Vulnerability.PREGNANT, Vulnerability.ACCOMPANIED_CHILD),
        "purpose": "consentimiento canario",
        "method": ConsentMethod.VERBAL,
        "language": "mam",
        "taken_by": "consentimiento canario",
        "given_at": now - timedelta(hours=1),
        **changes,
    }
    return Consent(**given)


def corrected(**changes: Any) -> EditedConsent:
    """A consent that is given anew, and says of what may be known only what is given."""
    given = consent(datetime.now(UTC))
    said = {name: getattr(given, name) for name in GivenBasis.__struct_fields__}
    return EditedConsent(**{**said, **changes})


def request(service: str = "consulta", now: datetime = NOW, **changes: Any) -> IssueReferral:
    """What a shelter says of her, with something of everything."""
    given: dict[str, Any] = {
        "idempotency_key": "key",
        "service": service,
        "need": Need.PRENATAL_CARE,
        "priority": Priority.URGENT,
        "state": State.CHP,
        "person": PERSON,
        "household": HOUSEHOLD,
        "places": (Places(unit="bed", count=2),),
        "notes": NOTES,
        **changes,
    }
    given.setdefault("consent", consent_of(given["person"], given["household"], now))
    return IssueReferral(**given)


def consent_of(person: Person, household: Household | None, now: datetime = NOW) -> Consent:
    """Her consent, which names of what it otherwise names what there is."""
    members = household.members if household else ()
    there = {*person.vulnerabilities, *(one for member in members for one in member.vulnerabilities)}
    whole = consent(now)
    child = CHILD if person.age_band in HAS_A_VIEW else None
    named = tuple(one for one in whole.vulnerabilities if one in there)
    return consent(now, vulnerabilities=named, child=child)


def with_person(**changes: Any) -> Person:
    """Her, with some fields changed."""
    return msgspec.structs.replace(PERSON, **changes)


def document(status: ReferralStatus, **changes: Any) -> Document:
    """A referral as it is stored, from casa to clinica, at that status; nothing in it is encrypted."""
    empty = (
        "follows", "received_at", "accepted_at", "arrived_at", "arrive_by", "appointment", "review_at",
        "resume_at", "ended_at", "reason", "outcome", "proposed_redirect", "loop_closed_at", "until",
        "given_at", "external_id_sender", "external_id_receiver", "sealed_t2", "sealed_t3",
        "sealed_instructions", "sealed_given",
    )  # fmt: skip
    return {
        **dict.fromkeys(empty),
        "_id": "r1",
        "folio": "REL-000000-00",
        "status": status.value,
        "version": 7,
        "revision": 9,
        "n": 0 if status is ReferralStatus.DRAFT else 7,
        "created_at": NOW - timedelta(days=1),
        "updated_at": NOW - timedelta(hours=1),
        "need_group": "health",
        "need": "prenatal_care",
        "priority": "urgent",
        "state": "CHP",
        "sender": "casa",
        "receiver": "clinica",
        "service": "consulta",
        "intake": "network",
        "emergency_phone": {"number": "911"},
        "external_marks": [],
        "basis": "consent",
        "key_t2": UUID(int=2),
        "key_t3": UUID(int=0),
        "sealed_t4": [],
        "ended_at": NOW - timedelta(days=1) if status in ENDED else None,
        "history": [{"n": 1}],
        "idempotency": [],
        **changes,
    }
