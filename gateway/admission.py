"""Who may come in: a good token, not too often, and not with too many streams at once."""

import math
import re
import time
from collections import Counter
from collections.abc import Mapping

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
_FOLLOWS_ENOUGH = (
    "This client has {most} live subscriptions over all its connections; that is the limit. "
    "End one, or share one among several who listen."
)
_OPAQUE = re.compile(r"[\x21-\x7e]{1,100}")


class Admission:
    """The door of the gateway, the same for HTTP, streams and WebSockets."""

    def __init__(self, settings: GatewaySettings, tokens: Tokens, standing: Standing) -> None:
        self._settings = settings
        self._tokens = tokens
        self._standing = standing
        self._rates = Rates(settings.rate_per_second, settings.rate_burst)
        # Live subscriptions by client.
        self._followed: Counter[str] = Counter()

    async def admit(self, headers: Mapping[str, str]) -> Verified:
        """Return who asks, by the request's headers, and by what the directory says of the client now.

        Raises:
            UnauthenticatedError: there is no good access token (TokenExpiredError: no longer), or its
                client is revoked (RevokedError).
            RequestError: ``Relevo-On-Behalf-Of`` is malformed.
            MemberRemovedError: it names a member who was removed.
        """
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise UnauthenticatedError("Send an access token: Authorization: Bearer …, from /oauth/token.")
        verified = self._tokens.verify(token.strip())
        member = headers.get(ON_BEHALF_OF)
        if member is not None and not _OPAQUE.fullmatch(member):
            raise RequestError("Relevo-On-Behalf-Of is 1 to 100 visible ASCII characters.")
        named = msgspec.structs.replace(verified.actor, on_behalf_of=member)
        return verified._replace(actor=await self._standing.of(named))

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

    def hold(self, actor: Actor, stream: Stream) -> None:
        """Hold one of the client's places for streams; the stream is ended if the client is revoked.

        Raises:
            RateLimitedError: it has none left.
        """
        most = self._settings.client_streams
        if self._standing.streams_of(actor) >= most:
            words = Sentence("This client has {most} streams; that is the limit.", most=most)
            raise RateLimitedError(words, 10, limit=most)
        self._standing.hold(actor, stream)

    def release(self, actor: Actor, stream: Stream) -> None:
        """Give the place back."""
        self._standing.release(actor, stream)

    def follow(self, actor: Actor) -> None:
        """Take one of the client's places for live subscriptions, whichever way it came.

        Raises:
            RateLimitedError: it has none left; those that run go on.
        """
        most = self._settings.client_subscriptions
        if self._followed[actor.id] >= most:
            raise RateLimitedError(Sentence(_FOLLOWS_ENOUGH, most=most), 10, limit=most)
        self._followed[actor.id] += 1

    def unfollow(self, actor: Actor) -> None:
        """Give it back."""
        self._followed[actor.id] -= 1
        if not self._followed[actor.id]:
            del self._followed[actor.id]

    def stream_seconds(self, verified: Verified) -> float:
        """How many seconds a stream that was opened with this token may last from now on."""
        return verified.expires + self._settings.stream_grace_seconds - time.time()
