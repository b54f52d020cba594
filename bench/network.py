"""A network to measure: the embedded stack on free ports, fictional organizations, two clients."""

import asyncio
import json
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.http import Connection
from cli.demo.cast import assemble
from cli.demo.partner import Partner
from cli.demo.referral import prenatal
from cli.embedded.settings import EmbeddedSettings
from cli.embedded.stack import Stack
from cli.operator import OperatorSettings, connected

ISSUE = (
    "mutation($input: IssueReferralInput!) { issueReferral(input: $input) "
    "{ referral { id folio status version } userErrors { code path message } } }"
)
LIST = (
    "{ referrals(box: OUTBOX, first: 20) { nodes { id folio status priority needGroup createdAt "
    "sender { id name } receiver { id name } service { id name } } pageInfo { hasNextPage endCursor } } }"
)
HEAR = "subscription($after: String) { events(after: $after) { cursor folio } }"


@dataclass
class Network:
    """The running stack, and both parties' tokens."""

    stack: Stack
    service: str
    sender: Partner
    receiver: Partner
    seconds_to_start: float

    @property
    def url(self) -> str:
        """The gateway."""
        return self.stack.urls["gateway"]

    def issue(self, connection: Connection) -> bytes:
        """The bytes of issuing one more referral, with a new person."""
        fields = {"idempotencyKey": secrets.token_hex(16), **prenatal(self.service, "ROUTINE")}
        return self.ask(connection, ISSUE, input=fields)

    def ask(self, connection: Connection, document: str, **variables: Any) -> bytes:
        """The bytes of any request of the sender's."""
        body = json.dumps({"query": document, "variables": variables}).encode()
        return connection.request("/graphql", body, self.sender.token)

    def asked_by_receiver(self, connection: Connection, document: str) -> bytes:
        """The bytes of any request of the receiver's."""
        return connection.request("/graphql", json.dumps({"query": document}).encode(), self.receiver.token)

    def listen(self, connection: Connection, after: str) -> bytes:
        """The bytes of the receiver's live subscription."""
        body = json.dumps({"query": HEAR, "variables": {"after": after}}).encode()
        return connection.request("/graphql", body, self.receiver.token, accept="text/event-stream")


@asynccontextmanager
async def running(folder: Path, **more: str) -> AsyncIterator[Network]:
    """Start a network in a fresh folder, and stop it again; ``more`` are settings of its parts."""
    # The benchmark's own load is one client's: its limit is not what is measured.
    variables = {"RELEVO_RATE_PER_SECOND": "1000000", "RELEVO_RATE_BURST": "1000000", **more}
    settings = EmbeddedSettings(data_dir=folder).on_free_ports()
    stack = Stack(settings, variables=variables, say=lambda _sentence: None)
    began = time.perf_counter()
    await asyncio.to_thread(stack.start)
    seconds = time.perf_counter() - began
    try:
        operator_settings = OperatorSettings(
            data_dir=stack.data, nats_url=stack.urls["nats"], keys_dir=stack.data / "keys"
        )
        async with connected(operator_settings) as operator:
            cast = await assemble(operator, stack.data)
        shelter, hospital = (_partner(stack, cast.clients[role]) for role in ("shelter", "hospital"))
        async with shelter as sender, hospital as receiver:
            found = await sender.ask("query($s: String!) { service(sourceId: $s) { id } }", s=cast.service)
            yield Network(stack, found["service"]["id"], sender, receiver, seconds)
    finally:
        await asyncio.to_thread(stack.stop)


def _partner(stack: Stack, who: dict[str, str]) -> Partner:
    return Partner(stack.urls["gateway"], who["name"], who["client"], who["secret"])
