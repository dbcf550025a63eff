"""`./hotline sim`: run scenarios, compare two of them, and print the schema of their files."""

import argparse
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from appliance.config import ConfigError, schema_text
from appliance.site import Site
from hal.api import HalError
from sim.asking.arguments import add_changes, add_cluster, changes_of, replications, runner_of, share
from sim.asking.commands import add_limit, add_replay, add_staff
from sim.changes import Change
from sim.fit.commands import add_arguments as add_fit_arguments
from sim.growing import add_arguments as add_growing_arguments
from sim.recorded import add_arguments as add_trace_arguments
from sim.report.beside import Comparison, earlier
from sim.report.files import look_at, write_all
from sim.report.result import Result
from sim.report.terminal import Bar, beside, summary
from sim.run import BOARD, SWITCH, run
from sim.scenario import Scenario, load_scenario
from sim.switch.console import add_arguments as add_switch_arguments

__all__ = ["add_commands", "scenario_schema"]

_MOST = 100
"""With `--precision` and no `--replications`, no more than these."""
_PAIRS = 10
_Named = tuple[str, Scenario, Site]


def add_commands(parser: argparse.ArgumentParser) -> None:
    """Add the commands below `./hotline sim`; each sets `run`, which gives the exit code."""
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_run(
        commands.add_parser(
            "run",
            help="run a scenario: 0 all targets met, 1 a target missed, 2 unusable input, 3 not decided",
            description="Run a scenario. It ends with 0 when all targets are met, 1 when one is missed, 2 when the input cannot be used, "
            "and 3 when replications leave one open: its limit lies within the 95 % confidence interval, and none is missed.",
        )
    )
    _add_compare(
        commands.add_parser(
            "compare",
            help="run two scenarios, or one with two sites, with the same callers, and say what differs",
            description="Run two scenarios, or one with two site files, in pairs with the same callers, and say which figures differ by "
            "more than chance.",
        )
    )
    add_staff(
        commands.add_parser(
            "staff",
            help="how many agents each part of the day needs: 0 numbers found, 1 the site has too few agents, 2 unusable input",
            description="How many agents each part of the day needs so that its targets hold; in place of the scenario's own roster.",
        )
    )
    add_limit(
        commands.add_parser(
            "limit",
            help="raise the load until a target fails; say what fails first, and what is full",
            description="Raise the load until a target fails: how many times the calls the scenario bears, which target fails first, and "
            "what is full then.",
        )
    )
    add_replay(
        commands.add_parser(
            "replay",
            help="live a recorded day of a centre anew, under the same site file or another, and put both side by side",
            description="Live a recorded day of a centre anew: its calls as they came, its agents when they were there.",
        )
    )
    add_fit_arguments(commands.add_parser("fit", help="fit arrivals, patience, talks and redials to recorded calls, and write a scenario"))
    add_trace_arguments(commands.add_parser("trace", help="write the calls in a centre's own records as a CSV file, to fit or relive"))
    add_growing_arguments(
        commands.add_parser(
            "grow",
            help="fill a new data directory with years of a centre's records, for measuring: 0 done, 2 unusable input",
            description="Fill a new data directory with the records of years: a scenario's rows, copied with other times, IDs and callers.",
        )
    )
    schema = commands.add_parser("schema", help="print the JSON schema of scenario files")
    schema.set_defaults(run=_print_schema)
    add_switch_arguments(commands.add_parser("switch", help="run a simulated telephone switch with a CSTA link, and play its people"))


def _add_common(parser: argparse.ArgumentParser) -> None:
    add_changes(parser)
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="what chance begins with (default: %(default)s)")
    parser.add_argument(
        "--precision", type=share, metavar="P",
        help="stop before --replications when half of every target's confidence interval is at most this share of the figure, or of its "
        f"limit if that is larger, as 5%%; without --replications there are at most {_MOST}",
    )  # fmt: skip
    parser.add_argument(
        "--scheme", choices=(BOARD, SWITCH), default=BOARD,
        help="board: lines are the appliance's own, whatever their kind, and simulated; switch: a simulated telephone switch has callers "
        "and phones, and is controlled over its CTI link, the real line's protocol between (default: %(default)s)",
    )  # fmt: skip
    add_cluster(parser)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures; - is stdout")
    parser.add_argument("--html", type=Path, metavar="FILE", help="write a report with charts: one page that needs nothing but itself")


def _add_run(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("scenario", type=Path, help="scenario file")
    parser.add_argument(
        "--replications", type=replications, metavar="N",
        help="run so often, on all cores, with seeds from --seed on, and give means with their 95 %% confidence intervals",
    )  # fmt: skip
    parser.add_argument("--site", type=Path, metavar="FILE", help="another site file in place of the scenario's own")
    parser.add_argument(
        "--live", nargs="?", const="", metavar="HOST:PORT",
        help="against a running ./hotline serve, over real SIP, in real time (default: where the site's first SIP line listens)",
    )  # fmt: skip
    parser.add_argument(
        "--data", type=Path, default=Path("data"), metavar="DIR",
        help="with --live: data directory of the running centre, for its phones' passwords and its records (default: ./data)",
    )  # fmt: skip
    parser.add_argument(
        "--start", action="store_true",
        help="with --live: start the site on --data, and stop it afterwards; only then can the scenario's faults hit it",
    )  # fmt: skip
    parser.add_argument("--against", type=Path, metavar="FILE", help="compare with a report that --json wrote before")
    parser.add_argument("--junit", type=Path, metavar="FILE", help="write the verdict for a build server")
    _add_common(parser)
    parser.set_defaults(run=_run)


def _add_compare(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("scenarios", type=Path, nargs="+", metavar="SCENARIO", help="two scenario files, or one and its sites")
    parser.add_argument(
        "--site", type=Path, action="append", default=[], metavar="FILE",
        help="with one scenario: a site file to compare with the scenario's own; given twice: the two to compare (--set "
        "changes both; without --site, it changes the second alone)",
    )  # fmt: skip
    parser.add_argument("--replications", type=replications, metavar="N", help=f"so many pairs, on all cores (default: {_PAIRS})")
    _add_common(parser)
    parser.set_defaults(run=_compare)


def _run(arguments: argparse.Namespace) -> int:
    try:
        look_at(arguments.json, arguments.html, arguments.junit)
        changes = changes_of(arguments)
        if arguments.live is not None and any(change.of_site for change in changes):
            raise HalError("a live run meets the site as it is: change its file, or leave out --set site....")
        scenario, site = load_scenario(arguments.scenario, arguments.site, changes)
        before = earlier(arguments.against) if arguments.against is not None else None
        bar = Bar(scenario.scenario)
        try:
            result = _chosen(arguments, scenario, site, bar)
        finally:
            bar.wipe()
        comparison = Comparison.of(before, result, arguments.against.name, "this run") if before is not None else None
        _write_run(result, comparison, arguments)
    except (ConfigError, HalError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    return result.exit_code


def _chosen(arguments: argparse.Namespace, scenario: Scenario, site: Site, bar: Bar) -> Result:
    several = arguments.replications or (_MOST if arguments.precision is not None else 1)
    if arguments.live is not None and several > 1:
        raise HalError("a live run takes its real time: it cannot be replicated; leave out --replications, --precision, or --live")
    if arguments.live is not None and arguments.scheme != BOARD:
        raise HalError("a live run has the lines of the running centre: leave out --scheme or --live")
    if arguments.start and arguments.live is None:
        raise HalError("in virtual time there is nothing to start: leave out --start, or add --live")
    if arguments.live is not None and arguments.cluster is not None:
        raise HalError("a live run is made where the centre runs: leave out --cluster or --live")
    if arguments.live is None:
        with runner_of(arguments) as runner:
            return run(
                scenario,
                site,
                seed=arguments.seed,
                replications=several,
                scheme=arguments.scheme,
                precision=arguments.precision,
                runner=runner,
                progress=bar.show,
            )
    if any(scenario.callers.of(kind).answers for kind in ("", *scenario.callers.kinds)):
        raise HalError(
            "callers answer the questions of call flows in virtual time only, where they can tell what is said; leave out --live"
        )
    from sim.live import run_live

    starts = (arguments.site or arguments.scenario.parent / scenario.site) if arguments.start else None
    return run_live(scenario, site, seed=arguments.seed, address=arguments.live, data_dir=arguments.data, starts=starts, progress=bar.show)


def _write_run(result: Result, comparison: Comparison | None, arguments: argparse.Namespace) -> None:
    def page() -> str:
        from sim.report.page import html  # the templates' engine is loaded only for who wants a page

        return html(result, comparison, arguments.scenario.read_text("utf-8"))

    def cases() -> str:
        from sim.report.junit import junit

        return junit(result)

    report = result.as_json() | ({"comparison": comparison.as_json()} if comparison is not None else {})
    _write(arguments, {"json": lambda: _json(report), "html": page, "junit": cases}, lambda written: summary(result, written, comparison))


def _compare(arguments: argparse.Namespace) -> int:
    try:
        look_at(arguments.json, arguments.html)
        pair = _pair(arguments.scenarios, arguments.site, changes_of(arguments))
        from sim.compare import compare

        bar = Bar(f"{pair[0][0]} and {pair[1][0]}")
        try:
            with runner_of(arguments) as runner:
                first, second, comparison = compare(
                    *pair,
                    seed=arguments.seed,
                    replications=arguments.replications or (_MOST if arguments.precision is not None else _PAIRS),
                    scheme=arguments.scheme,
                    precision=arguments.precision,
                    runner=runner,
                    progress=bar.show,
                )
        finally:
            bar.wipe()

        def page() -> str:
            from sim.report.page import html_of_comparison

            return html_of_comparison(first, second, comparison)

        report = {**comparison.as_json(), "runs": [first.as_json(), second.as_json()]}
        _write(arguments, {"json": lambda: _json(report), "html": page}, lambda written: beside(first, second, comparison, written))
    except (ConfigError, HalError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def _pair(
    scenarios: list[Path], sites: list[Path], changes: Sequence[Change]
) -> tuple[tuple[str, Scenario, Site], tuple[str, Scenario, Site]]:
    """What is to be compared, each with the name it goes by."""
    if len(scenarios) == 2 and not sites:
        names = [path.stem for path in scenarios] if scenarios[0].stem != scenarios[1].stem else [str(path) for path in scenarios]
        made = [(name, *load_scenario(path, None, changes)) for name, path in zip(names, scenarios, strict=True)]
    elif len(scenarios) == 1 and len(sites) in (1, 2):
        chosen: list[Path | None] = [None, *sites] if len(sites) == 1 else [*sites]
        loaded = [load_scenario(scenarios[0], site, changes) for site in chosen]
        files = [Path(scenario.site) for scenario, _ in loaded]
        apart = files[0].stem != files[1].stem
        made = [(file.stem if apart else str(file), *each) for file, each in zip(files, loaded, strict=True)]
    elif len(scenarios) == 1 and changes:
        made = [("as it is", *load_scenario(scenarios[0])), ("changed", *load_scenario(scenarios[0], None, changes))]
    else:
        raise HalError("compare two scenarios, or one scenario with --site once (beside its own site) or twice, or with --set")
    return made[0], made[1]


def _write(arguments: argparse.Namespace, texts: Mapping[str, Callable[[], str]], screen: Callable[[list[str]], str]) -> None:
    """Write the files that are asked for, and print the screen, or what is to go to stdout in its place."""
    files = {getattr(arguments, name): text for name, text in texts.items()}
    asked = {path: text for path, text in files.items() if path is not None and str(path) != "-"}
    write_all(asked, lambda written: texts["json"]().rstrip("\n") if str(arguments.json) == "-" else screen(written))


def _json(report: Mapping[str, Any]) -> str:
    return json.dumps(report, ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def scenario_schema() -> str:
    """The JSON schema of scenario files, as `scenarios/scenario.schema.json` holds it."""
    return schema_text(Scenario, "A load scenario of hotline")


def _print_schema(_arguments: argparse.Namespace) -> int:
    print(scenario_schema(), end="")
    return 0
