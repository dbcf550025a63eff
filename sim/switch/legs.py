"""Far ends that are real: phones, ports and the network are calls of one HAL line of the switch, and the line mixes their speech.

    network ──call──▶ line: Arrived ──▶ switch.arrives          Answer when there is somebody to hear
    switch.rings(8901) ──▶ Originate sip:8901@centre            Answered ──▶ switch.lifts
    switch.hears ──▶ Mix                                        DigitHeard ──▶ switch.presses ──▶ SendDigits to those who hear

Any line that can originate and mix will do. A phone that rings is not made to lift by AnswerCall - no SIP phone can be made to -: the
computer sees the call established, and speech begins when its user answers. MakeCall asks the phone to answer by itself.
"""

from collections.abc import Callable

from attrs import define

from hal.api import (
    Alert,
    Alerted,
    Answer,
    Answered,
    Arrived,
    Cause,
    DigitHeard,
    Event,
    Line,
    Mix,
    Originate,
    Reject,
    Release,
    Released,
    SendDigits,
)
from sim.switch.causes import cause_of, word_of
from sim.switch.cti import Cti
from sim.switch.speech import Nobody

__all__ = ["LineSpeech"]


@define(eq=False)
class _Call:
    """One leg of the line, for one leg of the switch."""

    leg: int
    id: str
    has_come: bool
    """It was the far end that called."""
    is_up: bool = False
    is_answering: bool = False
    hears: frozenset[int] = frozenset()
    mixed: tuple[str, ...] = ()
    """What the line was last told that it hears."""


class LineSpeech(Nobody):
    """All far ends of a switch; `cti` and `line` are set before anything happens, and the line's sink is `heard`."""

    cti: Cti
    line: Line

    def __init__(self, now: Callable[[], float]) -> None:
        """`now` is the switch's time."""
        self._now = now
        self._calls: dict[int, _Call] = {}
        self._legs: dict[str, int] = {}

    # --- the line tells -------------------------------------------------------------------------------------------------------------

    def heard(self, event: Event) -> None:
        """Take an event of the line."""
        self.cti.tick(self._now())
        with self.cti.switch.turn(self._now()):
            if isinstance(event, Arrived):
                self._arrived(event)
            elif isinstance(event, Alerted | Answered | Released | DigitHeard) and (leg := self._legs.get(event.leg)) is not None:
                self._happened(self._calls[leg], event)
        self.cti.changed()

    def _arrived(self, event: Arrived) -> None:
        switch = self.cti.switch
        if event.station:
            leg = switch.dials(event.station, event.dnis) if event.station in switch.stations else None
        else:
            trunk = event.trunk if event.trunk in switch.trunks else next(iter(switch.trunks), "")
            leg = switch.arrives(trunk, event.ani, event.dnis) if trunk else None
        if leg is None:
            self.line.submit(Reject(self.line.name, event.leg, Cause.NO_CIRCUIT_AVAILABLE))
            return
        self._add(_Call(leg, event.leg, has_come=True))
        self.line.submit(Alert(self.line.name, event.leg))

    def _happened(self, call: _Call, event: Alerted | Answered | Released | DigitHeard) -> None:
        switch = self.cti.switch
        if isinstance(event, Alerted):
            switch.reached(call.leg)
        elif isinstance(event, Answered):
            call.is_up = True
            if not call.has_come:
                switch.lifts(call.leg)
            self._mix(call, *(other for other in self._calls.values() if call.leg in other.hears))
        elif isinstance(event, Released):
            self._remove(call)
            switch.hangs_up(call.leg, word_of(event.cause))
        else:
            switch.presses(call.leg, event.digit)

    def _add(self, call: _Call) -> None:
        self._calls[call.leg] = call
        self._legs[call.id] = call.leg

    def _remove(self, call: _Call) -> None:
        del self._calls[call.leg], self._legs[call.id]

    def _mix(self, *calls: _Call) -> None:
        changed = {}
        for call in calls:
            hears = tuple(self._calls[leg].id for leg in sorted(call.hears) if leg in self._calls and self._calls[leg].is_up)
            if call.is_up and hears != call.mixed:
                changed[call.id] = call.mixed = hears
        if changed:
            self.line.submit(Mix(self.line.name, changed))

    # --- sim.switch.speech.Speech ---------------------------------------------------------------------------------------------------

    def rings(self, leg: int, device: str, calling: str, called: str) -> None:  # noqa: ARG002 - the hook's protocol
        """See `Speech`."""
        self._originate(leg, device, calling)

    def goes_out(self, leg: int, channel: str, number: str, calling: str) -> None:  # noqa: ARG002 - the hook's protocol
        """See `Speech`."""
        at = self.cti.switch.plan.outside_at
        self._call(leg, f"sip:{number}@{at}" if at else f"number:{number}", calling)

    def off_hook(self, leg: int, device: str) -> None:
        """See `Speech`."""
        if leg not in self._calls:
            self._originate(leg, device, device, auto_answer=True)

    def _originate(self, leg: int, device: str, calling: str, *, auto_answer: bool = False) -> None:
        self._call(leg, self.cti.switch.stations[device].at or f"station:{device}", calling, auto_answer=auto_answer)

    def _call(self, leg: int, to: str, calling: str, *, auto_answer: bool = False) -> None:
        call = _Call(leg, f"switch-{leg}", has_come=False)
        self._add(call)
        self.line.submit(Originate(self.line.name, call.id, to, calling, auto_answer=auto_answer))

    def hears(self, leg: int, legs: frozenset[int]) -> None:
        """See `Speech`."""
        if (call := self._calls.get(leg)) is None:
            return
        call.hears = legs
        if legs and call.has_come and not call.is_answering:
            call.is_answering = True
            self.line.submit(Answer(self.line.name, call.id))
        self._mix(call)

    def keys(self, leg: int, digits: str) -> None:
        """See `Speech`."""
        if (call := self._calls.get(leg)) is not None and call.is_up:
            self.line.submit(SendDigits(self.line.name, call.id, digits))

    def ends(self, leg: int, cause: str) -> None:
        """See `Speech`."""
        if (call := self._calls.get(leg)) is not None:
            self._remove(call)
            self.line.submit(Release(self.line.name, call.id, cause_of(cause)))
