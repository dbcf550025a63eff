"""What a watched card's reports mean for an operator: alarms with a severity and advice, raised once and cleared. Pure; time is passed in.

A span's alarms (ITU-T G.775, I.431; names as the driver has them) become one alarm of the line, of the gravest of them:

    loss of signal, red, loss of frame, blue, yellow, loopback, not open    RED     no call goes over it
    loss of multiframe, recovering, one unknown                             YELLOW  calls may fail
    slips, errors: many in a minute                                         YELLOW  speech clicks, faxes fail
    slips, errors: some in a minute                                         BLUE    worth knowing
    one channel in alarm, the span not (an exchange line without voltage)   YELLOW

The colours of the left column are those of the alarm signals on the wire, those of the middle one severities.
"""

import dataclasses
from collections.abc import Collection

import attrs

from hal.api import LineAlarm, Severity
from hal.dahdi.card import ANALOGUE, Alive, Channel, Counters, Fault, Gone, Report, Span

__all__ = ["Board"]

WINDOW_S = 60.0
MANY = {"slips": 4, "missed_interrupts": 4}
"""In a window, of what more than a few are many."""
MANY_ERRORS = 60

_GONE = ("RED", "is not there any more", "see whether its card is seen (dahdi_scan, lspci) and its driver loaded; then run dahdi_cfg")
_MEANINGS = {
    "not open": ("RED", "was not opened by the driver", "run dahdi_cfg and look at what it says; see /etc/dahdi/system.conf"),
    "loss of signal": (
        "RED",
        "receives no signal",
        "see whether the cable is plugged in at both ends and its pairs are not swapped; then call the operator of the network",
    ),
    "loss of frame": (
        "RED",
        "receives a signal without frames",
        "compare line coding and CRC-4 with what the operator of the network has set; else the far end is out of order",
    ),
    "red": (
        "RED",
        "receives nothing that it understands (red alarm)",
        "see whether the cable is plugged in at both ends; then compare line coding and CRC-4 with the far end's",
    ),
    "blue": (
        "RED",
        "receives the sign that what is beyond its far end failed (AIS, blue alarm)",
        "nothing is to be done here: call the operator of the network",
    ),
    "yellow": (
        "RED",
        "is not received by its far end (RAI, yellow alarm)",
        "see the sending pair of the cable, and the clock: one end gives it, the other takes it",
    ),
    "loopback": ("RED", "is looped back", "somebody tests: end the loop here (dahdi_maint) or at the network's side"),
    "loss of multiframe": (
        "YELLOW",
        "has lost its multiframe",
        "compare CRC-4, and for MFC/R2 time slot 16, with what the operator of the network has set",
    ),
    "recovering": ("YELLOW", "recovers from an alarm", "wait some seconds; if it stays so, errors keep coming in"),
}
_ADVICE_OF_COUNTERS = {
    "slips": "two clocks differ: a span to the public network takes the clock from there (second figure of span= in system.conf not 0)",
    "missed_interrupts": "the machine is too busy for its cards, or shares an interrupt: see /proc/interrupts",
}


@attrs.define
class _Watched:
    """What is known of a span, and since when."""

    span: Span
    window_from: float
    counted: Counters
    """At the beginning of the window."""
    in_error: bool = False


class Board:
    """The cards of one line: these spans, or all that there are."""

    def __init__(self, line: str, spans: Collection[int] = ()) -> None:
        self._line = line
        self._ours = frozenset(spans)
        self._watched: dict[int, _Watched] = {}
        self._standing: dict[str, LineAlarm] = {}
        self._not_seen_again: set[int] = set()

    @property
    def spans(self) -> list[Span]:
        """All spans as they were reported last, by number."""
        return [self._watched[number].span for number in sorted(self._watched)]

    def standing(self) -> dict[int, LineAlarm]:
        """The alarm that each span has, of those that have one."""
        spans = {source.removeprefix("span "): alarm for source, alarm in self._standing.items()}
        return {int(number): alarm for number, alarm in spans.items() if number.isdigit()}

    def take(self, report: Report, now_s: float) -> list[LineAlarm]:
        """What is new to the operator with this report."""
        match report:
            case Span() | Gone() if self._ours and report.number not in self._ours:
                return []
            case Span():
                return self._span(report, now_s)
            case Gone():
                return self._gone(report.number)
            case Fault():
                text = f"the driver of the cards cannot be asked: {report.text}"
                return self._raised(Severity.RED, "cards", text, "see whether the dahdi modules are loaded (lsmod), and who may use it")
            case Alive():
                news = self._cleared("cards", "the cards are watched")
                news += [alarm for number in sorted(self._not_seen_again) for alarm in self._gone(number)]
                self._not_seen_again.clear()
                for watched in self._watched.values():
                    if watched.window_from + WINDOW_S <= now_s:
                        news += self._counted(watched, now_s)
                return news

    def met(self) -> None:
        """The watcher is heard, for the first time or again: it tells of every span that there is."""
        self._not_seen_again = set(self._watched)

    def unseen(self, why: str, address: str) -> list[LineAlarm]:
        """The watcher cannot be heard: what is new to the operator. What it said last stands."""
        if (standing := self._standing.get("cards")) is not None and standing.severity is Severity.YELLOW:
            return []  # it goes on, whatever the reason is now
        advice = f"see whether card.py serves at {address} on the machine with the cards; calls are not affected by this"
        return self._raised(Severity.YELLOW, "cards", f"nobody watches the cards: {why}", advice)

    def _gone(self, number: int) -> list[LineAlarm]:
        watched = self._watched.pop(number, None)
        news = self._cleared(f"span {number} errors", f"span {number} is not there")
        for channel in watched.span.channels if watched else ():
            news += self._cleared(f"channel {channel.number}", f"channel {channel.number} is not there")
        severity, text, advice = _GONE
        return news + self._raised(Severity[severity], f"span {number}", f"span {number} {text}", advice)

    def _span(self, span: Span, now_s: float) -> list[LineAlarm]:
        self._not_seen_again.discard(span.number)
        watched = self._watched.get(span.number)
        if watched is None or _smaller(span.counters, watched.counted):  # new, or counted anew
            self._watched[span.number] = watched = _Watched(span, now_s, span.counters)
        before, watched.span = watched.span, span
        news = self._alarm(span)
        if span.alarms:  # errors that come with an alarm are no news of their own
            watched.counted, watched.window_from = span.counters, now_s
        elif span.counters != before.counters or watched.window_from + WINDOW_S <= now_s:
            news += self._counted(watched, now_s)
        for channel in span.channels:
            if channel.signalling & ANALOGUE:  # all others have the alarms of their span
                news += self._channel(span, channel)
        return news

    def _alarm(self, span: Span) -> list[LineAlarm]:
        source = f"span {span.number}"
        if not span.alarms:
            return self._cleared(source, f"{source} ({span.name}) is in order")
        unknown = ("YELLOW", f"has an alarm that is not known here: {', '.join(span.alarms)}", "see dahdi_tool")
        known = [name for name in _MEANINGS if name in span.alarms]
        severity, text, advice = _MEANINGS[known[0]] if known else unknown
        return self._raised(Severity[severity], source, f"{source} ({span.name}) {text}", advice)

    def _channel(self, span: Span, channel: Channel) -> list[LineAlarm]:
        source = f"channel {channel.number}"
        if span.alarms or not channel.alarms:
            return self._cleared(source, f"{source} ({channel.name}) is in order")
        text = f"{source} ({channel.name}) has no line: {', '.join(channel.alarms)}"
        return self._raised(Severity.YELLOW, source, text, "see whether an exchange line is plugged in there, and has voltage")

    def _counted(self, watched: _Watched, now_s: float) -> list[LineAlarm]:
        """What the window's counters say; a window that is over begins anew."""
        span, source = watched.span, f"span {watched.span.number} errors"
        old, new = dataclasses.asdict(watched.counted), dataclasses.asdict(span.counters)
        more = {name: new[name] - old[name] for name in new if new[name] > old[name]}
        over = watched.window_from + WINDOW_S <= now_s
        if over:
            watched.window_from, watched.counted = now_s, span.counters
        many = [name for name, count in more.items() if count >= MANY.get(name, MANY_ERRORS)]
        if many:
            watched.in_error = True
            counted = ", ".join(name.replace("_", " ") for name in many)
            advice = _ADVICE_OF_COUNTERS.get(many[0], "see cable, plugs and earthing; ask the operator of the network for his counters")
            return self._raised(Severity.YELLOW, source, f"span {span.number} ({span.name}) has many errors: {counted}", advice)
        if more and not watched.in_error:
            text = f"span {span.number} ({span.name}) has errors: {', '.join(name.replace('_', ' ') for name in more)}"
            return self._raised(Severity.BLUE, source, text, "nothing yet; if it comes again, see clock, cable and plugs")
        if over:
            watched.in_error = False
        return self._cleared(source, f"span {span.number} ({span.name}) has no more errors") if over and not more else []

    def _raised(self, severity: Severity, source: str, text: str, advice: str) -> list[LineAlarm]:
        alarm = LineAlarm(self._line, severity, source, text, advice)
        if self._standing.get(source) == alarm:
            return []
        self._standing[source] = alarm
        return [alarm]

    def _cleared(self, source: str, text: str) -> list[LineAlarm]:
        alarm = self._standing.pop(source, None)
        return [LineAlarm(self._line, alarm.severity, source, text, cleared=True)] if alarm else []


def _smaller(new: Counters, old: Counters) -> bool:
    """Whether any counter went back: the driver was loaded anew, or somebody reset it."""
    return any(a < b for a, b in zip(dataclasses.astuple(new), dataclasses.astuple(old), strict=True))
