"""Answers that are keyed or said: a word that was understood is its key, one that was perhaps understood is asked back, any other is wrong.

Spoken digits are always asked back before they count, by the flow (`confirm`) or here: too many digits sound alike on a telephone. Secret
ones are never read out: of these only what was understood for sure is taken. Whether it is right can be said, too.
"""

from collections.abc import Awaitable, Callable, Collection

from appliance.core.call import Call
from appliance.core.flows.speaking import read_out
from appliance.core.hearing import NONE, Words
from appliance.core.program import nodes
from appliance.core.scripts import Wait, wait
from hal.api import DigitHeard, SpeechHeard, value

__all__ = ["YES_NO", "Said", "answered", "asked", "chosen", "confirmed", "row_of_digits"]

DIGITS: Words = {
    "en": {
        "0": ("zero", "oh"), "1": ("one",), "2": ("two",), "3": ("three",), "4": ("four",),
        "5": ("five",), "6": ("six",), "7": ("seven",), "8": ("eight",), "9": ("nine",),
    },
    "zh": {
        "0": ("零",), "1": ("一", "幺"), "2": ("二",), "3": ("三",), "4": ("四",),
        "5": ("五",), "6": ("六",), "7": ("七",), "8": ("八",), "9": ("九",),
    },
}  # fmt: skip
YES_NO: Words = {"en": {"1": ("yes", "right", "correct"), "2": ("no", "wrong")}, "zh": {"1": ("是的", "对"), "2": ("不是", "不对")}}
_CONFIRM_S = 6.0
_HEARD_OUT_S = 25.0
"""Nobody speaks longer in one go: what hears him is in trouble then, and it counts as silence."""


@value
class Said:
    """A spoken answer; empty: nothing that is wanted."""

    meant: str


async def asked(call: Call, ask: nodes.Ask, say: Callable[[], Awaitable[None]]) -> str | Said | None:
    """The first key of an answer, or, where it may be spoken and is, all of it."""
    words, confirmed = DIGITS if ask.words else NONE, ask.confirm is not None
    return await answered(call, say, ask.first_s, words, most=ask.most, secret=ask.secret, asked_back=confirmed)


async def answered(
    call: Call,
    say: Callable[[], Awaitable[None]],
    wait_s: float,
    words: Words,
    *,
    most: int = 1,
    secret: bool = False,
    asked_back: bool = False,
) -> str | Said | None:
    """Ask by `say`, and take the first key, or what is said of these words; None: nothing came.

    `most`: so many in a row are one answer. `asked_back`: whoever asks has the answer confirmed himself.
    """
    if not call.hearing.listen(call.contact, words, most):
        await say()
        return await call.key(wait_s, secret=secret)
    try:
        await say()
        got = await _key_or_speech(call, wait_s, secret=secret)
    finally:
        call.hearing.stop(call.contact)
    return await _understood(call, got, words, secret, asked_back) if isinstance(got, SpeechHeard) else got


async def chosen(
    call: Call,
    say: Callable[[], Awaitable[None]],
    keys: Collection[str],
    wait_s: float,
    retries: int,
    words: Words,
    sorry: Callable[[], Awaitable[None]],
) -> str | None:
    """Say a menu until one of its keys or words comes, at most `retries` times again; None when none did."""
    for _ in range(retries + 1):
        got = await answered(call, say, wait_s, words)
        key = got.meant if isinstance(got, Said) else got
        if key and key in keys:
            return key
        if key is not None:
            await sorry()
    return None


async def row_of_digits(
    call: Call,
    say: Callable[[], Awaitable[None]],
    most: int,
    end: str,
    first_s: float,
    next_s: float,
    *,
    spoken: bool,
    secret: bool,
) -> str:
    """Up to so many digits, to the end key, or until none comes any more; "" when none came, or those that were said were not meant."""
    got = await answered(call, say, first_s, DIGITS if spoken else NONE, most=most, secret=secret)
    if isinstance(got, Said):
        return got.meant
    keyed = ""
    while got is not None and got != end:
        keyed += got
        got = await call.key(next_s, secret=secret) if len(keyed) < most else None
    return keyed


async def confirmed(call: Call, say: Callable[[], Awaitable[None]], wait_s: float, *, secret: bool = False) -> bool:
    """Whether what is said by `say` is right: 1, or yes. What is neither yes nor no has it said once more."""
    got = await answered(call, say, wait_s, YES_NO, secret=secret)
    if got == Said(""):
        got = await answered(call, say, wait_s, YES_NO, secret=secret)
    return (got.meant if isinstance(got, Said) else got) == "1"


async def _key_or_speech(call: Call, timeout_s: float, *, secret: bool = False) -> str | SpeechHeard | None:
    """The next key, or what is said, within the time; who speaks when it is over is heard out."""
    contact = call.contact
    if contact.typed or not contact.listening:
        return await call.key(timeout_s, secret=secret)
    heard: DigitHeard | SpeechHeard | None = contact.spoken.pop(0) if contact.spoken else None
    if heard is None and not contact.speaking:
        heard = await wait(Wait((DigitHeard, SpeechHeard), timeout_s))
    if heard is None and contact.speaking:
        heard = await wait(Wait((DigitHeard, SpeechHeard), _HEARD_OUT_S))
    if isinstance(heard, DigitHeard):
        return call.took(heard.digit, secret=secret)
    if heard is not None:
        contact.key_at, contact.idle = call.moment(), False
    return heard


async def _understood(call: Call, heard: SpeechHeard, words: Words, secret: bool, asked_back: bool) -> Said:
    plan, meant = call.plan.speech, heard.meant
    shown = "•" if secret else meant
    sure = heard.confidence >= plan.sure
    if not meant or heard.confidence < (plan.sure if secret else plan.wrong):
        call.tell("not understood", f"{shown} {heard.confidence:.2f}".lstrip() if meant else "")
        return Said("")
    digits = words is DIGITS
    if not (secret or asked_back or (sure and not digits)):
        text = " ".join(meant) if digits else words[call.contact.language][meant][0]
        if not await _is_right(call, text):
            call.tell("not meant", f"{shown} {heard.confidence:.2f}")
            return Said("")
    call.tell("said", f"{shown} {heard.confidence:.2f}")
    return Said(call.took(meant, secret=secret))


async def _is_right(call: Call, text: str) -> bool:
    """Say what was understood, and ask whether that is right; a yes that is not sure has to come twice."""
    await call.say(call.plan.prompts.get("heard"))
    await read_out(call, text)
    for sure in (call.plan.speech.sure, call.plan.speech.wrong):
        call.hearing.listen(call.contact, YES_NO, 1)
        try:
            await call.say(call.plan.prompts.get("heard-right"))
            got = await _key_or_speech(call, _CONFIRM_S)
        finally:
            call.hearing.stop(call.contact)
        if not isinstance(got, SpeechHeard):
            return got == "1"
        if got.meant == "2" and got.confidence >= call.plan.speech.wrong:
            return False
        if got.meant == "1" and got.confidence >= sure:
            return True
    return False
