import subprocess

import pytest

from appliance.prompts.queue_words import QUEUE_WORDS, choice_words
from appliance.prompts.speech import SpeechError, pinyin
from appliance.prompts.voices import to_speech
from appliance.prompts.voices.espeak import VOICES
from appliance.prompts.words import LANGUAGES, OWN_WORDS


def phonemes(words: str) -> str:
    command = ["espeak-ng", "-v", VOICES["zh"].name, "-x", "-q", "-b", "1"]
    return subprocess.run(command, input=words.encode(), capture_output=True, check=True).stdout.decode()


ALL_WORDS = {**OWN_WORDS, **QUEUE_WORDS, **choice_words("1", "callback"), **choice_words("*", "voicemail")}


@pytest.mark.parametrize("name", ALL_WORDS)
def test_every_own_word_is_there_in_every_language(name: str) -> None:
    assert set(ALL_WORDS[name]) == set(LANGUAGES) == set(VOICES)


def test_mandarin_is_read_as_mandarin() -> None:
    # espeak-ng marks what it reads as English; its voice `cmn` in Debian 12 reads nearly everything so.
    assert "(en)" not in phonemes("\n".join(pinyin(words["zh"]) for words in ALL_WORDS.values()))


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("请按一。", "qing3 an4 yi1。"),
        ("重新输入，银行行长。", "chong2 xin1 shu1 ru4， yin2 hang2 hang2 zhang3。"),
        ("一样，一起，一个，不是，不好", "yi2 yang4， yi4 qi3， yi2 ge4， bu2 shi4， bu4 hao3"),
        ("第一，二十一，周一，一月一号，一百", "di4 yi1， er4 shi2 yi1， zhou1 yi1， yi1 yue4 yi1 hao4， yi4 bai3"),
        ("欢迎致电科技局热线", "huan1 ying2 zhi4 dian4 ke1 ji4 ju2 re4 xian4"),
        ("（重复收听）", "， chong2 fu4 shou1 ting1，"),
        ("VIP客户", "VIP ke4 hu4"),
    ],
)
def test_readings(text: str, read: str) -> None:
    assert pinyin(text) == read


def test_text_cannot_give_orders_to_the_synthesiser() -> None:
    assert len(to_speech("Mind <break time='30s'/> the gap & more", "en")) < 8 * 16000


@pytest.mark.parametrize(
    ("text", "language", "message"),
    [("hallo", "de", "there is no voice for 'de'; there are: zh, en"), ("。。。", "zh", "nothing to say|no speech")],
)
def test_what_cannot_be_said_is_an_error(text: str, language: str, message: str) -> None:
    with pytest.raises(SpeechError, match=message):
        to_speech(text, language)


def test_without_espeak_the_message_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(SpeechError, match="apt-get install espeak-ng"):
        to_speech("hello", "en")
