"""The command line: the one place that knows all parts and puts them together.

Each command imports what it needs when it is chosen, so that `serve` never loads the simulator.
"""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

__all__ = ["main"]

_ABOUT = "A call-centre appliance: it answers a service number, serves callers, gives them to agents, and proves its targets."


def main(argv: list[str] | None = None) -> int:
    """Run one command of `./hotline`; the result is the process's exit code: 2 for input that cannot be used."""
    given = sys.argv[1:] if argv is None else argv
    name = given[0] if given else "--help"
    if name not in _COMMANDS:
        print(_usage(), file=sys.stdout if name in ("--help", "-h") else sys.stderr)
        return 0 if name in ("--help", "-h") else _unknown(name)
    about, prepare = _COMMANDS[name]
    parser = argparse.ArgumentParser(prog=f"./hotline {name}", description=about)
    prepare(parser)
    arguments = parser.parse_args(given[1:])
    run: Callable[[argparse.Namespace], int] = arguments.run
    try:
        return run(arguments)
    except KeyboardInterrupt:
        return 130
    except OSError as error:
        return _unusable(error)
    except BaseExceptionGroup as group:  # what a nursery wraps is one of the same
        if group.subgroup(KeyboardInterrupt) is not None:
            return 130
        found, rest = group.split(OSError)
        if found is None or rest is not None:
            raise
        return _unusable(found)


def _unusable(error: BaseException) -> int:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    print(f"hotline: {error}", file=sys.stderr)
    return 2


def _usage() -> str:
    width = max(map(len, _COMMANDS))
    lines = [f"  {name:{width}}  {about}" for name, (about, _) in _COMMANDS.items()]
    lines += [f"  {'test':{width}}  everything CI runs", f"  {'setup':{width}}  only install what a command needs"]
    return "\n".join([_ABOUT, "", "usage: ./hotline COMMAND [ARGUMENTS]      ./hotline COMMAND --help says more", "", *lines])


def _unknown(name: str) -> int:
    from appliance.config import nearest

    print(f"\nhotline: there is no command '{name}'; {nearest(name, _COMMANDS)}".rstrip("; "), file=sys.stderr)
    return 2


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 <= seconds < 86_400:
        raise argparse.ArgumentTypeError("between 0 and 86400 seconds")
    return seconds


def _serve(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--site", type=Path, help="site file (default: the demo centre)")
    parser.add_argument("--data", type=Path, default=Path("data"), help="data directory (default: ./data)")
    parser.add_argument("--grace", type=_seconds, default=300.0, metavar="SECONDS", help="how long calls may go on when it is stopped")

    def run(arguments: argparse.Namespace) -> int:
        from appliance.serve import DEMO_SITE, serve

        return serve(arguments.site or DEMO_SITE, arguments.data, grace_s=arguments.grace)

    parser.set_defaults(run=run)


def _check(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("site", type=Path, help="site file")

    def run(arguments: argparse.Namespace) -> int:
        from appliance.site.check import run_check

        return run_check(arguments.site)

    parser.set_defaults(run=run)


def _call(parser: argparse.ArgumentParser) -> None:
    from appliance.caller import add_arguments, run_call

    add_arguments(parser)
    parser.set_defaults(run=run_call)


def _say(parser: argparse.ArgumentParser) -> None:
    from appliance.saying import add_arguments, run_say

    add_arguments(parser)
    parser.set_defaults(run=run_say)


def _why(parser: argparse.ArgumentParser) -> None:
    from appliance.why import add_arguments, run_why

    add_arguments(parser)
    parser.set_defaults(run=run_why)


def _sim(parser: argparse.ArgumentParser) -> None:
    from sim.commands import add_commands

    add_commands(parser)


def _bench(parser: argparse.ArgumentParser) -> None:
    names = {
        "acd": "beside Asterisk 22, and the engine alone",
        "answer": "beside Asterisk 22",
        "cards": "a card line's prompts beside those that Asterisk plays by AGI and ARI",
        "csta": "events and routes of a switch's CTI link, beside lxml and a bare echo",
        "ivr": "beside Asterisk 22",
        "keys": "keys heard and sent in bad weather",
        "manager": "Asterisk's manager, beside pyst2",
        "sim": "calls simulated per second, and memory, beside Ciw and SimPy",
        "store": "a seat's questions in a store of years, beside a small one",
    }
    parser.add_argument("name", choices=list(names), help="; ".join(f"{name}: {beside}" for name, beside in names.items()))
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    parser.add_argument("--data", type=Path, metavar="DIR", help="store: the data directory to ask, running or not, instead of one made")

    def run(arguments: argparse.Namespace) -> int:
        if arguments.name == "sim":
            from sim.bench import bench_sim

            return bench_sim(arguments.json)
        if arguments.name == "store":
            from sim.bench.store import run_bench_store

            return run_bench_store(arguments.json, arguments.data)
        # They are part of the checkout's tests, for they need its peers; and some package on PyPI installs a `tests` of its own.
        sys.path.insert(0, str(Path(__file__).parent.parent))
        if arguments.name == "acd":
            from tests.bench.acd import bench_acd

            return bench_acd(arguments.json)
        if arguments.name == "csta":
            from tests.bench.csta import bench_csta

            return bench_csta(arguments.json)
        if arguments.name == "cards":
            from tests.bench.cards import bench_cards

            return bench_cards(arguments.json)
        if arguments.name == "manager":
            from tests.bench.manager import bench_manager

            return bench_manager(arguments.json)
        if arguments.name == "ivr":
            from tests.bench.ivr import bench_ivr

            return bench_ivr(arguments.json)
        if arguments.name == "keys":
            from tests.bench.keys import bench_keys

            return bench_keys(arguments.json)
        from tests.bench.answer import bench_answer

        return bench_answer(arguments.json)

    parser.set_defaults(run=run)


def _ask(parser: argparse.ArgumentParser) -> None:
    from appliance.asking import add_ask

    add_ask(parser)


def _reload(parser: argparse.ArgumentParser) -> None:
    from appliance.asking import add_reload

    add_reload(parser)


def _show(parser: argparse.ArgumentParser) -> None:
    from appliance.asking import add_show

    add_show(parser)


def _flow(parser: argparse.ArgumentParser) -> None:
    from appliance.flow.commands import add_commands

    add_commands(parser)


def _firmware(parser: argparse.ArgumentParser) -> None:
    from appliance.firmware.commands import add_commands

    add_commands(parser)


def _callers(parser: argparse.ArgumentParser) -> None:
    from appliance.callers.commands import add_callers

    add_callers(parser)


def _accounts(parser: argparse.ArgumentParser) -> None:
    from appliance.outside.commands import add_accounts

    add_accounts(parser)


def _users(parser: argparse.ArgumentParser) -> None:
    from appliance.access.commands import add_users

    add_users(parser)


def _close(parser: argparse.ArgumentParser) -> None:
    from appliance.callers.commands import add_close

    add_close(parser)


def _reopen(parser: argparse.ArgumentParser) -> None:
    from appliance.callers.commands import add_reopen

    add_reopen(parser)


_COMMANDS: dict[str, tuple[str, Callable[[argparse.ArgumentParser], None]]] = {
    "serve": ("run a centre; without a site file the demo centre on the loopback address", _serve),
    "call": ("place a scripted call and print what it heard", _call),
    "ask": ("ask a running centre for something at an agent's seat: a state, call control, supervision", _ask),
    "show": ("agents, queues and contacts of a running centre", _show),
    "reload": ("take over a changed site file while running", _reload),
    "callers": ("block, allow, make VIPs of callers of a running centre, or show who is listed", _callers),
    "accounts": ("set PINs of callers' accounts of a running centre, open locked ones, or list them", _accounts),
    "users": ("make users of a running centre, give them roles and passwords, lock and unlock them", _users),
    "close": ("close a service number of a running centre, or all, or show what is closed", _close),
    "reopen": ("open a service number again that was closed", _reopen),
    "check": ("check a site file and explain every mistake", _check),
    "flow": ("check, draw and try call flows", _flow),
    "firmware": ("write the configuration of cards, Asterisk, Kamailio and systemd for a site", _firmware),
    "say": ("say a text as a caller would hear it, into a WAV file", _say),
    "why": ("tell a contact's story, and why an agent was rung for it or was not", _why),
    "sim": ("run load scenarios, in virtual time or against a running centre", _sim),
    "bench": ("measure against a peer in the same run", _bench),
}

if __name__ == "__main__":
    sys.exit(main())
