"""The lists of the public API: a page of records, or all of them as a stream."""

from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec
from fastapi import Request, Response

from chassis.problems import InvalidError
from contracts.rpc import FieldProblem
from contracts.sentences import Sentence, of_input
from services.directory import ids
from services.directory.rest import answers
from services.directory.rest.answers import NotReadyError
from services.directory.rest.catalogue import Catalogue, Row
from services.directory.rest.parameters import Paging
from services.directory.rest.rendering import Renderer, Wanted

# Each may last for minutes; the others' turns (app.py) must be more.
STREAMS = 4


class Lists:
    """Answers lists; of streams only a few at once, since each is the whole directory."""

    def __init__(self, renderer: Renderer) -> None:
        self._renderer = renderer
        self._streams = 0

    async def rows(self, request: Request, query: Paging, wanted: Sequence[Wanted]) -> Response:
        """Return a page of these records, or all of them.

        Raises:
            InvalidError: more records on a page than it may have; a page of a stream.
        """
        check(query)
        modified = _latest(wanted)
        if query.format == "ndjson":
            return await self._stream(request, wanted, modified)
        begin = (query.page - 1) * query.size
        contents = await self._renderer.render(wanted[begin : begin + query.size])
        body = answers.page(contents, len(wanted), query.page, query.size)
        return answers.answer(request, body, modified)

    async def _stream(
        self, request: Request, wanted: Sequence[Wanted], modified: datetime | None
    ) -> Response:
        tag = await self._renderer.tag(wanted)
        if (short := answers.may_stream(request, tag, modified)) is not None:
            return short
        if self._streams >= STREAMS:
            raise NotReadyError("Too many streams at once: come again.")
        self._streams += 1
        return answers.Stream(self._renderer.each(wanted), tag, modified, self._ended)

    def _ended(self) -> None:
        self._streams -= 1

    async def plain(self, request: Request, query: Paging, made: Sequence[object]) -> Response:
        """Return a page of what is small and made already, or all of it."""
        check(query)
        if query.format == "ndjson":
            lines = b"".join(msgspec.json.encode(one) + b"\n" for one in made)
            return answers.answer(request, lines, media_type=answers.NDJSON)
        begin = (query.page - 1) * query.size
        contents = [msgspec.json.encode(one) for one in made[begin : begin + query.size]]
        return answers.answer(request, answers.page(contents, len(made), query.page, query.size))


def minimal(catalogue: Catalogue, rows: Iterable[Row]) -> list[dict[str, str]]:
    """Return services by id and moment; name and status because the schema of a service requires them."""
    return [
        {
            "id": ids.to_uuid(row.id),
            "name": row.name,
            "status": catalogue.status_of(row),
            "modified_date": row.modified.isoformat().replace("+00:00", "Z"),
        }
        for row in rows
    ]


def check(query: Paging) -> None:
    """Check what the parameters mean together.

    Raises:
        InvalidError: more records on a page than it may have; a page of a stream.
    """
    if query.per_page is not None and query.per_page > query.most:
        raise refusal(
            "per_page",
            Sentence("It must be 1 to {most}, not {given}.", most=query.most, given=query.per_page),
        )
    given = query.model_fields_set
    if query.format == "ndjson" and (paged := given & {"page", "per_page"}):
        raise refusal(sorted(paged)[0], "A stream (format=ndjson) has no pages: leave it out.")


def refusal(parameter: str, message: str) -> InvalidError:
    """Return the refusal that names a parameter and says what would be right."""
    return InvalidError(of_input(parameter, message), (FieldProblem(path=(parameter,), message=message),))


def _latest(wanted: Iterable[Wanted]) -> datetime | None:
    return max((one.row.modified for one in wanted), default=None)
