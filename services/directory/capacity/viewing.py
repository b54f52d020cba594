"""The places of services as everybody may see them now, beside what else is known of the services."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from contracts.directory import Service
from services.directory.capacity import capacity
from services.directory.capacity.capacity import Document


def with_places(
    services: Sequence[Service | None], documents: Mapping[str, Document], now: datetime
) -> tuple[Service | None, ...]:
    """Return the services with their places as they are now; an import's word stands where nobody said more.

    ``documents`` are those of ``CapacityStore.seen``.
    """
    return tuple(
        msgspec.structs.replace(service, capacity=capacity.view(documents[service.id], now))
        if service is not None and service.id in documents
        else service
        for service in services
    )
