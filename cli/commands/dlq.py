"""``relevo dlq``: what could not be applied and waits for a person (dead letters)."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import msgspec
import typer

from cli.exits import CommandError, Exit, epilog
from cli.letters import Found, Outcome, find, known_data, look, names_of, put_away, replay
from cli.letters import drop as give_up
from cli.operator import Operator, run
from cli.output import err, out, print_json, print_table, table
from contracts.letters import ShownParked

_CODES = (Exit.WRONG, Exit.UNREACHABLE, Exit.REFUSED, Exit.NOT_WRITABLE)
app = typer.Typer(
    help="Dead letters: events that could not be applied, and what waits behind them.", no_args_is_help=True
)
AsJson = Annotated[bool, typer.Option("--json", help="Print it as JSON.")]
Name = Annotated[str, typer.Argument(help="As `relevo dlq list` names it: CONSUMER/ID.", metavar="NAME")]
# Each is asked to apply all that waits for a noun.
PATIENCE = 60.0


@app.command("list", epilog=epilog("relevo dlq list", "relevo dlq list --json", codes=_CODES))
def list_command(
    first: Annotated[int, typer.Option(help="So many at most.", min=1, max=500)] = 100,
    as_json: AsJson = False,
) -> None:
    """Show what is parked, the longest first: of which thing, at which event of it, since when, and why.

    One thing is parked, a referral for instance; all others go on. What comes for it meanwhile is kept for
    180 days. `advisory/…` is what the bus itself gave up to deliver. Ends with 1 where anything is there.
    """
    found = run(lambda operator: find(operator, first))
    if as_json:
        print_json(msgspec.to_builtins(found))
    else:
        _list(found)
    _end(found.silent, wrong=bool(found.parked or found.advisories))


def _list(found: Found) -> None:
    if found.parked:
        listed = table("name", "event", "type", "why", "since", whole=("name",))
        for one in found.parked:
            name = f"{one.consumer}/{one.id}"
            listed.add_row(name, str(one.n), one.type or "", one.reason or "", _ago(one.since))
        print_table(listed)
    if found.advisories:
        listed = table("name", "what", "stream", "message", "consumer", "when", whole=("name",))
        for said in found.advisories:
            row = (said.kind, said.stream, str(said.seq), said.consumer, _ago(said.at))
            listed.add_row(f"advisory/{said.id}", *row)
        print_table(listed)
    if found.count > len(found.parked):
        err.print(f"relevo: {found.count} are parked in all")
    if not found.parked and not found.advisories and not found.silent:
        err.print("relevo: nothing is parked")


@app.command(
    "show",
    epilog=epilog(
        "relevo dlq show notifications/ref_7k3f9m2p", "relevo dlq show … --json | jq .events", codes=_CODES
    ),
)
def show_command(name: Name, as_json: AsJson = False) -> None:
    """Show where and why it failed, and the events that wait: ids, codes, statuses, versions and times.

    What an event holds that no event of its type has is not printed, only that it is there.
    """
    (one,) = names_of([name])
    shown = run(lambda operator: look(operator, one))
    if as_json:
        print_json(_shown(shown))
        return
    parked = shown.parked
    out.print(f"{parked.noun} {parked.id}: {parked.applied} events are applied", highlight=False)
    why = f"event {parked.n} failed {_ago(parked.since)}: {parked.reason or '?'} at {parked.where or '?'}"
    out.print(why, highlight=False, soft_wrap=True)
    listed = table("event", "type", "what it says")
    for event in _shown(shown)["events"]:
        listed.add_row(str(event["n"]), event["type"], str(event["data"]))
    print_table(listed)
    if shown.more:
        err.print("relevo: and more behind them")


def _shown(shown: ShownParked) -> dict[str, Any]:
    said: dict[str, Any] = msgspec.to_builtins(shown)
    said["events"] = [
        {**event, "data": known_data(one)} for event, one in zip(said["events"], shown.events, strict=True)
    ]
    return said


@app.command(
    "replay",
    epilog=epilog("relevo dlq replay notifications/ref_7k3f9m2p", "relevo dlq replay --all", codes=_CODES),
)
def replay_command(
    names: Annotated[
        list[str] | None, typer.Argument(help="As `relevo dlq list` names them.", metavar="NAME...")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="All that is parked.")] = False,
    as_json: AsJson = False,
) -> None:
    """Apply what waits, once its cause is mended: each thing's own events, in order, none twice, no others.

    What fails again stays parked, with nothing of it lost. Ends with 1 where anything does.
    """
    if bool(names) == everything:
        raise CommandError("name what to replay, or say --all", Exit.USAGE)
    asked = names_of(names or [])

    async def work(operator: Operator) -> list[Outcome]:
        found = asked
        if everything:
            found = [(one.consumer, one.id) for one in (await find(operator, 500)).parked]
        return [await replay(operator, one) for one in found]

    _say(run(work, patience=PATIENCE), as_json)


@app.command(
    "drop",
    epilog=epilog("relevo dlq drop notifications/ref_7k3f9m2p", "relevo dlq drop … --yes", codes=_CODES),
)
def drop_command(
    name: Name,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """Never apply the one event that a thing is parked at, and go on with what came after it.

    Whom that event concerns will not hear of it. `replay` first: what is mended need not be dropped. An
    advisory is put away, with those before it.
    """
    number = name.removeprefix("advisory/")
    if number != name and number.isdecimal():
        run(lambda operator: put_away(operator, int(number)))
        return
    (one,) = names_of([name])
    parked = run(lambda operator: look(operator, one)).parked
    question = f"Event {parked.n} of {parked.noun} {parked.id} ({parked.type}) is never applied. Drop it?"
    if not yes and not typer.confirm(question, err=True):
        raise CommandError("nothing was dropped", Exit.REFUSED)
    _say([run(lambda operator: give_up(operator, one, parked.n), patience=PATIENCE)], as_json)


def _say(outcomes: list[Outcome], as_json: bool) -> None:
    if as_json:
        print_json(msgspec.to_builtins(outcomes))
    else:
        for one in outcomes:
            say: Callable[..., None] = out.print if one.parked is None else err.print
            say(f"{one.name}: {one.words}", highlight=False, soft_wrap=True)
        if not outcomes:
            err.print("relevo: nothing is parked")
    _end((), wrong=any(one.parked is not None for one in outcomes))


def _end(silent: tuple[str, ...], *, wrong: bool) -> None:
    for part in silent:
        err.print(f"relevo: {part} did not answer: what is parked there is not shown")
    if silent:
        raise typer.Exit(int(Exit.UNREACHABLE))
    if wrong:
        raise typer.Exit(int(Exit.WRONG))


def _ago(at: datetime) -> str:
    age = datetime.now(UTC) - at
    days, rest = divmod(max(age, timedelta()), timedelta(days=1))
    hours, rest = divmod(rest, timedelta(hours=1))
    minutes = rest // timedelta(minutes=1)
    return f"{days} days ago" if days else f"{hours} h ago" if hours else f"{minutes} min ago"


def register(application: typer.Typer) -> None:
    """Add the group of commands."""
    application.add_typer(app, name="dlq")
