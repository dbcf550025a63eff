"""What is wrong with the spans, put together from what Asterisk says of each channel. Pure.

chan_dahdi tells `Alarm` and `AlarmClear` once for each channel that carries calls, thirty times for an E1; an operator wants to hear of the
span once, and again when it gets worse or well.
"""

from collections.abc import Iterator, Mapping

import attrs

from hal.api import LineAlarm, Severity
from hal.asterisk.ami import Message
from hal.dahdi import Layout
from hal.dahdi.spans import Wires

__all__ = ["SpanWatch"]

NO_ALARM = "no alarm"


@attrs.define
class SpanWatch:
    """The channels of a line, and what was last said of its spans."""

    line: str
    _layout: Layout
    _channels: dict[int, str] = attrs.field(factory=dict)
    """Alarm of each channel that has one."""
    _said: dict[int, tuple[Severity, str]] = attrs.field(factory=dict)
    _numbers: dict[str, int] = attrs.field(init=False)
    """The line's channels by what Asterisk calls them: of others, whatever it says, nothing is kept."""

    def __attrs_post_init__(self) -> None:
        """Know the line's channels."""
        self._numbers = {str(channel): channel for wires in self._layout.wires for channel in wires.bearers}

    def told(self, event: Message) -> bool:
        """Take an event of chan_dahdi; whether it may have changed something."""
        channel = self._numbers.get(event.get("DAHDIChannel"))
        if channel is None or event.event not in ("Alarm", "AlarmClear", "DAHDIShowChannels"):
            return False
        alarm = event.get("Alarm", NO_ALARM) if event.event != "AlarmClear" else NO_ALARM
        if alarm.lower() == NO_ALARM:
            return self._channels.pop(channel, None) is not None
        before = self._channels.get(channel)
        self._channels[channel] = alarm
        return before != alarm

    def forget(self) -> None:
        """Nothing is known any more: what Asterisk knows now is told anew."""
        self._channels.clear()

    def take_over(self, standing: Mapping[int, LineAlarm]) -> None:
        """Who watched the cards better is gone: this is what he has told of spans."""
        self._said = {number: (alarm.severity, alarm.text) for number, alarm in standing.items()}

    def hand_over(self, standing: Mapping[int, LineAlarm]) -> Iterator[LineAlarm]:
        """He is there, and these alarms are his: what else was said ends."""
        said, self._said = self._said, {}
        for number, (severity, _) in said.items():
            if number not in standing:
                yield LineAlarm(self.line, severity, f"span {number}", f"span {number} is in order", cleared=True)

    def blocked(self, wires: Wires) -> int:
        """How many channels of a span have an alarm."""
        return sum(channel in self._channels for channel in wires.bearers)

    def changes(self) -> Iterator[LineAlarm]:
        """What there is to say of spans that was not said yet."""
        for wires in self._layout.wires:
            span = wires.span.number
            alarms = [self._channels[channel] for channel in wires.bearers if channel in self._channels]
            now = None
            if alarms:
                whole = len(alarms) == len(wires.bearers)
                of = "" if whole else f" on {len(alarms)} of {len(wires.bearers)} channels"
                kinds = ", ".join(dict.fromkeys(alarms))
                now = (Severity.RED if whole else Severity.YELLOW, f"span {span}, trunk '{wires.span.trunk}': {kinds}{of}")
            before = self._said.get(span)
            if now == before:
                continue
            if now:
                self._said[span] = now
                advice = "check the cable and ask the operator of the exchange; RED: nothing comes in, YELLOW: the far end does not hear us"
                yield LineAlarm(self.line, now[0], f"span {span}", now[1], advice)
            else:
                del self._said[span]
                yield LineAlarm(self.line, Severity.RED, f"span {span}", f"span {span} is well again", cleared=True)
