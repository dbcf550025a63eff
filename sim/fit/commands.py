"""`./hotline sim fit TRACE.csv`: what a recorded day says of callers and agents, and a scenario that lives it anew."""

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from appliance.config import ConfigError, Document, Duration, Wrong, replaced
from appliance.config.structuring import structure, wrongs_of
from appliance.site import Site, load_site
from sim.trace import Trace, rows_of

if TYPE_CHECKING:
    from sim.fit.fitted import Fitted

__all__ = ["add_arguments"]

_INTERVALS_S = (300.0, 600.0, 900.0, 1800.0, 3600.0, 7200.0)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command; `run` gives the exit code: 0 fitted, 2 unusable input."""
    parser.add_argument("trace", type=Path, help="CSV file, a row for each call; its columns are described in scenarios/README.md")
    parser.add_argument("--out", type=Path, metavar="FILE", help="write a scenario with what was fitted")
    parser.add_argument("--site", type=Path, metavar="FILE", help="the site of that scenario: all of its agents work, its time zone counts")
    parser.add_argument("--columns", type=Path, metavar="FILE", help="a scenario whose [trace] says what the columns are called")
    parser.add_argument("--interval", default="30 min", metavar="TIME", help="length of the intervals of rates (default: %(default)s)")
    parser.add_argument(
        "--redial-within", default="1 h", metavar="TIME", help="who calls so soon after a failed call calls again (default: %(default)s)"
    )
    parser.add_argument("--timezone", metavar="ZONE", help="where days begin (default: the site's, else as times are written)")
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    try:
        site = load_site(arguments.site) if arguments.site is not None else None
        found = _fitted(arguments, site)
        from sim.fit.telling import told

        print(f"{arguments.trace}: {told(found)}", end="")
        if arguments.out is not None:
            _write(arguments, found, site)
    except (ConfigError, OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def _fitted(arguments: argparse.Namespace, site: Site | None) -> "Fitted":
    from sim.fit.fitted import fitted  # scipy takes half a second to load, which no other command waits for
    from sim.fit.samples import gathered

    interval, within = Duration.parse(arguments.interval), Duration.parse(arguments.redial_within)
    if float(interval) not in _INTERVALS_S:
        raise ValueError(f"--interval {arguments.interval}: possible is {', '.join(str(Duration(each)) for each in _INTERVALS_S)}")
    where = _zone(arguments.timezone) if arguments.timezone else site.centre.timezone if site is not None else None
    trace = _layout(arguments.columns) if arguments.columns is not None else Trace(file="calls")
    rows = rows_of(replaced(trace, file=str(arguments.trace)), Path(), where)
    return fitted(gathered(rows, float(within)), int(interval))


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, LookupError):
        raise ValueError(f"--timezone {name}: there is no such zone; they are named like Asia/Shanghai") from None


def _layout(path: Path) -> Trace:
    """The `[trace]` of a scenario file; nothing else in it matters."""
    document = Document.read(path)
    said = document.data.get("trace")
    if not isinstance(said, dict):
        raise ConfigError([document.mistake((), "there is no [trace] in it", "write one with columns = { at = ... }")])
    try:
        return structure(said, Trace)
    except Exception as error:
        raise ConfigError(document.mistakes(Wrong(w.text, w.remedy, ("trace", *w.path)) for _, w in wrongs_of(error))) from None


def _write(arguments: argparse.Namespace, found: "Fitted", site: Site | None) -> None:
    from sim.fit.fitted import scenario_text

    out: Path = arguments.out
    named = os.path.relpath(arguments.site, out.parent) if arguments.site is not None else ""
    head = f"# Fitted by ./hotline sim fit {arguments.trace.name}\n"
    if site is None:
        head += "# Name the site, and who works when, before it can be run.\n"
    out.write_text(
        f"{head}\n{scenario_text(found, f'As on {found.samples.first}, fitted to {arguments.trace.name}', named, site)}", "utf-8"
    )
    print(f"written: {out}")
