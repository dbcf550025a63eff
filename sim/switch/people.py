"""People for a switch that nobody plays at: phones answer after a while, and somebody hangs up in the end."""

from typing import TYPE_CHECKING

from sim.switch.speech import Nobody

if TYPE_CHECKING:
    from sim.switch.core import Switch

__all__ = ["People"]


class People(Nobody):
    """All far ends of a switch; `switch` is set before anything happens."""

    switch: "Switch"

    def __init__(self, answers_after_s: float | None = None, talks_s: float | None = None) -> None:
        """Phones and the network answer after so long (None: never), and whoever has called talks for so long (None: for ever)."""
        self.answers_after_s, self.talks_s = answers_after_s, talks_s

    def rings(self, leg: int, device: str, calling: str, called: str) -> None:  # noqa: ARG002 - the hook's protocol
        """See `Speech`."""
        if self.answers_after_s is not None:
            self.switch.after(self.answers_after_s, lambda: self.switch.lifts(leg))

    def goes_out(self, leg: int, channel: str, number: str, calling: str) -> None:
        """See `Speech`."""
        self.switch.after(0.0, lambda: self.switch.reached(leg))
        self.rings(leg, channel, calling, number)

    def hears(self, leg: int, legs: frozenset[int]) -> None:
        """See `Speech`."""
        if legs and self.talks_s is not None:
            self.switch.after(self.talks_s, lambda: self.switch.hangs_up(leg))
