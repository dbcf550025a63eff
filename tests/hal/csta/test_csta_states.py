"""Agents' states between core and switch, step by step: what is a key, what is an echo, what is asked for again, and how often."""

import pytest

from hal.api import AgentMode, AgentSeen, CommandFailed, Event, LineAlarm, ShowAgent
from hal.csta.mapping import Ask, Mapping, Output, Say
from hal.csta.mapping.board import Setup
from hal.csta.messages import (
    AgentBusyEvent,
    AgentEvent,
    AgentLoggedOffEvent,
    AgentNotReadyEvent,
    AgentReadyEvent,
    AgentWorkingAfterCallEvent,
    ConnectionID,
    CSTAErrorCode,
    GetAgentStateResponse,
    Party,
    SetAgentState,
)
from hal.csta.messages.agents import AgentInfo, AgentInfoItem, AgentStateEntry, AgentStateList
from hal.csta.notices import Answer, Heard, Notice, Opened, Refused, Snapshot, Unanswered, Watched
from tests.hal.csta.world import LINE

pytestmark = pytest.mark.requirement("ACC-02")

OUT, READY, PAUSE, AFTER = AgentMode.LOGGED_OUT, AgentMode.READY, AgentMode.NOT_READY, AgentMode.AFTER_CALL
NO = CSTAErrorCode(state_incompatibility="invalidDeviceState")
HOW = ("how", "8001")


class Phone:
    """A mapping with one phone, whose agent is ready; what is asked of the switch is kept until it is looked at."""

    def __init__(self, state: str = "agentReady") -> None:
        self.mapping = Mapping(Setup(line=LINE, stations=frozenset({"8001"})))
        self.asks: list[Ask] = []
        self.said: list[Event] = []
        self.hears(Opened("1", "ed4"))
        self.hears(Watched("8001"))
        self.answers(state)
        self.asked()
        self.told()

    def _keep(self, outputs: list[Output]) -> None:
        self.asks += [one for one in outputs if isinstance(one, Ask)]
        self.said += [one.event for one in outputs if isinstance(one, Say)]

    def hears(self, notice: Notice) -> None:
        self._keep(self.mapping.notice(60.0, notice))

    def is_to_show(self, mode: AgentMode, agent: str = "1001") -> None:
        self._keep(self.mapping.submit(60.0, ShowAgent(LINE, "8001", agent, mode)))

    def shows(self, event: type[AgentEvent], agent: str | None = "1001") -> None:
        self.hears(Heard(event("m", agent_device=Party("8001"), agent_id=agent), "8001"))

    def is_looked_at(self, *calls: str) -> None:
        self.hears(Snapshot("8001", tuple((ConnectionID(call, "8001"), "connected") for call in calls), of_all=True))

    def answers(self, state: str, agent: str | None = "1001") -> None:
        entry = AgentStateEntry(agent_id=agent, logged_on_state=True, agent_info=AgentInfo((AgentInfoItem(agent_state=state),)))
        self.hears(Answer(HOW, GetAgentStateResponse(AgentStateList((entry,)))))

    def refuses(self) -> None:
        """All that it was asked to show."""
        asks, self.asks = self.asks, []
        for one in asks:
            if isinstance(one.request, SetAgentState):
                self.hears(Refused(one.handle, NO))

    def asked(self) -> list[str]:
        """Since the last time: states asked for, and `?` for the question how it is."""
        asks, self.asks = self.asks, []
        return [one.request.requested_agent_state if isinstance(one.request, SetAgentState) else "?" for one in asks]

    def told(self) -> list[Event]:
        said, self.said = self.said, []
        return [event for event in said if not isinstance(event, CommandFailed)]


def test_what_is_wanted_of_a_phone_meanwhile_is_newer_than_an_answer_and_the_phone_is_asked_again() -> None:
    phone = Phone()
    phone.is_looked_at()
    phone.is_to_show(READY)
    phone.asked()
    phone.answers("agentNotReady")
    assert phone.asked() == ["?"]
    assert phone.told() == []
    phone.answers("agentNotReady")
    assert phone.told() == [AgentSeen(LINE, "8001", "1001", PAUSE)]


def test_a_key_is_newer_than_an_answer_that_comes_late() -> None:
    phone = Phone()
    phone.is_looked_at()
    phone.shows(AgentNotReadyEvent)
    assert phone.told() == [AgentSeen(LINE, "8001", "1001", PAUSE)]
    phone.answers("agentReady")
    assert phone.told() == []


def test_only_a_look_at_all_devices_asks_for_states_again_and_once() -> None:
    phone = Phone()
    phone.hears(Snapshot("8001", ()))
    assert phone.asked() == []
    phone.is_looked_at()
    assert phone.asked() == ["?"]
    phone.is_looked_at()
    assert phone.asked() == [], "it will be answered"
    phone.hears(Unanswered(HOW, "no answer"))
    phone.is_looked_at()
    assert phone.asked() == ["?"]


def test_steps_on_the_way_to_what_was_asked_for_are_no_keys() -> None:
    phone = Phone("agentNull")
    phone.is_to_show(READY)
    assert phone.asked() == ["loggedOn", "ready"]
    phone.shows(AgentNotReadyEvent)
    phone.shows(AgentReadyEvent)
    assert phone.told() == []
    phone.shows(AgentNotReadyEvent)
    assert phone.told() == [AgentSeen(LINE, "8001", "1001", PAUSE)], "and that is one"


def test_what_was_asked_for_long_ago_is_no_key_while_something_else_is_wanted() -> None:
    phone = Phone()
    phone.is_to_show(PAUSE)
    phone.is_to_show(AFTER)
    phone.shows(AgentReadyEvent)
    phone.shows(AgentNotReadyEvent)
    phone.shows(AgentWorkingAfterCallEvent)
    assert phone.told() == []
    phone.is_looked_at()
    phone.asked()
    phone.answers("agentWorkingAfterCall")
    assert (phone.asked(), phone.told()) == ([], [])


def test_a_step_that_was_the_last_is_asked_for_the_rest() -> None:
    phone = Phone("agentNull")
    phone.is_to_show(READY)
    phone.shows(AgentNotReadyEvent)
    phone.asked()
    phone.is_looked_at()
    phone.asked()
    phone.answers("agentNotReady")
    assert (phone.asked(), phone.told()) == (["ready"], [])


def test_a_key_ends_what_was_wanted() -> None:
    phone = Phone()
    phone.is_to_show(OUT)
    phone.refuses()
    phone.shows(AgentNotReadyEvent)
    assert phone.told() == [AgentSeen(LINE, "8001", "1001", PAUSE)]
    phone.is_looked_at()
    phone.asked()
    phone.answers("agentNotReady")
    assert (phone.asked(), phone.told()) == ([], [])


def test_a_key_that_was_pressed_before_the_switch_did_what_it_was_asked_for() -> None:
    phone = Phone()
    phone.is_to_show(PAUSE)
    phone.shows(AgentWorkingAfterCallEvent)
    phone.shows(AgentNotReadyEvent)
    assert phone.told() == [AgentSeen(LINE, "8001", "1001", mode) for mode in (AFTER, PAUSE)], "so the phone shows it in the end"


def test_a_key_is_told_though_the_phone_was_not_looked_at_yet() -> None:
    phone = Phone()
    phone.mapping = Mapping(Setup(line=LINE, stations=frozenset({"8001"})))
    phone.shows(AgentReadyEvent)
    assert phone.told() == [AgentSeen(LINE, "8001", "1001", READY)]


def test_nobody_is_nobody_whoever_it_was() -> None:
    phone = Phone()
    phone.is_to_show(OUT, "1002")
    phone.shows(AgentLoggedOffEvent)
    phone.asked()
    phone.is_looked_at()
    phone.hears(Refused(HOW, NO))
    assert (phone.asked(), phone.told()) == (["?"], []), "nothing is wanted any more"
    phone.is_looked_at()
    phone.asked()
    info = AgentInfo((AgentInfoItem(agent_state="agentNotReady"),))
    entry = AgentStateEntry(agent_id="1001", logged_on_state=False, agent_info=info)
    phone.hears(Answer(HOW, GetAgentStateResponse(AgentStateList((entry,)))))
    assert (phone.asked(), phone.told()) == ([], [])


def test_what_was_refused_is_a_key_when_it_comes() -> None:
    phone = Phone("agentNull")
    phone.is_to_show(READY)
    phone.refuses()
    phone.shows(AgentNotReadyEvent)
    assert phone.told() == [AgentSeen(LINE, "8001", "1001", PAUSE)], "he has logged on himself"


def test_a_key_that_was_found_ends_what_was_wanted() -> None:
    phone = Phone()
    phone.is_to_show(OUT)
    phone.refuses()
    phone.answers("agentNotReady")
    assert phone.told() == [AgentSeen(LINE, "8001", "1001", PAUSE)]
    phone.is_looked_at()
    phone.asked()
    phone.answers("agentNotReady")
    assert (phone.asked(), phone.told()) == ([], [])


def test_an_echo_that_never_came_hides_no_key_for_long() -> None:
    phone = Phone()
    phone.is_to_show(PAUSE)
    phone.is_to_show(AFTER)
    phone.is_looked_at()
    phone.answers("agentWorkingAfterCall")
    phone.shows(AgentNotReadyEvent)
    assert phone.told() == [AgentSeen(LINE, "8001", "1001", PAUSE)]


def test_a_key_taken_for_an_echo_is_seen_with_the_next_look() -> None:
    phone = Phone()
    phone.is_to_show(READY)
    phone.is_to_show(PAUSE)
    phone.is_to_show(READY)
    phone.shows(AgentReadyEvent)
    phone.shows(AgentNotReadyEvent)
    assert phone.told() == []
    phone.is_looked_at()
    phone.answers("agentNotReady")
    assert phone.told() == [AgentSeen(LINE, "8001", "1001", PAUSE)]


def test_what_a_switch_does_not_do_is_asked_for_three_times_and_an_alarm_tells_of_it() -> None:
    phone = Phone()
    phone.is_to_show(PAUSE)
    assert phone.asked() == ["notReady"]
    for tries in (2, 3):
        phone.is_looked_at()
        phone.answers("agentReady")
        assert phone.asked() == ["?", "notReady"], f"try {tries}"
        assert phone.told() == []
    phone.is_looked_at()
    phone.answers("agentReady")
    assert phone.asked() == ["?"]
    (alarm,) = phone.told()
    assert isinstance(alarm, LineAlarm)
    assert (alarm.source, alarm.cleared) == ("agent at 8001", False)
    assert alarm.text == "the phone 8001 does not show 1001 as not ready: the switch says nothing"
    phone.is_looked_at()
    phone.answers("agentReady")
    assert (phone.asked(), phone.told()) == (["?"], []), "once is enough"
    phone.hears(Watched("8001"))
    phone.answers("agentReady")
    assert phone.asked() == ["?", "notReady"], "it is worth a try when the link is up again"
    phone.shows(AgentNotReadyEvent)
    (over,) = phone.told()
    assert isinstance(over, LineAlarm)
    assert (over.source, over.cleared) == ("agent at 8001", True)
    phone.shows(AgentReadyEvent)
    assert phone.told() == [AgentSeen(LINE, "8001", "1001", READY)], "and that is all"


def test_the_next_change_is_tried_anew() -> None:
    phone = Phone()
    phone.is_to_show(PAUSE)
    for _ in range(3):
        phone.is_looked_at()
        phone.answers("agentReady")
    phone.asked()
    phone.is_to_show(AFTER)
    phone.is_looked_at()
    phone.answers("agentReady")
    assert phone.asked() == ["workingAfterCall", "?", "workingAfterCall"]
    phone.is_looked_at()
    phone.answers("agentReady")
    phone.is_looked_at()
    phone.answers("agentReady")
    texts = [event.text for event in phone.told() if isinstance(event, LineAlarm)]
    assert [text.partition(" as ")[2] for text in texts] == [f"{what}: the switch says nothing" for what in ("not ready", "after call")]


def test_after_a_refusal_the_phone_is_looked_at_at_once_and_the_alarm_says_why() -> None:
    phone = Phone("agentNull")
    phone.is_to_show(READY)
    phone.refuses()
    phone.answers("agentNull")
    phone.is_to_show(READY)
    phone.refuses()
    assert phone.asked() == ["?"]
    phone.answers("agentNull")
    phone.refuses()
    assert phone.asked() == [], "there is time for another try"
    phone.is_looked_at()
    phone.answers("agentNull")
    phone.is_looked_at()
    phone.answers("agentNull")
    (alarm,) = phone.told()
    assert isinstance(alarm, LineAlarm)
    assert alarm.text.endswith("does not show 1001 as ready: state incompatibility: invalidDeviceState")


def test_the_alarm_does_not_tell_of_what_was_refused_before() -> None:
    phone = Phone()
    phone.is_to_show(OUT)
    phone.refuses()
    phone.answers("agentReady")
    phone.is_to_show(PAUSE)
    for _ in range(3):
        phone.is_looked_at()
        phone.answers("agentReady")
    (alarm,) = phone.told()
    assert isinstance(alarm, LineAlarm)
    assert alarm.text.endswith("as not ready: the switch says nothing")


def test_a_phone_in_a_call_is_not_asked_again_and_that_is_no_try() -> None:
    phone = Phone("agentNotReady")
    phone.is_to_show(OUT)
    phone.refuses()
    phone.asked()
    for _ in range(5):
        phone.is_looked_at("77")
        phone.answers("agentNotReady")
        assert (phone.asked(), phone.told()) in ((["?"], []), ([], []))
    phone.is_looked_at()
    phone.answers("agentNotReady")
    assert phone.asked() == ["?", "loggedOff"]


def test_after_a_call_a_phone_is_looked_at_if_something_is_wanted() -> None:
    phone = Phone("agentNotReady")
    talks = Snapshot("8001", ((ConnectionID("77", "8001"), "connected"),))
    phone.hears(talks)
    phone.hears(Snapshot("8001", ()))
    assert phone.asked() == []
    phone.hears(talks)
    phone.is_to_show(OUT)
    phone.refuses()
    phone.answers("agentNotReady")
    phone.asked()
    phone.hears(Snapshot("8001", ()))
    assert phone.asked() == ["?"]


def test_how_a_phone_is_after_a_call_is_nobodys_key_if_it_was_so_before() -> None:
    phone = Phone()
    phone.shows(AgentBusyEvent)
    phone.shows(AgentReadyEvent)
    assert phone.told() == []
    phone.shows(AgentBusyEvent)
    phone.is_to_show(OUT)
    phone.refuses()
    phone.answers("agentBusy")
    phone.shows(AgentReadyEvent)
    assert phone.told() == [], "he stays logged out here"
    phone.asked()
    phone.is_looked_at()
    phone.answers("agentReady")
    assert phone.asked() == ["?", "loggedOff"]
    phone.shows(AgentLoggedOffEvent)
    assert phone.told() == []


def test_a_switch_that_cannot_say_how_a_phone_is_is_asked_for_what_is_wanted_all_the_same() -> None:
    phone = Phone()
    phone.is_looked_at()
    phone.hears(Refused(HOW, NO))
    assert phone.asked() == ["?"]
    phone.is_to_show(PAUSE)
    phone.refuses()
    phone.hears(Refused(HOW, NO))
    assert phone.asked() == ["?", "notReady"]
    phone.is_looked_at()
    phone.hears(Unanswered(HOW, "no answer"))
    assert phone.asked() == ["?"], "that says nothing"
    phone = Phone("agentNull")
    phone.is_to_show(READY)
    phone.refuses()
    phone.hears(Refused(HOW, NO))
    assert phone.asked() == ["?", "loggedOn", "ready"]


def test_a_switch_may_not_say_who_is_logged_on() -> None:
    phone = Phone()
    phone.is_to_show(PAUSE)
    phone.shows(AgentNotReadyEvent, agent=None)
    phone.is_looked_at()
    phone.answers("agentNotReady", agent=None)
    assert (phone.asked(), phone.told()) == (["notReady", "?"], [])


def test_who_sat_at_the_phone_before_is_logged_off_first_and_once() -> None:
    phone = Phone()
    phone.is_to_show(PAUSE, "1002")
    assert phone.asked() == ["loggedOff", "loggedOn", "notReady"]
    phone.is_to_show(READY, "1002")
    assert phone.asked() == ["ready"], "he is logged on by now, or about to be"


def test_another_agent_at_the_phone_is_news() -> None:
    phone = Phone()
    phone.is_looked_at()
    phone.answers("agentReady", agent="1002")
    assert phone.told() == [AgentSeen(LINE, "8001", "1002", READY)]


def test_what_is_wanted_before_the_phone_was_ever_looked_at_is_asked_for_and_the_phone_is_right() -> None:
    phone = Phone()
    phone.mapping = Mapping(Setup(line=LINE, stations=frozenset({"8001"})))
    phone.is_to_show(READY)
    phone.hears(Watched("8001"))
    assert phone.asked() == ["loggedOn", "ready", "?"]
    phone.answers("agentNotReady")
    assert phone.told()[1:] == [AgentSeen(LINE, "8001", "1001", PAUSE)]
