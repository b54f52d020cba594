"""What the tests of the readers say shortly: a zip, the records of a reading, what was mended."""

import io
import zipfile
from typing import Any

from cli.hsds.reading import Item, Reading


def zipped(members: dict[str, bytes]) -> bytes:
    """A zip of the members."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def records(reading: Reading, kind: str) -> list[dict[str, Any]]:
    """The records of one kind."""
    return [item.record.record for item in reading.items if item.record.kind == kind]


def whats(item: Item) -> set[tuple[str, str]]:
    """What was mended in an item: field and code."""
    return {(mend.field, mend.what.value) for mend in item.mended}
