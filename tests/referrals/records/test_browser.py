"""The sheet for a person in a real browser: it prints on one page of letter paper, however much there is."""

import asyncio
import re
from pathlib import Path

import pytest

from contracts.codes import NoteCategory
from contracts.referrals import Note
from contracts.talk import SEND_MESSAGE, SendMessage
from services.referrals.pages import LONGEST, Part, Printed
from tests import browser
from tests.referrals.conftest import Network
from tests.referrals.records.test_printing import printed
from tests.referrals.test_group import issued as issued_group

pytestmark = browser.NEEDED


async def pages_of(html: str, folder: Path) -> int:
    """On how many pages a browser prints it."""
    page, pdf = folder / "page.html", folder / "page.pdf"
    page.write_text(html, encoding="utf-8")
    printing = ("--no-pdf-header-footer", f"--print-to-pdf={pdf}")
    await asyncio.to_thread(browser.show, page.as_uri(), folder, *printing)
    return len(re.findall(rb"/Type\s*/Page\b", pdf.read_bytes()))


@pytest.mark.parametrize("length", [60, 250])
async def test_whatever_is_one_page_as_text_is_one_in_a_browser(tmp_path: Path, length: int) -> None:
    words = "Lo que contó, con todo detalle, quien la vio llegar aquella mañana. " * 4
    page, heads = Printed("Lo que guardamos", "", (), "es"), 9
    for items in range(heads, 100):
        parts = tuple(
            Part(f"Parte {part}", (words[:length],) * len(range(part, items, heads))) for part in range(heads)
        )
        longer = Printed(page.title, page.title, parts, "es")
        if len(longer.lines()) > LONGEST:
            break
        page = longer
    assert len(page.lines()) > LONGEST - 4
    assert await pages_of(page.html(), tmp_path) == 1


@pytest.mark.parametrize("language", ["es", "en"])
@pytest.mark.parametrize("much", [False, True], ids=["what is usual", "as much as may be"])
async def test_it_is_one_page(network: Network, tmp_path: Path, language: str, much: bool) -> None:
    long = "Lo que contó, con todo detalle. " * 120 if much else "Necesita reposo."
    notes = tuple(Note(category=one, text=long) for one in list(NoteCategory)[: 10 if much else 2])
    referral = (await issued_group(network, notes=notes)).referrals[0]
    for number in range(15 if much else 2):
        said = SendMessage(
            referral=referral.id,
            idempotency_key=f"b-{language}-{number}",
            text="Llega. " * (240 if much else 2),
        )
        await network.ask(SEND_MESSAGE, said, network.caseworker("casa"))
    record = await printed(network, referral.id, form="html", language=language, with_writings=True)
    assert await pages_of(record.page, tmp_path) == 1
