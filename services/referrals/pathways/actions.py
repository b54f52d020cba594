"""What is asked of pathways: those in force, those that apply to somebody, every version, and an edit."""

from collections.abc import Mapping
from typing import Any

from chassis.problems import ContendedError, IdempotencyKeyReusedError, InvalidError
from contracts.pathways import (
    EditPathway,
    GetGuide,
    GetPathways,
    Guide,
    ListVersions,
    PathwayReply,
    Pathways,
)
from contracts.rpc import Actor, FieldProblem
from contracts.sentences import Sentence
from services.referrals.coordinating import check_coordinator
from services.referrals.inputs import required
from services.referrals.means import Means
from services.referrals.pathways.errors import StalePathwayError
from services.referrals.pathways.library import Library, least_priority, mandatory_steps
from services.referrals.pathways.pathway import Situation, Version, problems
from services.referrals.pathways.store import Kept
from services.referrals.store import KEYS_KEPT_FOR

# Each try that loses has lost to an edit that won.
TRIES = 5
NOT_CHANGED = "The pathway was not changed: some fields are not right."
# As many as one reply holds well.
MOST_VERSIONS = 100


async def get(library: Library, request: GetPathways) -> Pathways:
    """Return pathways in force; or, with a version, that one of the first code."""
    if request.version is None:
        found = library.in_force(request.codes)
    else:
        every = [kept for code in request.codes[:1] for kept in await library.store.of(code)]
        found = [kept for kept in every if kept.version.label == request.version]
    return Pathways(items=tuple(library.view(kept, request.page) for kept in found))


def guide(library: Library, request: GetGuide) -> Guide:
    """Return what applies to somebody."""
    situation = Situation(frozenset(request.needs), frozenset(request.vulnerabilities), request.age_band)
    found = library.guide((situation,))
    return Guide(
        pathways=tuple(library.view(kept, request.page) for kept in found),
        least_priority=least_priority(found),
        mandatory_steps=mandatory_steps(found, (situation,)),
    )


async def versions(library: Library, request: ListVersions) -> Pathways:
    """Return the versions of a pathway that there have been, the newest first; the last 100."""
    kept = sorted(await library.store.of(request.code), key=_age, reverse=True)
    return Pathways(items=tuple(library.view(one) for one in kept[:MOST_VERSIONS]))


def _age(kept: Kept) -> tuple[int, int]:
    return kept.version.revision, kept.version.edition


async def edit(means: Means, request: EditPathway, actor: Actor) -> PathwayReply:
    """Put a new version of a pathway in force, or replay what this caller did under the same key.

    Raises:
        ForbiddenError: the caller is no coordinator.
        IdempotencyKeyReusedError: the key was used for another edit of it.
        StalePathwayError: it is not at the version that the edit was made from.
        InvalidError: the pathway is not right; ``fields`` says why, all at once.
    """
    check_coordinator(actor)
    library, code = means.pathways, request.pathway.code
    mark, now = means.marks.key(actor, request.idempotency_key), means.now()
    fingerprint = means.marks.fingerprint("edit_pathway", request)
    for _ in range(TRIES):
        done = await library.store.done(code, mark, now - KEYS_KEPT_FOR)
        if done is not None:
            if done["fingerprint"] != fingerprint:
                raise IdempotencyKeyReusedError
            return await _replayed(library, code, done)
        await library.look()
        made = _next(library, request)
        kept = Kept(made, now, actor.organization, request.note)
        more = {"key": mark, "fingerprint": fingerprint, "actor": f"{actor.kind}:{actor.id}"}
        if await library.store.add(kept, {**more, "on_behalf_of": actor.on_behalf_of}):
            library.take(kept)
            return PathwayReply(item=library.view(kept))
    raise ContendedError("The pathway changed again and again; nothing was done. Try again.")


def _next(library: Library, request: EditPathway) -> Version:
    """The version that an edit makes."""
    code = request.pathway.code
    current = library.get(code)
    label = current.version.label if current else None
    if current is not None and request.expected_version is None:
        message = Sentence("There is a pathway {code}: say which version of it you have edited.", code=code)
        raise InvalidError(NOT_CHANGED, (required("expected_version", message),))
    if request.expected_version != label:
        raise StalePathwayError(code, label)
    shipped = library.shipped.get(code)
    wrong = problems(request.pathway, shipped.pathway if shipped else None)
    if current is not None and request.pathway == current.version.pathway:
        wrong.append(FieldProblem(path=("pathway",), message="Is as it is now: nothing would change."))
    if wrong:
        raise InvalidError(NOT_CHANGED, tuple(wrong))
    # The text that the editor has seen may be older than what came with Relevo since: it says of which it is.
    edition = current.version.edition if current else 0
    if current is not None and not current.version.revision and shipped is not None:
        edition = shipped.edition
    return Version(request.pathway, edition, (current.version.revision if current else 0) + 1)


async def _replayed(library: Library, code: str, done: Mapping[str, Any]) -> PathwayReply:
    kept = next(one for one in await library.store.of(code) if one.version.revision == done["revision"])
    return PathwayReply(item=library.view(kept), replayed=True)
