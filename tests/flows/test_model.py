"""Random actors, actions, old keys and versions through the public API, beside a plain model of the table.

After every step the answer is the model's: done, done before, or refused with that very code, and the
referral stands where the model's stands. In the end each party's feed holds what the model says happened,
once, in order.
"""

import os
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from contracts.codes import Scope
from contracts.directory import CREATE_CLIENT, CreateClient
from tests.flows.cast import Cast, _ask, _clients, _operator, issue_of
from tests.flows.client import CHANGED, Credentials, Json
from tests.flows.model import ENDED, ROWS, TAKES_A_PERSON, WORKED_ON, Referral, Use
from tests.flows.test_matching import coordinator_of
from tests.flows.test_third_party import CHANGES

FULL = "RELEVO_TEST_FULL" in os.environ
EXAMPLES, STEPS = (100, 60) if FULL else (10, 40)
# Chance leaves out what only few may do in few states: then it is let go on.
ROUNDS = 12 if FULL else 1
WITHIN = 30.0
FINAL = ENDED | {"ENTERED_IN_ERROR"}

WHO = ("refugio", "hospital", "tercera", "coordinator", "hospital reader")
NEW = "newReferral { id folio }"
PAGE = """query ($after: String) { events(after: $after, first: 100) {
  nodes { type referralId version } pageInfo { hasNextPage endCursor } } }"""
SEEN = """query ($id: ID!) { referral(id: $id) { status version allowedActions { action }
  history(last: 1) { nodes { version toStatus } } } }"""


done: Counter[tuple[str, str]] = Counter()


class Speaker:
    """One client, without any patience but for a full house."""

    def __init__(self, url: str, credentials: Credentials, member: str | None = None) -> None:
        self._http = httpx.Client(base_url=url, timeout=30, trust_env=False)
        self._auth = (credentials.id, credentials.secret)
        self._until = 0.0
        if member:
            self._http.headers["relevo-on-behalf-of"] = member

    def _renew(self) -> None:
        """Have a token that is good for a while: thousands of steps take longer than one lasts."""
        if time.monotonic() < self._until:
            return
        answer = self._http.post("/oauth/token", data={"grant_type": "client_credentials"}, auth=self._auth)
        told = answer.json()
        self._http.headers["authorization"] = f"Bearer {told['access_token']}"
        self._until = time.monotonic() + told["expires_in"] - 2 * WITHIN

    def ask(self, document: str, **variables: Any) -> Json:
        self._renew()
        until = time.monotonic() + WITHIN
        while True:
            answer = self._http.post("/graphql", json={"query": document, "variables": variables}).json()
            errors = answer.get("errors") or []
            if not any(one["extensions"]["code"] in {"UNAVAILABLE", "RATE_LIMITED"} for one in errors):
                break
            assert time.monotonic() < until, errors
            time.sleep(0.05)
        assert not errors, errors
        data: Json = answer["data"]
        return data

    def change(self, mutation: str, inputs: Json) -> Json:
        kind = f"{mutation[0].upper()}{mutation[1:]}Input"
        more = NEW if mutation == "confirmRedirect" else ""
        document = f"mutation ($input: {kind}!) {{ {mutation}(input: $input) {{ {more} {CHANGED} }} }}"
        payload: Json = self.ask(document, input=inputs)[mutation]
        return payload

    def head(self) -> str:
        cursor: str = self.ask("{ viewer { feedHead } }")["viewer"]["feedHead"]
        return cursor

    def told_since(self, cursor: str) -> list[tuple[str, str, int]]:
        """Referral, event and version of every change that the feed tells behind the cursor."""
        told = []
        while True:
            page = self.ask(PAGE, after=cursor)["events"]
            told += [
                (one["referralId"], one["type"].split(".")[2], one["version"])
                for one in page["nodes"]
                if one["type"].startswith("referrals.referral.")
            ]
            cursor = page["pageInfo"]["endCursor"] or cursor
            if not page["pageInfo"]["hasNextPage"]:
                return told

    def close(self) -> None:
        self._http.close()


class Network:
    """Everybody who speaks, and the services."""

    def __init__(self, speakers: dict[str, Speaker], services: dict[str, str]) -> None:
        self.speakers = speakers
        # Of each organization its own, and the one that it proposes instead.
        self.service_of = {"hospital": services["consulta"], "tercera": services["asesoria"]}
        self.other = {"hospital": services["asesoria"], "tercera": services["consulta"]}


@pytest.fixture(scope="module")
async def everybody(cast: Cast) -> AsyncIterator[Network]:
    url = cast.stack.urls["gateway"]
    async with coordinator_of(cast):
        names = ("refugio", "hospital", "tercera", "coordinacion")
        credentials = await _clients(cast.stack, [cast.organizations[name] for name in names])
        async with _operator(cast.stack) as caller:
            request = CreateClient(
                organization=cast.organizations["hospital"], name="Lector", scopes=(Scope.REFERRALS_READ,)
            )
            reader = await _ask(caller, CREATE_CLIENT, request)
        speakers = {name: Speaker(url, one) for name, one in zip(names[:3], credentials, strict=False)}
        speakers["coordinator"] = Speaker(url, credentials[3], member="turno-7")
        speakers["hospital reader"] = Speaker(url, Credentials(reader.client.id, reader.secret))
        yield Network(speakers, cast.services)
        for speaker in speakers.values():
            speaker.close()


class Machine(RuleBasedStateMachine):
    """One run: some referrals, and everything that anybody may try with them."""

    network: Network
    runs = 0

    @initialize(wanted=st.sampled_from(sorted(ROWS)))
    def begin(self, wanted: str) -> None:
        Machine.runs += 1
        # What this run does where it can, so that the runs together come to every row.
        self.wanted = wanted
        self.referrals: list[Referral] = []
        self.issued: dict[str, tuple[Json, Referral]] = {}
        self.tried: list[tuple[str, str, Json, Referral]] = []
        self.keys = 0
        self.heads = {name: self.network.speakers[name].head() for name in ("refugio", "hospital", "tercera")}

    def key(self) -> str:
        self.keys += 1
        return f"model-{Machine.runs}-{self.keys}-{time.monotonic_ns()}"

    def issue_input(self, receiver: str) -> Json:
        return issue_of(self.network.service_of[receiver])

    def made(self, payload: Json, receiver: str, status: str) -> Referral:
        assert payload["userErrors"] == []
        assert (payload["replayed"], payload["referral"]["status"]) == (False, status)
        shown = payload["referral"]
        referral = Referral(
            shown["id"],
            shown["folio"],
            "refugio",
            receiver,
            self.network.service_of[receiver],
            status,
            told=status != "DRAFT",
            events=[("sent", 1)] if status == "SENT" else [],
        )
        self.referrals.append(referral)
        return referral

    @rule(receiver=st.sampled_from(["hospital", "tercera"]), draft=st.booleans())
    def issue(self, receiver: str, draft: bool) -> None:
        if len(self.referrals) > 6:
            return
        mutation = "draftReferral" if draft else "issueReferral"
        inputs = {**self.issue_input(receiver), "idempotencyKey": self.key()}
        payload = self.network.speakers["refugio"].change(mutation, inputs)
        self.issued[mutation] = (inputs, self.made(payload, receiver, "DRAFT" if draft else "SENT"))

    @precondition(lambda self: self.issued)
    @rule(data=st.data(), changed=st.booleans())
    def issue_again(self, data: st.DataObject, changed: bool) -> None:
        mutation = data.draw(st.sampled_from(sorted(self.issued)))
        inputs, referral = self.issued[mutation]
        again = {**inputs, "state": "OAX"} if changed else inputs
        payload = self.network.speakers["refugio"].change(mutation, again)
        if changed:
            assert [one["code"] for one in payload["userErrors"]] == ["IDEMPOTENCY_KEY_REUSED"]
        else:
            assert payload["replayed"]
            self.stands(payload, referral)

    @precondition(lambda self: self.referrals)
    @rule(
        data=st.data(),
        who=st.sampled_from(WHO),
        mutation=st.sampled_from(sorted(ROWS)),
        version=st.sampled_from([None, None, "right", "old", "ahead"]),
    )
    def act(self, data: st.DataObject, who: str, mutation: str, version: str | None) -> None:
        referral = data.draw(st.sampled_from(self.referrals))
        expected = {None: None, "right": referral.version, "old": referral.version - 1}.get(
            version, referral.version + 1
        )
        inputs: Json = {
            **CHANGES[mutation],
            **self._of(mutation, referral),
            "referral": referral.id,
            "idempotencyKey": self.key(),
        }
        if expected is not None:
            inputs["expectedVersion"] = expected
        self.attempt(who, mutation, inputs, referral)

    @precondition(lambda self: self.referrals)
    @rule(data=st.data(), times=st.integers(1, 5))
    def act_well(self, data: st.DataObject, times: int) -> None:
        """What the table allows, some times in a row: else a run seldom comes far."""
        referral = data.draw(st.sampled_from(self.referrals))
        for _ in range(times):
            self._go_on(data, referral)

    def _go_on(self, data: st.DataObject, referral: Referral) -> None:
        possible = [
            (who, mutation)
            for mutation in ROWS
            for who in _doers(mutation, referral)
            if (row := referral.row(mutation, who)) and (row[2] not in FINAL or referral.status in FINAL)
        ]
        if not possible or data.draw(st.integers(0, 4)) == 0:
            possible = [(referral.receiver, "declineReferral"), (referral.receiver, "completeReferral")]
        wanted = [
            (who, self.wanted) for who in _doers(self.wanted, referral) if referral.row(self.wanted, who)
        ]
        is_taken: bool = data.draw(st.booleans())
        if wanted and is_taken:
            possible = wanted
        who, mutation = data.draw(st.sampled_from(possible))
        inputs = {
            **CHANGES[mutation],
            **self._of(mutation, referral),
            "referral": referral.id,
            "idempotencyKey": self.key(),
        }
        self.attempt(who, mutation, inputs, referral)

    @precondition(lambda self: self.tried)
    @rule(data=st.data(), changed=st.booleans())
    def act_again(self, data: st.DataObject, changed: bool) -> None:
        """The same call once more, perhaps long after: or its key for something else."""
        who, mutation, inputs, referral = data.draw(st.sampled_from(self.tried))
        if changed:
            inputs = {**inputs, "expectedVersion": 77}
        self.attempt(who, mutation, inputs, referral)

    def _of(self, mutation: str, referral: Referral) -> Json:
        """Inputs that depend on the referral."""
        if mutation == "proposeRedirect":
            return {"service": self.network.other[referral.receiver]}
        if mutation == "confirmRedirect":
            return {"service": referral.proposed or self.network.other[referral.receiver]}
        if mutation == "startReferral":
            return {"arrivedAt": (datetime.now(UTC) - timedelta(minutes=1)).isoformat()}
        if mutation == "correctReferral":
            return {"priority": ("ROUTINE", "URGENT")[self.keys % 2]}
        return {"externalId": None} if mutation == "receiveReferral" else {}

    def attempt(self, who: str, mutation: str, inputs: Json, referral: Referral) -> None:
        """Try it there and in the model, and compare."""
        key = inputs["idempotencyKey"]
        used = (key, (mutation, {name: value for name, value in inputs.items() if name != "idempotencyKey"}))
        service = inputs.get("service")
        was_done = (who, key) in referral.keys
        refusal = referral.refusal(
            mutation, who, used, expected=inputs.get("expectedVersion"), service=service
        )
        payload = self.network.speakers[who].change(mutation, inputs)
        codes = {one["code"] for one in payload["userErrors"]}
        about = (who, mutation, referral.status, inputs.get("expectedVersion"))
        assert codes == ({refusal} if refusal else set()), (*about, payload["userErrors"])
        done[mutation, refusal or ("AGAIN" if was_done else "DONE")] += 1
        if refusal is None:
            assert payload["replayed"] is was_done, about
            if not was_done:
                referral.apply(mutation, who, used, service)
            self.stands(payload, referral)
            if mutation == "confirmRedirect" and not was_done:
                self.redirected(payload["newReferral"], referral, service)
        self.tried.append((who, mutation, inputs, referral))

    def redirected(self, new: Json, referral: Referral, service: str | None) -> None:
        assert service is not None
        receiver = next(name for name, own in self.network.service_of.items() if own == service)
        self.referrals.append(
            Referral(
                new["id"],
                new["folio"],
                referral.sender,
                receiver,
                service,
                "SENT",
                been_at=[*referral.been_at, referral.service],
                priority=referral.priority,
                events=[("sent", 1)],
            )
        )

    def stands(self, payload: Json, referral: Referral) -> None:
        shown = payload["referral"]
        assert (shown["id"], shown["folio"]) == (referral.id, referral.folio)
        assert (shown["status"], shown["version"]) == (referral.status, referral.version)

    @precondition(lambda self: self.referrals)
    @rule(data=st.data(), who=st.sampled_from(WHO))
    def look(self, data: st.DataObject, who: str) -> None:
        referral = data.draw(st.sampled_from(self.referrals))
        shown = self.network.speakers[who].ask(SEEN, id=referral.id)["referral"]
        if not referral.sides_of(who):
            assert shown is None
            return
        assert (shown["status"], shown["version"]) == (referral.status, referral.version)
        assert shown["history"]["nodes"][0] == {"version": referral.version, "toStatus": referral.status}
        possible = {_action(mutation) for mutation in ROWS if self._may(referral, mutation, who)}
        if who == referral.receiver and referral.status in WORKED_ON:
            possible.add("REFER_ON")  # another referral: it changes nothing of this one
        assert {one["action"] for one in shown["allowedActions"]} == possible

    @staticmethod
    def _may(referral: Referral, mutation: str, who: str) -> bool:
        fresh: tuple[str, Use] = ("", (mutation, {}))
        return (
            referral.row(mutation, who) is not None
            and referral.refusal(mutation, who, fresh, expected=None, service=None) is None
        )

    def teardown(self) -> None:
        if not getattr(self, "referrals", None):
            return
        for name, head in self.heads.items():
            mine = {one.id: one for one in self.referrals if name in {one.sender, one.receiver}}
            expected = {one.id: [(one.id, *event) for event in one.events] for one in mine.values()}
            count = sum(map(len, expected.values()))
            until = time.monotonic() + WITHIN
            while len(told := self.network.speakers[name].told_since(head)) < count:
                assert time.monotonic() < until, (name, count, told)
                time.sleep(0.02)
            assert _by_referral(told) == {one: events for one, events in expected.items() if events}


def _by_referral(told: Sequence[tuple[str, str, int]]) -> dict[str, list[tuple[str, str, int]]]:
    found: dict[str, list[tuple[str, str, int]]] = {}
    for entry in told:
        found.setdefault(entry[0], []).append(entry)
    return found


def _doers(mutation: str, referral: Referral) -> tuple[str, ...]:
    """Who does it where all goes well: what takes a person, none of the two systems."""
    return ("coordinator",) if mutation in TAKES_A_PERSON else (referral.sender, referral.receiver)


def _action(mutation: str) -> str:
    """``acceptReferral`` is `ACCEPT`, ``proposeRedirect`` `PROPOSE_REDIRECT`."""
    short = mutation.removesuffix("Referral").removesuffix("About")
    return "".join(f"_{letter}" if letter.isupper() else letter.upper() for letter in short)


def test_whatever_anybody_tries_the_referral_stands_where_the_table_says(everybody: Network) -> None:
    Machine.network = everybody
    for _ in range(ROUNDS):
        run_state_machine_as_test(
            Machine,
            settings=settings(
                max_examples=EXAMPLES,
                stateful_step_count=STEPS,
                deadline=None,
                suppress_health_check=list(HealthCheck),
                print_blob=True,
            ),
        )
        never = {mutation for mutation in ROWS if not done[mutation, "DONE"]}
        if not never:
            break
    assert not FULL or not never, f"nobody ever did {never}"
