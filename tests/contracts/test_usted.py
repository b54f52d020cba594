"""Whoever reads Spanish here is addressed as usted, in every text; so is a child who is asked."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PLACES = ("contracts", "services", "gateway", "cli", "docs")
# What gives it away: pronouns, verbs of the second person singular, and orders with a pronoun behind them.
_VERBS = (
    "eres|estás|tienes|vienes|puedes|debes|quieres|sabes|necesitas|hablas|vives|temes|viajas|llegaste|viniste|"
    "tuviste|fuiste|estabas|venías|tenías|querías|podrías|quieras|confíes|tengas|vayas|estés|sientas|prefieres|"
    "conoces|crees|sientes|recuerdas|dijiste|hiciste|irás|harás|serás|hayas|hubieras|dime|haz|vete|has"
)
_ORDERS = "|".join(
    f"{verb}(?:l[aeo]s?|selo|sela|me|nos|te)"
    for verb in (
        "d[ií]", "pregúnta", "avísa", "lláma", "escúcha", "píde", "acompáña", "explíca", "ofréce",
        "envía", "refiére", "búsca", "ayúda", "cuénta", "acuérda", "asegúra", "fíja", "anóta", "déja",
        "lléva",
    )
)  # fmt: skip
TELL_TALE = re.compile(rf"\b(?:tú|te|ti|tus?|contigo|tuy[oa]s?|{_VERBS}|{_ORDERS})\b", re.IGNORECASE)
SPANISH = re.compile(r"[áéíóúñ¿¡]|\b(?:el|la|los|las|de|que|una?|por|para|con)\b", re.IGNORECASE)
_IN_YAML = re.compile(r"""\bes: *(?:"([^"]*)"|'([^']*)'|([^"',}\n][^,}\n]*))""")


def texts() -> Iterator[tuple[str, str]]:
    """Every text that may be Spanish, and where it stands."""
    for place in PLACES:
        for path in sorted((ROOT / place).rglob("*")):
            name = str(path.relative_to(ROOT))
            if path.suffix in {".yaml", ".yml"}:
                for found in _IN_YAML.finditer(path.read_text(encoding="utf-8")):
                    yield name, next(text for text in found.groups() if text is not None)
            elif path.suffix == ".py":
                for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                    if isinstance(node, ast.Constant) and isinstance(node.value, str):
                        yield f"{name}:{node.lineno}", node.value


def is_spanish(text: str) -> bool:
    words = text.split()
    return len(words) > 2 and len(SPANISH.findall(text)) * 4 > len(words)


def test_every_spanish_text_says_usted() -> None:
    told = [
        (where, text, found[0])
        for where, text in texts()
        if is_spanish(text) and (found := TELL_TALE.search(text))
    ]
    assert told == []


def test_enough_is_looked_at() -> None:
    places = {where.split(":")[0] for where, text in texts() if is_spanish(text)}
    assert {"contracts/labels.py", "contracts/spanish/referrals.py", "gateway/welcome.py"} <= places
    assert len([place for place in places if place.startswith("services/referrals/pathways/data/")]) >= 9


@pytest.mark.parametrize(
    "text",
    [
        "Si no quiere: díselo a la autoridad.",
        "¿Con quién vienes?",
        "Llámala por la noche.",
        "Tus papeles, por favor.",
    ],
)
def test_a_text_that_says_tu_is_found(text: str) -> None:
    assert TELL_TALE.search(text)


@pytest.mark.parametrize(
    "text",
    [
        "Dígaselo a la autoridad.",
        "¿Con quién viene?",
        "Si la persona lo ha dicho, llame.",
        "Le dice la verdad.",
    ],
)
def test_a_text_that_says_usted_is_not(text: str) -> None:
    assert TELL_TALE.search(text) is None
