"""Where a directory lies while it is read: a database in a temporary folder, so that memory stays flat."""

import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, overload

import msgspec

from cli.hsds.reading import Item, Kind, Mend, Row, What
from contracts.directory import ImportRecord

# Rows and links of tables by their numbers; records that were taken, in the order of their first copy.
_SCHEMA = """
CREATE TABLE rows (n INTEGER PRIMARY KEY, tab TEXT, id TEXT, file TEXT, line INT, cells BLOB, mended BLOB,
    held INT DEFAULT 0);
CREATE INDEX rows_by_id ON rows (tab, id);
CREATE TABLE links (n INTEGER PRIMARY KEY, owner INT, key TEXT, child INT, one INT, note BLOB);
CREATE INDEX links_by_owner ON links (owner);
CREATE TABLE made (stem TEXT PRIMARY KEY, count INT) WITHOUT ROWID;
CREATE TABLE records (n INTEGER PRIMARY KEY, kind TEXT, id TEXT, owner TEXT, record BLOB, mended BLOB,
    file TEXT, line INT, nested INT);
CREATE UNIQUE INDEX records_by_id ON records (kind, id);
"""
# In kibibytes, negative as the database has it. All that it keeps in memory.
_CACHE = -8_192
_CHUNK = 500

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode


class Link(NamedTuple):
    """What a row holds: ``child`` under ``key``, in a list or (``one``) by itself; or only a note."""

    key: str
    child: int | None
    one: bool
    note: Mend | None


class Workbench:
    """The database. One reader, one thread; it is thrown away at the end."""

    def __init__(self, folder: Path) -> None:
        self._db = sqlite3.connect(folder / "reading.sqlite", isolation_level=None)
        for pragma in ("synchronous=OFF", "journal_mode=TRUNCATE", f"cache_size={_CACHE}", "temp_store=FILE"):
            self._db.execute(f"PRAGMA {pragma}")
        self._db.executescript(_SCHEMA)
        self._db.execute("BEGIN")
        # Where a table's rows begin and end: those of others need not be walked through.
        self._span: dict[str, tuple[int, int]] = {}

    def close(self) -> None:
        """Close it; the folder goes with it."""
        self._db.close()

    @contextmanager
    def all_or_nothing(self) -> Iterator[None]:
        """Take back everything that a block added, if it raises."""
        self._db.execute("SAVEPOINT block")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK TO block")
            raise
        finally:
            self._db.execute("RELEASE block")

    # Rows and links.

    def add_row(self, table: str, row: Row) -> None:
        """Add a row at the end of its table."""
        added = self._db.execute(
            "INSERT INTO rows (tab, id, file, line, cells, mended) VALUES (?, ?, ?, ?, ?, ?)",
            (table, row.get("id"), row.file, row.row, _encode(row), _mends(row.mended)),
        )
        number = added.lastrowid or 0
        self._span[table] = (self._span.get(table, (number, 0))[0], number)

    def change_row(self, number: int, row: Row) -> None:
        """Put other cells in a row's place."""
        self._db.execute(
            "UPDATE rows SET cells = ?, mended = ? WHERE n = ?", (_encode(row), _mends(row.mended), number)
        )

    def find(self, table: str, row_id: Any) -> int | None:
        """The number of the first row with this id."""
        found = self._db.execute(
            "SELECT n FROM rows WHERE tab = ? AND id = ? ORDER BY n LIMIT 1", (table, row_id)
        ).fetchone()
        return found[0] if found else None

    def row(self, number: int) -> Row:
        """A row as it was added."""
        file, line, cells, mended = self._db.execute(
            "SELECT file, line, cells, mended FROM rows WHERE n = ?", (number,)
        ).fetchone()
        return _row(file, line, cells, mended)

    def rows(self, table: str) -> Iterator[tuple[int, Row]]:
        """A table's rows by number, in order; they may be changed meanwhile."""
        first, end = self._span.get(table, (0, 0))
        last = first - 1
        while True:
            chunk = self._db.execute(
                "SELECT n, file, line, cells, mended FROM rows WHERE n > ? AND n <= ? AND tab = ?"
                " ORDER BY n LIMIT ?",
                (last, end, table, _CHUNK),
            ).fetchall()
            for number, *rest in chunk:
                yield number, _row(*rest)
            if len(chunk) < _CHUNK:
                return
            last = chunk[-1][0]

    def hold(self, owner: int, key: str, child: int, *, one: bool = False) -> None:
        """Let a row hold another."""
        self._db.execute(
            "INSERT INTO links (owner, key, child, one) VALUES (?, ?, ?, ?)", (owner, key, child, one)
        )

    def mark_held(self, number: int) -> None:
        """Note that another row holds this one."""
        self._db.execute("UPDATE rows SET held = 1 WHERE n = ?", (number,))

    def is_held(self, number: int) -> bool:
        """Whether another row holds this one."""
        return bool(self._db.execute("SELECT held FROM rows WHERE n = ?", (number,)).fetchone()[0])

    def holds_any(self, number: int) -> bool:
        """Whether this row holds another."""
        return (
            self._db.execute("SELECT 1 FROM links WHERE owner = ? LIMIT 1", (number,)).fetchone() is not None
        )

    def note(self, owner: int, mend: Mend, key: str = "") -> None:
        """Note what was mended in a row, without changing the row."""
        self._db.execute(
            "INSERT INTO links (owner, key, one, note) VALUES (?, ?, 0, ?)", (owner, key, _mends([mend]))
        )

    def links(self, owner: int) -> list[Link]:
        """What a row holds, in order."""
        found = self._db.execute(
            "SELECT key, child, one, note FROM links WHERE owner = ? ORDER BY n", (owner,)
        )
        return [
            Link(key, child, bool(one), _notes(note)[0] if note else None) for key, child, one, note in found
        ]

    def count_made(self, stem: str, least: int) -> int:
        """One more than the last time for this stem, and more than ``least``."""
        (count,) = self._db.execute(
            "INSERT INTO made VALUES (?, ? + 1)"
            " ON CONFLICT DO UPDATE SET count = max(count, ?) + 1 RETURNING count",
            (stem, least, least),
        ).fetchone()
        return int(count)

    # Records.

    def add_record(self, item: Item, nested: bool) -> None:
        """Keep a record, or put a fuller copy in the place of the one with its id."""
        record = item.record.record
        owner = record.get("organization_id" if item.record.kind == "service" else "parent_organization_id")
        self._db.execute(
            "INSERT INTO records (kind, id, owner, record, mended, file, line, nested)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET owner = excluded.owner,"
            " record = excluded.record, mended = excluded.mended, file = excluded.file,"
            " line = excluded.line, nested = excluded.nested",
            (
                item.record.kind, record["id"], owner if isinstance(owner, str) else None, _encode(record),
                _mends(item.mended), item.file, item.row, nested,
            ),
        )  # fmt: skip

    def record(self, kind: Kind, record_id: str) -> tuple[Item, bool] | None:
        """The record with this id, and whether it came nested."""
        found = self._db.execute(
            "SELECT nested, kind, record, file, line, mended FROM records WHERE kind = ? AND id = ?",
            (kind, record_id),
        ).fetchone()
        return (_item(*found[1:]), bool(found[0])) if found else None

    def take_homeless(self) -> list[tuple[Item, bool]]:
        """Take out the services whose organization is not there; at most so many at once: ask again."""
        found = self._db.execute(
            "SELECT n, nested, kind, record, file, line, mended FROM records AS one WHERE kind = 'service'"
            " AND NOT EXISTS (SELECT 1 FROM records WHERE kind = 'organization' AND id = one.owner) LIMIT ?",
            (10 * _CHUNK,),
        ).fetchall()
        self._db.executemany("DELETE FROM records WHERE n = ?", [(one[0],) for one in found])
        return [(_item(*rest), bool(nested)) for _, nested, *rest in found]

    def children(self) -> Iterator[tuple[str, str]]:
        """The organizations that name a parent: id, and the parent's."""
        yield from self._db.execute(
            "SELECT id, owner FROM records WHERE kind = 'organization' AND owner IS NOT NULL ORDER BY n"
        )

    def parent(self, organization: str) -> tuple[str | None] | None:
        """The parent that an organization names, in a tuple; None where there is no such organization."""
        found: tuple[str | None] | None = self._db.execute(
            "SELECT owner FROM records WHERE kind = 'organization' AND id = ?", (organization,)
        ).fetchone()
        return found

    def items(self) -> "Items":
        """The records, organizations first."""
        return Items(self._db)


class Items(Sequence[Item]):
    """The records that were taken, read from the disk each time."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def __len__(self) -> int:
        return int(self._db.execute("SELECT count(*) FROM records").fetchone()[0])

    def __iter__(self) -> Iterator[Item]:
        for kind in ("organization", "service"):
            last = 0
            while chunk := self._chunk(kind, last):
                for _, *rest in chunk:
                    yield _item(*rest)
                last = chunk[-1][0]

    def _chunk(self, kind: str, last: int) -> list[Any]:
        return self._db.execute(
            "SELECT n, kind, record, file, line, mended FROM records WHERE n > ? AND kind = ?"
            " ORDER BY n LIMIT ?",
            (last, kind, _CHUNK),
        ).fetchall()

    @overload
    def __getitem__(self, index: int) -> Item: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Item]: ...
    def __getitem__(self, index: int | slice) -> Item | Sequence[Item]:
        return list(self)[index]


@contextmanager
def temporary() -> Iterator[Workbench]:
    """A workbench for the length of a block."""
    with tempfile.TemporaryDirectory(prefix="relevo-import-") as folder:
        bench = Workbench(Path(folder))
        try:
            yield bench
        finally:
            bench.close()


def _row(file: str, line: int, cells: bytes, mended: bytes | None) -> Row:
    row = Row(_decode(cells), file, line)
    row.mended = _notes(mended)
    return row


def _item(kind: Kind, record: bytes, file: str, line: int | None, mended: bytes | None) -> Item:
    return Item(ImportRecord(kind=kind, record=_decode(record)), file, line, _notes(mended))


def _mends(mended: list[Mend]) -> bytes | None:
    return _encode([(one.field, one.what.value, one.how) for one in mended]) if mended else None


def _notes(mended: bytes | None) -> list[Mend]:
    return [Mend(field, What(what), how) for field, what, how in _decode(mended)] if mended else []
