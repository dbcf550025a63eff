"""Calls as they were recorded somewhere: a CSV file with a row for each call, in the order of their arrival, and what its columns mean.

| column | | |
|---|---|---|
| `at` | when the call came | `2026-03-02T09:01:03`, `2026-03-02 09:01:03.5+08:00`, or seconds since the epoch; else the site's time |
| `number` | the service number | |
| `caller` | the caller's number | empty: withheld, or not recorded |
| `keys` | what he pressed, one key for each menu | `24` or `2 4` |
| `wait_s` | how long he waited for an agent | seconds, `M:SS` or `H:MM:SS`, as all lengths |
| `talk_s` | how long he talked with an agent | empty or 0: with none |
| `wrap_up_s` | how long the agent's wrap-up took | |
| `patience_s` | how long he would have waited | where it is known |
| `outcome` | `answered`, `abandoned`, `blocked`, ... | without it: answered when he talked, abandoned when he waited |
| `queue`, `agent` | where he waited, who served him | |

Only `at` must be there. The file is read as a stream, as often as it is needed, and never kept.
"""

import csv
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Any

from appliance.config import ConfigError, Mistake, Wrong, nearest, setting, table
from hal.api import value

__all__ = ["COLUMNS", "Columns", "Row", "Trace", "mistakes_in", "rows_of", "seconds_of"]

_MOST_MISTAKES = 10
_MOST_S = 86_400.0


@table
class Columns:
    """What the columns are called in the file; a name that is written here has to be there."""

    at: str = setting(default="at", doc="When the call came.")
    number: str = setting(default="number", doc="The service number that was called.")
    caller: str = setting(default="caller", doc="The caller's number.")
    keys: str = setting(default="keys", doc="What he pressed, one key for each menu.")
    wait_s: str = setting(default="wait_s", doc="How long he waited for an agent.")
    talk_s: str = setting(default="talk_s", doc="How long he talked with an agent.")
    wrap_up_s: str = setting(default="wrap_up_s", doc="How long the agent's wrap-up took.")
    patience_s: str = setting(default="patience_s", doc="How long he would have waited.")
    outcome: str = setting(default="outcome", doc="What became of it.")
    queue: str = setting(default="queue", doc="The queue he waited in.")
    agent: str = setting(default="agent", doc="The agent who served him.")


COLUMNS = ("at", "number", "caller", "keys", "wait_s", "talk_s", "wrap_up_s", "patience_s", "outcome", "queue", "agent")
_LENGTHS = frozenset({"wait_s", "talk_s", "wrap_up_s", "patience_s"})


@table
class Trace:
    """Recorded calls, instead of calls by chance or beside them. What a row does not say is drawn."""

    file: str = setting(doc="The CSV file, relative to this file.")
    columns: Columns = setting(factory=Columns, doc='What its columns are called, { at = "Call start", number = "DNIS" }.')
    delimiter: str = setting(default=",", pattern=r".|\t", expects="one character", doc="What stands between the columns.")
    outcomes: Mapping[str, str] = setting(
        factory=dict, doc='Its words for outcomes, { "ANSWERED" = "answered", "NO ANSWER" = "abandoned", "BUSY" = "blocked" }.'
    )
    number: str = setting(default="", doc="The service number of all calls, where the file has no column for it.")
    numbers: Mapping[str, str] = setting(factory=dict, doc="Numbers in the file that are called otherwise at the site.")
    line: str = setting(default="", doc="The line they come in on; without it the site's first.")


@value
class Row:
    """One call of a trace; lengths in seconds, None: not said."""

    line: int
    """Where it stands in the file."""
    at: datetime
    """When it came, in the zone of the reader."""
    number: str
    caller: str
    keys: str
    wait_s: float | None
    talk_s: float | None
    wrap_up_s: float | None
    patience_s: float | None
    outcome: str
    queue: str
    agent: str


def rows_of(trace: Trace, folder: Path, zone: tzinfo | None, wrong: Callable[[Mistake], None] | None = None) -> Iterator[Row]:
    """The rows of a file, one after the other, in a time zone; None: each in its own, as it is written.

    `wrong` is told of rows that cannot be read, which are left out.

    Raises:
        ConfigError: the file cannot be read at all; without `wrong`, also for the first row that cannot.

    """
    path = folder / trace.file

    def raised(mistake: Mistake) -> None:
        raise ConfigError([mistake])

    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            yield from _Reader(trace, path, zone, wrong or raised).rows(csv.reader(file, delimiter=trace.delimiter, strict=True))
    except FileNotFoundError:
        raise ConfigError([Mistake(str(path), 0, 0, "", "there is no such file")]) from None
    except OSError as error:
        raise ConfigError([Mistake(str(path), 0, 0, "", f"it cannot be read: {error.strerror}")]) from None
    except UnicodeDecodeError:
        raise ConfigError([Mistake(str(path), 0, 0, "", "this is not UTF-8 text", "save the file as UTF-8")]) from None


def mistakes_in(trace: Trace, folder: Path, zone: tzinfo, numbers: Mapping[str, object]) -> list[Mistake]:
    """What is wrong in a file, at most ten mistakes; `numbers` are those the site serves."""
    found: list[Mistake] = []
    unknown: set[str] = set()
    try:
        for row in rows_of(trace, folder, zone, found.append):
            if row.number not in numbers and row.number not in unknown:
                unknown.add(row.number)
                said = f"the site has no number '{row.number}'" if row.number else "no service number is said"
                remedy = nearest(row.number, numbers) or "say in [trace] numbers which of the site's it is"
                found.append(Mistake(str(folder / trace.file), row.line, 1, trace.columns.number, said, remedy))
            if len(found) >= _MOST_MISTAKES:
                break
    except ConfigError as error:
        found += error.mistakes
    return found[:_MOST_MISTAKES]


def seconds_of(text: str) -> float:
    """A length of time: `83`, `83.5`, `1:23`, `0:01:23`; ValueError when it is none, or longer than a day."""
    parts = text.split(":")
    if len(parts) > 3 or any(not part.strip() for part in parts):
        raise ValueError(f"'{text}' is no length of time such as 83, 83.5, 1:23 or 0:01:23")
    try:
        numbers = [float(part) for part in parts]
    except ValueError:
        raise ValueError(f"'{text}' is no length of time such as 83, 83.5, 1:23 or 0:01:23") from None
    total = 0.0
    for number in numbers:
        total = total * 60 + number
    if not 0 <= total <= _MOST_S:
        raise ValueError(f"{text} is out of range: a length is from 0 to {_MOST_S:g} s")
    return total


class _Reader:
    """Reads one file."""

    def __init__(self, trace: Trace, path: Path, zone: tzinfo | None, wrong: Callable[[Mistake], None]) -> None:
        self.trace, self.path, self.zone, self.wrong = trace, path, zone, wrong
        self.line = 0

    def _mistake(self, where: str, text: str, remedy: str = "") -> None:
        self.wrong(Mistake(str(self.path), self.line, 1, where, text, remedy))

    def rows(self, lines: Any) -> Iterator[Row]:
        try:
            header: list[str] = next(lines, [])
            places = self._places([name.strip() for name in header])
            before: datetime | None = None
            for cells in lines:
                self.line = lines.line_num
                if not any(cells):
                    continue
                row = self._row(cells, places, len(header))
                if row is not None and before is not None and row.at < before:
                    at = self.trace.columns.at
                    self._mistake(at, "this call came before the one above", f"sort the file by its column '{at}'")
                elif row is not None:
                    before = row.at
                    yield row
        except csv.Error as error:
            raise ConfigError([Mistake(str(self.path), lines.line_num, 1, "", f"this is no CSV: {error}")]) from None

    def _places(self, header: list[str]) -> dict[str, int]:
        """Where each column stands."""
        self.line = 1
        places: dict[str, int] = {}
        missing: list[Mistake] = []
        for name in COLUMNS:
            called = getattr(self.trace.columns, name)
            if called in header:
                places[name] = header.index(called)
            elif called != name or name == "at":
                remedy = nearest(called, [column for column in header if column])
                missing.append(Mistake(str(self.path), 1, 1, "", f"there is no column '{called}'", remedy))
        if missing:
            raise ConfigError(missing)
        return places

    def _row(self, cells: list[str], places: Mapping[str, int], width: int) -> Row | None:
        if len(cells) < width:
            self._mistake("", f"there are {len(cells)} columns, the first line has {width}")
            return None
        said = {name: cells[place].strip() for name, place in places.items()}
        columns = self.trace.columns
        lengths: dict[str, float | None] = dict.fromkeys(_LENGTHS)
        try:
            at = self._moment(said["at"])
            for name in _LENGTHS & said.keys():
                if said[name]:
                    lengths[name] = seconds_of(said[name])
        except Wrong as wrong:
            self._mistake(columns.at, wrong.text, wrong.remedy)
            return None
        except ValueError as error:
            self._mistake(getattr(columns, name), str(error))
            return None
        keys = said.get("keys", "").replace(" ", "")
        if keys.strip("0123456789*#"):
            self._mistake(columns.keys, f"'{said['keys']}' are no keys of a telephone")
            return None
        number = said.get("number", "") or self.trace.number
        outcome = said.get("outcome", "")
        return Row(
            self.line,
            at,
            self.trace.numbers.get(number, number),
            said.get("caller", ""),
            keys,
            lengths["wait_s"],
            lengths["talk_s"],
            lengths["wrap_up_s"],
            lengths["patience_s"],
            self.trace.outcomes.get(outcome, outcome) or ("answered" if lengths["talk_s"] else "abandoned" if lengths["wait_s"] else ""),
            said.get("queue", ""),
            said.get("agent", ""),
        )

    def _moment(self, text: str) -> datetime:
        try:
            at = datetime.fromisoformat(text)
        except ValueError:
            try:
                return datetime.fromtimestamp(float(text), self.zone or UTC)
            except (ValueError, OverflowError, OSError):
                raise Wrong(f"'{text}' is no moment", "write it as 2026-03-02T09:01:03, or in seconds since the epoch") from None
        if at.tzinfo is None:
            return at.replace(tzinfo=self.zone or UTC)
        return at if self.zone is None else at.astimezone(self.zone)
