"""Structured logs on standard error, each line with its trace; never a body, a document or an argument."""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog
from opentelemetry import trace

from chassis.settings import PartSettings


def setup(part: str, settings: PartSettings) -> None:
    """Set up logging for this process, once. ``json`` is for machines, ``console`` for people."""
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    renderer: Any = (
        structlog.processors.JSONRenderer()
        if settings.log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _add_trace,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(part=part)
    # Libraries log what they like, and some of them whole documents: of theirs only that they warned, and
    # of an exception its type and place.
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Discreet("%(levelname)s %(name)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)


def place_of(error: BaseException) -> str:
    """Where an exception came from, as file and line: its words may hold a name."""
    place = error.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    return f"{place.tb_frame.f_code.co_filename}:{place.tb_lineno}" if place else "?"


class _Discreet(logging.Formatter):
    """Says of an exception its type and place."""

    def formatException(self, ei: Any) -> str:  # noqa: N802 - overrides logging's
        kind, error, _ = ei
        return f"{kind.__name__} at {place_of(error)}" if error is not None else ""


def _add_trace(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    context = trace.get_current_span().get_span_context()
    if context.is_valid:
        event["trace"] = trace.format_trace_id(context.trace_id)
    return event
