"""Files that a run is asked to write: what cannot be written is told before it, and a full disk takes no result with it."""

import os
from pathlib import Path

import pytest

from appliance.cli import main
from sim.parallel import Workers
from tests.sim.asking import asked, day_in

pytestmark = pytest.mark.requirement("SIM-03")

FULL = Path("/dev/full")
"""Every write to it fails as on a full disk."""
TARGET = '[targets]\nasa = "<= 3 s"\n'
COMMANDS = (
    ("run", "json"), ("run", "html"), ("run", "junit"), ("compare", "json"), ("compare", "html"), ("limit", "json"), ("staff", "csv"),
    ("staff", "toml"), ("staff", "json"),
)  # fmt: skip


def words(command: str, option: str, day: Path, place: Path) -> list[str]:
    return [command, str(day), *([str(day)] if command == "compare" else []), "--replications", "2", f"--{option}", str(place)]


@pytest.mark.parametrize(("command", "option"), COMMANDS)
def test_a_place_where_nothing_can_be_written_is_told_before_the_run(
    command: str, option: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    day = day_in(tmp_path, extra=TARGET)
    monkeypatch.setattr(Workers, "__call__", lambda *_: pytest.fail("it ran"))
    nowhere = tmp_path / "nowhere" / "report"
    told = f"{nowhere} cannot be written: there is no folder {nowhere.parent}\n"
    assert asked(capsys, *words(command, option, day, nowhere)) == (2, told)
    assert asked(capsys, *words(command, option, day, tmp_path)) == (2, f"{tmp_path} is a folder: name a file in it\n")
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert asked(capsys, *words(command, option, day, tmp_path / "x")) == (2, f"{tmp_path / 'x'} cannot be written: this user may not\n")


def test_a_replayed_days_places_are_looked_at_before_its_database(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for option in ("--json", "--out"):
        code, said = asked(capsys, "replay", tmp_path, "--site", tmp_path / "none.toml", option, tmp_path / "nowhere" / "x")
        assert (code, "there is no folder" in said) == (2, True)


@pytest.mark.parametrize(("command", "option"), COMMANDS)
def test_a_full_disk_takes_neither_the_verdict_nor_the_other_files(
    command: str, option: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    day, other = day_in(tmp_path, extra=TARGET), tmp_path / "other"
    second = "json" if option != "json" else "csv" if command == "staff" else "html"
    more = [f"--{second}", str(other)] if (command, second) in COMMANDS else []
    code = main(["sim", *words(command, option, day, FULL), *more])
    said = capsys.readouterr()
    assert (code, said.err) == (2, "/dev/full could not be written: No space left on device\n")
    assert len(said.out.splitlines()) > 3
    assert "report: /dev/full" not in said.out
    assert not more or other.stat().st_size > 0


def test_a_slip_of_the_hand_is_no_number_of_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    day = day_in(tmp_path)
    for number, told in (("0", "at least 1"), ("100001", "at most 100000")):
        with pytest.raises(SystemExit):
            asked(capsys, "run", day, "--replications", number)
        assert told in capsys.readouterr().err


def test_an_earlier_report_that_is_not_there_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    none = tmp_path / "none.json"
    assert asked(capsys, "run", day_in(tmp_path), "--against", none) == (2, f"{none} cannot be read: No such file or directory\n")


def test_messages_left_in_place_of_talks_are_a_difference(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    day = day_in(tmp_path)
    (tmp_path / "alone.toml").write_text(day.read_text().replace("roster = [", "roster = [] # ["))
    code, said = asked(capsys, "compare", day, tmp_path / "alone.toml", "--replications", "2")
    rows = [line.split() for line in said.splitlines()]
    assert code == 0
    assert ["messages", "0", "9", "+9.0", "±", "0.0", "different"] in rows, said
    assert "same seed, so with the same callers where both scenarios say the same" in " ".join(said.split())
