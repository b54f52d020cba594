"""What a sender has said of a referral, out of its encrypted fields, and back into them."""

from contracts.drafts import DraftReferral
from services.referrals import drafting, keeping
from services.referrals.document import Document
from services.referrals.errors import PersonErasedError, refused_where_erased
from services.referrals.means import Means
from services.referrals.opening import open_said
from services.referrals.sealed import seal_all


async def said_in(means: Means, doc: Document) -> DraftReferral:
    """Return what the sender has said, of a draft or of what was sent.

    Raises:
        PersonErasedError: nothing of it can be opened any more.
    """
    opened = await open_said(means.vault, doc)
    if opened.circumstances is None or opened.erased or opened.unreadable:
        raise PersonErasedError
    return drafting.said_of(doc, opened)


async def sealed_anew(means: Means, doc: Document, said: DraftReferral) -> Document:
    """Return the document's encrypted fields for what is said now, with its own keys.

    Raises:
        PersonErasedError: they are gone.
    """
    ids = doc["key_t2"], doc["key_t3"]
    with await means.vault.fetch(keeping.usable(doc, *keeping.OF_HER)) as keys, refused_where_erased():
        return seal_all(said, means.pathways.applied(said), keys, ids)
