"""A partner's system, as small as one can be: gets a token, asks GraphQL, and listens to its feed."""

import json
import secrets
from collections.abc import AsyncIterator
from typing import Any

import httpx

SCOPES = (
    "directory:read directory:write referrals:send referrals:read referrals:answer "
    "referrals:read_person referrals:read_sensitive feed:read webhooks:manage agreements:manage"
)


class Partner:
    """One organization's client, on the public API only."""

    def __init__(self, url: str, name: str, client: str, secret: str) -> None:
        self.name = name
        self.client = client
        self._secret = secret
        self._http = httpx.AsyncClient(base_url=url, timeout=10)
        self.token = ""

    async def __aenter__(self) -> "Partner":
        await self.renew()
        return self

    async def renew(self) -> None:
        """Get a token: one is good for ten minutes."""
        answer = await self._http.post(
            "/oauth/token", data={"grant_type": "client_credentials"}, auth=(self.client, self._secret)
        )
        answer.raise_for_status()
        self.token = answer.json()["access_token"]

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()

    async def ask(self, document: str, **variables: Any) -> dict[str, Any]:
        """Return ``data`` of a query.

        Raises:
            RuntimeError: the answer has errors, or a mutation's payload has userErrors.
        """
        answer = await self._http.post(
            "/graphql", json={"query": document, "variables": variables}, headers=self._headers()
        )
        body = answer.json()
        if body.get("errors"):
            raise RuntimeError(str(body["errors"]))
        data: dict[str, Any] = body["data"]
        for payload in data.values():
            if isinstance(payload, dict) and payload.get("userErrors"):
                raise RuntimeError(str(payload["userErrors"]))
        return data

    async def act(self, mutation: str, selection: str, **fields: Any) -> dict[str, Any]:
        """Do one thing, under a key of its own, and return its payload's referral."""
        kind = mutation[0].upper() + mutation[1:] + "Input!"
        document = (
            f"mutation($input: {kind}) {{ {mutation}(input: $input) {{ "
            f"referral {{ {selection} }} userErrors {{ code path message }} }} }}"
        )
        payload = (await self.ask(document, input={"idempotencyKey": secrets.token_hex(16), **fields}))[
            mutation
        ]
        referral: dict[str, Any] = payload["referral"]
        return referral

    async def feed(self, after: str | None = None) -> AsyncIterator[dict[str, Any]]:
        """Yield the entries of the own organization's feed as they come, by server-sent events."""
        document = (
            "subscription($after: String) { events(after: $after) "
            "{ cursor type relation folio status needGroup priority } }"
        )
        headers = {**self._headers(), "accept": "text/event-stream"}
        request = {"query": document, "variables": {"after": after}}
        async with self._http.stream(
            "POST", "/graphql", json=request, headers=headers, timeout=None
        ) as answer:
            answer.raise_for_status()
            async for line in answer.aiter_lines():
                if line.startswith("data:") and line[5:].strip():
                    entry: dict[str, Any] = json.loads(line[5:])["data"]["events"]
                    yield entry

    def _headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.token}"}
