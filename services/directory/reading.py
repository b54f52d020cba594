"""What goes along while one record is read: whose it is, the municipalities, and what was not right."""

from dataclasses import dataclass, field

from services.directory.geography.table import Table
from services.directory.notes import Notes


@dataclass(frozen=True)
class Reading:
    """The reading of one record of a source."""

    source: str
    table: Table
    notes: Notes = field(default_factory=Notes)
