"""A receiver of webhooks on this machine: it verifies by Standard Webhooks, and says why where it does not.

Written from the specification, and not from what sends them here: a mistake there would show.
"""

import base64
import binascii
import hmac
import json
import time
from collections.abc import Callable, Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

# A message older or newer than this is none: it may be one that somebody has recorded.
TOLERANCE = 5 * 60
MOST_BYTES = 256 * 1024
SECRET, PUBLIC_KEY = "whsec_", "whpk_"
Told = Callable[[dict[str, Any]], None]


class NotVerifiedError(Exception):
    """The message is not to be believed; the words say why, and what to look at."""


class Verifier:
    """Verifies by a secret (``whsec_…``), or a public key (``whpk_…``); never shows either."""

    def __init__(self, key: str) -> None:
        try:
            self._public = _public_of(key) if key.startswith(PUBLIC_KEY) else None
            self._secret = None if self._public else base64.b64decode(key.removeprefix(SECRET), validate=True)
        except (binascii.Error, ValueError) as error:
            raise ValueError("is neither whsec_… nor whpk_… and base64") from error
        if self._secret == b"":
            raise ValueError("is empty")

    def verify(self, headers: Mapping[str, str], body: bytes, now: float) -> None:
        """Return if the message is from whoever has the secret.

        Raises:
            NotVerifiedError: it is not, or cannot be told.
        """
        names = ("webhook-id", "webhook-timestamp", "webhook-signature")
        missing = [name for name in names if not headers.get(name)]
        if missing:
            raise NotVerifiedError(f"no header {', '.join(missing)}: is it a webhook at all?")
        message, timestamp, signatures = (headers[name] for name in names)
        if not timestamp.isdecimal():
            raise NotVerifiedError("webhook-timestamp is no number of seconds")
        age = now - int(timestamp)
        if abs(age) > TOLERANCE:
            when = f"{abs(age):.0f} s {'old' if age > 0 else 'ahead'}"
            raise NotVerifiedError(f"it is {when}, more than {TOLERANCE}: is it a copy, or a clock wrong?")
        content = b".".join((message.encode(), timestamp.encode(), body))
        ours = "v1a" if self._public else "v1"
        given = [one.partition(",")[::2] for one in signatures.split()]
        mine = [_decoded(text) for version, text in given if version == ours]
        if not mine:
            raise NotVerifiedError(f"no signature {ours} among {len(given)}")
        if not any(self._is_right(one, content) for one in mine):
            raise NotVerifiedError(
                f"none of {len(mine)} signatures {ours} is right: it is another endpoint's secret, one from"
                " before a rotation, or the body was changed on the way"
            )

    def _is_right(self, signature: bytes, content: bytes) -> bool:
        if self._public is None:
            return hmac.compare_digest(signature, hmac.digest(self._secret or b"", content, "sha256"))
        try:
            self._public.verify(signature, content)
        except InvalidSignature:
            return False
        return True


def _public_of(key: str) -> Ed25519PublicKey:
    return Ed25519PublicKey.from_public_bytes(base64.b64decode(key.removeprefix(PUBLIC_KEY), validate=True))


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        return b""


class Receiver(ThreadingHTTPServer):
    """Listens; what is verified goes to ``told``, and why the rest is not, to ``refused``."""

    daemon_threads = True

    def __init__(
        self, address: tuple[str, int], verifier: Verifier, told: Told, refused: Callable[[str], None]
    ) -> None:
        super().__init__(address, _Handler)
        self.verifier = verifier
        self.told = told
        self.refused = refused
        self.seen: set[str] = set()


class _Handler(BaseHTTPRequestHandler):
    """One connection: each message is answered at once."""

    server: Receiver
    protocol_version = "HTTP/1.1"
    timeout = 20

    def do_POST(self) -> None:
        """Take a message."""
        length = self.headers.get("content-length", "")
        if not length.isdecimal() or int(length) > MOST_BYTES:
            self.close_connection = True
            self._answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"a body of 0 to {MOST_BYTES} bytes")
            return
        body = self.rfile.read(int(length))
        headers = {name.lower(): value for name, value in self.headers.items()}
        try:
            self.server.verifier.verify(headers, body, time.time())
            said = _json_of(body)
        except NotVerifiedError as error:
            self.server.refused(str(error))
            self._answer(HTTPStatus.UNAUTHORIZED, "not verified")
            return
        message = headers["webhook-id"]
        self.server.told({"id": message, "again": message in self.server.seen, **said})
        self.server.seen.add(message)
        self._answer(HTTPStatus.OK, f"received {said.get('type')}")

    def do_GET(self) -> None:
        """Say to whoever looks with a browser what this is."""
        self._answer(HTTPStatus.METHOD_NOT_ALLOWED, "webhooks come by POST")

    def log_message(self, format: str, *args: Any) -> None:
        """Print no line of its own."""

    def _answer(self, status: HTTPStatus, words: str) -> None:
        content = json.dumps({"relevo": words}).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


def _json_of(body: bytes) -> dict[str, Any]:
    try:
        said = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise NotVerifiedError("the signature is right, and the body is no JSON") from error
    if not isinstance(said, dict):
        raise NotVerifiedError("the signature is right, and the body is no JSON object")
    return said
