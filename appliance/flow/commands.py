"""The sub-commands of `./hotline flow`."""

import argparse
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from appliance.config import ConfigError
from appliance.core.plan import Plan
from appliance.flow.counts import counts_for_graph, polls_told, visits_told
from appliance.site import Site, load_site
from appliance.site.notes import words_not_heard
from appliance.store import Reader, StoreError

if TYPE_CHECKING:
    from appliance.flow.aloud import Aloud

__all__ = ["add_commands"]

_UNUSABLE = 2


def add_commands(parser: argparse.ArgumentParser) -> None:
    """Add them."""
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, about: str, run: Callable[[argparse.Namespace], int]) -> argparse.ArgumentParser:
        one = commands.add_parser(name, help=about, description=about)
        one.set_defaults(run=run)
        return one

    check = add("check", "say everything that is wrong in the call flows of a site", _check)
    graph = add("graph", "draw a flow, with --data with the counts of real callers", _graph)
    try_it = add("try", "walk through a flow in the terminal, as a caller", _try)
    counts = add("counts", "visits of each node of a flow, and where callers gave up", _counts)
    polls = add("polls", "answers to polls and surveys", _polls)
    for one in (check, graph, try_it):
        one.add_argument("site", type=Path, help="site file")
    for one in (graph, try_it, counts):
        one.add_argument("flow", help="name of the flow")
    graph.add_argument("--out", type=Path, help="file to write: .svg, .png, .pdf, or .dot (default: FLOW.svg)")
    graph.add_argument("--language", default="", help="language of the words in it (default: the site's first)")
    graph.add_argument("--data", type=Path, help="data directory: with the counts of its callers")
    for one in (counts, polls):
        one.add_argument("--data", type=Path, default=Path("data"), help="data directory (default: ./data)")
    for one in (graph, counts, polls):
        one.add_argument("--from", dest="since", type=date.fromisoformat, default=date.min, metavar="DAY", help="first day, as 2026-10-31")
        one.add_argument("--to", dest="until", type=date.fromisoformat, default=date.max, metavar="DAY", help="last day")
    for one in (graph, counts):
        one.add_argument("--version", default="", help="only callers of this version of the flow, as `flow check` names it")
    polls.add_argument("--by", default="", choices=("agent", "queue"), help="apart for each agent, or queue, that had served the callers")
    try_it.add_argument("--sound", action="store_true", help="hear it, too, where this machine has a sound device")
    try_it.add_argument("--caller", default="13800138000", help="number that calls")
    try_it.add_argument("--answers", type=Path, help="TOML file with what gateways and accounts answer, instead of the site's own gateways")
    try_it.add_argument("--data", type=Path, default=Path("data"), help="data directory with the secrets of gateways (default: ./data)")


def _usable(what: Callable[[], int]) -> int:
    """What it says, or what is wrong with the files it needs."""
    try:
        return what()
    except ConfigError as error:
        print("\n".join(map(str, error.mistakes)), file=sys.stderr)
    except (StoreError, ValueError) as error:
        print(f"hotline flow: {error}", file=sys.stderr)
    return _UNUSABLE


def _plan(site: Path) -> Plan:
    return load_site(site).plan(lambda piece: piece.name)


def _span(arguments: argparse.Namespace) -> tuple[float, float]:
    """The days asked for, in seconds since the epoch, in the machine's time zone."""
    since = datetime.combine(arguments.since, time.min).timestamp() if arguments.since != date.min else 0.0
    until = datetime.combine(arguments.until + timedelta(days=1), time.min).timestamp() if arguments.until != date.max else float("inf")
    return since, until


def _check(arguments: argparse.Namespace) -> int:
    def run() -> int:
        site = load_site(arguments.site)
        plan = site.plan(lambda piece: piece.name)
        for name, program in plan.programs.items():
            print(f"{name}: OK, {len(program.nodes)} nodes, version {program.version}")
        for name in plan.scripts:
            print(f"{name}: OK, Python, version {plan.versions[name]}")
        if not plan.programs and not plan.scripts:
            print("this site has no call flow")
        for note in words_not_heard(site):
            print(f"note: {note}")
        return 0

    return _usable(run)


def _graph(arguments: argparse.Namespace) -> int:
    from appliance.flow.graph import dot_of, draw, lacks_font

    def run() -> int:
        plan = _plan(arguments.site)
        if arguments.flow not in plan.programs:
            raise ValueError(f"there is no flow '{arguments.flow}'; there are: {', '.join(plan.programs) or 'none'}")
        language = arguments.language or plan.languages[0]
        if language not in plan.languages:
            raise ValueError(f"the site does not speak '{language}'; it speaks {', '.join(plan.languages)}")
        counts = None
        if arguments.data is not None:
            with Reader(arguments.data / "hotline.db") as reader:
                counts = counts_for_graph(reader.node_visits(arguments.flow, *_span(arguments), arguments.version))
        out: Path = arguments.out or Path(f"{arguments.flow}.svg")
        dot = dot_of(plan.programs[arguments.flow], language, counts)
        if out.suffix == ".dot":
            out.write_text(dot, encoding="utf-8")
        else:
            draw(dot, out)
            if lacks_font(dot, out):
                print("no font here has Chinese letters: apt-get install fonts-wqy-microhei, or draw an .svg", file=sys.stderr)
        print(out)
        return 0

    return _usable(run)


def _try(arguments: argparse.Namespace) -> int:
    from appliance.flow.trying import answers_of, try_flow

    def run() -> int:
        site = load_site(arguments.site, speaks=arguments.sound)
        outside = answers_of(arguments.answers, site, arguments.data)
        with _aloud(site) if arguments.sound else nullcontext() as aloud:
            return try_flow(
                arguments.site, arguments.flow, outside=outside, caller=arguments.caller, keys=sys.stdin, out=sys.stdout, aloud=aloud
            )

    return _usable(run)


def _aloud(site: Site) -> AbstractContextManager["Aloud | None"]:
    """What plays it; nothing, and why, where this machine cannot: then the words are read."""
    from appliance.flow.aloud import Aloud
    from appliance.saying import Loudspeaker
    from appliance.serve import library_of

    def tell(text: str) -> None:
        print(f"hotline flow: {text}", file=sys.stderr)

    try:
        return Aloud(library_of(site), Loudspeaker(), tell)
    except OSError as error:
        tell(f"no sound: {error}")
        return nullcontext()


def _counts(arguments: argparse.Namespace) -> int:
    def run() -> int:
        with Reader(arguments.data / "hotline.db") as reader:
            print("\n".join(visits_told(arguments.flow, reader.node_visits(arguments.flow, *_span(arguments), arguments.version))))
        return 0

    return _usable(run)


def _polls(arguments: argparse.Namespace) -> int:
    def run() -> int:
        with Reader(arguments.data / "hotline.db") as reader:
            print("\n".join(polls_told(reader.poll_answers(*_span(arguments), arguments.by), arguments.by)))
        return 0

    return _usable(run)
