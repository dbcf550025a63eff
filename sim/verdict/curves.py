"""How a day went, in equal steps of time: as many numbers as there are steps, however many calls there were.

`offered answered abandoned blocked other` count calls by the step in which they were placed, `within` and `served` those that the service
level is made of; `waiting`, `line NAME` and `agents STATE` are the mean numbers of callers waiting, of channels busy, of agents.
"""

from collections.abc import Mapping, Sequence

from attrs import define, field

from sim.stories import Day, Story

__all__ = ["STATES", "Curves", "curves_from", "curves_of", "step_of"]

STATES: Mapping[str, str] = {
    "on-call": "on-call", "offered": "ringing", "ringing": "ringing", "wrap-up": "wrap-up", "ready": "ready", "not-ready": "not-ready",
}  # fmt: skip
"""State of an agent in the centre's rows -> the curve that it counts in."""
_STEPS_S = (5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400)
_MOST_STEPS = 120
_COUNTED = ("offered", "answered", "abandoned", "blocked", "other", "within", "served")


def step_of(length_s: float, most: int = _MOST_STEPS, of: float = 1.0) -> float:
    """The shortest usual step that parts a length of time into no more than so many, and is itself made of steps `of` that length."""
    return next((float(step) for step in _STEPS_S if length_s <= step * most and step % of == 0), -(-length_s // (most * of)) * of)


@define
class Curves:
    """Curves of one run, or the means of several with their lowest and highest values."""

    since_s: float
    """Where they begin, in seconds of the simulation."""
    step_s: float
    steps: int
    values: dict[str, list[float]] = field(factory=dict)
    low: dict[str, list[float]] = field(factory=dict)
    """Of several runs: the lowest value of each step; one run has none."""
    high: dict[str, list[float]] = field(factory=dict)

    def of(self, name: str) -> list[float]:
        """A curve; nothing at all where it is not known."""
        return self.values.get(name) or [0.0] * self.steps

    def named(self, prefix: str) -> list[str]:
        """What comes after a prefix in the curves' names: lines, states."""
        return [name.removeprefix(f"{prefix} ") for name in self.values if name.startswith(f"{prefix} ")]

    def counted(self, name: str, at_s: float) -> None:
        """Count something that happened at a moment."""
        place = int((at_s - self.since_s) // self.step_s)
        if 0 <= place < self.steps:
            self._values(name)[place] += 1

    def lasted(self, name: str, begin_s: float, end_s: float) -> None:
        """Count something that lasted for a time."""
        begin, end = begin_s - self.since_s, min(end_s - self.since_s, self.steps * self.step_s)
        at = max(begin, 0.0)
        if at >= end:
            return
        values = self._values(name)
        place = int(at // self.step_s)
        while at < end:
            until = min(end, (place + 1) * self.step_s)
            values[place] += (until - at) / self.step_s
            at, place = until, place + 1

    def _values(self, name: str) -> list[float]:
        values = self.values.get(name)
        if values is None:
            values = self.values[name] = [0.0] * self.steps
        return values

    def add(self, story: Story, threshold_s: float) -> None:
        """Count a call."""
        outcome = story.outcome if story.outcome in _COUNTED else "other"
        self.counted("offered", story.placed_at)
        self.counted(outcome, story.placed_at)
        if outcome in ("answered", "abandoned"):
            self.counted("served", story.placed_at)
            if outcome == "answered" and story.wait_s is not None and story.wait_s <= threshold_s:
                self.counted("within", story.placed_at)
        if story.wait_s:
            end_s = story.connected_at if story.connected_at is not None else story.ended_at
            self.lasted("waiting", end_s - story.wait_s, end_s)
        if outcome != "blocked":
            self.lasted(f"line {story.line}", story.placed_at, story.ended_at)

    def add_agents(self, day: Day) -> None:
        """Count agents by their states."""
        for begin_s, end_s, state in day.states(self.since_s + self.steps * self.step_s):
            if state in STATES:
                self.lasted(f"agents {STATES[state]}", begin_s, end_s)

    def sums(self, name: str, size: int) -> list[float]:
        """The curve in parts of so many steps, each the sum of its steps."""
        values = self.of(name)
        return [sum(values[place : place + size]) for place in range(0, self.steps, size)]

    def means(self, name: str, parts: int) -> list[float]:
        """The curve in at most so many parts, each the mean of its steps."""
        values, size = self.of(name), -(-self.steps // parts)
        pieces = [values[place : place + size] for place in range(0, self.steps, size)]
        return [sum(piece) / len(piece) for piece in pieces]

    def as_json(self, start_s: float) -> dict[str, object]:
        """For the report of a run that began at this second of the day; `from_s` is a second of the day as well."""
        rounded = {name: [round(value, 4) for value in values] for name, values in self.values.items()}
        return {"from_s": start_s + self.since_s, "step_s": self.step_s, **rounded}


def curves_from(found: Mapping[str, object]) -> Curves:
    """Those of a report that was read again (`as_json`); ValueError, KeyError or TypeError when it is none of ours."""
    values = {name: [float(each) for each in member] for name, member in found.items() if isinstance(member, list)}
    since_s, step_s = (found[name] for name in ("from_s", "step_s"))
    if not isinstance(since_s, int | float) or not isinstance(step_s, int | float):
        raise TypeError("the axis of time is missing")
    return Curves(float(since_s), float(step_s), len(values["offered"]), values)


def curves_of(runs: Sequence[Curves]) -> Curves:
    """Several runs' as one: means, lowest and highest values."""
    names = list(dict.fromkeys(name for run in runs for name in run.values))
    made = Curves(runs[0].since_s, runs[0].step_s, runs[0].steps)
    for name in names:
        together = list(zip(*(run.of(name) for run in runs), strict=True))
        made.values[name] = [sum(each) / len(each) for each in together]
        made.low[name], made.high[name] = [min(each) for each in together], [max(each) for each in together]
    return made
