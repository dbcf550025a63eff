"""A list of callers in a CSV file: what can be listed of it, and which rows cannot, each with its line and the reason.

The first row names the columns: `number`, and of `kind` (block, allow, vip), `priority`, `until`, `name`, `why` those that are there. A
file without such a row is a list of numbers. UTF-8, or GB 18030 as spreadsheets in China write it.
"""

import csv
import re
from pathlib import Path
from typing import Any

from attrs import frozen

from appliance.callers.moments import moment
from appliance.core.admission.book import KINDS
from appliance.core.admission.numbers import mistake_in

__all__ = ["COLUMNS", "Rejected", "cleaned", "read_list"]

COLUMNS = ("number", "kind", "priority", "until", "name", "why")
_MOST_PRIORITY = 99


@frozen
class Rejected:
    """A row that is not listed."""

    line: int
    row: tuple[str, ...]
    why: str


def cleaned(number: str) -> str:
    """A number without what people put between its digits."""
    return re.sub(r"[\s().\-\u2010-\u2015]", "", number)


def read_list(path: Path, kind: str, now_s: float) -> tuple[list[dict[str, Any]], list[Rejected]]:
    """The entries of a file as the desk takes them, and its rejected rows; `kind` is what a row is that does not say so.

    Raises:
        ValueError: the first row names a column that there is not, or the file is no text.

    """
    reader = csv.reader(_text(path).splitlines(keepends=True))
    entries: list[dict[str, Any]] = []
    rejected: list[Rejected] = []
    columns: tuple[str, ...] = ()
    lines: dict[str, int] = {}
    for row in reader:
        cells = tuple(cell.strip() for cell in row)
        if not any(cells):
            continue
        if not columns:
            columns = _columns(cells)
            if columns == tuple(cell.lower() for cell in cells):
                continue
        try:
            entry = _entry(dict(zip(columns, cells, strict=False)), kind, now_s)
            if (before := lines.setdefault(entry["number"], reader.line_num)) != reader.line_num:
                raise ValueError(f"{entry['number']} stands in line {before} already")
            entries.append(entry)
        except ValueError as error:
            rejected.append(Rejected(reader.line_num, tuple(row), str(error)))
    return entries, rejected


def _text(path: Path) -> str:
    content = path.read_bytes()
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise ValueError(f"{path} is no text in UTF-8 or GB 18030")


def _columns(first: tuple[str, ...]) -> tuple[str, ...]:
    """The columns that the first row names; a row that begins with a number names none."""
    names = tuple(cell.lower() for cell in first)
    if "number" not in names:
        if not mistake_in(cleaned(first[0])):
            return ("number",)
        raise ValueError(f"the first row has no column 'number'; the columns are {', '.join(COLUMNS)}")
    if unknown := [name for name in names if name not in COLUMNS]:
        raise ValueError(f"there is no column '{unknown[0]}'; the columns are {', '.join(COLUMNS)}")
    return names


def _entry(cells: dict[str, str], kind: str, now_s: float) -> dict[str, Any]:
    number = cleaned(cells["number"])
    if why := mistake_in(number):
        raise ValueError(why)
    entry: dict[str, Any] = {"number": number, "kind": cells.get("kind", "").lower() or kind}
    if entry["kind"] not in KINDS:
        raise ValueError(f"'{entry['kind']}' is no list; there are: {', '.join(KINDS)}")
    if priority := cells.get("priority"):
        if not re.fullmatch(r"\d{1,2}", priority):
            raise ValueError(f"a priority is 0 to {_MOST_PRIORITY}, not '{priority}'")
        entry["priority"] = int(priority)
    if until := cells.get("until"):
        entry["until_at"] = moment(until, now_s)
        if entry["until_at"] <= now_s:
            raise ValueError(f"{until} is over already")
    return entry | {key: cells[key] for key in ("name", "why") if cells.get(key)}
