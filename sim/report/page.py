"""A run's verdict as one HTML page that needs nothing but itself."""

from collections.abc import Sequence
from html import escape

from sim.report.result import Result
from sim.report.terminal import length

__all__ = ["html"]


_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #222; }
table { border-collapse: collapse; margin: 1rem 0; font-variant-numeric: tabular-nums; }
td, th { padding: .2rem .9rem .2rem 0; text-align: left; } th { border-bottom: 1px solid #999; }
.met { color: #17692b; } .missed { color: #b3261e; font-weight: bold; } code, figcaption { color: #555; }
svg { width: 100%; height: 7rem; } figure { margin: 1rem 0; }
"""
_QUEUE_HEAD = "<tr>" + "".join(
    f"<th>{column}</th>" for column in ("queue", "answered", "abandoned", "mean wait", "p95", "service level", "agents busy")
) + "</tr>"  # fmt: skip


def html(result: Result) -> str:
    """The verdict, the figures by queue, and how the day went."""
    contacts = result.figures["contacts"]
    title = escape(result.scenario.scenario)
    rows = "".join(
        f"<tr><td>{escape(verdict.name.replace('_', ' '))}</td><td>{escape(str(verdict.target))}</td>"
        f"<td>{escape('–' if verdict.measured is None else verdict.target.say(verdict.measured))}</td>"
        f"<td class='{'met' if verdict.ok else 'missed'}'>{'met' if verdict.ok else 'missed'}</td></tr>"
        for verdict in result.verdicts
    )
    counts = "".join(
        f"<tr><td>{escape(key.replace('_', ' '))}</td><td>{value:.0f}</td></tr>" for key, value in contacts.items() if _number(value)
    )
    queues = "".join(_queue_row(name, figures) for name, figures in result.queues.items())
    charts = "".join(
        _chart(caption, result.series[key])
        for key, caption in (("arrivals", "calls offered"), ("waiting", "callers waiting"), ("talking", "agents in conversation"))
    )
    notes = "".join(f"<li>{escape(note)}</li>" for note in result.notes)
    verdict = "All targets met" if result.ok else "A target was missed"
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title><style>{_STYLE}</style></head><body>
<h1>{title}</h1>
<p>{result.mode}, seed {result.seed}, {length(result.virtual_s)} in {length(result.wall_s)}, <code>digest {result.digest[:16]}</code></p>
<h2 class="{"met" if result.ok else "missed"}">{verdict}</h2>
<table><tr><th>target</th><th>limit</th><th>measured</th><th></th></tr>{rows}</table>
{charts}
<h2>Calls</h2><table>{counts}</table>
<h2>Queues</h2>
<table>{_QUEUE_HEAD}{queues}</table>
{_differences(result)}{f"<h2>Notes</h2><ul>{notes}</ul>" if notes else ""}
</body></html>
"""


def _number(value: object) -> bool:
    return isinstance(value, int | float)


def _queue_row(name: str, figures: dict[str, dict[str, float]]) -> str:
    wait, level = figures["wait_s"], figures["service_level"]
    cells = [
        name,
        f"{figures['contacts']['answered']:.0f}",
        f"{figures['contacts']['abandoned']:.0f}",
        _said(wait["mean"], "{:.1f} s"),
        _said(wait["p95"], "{:.1f} s"),
        _said(level["offered"], "{:.1%}") + f" in {level['threshold_s']:g} s",
        _said(figures["occupancy"], "{:.0%}"),
    ]
    return "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>"


def _said(value: object, form: str) -> str:
    return form.format(value) if _number(value) else "–"


def _chart(caption: str, values: Sequence[float]) -> str:
    """Columns, with the highest value written beside them."""
    top = max(values, default=0.0)
    bars = "".join(
        f"<rect x='{place * 10 + 1}' y='{60 - 56 * value / top:.1f}' width='8' height='{56 * value / top:.1f}' fill='#3d6ea5'/>"
        for place, value in enumerate(values)
        if top > 0
    )
    svg = f"<svg viewBox='0 0 {len(values) * 10} 60' preserveAspectRatio='none' role='img' aria-label='{escape(caption)}'>{bars}</svg>"
    return f"<figure>{svg}<figcaption>{escape(caption)}, at most {top:.3g}</figcaption></figure>"


def _differences(result: Result) -> str:
    if result.mode != "live":
        return ""
    rows = "".join(f"<li>call {entry['call']}: {escape(entry['why'])}</li>" for entry in result.differences)
    return f"<h2>Beside virtual time</h2><p>{len(result.differences)} of {result.compared} calls came out differently.</p><ul>{rows}</ul>"
