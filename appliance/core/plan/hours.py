"""Opening hours."""

from datetime import UTC, date, datetime, time, timedelta, tzinfo

from hal.api import value

__all__ = ["HoursPlan", "Slot"]


@value
class Slot:
    """Opening time within one day, in the centre's own time; `closes` is the first moment after it."""

    opens: time
    closes: time


@value
class HoursPlan:
    """When a number, a flow or an agent's place in a group counts."""

    week: tuple[tuple[Slot, ...], ...]
    """Seven days, Monday first; a day's slots in order."""
    zone: tzinfo = UTC
    closed_on: frozenset[date] = frozenset()
    """Holidays and one-off closures; they win over the week."""

    def is_open(self, wall_s: float) -> bool:
        """Whether it is open at a moment in seconds since the epoch (UTC)."""
        local = datetime.fromtimestamp(wall_s, self.zone)
        if local.date() in self.closed_on:
            return False
        now = local.time()
        return any(slot.opens <= now and (now < slot.closes or slot.closes == time.min) for slot in self.week[local.weekday()])

    def next_change(self, wall_s: float) -> float:
        """When it may open or close next, in seconds since the epoch: a slot's end or the next midnight; always later than `wall_s`."""
        local = datetime.fromtimestamp(wall_s, self.zone)
        midnight = datetime.combine(local.date() + timedelta(days=1), time.min, self.zone)
        edges = [edge for slot in self.week[local.weekday()] for edge in (slot.opens, slot.closes)]
        later = [datetime.combine(local.date(), edge, self.zone).timestamp() for edge in edges if edge > local.time()]
        return max(min([*later, midnight.timestamp()]), wall_s + 1.0)
