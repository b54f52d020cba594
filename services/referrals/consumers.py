"""Events in: what happens to organizations flags the open referrals that they are parties of."""

from collections.abc import Mapping

from chassis.consumer import Delivery, Handler
from contracts.events import ORGANIZATION_DEACTIVATED, ORGANIZATION_REACTIVATED
from services.referrals.actions.flag import flag_all
from services.referrals.means import Means

DURABLE = "referrals"
# All events of an organization, so that none is missing in between when the stream has forgotten it.
SUBJECTS = ("evt.directory.organization.>",)


def handlers(means: Means) -> Mapping[str, Handler]:
    """CloudEvents type -> what it does to the organization's referrals."""

    async def deactivated(delivery: Delivery) -> None:
        await flag_all(means, delivery.noun_id, gone=True)

    async def reactivated(delivery: Delivery) -> None:
        await flag_all(means, delivery.noun_id, gone=False)

    return {ORGANIZATION_DEACTIVATED.type: deactivated, ORGANIZATION_REACTIVATED.type: reactivated}
