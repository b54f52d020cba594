"""A partner's system as we advise to write one: a token, queries, and changes that bear a lost answer."""

import asyncio
import random
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import httpx

Json = dict[str, Any]

# Seconds before the same request is made again, and for how long it is tried.
PAUSE = 0.05
PATIENCE = 60.0
TIMEOUT = 10.0
# Nothing is known of what was done, or nothing was done: either way the request may be repeated.
AGAIN = frozenset({"UNAVAILABLE", "RATE_LIMITED"})
EARLY = 30.0
# Whatever changes a referral answers with this.
CHANGED = (
    "referral { id folio externalId status version need needGroup } replayed userErrors { code path message }"
)


class LostError(Exception):
    """There was no answer, or none that says whether anything was done."""


class AnswerError(Exception):
    """The answer holds top-level errors that repeating will not mend."""

    def __init__(self, errors: list[Json]) -> None:
        super().__init__(errors)
        self.errors = errors

    @property
    def codes(self) -> list[str]:
        """Their codes."""
        return [error["extensions"]["code"] for error in self.errors]


@dataclass(frozen=True, slots=True)
class Credentials:
    """A client's id and secret."""

    id: str
    secret: str


class Client:
    """Speaks to the gateway at ``url``; to any of several replicas, where there are ``others``.

    ``member`` is on whose behalf it acts, if it says so. ``lost`` counts the answers that never came,
    ``in_flight`` the requests that wait for theirs now; ``language`` is the one asked for.
    """

    def __init__(
        self, url: str, credentials: Credentials, *, others: Sequence[str] = (), member: str = ""
    ) -> None:
        self.language: str | None = None
        self.lost = 0
        self.in_flight = 0
        self._urls = (url, *others)
        self._member = member
        self._credentials = credentials
        self._http = httpx.AsyncClient(timeout=TIMEOUT, trust_env=False)
        self._token = ""
        self._until = 0.0

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.aclose()

    @property
    def url(self) -> str:
        """The gateway of the next request: any of them, as behind a balancer."""
        return random.choice(self._urls)  # noqa: S311 - not a secret

    async def token(self) -> str:
        """An access token that is good for a while.

        Raises:
            LostError: the gateway did not answer.
        """
        if time.monotonic() > self._until:
            answer = await self._post(
                "/oauth/token",
                data={"grant_type": "client_credentials"},
                auth=(self._credentials.id, self._credentials.secret),
            )
            told = answer.json()
            self._token = told["access_token"]
            self._until = time.monotonic() + told["expires_in"] - EARLY
        return self._token

    async def headers(self, accept: str = "application/graphql-response+json") -> dict[str, str]:
        """What a request carries beside its document."""
        said = {"authorization": f"Bearer {await self.token()}", "accept": accept}
        said |= {"accept-language": self.language} if self.language else {}
        return {**said, "relevo-on-behalf-of": self._member} if self._member else said

    async def raw(self, document: str, variables: Json) -> httpx.Response:
        """The answer as it came, whatever it says.

        Raises:
            LostError: there is none.
        """
        body = {"query": document, "variables": variables}
        return await self._post("/graphql", json=body, headers=await self.headers())

    async def once(self, document: str, **variables: Any) -> Json:
        """Ask once; return the answer's data.

        Raises:
            LostError: there is no answer, or it says that the request may be repeated.
            AnswerError: the answer has errors of another kind.
        """
        self.in_flight += 1
        try:
            answer = (await self.raw(document, variables)).json()
        finally:
            self.in_flight -= 1
        errors = answer.get("errors") or []
        if any(error["extensions"]["code"] in AGAIN for error in errors):
            raise LostError(errors)
        if errors:
            raise AnswerError(errors)
        data: Json = answer["data"]
        return data

    async def ask(self, document: str, **variables: Any) -> Json:
        """Ask until there is an answer; return its data.

        Raises:
            AnswerError: as ``once``.
            LostError: there was none for a minute.
        """
        until = time.monotonic() + PATIENCE
        while True:
            try:
                return await self.once(document, **variables)
            except LostError:
                self.lost += 1
                if time.monotonic() > until:
                    raise
                await asyncio.sleep(PAUSE)

    async def change(self, mutation: str, *, key: str | None = None, **inputs: Any) -> Json:
        """Change a referral, with one key however often it is asked; return the payload.

        Raises:
            LostError: it is not known whether it was done.
        """
        inputs["idempotencyKey"] = key or str(uuid.uuid4())
        data = await self.ask(mutation_of(mutation), input=inputs)
        payload: Json = data[mutation]
        return payload

    async def _post(self, path: str, **request: Any) -> httpx.Response:
        try:
            answer = await self._http.post(self.url + path, **request)
        except httpx.TransportError as error:
            raise LostError(type(error).__name__) from error
        if answer.status_code >= httpx.codes.INTERNAL_SERVER_ERROR:
            raise LostError(answer.status_code)
        return answer


def mutation_of(name: str, more: str = "") -> str:
    """The document of a mutation, which takes one input object of its own type; ``more`` is shown too."""
    kind = f"{name[0].upper()}{name[1:]}Input"
    return f"mutation ($input: {kind}!) {{ {name}(input: $input) {{ {more} {CHANGED} }} }}"
