"""Whatever computers ask and people do, in any order: the switch stays consistent, and its reports are a legal story for every monitor."""

import contextlib

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from sim.switch.calls import ConnectionID, State
from sim.switch.errors import Refused
from sim.switch.routing import Dialogue
from tests.sim.switch.small import PLAN, Small
from tests.thorough import by_profile

STATIONS = tuple(station.number for station in PLAN.stations)
NUMBERS = (*STATIONS, "7000", "7001", "7100", "7200", "0301234", "9999")
WAITING = {State.INITIATED, State.ALERTING, State.QUEUED, State.FAIL}


class Stories(RuleBasedStateMachine):
    """People with phones, the network, an agent's seat and a computer that routes."""

    @initialize()
    def begin(self) -> None:
        self.small = Small()
        self.switch = self.small.switch
        self.now = 0.0
        self.dialogues: list[Dialogue] = []
        self.ended = 0
        self.switch.routing.register(self, "7000")

    # --- sim.switch.routing.Router --------------------------------------------------------------------------------------------------

    def route_request(self, dialogue: Dialogue) -> None:
        self.dialogues.append(dialogue)

    def re_route(self, dialogue: Dialogue) -> None:
        assert dialogue in self.dialogues

    def route_used(self, dialogue: Dialogue, route: str) -> None:
        assert dialogue in self.dialogues

    def route_end(self, dialogue: Dialogue, error: Refused | None) -> None:
        self.dialogues.remove(dialogue)

    # --- what happens ---------------------------------------------------------------------------------------------------------------

    def connections(self, *states: State) -> list[ConnectionID]:
        every = [c for call in self.switch.calls.values() for c in call.connections.values()]
        return [c.id for c in every if not states or c.state in states]

    def pick(self, data: st.DataObject, *states: State) -> ConnectionID:
        """A connection, mostly one in these states."""
        likely = self.connections(*states) or self.connections()
        return data.draw(st.sampled_from([*likely, *self.connections(), ConnectionID("1", "8001")]))

    @rule(to=st.sampled_from((*NUMBERS, "95500")), ani=st.sampled_from(("", "0221")))
    def the_network_calls(self, to: str, ani: str) -> None:
        self.switch.arrives("T1", ani, to)

    @rule(station=st.sampled_from(STATIONS), number=st.sampled_from(NUMBERS))
    def a_phone_dials(self, station: str, number: str) -> None:
        self.switch.dials(station, number)

    @rule(data=st.data())
    def somebody_lifts(self, data: st.DataObject) -> None:
        if legs := list(self.switch.legs):
            self.switch.lifts(data.draw(st.sampled_from(legs)))

    @rule(data=st.data())
    def it_rings_in_the_network(self, data: st.DataObject) -> None:
        trunks = [leg for leg, there in self.switch.legs.items() if there[0].device.startswith("T1") and there[0].state is State.ALERTING]
        if trunks:
            self.switch.reached(data.draw(st.sampled_from(trunks)))

    @rule(data=st.data())
    def somebody_hangs_up(self, data: st.DataObject) -> None:
        if legs := list(self.switch.legs):
            self.switch.hangs_up(data.draw(st.sampled_from(legs)))

    @rule(seconds=st.sampled_from((0.5, 5.0, 20.0)))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds
        self.switch.tick(self.now)

    @rule(data=st.data(), station=st.sampled_from(STATIONS), number=st.sampled_from(NUMBERS), service=st.integers(0, 4))
    def the_computer_moves_a_call(self, data: st.DataObject, station: str, number: str, service: int) -> None:
        ask = self.small.ask
        with self.switch.turn(self.now), contextlib.suppress(Refused):
            if service == 0:
                ask.make_call(station, number, prompt=data.draw(st.booleans()))
            elif service == 1:
                ask.consultation_call(self.pick(data, State.CONNECTED), number)
            elif service == 2:
                ask.deflect_call(self.pick(data, State.ALERTING, State.QUEUED), number)
            elif service == 3:
                ask.single_step_transfer_call(self.pick(data, State.CONNECTED), number)
            else:
                ask.single_step_conference_call(self.pick(data, State.CONNECTED), station, silent=data.draw(st.booleans()))

    @rule(data=st.data(), service=st.integers(0, 5))
    def the_computer_asks_for_one_connection(self, data: st.DataObject, service: int) -> None:
        ask = self.small.ask
        services = (ask.answer_call, ask.hold_call, ask.retrieve_call, ask.clear_connection, ask.clear_call)
        wanted = (State.ALERTING, State.CONNECTED, State.HOLD, State.CONNECTED, State.CONNECTED, State.CONNECTED)
        with self.switch.turn(self.now), contextlib.suppress(Refused):
            id_ = self.pick(data, wanted[service])
            if service == 5:
                ask.generate_digits(id_, "1#")
            else:
                services[service](id_)

    @rule(data=st.data(), service=st.integers(0, 3))
    def the_computer_joins_calls(self, data: st.DataObject, service: int) -> None:
        ask = self.small.ask
        held = self.pick(data, State.HOLD)
        same = [id_ for id_ in self.connections(State.CONNECTED) if id_.device == held.device]
        active = data.draw(st.sampled_from(same or [held]))
        with self.switch.turn(self.now), contextlib.suppress(Refused):
            if service == 0:
                ask.transfer_call(held, active)
            elif service == 1:
                ask.conference_call(held, active)
            elif service == 2:
                ask.alternate_call(held, active)
            else:
                ask.reconnect_call(active, held)

    @rule(
        station=st.sampled_from(("8001", "8002")), state=st.sampled_from(("loggedOn", "loggedOff", "ready", "notReady", "workingAfterCall"))
    )
    def an_agent_changes_his_state(self, station: str, state: str) -> None:
        with self.switch.turn(self.now), contextlib.suppress(Refused):
            self.switch.agents.set_state(station, state, f"agent {station}" if state == "loggedOn" else "")

    @rule(station=st.sampled_from(STATIONS), comes_back=st.booleans())
    def a_phone_is_unplugged(self, station: str, comes_back: bool) -> None:
        self.switch.unplug(station)
        assert self.switch.is_idle(station)
        if comes_back:
            self.switch.plug_in(station)

    @rule(data=st.data(), route=st.sampled_from(NUMBERS), how=st.integers(0, 3))
    def the_computer_routes(self, data: st.DataObject, route: str, how: int) -> None:
        if not self.dialogues:
            return
        dialogue = data.draw(st.sampled_from(self.dialogues))
        with self.switch.turn(self.now):
            if how < 2:
                self.switch.routing.select(self, dialogue.cross_ref, route, used_wanted=how == 1)
            elif how == 2:
                self.switch.routing.reject(self, dialogue.cross_ref)
            else:
                self.switch.routing.end(self, dialogue.cross_ref)
                self.dialogues.remove(dialogue)

    # --- what always holds ----------------------------------------------------------------------------------------------------------

    @invariant()
    def every_connection_belongs_to_one_call(self) -> None:
        found = [c for call in self.switch.calls.values() for c in call.connections.values()]
        assert len(found) == len(set(found))
        for call in self.switch.calls.values():
            assert all(c.call is call and c.device == device for device, c in call.connections.items())
        by_leg = [c for there in self.switch.legs.values() for c in there]
        assert sorted(map(id, by_leg)) == sorted(id(c) for c in found if c.leg)
        for connection in found:
            assert (connection in self.switch.connections_of(connection.device)) is (
                connection.state is not State.FAIL or connection.leg > 0
            )

    @invariant()
    def a_phone_speaks_in_one_call(self) -> None:
        for station in STATIONS:
            states = [c.state for c in self.switch.connections_of(station) if c.state is not State.FAIL]
            assert states.count(State.CONNECTED) <= 1
            assert states.count(State.ALERTING) + states.count(State.INITIATED) <= 1
            assert not {State.ALERTING, State.INITIATED} & set(states) or len(states) == 1

    @invariant()
    def no_call_is_left_over(self) -> None:
        for call in self.switch.calls.values():
            if call.in_states(State.INITIATED) or call.in_states(State.FAIL) or call.lands_at:
                continue
            assert len(call.parties) >= 2, self.small.states(call.id)
            assert call.in_states(State.CONNECTED, State.HOLD), self.small.states(call.id)

    @invariant()
    def whoever_hears_is_in_the_same_call(self) -> None:
        for leg, there in self.switch.legs.items():
            hears = self.small.phones.hear.get(leg, frozenset())
            speaking = [c for c in there if c.state is State.CONNECTED]
            expected = {c.leg for mine in speaking for c in mine.call.in_states(State.CONNECTED) if c is not mine and not c.silent}
            assert hears == expected

    @invariant()
    def the_reports_tell_where_everything_is(self) -> None:
        everything = self.small.observers[0].states
        real = {c.id: c.state for call in self.switch.calls.values() for c in call.connections.values()}
        unseen = {id_ for id_ in real if id_.device.startswith("T1")} - set(everything)
        assert everything == {id_: state for id_, state in real.items() if id_ not in unseen}
        for observer in self.small.observers[1:]:
            mine = {id_: state for id_, state in real.items() if id_.device == observer.device}
            assert {id_: state for id_, state in observer.states.items() if id_.device == observer.device} == mine

    @invariant()
    def who_is_being_routed_waits_at_the_point(self) -> None:
        assert list(self.switch.routing.dialogues.values()) == self.dialogues
        for dialogue in self.dialogues:
            assert dialogue.call.connections["7000"].state is State.ALERTING

    def teardown(self) -> None:
        if hasattr(self, "small"):
            for leg in list(self.switch.legs):
                self.switch.hangs_up(leg)
            assert not self.switch.calls
            assert not self.switch.legs


@pytest.mark.requirement("ACC-02")
def test_every_story_is_consistent() -> None:
    run_state_machine_as_test(Stories, settings=settings(max_examples=by_profile(60, 400, 5000), stateful_step_count=30))
