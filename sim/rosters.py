"""What a scenario says of agents: who works when, and how they behave."""

import re
from datetime import time
from typing import ClassVar

from attrs import frozen

from appliance.config import Span, setting, table
from sim.calendar import DayKey, seconds
from sim.distributions import Distribution, Uniform

__all__ = ["Agents", "Shift", "Who"]


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


@table
class Agents:
    """Who works, and how agents behave. Wrap-up and ringing are the site's."""

    roster: tuple[Shift, ...] = setting(default=(), doc="Who works when.")
    answers_after: Distribution = setting(
        factory=lambda: Uniform(min_s=2.0, max_s=6.0), doc="How long the phone rings before an agent picks up."
    )
