"""The sub-commands of `./hotline flow`."""

import argparse
import sys
from pathlib import Path

from appliance.config import ConfigError
from appliance.site import load_site

__all__ = ["add_commands"]

_UNUSABLE = 2


def add_commands(parser: argparse.ArgumentParser) -> None:
    """Add them."""
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, about, run in (
        ("check", "say everything that is wrong in the call flows of a site", _check),
        ("graph", "draw a flow", _graph),
        ("try", "walk through a flow in the terminal, as a caller", _try),
    ):
        one = commands.add_parser(name, help=about, description=about)
        one.add_argument("site", type=Path, help="site file")
        if name != "check":
            one.add_argument("flow", help="name of the flow")
        if name == "graph":
            one.add_argument("--out", type=Path, help="file to write: .svg, .png, .pdf, or .dot (default: FLOW.svg)")
            one.add_argument("--language", default="", help="language of the words in it (default: the site's first)")
        elif name == "try":
            one.add_argument("--caller", default="13800138000", help="number that calls")
            one.add_argument("--answers", type=Path, help="TOML file with what gateways and accounts answer")
        one.set_defaults(run=run)


def _check(arguments: argparse.Namespace) -> int:
    try:
        site = load_site(arguments.site)
    except ConfigError as error:
        print("\n".join(map(str, error.mistakes)), file=sys.stderr)
        return _UNUSABLE
    plan = site.plan(lambda piece: piece.name)
    for name, program in plan.programs.items():
        print(f"{name}: OK, {len(program.nodes)} nodes, version {program.version}")
    if not plan.programs:
        print("no call flow is a file of its own in this site")
    return 0


def _graph(arguments: argparse.Namespace) -> int:
    from appliance.flow.graph import dot_of, draw

    try:
        plan = load_site(arguments.site).plan(lambda piece: piece.name)
    except ConfigError as error:
        print("\n".join(map(str, error.mistakes)), file=sys.stderr)
        return _UNUSABLE
    if arguments.flow not in plan.programs:
        print(f"there is no flow file '{arguments.flow}'; there are: {', '.join(plan.programs) or 'none'}", file=sys.stderr)
        return _UNUSABLE
    out: Path = arguments.out or Path(f"{arguments.flow}.svg")
    dot = dot_of(plan.programs[arguments.flow], arguments.language or plan.languages[0])
    if out.suffix == ".dot":
        out.write_text(dot, encoding="utf-8")
    else:
        draw(dot, out)
    print(out)
    return 0


def _try(arguments: argparse.Namespace) -> int:
    from appliance.flow.trying import answers_of, try_flow

    try:
        return try_flow(arguments.site, arguments.flow, outside=answers_of(arguments.answers), caller=arguments.caller)
    except ConfigError as error:
        print("\n".join(map(str, error.mistakes)), file=sys.stderr)
        return _UNUSABLE
