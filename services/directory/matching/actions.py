"""What can be done with acceptance rules: read them, set them, review them."""

from msgspec.structs import replace

from chassis.problems import ForbiddenError, InvalidError
from contracts.acceptance import ReviewDecision
from contracts.matching import (
    Acceptance,
    AcceptanceReply,
    GetAcceptanceRules,
    ReviewAcceptanceRules,
    SetAcceptanceRules,
)
from contracts.rpc import Actor, FieldProblem
from services.directory import allowed
from services.directory.changing import Changed, Decided, Document, Means, change
from services.directory.errors import NotFoundError, StaleVersionError
from services.directory.matching import acceptance, admission, checking

AnyChange = SetAcceptanceRules | ReviewAcceptanceRules


async def get_rules(means: Means, request: GetAcceptanceRules, actor: Actor) -> Acceptance:
    """Return the rules of a service: those that are applied to everybody, all to its organization.

    Raises:
        NotFoundError: there is no such service.
    """
    known = (await means.store.known("service", [request.service])).get(request.service)
    if known is None:
        raise NotFoundError("service")
    return acceptance.view(known.values, _is_inside(known.values, actor))


async def set_rules(means: Means, request: SetAcceptanceRules, actor: Actor) -> AcceptanceReply:
    """Put these rules in place of all that the service has.

    Raises:
        ForbiddenError, FirewalledError, NotVerifiedError: see ``admission``.
        InvalidError: every mistake in the rules, by its path.
        NotFoundError: there is no such service of the caller's organization.
        IdempotencyKeyReusedError, StaleVersionError, ContendedError: nothing was done.
    """
    admission.permit_set(actor)
    rules, problems = checking.checked(request.rules)
    _refuse([*problems, *checking.unjustified(request.rules)])
    call = means.marks.call("set_acceptance_rules", request, actor)

    def decide(document: Document) -> Decided:
        if document["organization"] != actor.organization:
            raise NotFoundError("service")
        _check_version(document, request)
        return Decided(
            {"acceptance": acceptance.set_rules(document, rules, actor, call.at)}, "set_acceptance_rules"
        )

    reply = _reply(await change(means, "service", request.service, call, decide), actor)
    return replace(reply, warnings=tuple(checking.warnings(rules)))


async def review_rules(means: Means, request: ReviewAcceptanceRules, actor: Actor) -> AcceptanceReply:
    """Note a coordinator's word on rules that look at nationality or migration status.

    Raises:
        ForbiddenError: the caller is no coordinator, or the service its own organization's.
        InvalidError: a refusal without a note, or rules that are not there or need no word.
        NotFoundError: there is no such service.
        IdempotencyKeyReusedError, StaleVersionError, ContendedError: nothing was done.
    """
    await allowed.coordinated(means.store, actor)
    if request.decision is ReviewDecision.REFUSE and request.note is None:
        _refuse([FieldProblem(path=("note",), message="Say to the organization why.", code="REQUIRED")])
    call = means.marks.call("review_acceptance_rules", request, actor)

    def decide(document: Document) -> Decided:
        if document["organization"] == actor.organization:
            raise ForbiddenError("Nobody reviews the rules of the own organization.")
        _check_version(document, request)
        _refuse(acceptance.review_problems(document, request.rules))
        return Decided(
            {"acceptance": acceptance.review(document, request, actor, call.at)}, "review_acceptance_rules"
        )

    return _reply(await change(means, "service", request.service, call, decide), actor)


def _check_version(document: Document, request: AnyChange) -> None:
    version = acceptance.version(document)
    if request.expected_version is not None and request.expected_version != version:
        raise StaleVersionError("list of rules", request.expected_version, version)


def _reply(changed: Changed, actor: Actor) -> AcceptanceReply:
    found = acceptance.view(changed.document, _is_inside(changed.document, actor))
    return AcceptanceReply(acceptance=found, replayed=changed.replayed)


def _is_inside(document: Document, actor: Actor) -> bool:
    if allowed.is_operator(actor) or allowed.is_coordinator(actor):
        return True
    return actor.organization is not None and document["organization"] == actor.organization


def _refuse(problems: list[FieldProblem]) -> None:
    if problems:
        raise InvalidError("The rules are not right; see fields.", tuple(problems))
