"""What is wrong in a file, where, and what to do about it."""

import difflib
import re
from collections.abc import Iterable, Sequence

from attrs import frozen

__all__ = ["ConfigError", "Mistake", "Path", "Wrong", "dotted", "nearest"]

Path = tuple[str | int, ...]
"""Where something is in a file: keys, and positions in lists counted from 0."""

_LISTED = 12  # so many names are still read; more are noise
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")  # TOML 1.0, "Keys"


def dotted(path: Path) -> str:
    """A path as TOML writes it, `queues.consult.overflow[2]`; lists are counted from 1, as people count."""
    said = ""
    for step in path:
        if isinstance(step, int):
            said += f"[{step + 1}]"
        else:
            key = step if _BARE_KEY.fullmatch(step) else f'"{step}"'
            said += f".{key}" if said else key
    return said


def nearest(word: str, known: Iterable[str]) -> str:
    """What to say about an unknown word: the nearest known one, or the list of them when it is short; empty when neither helps."""
    names = list(known)
    for close in difflib.get_close_matches(word, names, n=1, cutoff=0.6):
        return f"did you mean '{close}'?"
    if not names:
        return ""
    return f"there is: {', '.join(names)}" if len(names) <= _LISTED else ""


class Wrong(ValueError):
    """Something a value, a table or a whole file gets wrong; raised by a parser, raised or yielded by a table's `problems`.

    `path` leads from the table that reports it to the key that is wrong; empty: the table itself.
    """

    def __init__(self, text: str, remedy: str = "", path: Path = ()) -> None:
        """Say what is wrong, what to do, and where."""
        super().__init__(text)
        self.text = text
        self.remedy = remedy
        self.path = path


@frozen(order=True)
class Mistake:
    """One mistake; printed as `county.toml:14: queues.consult: unknown key 'ringg_s'; did you mean 'ring_s'?`."""

    file: str
    line: int
    """Counted from 1; 0: the file as a whole."""
    column: int
    """Counted from 1, in characters; 0: the file as a whole."""
    where: str
    """The key in question, `queues.consult.ring_s`; empty: the top of the file."""
    text: str
    remedy: str = ""

    def __str__(self) -> str:
        """One line: file, line, key, what is wrong, what to do."""
        place = f"{self.file}:{self.line}: " if self.line else f"{self.file}: "
        return f"{place}{self.where + ': ' if self.where else ''}{self.text}{'; ' + self.remedy if self.remedy else ''}"


class ConfigError(Exception):
    """A file that cannot be used; `mistakes` holds everything wrong in it, in the order of the file, at least one."""

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        """Hold the mistakes; the message is one line for each."""
        self.mistakes = sorted(mistakes)
        super().__init__("\n".join(str(mistake) for mistake in self.mistakes))
