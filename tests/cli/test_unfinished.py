"""An exchange of keys that has not ended is told with the command that goes on, wherever it was stopped."""

import shutil
from functools import partial
from pathlib import Path

import pytest

from cli import keys
from cli.exchanging import PartsRotation
from cli.rotation import Rotation
from cli.signing import TokenRotation
from cli.unfinished import unfinished


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The keys of a network."""
    keys.init(tmp_path)
    return tmp_path


def seen_by_the_operator(folder: Path, at: Path) -> Path:
    """What a container of the operator sees: its own folder, and what is public."""
    shutil.rmtree(at, ignore_errors=True)
    shutil.copytree(folder / "operator", at / "operator")
    shutil.copyfile(folder / "public.json", at / "public.json")
    (at / "directory").mkdir()
    return at


def test_of_parts_keys_the_next_step_is_named_to_whoever_sees_all_and_who_sees_its_own(
    folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    rotation, container = PartsRotation(folder), tmp_path_factory.mktemp("operator") / "keys"

    def told() -> list[str]:
        """What each of them is told to do; nothing where all is done."""
        ways = (
            partial(unfinished, folder, is_embedded=True), partial(unfinished, folder, is_embedded=False),
            partial(unfinished, seen_by_the_operator(folder, container), is_embedded=False),
        )  # fmt: skip
        return [one.split("`")[1] for way in ways for one in way()]

    whole = "relevo keys rotate-parts"
    assert told() == []
    rotation.prepare()
    assert told() == [whole] * 3
    rotation.put_in_place()
    assert told() == [whole, f"{whole} --forget", f"{whole} --forget"]
    rotation.forget("operator")
    assert told() == [whole, f"{whole} --forget", f"{whole} --forget"], "others' old keys are good"
    rotation.forget()
    assert told() == []


def test_while_not_all_next_keys_are_made_none_is_put_in_place(folder: Path) -> None:
    PartsRotation(folder).prepare()
    (folder / "gateway" / "nkey.next.seed").unlink()
    (sentence,) = unfinished(folder, is_embedded=False)
    assert "`relevo keys rotate-parts --prepare`" in sentence


def test_the_other_keys_are_told_of_as_well_and_all_at_once(folder: Path) -> None:
    Rotation(folder).prepare()
    TokenRotation(folder).prepare()
    told = unfinished(folder, is_embedded=False)
    assert [one.split("`")[1] for one in told] == ["relevo keys rotate-master", "relevo keys rotate-tokens"]
    TokenRotation(folder).carry_out(forget=False)
    (folder / "referrals" / "master.next.key").rename(folder / "referrals" / "master.old.key")
    assert [one.split("`")[1] for one in unfinished(folder, is_embedded=False)] == [
        "relevo keys rotate-master"
    ], "the old token's public half stays until the next time"
