"""Agents' states between core and switch, step by step: what is a key, what is an echo, what is asked for again, and how often."""

import pytest

from hal.api import AgentMode, AgentSeen, Event, ShowAgent
from hal.csta.mapping import Ask, Mapping, Output, Say
from hal.csta.mapping.board import Setup
from hal.csta.messages import AgentEvent, AgentNotReadyEvent, GetAgentState, GetAgentStateResponse, Message, Party
from hal.csta.messages.agents import AgentInfo, AgentInfoItem, AgentStateEntry, AgentStateList
from hal.csta.notices import Answer, Heard, Opened, Snapshot, Watched
from tests.hal.csta.world import LINE

pytestmark = pytest.mark.requirement("ACC-02")


class Phone:
    """A mapping with one phone, whose agent is ready."""

    def __init__(self) -> None:
        self.mapping = Mapping(Setup(line=LINE, stations=frozenset({"8001"})))
        self.mapping.notice(0.0, Opened("1", "ed4"))
        self.mapping.notice(0.0, Watched("8001"))
        self.answers("agentReady")

    def is_asked(self) -> None:
        asked = [one.handle for one in self.mapping.notice(60.0, Snapshot("8001", (), of_all=True)) if isinstance(one, Ask)]
        assert asked == [("how", "8001")]

    def shows(self, mode: AgentMode) -> list[Output]:
        return self.mapping.submit(60.0, ShowAgent(LINE, "8001", "1001", mode))

    def presses(self, event: type[AgentEvent]) -> list[Event]:
        return said(self.mapping.notice(60.0, Heard(event("m", agent_device=Party("8001"), agent_id="1001"), "8001")))

    def answered(self, state: str) -> list[Output]:
        entry = AgentStateEntry(agent_id="1001", logged_on_state=True, agent_info=AgentInfo((AgentInfoItem(agent_state=state),)))
        return self.mapping.notice(60.0, Answer(("how", "8001"), GetAgentStateResponse(AgentStateList((entry,)))))

    def answers(self, state: str) -> list[Event]:
        return said(self.answered(state))


def said(outputs: list[Output]) -> list[Event]:
    return [one.event for one in outputs if isinstance(one, Say)]


def asked(outputs: list[Output]) -> list[Message]:
    return [one.request for one in outputs if isinstance(one, Ask)]


def test_what_is_wanted_of_a_phone_meanwhile_is_newer_than_an_answer_and_the_phone_is_asked_again() -> None:
    phone = Phone()
    phone.is_asked()
    phone.shows(AgentMode.READY)
    assert asked(outputs := phone.answered("agentNotReady")) == [GetAgentState("8001")]
    assert said(outputs) == []
    assert phone.answers("agentNotReady") == [AgentSeen(LINE, "8001", "1001", AgentMode.NOT_READY)]


def test_a_key_is_newer_than_an_answer_that_comes_late() -> None:
    phone = Phone()
    phone.is_asked()
    phone.presses(AgentNotReadyEvent)
    assert phone.answers("agentReady") == []


def test_only_a_look_at_all_devices_asks_for_states_again() -> None:
    phone = Phone()
    assert [one for one in phone.mapping.notice(60.0, Snapshot("8001", ())) if isinstance(one, Ask)] == []
