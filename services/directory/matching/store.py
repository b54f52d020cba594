"""The database calls of acceptance rules: the service's own document, with what others need not read."""

from services.directory.store import Change, Document, Known, Store

_SEEN = {"organization": 1, "revision": 1, "n": 1, "rules": 1, "acceptance": 1}


async def load(store: Store, service_id: str) -> Document | None:
    """Return what acceptance rules are made of, or None where there is no such service."""
    return await store.collection("service").find_one({"_id": service_id}, _SEEN)


async def save(store: Store, change: Change) -> bool:
    """Write a change; return whether nobody else was first."""
    return not await store.save("service", [change])


def known(document: Document) -> Known:
    """Return what a write has to know of a loaded service."""
    return Known(document["revision"], document["n"], values=document)
