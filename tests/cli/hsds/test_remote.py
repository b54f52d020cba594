"""A directory from a URL: all its pages; and never anything from inside, nor without end."""

import gzip
import ipaddress
import json
import threading
import tracemalloc
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from cli.hsds import remote, web
from cli.hsds.reader import read
from cli.hsds.reading import NotHsdsError, Reading
from cli.hsds.remote import fetched
from tests.cli.hsds.made import records, zipped

HOUSE = {"id": "o1", "name": "Casa Ejemplo", "description": "Una casa"}
# What a path answers: status, headers, body (or something that writes it).
Answer = tuple[int, dict[str, str], Any]


class Site:
    """An API of somebody's, on this machine."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.asked: list[str] = []
        self.answer: Callable[[str, dict[str, str]], Answer] = lambda _path, _query: (404, {}, b"")

    def serve(self, answers: dict[str, Any]) -> None:
        """Answer each path with this JSON."""
        self.answer = lambda path, _query: (
            (200, {"Content-Type": "application/json"}, json.dumps(answers[path]).encode())
            if path in answers
            else (404, {}, b"")
        )


@pytest.fixture
def site() -> Iterator[Site]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path, _, query = self.path.partition("?")
            here.asked.append(self.path)
            status, headers, body = here.answer(path, dict(one.split("=") for one in query.split("&") if one))
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            if callable(body):
                body(self.wfile)
            else:
                self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing is logged."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    here = Site(f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield here
    server.shutdown()
    thread.join()
    server.server_close()


def fetch(url: str, *, allow_http: bool = True) -> Reading:
    with fetched(url, allow_http) as path:
        return read(path)


def services(first: int, count: int) -> list[dict[str, Any]]:
    return [
        {
            "id": f"s{number}",
            "name": f"Cama {number}",
            "status": "active",
            "organization": HOUSE,
            "phones": [],
        }
        for number in range(first, first + count)
    ]


def redirect(to: str) -> Callable[[str, dict[str, str]], Answer]:
    return lambda _path, _query: (302, {"Location": to}, b"")


def test_every_page_of_an_api_is_read(site: Site) -> None:
    def answer(path: str, query: dict[str, str]) -> Answer:
        page = int(query.get("page", 1))
        contents = {"/hsds/organizations": [HOUSE], "/hsds/services": services(page * 10, 2)}.get(path)
        if contents is None:
            root = {"version": "3.0", "profile": "https://p.example", "openapi_url": "https://o.example"}
            return 200, {}, json.dumps(root).encode()
        total = 1 if path.endswith("organizations") else 3
        return 200, {}, json.dumps({"total_pages": total, "page_number": page, "contents": contents}).encode()

    site.answer = answer
    reading = fetch(f"{site.url}/hsds/")
    assert reading.total == 7
    assert [one["id"] for one in records(reading, "service")] == ["s10", "s11", "s20", "s21", "s30", "s31"]
    assert any("full=true" in asked and "per_page=100" in asked for asked in site.asked)


def test_services_that_a_list_only_outlines_are_fetched_whole(site: Site) -> None:
    outline = {"id": "s1", "name": "Cama", "status": "active", "organization_id": "o1"}
    site.serve(
        {
            "/": {"version": "3.0", "profile": "x", "openapi_url": "y"},
            "/organizations": {"total_pages": 1, "contents": [HOUSE]},
            "/services": {"total_pages": 1, "contents": [outline, {**outline, "id": "s2"}]},
            "/services/s1": {**outline, "phones": [{"id": "p1", "number": "+52 000 000 0001"}]},
        }
    )
    first, second = records(fetch(site.url), "service")
    assert first["phones"][0]["id"] == "p1"
    assert second["id"] == "s2"


def test_a_file_at_a_url_is_read_by_what_it_is(site: Site) -> None:
    site.answer = lambda _path, _query: (200, {}, zipped({"organizations.csv": b"id,name\no1,Casa\n"}))
    assert fetch(f"{site.url}/package").total == 1
    site.answer = lambda _path, _query: (200, {"Content-Type": "text/csv"}, b"id,name\no1,Casa\n")
    with pytest.raises(NotHsdsError, match="no table of HSDS"):  # a table has no name here
        fetch(f"{site.url}/x")
    site.answer = lambda _path, _query: (
        200,
        {"Content-Type": "application/x-ndjson"},
        json.dumps(HOUSE).encode(),
    )
    assert fetch(f"{site.url}/x").format == "ndjson"


@pytest.mark.parametrize(
    "inside",
    [
        "http://169.254.169.254/latest/meta-data/",
        "http://10.0.0.1/",
        "http://192.168.1.1/",
        "http://127.0.0.1:1/",
        "http://localhost:1/",
        "http://[::1]:1/",
        "http://[::ffff:127.0.0.1]:1/",
        "http://0.0.0.0:1/",
        "http://2130706433:1/",
    ],
)
def test_a_redirect_inwards_is_refused_and_nobody_there_is_asked(site: Site, inside: str) -> None:
    site.answer = redirect(inside)
    with pytest.raises(NotHsdsError, match=r"is inside of a network .* a redirect may not lead there"):
        fetch(site.url)
    assert len(site.asked) == 1


def test_a_redirect_on_the_same_host_is_followed(site: Site) -> None:
    site.answer = lambda path, _query: (
        (302, {"Location": "/here"}, b"") if path == "/" else (200, {}, json.dumps([HOUSE]).encode())
    )
    assert fetch(f"{site.url}/").total == 1


def test_a_name_that_changes_its_address_in_between_stays_where_it_was(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    resolve = web._resolve

    def once(host: str, port: int) -> web.Address:
        asked.append(host)
        return resolve("127.0.0.1", port)

    monkeypatch.setattr(web, "_resolve", once)
    site.serve(
        {"/": {"total_pages": 1, "contents": [HOUSE]}, "/services": {"total_pages": 1, "contents": []}}
    )
    assert fetch(site.url.replace("127.0.0.1", "directory.invalid")).total == 1
    assert asked == ["directory.invalid"]


def test_http_is_refused_unless_it_is_allowed() -> None:
    with pytest.raises(NotHsdsError, match="is not https"):
        fetch("http://directory.invalid/", allow_http=False)


@pytest.mark.parametrize("other", ["file:///etc/passwd", "ftp://example.org/", "gopher://x/"])
def test_a_redirect_to_what_is_not_the_web_is_refused(site: Site, other: str) -> None:
    site.answer = redirect(other)
    with pytest.raises(NotHsdsError, match="not an address of the web"):
        fetch(site.url)


def test_a_redirect_in_a_ring_is_refused(site: Site) -> None:
    site.answer = redirect("/again")
    with pytest.raises(NotHsdsError, match="redirects more than 5 times"):
        fetch(site.url)


def test_pages_that_never_end_are_refused(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote, "MOST_PAGES", 5)

    def growing(_path: str, query: dict[str, str]) -> Answer:
        page = int(query.get("page", 1))
        return 200, {}, json.dumps({"total_pages": page + 1, "contents": services(page, 1)}).encode()

    site.answer = growing
    with pytest.raises(NotHsdsError, match="never ends: it has more than 5 pages"):
        fetch(site.url)
    site.serve({"/": {"total_pages": 99, "contents": services(1, 1)}})
    with pytest.raises(NotHsdsError, match="never ends: page 2 is page 1 again"):
        fetch(f"{site.url}/")


def test_a_reply_that_never_ends_is_refused(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "MOST_BYTES", 1_000_000)

    def write(file: Any) -> None:
        try:
            for _ in range(10_000):
                file.write(b" " * 10_000)
        except OSError:
            pass  # nobody listens any more

    site.answer = lambda _path, _query: (200, {}, write)
    with pytest.raises(NotHsdsError, match="never ends: more than 0 MiB came"):
        fetch(site.url)


def test_a_reply_that_takes_for_ever_is_refused(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "MOST_SECONDS", -1.0)
    site.serve({"/": [HOUSE]})
    with pytest.raises(NotHsdsError, match="never ends: it took more than"):
        fetch(f"{site.url}/")


def test_a_reply_that_is_packed_unpacks_a_little_at_a_time(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = {"contents": [], "total_pages": 1}
    packed = gzip.compress(json.dumps(house).encode())
    site.answer = lambda _path, _query: (200, {"Content-Encoding": "gzip"}, packed)
    with web.Web(site.url, True, tmp_path) as one:
        assert json.loads(one.get(site.url).path.read_bytes()) == house
    monkeypatch.setattr(web, "MOST_BYTES", 4 * 1024 * 1024)
    bomb = gzip.compress(bytes(64 * 1024 * 1024))
    site.answer = lambda _path, _query: (200, {"Content-Encoding": "gzip"}, bomb)
    tracemalloc.start()
    with pytest.raises(NotHsdsError, match="never ends"):
        fetch(site.url)
    assert tracemalloc.get_traced_memory()[1] < 8 * 1024 * 1024
    tracemalloc.stop()
    site.answer = lambda _path, _query: (200, {"Content-Encoding": "gzip, gzip"}, gzip.compress(bomb))
    with pytest.raises(NotHsdsError, match="packed"):
        fetch(site.url)


def test_an_id_that_leads_up_is_not_asked_for(site: Site) -> None:
    outlines = [{"id": one, "name": "X", "status": "active", "organization_id": "o1"} for one in ("..", ".")]
    site.serve({"/v1/services": {"contents": outlines, "total_pages": 1}})
    fetch(f"{site.url}/v1/services")
    assert {one.partition("?")[0] for one in site.asked} == {"/v1/services"}


def test_what_is_not_there_is_said(site: Site) -> None:
    with pytest.raises(NotHsdsError, match="answered with status 404"):
        fetch(site.url)
    with pytest.raises(NotHsdsError, match="is not known"):
        fetch("https://nobody.invalid/")


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True), ("2606:4700::1111", True),
        ("10.1.2.3", False), ("172.16.0.1", False), ("100.64.0.1", False), ("169.254.169.254", False),
        ("fd00:ec2::254", False), ("fe80::1", False), ("64:ff9b::7f00:1", False), ("2002:7f00:1::", False),
        ("::ffff:10.0.0.1", False), ("224.0.0.1", False), ("::", False),
    ],
)  # fmt: skip
def test_only_addresses_of_the_public_net_are_public(address: str, public: bool) -> None:
    assert web.is_public(ipaddress.ip_address(address)) is public
