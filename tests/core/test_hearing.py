"""Callers who say what others key: words of menus, digits, what was hardly understood, and lines that cannot listen."""

from typing import Any, Self

import pytest

from appliance.core.actions import Render
from appliance.core.inputs import Input, Rendered
from appliance.core.plan import SpeechPlan
from hal.api import Capability, LineOpened, Listen, SpeechBegan, SpeechHeard, StopListening
from tests.core.playbook import WORDS, prompt
from tests.core.walking import LEG, LINE, Walk

pytestmark = pytest.mark.requirement("IVR-05")

FLOW = """
flow  = "hotline"
start = "welcome"

[welcome]
say       = { zh = "您好", en = "What can we do" }
menu      = { 1 = "bill", 2 = "repair", 3 = "news" }
words     = { 1 = { en = ["billing", "my bill"] }, 2 = { en = ["repair"], zh = ["报修"] } }
wrong     = { zh = "按错", en = "Wrong" }
otherwise = "goodbye"

[bill]
ask       = { zh = "账号", en = "Your account", digits = "3-6", into = "account", spoken = true, wrong = { zh = "错", en = "No account" } }
say       = { zh = "好", en = "Thank you" }
otherwise = "goodbye"
next      = "pin"

[pin]
ask       = { zh = "密码", en = "Your PIN", digits = 4, into = "pin", spoken = true, secret = true }
otherwise = "goodbye"
next      = "goodbye"

[news]
set       = { news = "'First. Second. Third.'" }
next      = "read"

[read]
say       = { zh = "{news:text}", en = "{news:text}" }
menu      = { 1 = "bill", 2 = "repair" }
words     = { 2 = { en = ["repair"] } }
otherwise = "goodbye"

[repair]
say  = { zh = "报修", en = "Somebody will come" }
next = "goodbye"

[goodbye]
say      = { zh = "再见", en = "Goodbye" }
barge_in = false
next     = "release"
"""
HEARD = {name: prompt(name) for name in (*WORDS.split(), "heard", "heard-right")}


class Talk(Walk):
    """A caller who also speaks; `listened` is what the line was told to listen for."""

    flow = FLOW

    def __init__(self, *, languages: tuple[str, ...] = ("en",), **changes: Any) -> None:
        self.listened: list[Listen | StopListening] = []
        self.renders = True
        super().__init__(self.flow, **{"speech": SpeechPlan(languages), "prompts": HEARD, **changes})

    def _perform(self, actions: list[Any]) -> None:
        self.listened += [action for action in actions if isinstance(action, Listen | StopListening)]
        super()._perform(actions)
        for action in actions:
            if isinstance(action, Render) and self.renders:
                self.give(Rendered(action.token, f"<{action.text}>"))

    @property
    def listening(self) -> Listen | None:
        """What the line listens for now."""
        return self.listened[-1] if self.listened and isinstance(self.listened[-1], Listen) else None

    def hears_something(self) -> bool:
        return self.playing is not None

    def begins(self) -> Self:
        assert self.listening is not None
        self.give(SpeechBegan(LINE, LEG, self.listening.listening))
        return self

    def says(self, meant: str, confidence: float = 0.9) -> Self:
        """Speak, and be understood so a second later."""
        self.begins()
        number = self.listening.listening if self.listening is not None else 0
        self.now += 1.0
        self.give(SpeechHeard(LINE, LEG, number, meant, confidence))
        return self


def test_a_word_said_into_the_menu_cuts_it_short_and_is_its_key() -> None:
    call = Talk()
    assert call.listening is not None
    assert dict(call.listening.words) == {"1": ("billing", "my bill"), "2": ("repair",)}
    assert (call.listening.language, call.listening.most) == ("en", 1)
    assert call.hears_something()
    call.begins()
    assert not call.hears_something()
    call.says("2")
    assert call.ways[0] == ("welcome", "2")
    assert call.said[-1] == "Somebody will come"
    assert isinstance(call.listened[-1], StopListening)
    assert call.contact.keys == "2"


def test_keys_count_beside_words_and_end_the_listening() -> None:
    call = Talk().hear_out()
    call.key("2")
    assert call.ways[0] == ("welcome", "2")
    assert call.listening is None


def test_a_word_that_is_not_sure_is_asked_back() -> None:
    call = Talk().says("1", 0.5)
    call.hear_out()
    assert call.said[1:] == ["heard.en.wav", "<billing>", "heard-right.en.wav"]
    assert call.listening is not None
    assert set(call.listening.words) == {"1", "2"}
    call.says("1")
    assert call.ways[0] == ("welcome", "1")
    assert call.said[-1] == "Your account"


@pytest.mark.parametrize("how", ["key", "word", "silence"])
def test_what_was_misunderstood_is_asked_again(how: str) -> None:
    call = Talk().says("1", 0.5)
    call.hear_out()
    if how == "key":
        call.key("2")
    elif how == "word":
        call.says("2")
    else:
        call.wait(6.5)
    call.hear_out()
    assert call.ways == []
    assert call.said[4:6] == ["Wrong", "What can we do"]


@pytest.mark.parametrize(("meant", "confidence"), [("", 0.0), ("", 0.5), ("1", 0.2)])
def test_what_is_no_word_of_the_menu_is_said_so_and_the_menu_comes_again(meant: str, confidence: float) -> None:
    call = Talk().says(meant, confidence)
    call.hear_out()
    assert call.said == ["What can we do", "Wrong", "What can we do"]
    assert call.listening is not None
    for _ in range(2):
        call.says(meant, confidence)
        call.hear_out()
    assert call.ways[0] == ("welcome", "otherwise")


def test_who_still_speaks_when_the_time_is_over_is_heard_out() -> None:
    call = Talk()
    call.hear_out()
    call.now += 5.5
    call.begins()
    call.now += 4.0
    call._tick(call.now)
    assert call.said == ["What can we do"]
    number = call.listening.listening if call.listening is not None else 0
    call.give(SpeechHeard(LINE, LEG, number, "2", 0.9))
    assert call.ways[0] == ("welcome", "2")


def test_who_is_not_heard_to_the_end_counts_as_silent() -> None:
    call = Talk().begins().wait(40.0)
    assert call.said[1:2] == ["What can we do"]


def test_what_was_heard_of_an_earlier_listening_counts_no_more() -> None:
    call = Talk()
    old = call.listening
    assert old is not None
    call.says("", 0.0).hear_out()
    call.give(SpeechHeard(LINE, LEG, old.listening, "2", 0.9))
    assert call.ways == []


def test_spoken_digits_are_read_back_before_they_count() -> None:
    call = Talk().says("1")
    assert call.listening is not None
    assert call.listening.most == 6
    assert call.listening.words["0"] == ("zero", "oh")
    call.says("402", 0.95)
    call.hear_out()
    assert call.said[2:5] == ["heard.en.wav", "<4 0 2>", "heard-right.en.wav"]
    call.key("1").hear_out()
    assert call.contact.variables["account"] == "402"
    assert call.said[5] == "Thank you"


def test_too_few_digits_and_digits_that_were_not_meant_are_asked_for_again() -> None:
    call = Talk().says("1").says("40", 0.95)
    call.hear_out()
    call.key("1").hear_out()
    assert call.said[5:7] == ["No account", "Your account"]
    call.says("402")
    call.hear_out().key("2").hear_out()
    assert call.said[-2:] == ["No account", "Your account"]
    call.key("1234#").hear_out()
    assert call.contact.variables["account"] == "1234"


def test_a_secret_is_never_read_out_and_counts_only_when_it_is_sure() -> None:
    call = Talk().says("1")
    call.key("1234#").hear_out()
    before = len(call.said)
    assert call.said[-1] == "Your PIN"
    call.says("7391", 0.6)
    call.hear_out()
    assert call.said[before:] == ["Your PIN"]
    call.says("7391", 0.8)
    assert call.contact.variables["pin"] == "7391"
    assert "7391" not in call.contact.keys
    assert not any("7391" in repr(row) for row in call.kept)


def test_a_line_that_cannot_listen_and_a_language_that_is_not_understood_leave_the_keys() -> None:
    class Deaf(Talk):
        def _give(self, event: Input) -> None:
            deaf = LineOpened(LINE, (~Capability.SPEECH).value)
            super()._give(deaf if isinstance(event, LineOpened) else event)

    for call in (Deaf(), Talk(languages=()), Talk(languages=("zh",))):
        assert call.listened == []
        call.key("2").hear_out()
        assert call.said[:2] == ["What can we do", "Somebody will come"]


def test_who_hangs_up_while_he_is_listened_to_is_gone() -> None:
    call = Talk().begins()
    call.hang_up()
    assert call.contact.state.value == "ended"
    assert call.contact.listening == 0


@pytest.mark.parametrize("heard", [False, True])
def test_who_speaks_before_the_speech_is_rendered_does_not_hear_it_any_more(heard: bool) -> None:
    call = Talk()
    call.renders = False
    call.key("3")
    render = call.asked[-1]
    assert isinstance(render, Render)
    said = len(call.said)
    call.begins()
    number = call.listening.listening if call.listening is not None else 0
    if heard:
        call.give(SpeechHeard(LINE, LEG, number, "2", 0.9))
    call.give(Rendered(render.token, "<read>"))
    if not heard:
        assert len(call.said) == said
        call.give(SpeechHeard(LINE, LEG, number, "2", 0.9))
    assert call.said[said:] == ["Somebody will come"]
