"""A line at an Asterisk does as the core says in any order, while people do what they like, its manager's events and answers get lost,
doubled, late or swapped, the link breaks, and the Asterisk restarts.

Every story ends well (`tests.hal.csta.acts`).
"""

from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from hal.api import Release
from tests.hal.ami.world import LINE, PHONES, PORTS, RECORDERS, Mischief, World
from tests.hal.csta.acts import Story
from tests.thorough import by_profile

SETTLES_S = 200.0
"""After so long all that was lost is found out: two looks at all channels, and what follows from them."""
SOON_S = 12.0
"""After so long all is done of which nothing is lost."""


class AmiStory(Story):
    """What is otherwise at an Asterisk."""

    world: Any

    def do_phone_holds(self, which: int) -> None:
        self.world.asterisk.hold(PHONES[which % len(PHONES)], holds=True)

    def do_phone_retrieves(self, which: int) -> None:
        self.world.asterisk.hold(PHONES[which % len(PHONES)], holds=False)

    def do_restart(self, which: int) -> None:
        self.world.restart(3.0 + which)

    def all_are_where_they_should_be(self) -> None:
        asterisk = self.world.asterisk
        for leg, caller in self.live.items():
            if leg != caller:
                assert leg not in self.up or asterisk.at(self.called[leg]), f"{leg} is at his phone"
                continue
            assert leg in self.up, f"{leg} is answered or gone"
            agents = self.agents(leg)
            bridged = {one.device for one in self._channel(leg).bridged}
            if not agents:
                assert bridged & set(PORTS), f"{leg} is alone and hears his port"
            elif agents[0] in self.up and agents[0] in self.hears.get(leg, ()) and leg in self.hears.get(agents[0], ()):
                assert bridged == {self.called[agents[0]]}, f"{leg} talks"

    def _channel(self, leg: str) -> Any:
        call = self.world.call_of(leg)
        return self.world.asterisk.channels[call]

    def all_is_over(self) -> None:
        asterisk = self.world.asterisk
        assert not self.live, "all legs are released"
        assert self.recordings <= set(self.ended_recordings), "all recordings are ended"
        assert not self.world.voice.legs
        assert not self.world.voice.recordings
        for device in (*PORTS, *RECORDERS, *PHONES):
            assert not asterisk.at(device), f"{device} is free"
        assert self.world.is_idle
        assert not self.world.switch.waits, "no request is without its outcome"


WAITS = (0.0, 0.03, 0.2, 1.0, 4.0)
CORE = ("answer", "answer", "originate", "originate", "mix", "mix", "unmix", "release", "replace", "reject", "play", "play", "stop_play",
        "record", "stop_recording", "keys", "show")  # fmt: skip
PEOPLE = ("call", "call", "call", "caller_hangs_up", "caller_presses", "phone_hangs_up", "phone_refuses", "phone_answers", "phone_holds",
          "phone_retrieves")  # fmt: skip
LINK = ("cut", "mend", "mend", "restart")
ACTS = st.tuples(st.sampled_from((*CORE, *PEOPLE, *LINK)), st.integers(0, 5), st.sampled_from(WAITS))
EVENTS = st.sampled_from(
    ("", "Newchannel", "Newstate", "BridgeEnter", "Hangup", "UserEvent", "OriginateResponse", "Hold", "Unhold", "DeviceStateChange")
)
HABITS = st.sampled_from(
    [frozenset(words.split()) for words in ("", "answers", "answers mixes", "answers rings mixes", "answers rings mixes records")]
)
SHARE = st.sampled_from((0.0, 0.0, 0.3, 1.0))
MISCHIEF = st.one_of(
    st.just(Mischief()),
    st.builds(Mischief, event=EVENTS, lost=SHARE, twice=SHARE, late=SHARE, by_s=st.sampled_from((0.002, 1.5)), answers_lost=SHARE),
)


def tell(acts: list[tuple[str, int, float]], mischief: Mischief, habits: frozenset[str], ends: str, seed: int = 0) -> None:
    """One story, to its end."""

    async def story(world: World) -> None:
        it = AmiStory(world, habits)  # type: ignore[arg-type] # a world of another kind, with the same people
        for what, which, wait_s in acts:
            it.act(what, which)
            if wait_s:
                await world.wait(wait_s)
        world.mend()
        world.mischievous = False
        await world.wait(SETTLES_S if mischief != Mischief() or any(what in LINK for what, _, _ in acts) else SOON_S)
        it.all_are_where_they_should_be()
        it.plays_have_ended()
        if ends == "people":
            for who in it.callers_outside():
                world.people[who].leg.hang_up()
            await world.wait(SOON_S)
            assert not it.callers()
        world.do(*(Release(LINE, leg) for leg in list(it.live)))
        await world.wait(SOON_S)
        it.all_is_over()

    World(mischief=mischief, seed=seed, answers_after={"station:8001": 2.0, "station:8002": 0.5}).run(story)


@settings(max_examples=by_profile(40, 400, 5000), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(ACTS, min_size=1, max_size=40), MISCHIEF, HABITS, st.sampled_from(("core", "people")), st.integers(0, 3))
@example(  # neither a port nor who is called next can be reached: the link is down
    [("call", 0, 0.03), ("originate", 0, 4.0), ("restart", 0, 0.0), ("replace", 0, 0.2)],
    Mischief(),
    frozenset({"answers", "mixes"}),
    "core",
    0,
)
def test_every_story_ends_well(
    acts: list[tuple[str, int, float]], mischief: Mischief, habits: frozenset[str], ends: str, seed: int
) -> None:
    tell(acts, mischief, habits, ends, seed)
