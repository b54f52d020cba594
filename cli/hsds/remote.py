"""Fetches a directory from a URL: a file, or all pages of another HSDS API; bounded in every direction."""

import hashlib
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from cli.hsds.reading import NotHsdsError
from cli.hsds.web import Fetched, Web

MOST_PAGES = 20_000
PER_PAGE = 100
# A page of a hundred whole services is of some MiB.
MOST_BYTES_OF_A_PAGE = 64 * 1024 * 1024
_URL = re.compile(r"https?://", re.IGNORECASE)
# An id that can stand in a path; not one that leads up in it.
_NAME = re.compile(r"(?!\.{1,2}$)[\w.~-]{1,200}")
_ENDINGS = {"csv": ".csv", "ndjson": ".ndjson", "jsonl": ".ndjson", "zip": ".zip"}
# What a service of a list has only where the server gave it whole.
_NESTED = frozenset({"service_at_locations", "phones", "schedules", "languages", "contacts", "attributes"})
# What stands at the root of an HSDS API.
_ROOT = frozenset({"openapi_url", "profile"})


@contextmanager
def fetched(place: str, allow_http: bool) -> Iterator[Path]:
    """A path where the directory lies for the length of a block: ``place`` itself, unless it is a URL.

    Raises NotHsdsError where the URL leads inwards, never ends, or is no directory.
    """
    if not _URL.match(place):
        yield Path(place)
        return
    with tempfile.TemporaryDirectory(prefix="relevo-fetched-") as folder:
        with Web(place, allow_http, Path(folder)) as web:
            found = _fetch(web, place, Path(folder))
        yield found


def _fetch(web: Web, url: str, folder: Path) -> Path:
    first = web.get(url)
    ending = _ending(url, first)
    content = _page(first) if ending == ".json" else None
    if content is None:
        return first.path.rename(folder / f"directory{ending}")
    pages = _Pages(web, folder / "pages")
    if isinstance(content.get("contents"), list):
        pages.add("services", url, content)
    elif content.keys() & _ROOT:
        root = url.split("?", maxsplit=1)[0].rstrip("/")
        pages.add("organizations", f"{root}/organizations", None)
        pages.add("services", f"{root}/services", None)
    else:
        return first.path.rename(folder / "directory.json")
    return pages.folder


def _ending(url: str, first: Fetched) -> str:
    """What the file's name should say; zips tell by themselves."""
    name = url.split("?", maxsplit=1)[0].rpartition(".")[2].lower()
    return next((ending for word, ending in _ENDINGS.items() if word in (name, *first.kind)), ".json")


def _page(one: Fetched) -> dict[str, Any] | None:
    """The JSON object that a reply is, if it is one and short enough for a page."""
    if one.size > MOST_BYTES_OF_A_PAGE or not one.head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        return None
    try:
        content = msgspec.json.decode(one.path.read_bytes().removeprefix(b"\xef\xbb\xbf"))
    except (msgspec.DecodeError, RecursionError):
        return None
    return content if isinstance(content, dict) else None


class _Pages:
    """The lists of an API, each written to one file, a record on each line."""

    def __init__(self, web: Web, folder: Path) -> None:
        self._web = web
        self.folder = folder
        folder.mkdir()

    def add(self, name: str, url: str, first: dict[str, Any] | None) -> None:
        """Fetch every page of a list; ``first`` is the first one, where it is here already."""
        with (self.folder / f"{name}.ndjson").open("wb") as file:
            for page in self._all(url, first):
                for record in page:
                    file.write(msgspec.json.encode(self._whole(url, record)) + b"\n")

    def _all(self, url: str, first: dict[str, Any] | None) -> Iterator[list[Any]]:
        before = b""
        for number in range(1, MOST_PAGES + 1):
            page = first if number == 1 and first is not None else self._get(url, number)
            contents = page.get("contents")
            if not isinstance(contents, list):
                raise NotHsdsError(f"{url} is no list of an HSDS API: page {number} has no contents.")
            digest = hashlib.sha256(msgspec.json.encode(contents)).digest()
            if contents and digest == before:
                raise NotHsdsError(f"{url} never ends: page {number} is page {number - 1} again.")
            before = digest
            yield contents
            if _is_last(page, contents, number):
                return
        raise NotHsdsError(f"{url} never ends: it has more than {MOST_PAGES} pages.")

    def _get(self, url: str, number: int) -> dict[str, Any]:
        one = self._web.get(url, {"page": str(number), "per_page": str(PER_PAGE), "full": "true"})
        page = _page(one)
        one.path.unlink()
        if page is None:
            raise NotHsdsError(f"{url} is no list of an HSDS API: page {number} is not a JSON object.")
        return page

    def _whole(self, url: str, record: Any) -> Any:
        """A service as its own page has it, where the list gives only its outline."""
        if not isinstance(record, dict) or record.keys() & _NESTED or "status" not in record:
            return record
        if not isinstance(record.get("id"), str) or not _NAME.fullmatch(record["id"]):
            return record
        one = self._web.get(f"{url.split('?', maxsplit=1)[0]}/{record['id']}", missing=True)
        if one is None:
            return record
        page = _page(one)
        one.path.unlink()
        return page if page is not None and page.get("id") == record["id"] else record


def _is_last(page: dict[str, Any], contents: list[Any], number: int) -> bool:
    total = page.get("total_pages")
    if isinstance(total, int):
        return number >= total
    return page.get("last_page") is True or not contents
