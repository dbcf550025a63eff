"""The monitor of ACD-10: whatever is broken in the core's memory is seen, alarmed and mended, and service goes on."""

import os
from collections.abc import Callable

import pytest
import trio
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule, run_state_machine_as_test
from trio.testing import MockClock

from appliance.core.agent import BUSY, AgentState
from appliance.core.contact import Contact, ContactState
from appliance.core.conversation import Party
from appliance.core.engine import Engine
from appliance.core.inputs import Heal
from appliance.core.leg import Leg, LegState
from appliance.core.records import Audit
from appliance.serve import _watch
from tests.core.machine import Centre
from tests.core.story import LINE, Story, mix, talking, together, with_queue

pytestmark = [pytest.mark.requirement("ACD-10")]

Fault = Callable[[Engine], bool]
"""Spoils the engine's memory in one way; False: there is nothing now that could be spoilt so."""
FAULTS: dict[str, Fault] = {}


def fault(spoil: Fault) -> Fault:
    FAULTS[spoil.__name__] = spoil
    return spoil


def contacts(engine: Engine, *states: ContactState) -> list[Contact]:
    return [contact for contact in engine.state.contacts.values() if contact.state in states]


def talks(engine: Engine) -> list[Contact]:
    return [contact for contact in contacts(engine, ContactState.CONNECTED, ContactState.OUTSIDE) if contact.parties]


@fault
def an_agent_is_busy_with_nothing(engine: Engine) -> bool:
    for agent in engine.state.agents.values():
        if agent.state in BUSY:
            agent.contact = "nowhere"
            return True
    return False


@fault
def a_contact_waits_nowhere(engine: Engine) -> bool:
    for contact in [contact for contact in contacts(engine, ContactState.QUEUED) if contact.lane is not None]:
        engine.state.queues[contact.queue].remove(contact)
        return True
    return False


@fault
def a_contact_waits_nowhere_and_is_thought_to_wait(engine: Engine) -> bool:
    for contact in [contact for contact in contacts(engine, ContactState.QUEUED) if contact.lane is not None]:
        lane = contact.lane
        engine.state.queues[contact.queue].remove(contact)
        contact.lane = lane
        return True
    return False


@fault
def a_contact_waits_in_two_queues(engine: Engine) -> bool:
    for contact in contacts(engine, ContactState.QUEUED, ContactState.CONNECTED):
        lane, relaxed = contact.lane, contact.relaxed
        other = next(queue for name, queue in engine.state.queues.items() if name != contact.queue)
        contact.relaxed = 0
        other.add(contact)
        contact.lane, contact.relaxed = lane, relaxed
        return True
    return False


@fault
def a_lane_is_out_of_order(engine: Engine) -> bool:
    for queue in engine.state.queues.values():
        for lane in queue.lanes.values():
            if len(lane.waiting) > 1:
                lane.waiting.reverse()
                return True
    return False


@fault
def an_offer_is_forgotten(engine: Engine) -> bool:
    for contact in contacts(engine, ContactState.OFFERED):
        contact.offers.clear()
        return True
    return False


@fault
def an_offer_is_made_to_somebody_else(engine: Engine) -> bool:
    for contact in contacts(engine, ContactState.OFFERED):
        contact.offers = dict.fromkeys(contact.offers, "1009")
        return True
    return False


@fault
def a_contact_is_forgotten(engine: Engine) -> bool:
    for id_, contact in engine.state.contacts.items():
        if contact.leg or contact.parties:
            if contact.script is not None:
                contact.script.close()
            for timer in (*contact.timers, contact.wait_timer, *(party.timer for party in contact.parties.values())):
                if timer is not None:
                    timer.cancel()
            del engine.state.contacts[id_]
            return True
    return False


@fault
def a_contact_has_ended_and_is_still_here(engine: Engine) -> bool:
    for contact in contacts(engine, ContactState.SELF_SERVICE, ContactState.CONNECTED):
        if contact.wait_timer is None and not contact.timers:
            contact.state = ContactState.ENDED
            return True
    return False


@fault
def a_customers_leg_is_another(engine: Engine) -> bool:
    for contact in engine.state.contacts.values():
        if contact.leg:
            contact.leg = "nobody"
            return True
    return False


@fault
def figures_of_a_queue_are_wrong(engine: Engine) -> bool:
    queue = next(iter(engine.state.queues.values()))
    queue.counted += 1
    queue.logged_in += 2
    queue.serving -= 1
    return True


@fault
def a_queue_rings_for_who_is_gone(engine: Engine) -> bool:
    next(iter(engine.state.queues.values())).ringing.append("0009-000009")
    return True


@fault
def the_free_are_forgotten(engine: Engine) -> bool:
    for queue in engine.state.queues.values():
        if queue.idle:
            queue.idle.clear()
            return True
    return False


@fault
def a_free_agent_does_not_count_as_free(engine: Engine) -> bool:
    for agent in engine.state.agents.values():
        if agent.entries:
            for name, entry in agent.entries.items():
                engine.state.queues[name].remove_idle(entry)
            agent.entries.clear()
            return True
    return False


@fault
def who_is_not_free_counts_as_free(engine: Engine) -> bool:
    for agent in engine.state.agents.values():
        if not agent.entries and agent.station:
            for rank, name in agent.ranks:
                entry = agent.entries[name] = (rank, 0.0, 0.0, engine.state.next_number(), agent.index)
                engine.state.queues[name].add_idle(entry)
            return True
    return False


@fault
def a_party_is_forgotten(engine: Engine) -> bool:
    for contact in talks(engine):
        del contact.parties[next(reversed(contact.parties))]
        return True
    return False


@fault
def a_party_has_no_leg(engine: Engine) -> bool:
    for contact in talks(engine):
        contact.parties["ghost"] = Party("ghost", "outside")
        return True
    return False


@fault
def a_party_is_in_a_room_that_nobody_has_opened(engine: Engine) -> bool:
    for contact in talks(engine):
        next(iter(contact.parties.values())).room = 7
        return True
    return False


@fault
def a_party_rings_without_an_end(engine: Engine) -> bool:
    for contact in talks(engine):
        for party in contact.parties.values():
            if party.timer is not None:
                party.timer.cancel()
                party.timer = None
                return True
    return False


@fault
def a_supervisor_watches_nobody(engine: Engine) -> bool:
    for contact in talks(engine):
        for party in contact.parties.values():
            if party.role == "supervisor":
                party.watches = "nobody"
                return True
    return False


@fault
def who_waits_is_in_a_conversation(engine: Engine) -> bool:
    for contact in contacts(engine, ContactState.QUEUED):
        if contact.leg:
            contact.parties[contact.leg] = Party(contact.leg, "customer")
            return True
    return False


@fault
def the_line_was_told_another_mix(engine: Engine) -> bool:
    for contact in talks(engine):
        contact.heard = dict.fromkeys(contact.parties, ("x",))
        return True
    return False


@fault
def a_leg_is_busy_at_a_station_that_is_gone(engine: Engine) -> bool:
    next(iter(engine.state.stations.values())).legs.append("ghost")
    return True


@fault
def a_station_is_free_while_its_phone_talks(engine: Engine) -> bool:
    for station in engine.state.stations.values():
        if station.legs:
            station.legs.clear()
            return True
    return False


@fault
def a_phone_does_not_know_its_agent(engine: Engine) -> bool:
    for station in engine.state.stations.values():
        if station.agent:
            station.agent = ""
            return True
    return False


@fault
def an_agent_does_not_know_his_phone(engine: Engine) -> bool:
    for agent in engine.state.agents.values():
        if agent.station and agent.state is AgentState.NOT_READY:
            agent.station = ""
            return True
    return False


@fault
def wrap_up_has_no_end(engine: Engine) -> bool:
    for agent in engine.state.agents.values():
        if agent.state is AgentState.WRAP_UP and agent.timer is not None:
            agent.timer.cancel()
            agent.timer = None
            return True
    return False


@fault
def an_offer_has_no_end(engine: Engine) -> bool:
    for agent in engine.state.agents.values():
        if agent.state in (AgentState.OFFERED, AgentState.RINGING) and agent.timer is not None:
            agent.timer.cancel()
            agent.timer = None
            return True
    return False


@fault
def seconds_of_an_agents_day_are_lost(engine: Engine) -> bool:
    for agent in engine.state.agents.values():
        if agent.station:
            agent.seconds[AgentState.READY] = agent.seconds.get(AgentState.READY, 0.0) - 5.0
            return True
    return False


# -- one by one ------------------------------------------------------------------------------------------------------------------------


def busy_centre() -> Story:
    """A bit of everything: a consultation being rung, a supervisor, somebody offered, two who wait, wrap-up, a pause, somebody free."""
    story = talking("1001", plan=with_queue(wrap_up_s=30.0)).log_in("1009", "1010", "1002")
    story.asks("1001", "listen", by="1009").skip()
    story.answers("1009").skip()
    story.asks("1001", "consult", "13900139000").skip()
    story.calls("b", "139").skip()
    story.answers("1002").skip()
    story.hangs_up("b").skip()
    story.settles() >> []  # 1002 in wrap-up
    story.log_in("1003").asks("1003", "log-in").calls("c", "137") >> ["call 1003", "music to c"]
    story.log_in("1004").asks("1004", "not-ready", reason="tea")
    story.calls("d", "136").skip()
    story.calls("e", "135").skip()
    return story


@pytest.mark.parametrize("name", list(FAULTS))
def test_each_fault_is_seen_alarmed_and_healed(name: str) -> None:
    story = busy_centre()
    engine = story.engine
    assert FAULTS[name](engine), "the centre has everything that can be spoilt"
    assert engine.check(), "it is seen"
    story << Heal()  # and `<<` finds every invariant in order again
    assert engine.state.alarms["invariants"].severity == "red"
    assert "are healed" in engine.state.alarms["invariants"].text
    assert [row for row in story.rows(Audit) if row.who == "monitor"], "what was done can be read"
    story.skip().several().settles().skip()
    before = len(engine.state.contacts)
    story.calls("z", "131").skip()
    assert len(engine.state.contacts) == before + 1
    story.at(story.now + 3601.0).skip()
    assert "invariants" not in engine.state.alarms, "it was long ago"


def test_nothing_happens_where_nothing_is_broken() -> None:
    story = busy_centre()
    story << Heal()
    assert story.actions == []
    assert story.engine.heal() == []


def test_the_smallest_repair_leaves_everybody_else_alone() -> None:
    story = talking("1001")
    story.log_in("1002").calls("b", "139").skip()
    story.answers("1002").skip()
    story.engine.state.contacts["0001-000001"].heard = {}
    story << Heal()
    story >> [together("a", "1001")]
    del story.engine.state.contacts["0001-000001"].parties[story.legs["1001"]]
    story << Heal()
    story >> ["stop a | 1001", mix(a=""), "music to a", "release 1001 TEMPORARY_FAILURE"]
    assert story.states("1001", "1002") == ["not-ready", "on-call"]
    assert story.engine.state.agents["1001"].reason == "healed"
    assert story.outcome(1).stage == "queued", "the customer is served by somebody else"


def test_who_waits_and_was_forgotten_keeps_the_place() -> None:
    story = Story().log_in("1001").asks("1001", "not-ready")
    for name in "abc":
        story.calls(name, "139").skip()
    contact = story.engine.state.contacts["0001-000001"]
    story.engine.state.queues["consult"].remove(contact)
    story << Heal()
    story.asks("1001", "ready")
    (ring,) = story.commands
    assert getattr(ring, "beside", "") == "a"
    story.skip()


def test_a_leg_of_nobody_is_released_and_its_contact_counts_as_lost() -> None:
    story = Story()
    story.engine.state.legs["x"] = Leg("x", LINE, LegState.UP, "caller", "0001-000009", 0.0)
    story.legs["x"] = "x"
    story << Heal()
    story >> ["release x TEMPORARY_FAILURE"]
    story.log_in("1001").asks("1001", "not-ready").calls("a").skip()
    story.engine.state.contacts["0001-000001"].leg = "gone"
    story << Heal()
    story >> ["release a TEMPORARY_FAILURE"]
    assert story.outcome(1).outcome == "lost"


def test_what_cannot_be_healed_stands_as_an_alarm(monkeypatch: pytest.MonkeyPatch) -> None:
    story = Story()
    with monkeypatch.context() as patched:
        patched.setattr(story.engine, "check", lambda: ["the moon is missing"])
        story.engine.handle(0.0, Heal())
    assert "1 still are: the moon is missing" in story.engine.state.alarms["invariants"].text
    story.at(7200.0)
    assert "invariants" in story.engine.state.alarms


def test_the_centre_looks_every_ten_seconds_while_it_serves() -> None:
    story = talking("1001")
    posted: list[object] = []

    class Shell:
        engine = story.engine

        def post(self, event: object) -> None:
            posted.append(event)

    async def watched_for(seconds: float) -> None:
        with trio.move_on_after(seconds):
            await _watch(Shell())  # type: ignore[arg-type] # as much of a shell as it needs

    def watch(seconds: float) -> None:
        trio.run(watched_for, seconds, clock=MockClock(autojump_threshold=0.0))

    watch(35.0)
    assert posted == []
    story.engine.state.contacts["0001-000001"].heard = {}
    watch(9.0)
    assert posted == []
    watch(15.0)
    assert posted == [Heal()]


# -- in the middle of anything ---------------------------------------------------------------------------------------------------------


class SpoiltCentre(Centre):
    """The centre of the interleavings, whose memory is spoilt now and then, and mended by the monitor."""

    @precondition(lambda self: self.open and self.engine.state.contacts)
    @rule(names=st.lists(st.sampled_from(sorted(FAULTS)), min_size=1, max_size=2, unique=True))
    def memory_is_spoilt(self, names: list[str]) -> None:
        if self.engine.adoption.pending:
            self.time_passes(0.0)
        there = set(self.engine.state.contacts)
        for name in names:
            FAULTS[name](self.engine)
        forgotten = {
            id_ for id_ in there if id_ not in self.engine.state.contacts or self.engine.state.contacts[id_].state.value == "ended"
        }
        self.feed(Heal())
        broken = self.engine.check()
        assert not broken, (names, broken)
        for id_ in forgotten & set(self.contacts) - self.ended:  # of these nothing was left that a row could have been written from
            self.ended.add(id_)


@pytest.mark.slow
def test_whatever_is_spoilt_in_whatever_state_is_healed_and_service_goes_on() -> None:
    deep = os.environ.get("HYPOTHESIS_PROFILE") == "deep"
    run_state_machine_as_test(
        SpoiltCentre,
        settings=settings(
            max_examples=3000 if deep else 150,
            stateful_step_count=60 if deep else 40,
            deadline=None,
            derandomize=not deep,
            database=None,
            phases=(Phase.generate, Phase.shrink),
            suppress_health_check=list(HealthCheck),
        ),
    )
