"""`./hotline accounts`: PINs of callers' accounts of a running appliance, over its desk, or while none runs. PINs are never arguments:
others could see them.

Exit 0 it is done, 1 it was refused (or rows of a file were: the reasons are on stderr), 2 nobody to ask, or a file that cannot be used.
"""

import argparse
import csv
import getpass
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import trio

from appliance.asking import add_data, asked, told
from appliance.desk import DeskClosed, ask_desk
from appliance.outside.operators import MOST_ENTRIES
from appliance.outside.pins import hashed
from appliance.why.moments import day, time

__all__ = ["add_accounts"]

_UNUSABLE = 2


def add_accounts(parser: argparse.ArgumentParser) -> None:
    """`./hotline accounts set|unlock|list|import|hash`."""
    verbs = parser.add_subparsers(required=True, metavar="set|unlock|list|import|hash")

    def add(name: str, about: str, run: Callable[[argparse.Namespace], int]) -> argparse.ArgumentParser:
        one = verbs.add_parser(name, help=about, description=about)
        one.add_argument("accounts", help="what the site file calls them")
        one.add_argument("--by", default="", metavar="NAME", help="who says so (default: the user of this machine)")
        add_data(one)
        one.add_argument("--site", type=Path, help="site file: where no appliance runs, it is done in its data directory")
        one.set_defaults(run=run)
        return one

    add("list", "accounts that are known, and whether they are locked", _list)
    one = add("set", "set an account's PIN, which is read from the terminal or from standard input, and open the account", _set)
    one.add_argument("account")
    one.add_argument("--generate", action="store_true", help="by chance; it is printed once, and kept nowhere")
    one = add("unlock", "open an account that too many wrong PINs have locked, or let a caller try again who was wrong too often", _unlock)
    which = one.add_mutually_exclusive_group(required=True)
    which.add_argument("account", nargs="?")
    which.add_argument("--caller", metavar="NUMBER", help="as its alarm has it; 'withheld': all who call without a number")
    whole = add("import", "set the PINs of a CSV file with the columns account and pin; an empty PIN is made by chance", _import)
    whole.add_argument("file", type=Path)
    whole.add_argument("--generated", type=Path, metavar="FILE", help="where PINs go that were made by chance; only its owner may read it")
    make = verbs.add_parser("hash", help="print the hash of a PIN that is read, for a table that a gateway reads")
    make.set_defaults(run=_hash)


def _read_pin() -> str:
    return getpass.getpass("PIN: ") if sys.stdin.isatty() else sys.stdin.readline().strip()


def _hash(_given: argparse.Namespace) -> int:
    print(hashed(_read_pin()))
    return 0


def _request(given: argparse.Namespace, verb: str, **words: Any) -> dict[str, Any]:
    return {"accounts": verb, "of": given.accounts, "by": given.by or getpass.getuser(), **words}


def _answer(given: argparse.Namespace, request: dict[str, Any]) -> dict[str, Any] | None:
    """The answer of the running appliance, or where none runs and the site is named, what it would be; None: there is none, and why."""
    if given.site is None:
        return asked(given.data, request)
    from appliance.config import ConfigError
    from appliance.outside.alone import answer_alone
    from appliance.site import load_site
    from appliance.store import StoreError

    try:
        return trio.run(ask_desk, given.data, request)
    except DeskClosed as error:  # only the data directory's lock says for certain that none runs
        if not given.data.is_dir():
            print(f"hotline: {error}", file=sys.stderr)
            return None
        try:
            return trio.run(answer_alone, given.data, load_site(given.site), request)
        except (ConfigError, StoreError) as wrong:
            print(f"hotline: {wrong}", file=sys.stderr)
            return None


def _set(given: argparse.Namespace) -> int:
    pin = "" if given.generate else _read_pin()
    if not pin and not given.generate:
        print("hotline: no PIN was given; --generate makes one", file=sys.stderr)
        return _UNUSABLE
    answer = _answer(given, _request(given, "set", entries=[{"account": given.account, "pin": pin}]))
    if answer is None or "set" not in answer:
        return told(answer)
    (entry,) = answer["set"]
    if "pin" in entry:
        print(entry["pin"])
    return told(entry)


def _unlock(given: argparse.Namespace) -> int:
    whom = {"account": given.account} if given.caller is None else {"caller": given.caller}
    return told(_answer(given, _request(given, "unlock", **whom)))


def _list(given: argparse.Namespace) -> int:
    after = ""
    while True:
        answer = _answer(given, _request(given, "list", after=after))
        if answer is None or "entries" not in answer:
            return told(answer)
        if not answer["entries"]:
            return 0
        print("\n".join(map(_line, answer["entries"])))
        after = answer["entries"][-1]["account"]


def _line(entry: dict[str, Any]) -> str:
    def moment(at: float) -> str:
        return f"{day(at)} {time(at)}"

    facts = [f"PIN set on {moment(entry['changed_at'])}" if entry["pin"] else "no PIN here"]
    facts += [f"{entry['failures']} wrong"] if entry["failures"] else []
    facts += [f"locked until {moment(entry['locked_until_at'])}"] if entry["locked_until_at"] else []
    return f"{entry['account']:20}  {', '.join(facts)}"


def _import(given: argparse.Namespace) -> int:
    with given.file.open(encoding="utf-8-sig", newline="") as opened:
        reader = csv.DictReader(opened)
        if set(reader.fieldnames or ()) != {"account", "pin"}:
            print(f"hotline: {given.file}: its first line must be: account,pin", file=sys.stderr)
            return _UNUSABLE
        rows = [(reader.line_num, (row["account"] or "").strip(), (row["pin"] or "").strip()) for row in reader]
    if given.generated is None and any(not pin for _, _, pin in rows):
        print("hotline: some rows have no PIN: name a file for those that are made, with --generated", file=sys.stderr)
        return _UNUSABLE
    rejected = 0
    made: list[tuple[str, str]] = []
    for done in range(0, len(rows), MOST_ENTRIES):
        some = rows[done : done + MOST_ENTRIES]
        answer = _answer(given, _request(given, "set", entries=[{"account": account, "pin": pin} for _, account, pin in some]))
        if answer is None or "set" not in answer:
            print(f"hotline: {done} of {len(rows)} rows were dealt with before that", file=sys.stderr)
            _write(given.generated, made)
            return told(answer)
        for (line, account, _), entry in zip(some, answer["set"], strict=True):
            if "error" in entry:
                rejected += 1
                print(f"line {line}: {account}: {entry['error']}", file=sys.stderr)
            elif "pin" in entry:
                made.append((account, entry["pin"]))
    _write(given.generated, made)
    print(f"set {len(rows) - rejected}, rejected {rejected}")
    return 1 if rejected else 0


def _write(file: Path | None, made: list[tuple[str, str]]) -> None:
    if file is not None and made:
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8", newline="") as opened:
            file.chmod(0o600)
            csv.writer(opened).writerows([("account", "pin"), *made])
