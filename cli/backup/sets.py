"""What a backup is made of: which databases and streams, which of them apart, and whose events go where."""

from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

from chassis.settings import key_name, read_key
from cli import keys
from cli.exits import CommandError, Exit
from services.directory.capacity.capacity import noun_id as capacity_id
from services.directory.capacity.store import CAPACITY
from services.directory.editing.store import CORRECTIONS
from services.directory.membership.store import PROPOSALS
from services.directory.store import CLIENTS, MEMBERS, ORGANIZATIONS, SERVICES
from services.directory.store import DATABASE as DIRECTORY
from services.notifications.agreements.store import AGREEMENTS
from services.notifications.settings import DATABASE as NOTIFICATIONS
from services.referrals.audit.store import HEADS, READINGS
from services.referrals.audit.store import noun_id as audit_id
from services.referrals.firewall.store import EXCEPTIONS
from services.referrals.store import DATABASE as REFERRALS_DATABASE
from services.referrals.store import REFERRALS
from services.referrals.vault import DATABASE as VAULT

# All databases begin so.
PREFIX = "relevo_"
STREAMS = ("EVT", "FEED", "DLQ")
EVENTS = "EVT"
# The two kinds of backup: what there is, and the keys that open the persons in it.
DATA, KEYS = "data", "keys"
REFERRAL = ("referrals", "referral")
AGREEMENT = ("notifications", "agreement")
# Where the document is that counts a noun's events, by part and noun.
DOCUMENTS: dict[tuple[str, str], tuple[str, str]] = {
    REFERRAL: (REFERRALS_DATABASE, REFERRALS),
    ("referrals", "exception"): (REFERRALS_DATABASE, EXCEPTIONS),
    ("referrals", "audit"): (REFERRALS_DATABASE, HEADS),
    ("referrals", "reading"): (REFERRALS_DATABASE, READINGS),
    AGREEMENT: (NOTIFICATIONS, AGREEMENTS),
    ("directory", "organization"): (DIRECTORY, ORGANIZATIONS),
    ("directory", "service"): (DIRECTORY, SERVICES),
    ("directory", "capacity"): (DIRECTORY, CAPACITY),
    ("directory", "client"): (DIRECTORY, CLIENTS),
    ("directory", "member"): (DIRECTORY, MEMBERS),
    ("directory", "proposal"): (DIRECTORY, PROPOSALS),
    ("directory", "correction"): (DIRECTORY, CORRECTIONS),
}
_NAMED_OTHERWISE: dict[tuple[str, str], Callable[[str], str]] = {
    (DIRECTORY, CAPACITY): capacity_id,
    (REFERRALS_DATABASE, HEADS): audit_id,
}
_HASH_KEY = "referrals/hash.key"


def noun_of(collection: tuple[str, str], document_id: str) -> str:
    """Return under which id a document's events are."""
    named = _NAMED_OTHERWISE.get(collection)
    return document_id if named is None else named(document_id)


def is_vault(database: str) -> bool:
    """Whether a database is the key vault, which is kept apart."""
    return database == VAULT


def network_of(folder: Path) -> str:
    """Return the name of the network whose keys are in a folder; it tells nothing of them.

    Raises:
        CommandError: the key by which it is named is not there.
    """
    try:
        return key_name(read_key(folder / _HASH_KEY, keys.RANDOM[_HASH_KEY]))
    except SystemExit as error:
        raise CommandError(str(error).removeprefix("relevo: "), Exit.NOT_WRITABLE) from None


def versions() -> dict[str, str]:
    """Return the versions by which a backup is made."""
    return {"relevo": version("relevo")}
