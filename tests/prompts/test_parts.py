"""Sentences that are assembled from parts, looked at as a caller hears them: they flow, at one level, with pauses where they belong."""

import wave
from itertools import accumulate, pairwise
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from appliance.core.saying import KINDS, PAUSES, say, text, vocabulary
from appliance.prompts import Piece, estimated_s
from appliance.prompts.library import Library
from appliance.prompts.parts import part, parts
from appliance.prompts.sound import RATE, at_level, tight
from appliance.prompts.speech import pinyin
from appliance.prompts.words import PAUSE_S

SENTENCES = [
    ("zh", say("money", "1115.05", "zh")),
    ("zh", say("datetime", "2026-10-05 14:20", "zh")),
    ("zh", say("telephone", "13800138000", "zh")),
    ("zh", say("ticket", "FS-42", "zh")),
    ("en", say("money", "10.05", "en")),
    ("en", say("datetime", "2026-10-05 14:20", "en")),
    ("en", say("telephone", "13800138000", "en")),
    ("en", say("ordinal", 1007, "en")),
]
PIECES = sorted({part(word, language) for language, words in SENTENCES for word in words}, key=lambda piece: piece.stem)
SILENT_DBM0 = -45.0


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    made = Library(tmp_path_factory.mktemp("parts"))
    assert made.render(PIECES) == len(PIECES)
    return made


def samples(file: str) -> NDArray[np.float64]:
    with wave.open(file) as opened:
        return np.frombuffer(opened.readframes(opened.getnframes()), dtype="<i2") / 32768


def dbm0(sound: NDArray[np.float64]) -> float:
    return float(10 * np.log10((sound**2).mean() * 2 + 1e-12) + 3.14)


@pytest.mark.slow
@pytest.mark.requirement("IVR-13")
@pytest.mark.parametrize(("language", "words"), SENTENCES, ids=lambda value: value if isinstance(value, str) else None)
def test_no_joint_is_silent_for_more_than_60_ms(library: Library, language: str, words: tuple[str, ...]) -> None:
    spoken = [word for word in words if word not in PAUSES.values()]
    sounds = [samples(library.file(part(word, language))) for word in spoken]
    whole = np.concatenate(sounds)
    silent = [dbm0(whole[at : at + 40]) < SILENT_DBM0 for at in range(0, len(whole), 40)]
    edges = [0, *(at for at, (before, after) in enumerate(pairwise(silent), 1) if before != after), len(silent)]
    runs = [(begin * 40, end * 40) for begin, end in pairwise(edges) if silent[begin]]
    for joint in list(accumulate(len(sound) for sound in sounds))[:-1]:
        gap = sum(end - begin for begin, end in runs if begin <= joint < end + 40)
        assert gap / RATE <= 0.060, (words, joint / RATE)


@pytest.mark.slow
@pytest.mark.requirement("IVR-13")
def test_every_part_is_as_loud_as_the_others(library: Library) -> None:
    levels = {}
    for piece in PIECES:
        sound = samples(library.file(piece))
        if piece.text in PAUSES.values():
            assert not sound.any()
            assert len(sound) == PAUSE_S * RATE
            continue
        power = (sound[: len(sound) // 160 * 160].reshape(-1, 160) ** 2).mean(axis=1)
        levels[piece.stem] = 10 * np.log10(power[power > power.max() / 1000].mean() * 2) + 3.14
        assert np.abs(sound).max() < 0.98
        assert abs(sound[0]) < 0.002 > abs(sound[-1]), "no click"
    assert np.mean(list(levels.values())) == pytest.approx(-19, abs=0.7)
    assert {stem: level for stem, level in levels.items() if abs(level + 19) > 2.5} == {}


@pytest.mark.slow
def test_estimates_of_length_are_close(library: Library) -> None:
    for piece in PIECES:
        assert estimated_s(piece) == pytest.approx(library.duration_s(library.file(piece)), abs=0.3), piece.stem
    for language, words in SENTENCES:
        pieces = [part(word, language) for word in words]
        real = sum(library.duration_s(library.file(piece)) for piece in pieces)
        assert sum(map(estimated_s, pieces)) == pytest.approx(real, rel=0.2), words


def test_a_part_is_another_sound_than_the_same_words_alone(tmp_path: Path) -> None:
    library = Library(tmp_path)
    alone = Piece("say/en/ten", "en", "ten")
    library.render([alone, part("ten", "en")])
    assert library.duration_s(library.file(part("ten", "en"))) < library.duration_s(library.file(alone)) - 0.05


def test_only_what_is_asked_for_is_rendered() -> None:
    days = parts("zh", ["count", "money"], units=["day"], currencies=["CNY"])
    assert {piece.text for piece in days} == vocabulary("zh", ["count", "money"], units=["day"], currencies=["CNY"])
    assert [piece.text for piece in days] == sorted(piece.text for piece in days)
    assert part("五角", "zh") in days
    assert part("五角", "zh").stem == "say/zh/五角"
    assert len({Library("x").file(piece) for piece in parts("zh", KINDS)}) == len(vocabulary("zh", KINDS))


@pytest.mark.requirement("IVR-04")
def test_a_recorded_part_is_cut_and_levelled_like_a_rendered_one(tmp_path: Path) -> None:
    (tmp_path / "voices" / "say" / "zh").mkdir(parents=True)
    tone = 0.05 * np.sin(2 * np.pi * 600 * np.arange(RATE // 2) / RATE)
    quiet = np.zeros(RATE // 2)
    with wave.open(str(tmp_path / "voices" / "say" / "zh" / "五角.wav"), "wb") as written:
        written.setnchannels(1)
        written.setsampwidth(2)
        written.setframerate(RATE)
        written.writeframes((np.concatenate([quiet, tone, quiet]) * 32767).astype("<i2").tobytes())
    own = Library(tmp_path / "cache", tmp_path / "voices")
    assert own.file(part("五角", "zh")) != Library(tmp_path / "cache").file(part("五角", "zh"))
    own.render([part("五角", "zh")])
    sound = samples(own.file(part("五角", "zh")))
    assert len(sound) / RATE == pytest.approx(0.5, abs=0.05)
    assert dbm0(sound) == pytest.approx(-19, abs=0.6)


def test_what_is_tight_keeps_soft_consonants() -> None:
    voice = at_level([0.3 * np.sin(number / 3) for number in range(1600)])
    soft = [sample / 25 for sample in voice[:800]]  # 28 dB below it
    silence = [0.0] * 4000
    cut = tight([*silence, *soft, *voice, *soft, *silence], -35.0)
    assert len(cut) == pytest.approx(240 + 1600 + 80, abs=80)  # 30 ms of what is soft before, 10 ms after
    assert len(tight([*silence, *soft, *voice, *soft, *silence], -50.0)) == pytest.approx(240 + 1600 + 800 + 80, abs=80)
    assert tight(silence, -35.0) == []


@pytest.mark.parametrize(
    ("words", "read"),
    [("一十", "yi1 shi2"), ("一百", "yi4 bai3"), ("一万", "yi2 wan4"), ("一元", "yi4 yuan2"), ("一个", "yi2 ge4"),
     ("零一分", "ling2 yi1 fen1"),
     ("一月", "yi1 yue4"), ("一日", "yi1 ri4"), ("一点", "yi4 dian3"), ("二零", "er4 ling2"), ("一一年", "yi1 yi1 nian2"), ("幺", "yao1")],
)  # fmt: skip
def test_one_has_the_tone_of_its_part(words: str, read: str) -> None:
    assert pinyin(words) == read


def test_a_whole_sentence_is_read_as_its_parts_are() -> None:
    for language, words in SENTENCES[:2]:
        assert pinyin(text(words, language)) == " ".join(pinyin(word) for word in words)
