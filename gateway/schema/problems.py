"""Refusals of the domain, as a mutation's payload says them: all at once, each with its place."""

from enum import StrEnum

import strawberry

from chassis.problems import PartError
from contracts.rpc import FieldProblem
from contracts.sentences import spoken
from gateway.schema.enums import publish
from gateway.words import camel, respelt


class UserErrorCode(StrEnum):
    """Every code of a refusal. The parts' own codes, and those of single fields."""

    INVALID = "INVALID"
    REQUIRED = "REQUIRED"
    NOT_FOUND = "NOT_FOUND"
    FORBIDDEN = "FORBIDDEN"
    NOT_VERIFIED = "NOT_VERIFIED"
    FIREWALLED = "FIREWALLED"
    WRONG_STATUS = "WRONG_STATUS"
    STALE_VERSION = "STALE_VERSION"
    IDEMPOTENCY_KEY_REUSED = "IDEMPOTENCY_KEY_REUSED"
    EXTERNAL_ID_TAKEN = "EXTERNAL_ID_TAKEN"
    NOT_ACTIVE = "NOT_ACTIVE"
    NO_INTAKE = "NO_INTAKE"
    OWN_SERVICE = "OWN_SERVICE"
    WRITTEN_CONSENT_NEEDED = "WRITTEN_CONSENT_NEEDED"
    CONSENT_NEEDED = "CONSENT_NEEDED"
    ERASED = "ERASED"
    DUPLICATE = "DUPLICATE"
    CONTRADICTION = "CONTRADICTION"
    MEMBER_EXISTS = "MEMBER_EXISTS"
    TOO_MANY = "TOO_MANY"
    NOT_CONFIGURED = "NOT_CONFIGURED"
    BY_TELEPHONE = "BY_TELEPHONE"
    NO_CAPACITY = "NO_CAPACITY"
    FEWER_PLACES = "FEWER_PLACES"
    CAPACITY_UNREACHABLE = "CAPACITY_UNREACHABLE"
    TELLS_ADDRESS = "TELLS_ADDRESS"
    NOT_PROPOSED = "NOT_PROPOSED"
    NOT_FRESH = "NOT_FRESH"
    CIRCLE = "CIRCLE"
    STEP_MISSING = "STEP_MISSING"
    PRIORITY_TOO_LOW = "PRIORITY_TOO_LOW"
    CURSOR_EXPIRED = "CURSOR_EXPIRED"
    REFUSED = "REFUSED"


_MEANINGS: dict[StrEnum, str] = {
    UserErrorCode.INVALID: "An input is of its type, and yet not right.",
    UserErrorCode.REQUIRED: "An input is missing, or one of several must be given.",
    UserErrorCode.NOT_FOUND: "There is no such thing, or you may not know of it: the same answer for both.",
    UserErrorCode.FORBIDDEN: "Your roles or scopes do not reach that far.",
    UserErrorCode.NOT_VERIFIED: "No coordinator has verified your organization yet.",
    UserErrorCode.FIREWALLED: "An organization of a kind that no personal data may go to takes part.",
    UserErrorCode.WRONG_STATUS: "Not possible from where it stands; of a referral see `allowedActions`.",
    UserErrorCode.STALE_VERSION: "It is not at `expectedVersion`; the payload has it as it is now.",
    UserErrorCode.IDEMPOTENCY_KEY_REUSED: "The key was used with another input within the last 30 days.",
    UserErrorCode.EXTERNAL_ID_TAKEN: "Your organization gave this external id to another referral.",
    UserErrorCode.NOT_ACTIVE: "The service is not active now.",
    UserErrorCode.NO_INTAKE: "The service takes no referrals.",
    UserErrorCode.OWN_SERVICE: "The service is your own organization's.",
    UserErrorCode.WRITTEN_CONSENT_NEEDED: "This receiver needs written consent that names it.",
    UserErrorCode.CONSENT_NEEDED: "This receiver needs consent that names it.",
    UserErrorCode.ERASED: "The person's data was erased, and nothing can be added to it.",
    UserErrorCode.DUPLICATE: "The same stands there already.",
    UserErrorCode.CONTRADICTION: "Nobody could satisfy this together with what stands before it.",
    UserErrorCode.MEMBER_EXISTS: "The member is there already, with other roles.",
    UserErrorCode.TOO_MANY: "A limit of how many is reached; the message says which.",
    UserErrorCode.NOT_CONFIGURED: "This network has not set that up.",
    UserErrorCode.BY_TELEPHONE: "The receiver answers by telephone: nobody there would read it.",
    UserErrorCode.NO_CAPACITY: "There are not as many places; the message names the unit and what is free.",
    UserErrorCode.FEWER_PLACES: "Fewer places are named than the sender asked for, and it has not agreed "
    "to that: ask it to correct what it asks for, then accept.",
    UserErrorCode.CAPACITY_UNREACHABLE: "Nobody can say now whether there is a place. Try again, or accept "
    "with `withoutHold`.",
    UserErrorCode.TELLS_ADDRESS: "A text tells where a place of yours is that is hidden: leave that out.",
    UserErrorCode.NOT_PROPOSED: "Another service is proposed by now than the one that you name.",
    UserErrorCode.NOT_FRESH: "The consent is older than what it is for.",
    UserErrorCode.CIRCLE: "It would come back to a service that was asked before.",
    UserErrorCode.STEP_MISSING: "A mandatory step of a pathway is missing; the message names it.",
    UserErrorCode.PRIORITY_TOO_LOW: "A pathway asks for a higher priority; the message names both.",
    UserErrorCode.CURSOR_EXPIRED: "The cursor is of before the feed was started anew.",
    UserErrorCode.REFUSED: "Refused for a reason that has no code of its own here; the message says it.",
}

publish(UserErrorCode, "Why something was not done. Treat one that you do not know as `REFUSED`.", _MEANINGS)


@strawberry.type(
    description="One reason why something was not done. What is not even of its form (a text that is too "
    "long, or has a control character) comes alone: nothing else was looked at."
)
class UserError:
    """What a payload's ``userErrors`` hold."""

    code: UserErrorCode = strawberry.field(description="The reason, for programs.")
    path: list[str] = strawberry.field(
        description="Where in the input: `person`, `birthDate`. Empty if it is about the whole."
    )
    message: str = strawberry.field(
        description="The reason, for people: what is wrong, and what would be right; in the language of "
        "`Accept-Language`."
    )


def user_errors(refusal: PartError, language: str) -> list[UserError]:
    """A part's refusal in that language, one entry for each field that it names."""
    fields = refusal.fields
    if not fields or (len(fields) == 1 and refusal.code != "INVALID"):
        # What is about one thing has said more of it as a whole.
        path = fields[0].path if fields else ()
        fields = (FieldProblem(path=path, message=refusal.detail, code=refusal.code),)
    # Parts name inputs in their own spelling, also in their words.
    names = {step for field in fields for step in field.path}
    return [
        UserError(
            code=_code(field.code),
            path=[camel(step) for step in field.path],
            message=respelt(spoken(field.words, language, field.code), names),
        )
        for field in fields
    ]


def _code(code: str) -> UserErrorCode:
    return UserErrorCode(code) if code in UserErrorCode.__members__ else UserErrorCode.REFUSED
