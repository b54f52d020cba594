"""What the organizations wrote about her case: how much it is, and on her sheet if whoever prints says so."""

from contracts.changes import ASK, CANCEL, REPLY, Answer, Ask, Cancel
from contracts.codes import Role
from contracts.erasing import ERASE, Erase
from contracts.reasons import CancelReason
from contracts.records import PersonalRecord
from contracts.talk import SEND_MESSAGE, SendMessage
from services.referrals import pages
from services.referrals.records.record import MOST_WRITINGS
from tests.referrals.audit.test_reads import issued
from tests.referrals.conftest import Network
from tests.referrals.records.test_printing import printed

HEADING = "Lo que se escribió de su caso"


def written(record: PersonalRecord) -> tuple[str, ...]:
    """What stands below that heading."""
    return next((part.items for part in record.parts if part.heading == HEADING), ())


async def said(network: Network, referral: str, many: int, words: str) -> None:
    """Some messages of the shelter."""
    for number in range(many):
        request = SendMessage(referral=referral, idempotency_key=f"said-{number}", text=f"{words} {number}")
        await network.ask(SEND_MESSAGE, request, network.caseworker("casa"))


async def test_it_is_counted_once_and_printed_where_that_is_asked_for(network: Network) -> None:
    made = await issued(network)
    clinic, shelter = network.caseworker("clinica"), network.caseworker("casa")
    asked = Ask(referral=made.id, idempotency_key="w-ask", question="¿Cuántas semanas?")
    await network.ask(ASK, asked, clinic)
    answer = Answer(referral=made.id, idempotency_key="w-answer", answer="Veinte")
    await network.ask(REPLY, answer, shelter)
    await said(network, made.id, 1, "llega en camión")
    (counted,) = written(await printed(network, made.id))
    assert counted.endswith("que no están aquí: 3. Pida que se los lean.")
    items = written(await printed(network, made.id, with_writings=True))
    assert [item.split(", ", 1)[1] for item in items] == [
        "Clínica Jacaranda: ¿Cuántas semanas?",
        "Casa La Ribera: Veinte",
        "Casa La Ribera: llega en camión 0",
    ]


async def test_the_newest_stand_there_and_it_stays_one_page(network: Network) -> None:
    made = await issued(network)
    await said(network, made.id, MOST_WRITINGS + 3, "con todo detalle " * 100)
    record = await printed(network, made.id, with_writings=True)
    *items, counted = written(record)
    assert len(items) == MOST_WRITINGS
    assert items[-1].endswith(str(MOST_WRITINGS + 2))
    assert "que no están aquí: 3." in counted
    assert len(record.page.splitlines()) <= pages.LONGEST


async def test_what_is_erased_is_neither_printed_nor_counted(network: Network) -> None:
    made = await issued(network)
    await said(network, made.id, 1, "su hermana espera")
    manager = network.member("casa", Role.MANAGER, Role.CASEWORKER)
    request = Cancel(referral=made.id, idempotency_key="w-cancel", reason=CancelReason.MOVED_ON)
    await network.ask(CANCEL, request, manager)
    erase = Erase(referral=made.id, idempotency_key="w-erase", note="Ella lo pide")
    await network.ask(ERASE, erase, manager)
    assert written(await printed(network, made.id, with_writings=True)) == ()
