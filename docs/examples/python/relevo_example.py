"""A partner's client of Relevo, whole and small. Copy it, and make it yours. Needs httpx.

    relevo_example.py issue CASE.json     refer a case, once, however often this is run
    relevo_example.py answer FOLIO        as the receiver: receive, accept, start, complete
    relevo_example.py acknowledge FOLIO   as the sender: we have read how it ended
    relevo_example.py listen              print what our organization is told, as it happens

Set RELEVO_URL, RELEVO_CLIENT and RELEVO_SECRET; for listen also RELEVO_CURSOR_FILE.
Exit codes: 0 done, 1 refused, 2 wrong use, 3 nobody answered (run the same again).
"""

import json
import os
import random
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import quote_plus

import httpx

Json = dict[str, Any]

PATIENCE = 60.0  # seconds for which a command repeats a request that nobody answers
LONGEST_PAUSE = 30.0
SILENCE = 45.0  # a stream says something at least every 15 s; one that is silent for longer is dead
STEADY = 60.0  # a stream that held for so long was no failed attempt
SOURCE_OF_CHANCE = random.SystemRandom()

# Errors that say: nothing is wrong with the request, make it again.
COME_BACK = {"UNAVAILABLE", "RATE_LIMITED", "SHUTTING_DOWN", "TOKEN_EXPIRED", "UNAUTHENTICATED"}

# What we print of a referral: nothing about the person. Logs are read by many, and kept for long.
OUTLINE = "id folio status version"
FIND = """query ($need: Need!, $state: State!) {
  viewer { organization { id } }
  services(filter: { needs: [$need], states: [$state] }, first: 20) {
    nodes { id intake organization { id verified } }
  }
}"""
LOOK = f"query ($folio: String!) {{ referral(folio: $folio) {{ {OUTLINE} allowedActions {{ action }} }} }}"
HEAD = "{ viewer { feedHead } }"
BOX = f"""query ($box: Box!, $after: String) {{
  referrals(box: $box, first: 100, after: $after) {{
    nodes {{ {OUTLINE} }} pageInfo {{ hasNextPage endCursor }}
  }}
}}"""
LISTEN = """subscription ($after: String!) {
  events(after: $after) { cursor event type at relation folio status version }
}"""


class LostError(Exception):
    """Nobody answered, or asked us to come back ``after`` so many seconds: what was done is unknown."""

    def __init__(self, why: str, after: float = 0.0) -> None:
        super().__init__(why)
        self.after = after


class RefusedError(Exception):
    """The answer is no, and repeating the request will not change it.

    ``reasons`` are codes with their places. They are all that we log: a message may quote what we sent.
    """

    def __init__(self, reasons: list[str]) -> None:
        super().__init__(", ".join(reasons))
        self.reasons = reasons


class NotDoneError(RefusedError):
    """A mutation's ``userErrors``: nothing was changed. ``codes`` is for programs."""

    def __init__(self, errors: list[Json]) -> None:
        super().__init__([f"{error['code']} at {'.'.join(error['path']) or 'input'}" for error in errors])
        self.codes = {error["code"] for error in errors}


class Relevo:
    """One client of the gateway at ``url``."""

    def __init__(self, url: str, client: str, secret: str) -> None:
        self._http = httpx.Client(base_url=url, timeout=10.0)
        # RFC 6749: each is form-encoded before HTTP Basic puts them together.
        self._credentials = (quote_plus(client), quote_plus(secret))
        self._token = ""
        self._renew_at = 0.0

    def ask(self, document: str, **variables: Any) -> Json:
        """Return the answer's data; repeat the request for a minute while nobody answers.

        That is safe for changes too, because every change carries a key of its own (``change``).
        """
        until = time.monotonic() + PATIENCE
        attempt = 0
        while True:
            try:
                return self._once(document, variables)
            except LostError as lost:
                if time.monotonic() > until:
                    raise
                time.sleep(pause(attempt, lost.after))
                attempt += 1

    def change(self, mutation: str, fields: Json) -> Json:
        """Do one thing, with the ``idempotencyKey`` in ``fields``, and return the payload."""
        kind = f"{mutation[0].upper()}{mutation[1:]}Input!"
        document = f"""mutation ($input: {kind}) {{ {mutation}(input: $input) {{
          referral {{ {OUTLINE} }} replayed userErrors {{ code path }}
        }} }}"""
        payload: Json = self.ask(document, input=fields)[mutation]
        # HTTP 200 and no top-level errors do not mean that it was done: this does.
        if payload["userErrors"]:
            raise NotDoneError(payload["userErrors"])
        return payload

    def stream(self, after: str) -> Iterator[Json]:
        """Yield the feed's entries after a cursor, then live ones. It has no end but an exception."""
        body = {"query": LISTEN, "variables": {"after": after}}
        headers = self._headers("text/event-stream")
        timeout = httpx.Timeout(10.0, read=SILENCE)
        try:
            with self._http.stream("POST", "/graphql", json=body, headers=headers, timeout=timeout) as answer:
                if answer.status_code != httpx.codes.OK:
                    answer.read()
                    self._data(answer)
                for event, data in messages(answer.iter_lines()):
                    if event == "next":
                        yield self._checked(json.loads(data))["events"]
        except httpx.TransportError as error:
            raise LostError(type(error).__name__) from error
        raise LostError("the stream ended")

    def _once(self, document: str, variables: Json) -> Json:
        body = {"query": document, "variables": variables}
        return self._data(self._post("/graphql", json=body, headers=self._headers()))

    def _headers(self, accept: str = "application/graphql-response+json") -> dict[str, str]:
        if time.monotonic() >= self._renew_at:
            self._get_token()
        return {"authorization": f"Bearer {self._token}", "accept": accept}

    def _get_token(self) -> None:
        form = {"grant_type": "client_credentials"}
        answer = self._post("/oauth/token", data=form, auth=self._credentials)
        if answer.status_code != httpx.codes.OK:
            raise RefusedError([f"no token (status {answer.status_code}): are client and secret right?"])
        told = answer.json()
        self._token = told["access_token"]
        # Before its end: a request that is on its way should not meet a token that just ran out.
        self._renew_at = time.monotonic() + 0.9 * told["expires_in"]

    def _post(self, path: str, **request: Any) -> httpx.Response:
        try:
            answer = self._http.post(path, **request)
        except httpx.TransportError as error:
            raise LostError(type(error).__name__) from error
        # A proxy's page, a gateway that is being replaced, or too many requests: no word on ours.
        if answer.status_code >= httpx.codes.INTERNAL_SERVER_ERROR:
            raise LostError(f"status {answer.status_code}")
        if answer.status_code == httpx.codes.TOO_MANY_REQUESTS:
            raise LostError("too many requests", after=float(answer.headers.get("retry-after", "1")))
        return answer

    def _data(self, answer: httpx.Response) -> Json:
        try:
            return self._checked(answer.json())
        except ValueError as error:
            raise LostError(f"status {answer.status_code}, and no JSON") from error

    def _checked(self, response: Json) -> Json:
        """Return a GraphQL response's data, if it has no errors."""
        errors = response.get("errors") or []
        codes = [error.get("extensions", {}).get("code", "UNKNOWN") for error in errors]
        if {"UNAUTHENTICATED", "TOKEN_EXPIRED"} & set(codes):
            self._renew_at = 0.0
        if COME_BACK & set(codes):
            after = max(error.get("extensions", {}).get("retryAfter", 0) for error in errors)
            raise LostError(", ".join(codes), after)
        if errors:
            raise RefusedError(codes)
        data: Json = response["data"]
        return data


def messages(lines: Iterator[str]) -> Iterator[tuple[str, str]]:
    """Server-sent events as (event, data). Only the empty line completes one: half an event is none."""
    event, data = "", ""
    for line in lines:
        if line.startswith("event:"):
            event = line[6:].strip()
        elif line.startswith("data:"):
            data += line[5:].strip()
        elif not line and event:
            yield event, data
            event, data = "", ""


def pause(attempt: int, least: float = 0.0) -> float:
    """Seconds before the next attempt. At random, so that not all clients come back at the same moment."""
    return least + SOURCE_OF_CHANCE.uniform(0.0, min(LONGEST_PAUSE, 0.25 * 2 ** min(attempt, 10)))


def save(path: Path, text: str) -> None:
    """Replace a file as a whole: a crash in the middle leaves the old one."""
    fresh = path.with_name(f"{path.name}.new")
    with fresh.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def tell(what: str, about: Json) -> None:
    """Print one line of JSON, at once."""
    sys.stdout.write(f"{json.dumps({'what': what, **about})}\n")
    sys.stdout.flush()


def issue(relevo: Relevo, path: Path) -> None:
    """Refer the person of a case: a file with the input of ``issueReferral``, but for service and key."""
    case = read(path)
    # The key is kept before anything is sent. If the answer is lost, or this program is killed before it
    # came, the same key and input are sent again: the network then tells us what was made the first
    # time, and makes no second referral. So what we choose is kept with the key: it is part of the input.
    kept_at = path.with_suffix(".sent.json")
    if not kept_at.exists():
        chosen = {"idempotencyKey": str(uuid.uuid4()), "service": find(relevo, case)}
        save(kept_at, json.dumps(chosen))
    kept = json.loads(kept_at.read_text(encoding="utf-8"))
    try:
        payload = relevo.change("issueReferral", {**case, **kept})
    except NotDoneError as error:
        # Nothing was made; when the case has been put right, it is a new request. But a key that was used
        # for other input did make a referral: then the case was changed after it was sent.
        if "IDEMPOTENCY_KEY_REUSED" not in error.codes:
            kept_at.unlink()
        raise
    tell("issued", {**payload["referral"], "replayed": payload["replayed"]})


def read(path: Path) -> Json:
    """The case in a file. Of what is wrong in it nothing is quoted."""
    try:
        case: Json = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RefusedError([f"{path.name} cannot be read ({type(error).__name__})"]) from None
    return case


def find(relevo: Relevo, case: Json) -> str:
    """The id of a service for the case, which answers in the network. Your people will want to choose."""
    found = relevo.ask(FIND, need=case.get("need"), state=case.get("state"))
    own = found["viewer"]["organization"]["id"]
    for service in found["services"]["nodes"]:
        organization = service["organization"]
        if service["intake"] == "NETWORK" and organization["verified"] and organization["id"] != own:
            return str(service["id"])
    raise RefusedError(["no service for this need in this state answers in the network"])


def in_a_day() -> str:
    """A moment; any offset from UTC is good."""
    return (datetime.now(UTC) + timedelta(days=1)).isoformat()


# What a receiver does, in this order, each with what it has to say. People decide; days lie between.
STEPS: dict[str, tuple[str, Callable[[], Json]]] = {
    "RECEIVE": ("receiveReferral", dict),
    "ACCEPT": ("acceptReferral", lambda: {"arriveBy": in_a_day(), "instructions": "Ask at the side door."}),
    "START": ("startReferral", dict),
    "COMPLETE": ("completeReferral", lambda: {"outcome": "FULLY_MET"}),
}


def answer(relevo: Relevo, folio: str) -> None:
    """Answer a referral to our organization, from wherever it stands."""
    answered = False
    while True:
        referral = look(relevo, folio)
        # The network says what may be done now, so that we need no copy of its table of statuses; and
        # if we are killed half-way, this is where we find out how far we got.
        allowed = {one["action"] for one in referral["allowedActions"]}
        step = next((STEPS[action] for action in STEPS if action in allowed), None)
        if step is None:
            if not answered:
                raise RefusedError([f"nothing to answer: it is {referral['status']}, or not sent to us"])
            return
        mutation, said = step
        try:
            key = str(uuid.uuid4())
            which = {"referral": referral["id"], "expectedVersion": referral["version"]}
            payload = relevo.change(mutation, {**which, **said(), "idempotencyKey": key})
        except NotDoneError as error:
            if error.codes != {"STALE_VERSION"}:
                raise
            continue  # somebody else did something meanwhile: look again, and decide again
        tell("answered", payload["referral"])
        answered = True


def look(relevo: Relevo, folio: str) -> Json:
    """A referral by its folio. What is not ours to see is as if it were not there."""
    referral: Json | None = relevo.ask(LOOK, folio=folio)["referral"]
    if referral is None:
        raise RefusedError(["NOT_FOUND at folio"])
    return referral


def acknowledge(relevo: Relevo, folio: str) -> None:
    """Say that we have read the end: this closes the loop."""
    # A key made of what it is for, so that it is the same whenever this is run.
    referral = look(relevo, folio)
    key = f"acknowledge {referral['id']} {referral['status']}"
    payload = relevo.change("acknowledgeReferral", {"referral": referral["id"], "idempotencyKey": key})
    tell("acknowledged", payload["referral"])


def listen(relevo: Relevo, path: Path) -> None:
    """Handle every entry of our feed, and come back after any interruption with the last cursor."""
    attempt = 0
    while True:
        began = time.monotonic()
        try:
            cursor = path.read_text(encoding="utf-8") if path.exists() else start(relevo, path)
            for entry in relevo.stream(cursor):
                handle(entry)
                # Only now: were it saved first, a crash in between would lose the entry for good. As it
                # is, a crash in between brings the same entry again, with the same ``event``: bear that
                # in what you do with it, or save the cursor in the transaction that does it.
                save(path, entry["cursor"])
                attempt = 0
        except LostError as lost:
            attempt = 0 if time.monotonic() - began > STEADY else attempt
            seconds = pause(attempt, lost.after)
            sys.stderr.write(f"cut off ({lost}); back in {seconds:.1f} s\n")
            time.sleep(seconds)
            attempt += 1
        except RefusedError as error:
            # We were away for longer than the feed is kept (90 days).
            if error.reasons != ["CURSOR_EXPIRED"]:
                raise
            start(relevo, path)


def handle(entry: Json) -> None:
    """Here your system does what it has to: update a case, call somebody."""
    tell("heard", entry)


def start(relevo: Relevo, path: Path) -> str:
    """Begin without a cursor: note where the feed ends, and only then read what there is.

    In this order nothing is missed. What changes meanwhile is seen here and heard again: compare versions.
    """
    head: str = relevo.ask(HEAD)["viewer"]["feedHead"]
    for box in ("INBOX", "OUTBOX"):
        after, more = None, True
        while more:
            page = relevo.ask(BOX, box=box, after=after)["referrals"]
            for referral in page["nodes"]:
                tell("found", referral)
            after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
    save(path, head)
    return head


def main() -> None:
    """Do what the arguments say."""
    commands: dict[str, Callable[[Relevo, str], None]] = {
        "issue": lambda relevo, case: issue(relevo, Path(case)),
        "answer": answer,
        "acknowledge": acknowledge,
        "listen": lambda relevo, _: listen(relevo, Path(setting("RELEVO_CURSOR_FILE"))),
    }
    command, *words = sys.argv[1:] or [""]
    if command not in commands or len(words) != (command != "listen"):
        end(2, __doc__ or "")
    try:
        relevo = Relevo(setting("RELEVO_URL"), setting("RELEVO_CLIENT"), setting("RELEVO_SECRET"))
        commands[command](relevo, "".join(words))
    except RefusedError as error:
        end(1, f"refused: {error}")
    except LostError as error:
        end(3, f"nobody answered ({error}); run the same again")
    except KeyboardInterrupt:
        end(130, "stopped")


def setting(name: str) -> str:
    """A variable that must be there."""
    return os.environ.get(name) or end(2, f"{name} is not set")


def end(code: int, why: str) -> NoReturn:
    """Stop, and say why."""
    sys.stderr.write(f"{why}\n")
    raise SystemExit(code) from None


if __name__ == "__main__":
    main()
