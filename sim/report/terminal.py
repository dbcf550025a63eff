"""What a run looks like in a terminal: a bar on stderr while it goes on, a page on stdout when it is over."""

import sys
from collections.abc import Sequence
from typing import TextIO

from sim.report.result import Result

__all__ = ["Bar", "sparkline", "summary"]

_BLOCKS = "▁▂▃▄▅▆▇█"
_WIDTH = 30


def sparkline(values: Sequence[float]) -> str:
    """A row of blocks, the highest value the highest block; nothing at all stays at the bottom."""
    top = max(values, default=0.0)
    return "".join(_BLOCKS[min(len(_BLOCKS) - 1, int(value / top * len(_BLOCKS)))] if top > 0 else _BLOCKS[0] for value in values)


def _halved(values: Sequence[float]) -> list[float]:
    return [(a + b) / 2 for a, b in zip(values[::2], values[1::2], strict=True)]


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


def summary(result: Result, reports: Sequence[str] = ()) -> str:
    """The page at the end; `reports` are the files written besides."""
    contacts = result.figures["contacts"]
    seeds = f"seeds {result.seed}-{result.seed + len(result.replications) - 1}" if result.replications else f"seed {result.seed}"
    lines = [
        f"{result.scenario.scenario}    {seeds}   {result.mode}   {length(result.virtual_s)} in {length(result.wall_s)}"
        f"   digest {result.digest[:4]} {result.digest[4:8]}"
    ]
    counts = {
        "offered": "offered", "served by IVR": "self_served", "answered": "answered", "abandoned": "abandoned", "blocked": "blocked",
        "messages": "messages", "redials": "redials",
    }  # fmt: skip
    always = {"offered", "answered", "abandoned"}
    lines.append("  " + "   ".join(f"{said} {contacts[key]:.0f}" for said, key in counts.items() if contacts[key] or key in always))
    drawn = {"arrivals": "arrivals", "waiting": "waiting", "busy agents": "talking"}
    lines.append("  " + "   ".join(f"{said} {sparkline(_halved(result.series[key]))}" for said, key in drawn.items()))
    lines.append("  " + _waits(result))
    lines += _targets(result)
    lines += _differences(result)
    lines += [f"  note: {note}" for note in result.notes[:8]]
    if len(result.notes) > 8:
        lines.append(f"  and {len(result.notes) - 8} more notes in the JSON report")
    if reports:
        lines.append(f"report: {', '.join(reports)}")
    return "\n".join(lines)


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


def _targets(result: Result) -> list[str]:
    if not result.verdicts:
        return ["No targets: nothing was promised."]
    rows = [("target", "", "measured", "verdict")]
    for verdict in result.verdicts:
        if verdict.measured is None:
            measured = "nothing to measure"
        else:
            measured = verdict.target.say(verdict.measured)
            if (width := result.uncertainty(verdict.name)) is not None:
                measured += f" ± {verdict.target.say(width).split()[0]}"
        rows.append(
            (verdict.name.replace("_", " "), str(verdict.target).replace(" within ", " in "), measured, "met" if verdict.ok else "MISSED")
        )
    wide = [max(len(row[column]) for row in rows) for column in range(3)]
    lines = [f"  {a:{wide[0]}}  {b:{wide[1]}}   {c:{wide[2]}}   {d}".rstrip() for a, b, c, d in rows]
    missed = sum(1 for verdict in result.verdicts if not verdict.ok)
    count = len(result.verdicts)
    lines.append(f"All {count} targets met." if not missed else f"{missed} of {count} targets missed.")
    return lines


def _differences(result: Result) -> list[str]:
    if result.mode != "live":
        return []
    if not result.differences:
        return [f"  virtual time gives every one of these {result.compared} calls the same outcome"]
    lines = [f"  {len(result.differences)} of {result.compared} calls came out differently in virtual time:"]
    return lines + [f"    call {difference['call']}: {difference['why']}" for difference in result.differences[:8]]
