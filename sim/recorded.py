"""A centre's own records as a trace (`sim.trace`): what it lived, virtually or really, can be fitted and lived anew.

Calls that were refused before they reached the centre are in no record, and so in no trace.
"""

import argparse
import csv
import sys
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from math import inf
from pathlib import Path

from appliance.config import ConfigError
from appliance.core.records import AgentState, Contact
from appliance.site import load_site
from appliance.store import Reader, StoreError
from sim.trace import COLUMNS

__all__ = ["add_arguments", "wrap_ups_of", "write_trace"]

_WRITTEN = tuple(column for column in COLUMNS if column != "patience_s")


def wrap_ups_of(states: Iterable[AgentState]) -> dict[str, float]:
    """How long the wrap-up after each contact took, in seconds; `states` are in the order in which they were written."""
    since: dict[str, tuple[str, float]] = {}
    found: dict[str, float] = {}
    for row in states:
        if (begun := since.pop(row.agent, None)) is not None:
            found[begun[0]] = row.at - begun[1]
        if row.state == "wrap-up" and row.contact:
            since[row.agent] = (row.contact, row.at)
    return found


def write_trace(path: Path, contacts: Iterable[Contact], states: Iterable[AgentState], zone: tzinfo) -> int:
    """Write a row for each call that came in and is over; returns how many. `contacts` are in the order of their arrival."""
    wrap_ups = wrap_ups_of(states)
    written = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(_WRITTEN)
        for contact in contacts:
            if contact.medium != "voice" or contact.direction != "in" or not contact.outcome:
                continue
            at = datetime.fromtimestamp(round(contact.arrived_at, 3), zone).isoformat(timespec="milliseconds")
            wrap_up = wrap_ups.get(contact.id)
            rows.writerow([
                at, contact.dnis, contact.ani, contact.keys, _said(contact.wait_s), _said(contact.talk_s or None), _said(wrap_up),
                contact.outcome, contact.queue, contact.agent,
            ])  # fmt: skip
            written += 1
    return written


def _said(length_s: float | None) -> str:
    return "" if length_s is None else f"{length_s:.3f}".rstrip("0").rstrip(".")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `./hotline sim trace`; `run` gives the exit code: 0 written, 2 unusable input."""
    parser.add_argument("--data", type=Path, default=Path("data"), metavar="DIR", help="data directory of the centre (default: ./data)")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="the CSV file")
    parser.add_argument("--site", type=Path, metavar="FILE", help="the centre's site: days are those of its time zone (default: UTC)")
    for name, said in (("since", "first day"), ("until", "last day")):
        parser.add_argument(f"--{name}", type=date.fromisoformat, metavar="DATE", help=f"{said}, as 2026-03-02 (default: of all)")
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    try:
        zone = UTC if arguments.site is None else load_site(arguments.site).centre.timezone
        since = 0.0 if arguments.since is None else datetime.combine(arguments.since, time.min, zone).timestamp()
        until = inf if arguments.until is None else datetime.combine(arguments.until + timedelta(days=1), time.min, zone).timestamp()
        with Reader(arguments.data / "hotline.db") as reader:
            states = reader.rows(AgentState, "at >= ? AND at < ? ORDER BY seq", since, until)
            written = write_trace(arguments.out, reader.contacts(since, until), states, zone)
    except (ConfigError, StoreError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    print(f"{written} calls written to {arguments.out}")
    return 0
