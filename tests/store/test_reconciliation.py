"""Recordings that nobody saw the end of, matched with the files on disk."""

import wave
from collections.abc import Callable
from pathlib import Path

import pytest
import trio

from appliance.core.records import Recording
from appliance.store.reconciliation import Reconciliation
from appliance.store.store import Store
from appliance.store.wav import Sound, measure
from tests.store.samples import NOON, recording


def sound(path: Path, seconds: float = 2.0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(bytes(int(seconds * 8000) * 4))
    return path


def test_a_whole_file(tmp_path: Path) -> None:
    assert measure(sound(tmp_path / "a.wav")) == Sound(2.0, 44 + 64_000)


def test_chunks_before_the_sound_are_passed_over(tmp_path: Path) -> None:
    data = sound(tmp_path / "a.wav").read_bytes()
    (tmp_path / "b.wav").write_bytes(data[:12] + b"LIST\x03\0\0\0abc\0" + data[12:])
    assert measure(tmp_path / "b.wav") == Sound(2.0, 44 + 12 + 64_000)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda data: data[:-32_000], "cut off: the header announces 64000 bytes of sound, there are 32000"),
        (lambda data: data[:40] + b"\0\0\0\0" + data[44:], "cut off: the header announces 0 bytes"),
        (lambda _: b"", "empty"),
        (lambda _: b"noise" * 100, "no WAV header"),
        (lambda data: data[:36], "no sound in it"),
        (lambda data: data[:12] + data[36:], "does not say the format"),
    ],
)
def test_a_broken_file(tmp_path: Path, change: Callable[[bytes], bytes], problem: str) -> None:
    path = sound(tmp_path / "a.wav")
    path.write_bytes(change(path.read_bytes()))
    assert problem in measure(path).problem


def test_what_can_still_be_played_is_measured(tmp_path: Path) -> None:
    path = sound(tmp_path / "a.wav")
    path.write_bytes(path.read_bytes()[:-16_000])
    assert measure(path).duration_s == 1.5


def reconcile(tmp_path: Path, rows: list[Recording], going_on: tuple[str, ...] = ()) -> tuple[Reconciliation, dict[str, Recording]]:
    """A run leaves these rows; the next one reconciles them with `tmp_path/recordings`."""

    async def main() -> tuple[Reconciliation, dict[str, Recording]]:
        with Store(tmp_path / "data", at=NOON) as store:
            async with store.writer().running() as writer:
                for row in rows:
                    writer.put(row)
        with Store(tmp_path / "data", at=NOON + 60) as store:
            async with store.writer().running() as writer:
                found = await store.reconcile(tmp_path / "recordings", writer, going_on)
            return found, {row.id: row for row in await store.read(lambda reader: reader.recordings(0, NOON * 2))}

    return trio.run(main)


@pytest.mark.requirement("OPS-05")
def test_every_recording_becomes_complete_or_broken(tmp_path: Path) -> None:
    folder = tmp_path / "recordings" / "2026-07-01"
    sound(folder / "whole.wav")
    cut = sound(folder / "cut.wav")
    cut.write_bytes(cut.read_bytes()[:-16_000])
    sound(folder / "part.wav.part")
    rows = [recording(name, f"2026-07-01/{name}.wav") for name in ("whole", "cut", "part", "gone", "alive")]
    done = recording("done", "2026-07-01/done.wav", state="complete")
    found, stored = reconcile(tmp_path, [*rows, done], going_on=("alive",))
    assert [row.id for row in found.complete] == ["whole"]
    assert [row.id for row in found.broken] == ["cut", "part"]
    assert [row.id for row in found.missing] == ["gone"]
    assert [row.id for row in found.going_on] == ["alive"]
    assert stored["whole"] == recording("whole", "2026-07-01/whole.wav", state="complete", duration_s=2.0, size_bytes=64_044)
    assert (stored["cut"].state, stored["cut"].duration_s) == ("broken", 1.5)
    assert stored["part"].error == "cut off: what there is is in 'part.wav.part'"
    assert (stored["gone"].state, stored["gone"].error) == ("broken", "there is no file")
    assert stored["alive"] == rows[-1]
    assert stored["done"] == done
    assert found.orphans == ()
    assert str(found).splitlines()[0] == "recordings: 1 complete, 2 broken, 1 missing, 1 going on; 0 files of none"


def test_files_without_a_row_are_listed(tmp_path: Path) -> None:
    folder = tmp_path / "recordings"
    paths = [sound(folder / name) for name in ("absolute.wav", "relative.wav", "day/below.wav", "orphan.wav")]
    (folder / "alive.wav.part").touch()
    names = [str(paths[0]), "relative.wav", "recordings/day/below.wav"]
    rows = [recording(Path(name).stem, name, state="complete") for name in names]
    found, _ = reconcile(tmp_path, [*rows, recording("alive", "alive.wav")], going_on=("alive",))
    assert found.orphans == (folder / "orphan.wav",)
    assert "orphan.wav: belongs to no recording" in str(found)


def test_a_name_relative_to_the_data_directory_is_found(tmp_path: Path) -> None:
    sound(tmp_path / "recordings" / "a.wav")
    found, _ = reconcile(tmp_path, [recording("a", "recordings/a.wav")])
    assert [row.id for row in found.complete] == ["a"]


def test_without_a_folder_everything_is_missing(tmp_path: Path) -> None:
    found, stored = reconcile(tmp_path, [recording("a")])
    assert [row.id for row in found.missing] == ["a"]
    assert stored["a"].state == "broken"
