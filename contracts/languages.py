"""The languages that people are spoken to in, and which of them a request asks for."""

SPANISH = "es"
ENGLISH = "en"


def language_of(header: str | None) -> str:
    """The language that an ``Accept-Language`` header likes best of those that we have; else Spanish."""
    liked = [_entry(entry) for entry in (header or "").split(",")]
    ours = [(quality, tag) for tag, quality in liked if tag in {SPANISH, ENGLISH} and quality > 0]
    # Of equals the first: max keeps it.
    return max(ours, key=lambda one: one[0])[1] if ours else SPANISH


def _entry(entry: str) -> tuple[str, float]:
    tag, _, parameter = entry.partition(";")
    name, _, value = parameter.strip().partition("=")
    try:
        quality = float(value) if name.strip().lower() == "q" else 1.0
    except ValueError:
        quality = 0.0
    return tag.strip().lower().split("-")[0], quality
