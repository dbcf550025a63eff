"""Alarms of the spans that a simulated line's channels are in."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from hal.api import Cause, LineAlarm, Severity
from hal.simulated.leg import NOBODY, LegState, SimulatedLeg

if TYPE_CHECKING:
    from hal.simulated.line import SimulatedLine

__all__ = ["Spans"]

_ADVICE = "see whether the cable is plugged in at both ends; then call the operator of the network"


class Spans:
    """The spans of one line."""

    def __init__(self, line: "SimulatedLine", release: Callable[[SimulatedLeg, Cause], None]) -> None:
        """`release` ends a leg for a cause."""
        self._line, self._release = line, release
        self._held: dict[int, list[SimulatedLeg]] = {}
        """Legs kept during the alarm of a span."""

    def alarm(self, span: int, holds_s: float) -> None:
        """A span receives nothing: its calls hear nothing any more, no new ones come over it.

        Calls that are through are kept for `holds_s` (T309 of Q.931, clause 5.8.9) and lost then; those being set up are lost at once.
        """
        line = self._line
        line.channels.alarm(span)
        line.emit(LineAlarm(line.name, Severity.RED, f"span {span}", f"span {span} receives no signal", _ADVICE))
        self._held[span] = held = []
        for leg in self._legs(span):
            if leg.state is LegState.UP and holds_s > 0:
                leg.cut = True
                held.append(leg)
            else:
                self._release(leg, Cause.DESTINATION_OUT_OF_ORDER)
        if held:
            line.schedule(holds_s, partial(self._hold_no_more, span, held))

    def well(self, span: int) -> None:
        """The span receives again; who has hung up meanwhile is known to be gone now."""
        line = self._line
        line.channels.well(span)
        for leg in self._held.pop(span, ()):
            if leg.state is not LegState.GONE:
                leg.cut = False
                if leg.party is NOBODY:
                    line.far_end_released(leg, Cause.NORMAL_CLEARING)
        line.emit(LineAlarm(line.name, Severity.RED, f"span {span}", f"span {span} is well again", cleared=True))

    def _legs(self, span: int) -> list[SimulatedLeg]:
        return [leg for leg in self._line.legs.values() if self._line.channels.carries(span, leg.channel)]

    def _hold_no_more(self, span: int, held: list[SimulatedLeg]) -> None:
        if self._held.get(span) is not held:
            return  # it was over in time
        for leg in held:
            if leg.state is not LegState.GONE:
                leg.cut = False
                self._release(leg, Cause.DESTINATION_OUT_OF_ORDER)
