"""`./hotline sim`: run scenarios, and print the schema of their files."""

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path

from appliance.config import ConfigError, schema_text
from appliance.site import Site
from hal.api import HalError
from sim.report.junit import junit
from sim.report.page import html
from sim.report.result import Result
from sim.report.terminal import Bar, summary
from sim.run import BOARD, SWITCH, run
from sim.scenario import Scenario, load_scenario
from sim.switch.console import add_arguments as add_switch_arguments

__all__ = ["add_commands", "scenario_schema"]


def add_commands(parser: argparse.ArgumentParser) -> None:
    """Add the commands below `./hotline sim`; each sets `run`, which gives the exit code."""
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_run(commands.add_parser("run", help="run a scenario: 0 all targets met, 1 a target missed, 2 unusable input"))
    schema = commands.add_parser("schema", help="print the JSON schema of scenario files")
    schema.set_defaults(run=_print_schema)
    add_switch_arguments(commands.add_parser("switch", help="run a simulated telephone switch with a CSTA link, and play its people"))


def _add_run(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("scenario", type=Path, help="scenario file")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="what chance begins with (default: %(default)s)")
    parser.add_argument(
        "--replications",
        type=_positive,
        default=1,
        metavar="N",
        help="run so often, with seeds from --seed on, and give confidence intervals",
    )
    parser.add_argument(
        "--live", nargs="?", const="", metavar="HOST:PORT",
        help="against a running ./hotline serve, over real SIP, in real time (default: where the site's first SIP line listens)",
    )  # fmt: skip
    parser.add_argument(
        "--data", type=Path, default=Path("data"), metavar="DIR",
        help="with --live: data directory of the running centre, for its phones' passwords and its records (default: ./data)",
    )  # fmt: skip
    parser.add_argument(
        "--scheme", choices=(BOARD, SWITCH), default=BOARD,
        help="board: lines are the appliance's own, whatever their kind; switch: a simulated telephone switch has callers and phones, "
        "and is controlled over its CTI link (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures; - is stdout")
    parser.add_argument("--html", type=Path, metavar="FILE", help="write a report with charts")
    parser.add_argument("--junit", type=Path, metavar="FILE", help="write the verdict for a build server")
    parser.set_defaults(run=_run)


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return number


def _run(arguments: argparse.Namespace) -> int:
    try:
        scenario, site = load_scenario(arguments.scenario)
        bar = Bar(scenario.scenario)
        try:
            result = _chosen(arguments, scenario, site, bar)
        finally:
            bar.wipe()
        _write(result, arguments)
    except (ConfigError, HalError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    return result.exit_code


def _chosen(arguments: argparse.Namespace, scenario: Scenario, site: Site, bar: Bar) -> Result:
    if arguments.live is not None and arguments.replications > 1:
        raise HalError("a live run takes its real time: it cannot be replicated; leave out --replications or --live")
    if arguments.live is not None and arguments.scheme != BOARD:
        raise HalError("a live run has the lines of the running centre: leave out --scheme or --live")
    if arguments.live is None:
        return run(scenario, site, seed=arguments.seed, replications=arguments.replications, scheme=arguments.scheme, progress=bar.show)
    if scenario.callers.answers:
        raise HalError(
            "callers answer the questions of call flows in virtual time only, where they can tell what is said; leave out --live"
        )
    from sim.live import run_live

    return run_live(scenario, site, seed=arguments.seed, address=arguments.live, data_dir=arguments.data, progress=bar.show)


def _write(result: Result, arguments: argparse.Namespace) -> None:
    texts: list[tuple[Path | None, Callable[[Result], str]]] = [(arguments.json, _json), (arguments.html, html), (arguments.junit, junit)]
    written = []
    for path, text in texts:
        if path is not None and str(path) != "-":
            path.write_text(text(result), "utf-8")
            written.append(str(path))
    if str(arguments.json) == "-":
        print(_json(result), end="")
    else:
        print(summary(result, written))


def _json(result: Result) -> str:
    return json.dumps(result.as_json(), ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def scenario_schema() -> str:
    """The JSON schema of scenario files, as `scenarios/scenario.schema.json` holds it."""
    return schema_text(Scenario, "A load scenario of hotline")


def _print_schema(_arguments: argparse.Namespace) -> int:
    print(scenario_schema(), end="")
    return 0
