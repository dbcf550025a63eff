"""`./hotline ask`, `show` and `reload`: the operator's words to a running appliance, over its desk."""

import argparse
import json
import sys
from functools import partial
from pathlib import Path
from typing import Any

import trio

from appliance.desk import DeskClosed, ask_desk
from appliance.lines_shown import lines_table

__all__ = ["add_ask", "add_data", "add_reload", "add_show", "asked", "told"]

_CLEAR = "\x1b[H\x1b[2J"
"""Begins a screen anew (ECMA-48)."""


def asked(data: Path, request: dict[str, Any]) -> dict[str, Any] | None:
    """The appliance's answer; None: nobody answers, which is said on stderr."""
    try:
        return trio.run(partial(ask_desk, data, request))
    except DeskClosed as error:
        print(f"hotline: {error}", file=sys.stderr)
        return None


def told(answer: dict[str, Any] | None) -> int:
    """The exit code for an answer; a refusal is said on stderr."""
    if answer is None:
        return 2
    if "error" in answer:
        print(f"hotline: {answer['error']}", file=sys.stderr)
        return 1
    return 0


def add_data(parser: argparse.ArgumentParser) -> None:
    """The argument that says which appliance is asked."""
    parser.add_argument("--data", type=Path, default=Path("data"), help="data directory of the running appliance (default: ./data)")


def add_ask(parser: argparse.ArgumentParser) -> None:
    """`./hotline ask 1001 consult 1002`: exit 0 done, 1 refused (the reason is on stderr), 2 nobody to ask."""
    parser.add_argument("agent", help="the agent whom it concerns")
    parser.add_argument("what", help="log-in ready not-ready log-out, hold consult transfer conference ..., listen whisper barge ...")
    parser.add_argument("to", nargs="?", default="", help="whom, where to, which keys: an agent, a number, queue:NAME, flow:NAME")
    parser.add_argument("--by", default="operator", help="the agent or supervisor who asks (default: the operator)")
    parser.add_argument("--reason", default="", help="why not ready, why help is needed")
    parser.add_argument("--station", default="", help="the phone to log in on")
    add_data(parser)

    def run(given: argparse.Namespace) -> int:
        request = {
            "ask": given.what,
            "agent": given.agent,
            "to": given.to,
            "by": given.by,
            "reason": given.reason,
            "station": given.station,
        }
        return told(asked(given.data, request))

    parser.set_defaults(run=run)


def add_reload(parser: argparse.ArgumentParser) -> None:
    """`./hotline reload`: exit 0 the changed site is in force, 1 it cannot be used and the old one stays."""
    add_data(parser)
    parser.set_defaults(run=lambda given: told(asked(given.data, {"reload": True})))


def add_show(parser: argparse.ArgumentParser) -> None:
    """`./hotline show`: agents, queues and contacts as they are now; `show lines`: each line with its channels, alarms and calls."""
    parser.add_argument("what", nargs="?", choices=("lines",), help="lines: channels, links, alarms and calls of each line")
    parser.add_argument("--every", type=_seconds, metavar="SECONDS", help="show it again and again, until interrupted")
    parser.add_argument("--json", action="store_true", help="as data")
    add_data(parser)
    parser.set_defaults(run=_show)


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0.2 <= seconds <= 3600:
        raise argparse.ArgumentTypeError("from 0.2 to 3600 seconds")
    return seconds


def _show(given: argparse.Namespace) -> int:
    try:
        while True:
            answer = asked(given.data, {"show": given.what or True})
            if answer is None or "shown" not in answer:
                return told(answer)
            before = _CLEAR if given.every and sys.stdout.isatty() else ""
            print(before + _shown(given, answer["shown"]), flush=True)
            if not given.every:
                return 0
            trio.run(trio.sleep, given.every)
    except KeyboardInterrupt:
        return 0


def _shown(given: argparse.Namespace, shown: dict[str, Any]) -> str:
    if given.json:
        return json.dumps(shown, ensure_ascii=False, indent=None if given.every else 2)
    return lines_table(shown) if given.what else _table(shown)


def _table(shown: dict[str, Any]) -> str:
    lines = ["queue            waiting  free  serving  logged in  waits told right"]
    for name, queue in shown["queues"].items():
        told = f"{queue['waits_right']} of {queue['waits_told']}"
        lines.append(f"{name:16} {queue['waiting']:7}  {queue['free']:4}  {queue['serving']:7}  {queue['logged_in']:9}  {told:>16}")
    lines += ["", "agent  state       for      station  with"]
    for id_, agent in shown["agents"].items():
        state = agent["state"] + (" !" if agent["help"] else "")
        what = agent["contact"] or agent["reason"]
        lines.append(f"{id_:6} {state:11} {_clock(agent['since_s']):8} {agent['station']:8} {what}".rstrip())
    lines += ["", f"closed by an operator: {', '.join(shown['closed'])}"] if shown["closed"] else []
    lines += ["", f"contacts {len(shown['contacts'])}, turned away by the lists since the start {shown['turned_away']}"]
    for id_, contact in shown["contacts"].items():
        parties = " ".join(contact["parties"])
        lines.append(
            f"{id_}  {contact['ani'] or '-':15} {contact['state']:12} {contact['queue']:12} {_clock(contact['for_s']):8} {parties}"
            f"{' (' + contact['flag'] + ')' if contact['flag'] else ''}".rstrip()
        )
    return "\n".join(lines)


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}:{rest:02d}"
