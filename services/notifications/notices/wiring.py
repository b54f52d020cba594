"""Putting together what writes to members, by the settings: a server, a folder, or nothing."""

from chassis.calls import Calls
from chassis.mongo import Database
from chassis.part import Part
from chassis.rpc import Caller
from chassis.seal import Sealer
from chassis.settings import read_key
from contracts.notifications import PART
from services.notifications.agreements.subscribers import Subscribers
from services.notifications.daily import Daily
from services.notifications.feed import Feeds
from services.notifications.notices.carrying import NoticeCarrying
from services.notifications.notices.codes import Codes
from services.notifications.notices.composing import Composer
from services.notifications.notices.escalating import Escalating, awaiting
from services.notifications.notices.folder import MailFolder
from services.notifications.notices.means import NoticeMeans
from services.notifications.notices.members import Members
from services.notifications.notices.sending import Carrier, Channel, Mailing, Sealed
from services.notifications.notices.smtp import SmtpServer
from services.notifications.notices.store import RecipientStore
from services.notifications.replica import Replica
from services.notifications.settings import Settings
from services.notifications.webhooks.store import WebhookStore

KEY_BYTES = 32


def writing(
    part: Part,
    db: Database,
    feeds: Feeds,
    subscribers: Subscribers,
    settings: Settings,
    *,
    replica: Replica,
) -> NoticeMeans:
    """Return what carries feeds to members."""
    own = settings.keys_dir / PART
    # The key that seals what is kept of webhooks; each thing is sealed for what it is.
    keys, links = (Sealer(read_key(own / name, KEY_BYTES)) for name in ("webhook.key", "seal.key"))
    sealed = Sealed(keys)
    channels: dict[str, Channel] = {}
    carrier = carrier_of(settings)
    if carrier is not None:
        composer = Composer(settings.mail_from, settings.emergency_phone)
        descriptions = WebhookStore(db).descriptions
        channels["email"] = Mailing(carrier, composer, sealed, links, settings.public_url, descriptions)
    if settings.gateways:
        channels["message"] = messaging(settings.gateways, sealed)
    caller = Caller(part.bus)
    store, members = RecipientStore(db), Members(caller)
    escalating = Escalating(store, members, awaiting(caller), frozenset(channels))
    carrying = NoticeCarrying(
        replica, store, feeds, members, channels, escalating=escalating, subscribers=subscribers
    )
    hash_key = read_key(own / "hash.key", KEY_BYTES)
    codes = Codes(Daily(db), hash_key)
    return NoticeMeans(store, feeds, members, sealed, carrying, Calls(hash_key), channels, codes)


def messaging(gateways: frozenset[str], sealed: Sealed) -> Channel:
    """Return what sends short messages by these gateways.

    Raises:
        SystemExit: the extra ``apprise`` is not installed, or one of them is none.
    """
    try:
        from services.notifications.notices import messages  # noqa: PLC0415 - an optional extra
    except ImportError:
        raise SystemExit(
            "relevo: RELEVO_MESSAGE_GATEWAYS needs the extra apprise: pip install 'relevo[apprise]'"
        ) from None
    if strange := gateways - messages.GATEWAYS:
        known = ", ".join(sorted(messages.GATEWAYS))
        raise SystemExit(f"relevo: RELEVO_MESSAGE_GATEWAYS: {', '.join(sorted(strange))} is none of {known}")
    return messages.Messaging(gateways, sealed)


def carrier_of(settings: Settings) -> Carrier | None:
    """Return what takes mails; None where nothing does."""
    if settings.smtp_host:
        return SmtpServer(
            settings.smtp_host,
            settings.smtp_port,
            settings.smtp_tls,
            settings.smtp_user,
            settings.smtp_password,
        )
    return MailFolder(settings.mail_folder) if settings.mail_folder else None
