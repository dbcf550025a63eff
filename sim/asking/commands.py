"""`./hotline sim limit`, `staff` and `replay`."""

import argparse
import json
import sys
from pathlib import Path

from appliance.config import ConfigError
from hal.api import HalError
from sim.asking.arguments import add_changes, changes_of, positive, share
from sim.parallel import Progress
from sim.report.terminal import Bar
from sim.run import BOARD, SWITCH
from sim.scenario import load_scenario

__all__ = ["add_limit"]


def _add_common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("scenario", type=Path, help="scenario file")
    parser.add_argument("--site", type=Path, metavar="FILE", help="another site file in place of the scenario's own")
    add_changes(parser)
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="what chance begins with (default: %(default)s)")
    parser.add_argument("--replications", type=positive, default=10, metavar="N", help="so many runs of each try (default: %(default)s)")
    parser.add_argument("--scheme", choices=(BOARD, SWITCH), default=BOARD, help="as of sim run (default: %(default)s)")
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

    bars: list[Bar] = []

    def progress(factor: float) -> Progress:
        bars.append(Bar(f"{factor:.3g} times the load"))
        return bars[-1].show

    try:
        scenario, site = load_scenario(arguments.scenario, arguments.site, changes_of(arguments))
        limit = limit_of(
            scenario,
            site,
            seed=arguments.seed,
            replications=arguments.replications,
            scheme=arguments.scheme,
            precision=arguments.precision,
            most=arguments.most,
            progress=progress,
        )
        said = limit_told(scenario.scenario, limit, arguments.replications)
        write(arguments.json, limit.as_json(), said)
    except (ConfigError, HalError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    finally:
        for bar in bars:
            bar.wipe()
    return 0


def write(file: Path | None, report: object, said: str) -> None:
    """Write the report where it is asked for, and print what is said unless stdout is asked for."""
    text = json.dumps(report, ensure_ascii=False, indent=2, allow_nan=False) + "\n"
    if str(file) == "-":
        print(text, end="")
        return
    if file is not None:
        file.write_text(text, "utf-8")
        said += f"\nreport: {file}"
    print(said)
