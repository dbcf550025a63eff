"""Recordings are made of their parts, whole or not at all, whatever crashed when."""

import wave
from pathlib import Path

import numpy as np
import pytest

from hal.sip.recordings import left_over, manifest_path, store
from hal.sip.wire import RecordingClosed
from tests.hal import sounds
from tests.hal.peer import Tone

pytestmark = pytest.mark.requirement("REC-01")


def parts(folder: Path, *lengths_s: float) -> list[str]:
    tones = (Tone.A, Tone.B)
    return [str(sounds.write(folder / f"r.wav.{n}.part.wav", tones[n], length)) for n, length in enumerate(lengths_s)]


def test_two_sides_become_two_channels_of_equal_length(tmp_path: Path) -> None:
    closed = RecordingClosed("r", str(tmp_path / "r.wav"), parts(tmp_path, 45.0, 44.98))
    stored = store(closed, tmp_path / "note")
    left, right = sounds.channels(tmp_path / "r.wav")
    assert stored.duration_s == 45.0
    assert (tmp_path / "r.wav").stat().st_mode & 0o077 == 0
    assert stored.size_bytes == (tmp_path / "r.wav").stat().st_size == 44 + 45 * 8000 * 4
    assert sounds.tones_in(left) == {Tone.A}
    assert sounds.tones_in(right) == {Tone.B}
    assert not right[-160:].any()
    assert [f.name for f in tmp_path.iterdir()] == ["r.wav"]


def test_a_part_without_sizes_in_its_header_is_saved_by_its_length(tmp_path: Path) -> None:
    """What a worker leaves that was killed."""
    made = parts(tmp_path, 2.0)
    data = bytearray(Path(made[0]).read_bytes())
    data[4:8] = data[40:44] = bytes(4)
    Path(made[0]).write_bytes(data + b"\1")  # and cut in the middle of a sample
    assert store(RecordingClosed("r", str(tmp_path / "r.wav"), made), tmp_path / "note").duration_s == 2.0
    with wave.open(str(tmp_path / "r.wav")) as sound:
        assert sound.getnframes() == 16000


def test_a_part_that_was_cut_off_in_its_header_holds_nothing(tmp_path: Path) -> None:
    made = parts(tmp_path, 1.0, 1.0)
    Path(made[1]).write_bytes(b"RIFF")
    store(RecordingClosed("r", str(tmp_path / "r.wav"), made), tmp_path / "note")
    left, right = sounds.channels(tmp_path / "r.wav")
    assert len(left) == len(right) == 8000
    assert not np.any(right)


def test_it_can_be_done_twice(tmp_path: Path) -> None:
    """A core that was killed between the rename and the end does it again."""
    closed = RecordingClosed("r", str(tmp_path / "r.wav"), parts(tmp_path, 1.0, 1.0))
    first = store(closed, tmp_path / "note")
    assert store(closed, tmp_path / "note") == first


def test_a_part_that_is_missing_is_an_error_and_leaves_no_half_file(tmp_path: Path) -> None:
    made = parts(tmp_path, 1.0)
    closed = RecordingClosed("r", str(tmp_path / "r.wav"), [*made, str(tmp_path / "gone.part.wav")])
    with pytest.raises(FileNotFoundError):
        store(closed, tmp_path / "note")
    assert [f.name for f in tmp_path.iterdir()] == ["r.wav.0.part.wav"]


def test_notes_of_recordings_going_on_are_found_and_torn_ones_removed(tmp_path: Path) -> None:
    note = manifest_path(tmp_path, "l", "r/1")
    note.write_text('{"recording": "r/1", "file": "f", "parts": ["p"], "error": ""}')
    manifest_path(tmp_path, "l", "torn").write_text('{"recor')
    manifest_path(tmp_path, "other", "r").write_text('{"recording": "r", "file": "f", "parts": [], "error": ""}')
    assert left_over(tmp_path, "l") == {"r/1": (RecordingClosed("r/1", "f", ["p"]), note)}
    assert len(list(tmp_path.iterdir())) == 2
