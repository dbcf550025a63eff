"""What is said to callers who wait, and of the agent who answers: put together from parts, for figures change.

The names are those that `comfort`, `talks` and `call` in `appliance.core` look up. An agent's number is spelt digit by digit. A site
renders only the groups that its queues use.
"""

from collections.abc import Mapping

from appliance.core.queues.expected_wait import RUNGS
from appliance.core.saying import say, text

__all__ = [
    "AGENT_WORDS",
    "CALL_BACK_WORDS",
    "HEARD_WORDS",
    "LAST_POSITION",
    "MANAGER_WORDS",
    "POSITION_WORDS",
    "QUEUE_WORDS",
    "WAIT_WORDS",
    "choice_words",
]

Words = Mapping[str, Mapping[str, str]]
"""Name -> language -> text."""

LAST_POSITION = 20
"""Places up to this one are said; those behind hear that there are many before them."""

_KEYS = {"*": {"zh": "星号键", "en": "star"}, "#": {"zh": "井号键", "en": "hash"}}


def _zh(kind: str, value: object) -> str:
    return text(say(kind, value, "zh"), "zh")


def _en(number: int, **unit: str) -> str:
    return text(say("count" if unit else "number", number, "en", **unit), "en")


def _minutes_zh(minutes: int) -> str:
    return _zh("duration", minutes * 60)


def _minutes_en(minutes: int) -> str:
    return _en(minutes, unit="minute")


AGENT_WORDS: Words = {
    "agent-number": {"zh": "您好，工号", "en": "Hello, agent"},
    **{f"digit-{digit}": {"zh": _zh("digits", digit), "en": _en(digit)} for digit in range(10)},
    "at-your-service": {"zh": "为您服务。", "en": "at your service."},
}
"""On the answer: the agent's number between two halves of a sentence."""

POSITION_WORDS: Words = {
    "position-1": {"zh": "您目前排在第一位。", "en": "You are next in line."},
    **{
        f"position-{place}": {"zh": f"您目前排在{_zh('ordinal', place)}位。", "en": f"You are number {_en(place)} in line."}
        for place in range(2, LAST_POSITION + 1)
    },
    "position-more": {
        "zh": f"您前面还有{_zh('number', LAST_POSITION)}位以上的来电。",
        "en": f"There are at least {_en(LAST_POSITION)} calls before yours.",
    },
}
"""The caller's place, the first being 1."""

_MINUTES = RUNGS[1:]
WAIT_WORDS: Words = {
    "wait-soon": {"zh": "预计一分钟之内为您接通。", "en": "We expect to answer you within a minute."},
    **{
        f"wait-under-{minutes}": {
            "zh": f"预计{_minutes_zh(minutes)}之内为您接通。",
            "en": f"We expect to answer you within {_minutes_en(minutes)}.",
        }
        for minutes in _MINUTES[1:]
    },
    **{
        f"wait-from-{minutes}": {
            "zh": f"预计需要等待{_minutes_zh(minutes)}到",
            "en": f"The expected wait is {_en(minutes)} to",
        }
        for minutes in _MINUTES[:-1]
    },
    **{
        f"wait-to-{minutes}": {"zh": f"{_minutes_zh(minutes)}。", "en": f"{_minutes_en(minutes)}."}
        for minutes in _MINUTES[1:]
    },
    **{
        f"wait-over-{minutes}": {
            "zh": f"预计需要等待{_minutes_zh(minutes)}以上。",
            "en": f"The expected wait is more than {_minutes_en(minutes)}.",
        }
        for minutes in _MINUTES
    },
    "wait-late": {
        "zh": "很抱歉，等待时间比预计的要长，感谢您的耐心等候。",
        "en": "We are sorry. It takes longer than we said. Thank you for your patience.",
    },
}  # fmt: skip
"""The expected wait: `wait-from-2` and `wait-to-4` are said one after the other."""

CALL_BACK_WORDS: Words = {
    "call-back-promised": {
        "zh": "好的，轮到您时我们会给您回电，请保持电话畅通。再见。",
        "en": "Thank you. We will call you when it is your turn. Goodbye.",
    },
    "call-back-number": {
        "zh": "请输入您的回电号码，以井号键结束。",
        "en": "Please enter the number to call back, then the hash key.",
    },
}
"""Giving up the line and keeping the place."""

HEARD_WORDS: Words = {
    "heard": {"zh": "您说的是", "en": "I understood:"},
    "heard-right": {
        "zh": "正确请按一，或说是的；不正确请按二，或说不是。",
        "en": "If that is right, press one or say yes. If not, press two or say no.",
    },
}
"""Before and after what the caller may have said."""

MANAGER_WORDS: Words = {
    "manager-or-not": {
        "zh": "正在为您转接您的专属客户经理，如需其他座席服务，请按一。",
        "en": "We are connecting you to your account manager. For another agent, press one.",
    },
}
"""For callers who have an account manager."""

QUEUE_WORDS: Words = {**AGENT_WORDS, **HEARD_WORDS, **POSITION_WORDS, **WAIT_WORDS, **CALL_BACK_WORDS, **MANAGER_WORDS}
"""All of them but the choices, which depend on a queue's keys."""


def choice_words(key: str, verb: str) -> Words:
    """What a key does for who waits, by what it leads to; empty where there are no words for that."""
    zh, en = (_KEYS[key]["zh"], _KEYS[key]["en"]) if key in _KEYS else (_zh("number", key), _en(int(key)))
    said = {
        "callback": {
            "zh": f"如需我们给您回电，请按{zh}，您的排队位置将为您保留。",
            "en": f"If you would like us to call you back, press {en}. Your place is kept.",
        },
        "voicemail": {"zh": f"如需留言，请按{zh}。", "en": f"To leave a message, press {en}."},
    }
    return {f"choice-{key}-{verb}": said[verb]} if verb in said else {}
