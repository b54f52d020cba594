"""A backup is whole or it is none: killed, without room, damaged, or over, it is known for what it is."""

import os
import subprocess
import sys
import textwrap
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from chassis.archive import (
    MANIFEST,
    Archive,
    ArchiveError,
    check,
    chosen,
    expire,
    found,
    read_manifest,
)

THEN = datetime(2026, 3, 1, 12, tzinfo=UTC)


def made(folder: Path, at: datetime = THEN, until: datetime | None = None) -> Path:
    """A finished backup of two files."""
    with Archive(folder, "data", at) as archive:
        for name in ("one.bson", "deep/two.bson"):
            with archive.file(name) as output:
                output.write(name.encode() * 100, 1)
        return archive.finish("network", {}, {}, until)


def test_what_is_finished_is_found_and_good(tmp_path: Path) -> None:
    backup = made(tmp_path)
    assert found(tmp_path, "data") == [backup]
    assert chosen(tmp_path, "data") == chosen(backup, "data") == backup
    manifest = read_manifest(backup)
    assert [(one.name, one.count) for one in manifest.files] == [("one.bson", 1), ("deep/two.bson", 1)]
    check(backup, manifest, print)


@pytest.mark.parametrize("name", ["one.bson", "deep/two.bson"])
def test_a_file_that_is_shorter_another_or_missing_is_named(tmp_path: Path, name: str) -> None:
    backup = made(tmp_path)
    manifest, file = read_manifest(backup), backup / name
    whole = file.read_bytes()
    for damaged, words in ((whole[:-1], "bytes of"), (b"x" + whole[1:], "checksum")):
        file.write_bytes(damaged)
        with pytest.raises(ArchiveError, match=rf"{name} is damaged.*{words}"):
            check(backup, manifest, lambda _: None)
    file.unlink()
    with pytest.raises(ArchiveError, match=f"{name} cannot be read"):
        check(backup, manifest, lambda _: None)


@pytest.mark.parametrize("text", ["", "{", '{"kind": "data"}'])
def test_a_manifest_that_is_none_is_named(tmp_path: Path, text: str) -> None:
    backup = made(tmp_path)
    (backup / MANIFEST).write_text(text)
    with pytest.raises(ArchiveError, match=r"manifest\.json is damaged"):
        read_manifest(backup)


def test_a_manifest_that_names_a_file_elsewhere_is_refused(tmp_path: Path) -> None:
    backup = made(tmp_path)
    text = (backup / MANIFEST).read_text()
    (backup / MANIFEST).write_text(text.replace("deep/two.bson", "../two.bson"))
    with pytest.raises(ArchiveError, match="damaged"):
        read_manifest(backup)


def test_what_was_killed_in_the_middle_is_no_backup_and_is_cleared_away(tmp_path: Path) -> None:
    script = f"""
        import os, pathlib, datetime
        from chassis.archive import Archive
        with Archive(pathlib.Path({str(tmp_path)!r}), "data", datetime.datetime.now(datetime.UTC)) as archive:
            with archive.file("one.bson") as output:
                output.write(b"half")
            os.kill(os.getpid(), 9)
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(script)], check=False)
    assert len(list(tmp_path.glob("unfinished-*"))) == 1
    assert found(tmp_path, "data") == []
    with pytest.raises(ArchiveError, match="there is no backup"):
        chosen(tmp_path, "data")
    backup = made(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [backup.name, "lock"]


def test_without_room_it_says_so_and_leaves_nothing(tmp_path: Path) -> None:
    """The limit of a file's size stands for a disk that is full: the write fails in the same way."""
    script = f"""
        import pathlib, datetime, resource, signal
        from chassis.archive import Archive, ArchiveError
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))
        try:
            now = datetime.datetime.now(datetime.UTC)
            with Archive(pathlib.Path({str(tmp_path)!r}), "data", now) as archive:
                with archive.file("one.bson") as output:
                    output.write(b"x" * 100_000)
                archive.finish("network", {{}}, {{}}, None)
        except ArchiveError as error:
            print(error)
    """
    ended = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)], check=True, capture_output=True, text=True
    )
    assert f"{tmp_path} cannot be written (File too large)" in ended.stdout
    assert [path.name for path in tmp_path.iterdir()] == ["lock"]


def test_two_at_once_into_one_folder_are_refused(tmp_path: Path) -> None:
    with (
        Archive(tmp_path, "data", THEN),
        pytest.raises(ArchiveError, match="another backup"),
        Archive(tmp_path, "data", THEN),
    ):
        pass


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(ArchiveError, match="cannot be written"),
        Archive(tmp_path / "file" / "copies", "data", THEN),
    ):
        pass


def test_what_is_over_is_removed_and_nothing_else(tmp_path: Path) -> None:
    day = timedelta(days=1)
    old = made(tmp_path, THEN, THEN + 7 * day)
    newer = made(tmp_path, THEN + day, THEN + 8 * day)
    endless = made(tmp_path, THEN - day)
    assert expire(tmp_path, "data", THEN + 7 * day) == [old]
    assert found(tmp_path, "data") == [endless, newer]
    assert not old.exists()


def test_everything_is_for_its_owner_only_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        backup = made(tmp_path / "copies")
    finally:
        os.umask(before)
    for path in (backup.parent, backup, *backup.rglob("*")):
        assert path.stat().st_mode & 0o077 == 0, path
