"""Everything that a trace lets one fit, as the tables of a scenario: what `./hotline sim run` takes without a change."""

from collections.abc import Mapping
from datetime import timedelta
from math import ceil
from typing import Any

from attrs import define, field

from appliance.config import Duration, dumps
from appliance.config.structuring import structure
from appliance.config.writing import plain
from appliance.site import Site
from sim.fit.rates import Rates, rates_of
from sim.fit.samples import Redials, Samples
from sim.fit.shapes import Fit, alike, fits_of, set_length
from sim.rosters import ranges
from sim.scenario import Scenario

__all__ = ["Fitted", "chances", "fitted", "scenario_text", "tables"]

_FEWEST_TRIES = 30
"""So many failed attempts are needed to say how likely another one is."""
_DAY_S = 86_400
_NEARLY_ALL = 0.9

SetLengths = dict[str, dict[str, Duration]]
"""Lengths that are set, and not by chance: by what they depend on, `queue` or `agent`, and by its name."""


@define(eq=False)
class Fitted:
    """What was fitted; lists of fits have the best one first, and are empty where there was too little to go by."""

    samples: Samples
    rates: dict[str, Rates]
    patience: list[Fit]
    talk: list[Fit]
    wrap_up: list[Fit]
    set_wrap_ups: SetLengths
    """By queue, if each of them has its own; or else by agent; empty: they are by chance, or nobody knows whose they are."""
    after: dict[str, list[Fit]] = field(factory=dict)
    """How much later people call again, after they gave up and after they were refused."""


def fitted(samples: Samples, interval_s: int) -> Fitted:
    """Fit it all; ValueError when there is no call in it."""
    if samples.first is None or samples.last is None:
        raise ValueError("there is no call in it")
    rates = {number: rates_of(times, samples.first, samples.last, interval_s) for number, times in samples.arrivals.items() if times}
    return Fitted(
        samples,
        rates,
        fits_of(samples.gave_up_s, samples.served_s),
        fits_of(samples.talks_s),
        fits_of(samples.wrap_ups_s),
        _set_wrap_ups(samples),
        {how: fits_of(redials.after_s) for how, redials in samples.redials.items()},
    )


def _set_wrap_ups(samples: Samples) -> SetLengths:
    for of, groups in samples.wrap_ups_of.items():
        found = {name: set_length(lengths) for name, lengths in groups.items()}
        fixed = {name: length for name, length in found.items() if length is not None}
        if sum(len(groups[name]) for name in fixed) > _NEARLY_ALL * len(samples.wrap_ups_s):
            return {of: fixed}
    return {}


def tables(found: Fitted, site: Site | None = None) -> dict[str, Any]:
    """`hours`, `date`, `days`, `arrivals`, `callers` and `agents` of a scenario; what is as the `site` sets it is not said again."""
    samples = found.samples
    assert samples.first is not None
    assert samples.last is not None
    agents = _wrap_ups(found, site)
    edges = [edge for rates in found.rates.values() for profile in rates.per_hour.values() for edge in _ends(profile, rates.interval_s)]
    callers: dict[str, Any] = {}
    for key, fits in (("patience", found.patience), ("talk", found.talk)):
        if fits:
            callers[key] = plain(fits[0].shape)
    for key, how in (("redial", "abandoned"), ("redial_blocked", "blocked")):
        if (redial := _redial(samples.redials[how], found.after.get(how, []))) is not None:
            callers[key] = redial
    return {
        "hours": f"{_clock(min(edges))}-{_clock(max(edges))}",
        "date": samples.first,
        "days": (samples.last - samples.first + timedelta(days=1)).days,
        "arrivals": {number: _arrivals(rates) for number, rates in found.rates.items()},
        "callers": callers,
        **({"agents": agents} if agents else {}),
    }


def scenario_text(found: Fitted, title: str, site_file: str, site: Site | None) -> str:
    """A scenario file. Without a site its tables alone, to be put into one; with it, all of the site's agents work all the time."""
    said = tables(found, site)
    said["days"] = min(said["days"], 366)
    agents = sorted(site.agents) if site is not None else []
    if agents:
        said["agents"] = {**said.get("agents", {}), "roster": [{"who": ranges(agents)}]}
    return dumps(structure({"scenario": title, "site": site_file or "SITE.toml", **said}, Scenario))


def _wrap_ups(found: Fitted, site: Site | None) -> dict[str, Any]:
    """What a scenario has to say of wrap-ups: their shape, or which of those that are set are otherwise than at the site."""
    handling = []
    for of, lengths in found.set_wrap_ups.items():
        others: dict[Duration, list[str]] = {}
        for name, length in sorted(lengths.items()):
            if site is not None and (usual := _usual(site, of, name)) and not any(alike(length, each) for each in usual):
                others.setdefault(length, []).append(name)
        for length, names in others.items():
            whose = [{"who": ranges(names)}] if of == "agent" else [{"group": name} for name in names]
            handling += [{**each, "wrap_up": plain(length)} for each in whose]
    if handling:
        return {"handling": handling}
    if found.set_wrap_ups or not found.wrap_up or found.wrap_up[0].name == "fixed":
        return {}
    return {"wrap_up": plain(found.wrap_up[0].shape)}


def _usual(site: Site, of: str, name: str) -> list[float]:
    """The wrap-ups that the site may give in a queue, or to an agent; none: it has no such."""
    if of == "queue":
        return [site.queues[name].wrap_up_s] if name in site.queues else []
    agent = site.agents.get(name)
    if agent is None:
        return []
    return [agent.wrap_up_s] if agent.wrap_up_s is not None else [site.queues[queue].wrap_up_s for queue in agent.groups]


def _arrivals(rates: Rates) -> dict[str, Any]:
    (_, usual), *others = rates.per_hour.items()
    said: dict[str, Any] = {"per_hour": _profile(usual)}
    if others:
        said["per_hour_on"] = {days: _profile(profile) for days, profile in others}
    if rates.day_cv or rates.interval_cv:
        interval = {"interval": f"{rates.interval_s} s", "interval_cv": rates.interval_cv} if rates.interval_cv else {}
        said["busyness"] = {**({"day_cv": rates.day_cv} if rates.day_cv else {}), **interval}
    return said


def _profile(profile: Mapping[int, float]) -> dict[str, float]:
    return {_clock(second): rate for second, rate in profile.items()}


def _ends(profile: Mapping[int, float], interval_s: int) -> tuple[int, int]:
    last = max(second for second, rate in profile.items() if rate)
    return min(profile), min(_DAY_S, last + interval_s)


def _clock(second: float) -> str:
    minutes = ceil(second / 60)
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def chances(redials: Redials) -> tuple[float, float] | None:
    """How likely another attempt is after the first, and how many times as likely after each further one; None: too few failed."""
    if redials.failed[0] < _FEWEST_TRIES:
        return None
    first = redials.again[0] / redials.failed[0]
    decay = redials.again[1] / redials.failed[1] / first if first and redials.failed[1] >= _FEWEST_TRIES else 1.0
    return round(first, 4), round(min(decay, 1.0), 3)


def _redial(redials: Redials, after: list[Fit]) -> dict[str, Any] | None:
    found = chances(redials)
    if found is None or not after or not found[0]:
        return None
    return {"chance": found[0], "after": plain(after[0].shape), **({"decay": found[1]} if found[1] < 1 else {})}
