"""The supervisor, over stand-ins for the parts: what dies is started again, and what stops stops in order."""

import signal
import time
from pathlib import Path

import pytest

from cli.embedded import keeper
from cli.embedded.settings import PARTS, EmbeddedSettings
from cli.embedded.stack import Stack
from cli.exits import CommandError, Exit
from tests.cli.embedded.cast import alive, stand_ins

STOP_ORDER = ["gateway", "notifications", "referrals", "directory"]


class Scene:
    """A stack of stand-ins without servers, what it said, and what happened in it."""

    def __init__(self, folder: Path, **behaviours: str) -> None:
        self.journal = folder / "journal"
        self.said: list[str] = []
        elsewhere = {"nats_url": "nats://192.0.2.1", "mongo_url": "mongodb://192.0.2.1"}
        self.settings = EmbeddedSettings(data_dir=folder / "data", **elsewhere).on_free_ports()  # type: ignore[arg-type]
        self.stack = Stack(self.settings, command=stand_ins(self.journal, **behaviours), say=self.said.append)

    def happened(self, what: str) -> list[str]:
        """The parts to which it happened, in order."""
        lines = (line.split() for line in self.journal.read_text().splitlines())
        return [part for part, *words, _pid in lines if " ".join(words) == what]

    def pids_ever(self) -> set[int]:
        return {int(line.split()[-1]) for line in self.journal.read_text().splitlines()}


def test_stack_is_started_when_every_part_is_ready(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    with scene.stack as stack:
        assert set(stack.pids) == set(PARTS)
        assert all(alive(pid) for pid in stack.pids.values())
        assert sorted(scene.happened("started")) == sorted(PARTS)
        assert scene.said == []


def test_part_gets_its_settings_as_variables(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    with scene.stack as stack:
        variables = stack.environment("referrals")
        running = Path(f"/proc/{stack.pids['referrals']}/environ").read_bytes().decode().split("\0")
        assert {f"{name}={value}" for name, value in variables.items()} <= set(running)
        assert variables["RELEVO_HTTP_PORT"] == str(stack.ports["referrals"])
        assert variables["RELEVO_NATS_URL"] == "nats://192.0.2.1"
        assert variables["RELEVO_KEYS_DIR"] == str(tmp_path / "data" / "keys")


def test_part_that_dies_is_started_again_and_that_is_said(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    with scene.stack as stack:
        killed = stack.kill("referrals")
        assert not alive(killed)
        stack.wait_ready("referrals", within=10)
        assert stack.pids["referrals"] != killed
        assert scene.said == ["referrals has ended (killed by SIGKILL); starting it again in 0.1 s"]


def test_delay_grows_with_every_end_in_a_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeper, "FIRST_DELAY", 0.02)
    scene = Scene(tmp_path)
    with scene.stack as stack:
        for _ in range(4):
            stack.kill("directory")
            stack.wait_ready("directory", within=10)
    delays = [float(sentence.split()[-2]) for sentence in scene.said]
    assert delays == [0.0, 0.0, 0.1, 0.2]


def test_part_that_ran_steadily_begins_with_the_shortest_delay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeper, "STEADY", 0.0)
    scene = Scene(tmp_path)
    with scene.stack as stack:
        for _ in range(3):
            stack.kill("directory")
            stack.wait_ready("directory", within=10)
    assert all(sentence.endswith("in 0.1 s") for sentence in scene.said)


def test_restart_is_at_once_and_nothing_is_said(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    with scene.stack as stack:
        before = stack.pids["gateway"]
        stack.restart("gateway")
        assert not alive(before)
        assert alive(stack.pids["gateway"])
        stack.wait_ready("gateway", within=10)
        assert scene.happened("told to stop") == ["gateway"]
    assert scene.said == []


def test_part_that_is_restarted_finishes_what_it_has_in_hand(tmp_path: Path) -> None:
    scene = Scene(tmp_path, referrals="busy")
    with scene.stack as stack:
        stack.restart("referrals")
        assert scene.happened("stopped") == ["referrals"]
        stack.wait_ready("referrals", within=10)
    assert scene.said == []


def test_stop_goes_from_the_gateway_to_the_directory_and_leaves_no_process(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    with scene.stack:
        pass
    assert scene.happened("told to stop") == STOP_ORDER
    # Each has stopped before the next is told.
    order = [line for line in scene.journal.read_text().splitlines() if "started" not in line]
    assert [line.split()[0] for line in order] == [part for part in STOP_ORDER for _ in range(2)]
    assert not any(alive(pid) for pid in scene.pids_ever())


def test_parts_that_will_not_stop_are_killed_within_five_seconds(tmp_path: Path) -> None:
    scene = Scene(tmp_path, **dict.fromkeys(PARTS, "stubborn"))
    with scene.stack:
        began = time.monotonic()
    assert time.monotonic() - began < 5
    assert scene.happened("told to stop") == STOP_ORDER
    assert not any(alive(pid) for pid in scene.pids_ever())
    assert scene.said == [f"{part} did not stop in time and was killed" for part in STOP_ORDER]


def test_part_that_hangs_is_stopped_like_any_other(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    with scene.stack as stack:
        stack.kill("notifications", signal.SIGSTOP)
    assert scene.happened("stopped") == STOP_ORDER


def test_part_that_keeps_ending_fails_the_start_and_nothing_is_left(tmp_path: Path) -> None:
    scene = Scene(tmp_path, referrals="broken")
    with pytest.raises(CommandError, match=r"referrals keeps ending; see .*referrals.log") as failed:
        scene.stack.start()
    assert failed.value.code == Exit.NOT_READY
    assert scene.said[0].startswith("referrals has ended (exit code 7)")
    assert not any(alive(pid) for pid in scene.pids_ever())


def test_part_that_is_never_ready_fails_the_start_and_nothing_is_left(tmp_path: Path) -> None:
    scene = Scene(tmp_path, gateway="never_ready")
    with pytest.raises(CommandError, match="gateway is not ready: 503") as failed:
        scene.stack.start(within=3.0)
    assert failed.value.code == Exit.NOT_READY
    assert not any(alive(pid) for pid in scene.pids_ever())


def test_second_stack_on_the_same_data_is_refused_and_the_first_goes_on(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    with scene.stack as first:
        second = Stack(scene.settings, command=stand_ins(scene.journal))
        with pytest.raises(CommandError, match=r"another relevo .* runs on") as refused:
            second.start()
        assert refused.value.code == Exit.DATA_IN_USE
        assert all(alive(pid) for pid in first.pids.values())
    with Stack(scene.settings, command=stand_ins(scene.journal)):
        pass


def test_log_that_grew_long_is_set_aside_at_the_next_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cli.embedded.child.LONG_LOG", 10)
    scene = Scene(tmp_path)
    logs = tmp_path / "data" / "logs"
    logs.mkdir(parents=True)
    (logs / "gateway.log").write_text("something that is longer than ten bytes")
    with scene.stack:
        assert (logs / "gateway.log.1").read_text().startswith("something")
        assert (logs / "gateway.log").stat().st_size == 0


def test_data_without_the_key_that_opens_it_is_not_given_a_new_one(tmp_path: Path) -> None:
    settings = EmbeddedSettings(data_dir=tmp_path).on_free_ports()
    (tmp_path / "db").mkdir()
    (tmp_path / "db" / "collection.wt").touch()
    stack = Stack(settings, command=stand_ins(tmp_path / "journal"))
    with pytest.raises(CommandError, match=r"referrals/master\.key.* is missing: put it back"):
        stack.start()
    assert not (tmp_path / "keys" / "referrals" / "master.key").exists()


def test_start_that_fails_names_the_servers_elsewhere_and_no_password(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    elsewhere = {"mongo_url": "mongodb://ana:secret@db.example.invalid:27017/x"}
    behaviours = {"directory": "never_ready"}
    stack = Stack(scene.settings.model_copy(update=elsewhere), command=stand_ins(scene.journal, **behaviours))
    with pytest.raises(CommandError, match="is not ready") as failed:
        stack.start(within=1.0)
    said = str(failed.value)
    assert "; do RELEVO_MONGO_URL (db.example.invalid:27017) and RELEVO_NATS_URL (192.0.2.1) answer?" in said
    assert "secret" not in said
