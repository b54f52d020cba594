"""One referral is one trace: from the HTTP request through every part to the other party's live feed."""

from collections.abc import Sequence

from tests.flows.cast import Cast
from tests.flows.collector import Collector, Span
from tests.flows.streams import Follower, head_of, sse
from tests.servers import eventually

# OpenTelemetry's SpanKind as OTLP numbers it.
SERVER, CLIENT, PRODUCER, CONSUMER = 2, 3, 4, 5
ISSUE = "rpc.v1.referrals.issue"
SENT = "referrals.referral.sent.v1"
# Everything that has to be in it, in the order in which it happens: part, kind, name.
STEPS = (
    ("gateway", CLIENT, f"{ISSUE} request"),
    ("referrals", SERVER, ISSUE),
    ("referrals", CLIENT, "rpc.v1.directory.get_services request"),
    ("directory", SERVER, "rpc.v1.directory.get_services"),
    ("referrals", PRODUCER, f"{SENT} publish"),
    ("notifications", CONSUMER, f"{SENT} process"),
    ("gateway", CONSUMER, "feed deliver"),
)


def steps_of(spans: Sequence[Span]) -> set[tuple[str, int, str]]:
    return {(span.part.removeprefix("relevo-"), span.kind, span.name) for span in spans}


def parts_that_asked_the_database(spans: Sequence[Span]) -> set[str]:
    return {span.part.removeprefix("relevo-") for span in spans if "mongodb" in span.attributes.values()}


async def test_a_referral_is_one_trace_from_request_to_delivery(watched: Cast, collector: Collector) -> None:
    async with Follower(sse, watched.hospital, await head_of(watched.hospital)) as reader:
        before = {span.trace for span in collector.spans}
        payload = await watched.shelter.change("issueReferral", **watched.issue())
        assert payload["userErrors"] == []
        await reader.until_count(1)

        def trace() -> list[Span]:
            spans = [span for span in collector.spans if span.trace not in before]
            traces = {span.trace for span in spans if span.name == ISSUE}
            assert len(traces) <= 1
            return [span for span in spans if span.trace in traces]

        async def missing() -> set[tuple[str, int, str]]:
            return set(STEPS) - steps_of(trace())

        assert await eventually(missing, lambda steps: not steps) == set()
        spans = trace()
    roots = [span for span in spans if span.parent not in {other.id for other in spans}]
    assert len(roots) == 1, roots
    assert (roots[0].part, roots[0].kind, roots[0].name) == ("relevo-gateway", SERVER, "POST /graphql")
    assert parts_that_asked_the_database(spans) >= {"directory", "referrals", "notifications"}
    # Two parties: two entries of the feed, and the one that somebody listens for is delivered.
    assert sum(span.name == "feed deliver" for span in spans) == 1


async def test_a_database_span_names_the_command_and_no_more(watched: Cast, collector: Collector) -> None:
    payload = await watched.shelter.change("issueReferral", **watched.issue())

    async def statements() -> set[str]:
        return {
            span.attributes["db.statement"] for span in collector.spans if "db.statement" in span.attributes
        }

    assert payload["userErrors"] == []
    found = await eventually(statements, lambda found: "insert" in found)
    assert all(statement.isalpha() for statement in found), found
