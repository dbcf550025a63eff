"""Texts that nobody knew before are read out: sentence by sentence, the next one being rendered while one is heard."""

import pytest

from appliance.core.actions import Render
from appliance.core.flows.speaking import sentences
from appliance.core.inputs import Rendered
from tests.core.walking import Walk

NEWS = """
flow  = "news"
start = "read"

[read]
set  = { answer = "'Your case is closed. The pipe was mended. Thank you for your call!'" }
say  = { zh = "结果{answer:text}完", en = "The result {answer:text} that is all" }
next = "ask"

[ask]
say       = { zh = "按一", en = "Press one" }
menu      = { 1 = "again" }
otherwise = "release"
retries   = 0
"""


def test_a_text_begins_with_a_clause_and_goes_on_in_sentences() -> None:
    text = "您的工单正在处理，工作人员已经联系过相关部门，答复会在三天内办理。我们会，如果可以，保留，全部记录。谢谢您。"
    assert sentences(text) == [
        "您的工单正在处理，", "工作人员已经联系过相关部门，", "答复会在三天内办理。", "我们会，如果可以，保留，全部记录。", "谢谢您。",
    ]  # fmt: skip
    assert sentences("Your order is on its way, we sent it this morning. Call again.") == [
        "Your order is on its way,", "we sent it this morning.", "Call again.",
    ]  # fmt: skip
    assert sentences("您好。您的工单已办结！谢谢") == ["您好。您的工单已办结！", "谢谢"], "a greeting is too short to render the next in"
    assert sentences(" ... ") == []


@pytest.mark.parametrize("long", ["很长的句子，" * 40, "很长" * 100, "a long word " * 50, "8" * 100, "x" * 400])
def test_nothing_is_lost_of_a_long_text_and_no_word_is_cut_that_need_not_be(long: str) -> None:
    pieces = sentences(long)
    assert "".join(pieces).replace(" ", "") == long.replace(" ", "")
    assert len(pieces) > 3
    assert all(piece.split()[-1] in ("a", "long", "word") for piece in pieces if " " in piece)


@pytest.mark.requirement("IVR-04")
def test_one_sentence_is_said_while_the_next_is_rendered() -> None:
    call = Walk(NEWS)
    assert (call.said, len(call.asked)) == (["The result"], 1), "the first while the words before it are heard"
    call.hear_out()
    for number, sentence in enumerate(("Your case is closed.", "The pipe was mended.", "Thank you for your call!")):
        asked = call.asked[number]
        assert isinstance(asked, Render)
        assert (asked.text, len(call.asked)) == (sentence, number + 1)
        assert asked.within_s == pytest.approx(1.0, abs=0.5), "by then something else is heard"
        call.give(Rendered(asked.token, sentence))
        assert call.said[-1] == sentence
        if number < 2:
            assert len(call.asked) == number + 2  # asked for while this one is heard
        call.hear_out()
    assert call.said[-2:] == ["that is all", "Press one"]


def test_a_key_ends_it_and_what_comes_late_is_not_said() -> None:
    call = Walk(NEWS).hear_out()
    call.key("1")
    assert call.said == ["The result", "Press one"]  # the rest is cut short, the key answers the menu, and that begins anew
    late = call.asked[0]
    assert isinstance(late, Render)
    call.give(Rendered(late.token, "late")).hear_out()
    assert "late" not in call.said


def test_speech_that_cannot_be_made_is_left_out() -> None:
    call = Walk(NEWS).hear_out()
    asked = call.asked[0]
    call.give(Rendered(asked.token, error="no voice"))
    call.wait(9.0)
    assert call.said == ["The result"]
    call.wait(2.0)  # the second did not come in time
    call.wait(15.0)
    assert call.said[1] == "that is all"
