"""What is refused before anything is written: backups that do not fit, are damaged or over, full folders."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from chassis.archive import Archive, ArchiveError, Manifest, read_manifest
from cli import keys
from cli.app import application
from cli.backup import sets
from cli.backup.restoring import Restore, Restored, _Counted
from cli.exits import CommandError, Exit
from contracts import events
from services.referrals.restoring.covering import Uncovering

NOW = datetime.now(UTC).replace(microsecond=0)
HOUR = timedelta(hours=1)


class Copies:
    """The keys of a network, and empty backups that are as if of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.keys = folder / "net-keys"
        keys.init(self.keys)
        self.network = sets.network_of(self.keys)

    def make(
        self, kind: str, at: datetime = NOW - HOUR, until: datetime | None = None, network: str = ""
    ) -> Path:
        with Archive(self.folder / kind, kind, at) as archive:
            with archive.file("relevo_x/things.bson") as output:
                output.write(b"", 0)
            return archive.finish(network or self.network, {}, {}, until)

    def refused(self, *lists: Path, target: str = "new") -> CommandError:
        """Why they are not restored; nothing is written by that."""
        work = Restore(
            self.folder / sets.DATA, self.folder / sets.KEYS, self.keys, self.folder / target, lists
        )
        before = sorted(self.folder.rglob("*"))
        with pytest.raises(CommandError) as refusal:
            work.prepare(lambda _: None)
        assert sorted(self.folder.rglob("*")) == before
        return refusal.value


@pytest.fixture
def copies(tmp_path: Path) -> Copies:
    return Copies(tmp_path)


def test_a_folder_with_something_in_it_is_not_overwritten(copies: Copies) -> None:
    copies.make(sets.DATA)
    copies.make(sets.KEYS)
    (copies.folder / "new").mkdir()
    (copies.folder / "new" / "file").write_text("ours")
    assert copies.refused().code is Exit.DATA_IN_USE


def test_keys_that_are_older_than_the_data_are_refused(copies: Copies) -> None:
    copies.make(sets.DATA)
    copies.make(sets.KEYS, NOW - 2 * HOUR)
    assert "is older than" in str(copies.refused())


def test_keys_whose_time_is_over_are_refused(copies: Copies) -> None:
    copies.make(sets.DATA)
    copies.make(sets.KEYS, until=NOW - timedelta(seconds=1))
    refusal = copies.refused()
    assert (refusal.code, "would bring back who was erased" in str(refusal)) == (Exit.REFUSED, True)


@pytest.mark.parametrize("kind", [sets.DATA, sets.KEYS])
def test_a_backup_of_another_network_is_refused(copies: Copies, kind: str) -> None:
    for one in (sets.DATA, sets.KEYS):
        copies.make(one, network="another" if one == kind else "")
    assert f"{kind}-" in str(copies.refused())
    assert "of another network" in str(copies.refused())


def test_the_newest_keys_are_taken_since_they_lack_most_of_the_erased(copies: Copies) -> None:
    copies.make(sets.DATA)
    copies.make(sets.KEYS, NOW - HOUR)
    newest = copies.make(sets.KEYS, NOW)
    work = Restore(
        copies.folder / sets.DATA, copies.folder / sets.KEYS, copies.keys, copies.folder / "new", ()
    )
    work.prepare(lambda _: None)
    assert work._vault == newest


def test_a_list_of_erased_keys_that_is_none_is_refused_by_its_line(copies: Copies) -> None:
    copies.make(sets.DATA)
    copies.make(sets.KEYS)
    given = copies.folder / "list"
    given.write_text("00000000-0000-0000-0000-000000000001 2026-01-01T00:00:00Z\n" + "z" * 40 + "\n")
    assert "list, line 2" in str(copies.refused(given))
    assert "missing cannot be read" in str(copies.refused(copies.folder / "missing"))


def test_a_damaged_file_is_named_and_nothing_is_restored(copies: Copies) -> None:
    data = copies.make(sets.DATA)
    copies.make(sets.KEYS)
    (data / "relevo_x" / "things.bson").write_bytes(b"more")
    work = Restore(
        copies.folder / sets.DATA, copies.folder / sets.KEYS, copies.keys, copies.folder / "new", ()
    )
    with pytest.raises(ArchiveError, match=r"things\.bson is damaged"):
        work.prepare(lambda _: None)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("backup copies", "--vault"),
        ("backup copies --vault keys --no-vault", "--no-vault"),
        ("backup copies --vault copies/keys", "must lie apart"),
        ("restore a --vault b --keys c --data d", "--erased"),
    ],
)
def test_what_was_not_decided_is_asked_for(words: str, said: str) -> None:
    assert said in str(ends(words.split(), Exit.USAGE))


def test_where_there_is_no_network_nothing_is_copied(tmp_path: Path) -> None:
    ends(
        ["backup", str(tmp_path / "copies"), "--no-vault", "--data", str(tmp_path / "none")], Exit.UNREACHABLE
    )
    assert not (tmp_path / "copies").exists()


def test_servers_of_one_s_own_are_left_to_their_own_tools(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RELEVO_MONGO_URL", "mongodb://db.example.org")
    assert "docs/backup.md" in str(ends(["backup", "copies", "--no-vault"], Exit.USAGE))


def ends(words: list[str], code: Exit) -> CommandError:
    """Run a command in this process, and return with what it ends."""
    ended = CliRunner().invoke(application(words[:1]), words)
    assert isinstance(ended.exception, CommandError)
    assert ended.exception.code is code
    return ended.exception


def test_every_noun_that_has_events_has_its_document_named() -> None:
    kinds = [
        one
        for thing in vars(events).values()
        for one in (thing.values() if isinstance(thing, dict) else (thing,))
        if isinstance(one, events.EventType)
    ]
    assert {tuple(kind.type.split(".")[:2]) for kind in kinds} == set(sets.DOCUMENTS)


def test_a_manifest_names_versions_and_sums(copies: Copies) -> None:
    data = copies.make(sets.DATA)
    manifest: Manifest = read_manifest(data)
    told = json.loads((data / "manifest.json").read_text())
    assert told["format"] == manifest.format == 1
    assert len(told["files"][0]["sha256"]) == 64


async def test_documents_are_counted_on_to_where_the_streams_are_also_those_that_wait_in_others() -> None:
    restored = Restored(Path(), NOW)
    since = {("referrals", "referral", name): n for name, n in (("old", 4), ("child", 3), ("lost", 2))}
    pending = [{"kind": "create", "n": 5, "child": "child", "document": {"_id": "child", "n": 1}}]
    groups = _Counted(Uncovering.__new__(Uncovering), since, sets.DOCUMENTS[sets.REFERRAL], restored, {})
    parent = groups._counted({"_id": "old", "n": 5, "pending": pending}, groups._collection)
    assert (parent["n"], parent["pending"][0]["document"]["n"]) == (5, 3)
    assert (restored.changed, set(since)) == (1, {("referrals", "referral", "lost")})
    places = {("directory", "capacity", "cap_1"): 7}
    capacity = _Counted(
        Uncovering.__new__(Uncovering), places, sets.DOCUMENTS["directory", "capacity"], restored, {}
    )
    assert (await capacity([{"_id": "svc_1", "n": 2}]))[0]["n"] == 7
