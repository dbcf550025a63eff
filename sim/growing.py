"""A data directory as years of a centre leave it behind: for measuring what becomes slower as it grows.

One scenario is run in virtual time, with the appliance's own core and records, and its rows are copied (`appliance.store.copies`) until
there are as many contacts as asked for. What is still to be done when the scenario ends - contacts without an outcome - is left out.
"""

import argparse
import sys
from collections.abc import Callable
from datetime import date, datetime, timedelta
from math import ceil
from pathlib import Path

from appliance.config import ConfigError
from appliance.core.records import Contact, Record
from appliance.shell.clock import wall_s
from appliance.site import Site
from appliance.store import Copies, StoreError, VirtualDisk
from appliance.store.copies import database_for
from appliance.store.tables import TABLES
from hal.api import HalError
from sim.asking.arguments import positive
from sim.draws import Draws
from sim.report.terminal import Bar
from sim.scenario import Scenario, load_scenario
from sim.virtual import run_centre

__all__ = ["add_arguments", "grow"]

_DAY_S = 86_400


def grow(
    directory: Path,
    scenario: Scenario,
    site: Site,
    *,
    contacts: int,
    callers: int,
    until: date,
    seed: int = 1,
    progress: Callable[[float], None] = lambda _done: None,
) -> int:
    """Fill a data directory that has no database yet with that many contacts or some more, of at most so many callers; how many there are.

    The last copy of the scenario ends with the day before `until`.

    Raises:
        HalError: the scenario leaves no contact behind, or lets the appliance itself or its disk fail.
        StoreError, OSError: as of `Copies.write`.
    """
    database_for(directory)
    lived = run_centre(Draws(scenario, site, seed), site)
    if isinstance(lived.store, VirtualDisk):
        raise HalError("a scenario in which the appliance or its disk fails cannot be copied: choose one without these faults")
    with lived.store.reader() as reader:
        rows = _over({record: list(reader.rows(record)) for record in TABLES})
    if not (count := len(rows[Contact])):
        raise HalError("the scenario leaves no contact behind that is over")
    every_s = ceil(scenario.length_s / _DAY_S) * _DAY_S
    last = datetime.fromtimestamp(lived.wall_s + scenario.length_s - 1, site.centre.timezone).date()
    last_s = (until - timedelta(days=1) - last).days * _DAY_S
    Copies(rows, ceil(contacts / count), callers, lived.wall_s, every_s, last_s).write(directory, progress)
    return ceil(contacts / count) * count


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `./hotline sim grow`; `run` gives the exit code: 0 written, 2 unusable input."""
    parser.add_argument("scenario", type=Path, help="scenario file: what one day, or some days, of the centre look like")
    parser.add_argument("--site", type=Path, metavar="FILE", help="another site file in place of the scenario's own")
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="a new data directory, for ./hotline serve --data DIR")
    parser.add_argument("--contacts", type=positive, default=1_000_000, metavar="N", help="at least so many (default: %(default)s)")
    parser.add_argument("--callers", type=positive, metavar="N", help="of so many callers (default: a tenth of the contacts)")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="what chance begins with (default: %(default)s)")
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    bar = Bar(str(arguments.data))
    try:
        scenario, site = load_scenario(arguments.scenario, arguments.site)
        count = grow(
            arguments.data,
            scenario,
            site,
            contacts=arguments.contacts,
            callers=arguments.callers or max(1, arguments.contacts // 10),
            until=datetime.fromtimestamp(wall_s(), site.centre.timezone).date(),
            seed=arguments.seed,
            progress=bar.show,
        )
    except (ConfigError, HalError, StoreError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    finally:
        bar.wipe()
    size = (arguments.data / "hotline.db").stat().st_size
    print(f"{arguments.data}: {count:,} contacts, {size / 1e9:,.1f} GB")
    return 0


def _over(rows: dict[type[Record], list[Record]]) -> dict[type[Record], list[Record]]:
    """The rows without contacts that are not over, and what belongs to these."""
    open_ = {contact.id for contact in rows[Contact] if isinstance(contact, Contact) and not contact.outcome}
    whose = {record: "id" if record is Contact else "contact" for record in rows}
    return {record: [row for row in kept if getattr(row, whose[record], "") not in open_] for record, kept in rows.items()}
