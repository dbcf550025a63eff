"""Agents' states here and at the switch agree in the end, whatever agents do at seats and phones, calls come, and becomes of the link.

While something goes wrong they may differ, and who wins may be a matter of luck; afterwards, with nobody doing anything, both sides say the
same within two looks at all phones, and nothing goes to and fro between them.
"""

from contextlib import suppress

import pytest
from attrs import evolve
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hal.api import LineAlarm, ShowAgent
from sim.switch.errors import Refused
from sim.switch.mischief import Late, Lose, Twice
from tests.hal.csta.centre import Centre
from tests.hal.csta.world import PHONES, World
from tests.thorough import by_profile

pytestmark = pytest.mark.requirement("ACC-02")

AGENTS = ("1001", "1002", "1003")
AT_THE_SEAT = ("log-in", "ready", "not-ready", "log-out", "log-out")
KEYS = ("ready", "notReady", "workingAfterCall", "loggedOff", "loggedOn")
CALLS = ("call", "dials", "hangs_up", "answers")
LINK = ("cut", "mend", "mend", "restart", "restart with calls")
SHOWN = {"ready": "ready", "working": "ready", "not-ready": "notReady", "wrap-up": "workingAfterCall", "logged-out": "loggedOff"}
SETTLES_S = 250.0

ACTS = st.tuples(
    st.one_of(
        st.tuples(st.just("seat"), st.sampled_from(AT_THE_SEAT)),
        st.tuples(st.just("key"), st.sampled_from(KEYS)),
        st.tuples(st.just("calls"), st.sampled_from(CALLS)),
        st.tuples(st.just("link"), st.sampled_from(LINK)),
    ),
    st.integers(0, 2),
    st.sampled_from((0.0, 0.0, 0.02, 0.3, 2.0, 7.0)),
)
KINDS = st.sampled_from(
    ("AgentReady", "AgentNotReady", "AgentLoggedOn", "AgentLoggedOff", "AgentBusy", "SetAgentStateResponse", "GetAgentStateResponse",
     "ConnectionCleared", "events", "answers")
)  # fmt: skip
CHANCES = st.sampled_from((0.3, 1.0))
MISCHIEF = st.one_of(
    st.builds(lambda kind, chance: Lose(kinds=(kind,), chance=chance), KINDS, CHANCES),
    st.builds(lambda kind, chance: Twice(kinds=(kind,), chance=chance), KINDS, CHANCES),
    st.builds(lambda kind, chance, by_s: Late(kinds=(kind,), chance=chance, by_s=by_s), KINDS, CHANCES, st.sampled_from((0.1, 1.5, 7.0))),
)


class Day:
    """What three agents live through."""

    def __init__(self, world: World) -> None:
        self.world, self.centre, self.callers = world, Centre(world), 0

    def act(self, what: str, how: str, which: int) -> None:
        phone, switch = PHONES[which], self.world.cti.switch
        with suppress(Refused):  # a phone's user hears a tone
            if what == "seat":
                self.centre.asks(AGENTS[which], how)
            elif what == "key":
                with switch.turn(self.world.env.now):
                    switch.agents.set_state(phone, how, AGENTS[which])
                self.world.cti.changed()
            elif how == "call":
                self.callers += 1
                self.world.calls(f"caller{self.callers}", str(13000 + self.callers))
            elif how == "dials":
                switch.dials(phone, PHONES[(which + 1) % 3])
                self.world.cti.changed()
            elif what == "calls":
                person = self.world.people.get(f"station:{phone}")
                if person is not None:
                    (person.leg.hang_up if how == "hangs_up" else person.leg.answer)()
            elif how in ("cut", "mend"):
                getattr(self.world, how)()
            else:
                self.world.cti.tick(self.world.env.now)
                self.world.cti.restart(3.0, keeps_calls=how == "restart with calls")

    async def all_hang_up(self) -> None:
        """Nobody is in a call any more."""
        for person in list(self.world.people.values()):
            if hasattr(person, "leg"):
                person.leg.hang_up()
        await self.world.wait(1)
        for phone in PHONES:
            for connection in self.world.cti.switch.connections_of(phone):
                with suppress(Refused):
                    self.world.service("clear_connection", connection.id)

    def differing(self) -> list[str]:
        """Phones that show something else than is known here."""
        found = []
        for name in PHONES:
            agent = self.centre.engine.state.agents.get(self.centre.engine.state.stations[name].agent)
            here = (SHOWN.get(agent.state.value, agent.state.value), agent.id) if agent is not None else ("loggedOff", "")
            at = self.world.cti.switch.agents.logged_on.get(name)
            there = (at.state, at.id) if at is not None else ("loggedOff", "")
            if here != there:
                found.append(f"{name}: {here} here, {there} at the switch")
        return found


def lives(acts: list[tuple[tuple[str, str], int, float]], mischief: list[Late | Lose | Twice]) -> None:
    """One such day."""

    async def story(world: World) -> None:
        day = Day(world)
        for (what, how), which, wait_s in acts:
            day.act(what, how, which)
            if wait_s:
                await world.wait(wait_s)
        world.mend()
        await world.wait(SETTLES_S)
        await day.all_hang_up()
        await world.wait(SETTLES_S)
        assert day.differing() == []
        submit, asked = world.line.submit, list[ShowAgent]()
        world.line.submit = lambda command: asked.append(command) if isinstance(command, ShowAgent) else submit(command)  # type: ignore[method-assign]
        await world.wait(SETTLES_S)
        assert asked == [], "both are at rest"
        alarms = {event.source: event for event in world.events if isinstance(event, LineAlarm) and event.source.startswith("agent")}
        assert not [one.text for one in alarms.values() if not one.cleared], "nobody is told of what is over"

    until = 1.0 + sum(wait_s for _, _, wait_s in acts)
    World(mischief=tuple(evolve(rule, until_s=until) for rule in mischief)).run(story)


@settings(max_examples=by_profile(25, 150, 3000), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(ACTS, min_size=1, max_size=25), st.lists(MISCHIEF, max_size=2))
def test_both_sides_agree_in_the_end(acts: list[tuple[tuple[str, str], int, float]], mischief: list[Late | Lose | Twice]) -> None:
    lives(acts, mischief)
