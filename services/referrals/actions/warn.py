"""Warning a sender of what it has said, as it stands in a referral or a draft of its own."""

import contextlib

from chassis.problems import UnreachableError
from contracts.codes import Need, Priority, State
from contracts.directory import Service
from contracts.drafts import DraftReferral
from contracts.progress import sees_progress_only
from contracts.rpc import Actor
from contracts.warnings import Warned
from services.referrals import guarding, warning
from services.referrals.actions import guard
from services.referrals.document import Document
from services.referrals.issuing import vulnerabilities_of
from services.referrals.means import Means
from services.referrals.pathways import least
from services.referrals.roles import tiers_of
from services.referrals.sealed import NEVER, Said, opens
from services.referrals.transitions import was_sent


def of_said(means: Means, said: Said, service: Service | None) -> tuple[Warned, ...]:
    """Return what is to be known of that, said to that service."""
    return (*warning.of_service(said, service), *least.warnings(means.pathways, said))


def of_consent(said: Said) -> tuple[Warned, ...]:
    """Return what is to be known of a consent: for whoever may read of whom it is."""
    signer = warning.of_signer(said.person.age_band if said.person else None, said.consent)
    closed = any(opens(note.category, said) == NEVER for note in said.notes)
    there = vulnerabilities_of(said.person.vulnerabilities if said.person else (), said.household)
    return (*signer, *warning.of_unnamed(said.consent, there, has_closed_notes=closed))


async def of(means: Means, doc: Document, actor: Actor) -> tuple[Warned, ...]:
    """Return the same of what is stored, and of its case, which is looked at where it has to be.

    Nothing of whom is erased, nor to whom what stands there is not open; and of the directory nothing, where
    that is away.
    """
    known = (await guard.known(means, [doc])).get(doc["_id"])
    if known is None:
        return ()
    said = _said(doc, known.need)
    of_its_case = await of_case(means, said, doc, actor)
    if not _may_read(doc, actor):
        return ()
    service = None
    if doc["service"] is not None:
        with contextlib.suppress(UnreachableError):
            service, _ = await means.directory.service(doc["service"])
    of_signer = warning.of_signer(known.age_band, known.consent)
    closed = any(note["opens"] == NEVER for note in doc["sealed_t4"] or ())
    there = vulnerabilities_of(known.vulnerabilities, known.household)
    unnamed = warning.of_unnamed(known.consent, there, has_closed_notes=closed)
    return (*of_said(means, said, service), *of_signer, *unnamed, *of_its_case)


async def of_id(means: Means, referral: str, actor: Actor) -> tuple[Warned, ...]:
    """Return ``of`` the referral with that id."""
    doc = await means.store.load(referral)
    return () if doc is None else await of(means, doc, actor)


async def of_case(means: Means, said: Said, doc: Document, actor: Actor) -> tuple[Warned, ...]:
    """Look at the case where it has to be, and return which referrals of it wait for consent.

    Who sees no more of what it sent than how far it has come learns none of it: rounds look.
    """
    is_to_be_looked_at = doc.get("guard_since") or said.need is guarding.PROTECTED
    if not was_sent(doc) or not is_to_be_looked_at or sees_progress_only(actor):
        return ()
    folios = await guard.look(means, doc)
    return tuple(warning.of_consulates(folios)) if "T2" in tiers_of(actor) else ()


def _said(doc: Document, need: Need) -> DraftReferral:
    """As much of what is said as warnings go by: of the person's own data nothing is opened for them."""
    return DraftReferral(
        idempotency_key="-",
        need=need,
        priority=doc["priority"] and Priority(doc["priority"]),
        state=doc["state"] and State(doc["state"]),
    )


def _may_read(doc: Document, actor: Actor) -> bool:
    """Whether the actor may read what stands there, or has written it, and nobody else anything of it."""
    if "T2" in tiers_of(actor) and not sees_progress_only(actor):
        return True
    is_own = doc.get("drafter") == f"{actor.kind}:{actor.id}" and not doc.get("others_wrote")
    return is_own and not any(entry["action"] == "correct" for entry in doc["history"])
