"""`./hotline users`: users of a running appliance, over its desk. Passwords are never arguments: others could see them.

Exit 0 it is done, 1 it was refused (the reason is on stderr), 2 nobody to ask, or no password.
"""

import argparse
import getpass
import json
import secrets
import sys
from collections.abc import Callable
from typing import Any

from appliance.asking import add_data, asked, told
from appliance.why.moments import day, time

__all__ = ["add_users"]

_UNUSABLE = 2
_LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"  # none that looks like another
_LANGUAGES = ("zh", "en")
Run = Callable[[argparse.Namespace], int]


def add_users(parser: argparse.ArgumentParser) -> None:
    """`./hotline users list|add|role|password|lock|unlock|first`."""
    verbs = parser.add_subparsers(required=True, metavar="list|add|role|password|lock|unlock|first")

    def add(name: str, about: str, run: Run, *, of: bool = True) -> argparse.ArgumentParser:
        one = verbs.add_parser(name, help=about, description=about)
        if of:
            one.add_argument("login", help="the name he logs in with")
        one.add_argument("--by", default="", metavar="NAME", help="who says so (default: the user of this machine)")
        add_data(one)
        one.set_defaults(run=run)
        return one

    listing = add("list", "all users", _list, of=False)
    listing.add_argument("--json", action="store_true", help="as data, one user a line")
    new = add(
        "add", "make a user; his password is read from the terminal or from standard input, and he has to choose one of his own", _add
    )
    new.add_argument("--name", required=True, help="who it is, as screens show him")
    new.add_argument("--role", action="append", default=[], metavar="ROLE", help="what he may do, as agent or supervisor; again for more")
    new.add_argument("--agent", default="", metavar="NUMBER", help="the agent he is")
    new.add_argument("--language", default="", choices=_LANGUAGES, help="what screens speak to him (default: the centre's first language)")
    _password(new)
    roles = add("role", "give a user these roles, and no others", _role)
    roles.add_argument("role", nargs="+")
    _password(add("password", "give a user a new password, with which he has to choose one of his own", _set))
    add("lock", "let a user in no more, and end his sessions", _plain("lock"))
    add("unlock", "let a user in again, also one whom wrong passwords have locked", _plain("unlock"))
    add("first", "a new code by which the first administrator makes himself", _first, of=False)


def _password(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--generate", action="store_true", help="a password by chance; it is printed once, and kept nowhere")


def _read(given: argparse.Namespace) -> str:
    """The password; empty: none, and why is said."""
    if given.generate:
        return "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(4))
    if not sys.stdin.isatty():
        password = sys.stdin.readline().rstrip("\n")
    elif (password := getpass.getpass("Password: ")) != getpass.getpass("Once more: "):
        print("hotline: these are two different passwords", file=sys.stderr)
        return ""
    if not password:
        print("hotline: no password was given; --generate makes one", file=sys.stderr)
    return password


def _ask(given: argparse.Namespace, verb: str, **words: str) -> dict[str, Any] | None:
    return asked(given.data, {"users": verb, "by": given.by or getpass.getuser(), **words})


def _with_password(given: argparse.Namespace, verb: str, **words: str) -> int:
    if not (password := _read(given)):
        return _UNUSABLE
    answer = _ask(given, verb, login=given.login, password=password, **words)
    if given.generate and answer is not None and "error" not in answer:
        print(password)
    return told(answer)


def _add(given: argparse.Namespace) -> int:
    return _with_password(given, "add", name=given.name, roles=" ".join(given.role), agent=given.agent, language=given.language)


def _set(given: argparse.Namespace) -> int:
    return _with_password(given, "password")


def _role(given: argparse.Namespace) -> int:
    return told(_ask(given, "role", login=given.login, roles=" ".join(given.role)))


def _plain(verb: str) -> Run:
    return lambda given: told(_ask(given, verb, login=given.login))


def _first(given: argparse.Namespace) -> int:
    answer = _ask(given, "first")
    if answer is not None and "code" in answer:
        print(answer["code"])
    return told(answer)


def _list(given: argparse.Namespace) -> int:
    answer = _ask(given, "list")
    if answer is None or "users" not in answer:
        return told(answer)
    for user in answer["users"]:
        print(json.dumps(user, ensure_ascii=False) if given.json else _line(user))
    return 0


def _line(user: dict[str, Any]) -> str:
    facts = [", ".join(user["roles"]) or "no role"]
    facts += [f"agent {user['agent']}"] if user["agent"] else []
    facts += ["may not come in"] if user["disabled"] else []
    facts += [f"locked until {_moment(user['locked_until_at'])}"] if user["locked_until_at"] else []
    facts += [] if user["has_password"] else ["no password"]
    facts += ["has to choose a password"] if user["must_change"] else []
    facts += [f"last seen {_moment(user['seen_at'])}"] if user["seen_at"] else []
    return f"{user['login']:16}  {user['name']}: {'; '.join(facts)}"


def _moment(at: float) -> str:
    return f"{day(at)} {time(at)}"
