"""Two referrals that were told everything, set to any status by hand; and a gateway that asks as anybody.

The gateway here is the real one but for its door: tokens name clients only as yet, and the matrix asks as
members with every role, too. What it asks for is answered by the network's own services.
"""

import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from chassis import mongo
from chassis.bus import connect
from chassis.identity import OPERATOR, Identity
from chassis.rpc import Caller
from chassis.seal import Sealer
from cli.embedded.stack import Stack
from contracts.agreements import ACCEPT_AGREEMENT, PROPOSE_AGREEMENT, AcceptAgreement, ProposeAgreement
from contracts.directory import IMPORT_RECORDS, ImportRecord, ImportRecords
from contracts.membership import INVITE_MEMBER, InviteMember
from contracts.rpc import Actor
from gateway import schema
from gateway.clients import Clients
from gateway.context import Context
from gateway.execution import Engine, Params, RefusedDocumentError
from gateway.feed import FeedGate
from gateway.ids import Cursors, global_id, split_id
from gateway.limits import Limits
from tests.flows.matrix import walk
from tests.flows.matrix.knowing import NAMES_NO_NEED, NAMES_THE_NEED, SUBSCRIBERS, Case, Json, Reader
from tests.servers import eventually

SOURCE = "matriz"
DATABASE = "relevo_referrals"
NO_LIMITS = Limits(10**6, 100, 10**6)
# What the network answers to whoever may not know whose telephone it is.
LAST_RESORT = "911"
ALL = walk.fragment(walk.schema())
ONE = f"query ($id: ID!) {{ referral(id: $id) {{ ...All }} }} {ALL}"
PLAIN_NEED, SENSITIVE_NEED = "MEDICAL_CARE", "GENDER_BASED_VIOLENCE"
CONSENTED = ("PREGNANT", "SURVIVOR_OF_TORTURE")
NAMED = ("HEALTH", "VIOLENCE")
# What she withholds from the receiver of the sensitive one.
WITHHELD = frozenset(
    {
        "Person.alias", "Person.languages", "Person.needsInterpreter", "Consent.language", "Consent.method",
        "Consent.child",
    }
)  # fmt: skip
BOTH = ("caseworker", "manager")


@dataclass(frozen=True)
class Said:
    """A note or a message: of which tier it is, who wrote it, and the member's own reference."""

    tier: str | None
    by: str
    on_behalf_of: str | None = None


@dataclass
class Told:
    """One referral: what it is called, what was said on its way, and what only the receiver's side knows."""

    id: str
    part_id: str
    folio: str
    sensitive: bool
    until: datetime | None = None
    changes: dict[str, tuple[str, str, Json]] = field(default_factory=dict)
    history: dict[int, Said] = field(default_factory=dict)
    messages: dict[int, Said] = field(default_factory=dict)
    own: dict[str, Json] = field(default_factory=dict)


@dataclass
class Scene:
    """Everybody, both referrals, and the gateway."""

    engine: Engine
    caller: Caller
    cursors: Cursors
    feed: FeedGate
    documents: Any
    organizations: dict[str, str]
    services: dict[str, str]
    mark: str
    heads: dict[str, str] = field(default_factory=dict)
    told: dict[bool, Told] = field(default_factory=dict)
    members: dict[str, str] = field(default_factory=dict)

    def actor(self, reader: Reader) -> Actor:
        """The reader as the gateway would sign it."""
        organization = self.organizations[reader.side]
        rights = {"roles": reader.rights} if reader.kind == "member" else {"scopes": reader.rights}
        return Actor(
            kind=reader.kind,  # type: ignore[arg-type] # member or client
            # One member of each side, whose rights change: so it is also who did what, and may ask again.
            id=f"{self.mark}-{reader.side}-{reader.kind}",
            organization=organization,
            organization_kind=reader.organization_kind,
            verified=reader.verified,
            network_roles=reader.network,
            on_behalf_of=f"ref-{reader.side}",
            **rights,
        )

    def context(self, reader: Reader) -> Context:
        """What the resolvers of one of its requests are given."""
        return Context(Clients(self.caller, self.actor(reader)), self.cursors, self.feed, "en")

    async def ask(self, reader: Reader, document: str, **variables: Any) -> Json:
        """The whole response to any document, as that reader."""
        try:
            operation = self.engine.prepare(Params(document, variables=variables))
            return await self.engine.execute(operation, self.context(reader))
        except RefusedDocumentError as refusal:
            return refusal.response_in("en")

    async def done(self, reader: Reader, mutation: str, **inputs: Any) -> Json:
        """What a mutation answers that must not be refused."""
        kind = f"{mutation[0].upper()}{mutation[1:]}Input"
        key = f"{self.mark} {mutation} {secrets.token_hex(4)}"
        document = f"""mutation ($input: {kind}!) {{ {mutation}(input: $input) {{
          referral {{ ...All }} replayed userErrors {{ code path message }} }} }} {ALL}"""
        given = {**inputs, "idempotencyKey": key}
        answer = await self.ask(reader, document, input=given)
        assert not answer.get("errors"), answer
        payload: Json = answer["data"][mutation]
        assert payload["userErrors"] == [], (mutation, payload["userErrors"])
        for told in self.told.values():
            if told.id == inputs.get("referral"):
                told.changes[mutation] = (reader.side, document, given)
        return payload

    async def set(self, told: Told, case: Case) -> None:
        """Have the referral stand as that case says; nothing of it is due, so nobody touches it."""
        result = await self.documents.update_one({"_id": told.part_id}, {"$set": _fields(self, told, case)})
        assert result.matched_count == 1

    async def due(self, told: Told, at: datetime) -> None:
        """Move the moment by which somebody has to act."""
        moved = {"clock.by": at, "clock.begin": at, "deadline_at": at, "overdue_at": at}
        await self.documents.update_one({"_id": told.part_id}, {"$set": moved})


SENDER = Reader("sender", BOTH)
RECEIVER = Reader("receiver", BOTH)
COORDINATOR = Reader("coordinator", ("manager",), network=("coordinator",))
_KINDS = {
    "sender": "shelter",
    "receiver": "health",
    "other": "legal_aid",
    "coordinator": "un_agency",
    "subscriber": "un_agency",
    "follower": "international_organization",
    "elsewhere": "un_agency",
}
# Who hears by an agreement, with whom, and what that says.
_AGREED: dict[str, tuple[str, Json]] = {
    NAMES_THE_NEED: ("sender", {"needs": (PLAIN_NEED.lower(),)}),
    NAMES_NO_NEED: ("receiver", {}),
    # Of what that one sends to others than the receiver: so of neither.
    "elsewhere": ("sender", {"kinds": ("legal_aid",)}),
}


@asynccontextmanager
async def played(stack: Stack) -> AsyncIterator[Scene]:
    """Register organizations of the matrix's own, and play both referrals through."""
    keys = stack.data / "keys"
    bus = await connect(stack.urls["nats"], Identity.load(keys, "gateway"), lambda: None)
    client = mongo.connect(stack.urls["mongo"])
    try:
        organizations, services = await _registered(stack)
        caller = Caller(bus, timeout=20)
        scene = Scene(
            engine=Engine(schema.build(), NO_LIMITS),
            caller=caller,
            cursors=Cursors(Sealer(secrets.token_bytes(32))),
            feed=FeedGate(bus, caller),
            documents=client[DATABASE]["referrals"],
            organizations=organizations,
            services=services,
            mark=f"mz{secrets.token_hex(4)}",
        )
        await _play(scene)
        yield scene
    finally:
        client.close()
        await bus.close()


async def _registered(stack: Stack) -> tuple[dict[str, str], dict[str, str]]:
    records = [
        ImportRecord(
            kind="organization",
            record={
                "id": f"matriz-{side}",
                "name": f"Matriz {side} (ficticia)",
                "relevo": {"kind": kind, "fictional": True},
            },
        )
        for side, kind in _KINDS.items()
    ]
    records += [
        ImportRecord(
            kind="service",
            record={
                # The cast looks its own up by these: none of theirs is called so.
                "id": f"matriz-{name}",
                "organization_id": f"matriz-{side}",
                "name": f"Servicio {name} (ficticio)",
                "status": "active",
                "relevo": {
                    "needs": [PLAIN_NEED.lower(), SENSITIVE_NEED.lower()],
                    "intake": "network",
                    "emergency_phone": {"number": "555 0177", "description": "Guardia"},
                    "fictional": True,
                },
            },
        )
        for name, side in (("consulta", "receiver"), ("otra", "other"))
    ]
    operator = await connect(stack.urls["nats"], Identity.load(stack.data / "keys", OPERATOR), lambda: None)
    try:
        caller = Caller(operator, timeout=20)
        request = ImportRecords(source=SOURCE, records=tuple(records), verified=True)
        reply = await caller.call(IMPORT_RECORDS, request, caller.me)
    finally:
        await operator.close()
    ids = [one.id for one in reply.outcomes]
    assert all(ids), reply
    names = [str(one) for one in ids]
    return dict(zip(_KINDS, names, strict=False)), dict(zip(("consulta", "otra"), names[-2:], strict=True))


def _person(scene: Scene) -> Json:
    say = scene.mark
    return {
        "ageBand": "ADOLESCENT", "gender": "FEMALE", "languages": ["mam"], "needsInterpreter": True,
        "vulnerabilities": [*CONSENTED, "LGBTIQ"], "name": f"{say} nombre", "alias": f"{say} alias",
        "birthDate": "2009-02-03", "instructions": f"{say} toque",
        "safeContact": {
            "channel": "TELEPHONE", "value": f"555 {say} numero", "hours": f"{say} horas",
            "say": f"{say} diga", "avoid": f"{say} evite",
        },
    }  # fmt: skip


def _consent(scene: Scene, *, withholds: bool) -> Json:
    child = {
        "view": "AGREES", "explained": True, "explanation": f"{scene.mark} explicado",
        "why": f"{scene.mark} quiere",
    }  # fmt: skip
    return {
        "child": child, "caregiverSuspected": True,
        "withheld": ["ALIAS", "LANGUAGES", "CHILD_VIEW"] if withholds else [],
        "basis": "CONSENT", "method": "WRITTEN", "language": "mam", "takenBy": f"{scene.mark} quien",
        "purpose": f"{scene.mark} para que", "categories": list(NAMED), "reason": f"{scene.mark} por que",
        "vulnerabilities": [*CONSENTED, "SEPARATED_CHILD"],
        "givenAt": (datetime.now(UTC) - timedelta(hours=1)).isoformat(),
        "until": (datetime.now(UTC) + timedelta(days=200)).isoformat(),
        "names": [global_id("Organization", scene.organizations["receiver"])],
    }  # fmt: skip


async def _agree(scene: Scene) -> datetime:
    """Have the subscribers' agreements accepted; return from when on all of them are in force."""
    begins = []
    for side, (grantor, terms) in _AGREED.items():
        if side in SUBSCRIBERS:
            head = await scene.ask(Reader(side, BOTH), "{ viewer { feedHead } }")
            scene.heads[side] = head["data"]["viewer"]["feedHead"]
        proposal = ProposeAgreement(idempotency_key=scene.mark, grantor=scene.organizations[grantor], **terms)
        made = await scene.caller.call(PROPOSE_AGREEMENT, proposal, scene.actor(Reader(side, BOTH)))
        answer = AcceptAgreement(idempotency_key=scene.mark, agreement=made.agreement.id)
        accepted = await scene.caller.call(ACCEPT_AGREEMENT, answer, scene.actor(Reader(grantor, BOTH)))
        assert accepted.agreement.since is not None
        begins.append(accepted.agreement.since)
    return max(begins)


async def _play(scene: Scene) -> None:
    """Issue both as one case, and take each through its life."""
    begin = await _agree(scene)

    async def begun() -> bool:
        return datetime.now(UTC) > begin

    await eventually(begun)
    for reader in (SENDER, RECEIVER):
        head = await scene.ask(reader, "{ viewer { feedHead } }")
        scene.heads[reader.side] = head["data"]["viewer"]["feedHead"]
        request = InviteMember(
            idempotency_key=scene.mark,
            reference=f"ref-{reader.side}",
            roles=("caseworker",),  # type: ignore[arg-type]
        )
        made = await scene.caller.call(INVITE_MEMBER, request, scene.actor(reader))
        scene.members[reader.side] = made.member.id
    document = """mutation ($input: IssueReferralGroupInput!) { issueReferralGroup(input: $input) {
      group { items { id folio need } } userErrors { code path message } } }"""
    service = global_id("Service", scene.services["consulta"])
    notes = [
        {"category": category, "text": f"{scene.mark} nota {category.lower()}"}
        for category in ("HEALTH", "VIOLENCE", "ASYLUM")
    ]
    group = {
        "idempotencyKey": f"{scene.mark} group", "state": "CHP", "priority": "EMERGENCY",
        "person": _person(scene), "notes": notes,
        "household": {
            "members": [
                {"ageBand": "CHILD", "gender": "MALE", "vulnerabilities": ["SEPARATED_CHILD", "DISABILITY"]},
            ],
            "keepTogether": True,
        },
        "needs": [
            {"service": service, "need": need,
             "consent": _consent(scene, withholds=need == SENSITIVE_NEED),
             "externalId": f"{scene.mark} s {need}", "places": [{"unit": "bed", "count": 2}]}
            for need in (PLAIN_NEED, SENSITIVE_NEED)
        ],
    }  # fmt: skip
    answer = await scene.ask(SENDER, document, input=group)
    assert not answer.get("errors"), answer
    payload = answer["data"]["issueReferralGroup"]
    assert payload["userErrors"] == [], payload["userErrors"]
    for item in payload["group"]["items"]:
        part_id = (split_id(item["id"]) or ("", ""))[1]
        is_sensitive = item["need"] == SENSITIVE_NEED
        told = Told(item["id"], part_id, item["folio"], is_sensitive)
        scene.told[is_sensitive] = told
    for told in scene.told.values():
        await _late(scene, told)
    for told in scene.told.values():
        await _live(scene, told)


async def _late(scene: Scene, told: Told) -> None:
    """Nobody answers the emergency for hours, and those whom it concerns are told so."""
    by = timedelta(hours=3)

    async def look() -> Json:
        found: Json = await scene.documents.find_one({"_id": told.part_id})
        return found

    doc = await eventually(look, lambda found: not found.get("pending_since"))
    moments = {**{f"clock.{name}": at for name, at in doc["clock"].items()}, "due_at": doc["due_at"]}
    earlier = {name: at - by for name, at in moments.items() if isinstance(at, datetime)}
    await scene.documents.update_one({"_id": told.part_id}, {"$set": earlier})
    await eventually(look, lambda found: found["clock"]["alarm"] is not None)


async def _live(scene: Scene, told: Told) -> None:
    """Everything that can be said of a referral on its way."""
    soon = (datetime.now(UTC) + timedelta(days=2)).isoformat()
    other = global_id("Service", scene.services["otra"])

    def words(what: str) -> str:
        return f"{scene.mark} {what} {told.sensitive}"

    steps: list[tuple[Reader, str, str | None, Json]] = [
        (RECEIVER, "receiveReferral", None, {"externalId": words("r")}),
        (SENDER, "correctReferral", None, {"person": {**_person(scene), "alias": words("otro")}}),
        (RECEIVER, "askAboutReferral", "T2", {"question": words("pregunta")}),
        (SENDER, "replyAboutReferral", "T2", {"answer": words("respuesta")}),
        (SENDER, "sendReferralMessage", "T2", {"text": words("antes")}),
        (RECEIVER, "proposeRedirect", "T3", {"service": other, "note": words("mejor alla")}),
        (SENDER, "refuseRedirect", "T2", {"note": words("no")}),
        (RECEIVER, "acceptReferral", None, {"arriveBy": soon, "instructions": words("traiga")}),
        (SENDER, "sendReferralMessage", "T3", {"text": words("despues")}),
        (RECEIVER, "sendReferralMessage", "T3", {"text": words("tambien")}),
        (RECEIVER, "markReferralMessagesRead", None, {"upTo": 1}),
        (RECEIVER, "rescheduleReferral", "T3", {"arriveBy": soon, "reason": words("turno")}),
        (RECEIVER, "startReferral", None, {"arrivedAt": datetime.now(UTC).isoformat()}),
        (RECEIVER, "pauseReferral", "T3", {"reason": "OTHER", "note": words("pausa"), "resumeAt": soon}),
        (COORDINATOR, "resumeReferral", None, {"reportedBy": words("guardia"), "channel": "TELEPHONE"}),
        (RECEIVER, "completeReferral", "T3", {
            "outcome": "FULLY_MET", "note": words("bien"),
            "servicesGiven": [{"code": SENSITIVE_NEED, "quantity": 2}],
        }),
        (SENDER, "acknowledgeReferral", None, {}),
    ]  # fmt: skip
    told.history[1] = Said(None, "sender", "ref-sender")
    for reader, mutation, tier, inputs in steps:
        await scene.done(reader, mutation, referral=told.id, **inputs)
        if mutation == "markReferralMessagesRead":
            continue
        kept = told.messages if mutation == "sendReferralMessage" else told.history
        kept[len(kept) + 1] = Said(tier, reader.side, f"ref-{reader.side}")
    case = await scene.documents.find_one({"_id": told.part_id}, {"group": 1, "case": 1, "until": 1})
    told.until = case["until"]
    told.own = {
        "sender": {"group": global_id("ReferralGroup", case["group"])},
        "receiver": {
            "externalId": words("r"), "referredFrom": "REL-555555-55", "unreadMessages": 3, "follows": None,
            "group": global_id("ReferralGroup", case["case"]),
            "assignee": {
                "reference": "ref-receiver", "roles": ["CASEWORKER"], "status": "ACTIVE",
                "id": global_id("Member", scene.members["receiver"]),
            },
        },
    }  # fmt: skip


def _fields(scene: Scene, told: Told, case: Case) -> Mapping[str, Any]:
    """The document's fields for a case: all there can be, whatever the status, so that much could leak."""
    now = datetime.now(UTC)
    soon, ago = now + timedelta(days=3), now - timedelta(days=case.ended_days, hours=1)
    turn = {"SENT": "decide", "RECEIVED": "decide", "INFO_REQUESTED": "reply", "WAITLISTED": "review",
            "ACCEPTED": "arrive", "ON_HOLD": "resume"}.get(case.status)  # fmt: skip
    is_late = case.status in {"SENT", "ACCEPTED"}
    by = now - timedelta(hours=2) if is_late else soon
    clock = {"turn": turn, "begin": by, "half": None, "by": by, "receive": soon, "expire": soon, "told": now}
    owed = {"since": now, "by": soon, "next": soon}
    has_t2 = "T2" not in case.erased
    where = {"start": soon, "timezone": "America/Mexico_City", "location": "lugar"}
    return {
        "status": case.status.lower(),
        "n": 0 if case.status == "DRAFT" else 20,
        "priority": case.priority.lower(),
        "basis": case.basis.lower(),
        "until": now - timedelta(minutes=1) if case.run_out else told.until,
        "withdrawn_at": ago if case.withdrawn else None,
        "erased": sorted(one.lower() for one in case.erased),
        "ended_at": ago if case.status not in {"DRAFT", "SENT", "RECEIVED"} else None,
        "exception_until": soon if case.let_in else None,
        "basis_review": {
            "status": "not_confirmed" if case.unconfirmed else "confirmed",
            "closes": ["T3", "T4"] if case.unconfirmed and case.priority != "EMERGENCY" else [],
            "who": "named:a", "at": ago, "reviewer": "named:b", "by": f"{scene.mark} segunda",
        },
        "duties": {"confirm_erasure": owed, "review_basis": owed},
        "objected_at": ago, "erasure_at": ago,
        "clock": clock if turn else None,
        "deadline_at": by if turn else None, "overdue_at": by if turn else None,
        "due_at": None, "steps_due_at": None, "erase_at": None, "kept_t2_since": None, "kept_t3_since": None,
        "arrive_by": soon if has_t2 else None,
        "arrived_at": ago if has_t2 else None,
        "appointment": where if has_t2 else None,
        "review_at": soon, "resume_at": soon, "reason": "no_show", "outcome": "fully_met",
        "loop_closed_at": ago,
        "follows": "REL-111111-11", "follows_receiver": None,
        "proposed_redirect": scene.services["otra"], "redirect_decide_by": soon,
        "redirected_to": "REL-222222-22", "redirected_from": "REL-333333-33",
        "referred_from_sender": "REL-444444-44", "referred_from_receiver": "REL-555555-55",
        "assignee_sender": scene.members["sender"], "assignee_receiver": scene.members["receiver"],
        "assigned_at_sender": ago, "assigned_at_receiver": ago,
        "unread_sender": 2, "unread_receiver": 3,
        "history.1.deadline": "decide",
        "flags": ["receiver_deactivated", "person_missing"],
        # As a note is sealed where nobody could be asked: those on health open from the first sign of life.
        **{f"sealed_t4.{n}.opens": opens for n, opens in enumerate(_opens(case))},
    }  # fmt: skip


def _opens(case: Case) -> tuple[str, str, str]:
    return ("received" if case.is_vital else "accepted", "accepted", "never")
