"""Who keys nothing any more is led away, whatever lies between the questions that he does not answer; who is there is not."""

import pytest

from appliance.core.inputs import AgentAsked
from hal.api import Answered, RecordingEnded, Released, StationRegistered
from tests.core.walked import GATEWAYS, MENU, with_agent
from tests.core.walking import LINE, Walk

INNER = 'flow = "inner"\nstart = "m"\n[m]\nsay = { zh = "x", en = "In" }\nmenu = { 1 = "return" }\nretries = 0\notherwise = "return"\n'
SILENT_WAYS = {
    "flow": ('call = "inner"\nnext = "a"', INNER),
    "message": ('record = { zh = "x", en = "Speak", into = "it", max_s = 20 }\notherwise = "a"\nnext = "a"', ""),
    "announcement": ('next = "announcement:message-thanks"\nthen = "a"', ""),
    "another": ('next = "flow:g"', INNER.replace("inner", "g").replace('otherwise = "return"', 'otherwise = "flow:f"')),
    "queue": ('next = "queue:consult"\nthen = "a"\nfailed = "a"', ""),
}


@pytest.mark.requirement("IVR-02")
@pytest.mark.parametrize("way", SILENT_WAYS)
def test_nothing_on_the_way_from_menu_to_menu_keeps_a_silent_caller_for_ever(way: str) -> None:
    menu = 'flow = "f"\nstart = "a"\n[a]\nsay = { zh = "x", en = "Press" }\nmenu = { 0 = "a" }\nretries = 0\notherwise = "b"\n'
    does, other = SILENT_WAYS[way]
    call = Walk(f"{menu}[b]\n{does}\n", *filter(None, [other]), **GATEWAYS).hear_out()
    for _ in range(60):
        call.wait(6.5)
        if call.recording:  # nobody speaks, and the line ends it
            call.give(RecordingEnded(LINE, call.contact.recording, "message.wav", 20.0, 1)).hear_out()
    assert call.released, "who keys nothing for a minute is led away"
    assert any(left_by == "idle" for _, left_by in call.ways)


TALK = """
flow       = "f"
start      = "a"
everywhere = { 0 = "people" }
idle       = "bye"
[a]
say       = { zh = "x", en = "Press" }
menu      = { 1 = "a" }
wait_s    = 20
retries   = 1
otherwise = "a"
[people]
next = "queue:consult"
then = "a"
[bye]
say  = { zh = "x", en = "Goodbye" }
next = "release"
"""


@pytest.mark.requirement("IVR-02")
def test_who_has_talked_with_an_agent_is_there() -> None:
    call = Walk(TALK.replace('idle       = "bye"', 'idle       = "people"').partition("[bye]")[0], **GATEWAYS).hear_out()
    call.give(StationRegistered(LINE, "8001", "127.0.0.1"))
    call.give(AgentAsked("1001", "log-in", station="8001")).give(AgentAsked("1001", "ready"))
    call.wait(65)
    assert call.ways[-1] == ("a", "idle")
    leg = next(leg.id for leg in call.engine.state.legs.values() if leg.agent == "1001")
    call.give(Answered(LINE, leg)).wait(30)
    call.give(Released(LINE, leg)).wait(45)
    assert call.ways.count(("a", "idle")) == 1, "his time begins anew"
    call.wait(30)
    assert call.ways[-1] == ("a", "idle")
    assert not call.released, "and so does the way of who is idle"


@pytest.mark.requirement("IVR-02")
def test_the_time_of_a_talk_is_no_silence_when_the_agent_sends_the_caller_to_a_flow() -> None:
    call = Walk(TALK, **GATEWAYS).hear_out()
    with_agent(call)
    call.wait(300)
    call.give(AgentAsked("1001", "flow", to="f")).hear_out()
    call.wait(25)
    assert ("a", "idle") not in call.ways


@pytest.mark.requirement("IVR-02")
def test_the_time_in_a_queue_is_no_silence() -> None:
    call = Walk(TALK.replace("then = ", 'failed = "a"\nthen = '), **GATEWAYS).hear_out()
    call.give(StationRegistered(LINE, "8001", "127.0.0.1")).give(AgentAsked("1001", "log-in", station="8001"))
    call.key("0").wait(130)  # he is not ready, and 90 s is the longest that callers wait
    assert call.ways[1:] == [("people", "failed")]
    call.wait(30)
    assert ("a", "idle") in call.ways


@pytest.mark.requirement("IVR-02")
def test_who_keys_nothing_for_the_idle_time_is_released() -> None:
    text = MENU.replace('start      = "welcome"', 'start      = "welcome"\nidle_s = 10\nidle = "goodbye"')
    call = Walk(text, **GATEWAYS).wait(30)
    assert call.said == ["Hello", "Hello", "Goodbye"]
    assert call.ways[0] == ("welcome", "idle")
