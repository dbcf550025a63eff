"""Customers who asked to be called back: their telephone rings, and they pick up or do not.

The agent picks up first, and then the centre calls the customer. From then on it is a call like any other, but for the scenario's figures:
these count how the call that asked for it came out.
"""

from typing import TYPE_CHECKING

from hal.api import Cause
from sim.callers import Caller

if TYPE_CHECKING:
    from sim.world import World

__all__ = ["CalledBack"]


class CalledBack(Caller):
    """One call to a customer."""

    def __init__(self, world: "World", asked: Caller) -> None:
        """Call who has asked for it."""
        super().__init__(world, asked.call, asked.attempt)
        self.asked = asked
        self.offers = asked.offers
        asked.called_back += 1
        self.placed_at = world.env.now

    def called(self) -> None:
        """It rings."""
        self.leg.ring()
        after_s = self.world.draws.picks_up_after_s(self.call, self.asked.called_back)
        if after_s is not None:
            self.world.after(after_s, self._pick_up)

    def _pick_up(self) -> None:
        if self.ended_at is not None:
            return
        self.answered_at = self.world.env.now
        self.world.to_be_called.pop(self.call.ani, None)
        self.leg.answer()
        if self.asked.waiting_agent is not None:
            self.asked.waiting_agent.meets(self)

    def withdrawn(self, cause: Cause) -> None:
        """The network takes the call back before it is answered."""
        if self.ended_at is None:
            self._end(cause, by_caller=False)
            self.leg.refuse(cause)

    @property
    def outcome(self) -> str:
        """`answered`, or `unreached`."""
        return "answered" if self.connected_at is not None else "unreached"
