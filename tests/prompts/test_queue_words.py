"""What is said of figures is said as people say it, in both languages."""

import pytest

from appliance.core.queues.expected_wait import RUNGS
from appliance.prompts.queue_words import AGENT_WORDS, POSITION_WORDS, QUEUE_WORDS, WAIT_WORDS, choice_words
from appliance.prompts.speech import pinyin


@pytest.mark.parametrize(
    ("name", "zh", "en"),
    [
        ("position-1", "您目前排在第一位。", "You are next in line."),
        ("position-2", "您目前排在第二位。", "You are number two in line."),
        ("position-10", "您目前排在第十位。", "You are number ten in line."),
        ("position-12", "您目前排在第十二位。", "You are number twelve in line."),
        ("position-20", "您目前排在第二十位。", "You are number twenty in line."),
        ("position-more", "您前面还有二十位以上的来电。", "There are at least twenty calls before yours."),
        ("wait-soon", "预计一分钟之内为您接通。", "We expect to answer you within a minute."),
        ("wait-under-2", "预计两分钟之内为您接通。", "We expect to answer you within two minutes."),
        ("wait-from-1", "预计需要等待一分钟到", "The expected wait is one to"),
        ("wait-from-2", "预计需要等待两分钟到", "The expected wait is two to"),
        ("wait-to-2", "两分钟。", "two minutes."),
        ("wait-to-12", "十二分钟。", "twelve minutes."),
        ("wait-to-25", "二十五分钟。", "twenty-five minutes."),
        ("wait-to-60", "一小时。", "sixty minutes."),
        ("wait-over-1", "预计需要等待一分钟以上。", "The expected wait is more than one minute."),
        ("wait-over-60", "预计需要等待一小时以上。", "The expected wait is more than sixty minutes."),
        ("digit-0", "零", "zero"),
        ("digit-1", "幺", "one"),
        ("digit-2", "二", "two"),
    ],
)
@pytest.mark.requirement("IVR-03")
def test_figures_in_words(name: str, zh: str, en: str) -> None:
    assert QUEUE_WORDS[name] == {"zh": zh, "en": en}


def test_an_agents_number_is_a_sentence_of_its_parts() -> None:
    parts = ["agent-number", *(f"digit-{digit}" for digit in "1001"), "at-your-service"]
    assert "".join(AGENT_WORDS[part]["zh"] for part in parts) == "您好，工号幺零零幺为您服务。"
    assert " ".join(AGENT_WORDS[part]["en"] for part in parts) == "Hello, agent one zero zero one at your service."


def test_a_wait_is_a_sentence_of_two_parts() -> None:
    assert WAIT_WORDS["wait-from-2"]["zh"] + WAIT_WORDS["wait-to-4"]["zh"] == "预计需要等待两分钟到四分钟。"
    assert f"{WAIT_WORDS['wait-from-2']['en']} {WAIT_WORDS['wait-to-4']['en']}" == "The expected wait is two to four minutes."


def test_no_figure_of_minutes_is_left_out() -> None:
    for minutes in RUNGS[1:]:
        assert f"wait-over-{minutes}" in WAIT_WORDS
        assert minutes == 1 or {f"wait-under-{minutes}", f"wait-to-{minutes}"} <= set(WAIT_WORDS)
        assert minutes == RUNGS[-1] or f"wait-from-{minutes}" in WAIT_WORDS
    assert len({words["zh"] for words in {**POSITION_WORDS, **WAIT_WORDS}.values()}) == len(POSITION_WORDS) + len(WAIT_WORDS)


@pytest.mark.parametrize(
    ("name", "read"),
    [
        ("position-1", "nin2 mu4 qian2 pai2 zai4 di4 yi1 wei4。"),
        ("position-11", "nin2 mu4 qian2 pai2 zai4 di4 shi2 yi1 wei4。"),
        ("wait-from-1", "yu4 ji4 xu1 yao4 deng3 dai4 yi4 fen1 zhong1 dao4"),
        ("digit-1", "yao1"),
    ],
)
def test_one_has_the_tone_of_its_place(name: str, read: str) -> None:
    assert pinyin(QUEUE_WORDS[name]["zh"]) == read


def test_keys_are_called_by_their_names() -> None:
    assert choice_words("2", "voicemail")["choice-2-voicemail"] == {"zh": "如需留言，请按二。", "en": "To leave a message, press two."}
    assert choice_words("#", "voicemail")["choice-#-voicemail"]["zh"] == "如需留言，请按井号键。"
    assert choice_words("*", "callback")["choice-*-callback"]["en"].startswith("If you would like us to call you back, press star.")
    assert choice_words("3", "queue") == {}
