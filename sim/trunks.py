"""Lines as a scenario has them: how many channels, how long a call takes to get through, and glare.

Glare: both sides seize the same channel for a call of their own before either has heard of the other. With n channels free, and both sides
choosing among them, that befalls one of n pairs of calls that begin within the time it takes to hear of one another. The call from outside
goes through; ours is refused, and the centre may try again (ITU-T Q.931, 5.7).
"""

from collections import Counter
from typing import TYPE_CHECKING

from appliance.config import Duration, setting, table
from hal.api import Cause
from sim.distributions import Distribution
from sim.faults.fitting import channels_of
from sim.streams import draw_of

if TYPE_CHECKING:
    from sim.called_back import CalledBack
    from sim.world import World

__all__ = ["Trunk", "Trunks"]

_ANY = 1_000_000
"""Channels of a line that does not count them."""


@table
class Trunk:
    """A line, where the scenario has it otherwise than the site."""

    channels: int | None = setting(default=None, ge=1, le=100_000, doc="So many calls at the same time, E1: 30. Only in virtual time.")
    set_up: Distribution | None = setting(default=None, doc="How long the network takes until a call has reached the line.")
    glare: Duration = setting(
        default=Duration(0),
        doc="So soon after one another a call of the centre's and one from outside may take the same channel; the centre's fails.",
    )


class Trunks:
    """The channels of the lines, as the network sees them."""

    def __init__(self, world: "World") -> None:
        """All are free."""
        self.world = world
        self._seized: dict[str, list[float]] = {}
        """When calls from outside took a channel, as far as that can still matter."""
        self._ours: dict[str, list[CalledBack]] = {}
        """The centre's own calls, as far as they can still meet with one from outside."""
        self._pairs: Counter[str] = Counter()
        self.glares = 0
        """How often it came to that."""

    def seized(self, line: str) -> None:
        """A call from outside takes a channel."""
        window_s = self._window_s(line)
        if not window_s:
            return
        now = self.world.env.now
        self._seized[line] = [at for at in self._seized.get(line, ()) if now - at <= window_s] + [now]
        for ours in self._ours.pop(line, ()):
            if ours.ended_at is not None or ours.answered_at is not None or now - ours.placed_at > window_s:
                continue
            if self._same(line):
                ours.withdrawn(Cause.REQUESTED_CIRCUIT_NOT_AVAILABLE)
            else:
                self._ours.setdefault(line, []).append(ours)

    def collides(self, line: str) -> bool:
        """Whether a call of the centre's, which begins now, has taken a channel that one from outside has just taken."""
        now, window_s = self.world.env.now, self._window_s(line)
        return any(self._same(line) for at in self._seized.get(line, ()) if now - at <= window_s)

    def seizes(self, line: str, ours: "CalledBack") -> None:
        """A call of the centre's has taken a channel."""
        if self._window_s(line):
            self._ours.setdefault(line, []).append(ours)

    def _window_s(self, line: str) -> float:
        trunk = self.world.scenario.lines.get(line)
        return 0.0 if trunk is None else float(trunk.glare)

    def _same(self, line: str) -> bool:
        """Whether two calls that know nothing of each other have taken the same channel."""
        self._pairs[line] += 1
        busy = sum(1 for caller in self.world.callers_by_ani.values() if caller.call.line == line)
        free = max(1, _channels(self.world, line) - busy)
        glare = draw_of(self.world.draws.seed, "glare", line, self._pairs[line]) < 1 / free
        self.glares += glare
        return glare


def _channels(world: "World", line: str) -> int:
    trunk = world.scenario.lines.get(line)
    said = None if trunk is None else trunk.channels
    return said or channels_of(world.site, line) or _ANY
