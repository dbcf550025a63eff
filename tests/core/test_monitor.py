"""The monitor of ACD-10: whatever is broken in the core's memory is seen, alarmed and mended, and service goes on."""

import pytest
import trio
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule, run_state_machine_as_test
from trio.testing import MockClock

from appliance.core.inputs import Heal
from appliance.core.leg import Leg, LegState
from appliance.core.records import Audit
from appliance.serve import _watch
from tests.core.faults import FAULTS
from tests.core.machine import Centre
from tests.core.story import LINE, Story, mix, talking, together, with_queue
from tests.thorough import DEEP, by_profile

pytestmark = [pytest.mark.requirement("ACD-10")]

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


@pytest.mark.parametrize("name", list(FAULTS))
def test_each_fault_is_seen_too_where_all_is_looked_at_in_pieces(name: str) -> None:
    engine = busy_centre().engine
    for _ in range(7):
        assert engine.check_some(0.02) == []
    FAULTS[name](engine)
    whole = engine.check()
    found: list[str] = []
    for _ in range(2 * 51 + 2):  # what was looked at before is looked at again
        found += engine.check_some(0.02)
    assert set(found) == set(whole) != set()


def test_the_centre_looks_at_everything_within_ten_seconds_while_it_serves() -> None:
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
    watch(10.2)
    assert posted[:1] == [Heal()]


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
    run_state_machine_as_test(
        SpoiltCentre,
        settings=settings(
            max_examples=by_profile(50, 150, 3000),
            stateful_step_count=60 if DEEP else 40,
            deadline=None,
            derandomize=not DEEP,
            database=None,
            phases=(Phase.generate, Phase.shrink),
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.mark.parametrize("spoil", ["offer to an unknown agent", "unknown station", "unknown queue"])
def test_a_memory_that_names_what_is_not_there_is_an_alarm_and_ends_nothing(spoil: str) -> None:
    story = Story().log_in("1001")
    story.calls("a").skip()
    state = story.engine.state
    if spoil == "unknown station":
        state.agents["1001"].station = "nowhere"
    elif spoil == "unknown queue":
        state.agents["1001"].ranks = ((1, "nowhere"),)
    else:
        (contact,) = state.contacts.values()
        contact.offers = dict.fromkeys(contact.offers, "1999")
    assert story.engine.check()
    story.engine.handle(story.now, Heal())
    if story.engine.check():
        assert "invariants" in state.alarms


def test_healing_looks_at_each_conversation_once() -> None:
    """The cost of a repair grows with the number of conversations, not with its square: `check` is asked a few times in all."""
    story = talking("1001")
    asked = 0
    real = story.engine.check

    def counting() -> list[str]:
        nonlocal asked
        asked += 1
        return real()

    story.engine.check = counting  # type: ignore[method-assign] # it counts, and is itself again after the test
    story.engine.state.queues["consult"].counted += 1
    story.engine.handle(story.now, Heal())
    assert not real()
    assert asked <= 5
