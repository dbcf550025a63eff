"""Agents' states at the phones of a switch and here are the same: whoever changed them, and whatever was missed while the link was down."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.core.agents.agent import AgentState
from appliance.core.engine import Engine
from appliance.core.inputs import AgentAsked, ClockSet, Input
from appliance.core.records import AgentState as AgentStateRow
from appliance.core.records import Audit
from hal.api import (
    AgentMode,
    AgentSeen,
    Alerted,
    Answered,
    Arrived,
    Capability,
    Cause,
    LineLost,
    LineOpened,
    Released,
    ShowAgent,
    StationRegistered,
)
from tests.core.playbook import EVERYTHING, MONDAY_8, Playbook, small_plan

pytestmark = pytest.mark.requirement("ACC-02")

LINE = "trunk"
ALL = ~Capability(0)
OUT, READY, PAUSE, AFTER = AgentMode.LOGGED_OUT, AgentMode.READY, AgentMode.NOT_READY, AgentMode.AFTER_CALL


class Phones(Playbook):
    """A centre at a switch: what it is told to show comes back as seen, as from a real one."""

    def __init__(self, capabilities: Capability = ALL) -> None:
        super().__init__(Engine(small_plan()))
        self.shown: dict[str, tuple[AgentMode, str]] = dict.fromkeys(self.engine.state.stations, (OUT, ""))
        self.told: list[ShowAgent] = []
        self.connected = False
        self._capabilities = capabilities
        self << ClockSet(MONDAY_8)
        self.connect()

    def connect(self) -> None:
        self.connected = True
        self.feed(LineOpened(LINE, self._capabilities.value))
        for station in self.shown:
            self.feed(StationRegistered(LINE, station, "switch"))
        for station in list(self.shown):  # each as it is when its turn comes
            mode, agent = self.shown[station]
            self.feed(AgentSeen(LINE, station, agent, mode))

    def cut(self) -> None:
        self.connected = False
        self.feed(LineLost(LINE, "the link is cut"))

    def presses(self, station: str, mode: AgentMode, agent: str, reason: str = "") -> "Phones":
        """Somebody presses a key of a phone; nobody learns of it while the link is down."""
        self.shown[station] = (mode, "" if mode is OUT else agent)
        if self.connected:
            self.feed(AgentSeen(LINE, station, agent, mode, reason))
        return self

    def asks(self, agent: str, what: str, reason: str = "", station: str = "") -> "Phones":
        self.feed(AgentAsked(agent, what, reason, station))
        return self

    def feed(self, event: Input) -> None:
        told = [command for command in self.give(event) if isinstance(command, ShowAgent)]
        self.skip()
        self.told += told
        assert len(self.told) < 1000, "the two sides never agree"
        for command in told:
            assert self.connected, "nothing can be shown without a link"
            self.shown[command.station] = (command.mode, "" if command.mode is OUT else command.agent)
            self.feed(AgentSeen(LINE, command.station, command.agent, command.mode, command.reason))

    def state(self, agent: str) -> AgentState:
        return self.engine.state.agents[agent].state

    def differing(self) -> list[str]:
        """Phones that show something else than the agent's state here; those on calls are not compared."""
        found = []
        for name, station in self.engine.state.stations.items():
            agent = self.engine.state.agents.get(station.agent)
            here = (OUT, "") if agent is None else (_MODES.get(agent.state), agent.id)
            there = self.shown[name]
            if here[0] is not None and (here[0] is not there[0] or there[1] not in ("", here[1])):
                found.append(f"{name}: {self.shown[name]} at the switch, {here} here")
        return found


_MODES = {
    AgentState.READY: READY,
    AgentState.WORKING: READY,
    AgentState.NOT_READY: PAUSE,
    AgentState.WRAP_UP: AFTER,
    AgentState.LOGGED_OUT: OUT,
}


def test_what_is_done_at_the_phone_is_done_here() -> None:
    phones = Phones()
    phones.presses("8001", READY, "1001")
    assert phones.state("1001") is AgentState.READY
    phones.presses("8001", PAUSE, "1001", "1")
    assert (phones.state("1001"), phones.engine.state.agents["1001"].reason) == (AgentState.NOT_READY, "1")
    phones.presses("8001", OUT, "1001")
    assert phones.state("1001") is AgentState.LOGGED_OUT
    assert not phones.told, "the phone shows it already"
    assert {row.who for row in phones.rows(Audit)} >= {"switch"}


def test_steps_on_the_way_are_not_shown() -> None:
    phones = Phones()
    phones.presses("8001", PAUSE, "1001")
    assert phones.state("1001") is AgentState.NOT_READY
    assert not phones.told, "he was ready for a moment, and a phone that is told so is ready for longer"


def test_who_logs_in_with_a_pause_is_offered_nothing_on_the_way() -> None:
    phones = Phones()
    for event in (Arrived(LINE, "a", "138", "95501"), Answered(LINE, "a")):
        phones.feed(event)
    phones.presses("8002", PAUSE, "1002", "4")
    agent = phones.engine.state.agents["1002"]
    assert (agent.state, agent.reason, agent.station) == (AgentState.NOT_READY, "4", "8002")
    assert not phones.rows(AgentStateRow) or {row.state for row in phones.rows(AgentStateRow)} == {"not-ready"}
    phones.presses("8002", PAUSE, "1002", "5")
    assert agent.reason == "4", "the switch says nothing new"


def test_what_is_done_at_the_seat_is_shown_at_the_phone_once() -> None:
    phones = Phones()
    phones.asks("1002", "log-in").asks("1002", "not-ready", "2").asks("1002", "ready").asks("1002", "ready").asks("1002", "log-out")
    assert [(command.station, command.agent, command.mode, command.reason) for command in phones.told] == [
        ("8002", "1002", READY, ""),
        ("8002", "1002", PAUSE, "2"),
        ("8002", "1002", READY, ""),
        ("8002", "1002", OUT, ""),
    ]


def test_who_sits_at_another_phone_is_shown_there() -> None:
    phones = Phones()
    phones.presses("8003", READY, "1001")
    assert (phones.state("1001"), phones.engine.state.agents["1001"].station) == (AgentState.READY, "8003")
    phones.presses("8002", READY, "1001")
    assert phones.engine.state.agents["1001"].station == "8002"
    assert phones.shown["8003"] == (OUT, ""), "nobody sits at two phones"


def test_a_phone_without_a_name_is_its_owners() -> None:
    phones = Phones()
    phones.feed(AgentSeen(LINE, "8001", "", READY))
    assert phones.state("1001") is AgentState.READY


def test_who_is_nobody_here_is_logged_out_at_the_phone() -> None:
    phones = Phones()
    phones.presses("8001", READY, "9999")
    assert phones.shown["8001"] == (OUT, "")
    assert any(row.what == "log-in refused" for row in phones.rows(Audit))


def on_call() -> Phones:
    """1001 has pressed ready and talks with a caller."""
    phones = Phones()
    phones.presses("8001", READY, "1001")
    for event in (Arrived(LINE, "a", "138", "95501"), Answered(LINE, "a")):
        phones.feed(event)
    phones.feed(Alerted(LINE, _leg(phones)))
    phones.feed(Answered(LINE, _leg(phones)))
    assert phones.state("1001") is AgentState.ON_CALL
    return phones


def _leg(phones: Phones) -> str:
    return next(leg.id for leg in phones.engine.state.legs.values() if leg.agent == "1001")


def hangs_up(phones: Phones) -> None:
    for leg in ("a", _leg(phones)):
        phones.feed(Released(LINE, leg))


def test_a_call_needs_no_key_and_paperwork_is_shown() -> None:
    phones = on_call()
    assert not phones.told, "the switch knows its calls"
    hangs_up(phones)
    assert phones.state("1001") is AgentState.WRAP_UP
    assert phones.shown["8001"] == (AFTER, "1001")
    phones.at(phones.now + 30) >> ShowAgent(LINE, "8001", "1001", READY)


def test_after_call_is_the_centres_to_say() -> None:
    phones = on_call()
    phones.presses("8001", AFTER, "1001")
    assert phones.state("1001") is AgentState.ON_CALL
    hangs_up(phones)
    assert phones.state("1001") is AgentState.WRAP_UP
    assert not phones.told, "the switch was first, and it is right"
    phones.at(phones.now + 30).skip()
    phones.presses("8001", AFTER, "1001")
    assert phones.shown["8001"] == (READY, "1001")


def test_a_pause_pressed_in_a_call_comes_after_it() -> None:
    phones = on_call()
    phones.presses("8001", PAUSE, "1001")
    assert phones.state("1001") is AgentState.ON_CALL
    hangs_up(phones)
    assert phones.state("1001") is AgentState.NOT_READY
    assert not phones.differing()


def test_a_moment_of_peace_is_no_pause() -> None:
    phones = Phones()
    phones.presses("8001", READY, "1001")
    for event in (Arrived(LINE, "a", "138", "95501"), Answered(LINE, "a")):
        phones.feed(event)
    phones.feed(Released(LINE, _leg(phones), Cause.NETWORK_OUT_OF_ORDER))  # the phone could not be rung
    assert phones.engine.state.agents["1001"].resting
    assert not phones.told


def test_what_was_done_at_the_phone_while_the_link_was_down_is_taken_over() -> None:
    phones = Phones()
    phones.presses("8001", READY, "1001").presses("8002", READY, "1002")
    phones.cut()
    phones.presses("8001", PAUSE, "1001").presses("8002", OUT, "1002")
    phones.connect()
    assert (phones.state("1001"), phones.state("1002")) == (AgentState.NOT_READY, AgentState.LOGGED_OUT)


def test_what_was_done_here_while_the_link_was_down_is_shown_when_it_is_up() -> None:
    phones = Phones()
    phones.presses("8001", READY, "1001").presses("8002", READY, "1002")
    phones.cut()
    phones.asks("1001", "not-ready", "3").asks("1002", "log-out").asks("1003", "log-in")
    assert not phones.told
    phones.connect()
    assert phones.shown["8001"] == (PAUSE, "1001")
    assert phones.shown["8002"] == (OUT, "")
    assert phones.shown["8003"] == (READY, "1003")
    assert not phones.differing()


def test_a_line_whose_phones_have_no_keys_is_told_nothing() -> None:
    phones = Phones(EVERYTHING)
    phones.asks("1001", "log-in").asks("1001", "not-ready")
    assert not phones.told


_STEPS = st.one_of(
    st.tuples(st.just("press"), st.sampled_from(["8001", "8002", "8003"]), st.sampled_from([OUT, READY, PAUSE, AFTER]),
              st.sampled_from(["1001", "1002", "1003", "", "9"])),
    st.tuples(st.just("ask"), st.sampled_from(["1001", "1002", "1003"]), st.sampled_from(["log-in", "ready", "not-ready", "log-out"]),
              st.sampled_from(["", "8001", "8002", "8003"])),
    st.tuples(st.just("cut"), st.none(), st.none(), st.none()),
    st.tuples(st.just("connect"), st.none(), st.none(), st.none()),
)  # fmt: skip


@given(st.lists(_STEPS, max_size=30))
def test_whatever_happens_both_sides_agree_when_the_link_is_up(steps: list[tuple[str, str, object, str]]) -> None:
    phones = Phones()
    for what, who, how, whom in steps:
        match what:
            case "press":
                assert isinstance(how, AgentMode)
                phones.presses(who, how, whom if how is not OUT else "")
            case "ask":
                phones.asks(who, str(how), station=whom if how == "log-in" else "")
            case "cut" if phones.connected:
                phones.cut()
            case "connect" if not phones.connected:
                phones.connect()
    if not phones.connected:
        phones.connect()
    assert not phones.differing()
