"""The prompts of the demo centre, rendered once for this module, and looked at as a caller hears them."""

import re
import wave
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from appliance.prompts import OWN_WORDS, Piece, estimated_s
from appliance.prompts.library import Library
from appliance.prompts.sound import RATE
from appliance.prompts.speech import SpeechError
from appliance.site import load_site

DEMO = Path(__file__).parents[2] / "scenarios" / "sites" / "demo.toml"
ALIKE = re.compile(r"(position|wait-under|wait-from|wait-to|wait-over)-(?!(1|2|11|12|20|25|60)$)[0-9]+")
"""Of what differs by a figure only, some are enough."""
PIECES = [piece for piece in load_site(DEMO).pieces() if not ALIKE.fullmatch(piece.name)]
SPOKEN = [piece for piece in PIECES if piece.text]


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    made = Library(tmp_path_factory.mktemp("prompts"))
    told: list[tuple[int, int]] = []
    assert made.render(PIECES, lambda done, total, _: told.append((done, total))) == len(PIECES)
    assert told == [(number, len(PIECES)) for number in range(1, len(PIECES) + 1)]
    yield made
    assert not list(made.cache.glob(".*")), "no half-made file stays behind"


def samples(file: str) -> NDArray[np.float64]:
    with wave.open(file) as opened:
        assert (opened.getframerate(), opened.getsampwidth(), opened.getnchannels()) == (RATE, 2, 1)
        return np.frombuffer(opened.readframes(opened.getnframes()), dtype="<i2") / 32768


def active_dbm0(sound: NDArray[np.float64]) -> float:
    """Level of the 20 ms frames within 30 dB of the loudest: another measure than the one the prompts are made with."""
    power = (sound[: len(sound) // 160 * 160].reshape(-1, 160) ** 2).mean(axis=1)
    return float(10 * np.log10(power[power > power.max() / 1000].mean() * 2) + 3.14)


@pytest.mark.slow
@pytest.mark.requirement("IVR-04")
@pytest.mark.parametrize("piece", SPOKEN, ids=lambda piece: f"{piece.name}.{piece.language}")
def test_each_prompt_is_at_telephone_level_and_begins_at_once(library: Library, piece: Piece) -> None:
    sound = samples(library.file(piece))
    assert active_dbm0(sound) == pytest.approx(-19, abs=1.5 if len(sound) > RATE else 2.0)  # two measures of a word differ more
    assert np.abs(sound).max() < 0.97
    heard = np.nonzero(np.abs(sound) > 0.005)[0]  # -46 dB of full scale: already a soft consonant
    assert heard[0] / RATE < 0.03
    assert (len(sound) - heard[-1]) / RATE < 0.25  # a voice dies away
    voiced = np.nonzero(np.abs(sound) > 0.05)[0]
    assert voiced[0] / RATE < 0.2
    spectrum = np.abs(np.fft.rfft(sound)) ** 2
    hertz = np.fft.rfftfreq(len(sound), 1 / RATE)
    if len(sound) > RATE:  # a single "three" is half hiss
        assert spectrum[(hertz > 250) & (hertz < 3500)].sum() > 0.5 * spectrum.sum()


@pytest.mark.slow
def test_estimates_of_length_are_close(library: Library) -> None:
    real = {piece: library.duration_s(library.file(piece)) for piece in PIECES}
    for piece, length in real.items():
        one_word = len(re.findall(r"[A-Za-z]+|[\u4e00-\u9fff]", piece.text)) == 1
        assert estimated_s(piece) == pytest.approx(length, rel=0.2, abs=0.4 if one_word else 0.0), piece
    assert sum(map(estimated_s, SPOKEN)) == pytest.approx(sum(real[piece] for piece in SPOKEN), rel=0.02)


@pytest.mark.slow
def test_the_wait_music_is_pleasant_by_the_figures(library: Library) -> None:
    sound = samples(library.file(Piece("wait-music")))
    assert len(sound) == 30 * RATE
    assert 10 * np.log10((sound**2).mean() * 2) + 3.14 == pytest.approx(-22, abs=0.1)
    assert np.abs(sound).max() < 0.5
    # No second falls silent or jumps out, and the loop's seam is no larger a step than others.
    seconds = 10 * np.log10((sound.reshape(30, RATE) ** 2).mean(axis=1))
    assert seconds.max() - seconds.min() < 9
    assert abs(sound[0] - sound[-1]) < np.abs(np.diff(sound)).max()
    spectrum = np.abs(np.fft.rfft(sound)) ** 2
    hertz = np.fft.rfftfreq(len(sound), 1 / RATE)
    assert spectrum[(hertz > 250) & (hertz < 3400)].sum() > 0.6 * spectrum.sum()


@pytest.mark.slow
def test_the_tone_is_a_tone(library: Library) -> None:
    sound = samples(library.file(Piece("beep")))
    assert len(sound) == 0.4 * RATE
    spectrum = np.abs(np.fft.rfft(sound))
    assert np.fft.rfftfreq(len(sound), 1 / RATE)[spectrum.argmax()] == pytest.approx(1000, abs=3)
    assert 10 * np.log10((sound**2).mean() * 2) + 3.14 == pytest.approx(-10, abs=0.1)


@pytest.mark.slow
def test_ringback_is_that_of_china_and_loops(library: Library) -> None:
    """GB/T 3380, ITU-T E.180 supplement 2: 450 Hz, 1 s on, 4 s off."""
    sound = samples(library.file(Piece("ringback")))
    assert len(sound) == 5 * RATE
    assert not sound[RATE:].any()
    spectrum = np.abs(np.fft.rfft(sound[:RATE]))
    assert spectrum.argmax() == 450
    assert 10 * np.log10((sound[:RATE] ** 2).mean() * 2) + 3.14 == pytest.approx(-10, abs=0.1)
    assert abs(sound[0]) < 0.001 > abs(sound[RATE - 1]), "it begins and ends without a click"


@pytest.mark.slow
def test_what_is_made_is_found_again(library: Library) -> None:
    assert library.missing(PIECES) == []
    assert library.render(PIECES) == 0
    assert Library(library.cache).missing(PIECES) == []


BEEP = Piece("beep")
BYE = Piece("goodbye", "en", OWN_WORDS["goodbye"]["en"])


def test_a_changed_text_or_name_is_another_file(tmp_path: Path) -> None:
    library = Library(tmp_path)
    files = {
        library.file(piece) for piece in (BYE, Piece("goodbye", "en", "Bye."), Piece("goodbye", "zh", BYE.text), Piece("x", "en", BYE.text))
    }
    assert len(files) == 4
    assert all(Path(file).parent == tmp_path for file in files)
    assert Path(library.file(Piece("../../etc/passwd", "en", "x"))).parent == tmp_path


def test_many_may_render_at_once(tmp_path: Path) -> None:
    pieces = [BEEP, BYE, Piece("a", "en", "One."), Piece("b", "zh", "二。")]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: Library(tmp_path).render(pieces), range(8)))
    assert sorted(file.suffix for file in tmp_path.iterdir()) == [".wav"] * 4
    for piece in pieces:
        assert len(samples(Library(tmp_path).file(piece))) > 0


def test_several_processes_make_what_one_makes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pieces = [Piece(f"n{number}", "en", f"{number}.") for number in range(24)]
    monkeypatch.setattr("os.cpu_count", lambda: 1)
    assert Library(tmp_path / "one").render(pieces) == 24
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    told: list[Piece] = []
    assert Library(tmp_path / "two").render(pieces, lambda _done, _all, piece: told.append(piece)) == 24
    assert told == pieces
    for piece in pieces:
        assert Path(Library(tmp_path / "two").file(piece)).read_bytes() == Path(Library(tmp_path / "one").file(piece)).read_bytes()


def test_what_one_of_several_processes_cannot_make_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    pieces = [Piece(f"n{number}", "en" if number != 9 else "de", f"{number}.") for number in range(24)]
    with pytest.raises(SpeechError, match="there is no voice for 'de'"):
        Library(tmp_path).render(pieces)
    assert Library(tmp_path).missing(pieces[:9]) == []


def test_what_a_process_that_dies_leaves_is_made_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    monkeypatch.setattr("sys.executable", "/bin/true")
    pieces = [Piece(f"n{number}", "en", f"{number}.") for number in range(24)]
    assert Library(tmp_path).render(pieces) == 24
    assert Library(tmp_path).missing(pieces) == []


@pytest.mark.requirement("IVR-04")
def test_a_recording_comes_before_rendered_speech(tmp_path: Path) -> None:
    recorded = tmp_path / "voices"
    recorded.mkdir()
    rate = 16000
    tone = 0.9 * np.sin(2 * np.pi * 600 * np.arange(rate) / rate)
    with wave.open(str(recorded / "goodbye.en.wav"), "wb") as written:
        written.setnchannels(2)
        written.setsampwidth(2)
        written.setframerate(rate)
        written.writeframes(np.repeat((tone * 32767).astype("<i2"), 2).tobytes())
    plain, own = Library(tmp_path / "cache"), Library(tmp_path / "cache", recorded)
    assert own.file(BYE) != plain.file(BYE)
    assert own.render([BYE]) == 1
    sound = samples(own.file(BYE))
    assert len(sound) == RATE
    assert active_dbm0(sound) == pytest.approx(-19, abs=0.5)
    before = own.file(BYE)
    (recorded / "goodbye.en.wav").write_bytes((recorded / "goodbye.en.wav").read_bytes()[:-400])
    assert own.file(BYE) != before, "another recording is another file"


def test_a_recording_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "goodbye.en.wav").write_bytes(b"ID3 mp3 in disguise")
    with pytest.raises(SpeechError, match=r"goodbye\.en\.wav: this is not a WAV file; save it as WAV, 16-bit PCM"):
        Library(tmp_path / "cache", tmp_path).render([BYE])
    assert list((tmp_path / "cache").iterdir()) == []
