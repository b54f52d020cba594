"""Mending text: what is damaged comes out right, and what is right comes out as it went in."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cli.hsds import mojibake
from cli.hsds.reading import What
from cli.hsds.text import mend_text

SPANISH = (
    "La casa abre a las 9:00 – hay 12 camas, 3 para niñas y niños.",
    "¿Quién puede entrar? ¡Todas! «Nadie se queda afuera», dice la señora Muñoz.",
    "Atención en español, tseltal (bats’il k’op), mam y criollo haitiano: kreyòl ayisyen.",
    "PROCURADURÍA DE PROTECCIÓN DE NIÑAS, NIÑOS Y ADOLESCENTES",
    "Menores de 5 años < 18 kg; costo > $0 & gratis. Escriba a <casa@ejemplo.invalid>.",
    "Primer párrafo.\n\nSegundo párrafo:\n- uno\n- dos",
    "LGBT+ África, 50+ años, sub-índice, Ñ-á",
    "São Paulo, MAÇÃ, IRMÃ” e VOCÊ”, à l’école",
    "lo’il ꞌ ʼ ü ä",
)


def as_1252(text: str) -> str:
    """The text as a program shows it that takes its UTF-8 for Windows-1252."""
    return "".join(
        bytes([byte]).decode("latin-1" if byte in (0x81, 0x8D, 0x8F, 0x90, 0x9D) else "cp1252")
        for byte in text.encode()
    )


@pytest.mark.parametrize("text", SPANISH)
def test_right_text_comes_out_as_it_went_in(text: str) -> None:
    assert mend_text(text) == (text, ())


@pytest.mark.parametrize(
    ("damaged", "right"),
    [
        ("Albergue para niÃ±as y niÃ±os", "Albergue para niñas y niños"),
        ("ATENCIÃ“N EN ESPAÃ‘A", "ATENCIÓN EN ESPAÑA"),
        ("maÃ±ana â€“ â€œholaâ€\x9d, dijo", "mañana – “hola”, dijo"),
        ("Â¿DÃ³nde? Â«AquÃ\xadÂ»", "¿Dónde? «Aquí»"),
        ("ni\u00c3\u0192\u00c2\u00b1o", "niño"),
        ("bats\u00e2\u20ac\u2122il kâ€™op", "bats’il k’op"),
    ],
)
def test_utf8_read_as_windows_1252_is_put_right(damaged: str, right: str) -> None:
    assert mend_text(damaged) == (right, (What.MOJIBAKE,))


@pytest.mark.parametrize(
    ("damaged", "right", "whats"),
    [
        ("GÇ£holaGÇ¥, dijo la seGÇÖora", "“hola”, dijo la se’ora", (What.MOJIBAKE,)),
        ("Mar+¡a L+ízaro y Cl+¬ment", "María Lázaro y Clément", (What.MOJIBAKE,)),
        ("12GÇæ17 a+¦os", "12\u201117 a+¦os", (What.MOJIBAKE, What.MOJIBAKE_LEFT)),
    ],
)
def test_dos_damage_is_put_right_where_it_has_one_reading(
    damaged: str, right: str, whats: tuple[What, ...]
) -> None:
    assert mend_text(damaged, flattened=True) == (right, whats)


def test_dos_damage_is_not_looked_for_in_a_file_without_its_mark() -> None:
    text = "50+¡Ven ya! GÇÖ"
    assert mojibake.count_marks(text) < mojibake.ENOUGH_MARKS
    assert mend_text(text) == (text, ())
    assert mojibake.count_marks("GÇÖ GÇÖ GÇô") == mojibake.ENOUGH_MARKS


@pytest.mark.parametrize(
    ("html", "plain"),
    [
        ("<p>Uno &amp; dos</p><p>Tres<br/>cuatro</p>", "Uno & dos\n\nTres\ncuatro"),
        ("Ofrece:<ul><li>cama</li><li>cena</li></ul>", "Ofrece:\n\n- cama\n- cena"),
        ('<a href="https://casa.invalid">Casa</a>&nbsp;<b>abierta</b>', "Casa abierta"),
        ("ni&ntilde;os &lt; 18 a&#241;os &quot;todos&quot;", 'niños < 18 años "todos"'),
        ("antes<script>alert('x')</script><!-- no --> después", "antes después"),
        ("&lt;p&gt;Dos veces&lt;/p&gt;", "Dos veces"),
        ("<table><tr><td>lunes</td><td>9:00</td></tr></table>", "lunes 9:00"),
    ],
)
def test_html_becomes_plain_text_with_its_paragraphs(html: str, plain: str) -> None:
    assert mend_text(html) == (plain, (What.HTML,))


def test_written_out_newlines_and_control_characters_and_blanks_are_mended() -> None:
    text, whats = mend_text("Uno\\n\\n\\nDos\0 \r\n tres\x92 ")
    assert text == "Uno\n\nDos\n tres’"
    assert whats == (What.CONTROL_CHARACTERS, What.ESCAPED_NEWLINES, What.WHITESPACE)


def test_a_name_is_one_line() -> None:
    assert mend_text("  Casa\n  Ejemplo ", one_line=True) == ("Casa Ejemplo", (What.WHITESPACE,))


@given(st.text(max_size=200), st.booleans(), st.booleans())
def test_mending_what_was_mended_changes_nothing(text: str, one_line: bool, flattened: bool) -> None:
    once, _ = mend_text(text, one_line=one_line, flattened=flattened)
    again, whats = mend_text(once, one_line=one_line, flattened=flattened)
    assert again == once
    assert set(whats) <= {What.MOJIBAKE_LEFT}


PIECES = [
    "Ã±",
    "â€™",
    "Â",
    "Ã",
    "<p>",
    "</p>",
    "<br",
    ">",
    "<",
    "&amp;",
    "&lt;",
    "amp;",
    "&",
    "\\n",
    "\n",
    " ",
    "GÇÖ",
]
PIECES += ["+¦", "+¡", "-á", "\x92", "ñ", "a", "Casa", "\r", "\0", "ÃƒÂ", "±", "“"]


@given(st.lists(st.sampled_from(PIECES), max_size=25).map("".join), st.booleans())
def test_mending_damaged_text_twice_changes_nothing_more(text: str, flattened: bool) -> None:
    once, _ = mend_text(text, flattened=flattened)
    assert mend_text(once, flattened=flattened)[0] == once


LETTERS = "abcdefghijklmnñopqrstuvwxyzáéíóúüABCDEFGHIJKLMNÑOPQRSTUVWXYZÁÉÍÓÚÜ0123456789"
WORDS = st.text(LETTERS + ".,;:¿?¡!()«»“”‘’–—…°ª-+/%$#'\"", min_size=1, max_size=12)
SENTENCES = st.lists(WORDS, min_size=1, max_size=30).map(" ".join)


@given(SENTENCES)
@settings(max_examples=300)
def test_right_spanish_text_is_never_changed(text: str) -> None:
    assert mend_text(text) == (text, ())


@given(SENTENCES)
@settings(max_examples=300)
def test_spanish_text_survives_a_wrong_code_page(text: str) -> None:
    assert mend_text(as_1252(text))[0] == text


@pytest.mark.parametrize(
    "hostile",
    ["<!--" * 12_000, "<p " + " " * 50_000, "&" + "amp;" * 12_000, "<script>" * 6_000, " " * 50_000 + "x"],
)
def test_no_text_takes_long(hostile: str) -> None:
    start = time.perf_counter()
    mend_text(hostile)
    assert time.perf_counter() - start < 2
