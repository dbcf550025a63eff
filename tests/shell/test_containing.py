"""A failure of the core costs the call it is about at most: everybody else is served on, who asks is answered, operators learn of it."""

from collections.abc import Callable
from typing import Any

import pytest
import trio

from appliance.core.admission.admission import Admission
from appliance.core.agents.agent import AgentState
from appliance.core.calls import Calls
from appliance.core.inputs import AgentAsked, ClockSet, Input, Restored
from appliance.core.queues.offers import Offers
from appliance.core.records import Audit, CallEvent, Contact
from appliance.core.recovery.adoption import Adoption
from appliance.core.talks.control import Control
from appliance.core.talks.keys import Keys
from appliance.core.talks.recordings import Recordings
from appliance.core.talks.talks import Talks
from appliance.shell import Shell
from hal.api import (
    Adopted,
    Answered,
    Arrived,
    Command,
    DigitHeard,
    LineLost,
    LineOpened,
    Mix,
    Originate,
    PlayEnded,
    Reject,
    Release,
    Released,
    StationRegistered,
)
from tests.core.left import left_by
from tests.core.playbook import EVERYTHING
from tests.shell.test_shell import FakeLine, Rows, setup_of, shell

pytestmark = [pytest.mark.requirement("ACD-10"), pytest.mark.core_fails]

Centre = tuple[Shell, Rows, FakeLine]


class PlantedError(Exception):
    """What fails."""


def breaks(monkeypatch: pytest.MonkeyPatch, owner: type, name: str, about: str = "", *, after: bool = False) -> None:
    """From now on this method fails, where one of its arguments shows `about`: before it does anything, or when it has done all."""
    real: Callable[..., Any] = getattr(owner, name)

    def broken(*args: Any, **named: Any) -> Any:
        hit = any(about in repr(each) for each in args[1:])
        if hit and not after:
            raise PlantedError(about)
        result = real(*args, **named)
        if hit:
            raise PlantedError(about)
        return result

    monkeypatch.setattr(owner, name, broken)


def opened(left: Restored | None = None) -> Centre:
    made, rows = shell()
    made.now = lambda: 0.0
    line = FakeLine(setup_of(made))
    made.attach(line)
    for event in (ClockSet(0.0), left or Restored(1), LineOpened("trunk", EVERYTHING.value)):
        made.post(event)
    for station in made.engine.state.stations:
        made.post(StationRegistered("trunk", station, "127.0.0.1:5070"))
    return made, rows, line


def talking() -> Centre:
    """`a` talks with 1001, `b` with 1002."""
    made, rows, line = opened()
    for agent, leg in (("1001", "a"), ("1002", "b")):
        made.post(AgentAsked(agent, "log-in"))
        made.post(Arrived("trunk", leg, "138", "95501"))
        ring = next(each for each in reversed(line.commands) if isinstance(each, Originate))
        made.post(Answered("trunk", ring.leg))
        assert made.engine.state.agents[agent].state is AgentState.ON_CALL
    line.commands.clear()
    return made, rows, line


def leg_of(made: Shell, agent: str) -> str:
    return next(leg.id for leg in made.engine.state.legs.values() if leg.agent == agent)


def said(rows: Rows) -> list[str]:
    return [row.detail for row in rows.rows if isinstance(row, Audit) and row.who == "core"]


def about(commands: list[Command], leg: str) -> list[str]:
    return [type(each).__name__ for each in commands if getattr(each, "leg", "") == leg]


def test_a_key_on_which_the_core_fails_is_without_effect_and_is_shown_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    made, rows, line = talking()
    breaks(monkeypatch, Keys, "pressed")
    made.post(DigitHeard("trunk", leg := leg_of(made, "1001"), "7"))
    assert [line.commands, made.engine.check()] == [[], []]
    (what,) = said(rows)
    assert what.startswith(f"DigitHeard, line trunk, leg {leg}: PlantedError in test_containing.py:")
    assert "digit" not in what
    assert made.engine.state.alarms["core"].severity == "red"
    assert [row.what for row in rows.rows if isinstance(row, CallEvent)][-1] == "failed", "the call's story has it"
    assert len(made.engine.state.contacts) == 2


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("gone", ["a", "1001"])
def test_who_hangs_up_as_the_core_fails_is_gone_and_nobody_else(monkeypatch: pytest.MonkeyPatch, gone: str, after: bool) -> None:
    made, rows, line = talking()
    leg = "a" if gone == "a" else leg_of(made, gone)
    breaks(monkeypatch, Calls, "released", f"id='{leg}'", after=after)
    made.post(Released("trunk", leg))
    assert made.engine.check() == []
    assert leg not in made.engine.state.legs
    assert made.engine.state.agents["1002"].state is AgentState.ON_CALL, "the other call goes on"
    assert not about(line.commands, "b")
    assert len(said(rows)) == 1
    if gone == "a":
        assert [row.outcome for row in rows.rows if isinstance(row, Contact)][-1] == "answered"
        assert made.engine.state.agents["1001"].state is not AgentState.ON_CALL


def test_a_leg_that_nobody_could_go_on_with_is_released(monkeypatch: pytest.MonkeyPatch) -> None:
    made, rows, line = opened()
    breaks(monkeypatch, Offers, "answered")
    made.post(AgentAsked("1001", "log-in"))
    made.post(Arrived("trunk", "a", "138", "95501"))
    ring = next(each for each in line.commands if isinstance(each, Originate))
    made.post(Answered("trunk", ring.leg))
    assert about(line.commands, ring.leg) == ["Originate", "Release"]
    assert made.engine.check() == []
    assert [contact.leg for contact in made.engine.state.contacts.values()] == ["a"], "and the caller waits on"
    assert made.engine.state.agents["1001"].resting, "he has let nobody go by"
    assert len(said(rows)) == 1


@pytest.mark.parametrize(("part", "name"), [(Calls, "arrive"), (Admission, "enters")])
def test_a_caller_on_whose_arrival_the_core_fails_is_turned_away_and_the_next_served(
    monkeypatch: pytest.MonkeyPatch, part: type, name: str
) -> None:
    made, _, line = opened()
    with monkeypatch.context() as broken:
        breaks(broken, part, name)
        made.post(Arrived("trunk", "a", "138", "95500"))
    assert about(line.commands, "a") == ["Reject"]
    assert any(isinstance(each, Reject) for each in line.commands)
    made.post(Released("trunk", "a", by_far_end=False))
    assert not made.engine.state.contacts
    made.post(Arrived("trunk", "b", "138", "95500"))
    assert about(line.commands, "b") == ["Answer", "Play"]
    made.post(PlayEnded("trunk", "b", 0))


def test_what_was_decided_before_the_failure_is_performed(monkeypatch: pytest.MonkeyPatch) -> None:
    made, _, line = talking()
    breaks(monkeypatch, Recordings, "follow")
    made.post(AgentAsked("1001", "hold"))
    (mix,) = [each for each in line.commands if isinstance(each, Mix)]
    assert mix.hears["a"] == ()
    (contact,) = [contact for contact in made.engine.state.contacts.values() if contact.leg == "a"]
    assert contact.heard["a"] == (), "core and line agree"


async def test_who_asks_as_the_core_fails_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    made, _, _ = talking()
    breaks(monkeypatch, Control, "ask")
    with trio.fail_after(30.0):
        reply = await made.request(AgentAsked("1001", "hold"))
    assert "the core failed" in reply.error
    monkeypatch.undo()
    assert (await made.request(AgentAsked("1001", "hold"))).error == ""


def test_a_timer_that_fails_stops_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    made, rows, _ = talking()
    state, fired = made.engine.state, list[str]()

    def fails() -> None:
        raise PlantedError

    made.now = lambda: 5.0
    state.timers.set(4.0, fails)
    state.timers.set(4.5, lambda: fired.append("b"))
    made.tick()
    made.tick()
    assert fired == ["b"]
    assert said(rows)[0].startswith("a timer: PlantedError")


def test_a_line_that_is_lost_is_so_though_the_core_fails_on_a_call_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    made, rows, _ = talking()
    breaks(monkeypatch, Talks, "end")
    made.post(LineLost("trunk", "killed"))
    assert not made.engine.state.legs
    assert made.engine.check() == []
    assert not any(agent.state is AgentState.ON_CALL for agent in made.engine.state.agents.values())
    assert said(rows)


@pytest.mark.parametrize(("fails", "agent", "other"), [("a", "1001", "1002"), ("b", "1002", "1001")])
def test_after_a_restart_calls_are_taken_up_but_for_the_one_that_fails(
    monkeypatch: pytest.MonkeyPatch, fails: str, agent: str, other: str
) -> None:
    before, rows, _ = talking()
    left, legs = left_by(rows.rows), list(before.engine.state.legs.values())
    made, now, line = opened(left)
    for leg in legs:
        made.post(Adopted("trunk", leg.id, "138", "95501", True, leg.station))
    broken = next(contact.id for contact in left.contacts if contact.leg == fails)
    breaks(monkeypatch, Adoption, "_take_up_call", broken)
    made.post(AgentAsked("1003", "log-in"))
    assert made.engine.check() == []
    served = {contact.leg: contact.id for contact in made.engine.state.contacts.values()}
    assert served.keys() == {"a", "b"}
    assert [leg for leg, contact in served.items() if contact == "0002-000001"] == [fails], "he is served as if he came now"
    assert made.engine.state.agents[other].state is AgentState.ON_CALL
    assert not made.engine.adoption.pending
    assert [each.leg for each in line.commands if isinstance(each, Release)] == [leg.id for leg in legs if leg.agent == agent]
    assert [row.id for row in now.rows if isinstance(row, Contact) and row.outcome == "answered"] == [broken]
    assert len(said(now)) == 1


def test_too_many_failures_in_a_short_time_are_not_contained(monkeypatch: pytest.MonkeyPatch) -> None:
    made, rows, _ = talking()
    breaks(monkeypatch, Keys, "pressed")
    key = DigitHeard("trunk", leg_of(made, "1001"), "7")
    at = 0.0
    made.now = lambda: at
    for _ in range(9):
        made.post(key)
    at = 61.0  # long ago: they do not count any more
    for _ in range(9):
        made.post(key)
    with pytest.raises(PlantedError):
        made.post(key)
    made.post(key)  # it was drawn the consequence of: counting begins anew
    assert len(said(rows)) == 20


def test_a_core_that_cannot_take_up_the_last_run_does_not_go_on_without_it(monkeypatch: pytest.MonkeyPatch) -> None:
    made, _, _ = opened()

    def fails(_event: Input) -> None:
        raise PlantedError

    made.engine._handlers[Restored] = fails
    with pytest.raises(PlantedError):
        made.post(Restored(2))


def test_what_cannot_be_performed_costs_nothing_of_what_comes_after(monkeypatch: pytest.MonkeyPatch) -> None:
    breaks(monkeypatch, Rows, "put", "ani='139'")
    made, _, line = opened()
    with pytest.raises(PlantedError):
        made.post(Arrived("trunk", "a", "139", "95501"))
    assert about(line.commands, "a") == ["Answer"]
