"""What a sender should know of what it has referred, though it was not refused."""

import strawberry

from contracts.languages import ENGLISH
from contracts.warnings import Warned, WarningCode
from gateway.context import Context
from gateway.schema.enums import publish
from gateway.schema.fields import beside, computed
from gateway.words import camel

publish(
    WarningCode,
    "What may not be right with a referral that was not refused.",
    {
        WarningCode.NEED_NOT_LISTED: "The directory does not say that the service helps with that need.",
        WarningCode.STATE_NOT_SERVED: "The directory does not say that the service serves that state.",
        WarningCode.PRIORITY_TOO_LOW: "A pathway asks for a higher priority. What saves a life is not "
        "refused for it, nor is a draft.",
        WarningCode.CONSENT_NEEDED: "She needs international protection, and another referral of hers is to "
        "a consulate, on less than written consent: it sees nothing of her any more. Cancel it, or correct "
        "its consent.",
        WarningCode.CHILD_SIGNS: "Somebody under 12 has consented alone. Ask a caregiver (`CAREGIVER`), or "
        "give another basis, as `BEST_INTERESTS_OF_THE_CHILD`, which a second member reviews.",
        WarningCode.NOT_IN_CONSENT: "Notes or vulnerabilities were given that the consent does not name: the "
        "receiver never learns them. Name them in it if she agrees.",
    },
)


def _message(parent: Warned, context: Context) -> str:
    """The warning, for people, in the language of `Accept-Language`."""
    return parent.en if context.language == ENGLISH else parent.es


def _path(parent: Warned) -> list[str]:
    """Where in the input."""
    return [camel(step) for step in parent.path]


@strawberry.type(description="Something to look at in what was done: you may know better, by telephone say.")
class ReferralWarning:
    """Read from ``contracts.warnings.Warned``."""

    code: WarningCode = strawberry.field(description="What, for programs.")
    path = computed(_path, list[str])
    message = beside(_message, str)
