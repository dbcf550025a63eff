"""Every interleaving: hypothesis drives the engine through arrivals, hang-ups, answers, time-outs, crashes, often at the same instant.

The machine plays a line that keeps its contract (each leg ends in exactly one Released, nothing is heard of it afterwards), with commands
taking effect late or never before the next input. What must hold is in `Engine.check` and in the invariants below. Races found elsewhere
are named tests in `test_races`.
"""

import pytest
from attrs import evolve
from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule

from appliance.core.agents.agent import AgentState
from appliance.core.engine import Engine
from appliance.core.inputs import (
    AgentAsked,
    ClockSet,
    Compare,
    ContactCame,
    ContactGone,
    CutOff,
    Drain,
    PinChecked,
    PlanChanged,
    Stored,
)
from appliance.core.plan import (
    Choice,
)
from hal.api import (
    Adopted,
    Alerted,
    Answered,
    Arrived,
    Cause,
    DigitHeard,
    HeldByFarEnd,
    LineLost,
    LineOpened,
    PlayEnd,
    PlayEnded,
    RecordingEnded,
    Released,
    RetrievedByFarEnd,
    StationRegistered,
    StationUnregistered,
    TransferAsked,
    Transferred,
)
from tests.core.left import left_by
from tests.core.machine_driven import Driven
from tests.core.machine_line import ABOUT, AGENTS, ALONE, ASKED, CODES, LINE, STATIONS, WATCHERS, WITH, Line, machine_plan
from tests.core.playbook import EVERYTHING, MONDAY_8


class Centre(Driven):
    """A small centre under every order of events."""

    def __init__(self) -> None:
        super().__init__()
        self.reopen()

    # -- callers

    @precondition(lambda self: self.open)
    @rule(
        dnis=st.sampled_from(["95500", "95501", "95501", "95502", "95503", "95503", "95504", "99999"]),
        ani=st.sampled_from(["13800138000", "13600136000", "13500135000", "", "139"]),
    )
    def arrive(self, dnis: str, ani: str) -> None:
        self.calls += 1
        leg = f"in{self.calls}"
        self.line.up[leg] = "arrived"
        self.feed(Arrived(LINE, leg, ani, dnis))

    @precondition(lambda self: self.open)
    @rule(
        code=st.sampled_from(CODES),
        station=st.sampled_from(STATIONS),
    )
    def dial_code(self, code: str, station: str) -> None:
        here = [leg for leg, at in self.line.station_of.items() if at == station]
        if not here or (len(here) == 1 and self.line.up[here[0]] == "up" and not code.startswith("*")):
            self.calls += 1
            leg = f"code{self.calls}"
            self.line.up[leg], self.line.station_of[leg] = "arrived", station
            self.feed(Arrived(LINE, leg, station, code, station=station))

    @precondition(lambda self: self.legs("answering", "dialling", "alerting"))
    @rule(data=st.data())
    def answered(self, data: st.DataObject) -> None:
        leg = self.pick(data, "answering", "dialling", "alerting")
        self.line.up[leg] = "up"
        self.feed(Answered(LINE, leg))

    @precondition(lambda self: self.legs("dialling"))
    @rule(data=st.data())
    def alerted(self, data: st.DataObject) -> None:
        leg = self.pick(data, "dialling")
        self.line.up[leg] = "alerting"
        self.feed(Alerted(LINE, leg))

    @precondition(lambda self: self.line.up)
    @rule(data=st.data(), cause=st.sampled_from([Cause.NORMAL_CLEARING, Cause.USER_BUSY, Cause.NO_ANSWER, Cause.NETWORK_OUT_OF_ORDER]))
    def far_end_releases(self, data: st.DataObject, cause: Cause) -> None:
        leg = data.draw(st.sampled_from(sorted(self.line.up)))
        self.line.gone(leg)
        self.feed(Released(LINE, leg, cause))

    @precondition(lambda self: self.line.releasing)
    @rule(data=st.data())
    def release_confirmed(self, data: st.DataObject) -> None:
        leg = data.draw(st.sampled_from(sorted(self.line.releasing)))
        self.line.gone(leg)
        self.feed(Released(LINE, leg, Cause.NORMAL_CLEARING, by_far_end=False))

    @precondition(lambda self: self.legs("up"))
    @rule(data=st.data(), digit=st.sampled_from("01234569#**"))
    def digit(self, data: st.DataObject, digit: str) -> None:
        self.feed(DigitHeard(LINE, self.pick(data, "up"), digit))

    @precondition(lambda self: self.line.plays)
    @rule(data=st.data(), end=st.sampled_from(PlayEnd))
    def play_ended(self, data: st.DataObject, end: PlayEnd) -> None:
        leg = data.draw(st.sampled_from(sorted(self.line.plays)))
        self.feed(PlayEnded(LINE, leg, self.line.plays.pop(leg), end))

    @precondition(lambda self: self.line.closing)
    @rule(seconds=st.sampled_from([0.2, 5.0]), error=st.sampled_from(["", "", "disk full"]))
    def recording_ended(self, seconds: float, error: str) -> None:
        self.feed(RecordingEnded(LINE, self.line.closing.pop(0), "r.wav", seconds, int(seconds * 16_000), error))

    @precondition(lambda self: self.line.up)
    @rule(data=st.data(), steps=st.integers(1, 6))
    def things_take_their_course(self, data: st.DataObject, steps: int) -> None:
        """Several steps of what usually comes next, so that calls get far enough for the rare things to matter."""
        for _ in range(steps):
            if data.draw(st.sampled_from([False, False, True])):
                self.line_lists(at_once=data.draw(st.booleans()))
            elif self.legs("answering", "dialling", "alerting"):
                self.answered(data)
            elif self.line.plays and data.draw(st.sampled_from([True, False])):
                self.play_ended(data, PlayEnd.COMPLETED)
            elif self.legs("up"):
                self.digit(data, data.draw(st.sampled_from("12")))

    @precondition(lambda self: self.open and self.line.up)
    @rule(at_once=st.booleans())
    def line_lists(self, at_once: bool) -> None:
        """Nothing is lost here but with a core that dies, and so nothing is made good (`keep` would see the alarm)."""
        if self.line.asked is None:
            self.feed(Compare())
            if not at_once:
                return
        for event in self.line.finishes():
            self.feed(event)
        self.feed(self.line.lists())

    # -- other media

    @rule(queue=st.sampled_from(["consult", "all", "nowhere"]), medium=st.sampled_from(["chat", "chat", "mail"]))
    def contact_comes(self, queue: str, medium: str) -> None:
        self.feed(ContactCame(medium, queue, "li@example.org"))

    def written(self) -> list[str]:
        return sorted(id_ for id_, contact in self.engine.state.contacts.items() if contact.medium != "voice")

    @precondition(lambda self: self.written())
    @rule(data=st.data())
    def contact_goes(self, data: st.DataObject) -> None:
        self.feed(ContactGone(data.draw(st.sampled_from(self.written()))))

    @precondition(lambda self: self.written())
    @rule(data=st.data(), agent=st.sampled_from(AGENTS), what=st.sampled_from(["accept", "accept", "decline", "finish"]))
    def at_the_seat(self, data: st.DataObject, agent: str, what: str) -> None:
        contact = self.engine.state.contacts[data.draw(st.sampled_from(self.written()))]
        self.feed(AgentAsked(contact.agent or agent, what, to=contact.id))

    # -- call control

    def somebody(self, data: st.DataObject) -> str:
        """An agent, mostly one who is in a call."""
        talks = [id_ for id_ in AGENTS if id_ in self.engine.state.agents and self.engine.state.agents[id_].state is AgentState.ON_CALL]
        return data.draw(st.sampled_from(talks if talks and data.draw(st.sampled_from([True, True, True, False])) else AGENTS))

    @rule(what=st.sampled_from(ALONE), data=st.data())
    def control(self, what: str, data: st.DataObject) -> None:
        self.feed(AgentAsked(self.somebody(data), what, token=1))

    @rule(data=st.data())
    def control_with(self, data: st.DataObject) -> None:
        what = data.draw(st.sampled_from(["consult", "consult", "consult", "dial", "transfer", *sorted(WITH)]))
        self.feed(AgentAsked(self.somebody(data), what, to=data.draw(st.sampled_from(WITH[what]))))

    @rule(by=st.sampled_from([*WATCHERS, *WATCHERS, "1002", "operator"]), what=st.sampled_from(ABOUT), data=st.data())
    def supervise(self, by: str, what: str, data: st.DataObject) -> None:
        to = data.draw(st.sampled_from(WITH[what])) if what in WITH else ""
        self.feed(AgentAsked(self.somebody(data), what, to=to, by=by))

    def picks_up(self, agent: str) -> None:
        """The phone that rings for an agent is answered, if there is one."""
        station = self.engine.state.agents[agent].station if agent in self.engine.state.agents else ""
        for leg in [leg for leg, at in self.line.station_of.items() if at == station]:
            if self.line.up[leg] in ("dialling", "alerting") and leg not in self.line.releasing:
                self.line.up[leg] = "up"
                self.feed(Answered(LINE, leg))

    @rule(data=st.data(), modes=st.tuples(*[st.sampled_from(["", "listen", "whisper", "barge"])] * len(WATCHERS)))
    def several_watch(self, data: st.DataObject, modes: tuple[str, ...]) -> None:
        """Supervisors come to one conversation, and pick up at once."""
        agent = self.somebody(data)
        for by, mode in zip(WATCHERS, modes, strict=True):
            if mode:
                self.feed(AgentAsked(agent, mode, by=by))
                self.picks_up(by)

    @rule(data=st.data(), to=st.sampled_from(AGENTS), together=st.booleans())
    def a_colleague_comes(self, data: st.DataObject, to: str, together: bool) -> None:
        """Somebody is asked for advice, picks up at once, and may stay."""
        agent = self.somebody(data)
        self.feed(AgentAsked(agent, "consult", to=to))
        self.picks_up(to)
        if together:
            self.feed(AgentAsked(agent, "conference"))

    @precondition(lambda self: self.legs("up"))
    @rule(data=st.data(), held=st.booleans())
    def phone_holds(self, data: st.DataObject, held: bool) -> None:
        leg = self.pick(data, "up")
        self.feed(HeldByFarEnd(LINE, leg) if held else RetrievedByFarEnd(LINE, leg))

    @precondition(lambda self: self.legs("up"))
    @rule(data=st.data(), to=st.sampled_from(["1002", "8003", "13900139000"]), attended=st.booleans())
    def phone_transfers(self, data: st.DataObject, to: str, attended: bool) -> None:
        leg = self.pick(data, "up")
        self.feed(TransferAsked(LINE, leg, to, self.pick(data, "up") if attended else ""))

    @precondition(lambda self: self.legs("up"))
    @rule(data=st.data(), to=st.sampled_from(["8002", "8003"]))
    def phone_has_transferred(self, data: st.DataObject, to: str) -> None:
        leg = self.pick(data, "up")
        self.feed(Transferred(LINE, leg, to))
        if leg in self.line.up:
            self.line.gone(leg)
            self.feed(Released(LINE, leg))

    @rule(seldom=st.integers(0, 3), without=st.sampled_from(["", "all", "1003"]))
    def plan_changes(self, seldom: int, without: str) -> None:
        if not seldom:
            plan = machine_plan()
            queues = {name: queue for name, queue in plan.queues.items() if name != without}
            agents = {
                id_: evolve(agent, groups={group: place for group, place in agent.groups.items() if group != without})
                for id_, agent in plan.agents.items()
                if id_ != without
            }
            numbers = {number: what for number, what in plan.numbers.items() if what.to.name != without}
            consult = evolve(queues["consult"], keys={"1": Choice("callback")})
            callers = {ani: evolve(caller, manager="") for ani, caller in plan.callers.items()}
            self.feed(PlanChanged(evolve(plan, queues={**queues, "consult": consult}, agents=agents, numbers=numbers, callers=callers)))

    # -- agents and phones

    @rule(
        agent=st.sampled_from(AGENTS),
        what=st.sampled_from(ASKED),
        station=st.sampled_from(["", *STATIONS]),
    )
    def ask(self, agent: str, what: str, station: str) -> None:
        self.feed(AgentAsked(agent, what, "tea" if what == "not-ready" else "", station))

    @rule()
    def all_come_to_work(self) -> None:
        for agent in AGENTS:
            self.feed(AgentAsked(agent, "log-in"))

    @rule(station=st.sampled_from(STATIONS), there=st.sampled_from([True, True, True, False]))
    def phone_comes_or_goes(self, station: str, there: bool) -> None:
        self.feed(StationRegistered(LINE, station, "127.0.0.1:5070") if there else StationUnregistered(LINE, station))

    @precondition(lambda self: self.pins)
    @rule(right=st.booleans())
    def pin_checked(self, right: bool) -> None:
        self.feed(PinChecked(self.pins.pop(0), right))

    # -- the machine room

    @precondition(lambda self: self.tokens)
    @rule(error=st.sampled_from(["", "", "disk full"]))
    def stored(self, error: str) -> None:
        self.feed(Stored(self.tokens.pop(0), error))

    @precondition(lambda self: self.open and self.line.up)
    @rule(data=st.data(), really=st.integers(0, 7))
    def worker_crashes(self, data: st.DataObject, really: int) -> None:
        if really:
            return
        dead = data.draw(st.lists(st.sampled_from(sorted(self.line.up)), unique=True, min_size=1))
        for leg in dead:
            self.line.gone(leg)
            self.feed(Released(LINE, leg, Cause.NETWORK_OUT_OF_ORDER))

    @precondition(lambda self: self.open)
    @rule(really=st.integers(0, 15))
    def line_lost(self, really: int) -> None:
        if really:
            return  # rare: it ends everything that makes the other rules interesting
        self.open = False
        self.line = Line()
        self.feed(LineLost(LINE, "killed"))
        assert not self.engine.state.legs

    @precondition(lambda self: not self.open)
    @rule()
    def reopen(self) -> None:
        self.open = True
        self.feed(LineOpened(LINE, EVERYTHING.value))
        for station in STATIONS:
            self.feed(StationRegistered(LINE, station, "127.0.0.1:5070"))

    @precondition(lambda self: self.open)
    @rule(really=st.integers(0, 3), unsaved=st.sampled_from([0, 0, 1, 4]), wait_s=st.sampled_from([0.0, 3.0]))
    def core_is_killed(self, really: int, unsaved: int, wait_s: float) -> None:
        """The core dies, the worker lives on; the newest rows may not have reached the disk. Its successor takes up what is left."""
        if really:
            return
        saved = self.rows[: len(self.rows) - unsaved]
        self.rows.clear()
        self.contacts.clear()
        self.ended.clear()
        self.tokens.clear()
        self.pins.clear()
        self.line.closing.clear()
        self.now += wait_s
        self.boots += 1
        for row in saved:
            self.keep(row)
        self.states = {agent: [] for agent in AGENTS}
        self.engine = Engine(machine_plan())
        self.feed(ClockSet(MONDAY_8 + self.now))
        left = left_by(saved, self.boots)
        agents = {id_: evolve(row, seconds="") for id_, row in left.agents.items()}  # this test's books begin anew, too
        self.feed(evolve(left, agents=agents))
        self.feed(LineOpened(LINE, EVERYTHING.value))
        for station in STATIONS:
            self.feed(StationRegistered(LINE, station, "127.0.0.1:5070"))
        self.line.releasing.clear()
        for leg, state in sorted(self.line.up.items()):
            answered = state == "up"
            if state == "answering":
                self.line.up[leg] = "arrived"
            self.feed(Adopted(LINE, leg, "13800138000", "95501", answered, self.line.station_of.get(leg, "")))

    @rule(wall=st.sampled_from([MONDAY_8, MONDAY_8 + 7200, MONDAY_8 - 3600]))
    def clock_is_set(self, wall: float) -> None:
        del wall  # the offset must not move agents' seconds in this test's books: the same wall time again
        self.feed(ClockSet(MONDAY_8 + self.now))

    @rule(seconds=st.sampled_from([0.0, 0.0, 1.0, 5.0, 10.0, 14.999, 15.0, 30.0, 90.0]))
    def time_passes(self, seconds: float) -> None:
        until = self.now + seconds
        while (deadline := self.engine.next_deadline()) <= until:
            self.now = max(self.now, deadline)  # after a restart something may have been due before it
            self.perform(self.engine.tick(self.now))
            broken = self.engine.check()
            assert not broken, broken
        self.now = until

    # -- what must hold

    @invariant()
    def nothing_is_wrong_inside(self) -> None:
        broken = self.engine.check()
        assert not broken, broken

    @invariant()
    def the_core_knows_exactly_the_legs_there_are(self) -> None:
        if self.open:
            assert set(self.engine.state.legs) == set(self.line.up)

    @invariant()
    def everybody_hears_whom_the_core_says(self) -> None:
        if self.open:
            for contact in self.engine.state.contacts.values():
                for leg, heard in contact.heard.items():
                    if self.line.up.get(leg) == "up":
                        assert self.stay(self.line.hears.get(leg, ())) == self.stay(heard)

    def stay(self, legs: tuple[str, ...]) -> list[str]:
        """Those of the legs that are there, and not about to go: who is let go is soon heard by nobody."""
        return [leg for leg in legs if leg in self.line.up and leg not in self.line.releasing]

    @invariant()
    def no_contact_is_lost(self) -> None:
        live = {id_ for id_, contact in self.engine.state.contacts.items() if not contact.internal}
        assert live | self.engine.adoption.unsettled >= set(self.contacts) - self.ended  # one is written only when its script begins

    @invariant()
    def agents_seconds_add_up(self) -> None:
        for id_, agent in self.engine.state.agents.items():
            rows = self.states[id_]
            if agent.state is not AgentState.LOGGED_OUT and rows:
                began = max(i for i in range(len(rows)) if i == 0 or rows[i - 1][1] == "logged-out")
                total = sum(agent.seconds.values()) + self.now - agent.since
                assert total == pytest.approx(self.now - rows[began][0], abs=1e-5)  # seconds since the epoch keep about 0.2 us

    def teardown(self) -> None:
        """Drain: whatever state all this led to, it ends, and nothing is left over."""
        self.time_passes(0.0)
        self.feed(CutOff() if self.calls % 2 else Drain())
        for _ in range(200):
            if self.engine.idle:
                break
            for leg in sorted(self.line.up):
                if leg in self.line.up:
                    self.line.gone(leg)
                    self.feed(Released(LINE, leg))
            while self.line.closing:
                self.feed(RecordingEnded(LINE, self.line.closing.pop(0), "r.wav", 5.0, 80_000))
            while self.tokens:
                self.feed(Stored(self.tokens.pop(0)))
            self.time_passes(30.0)
        left = {
            contact.id: (contact.state, contact.stage, contact.waiting, contact.parties) for contact in self.engine.state.contacts.values()
        }
        assert self.engine.idle, (left, self.engine.state.legs, self.engine.state.recordings)
        waiting = {contact.id for contact in self.engine.state.contacts.values() if contact.call_back or contact.medium != "voice"}
        assert set(self.contacts) == self.ended | waiting, (set(self.contacts) ^ (self.ended | waiting), self.engine.adoption.unsettled)
