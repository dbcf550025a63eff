"""What a switch has said that nobody could use: counted for the operator, and an alarm when much of it cannot be read, or is not known."""

from collections import deque

from hal.api import Group, LineAlarm, Severity
from hal.csta.notices import Ignored

__all__ = ["PassedOver"]

MANY = 10
"""So many strange messages within `WITHIN_S` are an alarm: one that comes now and then harms nobody."""
WITHIN_S = 60.0
QUIET_S = 300.0
"""After so long without one the alarm is over."""
_SOURCE = "cti messages"
_ADVICE = "see the line's log for what they say; its `make` or `edition` may be another than the switch's"


class PassedOver:
    """Of one line."""

    def __init__(self, line: str) -> None:
        """Nothing was."""
        self._line = line
        self._count = 0
        self._last = ""
        self._strange: deque[float] = deque(maxlen=MANY)
        """When the last of them came that could not be read, or are not known."""
        self._alarmed = False

    def group(self) -> tuple[Group, ...]:
        """How many there were, and why the last one was; nothing as long as there was none."""
        if not self._count:
            return ()
        messages = "message was" if self._count == 1 else "messages were"
        return (Group(_SOURCE, state=f"{self._count} {messages} passed over, the last: {self._last}"),)

    def take(self, now: float, notice: Ignored) -> list[LineAlarm]:
        """One more."""
        self._count, self._last = self._count + 1, notice.reason
        if not notice.strange:
            return []
        self._strange.append(now)
        if self._alarmed or len(self._strange) < MANY or now - self._strange[0] > WITHIN_S:
            return []
        self._alarmed = True
        text = f"{MANY} messages of the switch within {WITHIN_S:g} s were not understood, the last: {notice.reason}"
        return [LineAlarm(self._line, Severity.YELLOW, _SOURCE, text, _ADVICE)]

    def next_deadline(self) -> float | None:
        """When `tick` may have something to do at the earliest."""
        return self._strange[-1] + QUIET_S if self._alarmed else None

    def tick(self, now: float) -> list[LineAlarm]:
        """The alarm is over when none has come for a while."""
        if not self._alarmed or now < self._strange[-1] + QUIET_S:
            return []
        self._alarmed = False
        self._strange.clear()
        return [LineAlarm(self._line, Severity.YELLOW, _SOURCE, "the switch is understood again", cleared=True)]
