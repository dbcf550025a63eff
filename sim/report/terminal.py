"""What a run looks like in a terminal: a bar on stderr while it goes on, a page on stdout when it is over."""

import sys
from collections.abc import Callable, Sequence
from textwrap import wrap
from typing import TextIO

from sim.report.beside import Comparison
from sim.report.result import Result
from sim.verdict.judging import MISSED, NOT_DECIDED
from sim.verdict.kinds import KINDS

__all__ = ["Bar", "Bars", "sparkline", "summary", "targets_told"]

_BLOCKS = "▁▂▃▄▅▆▇█"
_WIDTH = 30
_WIDE = 110
_FELT = ("service_level", "abandonment")
_BLOCKS_WIDE = 12
"""So many blocks a curve has."""


def sparkline(values: Sequence[float]) -> str:
    """A row of blocks, the highest value the highest block; nothing at all stays at the bottom."""
    top = max(values, default=0.0)
    return "".join(_BLOCKS[min(len(_BLOCKS) - 1, int(value / top * len(_BLOCKS)))] if top > 0 else _BLOCKS[0] for value in values)


def length(seconds: float) -> str:
    """A length of time as one reads it: `3 h`, `5 min 30 s`, `1.9 s`, `12 ms`."""
    if seconds < 0.1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    parts = [f"{hours} h" if hours else "", f"{minutes} min" if minutes else "", f"{rest} s" if rest and not hours else ""]
    return " ".join(filter(None, parts))


class Bar:
    """A bar that shows how far a run is; nothing where stderr is no terminal."""

    def __init__(self, title: str, stream: TextIO | None = None) -> None:
        """Prepare; the bar appears with the first `show`."""
        self._title = title
        self._stream = sys.stderr if stream is None else stream
        self._shown = ""

    def show(self, done: float) -> None:
        """Draw that this share of the run is done; a whole run wipes the bar."""
        if not self._stream.isatty():
            return
        if done >= 1:
            self.wipe()
            return
        full = int(done * _WIDTH * 8)
        bar = "█" * (full // 8) + (" ▏▎▍▌▋▊▉"[full % 8] if full % 8 else "")
        shown = f"\r{self._title}  {bar:·<{_WIDTH}} {done:4.0%}"
        if shown != self._shown:
            self._shown = shown
            print(shown, end="", file=self._stream, flush=True)

    def wipe(self) -> None:
        """Leave no trace."""
        if self._shown:
            print(f"\r{' ' * (len(self._shown) + len(self._title))}\r", end="", file=self._stream, flush=True)
            self._shown = ""


class Bars:
    """One bar after another, for a search that does not know how many runs it takes."""

    def __init__(self, title: Callable[[float], str]) -> None:
        """Prepare; `title` says what the bar of a number stands for."""
        self._title = title
        self._made: list[Bar] = []

    def next(self, number: float) -> Callable[[float], None]:
        """What the next run is to be told of."""
        self._made.append(Bar(self._title(number)))
        return self._made[-1].show

    def wipe(self) -> None:
        """Take away what is drawn."""
        for bar in self._made:
            bar.wipe()


def summary(result: Result, reports: Sequence[str] = (), comparison: Comparison | None = None) -> str:
    """The page at the end; `reports` are the files written besides, `comparison` what the run is compared with."""
    contacts = result.figures["contacts"]
    seeds = f"seeds {result.seed}-{result.seed + len(result.replications) - 1}" if result.replications else f"seed {result.seed}"
    lines = [
        f"{result.scenario.scenario}    {seeds}   {result.mode}   {length(result.virtual_s)} in {length(result.wall_s)}"
        f"   digest {result.digest[:4]} {result.digest[4:8]}"
    ]
    counts = {
        "offered": "offered", "served by IVR": "self_served", "answered": "answered", "abandoned": "abandoned", "blocked": "blocked",
        "messages": "messages", "not reached when called back": "unreached", "redials": "redials",
    }  # fmt: skip
    always = {"offered", "answered", "abandoned"}
    lines.append("  " + "   ".join(f"{said} {contacts[key]:.0f}" for said, key in counts.items() if contacts.get(key) or key in always))
    curves = result.curves
    drawn = {"arrivals": curves.means("offered", _BLOCKS_WIDE), "waiting": curves.means("waiting", _BLOCKS_WIDE),
             "busy agents": curves.means("agents on-call", _BLOCKS_WIDE)}  # fmt: skip
    lines.append("  " + "   ".join(f"{said} {sparkline(values)}" for said, values in drawn.items()))
    lines.append("  " + (_intervals(result) if result.replications else _waits(result)))
    lines += targets_told(result)
    if comparison is not None:
        lines += ["", f"  beside {comparison.first}:", *_compared(comparison)]
    lines += _differences(result)
    lines += [f"  note: {note}" for note in result.notes[:8]]
    if len(result.notes) > 8:
        lines.append(f"  and {len(result.notes) - 8} more notes in the JSON report")
    if reports:
        lines.append(f"report: {', '.join(reports)}")
    return "\n".join(lines)


def _intervals(result: Result) -> str:
    """The main figures of replications, with half their confidence intervals."""
    shown = {"service level": "service_level", "speed of answer": "asa", "gave up": "abandonment", "agents busy": "occupancy"}
    return "   ".join(f"{said} {KINDS[name].say_of(result.figures)}" for said, name in shown.items())


def _waits(result: Result) -> str:
    wait, asa, busy = result.figures["wait_s"], result.figures["asa_s"], result.figures["occupancy"]
    if wait["mean"] is None:
        return "nobody asked for a queue"
    parts = [f"wait mean {wait['mean']:.1f} s  p95 {wait['p95']:.1f} s  max {wait['max']:.1f} s"]
    if asa is not None:
        parts.append(f"speed of answer {asa:.1f} s")
    if busy is not None:
        parts.append(f"agents busy {busy:.0%}")
    return "   ".join(parts)


def conclusion(result: Result) -> str:
    """The verdict in one sentence."""
    states = [verdict.state for verdict in result.verdicts]
    count, missed, open_ = len(states), states.count(MISSED), states.count(NOT_DECIDED)
    if not count:
        return "No targets: nothing was promised."
    if missed:
        return f"{missed} of {count} targets missed." + (f" {open_} not decided." if open_ else "")
    if open_:
        return f"{open_} of {count} targets not decided: their limits lie within what was measured; more replications would tell."
    return f"All {count} targets met." if count > 1 else "The target is met."


def targets_told(result: Result) -> list[str]:
    """A line for each target and what came of it, and the verdict."""
    if not result.verdicts:
        return [conclusion(result)]
    rows = [("target", "", "measured", "verdict")]
    for verdict in result.verdicts:
        if verdict.measured is None:
            measured = "nothing to measure"
        else:
            measured = verdict.target.say(verdict.measured, verdict.half_width)
        said = "MISSED" if verdict.state == MISSED else verdict.state
        worst = f"  (worst: {verdict.worst})" if verdict.worst else ""
        rows.append((verdict.title, str(verdict.target).replace(" within ", " in "), measured, f"{said}{worst}"))
    return [*_table(rows), conclusion(result)]


def _table(rows: Sequence[tuple[str, str, str, str]]) -> list[str]:
    wide = [max(len(row[column]) for row in rows) for column in range(3)]
    return [f"  {a:{wide[0]}}  {b:{wide[1]}}   {c:{wide[2]}}   {d}".rstrip() for a, b, c, d in rows]


def beside(first: Result, second: Result, comparison: Comparison, reports: Sequence[str] = ()) -> str:
    """The page at the end of a comparison; `reports` are the files written besides."""
    seeds = f"seeds {first.seed}-{first.seed + len(first.runs) - 1}" if len(first.runs) > 1 else f"seed {first.seed}"
    lines = [
        f"{comparison.first} and {comparison.second}    {seeds}   {length(first.virtual_s + second.virtual_s)} in {length(first.wall_s)}"
    ]
    lines += _compared(comparison)
    lines += [f"{name}: {conclusion(result)}" for name, result in ((comparison.first, first), (comparison.second, second))]
    lines += wrap(comparison.says, _WIDE)
    if reports:
        lines.append(f"report: {', '.join(reports)}")
    return "\n".join(lines)


def _compared(comparison: Comparison) -> list[str]:
    """A line for each figure that is not the same; of queues, for those that callers feel."""
    shown = [row for row in comparison.rows if row.says != "the same" and (not row.scope.queue or row.name in _FELT)]
    if not shown:
        return ["  every figure is the same"]
    rows = [("figure", comparison.first, comparison.second, "difference")]
    for row in shown:
        kind, change = KINDS[row.name], row.change
        said = "" if change is None else kind.say_change(change, row.half_width, max(abs(row.before or 0.0), abs(row.after or 0.0)))
        title = f"{row.scope.queue}: {row.title}" if row.scope.queue else row.title
        rows.append((title, kind.say(row.before), kind.say(row.after), f"{said:24} {row.says}"))
    return _table(rows)


def _differences(result: Result) -> list[str]:
    if result.mode != "live":
        return []
    if not result.differences:
        return [f"  virtual time gives every one of these {result.compared} calls the same outcome"]
    lines = [f"  {len(result.differences)} of {result.compared} calls came out differently in virtual time:"]
    return lines + [f"    call {difference['call']}: {difference['why']}" for difference in result.differences[:8]]
