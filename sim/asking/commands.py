"""`./hotline sim limit`, `staff` and `replay`."""

import argparse
import csv
import json
import sys
from collections.abc import Callable, Mapping
from datetime import date
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType

from appliance.config import ConfigError, Duration
from appliance.site import load_site
from appliance.store import StoreError
from hal.api import HalError
from sim.asking.arguments import add_changes, add_cluster, changes_of, replications, runner_of, share
from sim.asking.needs import OF_STAFF
from sim.report.beside import Comparison, Other, runs_of
from sim.report.files import look_at, write_all
from sim.report.terminal import Bar, Bars, beside
from sim.rosters import roster_text
from sim.run import BOARD, SWITCH, run
from sim.scenario import load_scenario
from sim.verdict.targets import QueueTargets, Target

__all__ = ["add_limit", "add_replay", "add_staff"]


def _add_common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("scenario", type=Path, help="scenario file")
    parser.add_argument("--site", type=Path, metavar="FILE", help="another site file in place of the scenario's own")
    add_changes(parser)
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="what chance begins with (default: %(default)s)")
    parser.add_argument(
        "--replications", type=replications, default=10, metavar="N", help="so many runs of each try (default: %(default)s)"
    )
    parser.add_argument("--scheme", choices=(BOARD, SWITCH), default=BOARD, help="as of sim run (default: %(default)s)")
    add_cluster(parser)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures; - is stdout")


def add_limit(parser: argparse.ArgumentParser) -> None:
    """The arguments of `./hotline sim limit`; `run` gives the exit code: 0 an answer, 2 unusable input."""
    _add_common(parser)
    parser.add_argument("--precision", type=share, default=0.02, metavar="P", help="how well the factor is to be known (default: 2%%)")
    parser.add_argument("--most", type=float, default=16.0, metavar="F", help="the greatest factor to try (default: %(default)g)")
    parser.set_defaults(run=_limit)


def _limit(arguments: argparse.Namespace) -> int:
    from sim.asking.limit import limit_of
    from sim.asking.telling import limit_told

    bars = Bars(lambda factor: f"{factor:.3g} times the load")
    try:
        look_at(arguments.json)
        scenario, site = load_scenario(arguments.scenario, arguments.site, changes_of(arguments))
        with runner_of(arguments) as runner:
            limit = limit_of(
                scenario,
                site,
                seed=arguments.seed,
                replications=arguments.replications,
                scheme=arguments.scheme,
                precision=arguments.precision,
                most=arguments.most,
                runner=runner,
                progress=bars.next,
            )
        said = limit_told(scenario.scenario, limit, arguments.replications)
        write(arguments.json, limit.as_json(), said)
    except (ConfigError, HalError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    finally:
        bars.wipe()
    return 0


def add_staff(parser: argparse.ArgumentParser) -> None:
    """The arguments of `./hotline sim staff`; `run` gives the exit code: 0 numbers, 1 the site has too few agents, 2 unusable input."""
    _add_common(parser)
    parser.add_argument(
        "--interval", type=_interval, default=1800.0, metavar="TIME", help="length of the parts of the day (default: 30 min)"
    )
    parser.add_argument(
        "--target", type=_target, action="append", default=[], metavar="TARGET",
        help="what each part has to keep, 'service_level >= 80 %% within 20 s' (default: the scenario's targets of waits and abandonment, "
        "or else the service levels of the site's queues); may be given several times",
    )  # fmt: skip
    parser.add_argument(
        "--shrinkage", type=share, default=0.0, metavar="P",
        help="share of paid time in which agents are not there; the table says how many have to be rostered for it",
    )  # fmt: skip
    parser.add_argument("--csv", type=Path, metavar="FILE", help="write the table")
    parser.add_argument(
        "--toml", type=Path, metavar="FILE", help="write the roster, as sim run --roster takes it, or [agents] of a scenario"
    )
    parser.set_defaults(run=_staff)


def _interval(text: str) -> float:
    try:
        length = float(Duration.parse(text))
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    if length % 60 or not 60 <= length <= 86400:
        raise argparse.ArgumentTypeError(f"'{text}': whole minutes, up to 24 h")
    return length


def _target(text: str) -> tuple[str, Target]:
    name, _, limit = text.strip().partition(" ")
    if name not in OF_STAFF:
        raise argparse.ArgumentTypeError(f"'{name}' is no figure that agents mend: {', '.join(OF_STAFF)}")
    try:
        target = Target.parse(limit)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    for wrong in QueueTargets(limits={name: target}).problems():
        raise argparse.ArgumentTypeError(f"{wrong.text}; {wrong.remedy}" if wrong.remedy else wrong.text)
    return name, target


def _staff(arguments: argparse.Namespace) -> int:
    from sim.asking.staffing import staffing_of
    from sim.asking.telling import staffing_rows, staffing_told

    bars = Bars(lambda number: f"staffing {number}")
    try:
        look_at(arguments.json, arguments.toml, arguments.csv)
        scenario, site = load_scenario(arguments.scenario, arguments.site, changes_of(arguments))
        with runner_of(arguments) as runner:
            staffing = staffing_of(
                scenario,
                site,
                interval_s=arguments.interval,
                wanted=dict(arguments.target),
                seed=arguments.seed,
                replications=arguments.replications,
                scheme=arguments.scheme,
                runner=runner,
                progress=bars.next,
            )
        roster = roster_text(staffing.roster)
        table = StringIO(newline="")
        csv.writer(table).writerows(staffing_rows(staffing, arguments.shrinkage))
        more = {arguments.toml: lambda: roster, arguments.csv: table.getvalue}
        write(arguments.json, staffing.as_json(), staffing_told(staffing, arguments.shrinkage, roster), more)
    except (ConfigError, HalError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    finally:
        bars.wipe()
    return 1 if staffing.missed else 0


def add_replay(parser: argparse.ArgumentParser) -> None:
    """The arguments of `./hotline sim replay`; `run` gives the exit code: 0 replayed, 2 unusable input."""
    parser.add_argument("data", type=Path, help="data directory of the centre, or its database")
    parser.add_argument("--site", type=Path, required=True, metavar="FILE", help="the centre's site file, or another one for what if")
    parser.add_argument("--date", type=date.fromisoformat, metavar="DATE", help="the day, as 2026-03-02 (default: the last one with calls)")
    parser.add_argument("--out", type=Path, metavar="FILE", help="keep the day as a scenario, FILE, with its calls beside it as CSV")
    add_changes(parser)
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="what chance begins with (default: %(default)s)")
    parser.add_argument("--replications", type=replications, default=1, metavar="N", help="run so often, with seeds from --seed on")
    parser.add_argument("--scheme", choices=(BOARD, SWITCH), default=BOARD, help="as of sim run (default: %(default)s)")
    add_cluster(parser)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures; - is stdout")
    parser.set_defaults(run=_replay)


def _replay(arguments: argparse.Namespace) -> int:
    from sim.asking.replaying import day_of, recorded_result, scenario_from

    try:
        look_at(arguments.json, arguments.out)
        with TemporaryDirectory() as folder:
            site = load_site(arguments.site)
            database = arguments.data / "hotline.db" if arguments.data.is_dir() else arguments.data
            recorded = day_of(database, site, arguments.date)
            out = arguments.out or Path(folder) / "day.toml"
            scenario, site, left_out = scenario_from(recorded, arguments.site, site, out, changes_of(arguments))
            bar = Bar(scenario.scenario)
            try:
                with runner_of(arguments) as runner:
                    result = run(
                        scenario,
                        site,
                        seed=arguments.seed,
                        replications=arguments.replications,
                        scheme=arguments.scheme,
                        runner=runner,
                        progress=bar.show,
                    )
            finally:
                bar.wipe()
        before = recorded_result(recorded, result)
        comparison = Comparison.of(Other("recorded", runs_of(before), before.curves), result, "recorded", "replayed")
        said = beside(before, result, comparison, [str(arguments.out)] if arguments.out is not None else [])
        report = {**comparison.as_json(), "runs": [before.as_json(), result.as_json()]}
        write(arguments.json, report, "\n".join([scenario.scenario, said, *(f"note: {what}" for what in left_out)]))
    except (ConfigError, HalError, StoreError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def write(file: Path | None, report: object, said: str, more: Mapping[Path | None, Callable[[], str]] = MappingProxyType({})) -> None:
    """Write the report, and `more` files, where they are asked for, and print what is said unless stdout is asked for."""

    def text() -> str:
        return json.dumps(report, ensure_ascii=False, indent=2, allow_nan=False) + "\n"

    def show(written: list[str]) -> str:
        if str(file) == "-":
            return text().rstrip("\n")
        return f"{said}\nreport: {file}" if str(file) in written else said

    asked = {path: made for path, made in {file: text, **more}.items() if path is not None and str(path) != "-"}
    write_all(asked, show)
