"""The engine's own timers: a heap in which equal deadlines fire in the order they were set.

It has no clock: `Engine.tick` brings the time.
"""

from collections.abc import Callable
from heapq import heapify, heappop, heappush
from math import inf

__all__ = ["Timer", "Timers"]


class Timer:
    """One pending call; `cancel` is cheap, and harmless when it has fired."""

    __slots__ = ("fire",)

    def __init__(self, fire: Callable[[], None]) -> None:
        """Keep what is to be called."""
        self.fire: Callable[[], None] | None = fire

    def cancel(self) -> None:
        """Never fire."""
        self.fire = None


class Timers:
    """All timers of one engine; times are seconds of the engine's clock."""

    __slots__ = ("_heap", "_sequence", "_sweep_at")

    def __init__(self) -> None:
        """Start without a timer."""
        self._heap: list[tuple[float, int, Timer]] = []
        self._sequence = 0
        self._sweep_at = 1024

    def set(self, deadline: float, fire: Callable[[], None]) -> Timer:
        """Call `fire` in the first tick at or after `deadline`."""
        timer = Timer(fire)
        self._sequence += 1
        heappush(self._heap, (deadline, self._sequence, timer))
        if len(self._heap) > self._sweep_at:
            self._sweep()
        return timer

    def next_deadline(self) -> float:
        """When the next timer fires; infinity when none is set."""
        heap = self._heap
        while heap and heap[0][2].fire is None:
            heappop(heap)
        return heap[0][0] if heap else inf

    def due(self, now: float) -> Callable[[], None] | None:
        """Take out the first timer that is due, or None."""
        heap = self._heap
        while heap and heap[0][0] <= now:
            timer = heappop(heap)[2]
            if timer.fire is not None:
                fire, timer.fire = timer.fire, None
                return fire
        return None

    def _sweep(self) -> None:
        """Forget cancelled timers, so that long ones (a patience of hours) do not pile up."""
        self._heap = [entry for entry in self._heap if entry[2].fire is not None]
        heapify(self._heap)
        self._sweep_at = max(1024, 2 * len(self._heap))
