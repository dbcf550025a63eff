"""What was fitted and how well, as text: figures, and the curve of patience beside what was seen."""

from bisect import bisect_right
from collections.abc import Sequence

from appliance.config import Duration
from sim.fit.fitted import Fitted, chances
from sim.fit.rates import Rates
from sim.fit.shapes import Fit, survival_of

__all__ = ["told"]

_BARS = "▁▂▃▄▅▆▇█"
_WIDE, _HIGH = 60, 12
_FAR = 0.05
"""A curve this far from what was seen is worth a word."""


def told(found: Fitted) -> str:
    """The whole report."""
    samples = found.samples
    lines = [
        f"{samples.calls:,} calls from {samples.first} to {samples.last}, "
        f"{sum(map(len, samples.arrivals.values())):,} of them first attempts",
    ]
    for number, rates in sorted(found.rates.items()):
        lines += ["", *_rates(number, rates)]
    lines += ["", f"patience: {len(samples.gave_up_s):,} gave up, {len(samples.served_s):,} were served before they did (censored)"]
    lines += _fits(found.patience, len(samples.gave_up_s))
    if found.patience:
        lines += ["", *_curve(found.patience[0], samples.gave_up_s, samples.served_s)]
    lines += ["", f"talk: {len(samples.talks_s):,} talks", *_fits(found.talk, len(samples.talks_s))]
    if samples.wrap_ups_s:
        lines += ["", f"wrap-up: {len(samples.wrap_ups_s):,}", *_wrap_ups(found)]
    return "\n".join([*lines, "", *_redials(found), ""])


def _rates(number: str, rates: Rates) -> list[str]:
    top = max(rate for profile in rates.per_hour.values() for rate in profile.values())
    lines = [f"calls to {number}: {rates.calls:,} in intervals of {rates.interval_s // 60} min, each rate ± {1.96 * rates.error:.0%}"]
    for days, profile in rates.per_hour.items():
        begin, end = min(profile), max(profile)
        bars = "".join(
            _BARS[round(profile[second] / top * (len(_BARS) - 1))] for second in sorted(profile) if profile[second] or second != end
        )
        lines.append(f"  {days:8} {begin // 3600:02d}:{begin % 3600 // 60:02d} {bars} at most {max(profile.values()):g} an hour")
    for what, cv, p in (("days", rates.day_cv, rates.p_days), ("intervals", rates.interval_cv, rates.p_intervals)):
        if p is None:
            lines.append(f"  {what}: too few to tell whether they vary more than chance alone")
        else:
            said = f"vary beyond chance: cv {cv:g}" if cv else "vary as chance alone would have it"
            lines.append(f"  {what} {said} (p {'< 0.001' if p < 0.001 else f'= {p:.3f}'})")
    return lines


def _wrap_ups(found: Fitted) -> list[str]:
    by_length: dict[tuple[str, Duration], list[str]] = {}
    for of, lengths in found.set_wrap_ups.items():
        for name, length in sorted(lengths.items()):
            by_length.setdefault((of, length), []).append(name)
    said = [
        f"  {of}{'s' * (len(names) > 1)} {', '.join(names)}: nearly always {length}: it is set, and not by chance"
        for (of, length), names in by_length.items()
    ]
    return said or _fits(found.wrap_up, len(found.samples.wrap_ups_s))


def _fits(fits: Sequence[Fit], seen: int) -> list[str]:
    if fits and fits[0].name == "fixed":
        return [f"  nearly always {fits[0].shape}: it is set, and not by chance"]
    if not fits:
        return [f"  {seen} is too few to fit a shape: write one yourself, or record for longer"]
    best = fits[0].aic
    lines = [f"  {'shape':12} {'':34} {'AIC':>12} {'worse by':>9} {'distance':>9}"]
    for fit in fits:
        figures = ", ".join(f"{name} {getattr(fit.shape, name):g}" for name in ("mean_s", "sigma", "shape") if hasattr(fit.shape, name))
        lines.append(f"  {fit.name:12} {figures:34} {fit.aic:12.1f} {fit.aic - best:9.1f} {fit.distance:9.3f}")
    if fits[0].distance > _FAR:
        lines.append(f"  even the best is {fits[0].distance:.0%} away somewhere: look at the data before you rely on it")
    return lines


def _curve(fit: Fit, gave_up_s: Sequence[float], served_s: Sequence[float]) -> list[str]:
    """Kaplan and Meier's curve (█), its band (░), and the chosen shape (·)."""
    seen = survival_of(gave_up_s, served_s)
    span = seen.at_s[-1]
    rows = [[" "] * _WIDE for _ in range(_HIGH)]

    def row(share: float) -> int:
        return min(_HIGH - 1, int((1 - share) * _HIGH))

    for column in range(_WIDE):
        at = (column + 0.5) / _WIDE * span
        last = bisect_right(seen.at_s, at) - 1
        if last >= 0:
            for line in range(row(seen.high[last]), row(seen.low[last]) + 1):
                rows[line][column] = "░"
            rows[row(seen.share[last])][column] = "█"
        else:
            rows[0][column] = "█"
        if rows[row(fit.lasting(at))][column] != "█":
            rows[row(fit.lasting(at))][column] = "·"
    lines = ["  who would still wait: █ as seen (Kaplan-Meier), ░ its 95 % band, · " + fit.name]
    for n, cells in enumerate(rows):
        lines.append(f"  {1 - n / _HIGH:5.0%} │{''.join(cells)}")
    return [*lines, f"        └{'─' * _WIDE}", f"         0{f'{span:.0f} s':>{_WIDE - 1}}"]


def _redials(found: Fitted) -> list[str]:
    if not found.samples.callers_known:
        return ["calling again: the trace does not say who called"]
    lines = []
    for how, said in (("abandoned", "giving up"), ("blocked", "being refused")):
        redials = found.samples.redials[how]
        tried = chances(redials)
        if tried is None:
            lines.append(f"calling again after {said}: {redials.failed[0]} cases are too few to tell")
            continue
        lines.append(
            f"calling again after {said}: {redials.again[0]} of {redials.failed[0]}, {tried[0]:.1%}, each further time x {tried[1]:g}"
        )
        if found.after[how]:
            lines += _fits(found.after[how], len(redials.after_s))
    return lines
