"""What is sent to a webhook is what the catalogue says of its type."""

from datetime import UTC, datetime
from typing import Any, get_args

import jsonschema
import msgspec
import pytest

from contracts.catalogue import Shape, body_example, shape_of, typed_schema
from contracts.codes import NeedGroup, Priority, ReferralStatus, State
from contracts.notifications import TOLD_TYPES, FeedReferral, FeedSubject, FeedTold
from contracts.progress import Progress, SentReferral
from services.notifications.webhooks.sending import body_of

REFERRAL = FeedReferral(
    id="ref_1",
    folio="REL-7K3F9M-2P",
    version=3,
    status=ReferralStatus.ACCEPTED,
    need_group=NeedGroup.HEALTH,
    priority=Priority.URGENT,
    state=State.CHP,
)
SENT = SentReferral(folio=REFERRAL.folio, progress=Progress.ENDED)


def entries(event_type: str) -> list[FeedTold]:
    """Entries of a type, as the feed may hold them."""
    kind: Any = body_example(event_type)["data"].get("kind")
    assert kind is None or kind in get_args(msgspec.structs.fields(FeedSubject)[0].type)
    about: dict[Shape, list[dict[str, Any]]] = {
        Shape.REFERRAL: [{"referral": REFERRAL}],
        Shape.PROGRESS: [{"sent": SENT}, {"about": "ref_1"}],
        Shape.SUBJECT: [] if kind is None else [{"subject": FeedSubject(kind=kind, id="x")}],
    }
    at = datetime(2026, 11, 22, tzinfo=UTC)
    return [
        FeedTold(event="e", type=event_type, at=at, relation="sender", seq=1, **one)
        for one in about[shape_of(event_type)]
    ]


@pytest.mark.parametrize("event_type", TOLD_TYPES)
def test_a_body_is_as_the_catalogue_says(event_type: str) -> None:
    schema = typed_schema(event_type)
    named = schema["properties"]["data"]["properties"]
    for entry in entries(event_type):
        body = msgspec.json.decode(body_of(entry, "cursor"))
        jsonschema.validate(body, schema)
        # And nothing that it does not say.
        assert set(body) <= set(schema["properties"])
        assert set(body["data"]) <= set(named)
        assert set(body["data"]) >= set(body_example(event_type)["data"]) - {"progress", "folio"}
