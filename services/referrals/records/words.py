"""The words of the page in one language: sentences, codes, days."""

from datetime import date, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from contracts.consent_codes import CONSENT_LABELS
from contracts.labels import LABELS
from contracts.pathways import Tongue

# The civil day by which people count; of Mexico's zones the one in which most of them live.
ZONE = ZoneInfo("America/Mexico_City")
_LABELS = {**LABELS, **CONSENT_LABELS}
_MONTHS: dict[Tongue, tuple[str, ...]] = {
    "es": (
        "enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto",
        "septiembre", "octubre", "noviembre", "diciembre",
    ),
    "en": (
        "January", "February", "March", "April", "May", "June", "July", "August",
        "September", "October", "November", "December",
    ),
}  # fmt: skip


class Words:
    """The sentences of the page in one language."""

    def __init__(self, tongue: Tongue) -> None:
        self.tongue = tongue

    def __call__(self, es: str, en: str) -> str:
        """Return that of the two."""
        return es if self.tongue == "es" else en

    def code(self, code: StrEnum) -> str:
        """Return what people read for a code."""
        label = _LABELS[type(code)][code]
        return label.es if self.tongue == "es" else label.en

    def day(self, moment: datetime | date) -> str:
        """Return a day as people write it."""
        day = moment.astimezone(ZONE).date() if isinstance(moment, datetime) else moment
        month = _MONTHS[self.tongue][day.month - 1]
        return self(f"{day.day} de {month} de {day.year}", f"{month} {day.day}, {day.year}")
