"""`./hotline callers`, `close` and `reopen`: lists of callers and closures of a running appliance, over its desk.

Exit 0 it is done, 1 it was refused (or rows of a file were: the reasons are on stderr), 2 nobody to ask, or a file that cannot be used.
"""

import argparse
import csv
import getpass
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from appliance.asking import add_data, asked, told
from appliance.callers.desk import MOST_ENTRIES
from appliance.callers.importing import Rejected, cleaned, read_list
from appliance.callers.moments import lasting, moment
from appliance.core.admission.book import BLOCK, KINDS, REMOVED, VIP
from appliance.shell.clock import wall_s
from appliance.why.moments import day, time

__all__ = ["add_callers", "add_close", "add_reopen"]

_SHOWN_REJECTED = 20
_ABOUT = {
    "block": "turn a caller away",
    "allow": "let a caller in, whatever a shorter entry, the site file or the check of his number says",
    "vip": "make a caller a VIP",
    "remove": "take a caller from the list",
}
Run = Callable[[argparse.Namespace], int]


def add_callers(parser: argparse.ArgumentParser) -> None:
    """`./hotline callers list|block|allow|vip|remove|import`."""
    verbs = parser.add_subparsers(required=True, metavar="list|block|allow|vip|remove|import")
    listing = verbs.add_parser("list", help="entries of the site file and of operators")
    listing.add_argument("begins", nargs="?", default="", help="only those that begin so")
    listing.add_argument("--json", action="store_true", help="as data, one entry a line")
    _run(listing, _list)
    for verb, about in _ABOUT.items():
        one = verbs.add_parser(verb, help=about)
        one.add_argument("number", help="a whole number, or the beginning of numbers as '95*'")
        if verb != "remove":
            _times(one)
            one.add_argument("--name", default="", help="who it is")
        if verb == VIP:
            one.add_argument("--priority", type=int, default=0, metavar="N", help="priority of his calls, 0 to 99")
        _person(one)
        _run(one, _put, kind=REMOVED if verb == "remove" else verb)
    whole = verbs.add_parser("import", help="list the callers of a CSV file: number, kind, priority, until, name, why")
    whole.add_argument("file", type=Path, help="the file; a file without a header is a list of numbers")
    whole.add_argument("--as", dest="kind", choices=KINDS, default=BLOCK, help="what rows are that do not say so (default: block)")
    whole.add_argument("--rejected", type=Path, metavar="FILE", help="write the rejected rows there, with the reason")
    _person(whole)
    _run(whole, _import)


def add_close(parser: argparse.ArgumentParser) -> None:
    """`./hotline close 95500 --for "2 h" --say closed-storm`."""
    parser.add_argument("number", nargs="?", default="", help="a service number, or all; without it the closures in force are shown")
    _times(parser)
    parser.add_argument("--say", default="", metavar="PROMPT", help="prompt of the site file instead of the usual words: closed-NAME")
    parser.add_argument("--then", default="", metavar="WHERE", help="where calls go then, as voicemail, station:8020, number:057112345")
    _person(parser)
    _run(parser, _close)


def add_reopen(parser: argparse.ArgumentParser) -> None:
    """`./hotline reopen 95500`."""
    parser.add_argument("number", help="a service number that was closed, or all")
    _person(parser)
    _run(parser, _close, opens=True)


def _times(parser: argparse.ArgumentParser) -> None:
    ends = parser.add_mutually_exclusive_group()
    ends.add_argument(
        "--until", default="", metavar="TIME", help="when it ends by itself: '18:00', '2026-12-01 18:00' (this machine's time)"
    )
    ends.add_argument("--for", dest="lasts", default="", metavar="TIME", help="how long it lasts: '30 min', '2 h', '3 d'")


def _person(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--why", default="", metavar="TEXT", help="the reason, for the story of each call and for the audit trail")
    parser.add_argument("--by", default="", metavar="NAME", help="who says so (default: the user of this machine)")


def _run(parser: argparse.ArgumentParser, run: Run, **fixed: Any) -> None:
    add_data(parser)

    def explained(given: argparse.Namespace) -> int:
        try:
            return run(given)
        except ValueError as error:
            print(f"hotline: {error}", file=sys.stderr)
            return 2

    parser.set_defaults(run=explained, **fixed)


def _by(given: argparse.Namespace) -> dict[str, Any]:
    return {"by": given.by or getpass.getuser()}


def _end(given: argparse.Namespace) -> tuple[dict[str, Any], dict[str, Any]]:
    """What a request, and what an entry in it, says of its end."""
    lasts = {"for_s": lasting(given.lasts)} if given.lasts else {}
    return lasts, {"until_at": moment(given.until, wall_s())} if given.until else {}


def _put(given: argparse.Namespace) -> int:
    entry = {"number": cleaned(given.number), "kind": given.kind, "why": given.why}
    request: dict[str, Any] = {"callers": "put", **_by(given)}
    if given.kind != REMOVED:
        lasts, until = _end(given)
        request |= lasts
        entry |= until | {"name": given.name}
    if given.kind == VIP:
        entry["priority"] = given.priority
    return told(asked(given.data, {**request, "entries": [entry]}))


def _close(given: argparse.Namespace) -> int:
    request: dict[str, Any] = {"closures": "put", **_by(given)}
    closure: dict[str, Any] = {"number": given.number, "why": given.why}
    if getattr(given, "opens", False):
        return told(asked(given.data, {**request, "closure": closure | {"open": True}}))
    if not given.number:
        return _closures(given.data)
    lasts, until = _end(given)
    return told(asked(given.data, {**request, **lasts, "closure": closure | until | {"say": given.say, "onward": given.then}}))


def _closures(data: Path) -> int:
    answer = asked(data, {"closures": "list"})
    for closure in (answer or {}).get("closures", ()):
        words = [f"closed by {closure['who']} on {day(closure['at'])} {time(closure['at'])}", _until(closure["until_at"]), closure["why"]]
        print(f"{closure['number']:12}  {', '.join(filter(None, words))}")
    return told(answer)


def _entries(data: Path, begins: str) -> Iterator[dict[str, Any]]:
    """Page by page.

    Raises:
        LookupError: there is no answer; the exit code is its argument.

    """
    after = ""
    while True:
        answer = asked(data, {"callers": "list", "begins": begins, "after": after})
        if answer is None or "entries" not in answer:
            raise LookupError(told(answer))
        if not answer["entries"]:
            return
        yield from answer["entries"]
        after = answer["entries"][-1]["number"]


def _list(given: argparse.Namespace) -> int:
    try:
        for entry in _entries(given.data, cleaned(given.begins)):
            print(json.dumps(entry, ensure_ascii=False) if given.json else _line(entry))
    except LookupError as ended:
        return int(ended.args[0])
    return 0


def _line(entry: dict[str, Any]) -> str:
    """`13800138000  block  by li on 2026-11-28 10:00:00, until ..., turned away 3: prank calls`."""
    source = "in the site file" if entry["at"] is None else f"by {entry['who']} on {day(entry['at'])} {time(entry['at'])}"
    facts = [source, _until(entry["until_at"]), f"priority {entry['priority']}" if entry["priority"] else ""]
    facts += [entry["name"], f"turned away {entry['turned_away']}" if entry["turned_away"] else ""]
    return f"{entry['number']:21}  {entry['kind']:6} {', '.join(filter(None, facts))}{': ' if entry['why'] else ''}{entry['why']}"


def _until(at: float | None) -> str:
    return "" if at is None else f"until {day(at)} {time(at)}"


def _import(given: argparse.Namespace) -> int:
    entries, rejected = read_list(given.file, given.kind, wall_s())
    request = {"callers": "put", "source": given.file.name, **_by(given)}
    for done in range(0, len(entries), MOST_ENTRIES):
        some = [{"why": given.why, **entry} if given.why else entry for entry in entries[done : done + MOST_ENTRIES]]
        if code := told(asked(given.data, {**request, "entries": some})):
            print(f"hotline: {done} of {len(entries)} were listed before that", file=sys.stderr)
            return code
    _tell_rejected(rejected, given.rejected)
    print(f"listed {len(entries)}, rejected {len(rejected)}")
    return 1 if rejected else 0


def _tell_rejected(rejected: list[Rejected], file: Path | None) -> None:
    for each in rejected[:_SHOWN_REJECTED]:
        print(f"line {each.line}: {each.why}", file=sys.stderr)
    if len(rejected) > _SHOWN_REJECTED:
        print(f"and {len(rejected) - _SHOWN_REJECTED} more; --rejected FILE has all of them", file=sys.stderr)
    if file is not None:
        with file.open("w", encoding="utf-8-sig", newline="") as opened:
            csv.writer(opened).writerows([str(each.line), each.why, *each.row] for each in rejected)
