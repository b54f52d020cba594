"""How many codes are sent in a day: to a member, for an organization, to one mailbox.

A code is a mail to an address that nobody has confirmed: whoever could ask for as many as she likes would
fill a stranger's mailbox, and get the network's server onto lists of those whose mail nobody takes.
"""

import hmac
from dataclasses import dataclass

import msgspec

from contracts.membership import OwnMember
from contracts.notices import CODES_A_DAY, NoticeChannel
from services.notifications.daily import Daily
from services.notifications.errors import TooManyError


@dataclass(frozen=True)
class Codes:
    """Counts them; of an address a keyed hash is kept, for two days at most."""

    daily: Daily
    key: bytes

    async def take(self, member: OwnMember, channel: NoticeChannel, address: str) -> None:
        """Count one more.

        Raises:
            TooManyError: there were as many as there may be. It says not of what: others' mailboxes are their
                own business.
        """
        limits = {
            f"codes of {member.id}": CODES_A_DAY.member,
            f"codes for {member.organization}": CODES_A_DAY.organization,
            f"codes to {self._hash(channel, address)}": CODES_A_DAY.mailbox,
        }
        if not await self.daily.take(limits):
            raise TooManyError("Too many codes were asked for today; try tomorrow.")

    def _hash(self, channel: NoticeChannel, address: str) -> str:
        whose = ("mailbox", channel.value, mailbox_of(address))
        return hmac.new(self.key, msgspec.json.encode(whose), "sha256").hexdigest()[:32]


def mailbox_of(address: str) -> str:
    """Return what is the same for each way to write to one mailbox: ``maria+relevo@`` is ``maria@``."""
    local, at, domain = address.casefold().rpartition("@")
    return f"{local.partition('+')[0]}{at}{domain}"
