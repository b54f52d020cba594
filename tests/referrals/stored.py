"""A referral as it stands in the database, byte for byte: what must not be readable there."""

from bson.raw_bson import RawBSONDocument

from services.referrals.store import Store
from tests.referrals import cast


async def bytes_of(store: Store, referral: str) -> bytes:
    """The stored document as it is."""
    raw = await store.db.get_collection(
        "referrals", codec_options=store.db.codec_options.with_options(document_class=RawBSONDocument)
    ).find_one({"_id": referral})
    assert raw is not None
    return bytes(raw.raw)  # type: ignore[attr-defined]


async def check_nothing_is_readable(store: Store, referral: str) -> None:
    """Find nothing in it of the cast's person, of her circumstances, of her sensitive need."""
    stored = await bytes_of(store, referral)
    for canary in (*cast.CANARIES, "human_trafficking", "lgbtiq", "violence"):
        assert canary.encode() not in stored
    # Three letters stand in many an id: as a value, in BSON and in JSON.
    for language in (b"\x04\x00\x00\x00mam\x00", b'"mam"'):
        assert language not in stored
