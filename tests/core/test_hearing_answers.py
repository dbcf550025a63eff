"""Callers who answer in words: yes and no, read-back digits, and flows that are Python."""

import pytest

from appliance.core.call import Call
from hal.api import Listen
from tests.core.playbook import prompt
from tests.core.test_hearing import HEARD, Talk

pytestmark = pytest.mark.requirement("IVR-05")

FLOW = """
flow  = "hotline"
start = "begin"

[begin]
set  = { language = "'en'" }
next = "pleased"

[pleased]
yes_no    = { zh = "满意吗", en = "Are you pleased", into = "is_pleased", wrong = { zh = "按一或二", en = "One or two" } }
say       = { zh = "谢谢", en = "Thank you" }
otherwise = "goodbye"
next      = "account"

[account]
otherwise = "goodbye"
next      = "pin"

[account.ask]
zh      = "账号"
en      = "Account"
digits  = 3
into    = "account"
spoken  = true
confirm = { zh = "{account}对吗", en = "{account}. Right" }

[pin]
ask       = { zh = "密码", en = "Your PIN", digits = 4, into = "pin", secret = true, confirm = { zh = "记下了", en = "Keep that PIN" } }
otherwise = "goodbye"
next      = "goodbye"

[goodbye]
say      = { zh = "再见", en = "Goodbye" }
barge_in = false
next     = "release"
"""


class Answers(Talk):
    """A caller of this flow."""

    flow = FLOW

    def pleased(self) -> "Answers":
        """Has said that he is."""
        self.says("1").hear_out()
        return self

    def has_said(self, digits: str) -> "Answers":
        """Has said an account, which is read back to its end."""
        self.pleased().says(digits).hear_out()
        return self


def words_of(listen: Listen | None) -> dict[str, tuple[str, ...]]:
    assert listen is not None
    return dict(listen.words)


def unsure(call: Talk, meant: str) -> None:
    call.says(meant, 0.5).hear_out()


@pytest.mark.parametrize(("language", "yes", "no"), [("en", "yes", "no"), ("zh", "是的", "不是")])
def test_a_question_of_yes_or_no_takes_the_words_of_its_language(language: str, yes: str, no: str) -> None:
    class Speaking(Answers):
        flow = FLOW.replace("'en'", f"'{language}'")

    call = Speaking(languages=("zh", "en"))
    words = words_of(call.listening)
    assert (words["1"][0], words["2"][0]) == (yes, no)
    call.says("2")
    assert call.contact.variables["is_pleased"] is False
    call.hear_out()
    assert ("pleased", "next") in call.ways


def test_a_yes_that_is_not_sure_is_asked_back() -> None:
    call = Answers()
    unsure(call, "1")
    assert call.said == ["Are you pleased", "heard.en.wav", "<yes>", "heard-right.en.wav"]
    assert "is_pleased" not in call.contact.variables
    call.says("1")
    assert call.contact.variables["is_pleased"] is True


def test_what_is_neither_yes_nor_no_is_asked_again() -> None:
    call = Answers().says("", 0.0).hear_out()
    assert call.said == ["Are you pleased", "One or two", "Are you pleased"]
    call.says("1", 0.2).hear_out()
    call.key("2")
    assert call.contact.variables["is_pleased"] is False


def test_a_yes_confirms_digits_that_were_read_back() -> None:
    call = Answers().has_said("402")
    assert call.said[-1].endswith("Right")
    assert set(words_of(call.listening)) == {"1", "2"}
    call.says("1")
    assert call.contact.variables["account"] == "402"
    assert call.said[-1] == "Your PIN"


@pytest.mark.parametrize("how", ["no", "key", "silence"])
def test_digits_that_nobody_confirms_are_asked_for_again(how: str) -> None:
    call = Answers().has_said("402")
    before = len(call.said)
    if how == "no":
        call.says("2")
    elif how == "key":
        call.key("5")
    else:
        call.wait(8.5)
    assert call.said[before:] == ["Account"]


def test_a_yes_to_the_read_back_that_is_not_sure_is_asked_back_and_what_is_no_answer_has_it_said_once_more() -> None:
    call = Answers().has_said("402")
    read_back = call.said[-1]
    call.says("", 0.0).hear_out()
    assert call.said[-1] == read_back
    unsure(call, "1")
    assert call.said[-3:] == ["heard.en.wav", "<yes>", "heard-right.en.wav"]
    call.says("1")
    assert call.said[-1] == "Your PIN"
    again = Answers().has_said("402")
    for _ in range(2):
        again.says("", 0.0).hear_out()
    assert again.said[-1] == "Account"


def test_a_secret_is_confirmed_only_by_a_yes_that_is_sure() -> None:
    call = Answers().has_said("402").says("1")
    call.key("1234").hear_out()
    before = len(call.said)
    unsure(call, "1")
    assert call.said[before:] == ["Keep that PIN"]
    call.says("1")
    assert call.contact.variables["pin"] == "1234"
    assert call.said[-1] == "Goodbye"


def test_the_appliance_too_takes_a_yes_that_is_not_sure_only_twice() -> None:
    call = Talk().says("1")
    call.says("402").hear_out()
    for confidence in (0.5, 0.2):
        again = len(call.said)
        call.says("1", confidence).hear_out()
    assert call.said[again:] == ["No account", "Your account"]
    call.says("402").hear_out()
    call.says("1", 0.5).hear_out()
    call.says("1", 0.5)
    assert call.contact.variables["account"] == "402"


class Choosing(Talk):
    """A caller of a flow that is Python."""

    flow = """
flow  = "main"
start = "a"
[a]
call = "dice"
next = "release"
"""

    def __init__(self) -> None:
        self.got: list[object] = []

        async def dice(call: Call) -> None:
            words = {"en": {"1": ("billing",), "2": ("repair",)}}
            self.got.append(await call.menu(call.prompt("what"), "12", wait_s=5.0, retries=1, sorry=call.prompt("no"), words=words))
            self.got.append(await call.digits(call.prompt("code"), most=4, spoken=True))
            self.got.append(await call.yes_no(call.prompt("sure"), wait_s=5.0, retries=1, sorry=call.prompt("no")))

        prompts = {f"dice.{name}": prompt(name) for name in ("what", "code", "sure", "no")}
        super().__init__(scripts={"dice": dice}, gives={"dice": frozenset()}, prompts={**HEARD, **prompts})


def test_a_python_flow_takes_words_digits_and_yes_or_no() -> None:
    call = Choosing()
    assert words_of(call.listening) == {"1": ("billing",), "2": ("repair",)}
    call.says("2")
    assert call.listening is not None
    assert call.listening.most == 4
    call.says("4021").hear_out()
    assert call.said[-3:] == ["heard.en.wav", "<4 0 2 1>", "heard-right.en.wav"]
    call.says("1")
    assert call.said[-1] == "sure.en.wav"
    call.says("2")
    assert call.got == ["2", "4021", False]


def test_a_python_flow_asks_back_what_is_not_sure_and_says_what_is_wrong() -> None:
    call = Choosing()
    unsure(call, "1")
    assert call.said[-2:] == ["<billing>", "heard-right.en.wav"]
    call.says("2").hear_out()
    assert call.said[-2:] == ["no.en.wav", "what.en.wav"]
    call.says("", 0.0).hear_out()
    assert call.got == [None]
    call.says("40").hear_out()
    call.says("2").hear_out()
    assert call.got == [None, ""]
    call.says("1", 0.1).hear_out()
    assert call.said[-2:] == ["no.en.wav", "sure.en.wav"]
    call.wait(6.0)
    assert call.got == [None, "", None]


def test_keys_count_in_a_python_flow_beside_words() -> None:
    call = Choosing().hear_out()
    call.key("2").hear_out().key("40#").hear_out().key("1")
    assert call.got == ["2", "40", True]
