"""Follows an organization's feed by server-sent events, as a partner's system does, and comes back."""

import json
import random
import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import httpx

from cli.credentials import token_of
from cli.exits import CommandError, Exit

Json = dict[str, Any]
Say = Callable[[str], None]

ENTRY = (
    "cursor event type at relation referralId subjectId serviceId folio fromStatus status version needGroup "
    "priority state deadline sentReferral { folio progress } auditHead { number hash at }"
)
LIVE = f"""subscription ($after: String, $types: [String!], $referral: ID) {{
  events(after: $after, types: $types, referral: $referral) {{ {ENTRY} }} }}"""
HEAD = "{ viewer { feedHead } }"
BY_FOLIO = "query ($folio: String!) { referral(folio: $folio) { id } }"
FOLIO = "REL-"
# The gateway gives a sign of life every 15 s.
SILENCE, CONNECT = 45.0, 10.0
LONGEST_PAUSE = 30.0
# Before its end: a request that is on its way should not meet a token that just ran out.
RENEW = 0.9
# Nothing is wrong with the request: it is made again, if need be with a fresh token.
COME_BACK = {
    "UNAVAILABLE": "a part of the network is away",
    "RATE_LIMITED": "the client asks too often",
    "SHUTTING_DOWN": "that gateway stops",
    "TOO_SLOW": "nothing was read for a while",
    "TOKEN_EXPIRED": "the token ran out, or what the client may do has changed",
    "UNAUTHENTICATED": "the token is not good any more",
}
# What else a code asks of whoever reads it.
WHAT_TO_DO = {
    "CURSOR_EXPIRED": "what came after the cursor is no longer kept, or the feed began anew: read your"
    " referrals once (`referrals`), and begin without --after",
    "REVOKED": "the client was revoked: ask whoever made it for another",
    "FORBIDDEN": "the client needs the scope feed:read",
    "NOT_VERIFIED": "a coordinator has to verify the organization first",
}


class Wanted(NamedTuple):
    """What of the feed is printed: types (none: all), and one referral, by its id or its folio.

    The gateway finds a referral by its id. Whoever is told of it no more than how far it has come knows the
    folio only, and finds it here.
    """

    types: tuple[str, ...] = ()
    referral: str | None = None

    def fits(self, entry: Json) -> bool:
        """Whether an entry is about that referral."""
        names = {entry["referralId"], entry["folio"], (entry["sentReferral"] or {}).get("folio")}
        return self.referral is None or self.referral in names


class LostError(Exception):
    """The stream ended, and may be opened again, in ``after`` seconds at the earliest."""

    def __init__(self, why: str, after: float = 0.0) -> None:
        super().__init__(why)
        self.after = after


class Tail:
    """Follows the feed of one client's organization. ``cursor`` is behind the last entry that was given."""

    def __init__(
        self, gateway: str, credentials: tuple[str, str], wanted: Wanted, say: Say, *, verify: bool = True
    ) -> None:
        self.cursor: str | None = None
        self._gateway = gateway
        self._credentials = credentials
        self._wanted = wanted
        self._say = say
        self._verify = verify
        self._token = ""
        self._renew_at = 0.0
        self._referral: str | None = None

    def entries(self, after: str | None) -> Iterator[Json]:
        """Yield what comes after a cursor, then what comes live; without a cursor, live from now on.

        It ends by an exception only: whatever breaks, it comes back with its cursor.

        Raises:
            CommandError: the gateway refuses, and would again.
        """
        self._renew()  # who never was there is not waited for
        self.cursor = after or self._answered(HEAD)["viewer"]["feedHead"]
        self._referral = self._id_of(self._wanted.referral)
        attempt = 0
        while True:
            try:
                for entry in self._stream():
                    attempt = 0
                    if self._wanted.fits(entry):
                        yield entry
                    self.cursor = entry["cursor"]
            except LostError as lost:
                # At random, so that not all clients come back at the same moment.
                pause = lost.after + random.uniform(0, min(LONGEST_PAUSE, 0.25 * 2**attempt))  # noqa: S311
                self._say(f"cut off ({lost}); back in {pause:.1f} s")
                time.sleep(pause)
                attempt = min(attempt + 1, 10)

    def _id_of(self, referral: str | None) -> str | None:
        """The id of the referral that is asked for; None where this client may not know one."""
        if referral is None or not referral.startswith(FOLIO):
            return referral
        try:
            found = self._answered(BY_FOLIO, folio=referral)["referral"]
        except CommandError as error:
            if error.code != Exit.REFUSED:
                raise
            found = None  # it may read the feed and no referral
        return found and str(found["id"])

    def _answered(self, query: str, **variables: str) -> Json:
        """Ask once, however long it takes to be answered: where the feed ends, that nothing is missed."""
        while True:
            try:
                body = {"query": query, "variables": variables}
                answer = httpx.post(
                    f"{self._gateway}/graphql", json=body, headers=self._headers("application/json"),
                    timeout=CONNECT, verify=self._verify,
                )  # fmt: skip
                return self._data(_json_of(answer))
            except (LostError, httpx.TransportError, ValueError) as error:
                self._say(f"no answer ({error}); again in 2 s")
                time.sleep(2)

    def _stream(self) -> Iterator[Json]:
        variables = {
            "after": self.cursor,
            "types": list(self._wanted.types) or None,
            "referral": self._referral,
        }
        body = {"query": LIVE, "variables": variables}
        timeout = httpx.Timeout(CONNECT, read=SILENCE)
        try:
            with httpx.stream(
                "POST", f"{self._gateway}/graphql", json=body, headers=self._headers("text/event-stream"),
                timeout=timeout, verify=self._verify,
            ) as answer:  # fmt: skip
                if answer.status_code != httpx.codes.OK:
                    answer.read()
                    self._data(_json_of(answer))
                for data in _next_of(answer.iter_lines()):
                    yield self._data(json.loads(data))["events"]
        except httpx.TransportError as error:
            raise LostError(type(error).__name__) from error
        raise LostError("the stream ended")

    def _headers(self, accept: str) -> dict[str, str]:
        if time.monotonic() >= self._renew_at:
            try:
                self._renew()
            except CommandError as error:
                if error.code != Exit.UNREACHABLE:
                    raise
                raise LostError(str(error)) from error
        return {"authorization": f"Bearer {self._token}", "accept": accept, "accept-language": "en"}

    def _renew(self) -> None:
        told = token_of(self._gateway, self._credentials, [], verify=self._verify)
        self._token = told["access_token"]
        self._renew_at = time.monotonic() + RENEW * told["expires_in"]

    def _data(self, response: Json) -> Json:
        """Return a response's data, if it has no errors."""
        errors = response.get("errors") or []
        for error in errors:
            said = error.get("extensions", {})
            code = said.get("code", "UNKNOWN")
            if code in {"TOKEN_EXPIRED", "UNAUTHENTICATED"}:
                self._renew_at = 0.0
            if code in COME_BACK:
                raise LostError(f"{code}: {COME_BACK[code]}", float(said.get("retryAfter", 0)))
            what = WHAT_TO_DO.get(code, error.get("message", ""))
            raise CommandError(f"{code}: {what}", Exit.REFUSED)
        data = response.get("data")
        if not isinstance(data, dict):
            raise LostError("what came is no answer of the gateway")  # a proxy's, before it
        return data


def _json_of(answer: httpx.Response) -> Json:
    try:
        said = answer.json()
    except ValueError as error:
        raise LostError(f"status {answer.status_code}") from error
    if not isinstance(said, dict) or not {"data", "errors"} & said.keys():
        raise LostError(f"status {answer.status_code}")
    return said


def _next_of(lines: Iterator[str]) -> Iterator[str]:
    """The data of each event ``next``. Only the empty line completes one: half an event is none."""
    event, data = "", ""
    for line in lines:
        if line.startswith("event:"):
            event = line[6:].strip()
        elif line.startswith("data:"):
            data += line[5:].strip()
        elif not line and event:
            if event == "next":
                yield data
            event, data = "", ""
