"""Plays one referral through the public API, both parties watching their feeds, and says who sees what."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from rich.console import Console
from rich.markup import escape

from chassis.tasks import end
from cli.demo.cast import ROLES, Cast, assemble
from cli.demo.partner import Partner
from cli.demo.referral import prenatal
from cli.embedded.stack import Stack
from cli.exits import CommandError, Exit
from cli.operator import OperatorSettings, connected

OUTLINE = "id folio status version"
WHOLE = """
  id folio status version need needGroup priority personAccess
  sender { name } receiver { name } service { name }
  person { ageBand gender alias safeContact { channel value } notes { category text } }
  outcome loopClosedAt
"""
SEE = f"query($id: ID!) {{ referral(id: $id) {{ {WHOLE} }} }}"
LIST = "{ referrals(box: OUTBOX, first: 5) { nodes { folio status receiver { name } } } }"
HEAR = "subscription { events { cursor type folio status } }"
HEAR_SECONDS = 10.0


def play(stack: Stack) -> None:
    """Load the fictional network into a running stack, play one referral, and say where things are.

    Raises:
        CommandError: something did not go as it should; says what.
    """
    console = Console(stderr=True, highlight=False)
    try:
        asyncio.run(_play(stack, console))
    except (RuntimeError, TimeoutError) as error:
        raise CommandError(f"the demonstration failed: {error}", Exit.NOT_READY) from error


async def _play(stack: Stack, console: Console) -> None:
    settings = OperatorSettings(
        data_dir=stack.data, nats_url=stack.urls["nats"], keys_dir=stack.data / "keys"
    )
    async with connected(settings) as operator:
        cast = await assemble(operator, stack.data)
    console.print("\n[bold]The fictional network is in the directory.[/bold]")
    url = stack.urls["gateway"]
    async with AsyncExitStack() as held:
        shelter, hospital, bystander = [
            await held.enter_async_context(
                Partner(
                    url,
                    cast.clients[role]["name"],
                    cast.clients[role]["client"],
                    cast.clients[role]["secret"],
                )
            )
            for role in ROLES
        ]
        ears = [await held.enter_async_context(_listening(one)) for one in (shelter, hospital)]
        story = _Story(console, shelter, hospital, bystander, ears)
        await story.tell(cast.service)
    _say_where(Console(highlight=False), url, cast)


@asynccontextmanager
async def _listening(partner: Partner) -> AsyncIterator["asyncio.Queue[dict[str, Any]]"]:
    """A queue of what the partner hears from now on."""
    heard: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    now = (await partner.ask("{ viewer { feedHead } }"))["viewer"]["feedHead"]

    async def listen() -> None:
        async for entry in partner.feed(after=now):
            heard.put_nowait(entry)

    task = asyncio.create_task(listen())
    try:
        yield heard
    finally:
        await end(task)


class _Story:
    """One referral, told step by step."""

    def __init__(
        self,
        console: Console,
        shelter: Partner,
        hospital: Partner,
        bystander: Partner,
        ears: "list[asyncio.Queue[dict[str, Any]]]",
    ) -> None:
        self._console = console
        self._shelter, self._hospital, self._bystander = shelter, hospital, bystander
        self._ears = ears
        self._id = ""

    async def tell(self, service: str) -> None:
        """Play it from the door of the shelter to the end that the shelter has read."""
        await self._step("a pregnant woman is at the door; with her consent the shelter refers her", None)
        self._id = (await self._issue(service))["id"]
        await self._heard()
        await self._seen()
        for partner, words, mutation, fields in self._acts():
            await self._step(words, partner)
            await partner.act(mutation, OUTLINE, referral=self._id, **fields)
            await self._heard()
            await self._seen()

    def _acts(self) -> list[tuple[Partner, str, str, dict[str, Any]]]:
        tomorrow = (datetime.now(UTC) + timedelta(days=1)).isoformat()
        instructions = "Ask for the duty midwife at the side door."
        return [
            (self._hospital, "says that it has received it", "receiveReferral", {}),
            (
                self._hospital,
                "accepts, and says by when to come",
                "acceptReferral",
                {"arriveBy": tomorrow, "instructions": instructions},
            ),
            (self._hospital, "reports her arrival", "startReferral", {}),
            (
                self._hospital,
                "reports the end",
                "completeReferral",
                {"outcome": "FULLY_MET", "servicesGiven": [{"code": "PRENATAL_CARE", "quantity": 1}]},
            ),
            (self._shelter, "has read the end: the loop is closed", "acknowledgeReferral", {}),
        ]

    async def _issue(self, service: str) -> dict[str, Any]:
        found = await self._shelter.ask("query($s: String!) { service(sourceId: $s) { id } }", s=service)
        fields = prenatal(found["service"]["id"], "URGENT")
        return await self._shelter.act("issueReferral", OUTLINE, **fields)

    def _print(self, line: str) -> None:
        self._console.print(line, soft_wrap=True)

    async def _step(self, words: str, who: Partner | None) -> None:
        name = f"[bold]{escape(who.name)}[/bold] " if who else ""
        self._print(f"\n[cyan]▶[/cyan] {name}{words}")

    async def _heard(self) -> None:
        """Both parties hear of it, live."""
        for partner, ear in zip((self._shelter, self._hospital), self._ears, strict=True):
            async with asyncio.timeout(HEAR_SECONDS):
                entry = await ear.get()
            self._print(
                f"    [green]heard live[/green] by {escape(partner.name)}: "
                f"{entry['type']}  {entry['folio']}  {entry['status']}"
            )

    async def _seen(self) -> None:
        """What each of the three sees now."""
        for partner in (self._shelter, self._hospital, self._bystander):
            found = (await partner.ask(SEE, id=self._id))["referral"]
            self._print(f"    seen by {escape(partner.name)}: {_in_words(found)}")


def _in_words(found: dict[str, Any] | None) -> str:
    if found is None:
        return "[red]nothing: for it there is no such referral[/red]"
    person = found["person"] or {}
    shown = [
        f"status {found['status']}",
        f"need {found['need'] or found['needGroup']}",
        f"age {person['ageBand']}" if person.get("ageBand") else "age hidden",
        f"name {person['alias']!r}" if person.get("alias") else "name hidden",
        f"{len(person['notes'])} note(s)" if person.get("notes") else "notes hidden",
    ]
    return escape(", ".join(shown)) + f"  [dim]({found['personAccess']})[/dim]"


def _say_where(console: Console, url: str, cast: Cast) -> None:
    client, secret = cast.clients["shelter"]["client"], cast.clients["shelter"]["secret"]
    request = f"{url}/graphql -H \"authorization: Bearer $TOKEN\" -H 'content-type: application/json'"
    lines = [
        "",
        f"GraphQL: {url}/graphql      its schema: {url}/schema.graphql",
        "",
        "A token (ten minutes), as the shelter of the story:",
        f"  TOKEN=$(curl -s -u '{client}:{secret}' -d grant_type=client_credentials {url}/oauth/token"
        """ | sed 's/.*"access_token":"\\([^"]*\\)".*/\\1/')""",
        "Its referrals:",
        f'  curl -s {request} -d \'{{"query":"{LIST}"}}\'',
        "Its feed, live (it waits for the next entry; Ctrl-C ends it):",
        f"  curl -sN {request} -H 'accept: text/event-stream' -d '{{\"query\":\"{HEAR}\"}}'",
        "",
        "Everything above is fictional. Ctrl-C stops the network.",
    ]
    for line in lines:
        console.print(line, markup=False, soft_wrap=True)
