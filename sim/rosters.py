"""What a scenario says of agents: who works when, and how they behave."""

import re
from collections.abc import Sequence
from datetime import time
from math import exp
from typing import ClassVar

from attrs import frozen

from appliance.config import Span, setting, table
from appliance.config.writing import inline, plain
from sim.calendar import DayKey, seconds
from sim.distributions import Distribution, Exponential, Uniform

__all__ = ["Absence", "Agents", "Handling", "Lapses", "Learning", "Shift", "Transfer", "Who", "ranges", "roster_text"]


@frozen
class Who:
    """Agents by number: `1001`, `1001-1015`, `1001-1004, 1010`."""

    expects: ClassVar[str] = "agents' numbers such as '1001-1015' or '1001, 1004-1006'"
    pattern: ClassVar[str] = r"\s*\d+(\s*-\s*\d+)?(\s*,\s*\d+(\s*-\s*\d+)?)*\s*"

    text: str
    agents: tuple[str, ...]

    @classmethod
    def parse(cls, text: str) -> "Who":
        """Read it; ValueError when it is no list of numbers, or a range runs backwards."""
        if not re.fullmatch(cls.pattern, text):
            raise ValueError(f"'{text}' is not {cls.expects}")
        agents: list[str] = []
        for part in text.split(","):
            first, _, last = (piece.strip() for piece in part.partition("-"))
            if last and (len(last) != len(first) or int(last) < int(first)):
                raise ValueError(f"'{part.strip()}' is not a range: give two numbers of equal length, the smaller one first")
            agents += [f"{number:0{len(first)}d}" for number in range(int(first), int(last or first) + 1)]
        return cls(text, tuple(agents))

    def __str__(self) -> str:
        """As it is written."""
        return self.text


def ranges(agents: Sequence[str]) -> str:
    """Agents in ascending order as a roster names them, `1001-1015, 1020`."""
    runs: list[list[str]] = []
    for agent in agents:
        if runs and len(agent) == len(runs[-1][-1]) and int(agent) == int(runs[-1][-1]) + 1:
            runs[-1].append(agent)
        else:
            runs.append([agent])
    return ", ".join(run[0] if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs)


@table
class Shift:
    """Agents who work at the same times."""

    who: Who = setting(doc="The agents.")
    from_: time | None = setting(key="from", default=None, doc="When they log in; without it when the hours begin.")
    to: time | None = setting(default=None, doc="When they log out; without it after the last call.")
    breaks: tuple[Span, ...] = setting(default=(), doc="When they are not ready.")
    on: tuple[DayKey, ...] = setting(default=(), doc='On which days, ["mon-fri", "2026-10-08"]; without it on every day of the run.')

    @property
    def overnight(self) -> bool:
        """Whether it ends on the day after."""
        return self.from_ is not None and self.to is not None and 0 < seconds(self.to) <= seconds(self.from_)


def roster_text(roster: Sequence[Shift]) -> str:
    """A roster as TOML, a shift a line."""
    shifts = "".join(f"    {inline(plain(shift))},\n" for shift in roster)
    return f"roster = [\n{shifts}]\n"


@table
class Absence:
    """Agents who do not come, or come late."""

    chance: float = setting(default=0.0, ge=0, le=1, doc="Share of shifts that an agent misses altogether.")
    late: float = setting(default=0.0, ge=0, le=1, doc="Share of the other shifts that begin late.")
    late_by: Distribution = setting(factory=lambda: Exponential(mean_s=900.0), doc="How late.")


@table
class Learning:
    """Who begins takes longer, and learns."""

    first: float = setting(gt=0, le=10, doc="The first talk takes so many times as long as talks will in the end.")
    calls: float = setting(gt=0, le=100_000, doc="After so many calls 37 % of the difference is left.")

    def factor(self, served: int) -> float:
        """How many times as long a talk takes after so many."""
        return 1 + (self.first - 1) * exp(-served / self.calls)


@table
class Handling:
    """How long some agents take for some calls. Of all that fit a call the first `talk` and `wrap_up` count, and every factor."""

    who: Who | None = setting(default=None, doc="The agents; without it all of them.")
    group: str = setting(default="", doc="Agents of this queue's group.")
    number: str = setting(default="", doc="Calls to this service number.")
    kind: str = setting(default="", doc="Callers of this kind.")
    keys: str = setting(default="", pattern=r"[0-9*# ]*", expects="keys", doc="Callers who pressed keys that begin with these.")
    talk: Distribution | None = setting(default=None, doc="How long they talk, instead of what is said of the callers.")
    wrap_up: Distribution | None = setting(default=None, doc="How long they write afterwards.")
    factor: float = setting(default=1.0, gt=0, le=100, doc="Talks take so many times as long.")
    skill: str = setting(default="", doc="A skill of the site's: talks take longer for who is less skilled ...")
    at_0: float = setting(default=1.0, gt=0, le=100, doc="... so many times as long for who has it not at all ...")
    at_100: float = setting(default=1.0, gt=0, le=100, doc="... and for who has it at 100.")
    learning: Learning | None = setting(default=None, doc="How much longer agents take at first.")


@table
class Transfer:
    """Calls that an agent gives to another one, by the keys of his phone."""

    share: float = setting(gt=0, le=1, doc="Share of his talks.")
    to: str = setting(
        pattern=r"[0-9]{1,20}", expects="what an agent keys", doc="Whom: an agent, a station, a service number, a number outside."
    )
    consult: float = setting(default=0.0, ge=0, le=1, doc="Share in which he asks him first; the others are given away at once.")
    asks: Distribution = setting(factory=lambda: Uniform(min_s=15.0, max_s=60.0), doc="How long, from his call to him on.")
    keeps: float = setting(default=0.0, ge=0, le=1, doc="Share of these in which he goes on with the customer himself.")
    after: Distribution = setting(factory=lambda: Uniform(min_s=20.0, max_s=60.0), doc="How far into the talk, at most when it would end.")
    who: Who | None = setting(default=None, doc="The agents who do; without it all.")
    number: str = setting(default="", doc="Calls to this service number alone.")


@table
class Lapses:
    """What agents forget, and do wrong."""

    lets_ring: float = setting(default=0.0, ge=0, le=1, doc="Share of offers he does not answer although he is there.")
    cuts_off: float = setting(default=0.0, ge=0, le=1, doc="Share of talks he ends by a slip, one to three seconds after the answer.")
    forgets_pause: float = setting(default=0.0, ge=0, le=1, doc="Share of breaks he leaves for without saying so: his phone rings.")
    forgets_log_out: float = setting(default=0.0, ge=0, le=1, doc="Share of shifts after which he leaves without logging out.")


@table
class Agents:
    """Who works, and how agents behave. Ringing is the site's."""

    roster: tuple[Shift, ...] = setting(default=(), doc="Who works when.")
    answers_after: Distribution = setting(
        factory=lambda: Uniform(min_s=2.0, max_s=6.0), doc="How long the phone rings before an agent picks up."
    )
    wrap_up: Distribution | None = setting(
        default=None,
        doc="How long they write after a talk, without it as long as the site gives them. Who is done earlier says so by his phone; who "
        "needs longer makes himself not ready meanwhile.",
    )
    absence: Absence = setting(factory=Absence, doc="Who does not come, or late.")
    handling: tuple[Handling, ...] = setting(default=(), doc="Who takes longer, or less long, for which calls.")
    transfers: tuple[Transfer, ...] = setting(default=(), doc="What they give to others; of several the first that comes to it.")
    lapses: Lapses = setting(factory=Lapses, doc="What they forget, and do wrong.")
