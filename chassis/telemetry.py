"""Traces and metrics: one trace from the HTTP request to the last delivery, and names in OTel's manner.

Nothing here records a body, a document or an argument. Spans go out by OTLP where an endpoint is set;
metrics are read at ``/metrics``.
"""

from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager

from opentelemetry import metrics, propagate, trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.instrumentation.pymongo import PymongoInstrumentor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ALWAYS_ON
from opentelemetry.trace import Span, SpanKind, Status, StatusCode

from chassis.settings import PartSettings

tracer = trace.get_tracer("relevo")
meter = metrics.get_meter("relevo")


def setup(part: str, settings: PartSettings) -> None:
    """Set up traces and metrics for this process, once."""
    resource = Resource.create({"service.name": f"relevo-{part}"})
    metrics.set_meter_provider(MeterProvider(resource=resource, metric_readers=[PrometheusMetricReader()]))
    # Without an endpoint nobody reads spans; trace ids for the logs are made all the same.
    provider = TracerProvider(ALWAYS_ON if settings.otlp_endpoint else ALWAYS_OFF, resource)
    if settings.otlp_endpoint:
        exporter = OTLPSpanExporter(endpoint=f"{settings.otlp_endpoint.rstrip('/')}/v1/traces")
        provider.add_span_processor(BatchSpanProcessor(exporter, schedule_delay_millis=1000))
        # Statements hold whole documents: they stay off (the default).
        PymongoInstrumentor().instrument()
    trace.set_tracer_provider(provider)


def shutdown() -> None:
    """Send what is left."""
    provider = trace.get_tracer_provider()
    if isinstance(provider, TracerProvider):
        provider.shutdown()


def inject(headers: MutableMapping[str, str]) -> None:
    """Add the current trace to a message's headers."""
    propagate.inject(headers)


def traceparent() -> str | None:
    """The current trace as one string, to be stored with an event."""
    carrier: dict[str, str] = {}
    propagate.inject(carrier)
    return carrier.get("traceparent")


def extract(headers: Mapping[str, str] | None) -> Context:
    """The trace that a message came from."""
    return propagate.extract(headers or {})


@contextmanager
def span(name: str, kind: SpanKind, context: Context | None = None, **attributes: str) -> Iterator[Span]:
    """A span around a block. An exception marks it failed by its type only: messages may hold a name."""
    with tracer.start_as_current_span(
        name, context, kind, attributes, record_exception=False, set_status_on_exception=False
    ) as current:
        try:
            yield current
        except Exception as error:
            current.set_status(Status(StatusCode.ERROR, type(error).__name__))
            raise


def trace_id() -> str:
    """The current trace's id in hex, to be shown beside a masked error and logged with its cause."""
    return trace.format_trace_id(trace.get_current_span().get_span_context().trace_id)
