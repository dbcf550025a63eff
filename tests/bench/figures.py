"""Figures of a benchmark: ours beside the peer's, as a table for people and as JSON of a fixed form."""

import json
import math
from collections.abc import Iterable, Sequence
from pathlib import Path

import attrs

__all__ = ["Figure", "beside", "percentile", "report", "table", "write_json"]


@attrs.frozen(kw_only=True)
class Figure:
    """One measured thing."""

    metric: str
    unit: str
    ours: float | None
    """None: there was nothing to measure."""
    peer: float | None
    ratio: float | None
    """Ours over the peer's; smaller is better where a target says so."""
    peer_name: str
    target: float | None
    """The largest ratio that is good (of a count that is to be zero: the largest count of ours); None: the figure is only told."""
    ok: bool | None
    """Whether the target is met, or the figure is as it has to be; None where nothing is asked of it."""


def percentile(values: Sequence[float], share: float) -> float | None:
    """The smallest value that at least this share of the values does not exceed (nearest rank); None of nothing."""
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)] if values else None


def beside(metric: str, unit: str, ours: float | None, peer: float | None, peer_name: str, target: float | None = None) -> Figure:
    """A figure with its ratio and verdict; what could not be measured on our side misses its target."""
    ratio = ours / peer if ours is not None and peer else None
    ok = None if target is None else ratio is not None and ratio <= target
    return Figure(metric=metric, unit=unit, ours=ours, peer=peer, ratio=ratio, peer_name=peer_name, target=target, ok=ok)


def write_json(path: Path, figures: Iterable[Figure]) -> None:
    """Write the figures as the list that `./hotline bench --json` promises."""
    path.write_text(json.dumps([attrs.asdict(figure) for figure in figures], indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def report(figures: Sequence[Figure], json_path: Path | None) -> int:
    """Print the table and write the JSON; the exit code: 0 every target met, 1 one missed."""
    print(table(figures))
    if json_path is not None:
        write_json(json_path, figures)
    return 1 if any(figure.ok is False for figure in figures) else 0


def table(figures: Sequence[Figure]) -> str:
    """The figures, one a line."""
    names = {figure.peer_name for figure in figures}
    rows = [("", "", "ours", " / ".join(sorted(names)), "ratio", "target", "")]
    rows += [
        (
            f.metric,
            f.unit,
            _number(f.ours),
            _number(f.peer),
            _number(f.ratio),
            _limit(f.target),
            _verdict(f.ok),
        )
        for f in figures
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    aligned = ("<", "<", ">", ">", ">", ">", "<")
    return "\n".join("  ".join(f"{cell:{a}{w}}" for cell, a, w in zip(row, aligned, widths, strict=True)).rstrip() for row in rows)


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def _limit(target: float | None) -> str:
    return "" if target is None else f"<= {target:g}"


def _verdict(ok: bool | None) -> str:
    return {None: "", True: "ok", False: "MISSED"}[ok]
