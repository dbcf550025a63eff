import math
import struct
from itertools import chain, repeat
from pathlib import Path

import numpy as np
import pytest

from appliance.prompts.sound import (
    RATE,
    active_level_dbm0,
    at_level,
    duration_s,
    parse_wav,
    resampled,
    rms_dbm0,
    scaled,
    to_wav,
    trimmed,
)


def sine(hertz: float, seconds: float, amplitude: float = 0.5, rate: int = RATE) -> list[float]:
    return [amplitude * math.sin(2 * math.pi * hertz * number / rate) for number in range(round(seconds * rate))]


def level_db(samples: list[float]) -> float:
    middle = np.asarray(samples)[RATE // 10 : -RATE // 10]
    return float(20 * np.log10(np.sqrt(np.mean(middle**2)) + 1e-12))


@pytest.mark.parametrize("rate", [11025, 16000, 22050, 44100, 48000])
@pytest.mark.parametrize("hertz", [200.0, 1000.0, 3300.0])
def test_the_telephone_band_keeps_its_level_through_resampling(rate: int, hertz: float) -> None:
    made = resampled(sine(hertz, 0.5, rate=rate), rate)
    assert abs(len(made) - RATE // 2) <= 1
    assert level_db(made) == pytest.approx(20 * math.log10(0.5 / math.sqrt(2)), abs=0.2)


@pytest.mark.parametrize("rate", [16000, 22050, 48000])
def test_what_would_fold_back_into_the_band_is_gone(rate: int) -> None:
    for hertz in (4700.0, 5500.0, 7000.0):
        assert level_db(resampled(sine(hertz, 0.5, rate=rate), rate)) < -65


def test_the_largest_sine_is_3_14_dbm0() -> None:
    assert rms_dbm0(sine(1000, 1, amplitude=1.0)) == pytest.approx(3.14, abs=0.01)
    assert rms_dbm0([0.0] * 100) == -math.inf


@pytest.mark.parametrize("pause_s", [0.1, 0.5, 1.0, 3.0])
def test_the_active_level_leaves_pauses_out(pause_s: float) -> None:
    # ITU-T P.56: bursts of 1 s at -19 dBm0; each is followed by 0.2 s of hangover that counts as active.
    burst = scaled(sine(800, 1.0), -19.0 - rms_dbm0(sine(800, 1.0)))
    sound = list(chain.from_iterable(repeat([*burst, *([0.0] * round(pause_s * RATE))], 5)))
    counted = 10 * math.log10(1 / (1 + min(pause_s, 0.2)))
    assert active_level_dbm0(sound) == pytest.approx(-19.0 + counted, abs=0.35)
    assert active_level_dbm0([0.0] * RATE) == -math.inf


@pytest.mark.parametrize("amplitude", [0.001, 0.05, 1.0])
def test_any_speech_is_brought_to_level(amplitude: float) -> None:
    sound = [*sine(500, 1.0, amplitude), *([0.0] * RATE), *sine(700, 0.5, amplitude)]
    assert active_level_dbm0(at_level(sound, -19.0)) == pytest.approx(-19.0, abs=0.1)


def test_nothing_is_made_so_loud_that_it_clips() -> None:
    assert max(map(abs, scaled(sine(1000, 0.1), 40.0))) <= 0.97


def test_silence_around_a_sound_is_cut_and_pauses_in_it_stay() -> None:
    quiet = [0.0] * RATE
    sound = [*quiet, *sine(1000, 0.2), *quiet, *sine(1000, 0.2), *quiet]
    assert len(trimmed(sound)) / RATE == pytest.approx(1.4 + 0.01 + 0.08, abs=0.01)
    assert trimmed(quiet) == []


def test_a_wav_file_comes_back_as_it_was(tmp_path: Path) -> None:
    content = to_wav(sine(440, 0.5))
    rate, samples = parse_wav(content)
    assert rate == RATE
    assert samples == pytest.approx(sine(440, 0.5), abs=1 / 32768)
    (tmp_path / "a.wav").write_bytes(content)
    assert duration_s(tmp_path / "a.wav") == 0.5


def test_channels_are_averaged_and_other_chunks_passed_over() -> None:
    body = struct.pack("<4h", 1000, 3000, -1000, -3000)
    head = struct.pack("<4sI4s", b"RIFF", 0, b"WAVE") + struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 2, 16000, 64000, 4, 16)
    content = head + struct.pack("<4sI3sx", b"LIST", 3, b"abc") + struct.pack("<4sI", b"data", 0x7FFFF000) + body
    assert parse_wav(content) == (16000, [2000 / 32768, -2000 / 32768])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"ID3 an mp3 file", "not a WAV file"),
        (to_wav([0.0])[:20] + struct.pack("<H", 7) + to_wav([0.0])[22:], "not 16-bit PCM"),  # mu-law
        (to_wav([0.0])[:36], "no sound in it"),
    ],
)
def test_what_is_not_a_usable_wav_file_is_refused(content: bytes, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse_wav(content)
