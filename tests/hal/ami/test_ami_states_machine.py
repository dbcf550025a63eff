"""Agents' states here and at an Asterisk's phones agree in the end, whatever agents do at seats and phones, and becomes of the link.

As at other switches (`tests.hal.csta.test_csta_states_machine`); who is in a call is asked here in the same way.
"""

from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hal.ami.agents import PREFIX
from hal.api import ShowAgent
from tests.hal.ami.world import PHONES, Mischief, World
from tests.hal.csta.centre import Centre
from tests.thorough import by_profile

pytestmark = pytest.mark.requirement("ACC-02")

AGENTS = ("1001", "1002", "1003")
AT_THE_SEAT = ("log-in", "ready", "not-ready", "log-out", "log-out")
KEYS = ("NOT_INUSE", "BUSY", "ONHOLD", "UNAVAILABLE")
LINK = ("cut", "mend", "mend", "restart")
CALLS = ("calls", "hang_up", "answer")
SHOWN = {"ready": "NOT_INUSE", "working": "NOT_INUSE", "not-ready": "BUSY", "wrap-up": "ONHOLD"}
SETTLES_S = 250.0

ACTS = st.tuples(
    st.sampled_from([*(("seat", how) for how in AT_THE_SEAT), *(("key", how) for how in KEYS), *(("link", how) for how in LINK),
                     *(("call", how) for how in CALLS)]),
    st.integers(0, 2),
    st.sampled_from((0.0, 0.0, 0.002, 0.3, 2.0, 7.0)),
)  # fmt: skip
MISCHIEF = st.builds(
    Mischief,
    event=st.sampled_from(("", "DeviceStateChange")),
    lost=st.sampled_from((0.0, 0.3, 1.0)),
    twice=st.sampled_from((0.0, 0.3)),
    late=st.sampled_from((0.0, 0.3)),
    by_s=st.sampled_from((0.1, 7.0)),
    answers_lost=st.sampled_from((0.0, 0.3, 1.0)),
)


def act(world: World, centre: Centre, what: str, how: str, which: int) -> None:
    """Somebody does something."""
    phone = PHONES[which]
    if what == "seat":
        centre.asks(AGENTS[which], how)
    elif what == "key":
        world.asterisk.shows(f"{PREFIX}{phone}", how)
    elif what == "link":
        getattr(world, how)()
    elif how == "calls":
        world.calls(f"caller{len(world.people)}")
    elif (person := world.people.get(f"station:{phone}")) is not None:
        with suppress(LookupError):
            getattr(person.leg, how)()


def differing(world: World, centre: Centre) -> list[str]:
    """Phones that show something else than is known here; one that has never shown anything shows nobody."""
    found = []
    for name in PHONES:
        agent = centre.engine.state.agents.get(centre.engine.state.stations[name].agent)
        here = SHOWN.get(agent.state.value, agent.state.value) if agent is not None else "UNAVAILABLE"
        there = world.asterisk.states.get(f"DEVICE_STATE({PREFIX}{name})", "UNAVAILABLE")
        who = world.asterisk.database.get(f"DB(hotline/{name})", "")
        if here != there or (agent is not None and who not in ("", agent.id)):
            found.append(f"{name}: {here} here, {there} of {who} at the phone")
    return found


def lives(acts: list[tuple[tuple[str, str], int, float]], mischief: Mischief, seed: int) -> None:
    """One such day."""

    async def story(world: World) -> None:
        centre = Centre(world)  # type: ignore[arg-type] # a world of another kind, of which no more is used
        for (what, how), which, wait_s in acts:
            act(world, centre, what, how, which)
            if wait_s:
                await world.wait(wait_s)
        world.mischievous = False
        world.mend()
        await world.wait(SETTLES_S)
        for person in list(world.people.values()):
            if hasattr(person, "leg"):
                person.leg.hang_up()
        await world.wait(SETTLES_S)
        assert differing(world, centre) == []
        submit, asked = world.line.submit, list[ShowAgent]()
        world.line.submit = lambda command: asked.append(command) if isinstance(command, ShowAgent) else submit(command)  # type: ignore[method-assign]
        await world.wait(SETTLES_S)
        assert asked == [], "both are at rest"

    World(mischief=mischief, seed=seed).run(story)


@settings(max_examples=by_profile(25, 100, 2000), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(ACTS, min_size=1, max_size=25), MISCHIEF, st.integers(0, 1000))
def test_both_sides_agree_in_the_end(acts: list[tuple[tuple[str, str], int, float]], mischief: Mischief, seed: int) -> None:
    lives(acts, mischief, seed)
