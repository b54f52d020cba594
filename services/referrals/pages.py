"""Printed pages: one sheet of letter paper, as plain text or as HTML that loads nothing from anywhere."""

import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import escape

from contracts.pathways import NOTICE, Tongue, Wording

# Letter paper in an 8 point type of fixed width, with margins of 1.5 cm.
WIDTH = 108
LONGEST = 74
# Up to here a browser prints it on one page in a size that reads well, also in a wide type (DejaVu Sans);
# what is longer is printed smaller.
READABLE = 54
_STYLE = (
    "@page{size:letter;margin:12mm}body{font:8.5pt/1.25 sans-serif;margin:0 auto;max-width:190mm}"
    "h1{font-size:14pt;margin:0}h2{font-size:9.5pt;margin:5pt 0 1pt;border-bottom:.5pt solid}"
    "ol,ul{margin:0;padding-left:14pt}p{margin:1pt 0}.now{border:1.5pt solid;padding:2pt 5pt}"
    "small{color:#444}.draft{font-weight:bold}"
    ".much{font-size:7.5pt;line-height:1.15}.much h1{font-size:10pt}"
    ".much h2{font-size:8pt;margin:2.5pt 0 0}.much .now{padding:1pt 5pt}.much p{margin:0}"
)


@dataclass(frozen=True)
class Part:
    """A heading, and what stands below it: a list, numbered or not; in a box, where it must not be missed."""

    heading: str
    items: tuple[str, ...]
    numbered: bool = False
    boxed: bool = False


@dataclass(frozen=True)
class Printed:
    """A page. On each of them stands that its texts are drafts for legal review."""

    title: str
    subtitle: str
    parts: tuple[Part, ...]
    tongue: Tongue

    def html(self) -> str:
        """Return it as a whole document."""
        title = escape(self.title)
        much = ' class="much"' if len(self.lines()) > READABLE else ""
        return (
            f'<!doctype html><html lang="{self.tongue}"><meta charset="utf-8"><title>{title}</title>'
            f"<style>{_STYLE}</style><body{much}><h1>{title}</h1><p>{escape(self.subtitle)}</p>"
            f'<p class="draft">{escape(wording(NOTICE, self.tongue))}</p>'
            f"{''.join(map(_section, self.parts))}</body></html>"
        )

    def lines(self) -> list[str]:
        """Return it as text, in lines of at most ``WIDTH`` characters."""
        return list(self._lines())

    def _lines(self) -> Iterator[str]:
        yield self.title.upper()
        yield from textwrap.wrap(self.subtitle, WIDTH)
        yield from textwrap.wrap(wording(NOTICE, self.tongue), WIDTH)
        for part in self.parts:
            yield f"-- {part.heading} ".ljust(WIDTH, "-")
            for number, item in enumerate(part.items, 1):
                mark = f"{number}. " if part.numbered else "- "
                yield from textwrap.wrap(
                    item,
                    WIDTH,
                    initial_indent=mark,
                    subsequent_indent=" " * len(mark),
                    break_on_hyphens=False,
                )


def parts(found: Iterable[Part]) -> tuple[Part, ...]:
    """Return those parts in which something stands."""
    return tuple(part for part in found if part.items)


def wording(said: Wording, tongue: Tongue) -> str:
    """Return it in that language."""
    return said.es if tongue == "es" else said.en


def _section(part: Part) -> str:
    kind = "ol" if part.numbered else "ul"
    items = "".join(f"<li>{escape(item)}</li>" for item in part.items)
    box = ' class="now"' if part.boxed else ""
    return f"<div{box}><h2>{escape(part.heading)}</h2><{kind}>{items}</{kind}></div>"
