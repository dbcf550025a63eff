"""Reads a TOML file into an instance of a declared class, or says everything that is wrong with it.

`tomllib` gives the values, `structuring` checks and builds, `positions` knows the lines.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path as FilePath
from typing import Any, TypeVar

from attrs import field, frozen

from appliance.config.mistakes import ConfigError, Mistake, Path, Wrong, dotted
from appliance.config.positions import Positions
from appliance.config.structuring import structure, wrongs_of

__all__ = ["Document", "load", "loads"]

T = TypeVar("T")

_PLACE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")  # how tomllib ends its messages


@frozen
class Document:
    """A TOML text with its values and the place of each; kept by those who find mistakes later than the reader does."""

    name: str
    """The file's name, as mistakes show it."""
    data: Mapping[str, Any]
    _positions: Positions = field(repr=False)

    @classmethod
    def read(cls, path: FilePath | str) -> "Document":
        """Read a file; `ConfigError` when it is not there, not readable, not UTF-8 or not TOML."""
        try:
            text = FilePath(path).read_text(encoding="utf-8-sig")
        except FileNotFoundError:
            raise ConfigError([Mistake(str(path), 0, 0, "", "there is no such file")]) from None
        except OSError as error:
            raise ConfigError([Mistake(str(path), 0, 0, "", f"it cannot be read: {error.strerror}")]) from None
        except UnicodeDecodeError as error:
            line = FilePath(path).read_bytes()[: error.start].count(b"\n") + 1
            raise ConfigError([Mistake(str(path), line, 1, "", "this is not UTF-8 text", "save the file as UTF-8")]) from None
        return cls.parse(text, str(path))

    @classmethod
    def parse(cls, text: str, name: str) -> "Document":
        """Take a text; `ConfigError` when it is not TOML."""
        text = text.replace("\r\n", "\n")
        try:
            data = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise ConfigError([_syntax(str(error), text, name)]) from None
        return cls(name, data, Positions(text))

    def mistake(self, path: Path, text: str, remedy: str = "") -> Mistake:
        """A mistake at a key of this document, placed at the nearest table when the key is not there."""
        line, column = self._positions.find(path)
        return Mistake(self.name, line, column, dotted(path), text, remedy)

    def mistakes(self, wrongs: Iterable[Wrong]) -> list[Mistake]:
        """The same for what a check of the whole document found; each `path` is from the top."""
        return [self.mistake(wrong.path, wrong.text, wrong.remedy) for wrong in wrongs]

    def structure(self, cls: type[T]) -> T:
        """The document as an instance of `cls`; `ConfigError` with all mistakes."""
        try:
            return structure(self.data, cls)
        except Exception as error:
            found = []
            for about, wrong in wrongs_of(error):
                line, column = self._positions.find(wrong.path)
                found.append(Mistake(self.name, line, column, dotted(about), wrong.text, wrong.remedy))
            raise ConfigError(found) from None


def load(cls: type[T], path: FilePath | str) -> T:
    """The file as an instance of `cls`; `ConfigError` with everything that is wrong in it."""
    return Document.read(path).structure(cls)


def loads(cls: type[T], text: str, name: str = "text") -> T:
    """The same for a text; `name` stands for the file in mistakes."""
    return Document.parse(text, name).structure(cls)


def _syntax(message: str, text: str, name: str) -> Mistake:
    """What tomllib says, taken apart: its message, line and column, with a remedy for the frequent slips."""
    place = _PLACE.search(message)
    said = _PLACE.sub("", message)
    said = said[:1].lower() + said[1:]
    lines = text.split("\n")
    line, column = len(lines), 1
    if place and place[1]:
        line, column = int(place[1]), int(place[2])
    while line > 1 and not lines[line - 1].strip():  # an error noticed after a line's end belongs to that line
        line, column = line - 1, len(lines[line - 2]) + 1
    remedy = ""
    if not (place and place[1]):
        remedy = "a quote or bracket is not closed"
    elif said == "invalid value":
        remedy = "text stands in quotes, yes and no are true and false"
    elif "overwrite" in said or "twice" in said:
        remedy = "each key and each [table] stands once"
    return Mistake(name, line, column, "", said, remedy)
