"""A line at a switch does as the core says in any order, while people do what they like, events get lost and the link breaks.

Every story ends well (`story`).
"""

from attrs import evolve
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hal.api import Release
from sim.switch.mischief import Late, Lose, Swap, Twice
from tests.hal.csta.acts import Story
from tests.hal.csta.world import LINE, World
from tests.thorough import by_profile

SETTLES_S = 200.0
"""After so long all that was lost is found out: two looks at all devices, and what follows from them."""
SOON_S = 12.0
"""After so long all is done of which nothing is lost."""


WAITS = (0.0, 0.03, 0.2, 1.0, 4.0)
CORE = ("answer", "answer", "originate", "originate", "mix", "mix", "unmix", "release", "replace", "reject", "play", "play", "stop_play",
        "record", "stop_recording", "keys", "show", "ask", "ask", "ask", "aside", "aside", "swap", "all_together", "give",
        "dial", "dial")  # fmt: skip
PEOPLE = ("call", "call", "call", "caller_hangs_up", "caller_presses", "phone_hangs_up", "phone_refuses", "phone_answers", "phone_dials",
          "phone_holds", "phone_retrieves", "phone_gives_away", "phone_consults", "phone_transfers")  # fmt: skip
LINK = ("cut", "mend", "mend", "restart", "crash")
ACTS = st.tuples(st.sampled_from((*CORE, *PEOPLE, *LINK)), st.integers(0, 5), st.sampled_from(WAITS))
KINDS = ("Delivered", "Established", "Held", "Retrieved", "Transfered", "ConnectionCleared", "Conferenced", "events")
HABITS = st.sampled_from(
    [frozenset(words.split()) for words in ("", "answers", "answers mixes", "answers rings mixes", "answers rings mixes records")]
)
CHANCES = st.sampled_from((0.2, 0.6, 1.0))
MISCHIEF = st.one_of(
    st.builds(lambda kind, chance: Lose(kinds=(kind,), chance=chance), st.sampled_from(KINDS), CHANCES),
    st.builds(lambda kind, chance: Twice(kinds=(kind,), chance=chance), st.sampled_from(KINDS), CHANCES),
    st.builds(lambda kind, chance, by_s: Late(kinds=(kind,), chance=chance, by_s=by_s), st.sampled_from((*KINDS, "answers")), CHANCES,
              st.sampled_from((0.1, 1.5))),
    st.builds(lambda first, second: Swap(kinds=(first, second)), st.sampled_from(KINDS[:-1]), st.sampled_from(KINDS[:-1])),
)  # fmt: skip


def tell(acts: list[tuple[str, int, float]], mischief: list[Late | Lose | Swap | Twice], habits: frozenset[str], ends: str) -> None:
    """One story, to its end."""

    async def story(world: World) -> None:
        it = Story(world, habits)
        for what, which, wait_s in acts:
            if what == "crash":
                await it.crash(which)
            else:
                it.act(what, which)
            if wait_s:
                await world.wait(wait_s)
        world.mend()
        await world.wait(SETTLES_S if mischief or any(what in LINK for what, _, _ in acts) else SOON_S)
        it.all_are_where_they_should_be()
        it.plays_have_ended()
        if ends == "people":
            for who in it.callers_outside():
                world.people[who].leg.hang_up()
            await world.wait(SOON_S)
            assert not set(it.callers()) - it.dialled, "a colleague who was called stays"
        world.do(*(Release(LINE, leg) for leg in list(it.live)))
        await world.wait(SOON_S)
        it.all_is_over()

    until = 1.0 + sum(wait_s for _, _, wait_s in acts)
    rules = tuple(evolve(rule, until_s=until) for rule in mischief)
    outside = {f"number:1390013900{number}": 1.0 + number for number in (0, 2)}
    World(mischief=rules, answers_after={"station:8001": 2.0, "station:8002": 0.5, **outside}).run(story)


@settings(
    max_examples=by_profile(40, 400, 5000),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
@given(st.lists(ACTS, min_size=1, max_size=40), st.lists(MISCHIEF, max_size=2), HABITS, st.sampled_from(("core", "people")))
def test_every_story_ends_well(
    acts: list[tuple[str, int, float]], mischief: list[Late | Lose | Swap | Twice], habits: frozenset[str], ends: str
) -> None:
    tell(acts, mischief, habits, ends)
