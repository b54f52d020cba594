"""Who may come in: a good token, not too often, and not with too many streams at once."""

import math
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import msgspec

from contracts.rpc import Actor
from contracts.sentences import Sentence
from gateway.errors import RateLimitedError, RequestError, UnauthenticatedError
from gateway.live import Stream
from gateway.rates import Rates
from gateway.settings import GatewaySettings
from gateway.standing import Standing
from gateway.tokens import Tokens, Verified

ON_BEHALF_OF = "relevo-on-behalf-of"
_OPAQUE = re.compile(r"[\x21-\x7e]{1,100}")


class Admission:
    """The door of the gateway, the same for HTTP, streams and WebSockets."""

    def __init__(self, settings: GatewaySettings, tokens: Tokens, standing: Standing) -> None:
        self._settings = settings
        self._tokens = tokens
        self._standing = standing
        self._rates = Rates(settings.rate_per_second, settings.rate_burst)

    async def admit(self, headers: Mapping[str, str]) -> Verified:
        """Return who asks, by the request's headers, and by what the directory says of the client now.

        Raises:
            UnauthenticatedError: there is no good access token (TokenExpiredError: no longer), or its
                client is revoked (RevokedError).
            RequestError: ``Relevo-On-Behalf-Of`` is malformed.
        """
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise UnauthenticatedError("Send an access token: Authorization: Bearer …, from /oauth/token.")
        verified = self._tokens.verify(token.strip())
        verified = verified._replace(actor=await self._standing.of(verified.actor))
        member = headers.get(ON_BEHALF_OF)
        if member is None:
            return verified
        if not _OPAQUE.fullmatch(member):
            raise RequestError("Relevo-On-Behalf-Of is 1 to 100 visible ASCII characters.")
        return verified._replace(actor=msgspec.structs.replace(verified.actor, on_behalf_of=member))

    def count(self, actor: Actor) -> None:
        """Count one operation.

        Raises:
            RateLimitedError: the client asks too often.
        """
        seconds = self._rates.take(actor.id)
        if seconds > 0:
            rate = self._settings.rate_per_second
            words = Sentence("More than {rate} requests a second; wait a little.", rate=f"{rate:g}")
            raise RateLimitedError(words, math.ceil(seconds), limit=rate)

    @contextmanager
    def stream(self, actor: Actor, stream: Stream) -> Iterator[None]:
        """Hold one of the client's places for streams; the stream is ended if the client is revoked.

        Raises:
            RateLimitedError: it has none left.
        """
        most = self._settings.client_streams
        if self._standing.streams_of(actor) >= most:
            words = Sentence("This client has {most} streams; that is the limit.", most=most)
            raise RateLimitedError(words, 10, limit=most)
        with self._standing.hold(actor, stream):
            yield

    def stream_seconds(self, verified: Verified) -> float:
        """How many seconds a stream that was opened with this token may last from now on."""
        return verified.expires + self._settings.stream_grace_seconds - time.time()
