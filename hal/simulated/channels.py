"""The channels between a simulated line and the network, thirty to a span (E1, ITU-T G.704), and the spans that are in alarm.

Calls take the channel that has been free for the longest time, as exchanges hunt.
"""

from collections import deque

from hal.api import Group

__all__ = ["PER_SPAN", "Channels"]

PER_SPAN = 30


class Channels:
    """Channels numbered from 1; a line with none of them has as many as it needs."""

    __slots__ = ("_free", "_out", "in_alarm", "number")

    def __init__(self, number: int) -> None:
        """So many, all of them free."""
        self.number = number
        self._free = deque(range(1, number + 1))
        self._out: dict[int, list[int]] = {}
        self.in_alarm: set[int] = set()
        """Spans over which no call goes."""

    @property
    def spans(self) -> int:
        """How many spans they are."""
        return -(-self.number // PER_SPAN)

    def group(self, legs: int) -> Group:
        """They as an operator looks at them; `legs` are in use where they have no number."""
        if not self.number:
            return Group("legs", legs)
        blocked = sum(len(free) for free in self._out.values())
        spans = ", ".join(str(span) for span in sorted(self.in_alarm))
        busy = self.number - len(self._free) - blocked
        return Group("channels", busy, self.number, blocked, f"in alarm: spans {spans}" if spans else "")

    def seize(self) -> int:
        """Take a free channel; 0: there is none."""
        return self._free.popleft() if self._free else 0

    def free(self, channel: int) -> None:
        """Give a channel back."""
        if self.in_alarm and (span := span_of(channel)) in self.in_alarm:
            self._out[span].append(channel)
        else:
            self._free.append(channel)

    def alarm(self, span: int) -> None:
        """From now on no channel of this span is taken."""
        self.in_alarm.add(span)
        self._out[span] = [channel for channel in self._free if span_of(channel) == span]
        self._free = deque(channel for channel in self._free if span_of(channel) != span)

    def well(self, span: int) -> None:
        """The span is back."""
        self.in_alarm.discard(span)
        self._free.extend(self._out.pop(span, ()))

    def carries(self, span: int, channel: int) -> bool:
        """Whether a channel is one of the span's."""
        return channel > 0 and span_of(channel) == span


def span_of(channel: int) -> int:
    """The span of a channel, counted from 1."""
    return (channel - 1) // PER_SPAN + 1
