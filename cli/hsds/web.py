"""Asks the web for what an operator points at, and follows it nowhere but to public addresses.

A directory's URL is somebody else's word. It may redirect to a machine inside: to a database, to the page
where a cloud keeps its keys. So each redirect's name is resolved here, the address is looked at, and that
very address is connected to: a name that changes its address in between changes nothing. The URL itself is
the operator's own word, and may be inside.
"""

import ipaddress
import socket
import time
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self, overload

import httpx

from cli.hsds.reading import NotHsdsError
from cli.hsds.source import MOST_BYTES

MOST_REDIRECTS = 5
_PIECE = 64 * 1024
# For zlib: tell by the first bytes which of the two it is.
_GZIP_OR_ZLIB = 47
MOST_SECONDS = 3_600.0
# Between two bytes, or until somebody answers.
PATIENCE = 30.0
_MIB = 1024 * 1024
_HEAD = 64
_PORTS = {"http": 80, "https": 443}
_FOUND = 200
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_MISSING = frozenset({404, 405, 501})
# IPv4 inside of IPv6, where a network translates.
_TRANSLATED = ipaddress.ip_network("64:ff9b::/96")
Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Place = tuple[str, int]


@dataclass(frozen=True)
class Fetched:
    """A reply on disk: how long, how it begins, and the words of its media type."""

    path: Path
    size: int
    head: bytes
    kind: tuple[str, ...]


def is_public(address: Address) -> bool:
    """Whether an address is one of the public net: not of a house, a machine, a link or a cloud's inside."""
    if isinstance(address, ipaddress.IPv6Address):
        if inner := address.ipv4_mapped or address.sixtofour:
            return is_public(inner)
        if address.teredo or address in _TRANSLATED:
            return False
    return address.is_global and not address.is_multicast


class Web:
    """One operator's errand: all its requests together are bounded in bytes and time."""

    def __init__(self, url: str, allow_http: bool, folder: Path) -> None:
        self._allow_http = allow_http
        self._folder = folder
        self._origin = _place(self._checked(url))
        self._addresses: dict[str, Address] = {}
        self._left = MOST_BYTES
        self._until = time.monotonic() + MOST_SECONDS
        self._count = 0
        # Proxies and credentials of the machine are not for a stranger's URL.
        self._client = httpx.Client(trust_env=False, follow_redirects=False, timeout=PATIENCE)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._client.close()

    @overload
    def get(self, url: str, query: dict[str, str] | None = None) -> Fetched: ...
    @overload
    def get(
        self, url: str, query: dict[str, str] | None = None, *, missing: Literal[True]
    ) -> Fetched | None: ...
    def get(self, url: str, query: dict[str, str] | None = None, *, missing: bool = False) -> Fetched | None:
        """Fetch one thing to disk. With ``missing`` it need not be there.

        Raises NotHsdsError where it cannot be had, leads inwards, or does not end.
        """
        target = self._checked(url)
        if query:
            target = target.copy_merge_params(query)
        for _ in range(MOST_REDIRECTS + 1):
            try:
                found = self._ask(target, missing)
            except (httpx.HTTPError, zlib.error) as why:
                raise NotHsdsError(f"{url} cannot be fetched: {why or type(why).__name__}.") from why
            if not isinstance(found, httpx.URL):
                return found
            target = self._checked(str(found))
        raise NotHsdsError(f"{url} redirects more than {MOST_REDIRECTS} times.")

    def _checked(self, url: str) -> httpx.URL:
        try:
            target = httpx.URL(url)
        except httpx.InvalidURL as why:
            raise NotHsdsError(f"{url} is not a URL: {why}.") from why
        if target.scheme not in _PORTS or not target.host:
            raise NotHsdsError(f"{url} is not an address of the web.")
        if target.scheme == "http" and not self._allow_http:
            raise NotHsdsError(
                f"{url} is not https: others on the way could change it; --allow-http allows it."
            )
        return target.copy_with(username=None, password=None, fragment=None)

    def _ask(self, target: httpx.URL, missing: bool) -> Fetched | httpx.URL | None:
        address = self._address(target)
        request = self._client.build_request(
            "GET",
            target.copy_with(host=str(address)),
            headers={"Host": target.netloc.decode(), "Accept-Encoding": "identity"},
            extensions={"sni_hostname": target.host},
        )
        response = self._client.send(request, stream=True)
        try:
            if response.status_code in _REDIRECTS and "location" in response.headers:
                return target.join(response.headers["location"])
            if missing and response.status_code in _MISSING:
                return None
            if response.status_code != _FOUND:
                raise NotHsdsError(f"{target} answered with status {response.status_code}.")
            return self._save(target, response)
        finally:
            response.close()

    def _address(self, target: httpx.URL) -> Address:
        """The address to connect to: the operator's own host as it was at first, or a public one."""
        place = _place(target)
        if place == self._origin and target.host in self._addresses:
            return self._addresses[target.host]
        address = _resolve(target.host, place[1])
        if place == self._origin:
            self._addresses[target.host] = address
        elif not is_public(address):
            raise NotHsdsError(f"{target} is inside of a network ({address}): a redirect may not lead there.")
        return address

    def _save(self, target: httpx.URL, response: httpx.Response) -> Fetched:
        self._count += 1
        path = self._folder / f"reply-{self._count}"
        size, head = 0, b""
        with path.open("wb") as file:
            for chunk in _unpacked(target, response):
                size += len(chunk)
                self._left -= len(chunk)
                if self._left < 0:
                    raise NotHsdsError(f"{target} never ends: more than {MOST_BYTES // _MIB} MiB came.")
                if time.monotonic() > self._until:
                    raise NotHsdsError(f"{target} never ends: it took more than {MOST_SECONDS:.0f} s.")
                head += chunk[: _HEAD - len(head)]
                file.write(chunk)
        kind = response.headers.get("content-type", "").lower()
        words = tuple(
            word.strip() for word in kind.replace("/", " ").replace("-", " ").replace(";", " ").split()
        )
        return Fetched(path, size, head, words)


def _unpacked(target: httpx.URL, response: httpx.Response) -> Iterator[bytes]:
    """The bytes of a reply, a little at a time; whoever packs it though nobody asked for that may do so once.

    A few bytes can unpack to any number, and httpx unpacks all that came in one piece at once.
    """
    packed = response.headers.get("content-encoding", "identity").strip().lower()
    if packed in ("", "identity"):
        yield from response.iter_raw()
        return
    if packed not in ("gzip", "x-gzip", "deflate"):
        raise NotHsdsError(f"{target} came packed ({packed[:40]}) though that was not asked for.")
    unpacker = zlib.decompressobj(_GZIP_OR_ZLIB)
    for piece in response.iter_raw():
        rest = piece
        while rest:
            yield unpacker.decompress(rest, _PIECE)
            rest = unpacker.unconsumed_tail
    yield unpacker.flush()


def _place(target: httpx.URL) -> Place:
    return target.host, target.port or _PORTS[target.scheme]


def _resolve(host: str, port: int) -> Address:
    """An address of the name; where it has several, one that is not public if there is any."""
    try:
        found: list[Any] = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as why:
        raise NotHsdsError(f"{host} is not known: {why}.") from why
    addresses = [ipaddress.ip_address(one[4][0].partition("%")[0]) for one in found]
    return next((one for one in addresses if not is_public(one)), addresses[0])
