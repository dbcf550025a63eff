"""What if: single values of a scenario or its site that are otherwise than in their files, as `--set PATH=VALUE` gives them.

A path is a key as TOML writes it, `callers.kinds.english.share` or `targets.hours."10:00-12:00".asa`; places in lists are counted from 1,
`agents.roster[2].to`. Paths that begin with `site.` are of the site file. A value is what TOML takes after the equals sign; what is none is
a text, so that `10 s` needs no quotes. The files' own checks say what is wrong with it.
"""

import re
import tomllib
from collections.abc import Iterable, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any

from attrs import evolve

from appliance.config import ConfigError, Document, Mistake
from appliance.config.mistakes import dotted
from hal.api import value

__all__ = ["Change", "changed", "named", "roster_from"]

_LIST_PLACE = re.compile(r"\[(\d+)\]")


@value
class Change:
    """One value that is otherwise."""

    text: str
    """What mistakes are told with: the option, or the file."""
    path: tuple[str, ...]
    value: Any
    of_site: bool = False

    @classmethod
    def parse(cls, text: str) -> "Change":
        """Read `PATH=VALUE`; ValueError when it is none."""
        key, equals, said = text.partition("=")
        if not equals or not said.strip():
            raise ValueError(f"'{text}' is no PATH=VALUE such as callers.hangs_up=0.5 or site.queues.sales.ring_s=15")
        try:
            tables: Any = tomllib.loads(_LIST_PLACE.sub(r".\1", key) + " = 0")
        except tomllib.TOMLDecodeError:
            raise ValueError(f"'{key.strip()}' is no path: write it as a key of TOML, arrivals.95500.per_hour") from None
        path: list[str] = []
        while isinstance(tables, dict):
            ((step, tables),) = tables.items()
            path.append(step)
        of_site = len(path) > 1 and path[0] == "site"
        return cls(f"--set {text}", tuple(path[1:] if of_site else path), _value(said.strip()), of_site)


def _value(said: str) -> Any:
    try:
        return tomllib.loads(f"it = {said}")["it"]
    except tomllib.TOMLDecodeError:
        return said


def roster_from(file: Path) -> Change:
    """The roster of a file with `roster = [...]` alone, as `./hotline sim staff --toml` writes it, instead of the scenario's."""
    document = Document.read(file)
    if list(document.data) != ["roster"]:
        raise ConfigError([document.mistake((), "this is no roster", "it holds roster = [...] and nothing else")])
    return Change(str(file), ("agents", "roster"), document.data["roster"])


def changed(document: Document, changes: Iterable[Change]) -> Document:
    """The document with these values instead of its own; ConfigError when one leads through what is no table."""
    data = deepcopy(dict(document.data))
    for change in changes:
        at: Any = data
        for place, step in enumerate(change.path):
            last = place == len(change.path) - 1
            key: Any = step
            if isinstance(at, list):
                if not step.isdecimal() or not 1 <= int(step) <= len(at):
                    raise _astray(change, place, f"there is no '{step}' in a list of {len(at)}", "count from 1")
                key = int(step) - 1
            elif not isinstance(at, dict):
                raise _astray(change, place, f"{dotted(change.path[:place])} is a value, and no table that could have a '{step}'", "")
            if last:
                at[key] = change.value
            else:
                at = at[key] if isinstance(at, list) else at.setdefault(key, {})
    return evolve(document, data=data)


def _astray(change: Change, place: int, text: str, remedy: str) -> ConfigError:
    return ConfigError([Mistake(change.text, 0, 0, dotted(change.path[: place + 1]), text, remedy)])


def named(mistakes: Sequence[Mistake], changes: Sequence[Change]) -> list[Mistake]:
    """The mistakes of a changed document: those below a value that was changed have the change's name instead of a line."""
    found = []
    for mistake in mistakes:
        by = next((change for change in changes if _below(mistake.where, change.path)), None)
        found.append(mistake if by is None else evolve(mistake, file=by.text, line=0, column=0))
    return found


def _below(where: str, path: Sequence[str]) -> bool:
    steps = [step.strip('"') for step in re.findall(r'"[^"]*"|[^.\[\]]+', where)]
    return bool(steps) and steps == list(path[: len(steps)]) if len(steps) < len(path) else steps[: len(path)] == list(path)
