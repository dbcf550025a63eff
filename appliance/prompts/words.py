"""What the appliance says of its own accord, in every language it speaks.

A site's own texts (greetings, menus) are in its site file, which can also replace each of these by a text or a recording of its own.
"""

from collections.abc import Mapping

from hal.api import value

__all__ = ["LANGUAGES", "OWN_WORDS", "PAUSE_S", "SOUNDS_S", "Piece"]

LANGUAGES = ("zh", "en")
"""Languages there are own words and a voice for: Mandarin and English."""

SOUNDS_S: Mapping[str, float] = {"beep": 0.4, "ringback": 5.0, "wait-music": 30.0}
"""Pieces that are made, not said, and their lengths in seconds."""

PAUSE_S = 0.25
"""Length of a pause between the groups of a long number, in seconds."""


@value
class Piece:
    """One thing to play: a text in a language, or, without a text, one of `SOUNDS_S`."""

    name: str
    language: str = ""
    text: str = ""
    joined: bool = False
    """A part of a sentence: others are played right before and after it."""

    @property
    def stem(self) -> str:
        """What a recording that replaces it is called, without `.wav`: `NAME.LANGUAGE`; the name of a part has its language in it."""
        return self.name if self.joined or not self.language else f"{self.name}.{self.language}"


OWN_WORDS: Mapping[str, Mapping[str, str]] = {
    "unavailable": {
        "zh": "对不起，现在无法为您接通人工服务。",
        "en": "We are sorry. We cannot connect you to an agent right now.",
    },
    "message": {
        "zh": "请在提示音后留言，留言结束请按井号键。",
        "en": "Please leave a message after the tone, then press the hash key.",
    },
    "call-back": {
        "zh": "请输入您的回电号码，以井号键结束。如果使用来电号码，请直接按井号键。",
        "en": "Please enter the number to call back, then the hash key. To use the number you are calling from, just press hash.",
    },
    "message-thanks": {
        "zh": "谢谢，您的留言已经收到，我们会尽快给您回电。",
        "en": "Thank you. We have received your message, and will call you back soon.",
    },
    "closed": {
        "zh": "您好，现在是非工作时间。",
        "en": "Hello. Our office is closed at the moment.",
    },
    "sorry": {
        "zh": "对不起，您的输入有误。",
        "en": "Sorry, that choice is not available.",
    },
    "busy": {
        "zh": "座席正忙，请稍候。",
        "en": "All agents are busy. Please hold on.",
    },
    "goodbye": {
        "zh": "感谢您的来电，再见。",
        "en": "Thank you for calling. Goodbye.",
    },
    "pin": {
        "zh": "请输入您的密码，以井号键结束。",
        "en": "Please enter your PIN, followed by the hash key.",
    },
    "logged-in": {
        "zh": "签入成功。",
        "en": "You are logged in.",
    },
    "ready": {
        "zh": "已示闲，可以接听来电。",
        "en": "You are ready for calls.",
    },
    "not-ready": {
        "zh": "已示忙，暂停接听来电。",
        "en": "You are not ready. Calls are paused.",
    },
    "logged-out": {
        "zh": "签出成功，再见。",
        "en": "You are logged out. Goodbye.",
    },
    "refused": {
        "zh": "操作未成功，请检查工号和密码。",
        "en": "That was not possible. Please check your agent number and PIN.",
    },
}
"""Name -> language -> text. The names are those of `Plan.prompts`, and the usual texts of a flow's `closed`, `sorry` and `goodbye`."""
