"""Notes of a referral's history: open to whom the key that sealed them is, and to whoever wrote them."""

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from contracts.changes import ACCEPT, CANCEL, DECLINE, END, Accept, Cancel, Change, Decline, End
from contracts.codes import ReferralStatus, Role
from contracts.reasons import CancelReason, DeclineReason, EndReason
from contracts.referrals import HISTORY, ISSUE, GetHistory
from contracts.rpc import Actor, Operation, Page
from services.referrals.opening import open_history
from services.referrals.roles import COORDINATOR, RECEIVER, SENDER, Party
from services.referrals.sealed import seal
from services.referrals.vault import Vault
from tests.referrals import cast
from tests.referrals.audit.chains import opening
from tests.referrals.conftest import Network

_keys = (f"note-{number}" for number in itertools.count())
NAMING = "nota canaria: se llama Abigail Canaria"
S = ReferralStatus


async def issued(network: Network) -> str:
    """A referral from the shelter to the clinic."""
    request = cast.request(network.ids["consulta"], datetime.now(UTC), idempotency_key=next(_keys))
    return (await network.ask(ISSUE, request, network.caseworker("casa"))).referral.id


async def take(
    network: Network, operation: Operation[Any, Any], kind: type[Change], actor: Actor, **inputs: Any
) -> None:
    """Take an action on a referral."""
    await network.ask(operation, kind(idempotency_key=next(_keys), **inputs), actor)


async def last_note(network: Network, referral: str, actor: Actor) -> tuple[str | None, str | None]:
    """The reason and the note of the last entry, as somebody sees them."""
    request = GetHistory(referral=referral, page=Page(last=1))
    (entry,) = (await network.ask(HISTORY, request, actor)).items
    return entry.reason, entry.note


async def test_a_receiver_that_never_accepted_does_not_read_the_note_of_the_cancellation(
    network: Network,
) -> None:
    referral = await issued(network)
    sender, receiver = network.caseworker("casa"), network.caseworker("clinica")
    reason = CancelReason.PERSON_WITHDREW
    await take(network, CANCEL, Cancel, sender, referral=referral, reason=reason, note=NAMING)
    assert await last_note(network, referral, receiver) == ("person_withdrew", None)
    assert await last_note(network, referral, sender) == ("person_withdrew", NAMING)


async def test_a_receiver_that_lost_its_view_reads_its_own_notes_only(network: Network) -> None:
    sender, receiver = network.caseworker("casa"), network.caseworker("clinica")
    referral = await issued(network)
    await take(
        network, DECLINE, Decline, receiver, referral=referral, reason=DeclineReason.OTHER, note=NAMING
    )
    for reader in (sender, receiver):
        assert await last_note(network, referral, reader) == ("other", NAMING)
    viewer = network.member("clinica", Role.VIEWER)
    assert await last_note(network, referral, viewer) == (None, None)

    referral = await issued(network)
    soon = datetime.now(UTC) + timedelta(days=1)
    await take(network, ACCEPT, Accept, receiver, referral=referral, arrive_by=soon)
    await take(network, END, End, receiver, referral=referral, reason=EndReason.OTHER, note=NAMING)
    assert await last_note(network, referral, sender) == ("other", NAMING)


@pytest.mark.parametrize(
    ("status", "relation", "actor", "expected"),
    [
        (S.SENT, RECEIVER, cast.caseworker("clinica"), {1, 3}),
        (S.ACCEPTED, RECEIVER, cast.caseworker("clinica"), {1, 2, 3}),
        (S.CANCELLED, RECEIVER, cast.caseworker("clinica"), {3}),
        (S.CANCELLED, RECEIVER, cast.member("clinica", Role.VIEWER), set()),
        (S.CANCELLED, SENDER, cast.member("casa", Role.MANAGER), {1, 2, 3}),
        (S.CANCELLED, SENDER, cast.member("casa", Role.INTAKE), set()),
        (S.ACCEPTED, COORDINATOR, cast.coordinator("clinica"), set()),
    ],
)
async def test_a_note_is_as_secret_as_the_key_that_sealed_it(
    vault: Vault, status: ReferralStatus, relation: str, actor: Actor, expected: set[int]
) -> None:
    with vault.new() as keys:
        key_t2, key_t3 = keys.make(), keys.make()
        await vault.keep(keys)
        entries = [
            {"n": 1, "organization": "casa", "note": seal(keys, key_t2, "una pregunta")},
            {"n": 2, "organization": "casa", "note": seal(keys, key_t3, NAMING)},
            {"n": 3, "organization": "clinica", "note": seal(keys, key_t3, NAMING)},
        ]
    doc = cast.document(status, key_t2=key_t2, key_t3=key_t3)
    opened = await open_history(opening(vault), doc, Party(relation, actor), entries, cast.NOW)
    assert set(opened.history) == expected
