"""What chance makes of agents' habits: how long they talk and write, whom they give a call to, when they come, what they forget.

A scenario's agents see no screen: what tells one call from another is what the caller says - whom he called, which kind he is of, what he
pressed - and so `handling` names these, and not queues. Every draw is that of a call and an offer, or of an agent and a day: with another
roster the same calls take the same agents as long.
"""

from typing import Literal

from appliance.site import Site
from hal.api import value
from sim.crowd import Call, Crowd
from sim.distributions import length_at
from sim.rosters import Handling, Transfer, Who
from sim.scenario import Scenario
from sim.streams import draw_of

__all__ = ["Conduct", "Handover"]

_CUT_S = 1.0, 3.0


@value
class Handover:
    """A call that an agent gives to another one."""

    to: str
    after_s: float
    asks_s: float | None
    """How long he asks him first; None: not at all."""
    keeps: bool
    """Whether he goes on himself after having asked."""


class Conduct:
    """The agents of a scenario with one seed."""

    def __init__(self, scenario: Scenario, site: Site, crowd: Crowd, seed: int) -> None:
        """Draw nothing yet."""
        self.agents, self.site, self.crowd, self.seed = scenario.agents, site, crowd, seed
        self._handling: dict[str, tuple[Handling, ...]] = {}
        """By agent: what may count for him."""

    def rings_s(self, call: Call, offer: int) -> float | None:
        """How long an agent lets it ring for the `offer`th offer (from 0) of a call; None: he does not answer."""
        lets_ring = self.agents.lapses.lets_ring
        if lets_ring and self._draw("lets-ring", call, offer) < lets_ring:
            return None
        return call.rings_s if offer == 0 else length_at(self.agents.answers_after, self._draw("rings", call, offer))

    def talk_s(self, call: Call, agent: str, offer: int, served: int) -> float:
        """How long the talk with an agent takes who has served so many before."""
        draw = call.talk_draw if offer == 0 else self._draw("talk", call, offer)
        if self.cut_off(call, offer):
            return _CUT_S[0] + self._draw("cut", call, offer) * (_CUT_S[1] - _CUT_S[0])
        fitting = [each for each in self._of(agent) if _fits(each, call)]
        length_s, said = call.talk_s, next((each.talk for each in fitting if each.talk is not None), None)
        if draw >= 0 and said is not None:
            length_s = length_at(said, draw)
        elif offer:
            length_s = length_at(self.crowd.habits[call.kind].talk, draw)
        for each in fitting:
            length_s *= each.factor * self._skilled(each, agent) * (1.0 if each.learning is None else each.learning.factor(served))
        return length_s

    def cut_off(self, call: Call, offer: int) -> bool:
        """Whether the agent ends the talk by a slip."""
        cuts_off = self.agents.lapses.cuts_off
        return cuts_off > 0 and self._draw("cuts-off", call, offer) < cuts_off

    def wrap_up_s(self, call: Call, agent: str, offer: int) -> float | None:
        """How long an agent writes after a talk; None: as long as the site gives him."""
        said = next((each.wrap_up for each in self._of(agent) if each.wrap_up is not None and _fits(each, call)), self.agents.wrap_up)
        return None if said is None else length_at(said, self._draw("wrap-up", call, offer))

    def handover(self, call: Call, agent: str, offer: int) -> Handover | None:
        """To whom an agent gives the call; None: to nobody. Who was given a call keeps it."""
        if offer or not self.agents.transfers:
            return None
        draw = self._draw("transfer", call)
        for each in self.agents.transfers:
            if _who(each.who, agent) and each.number in ("", call.dnis) and each.to != agent:
                if draw < each.share:
                    return self._given(each, call)
                draw = (draw - each.share) / (1 - each.share)
        return None

    def _given(self, transfer: Transfer, call: Call) -> Handover:
        asks = self._draw("consult", call) < transfer.consult
        return Handover(
            transfer.to,
            length_at(transfer.after, self._draw("transfer-after", call)),
            length_at(transfer.asks, self._draw("consult-asks", call)) if asks else None,
            asks and self._draw("consult-keeps", call) < transfer.keeps,
        )

    # --- the day ----------------------------------------------------------------------------------------------------------------------

    def late_s(self, agent: str, day: int) -> float | None:
        """How late an agent comes to his shift of a day; None: not at all."""
        absence = self.agents.absence
        if absence.chance and draw_of(self.seed, "absent", agent, day) < absence.chance:
            return None
        if absence.late and draw_of(self.seed, "late", agent, day) < absence.late:
            return length_at(absence.late_by, draw_of(self.seed, "late-by", agent, day))
        return 0.0

    def forgets(self, what: Literal["pause", "log-out"], agent: str, day: int, which: int = 0) -> bool:
        """Whether he forgets to say so as he leaves."""
        lapses = self.agents.lapses
        share = lapses.forgets_pause if what == "pause" else lapses.forgets_log_out
        return share > 0 and draw_of(self.seed, "forgets", what, agent, day, which) < share

    # --- what counts ------------------------------------------------------------------------------------------------------------------

    def _draw(self, purpose: str, call: Call, offer: int = 0) -> float:
        return draw_of(self.seed, purpose, *call.who, offer)

    def _of(self, agent: str) -> tuple[Handling, ...]:
        if not self.agents.handling:
            return ()
        if agent not in self._handling:
            groups = self.site.agents[agent].groups
            self._handling[agent] = tuple(
                each for each in self.agents.handling if _who(each.who, agent) and (not each.group or each.group in groups)
            )
        return self._handling[agent]

    def _skilled(self, handling: Handling, agent: str) -> float:
        if not handling.skill:
            return 1.0
        level = self.site.agents[agent].skills.get(handling.skill, 0)
        return handling.at_0 + (handling.at_100 - handling.at_0) * level / 100


def _who(who: Who | None, agent: str) -> bool:
    return who is None or agent in who.agents


def _fits(handling: Handling, call: Call) -> bool:
    return (
        handling.number in ("", call.dnis)
        and handling.kind in ("", call.kind)
        and (not handling.keys or call.keys.startswith(handling.keys.replace(" ", "")))
    )
