"""Spanish for every sentence of a refusal, by its English template; a place of a value keeps its name."""

from contracts.spanish.agreements import AGREEMENTS
from contracts.spanish.broadcasts import BROADCASTS
from contracts.spanish.directory import DIRECTORY
from contracts.spanish.firewall import FIREWALL
from contracts.spanish.gateway import GATEWAY
from contracts.spanish.notices import NOTICES
from contracts.spanish.referrals import REFERRALS
from contracts.spanish.shared import SHARED
from contracts.spanish.webhooks import WEBHOOKS

SPANISH: dict[str, str] = {
    **SHARED,
    **REFERRALS,
    **FIREWALL,
    **DIRECTORY,
    **GATEWAY,
    **WEBHOOKS,
    **BROADCASTS,
    **AGREEMENTS,
    **NOTICES,
}
