"""Tables as the record classes declare them: one class, one table; one field, one column.

Everything the store reads, writes, documents and checks about a table comes from here, so classes and SQL cannot drift apart. The SQL that
makes the tables in a file is in `migrations/`; `tests/store` compares the two.
"""

import re
import types
from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Any, Generic, TypeVar, Union, get_args, get_origin, get_type_hints

import attrs

from appliance.core import records
from appliance.core.records import Record
from appliance.store.accounts import Account, CodeTries
from appliance.store.boots import Boot
from appliance.store.users import Role, Session, User

__all__ = ["SEQ", "TABLES", "Column", "Row", "Table", "table_of"]

R = TypeVar("R", bound=Record)
Row = tuple[Any, ...]
"""The values of one row, in the order of the record's fields."""

SEQ = "seq"
"""Append-only tables have this column besides the record's fields: it counts up in the order in which rows were written."""

_SQL_TYPES = {str: "TEXT", float: "REAL", int: "INTEGER", bool: "INTEGER"}


@attrs.frozen
class Column:
    """A column: `name`, SQL type, whether it may be empty (NULL), and its default as an SQL literal (empty: none)."""

    name: str
    type: str
    optional: bool
    default: str
    is_bool: bool

    @property
    def sql(self) -> str:
        """The column's line in CREATE TABLE."""
        check = f" CHECK ({self.name} IN (0, 1))" if self.is_bool else ""
        default = f" DEFAULT {self.default}" if self.default else ""
        return f"{self.name} {self.type}{'' if self.optional else ' NOT NULL'}{default}{check}"


class Table(Generic[R]):
    """A record class as a table: SQL text, and the way from object to row and back.

    Raises TypeError for a class whose fields a table cannot hold.
    """

    def __init__(self, record: type[R]) -> None:
        self.record = record
        self.name = record.table
        self.key = record.key
        self.columns = tuple(_columns(record))
        names = tuple(column.name for column in self.columns)
        if SEQ in names:
            raise TypeError(f"{record.__name__}.{SEQ}: append-only tables have a column of that name already")
        if missing := set(self.key) - set(names):
            raise TypeError(f"{record.__name__}.key names {sorted(missing)}, which are no fields; fields are {', '.join(names)}")
        listed = ", ".join(names)
        self.select = f"SELECT {listed} FROM {self.name}"
        self.write = f"INSERT INTO {self.name} ({listed}) VALUES ({', '.join('?' * len(names))})"
        if self.key:
            changes = ", ".join(f"{name} = excluded.{name}" for name in names if name not in self.key)
            self.write += f" ON CONFLICT ({', '.join(self.key)}) DO UPDATE SET {changes}"
        self.row: Callable[[R], Row] = attrgetter(*names)
        self.key_of: Callable[[R], object] | None = attrgetter(*self.key) if self.key else None
        self._bools = tuple(n for n, column in enumerate(self.columns) if column.is_bool)

    def load(self, row: Sequence[Any]) -> R:
        """Make the record of a row read with `select`."""
        if self._bools:
            values = list(row)
            for n in self._bools:
                values[n] = None if values[n] is None else bool(values[n])
            return self.record(*values)
        return self.record(*row)

    @property
    def create(self) -> str:
        """The statement that would make this table today: what a migration's author starts from and the tests compare with."""
        lines = [f"{SEQ} INTEGER PRIMARY KEY"] if not self.key else []
        lines += [column.sql for column in self.columns]
        if self.key:
            lines.append(f"PRIMARY KEY ({', '.join(self.key)})")
        return f"CREATE TABLE {self.name} (\n    " + ",\n    ".join(lines) + "\n) STRICT"

    @property
    def view(self) -> str:
        """The name of the view that shows this table's moments in local time."""
        return f"{self.name}_local"

    @property
    def create_view(self) -> str:
        """The statement that makes the view: the same columns, `*_at` and `at` as text in the machine's time zone."""
        shown = [SEQ] if not self.key else []
        for column in self.columns:
            if re.fullmatch(r"(.*_)?at", column.name):
                shown.append(f"strftime('%Y-%m-%d %H:%M:%f', {column.name}, 'unixepoch', 'localtime') AS {column.name}")
            else:
                shown.append(column.name)
        return f"CREATE VIEW {self.view} AS SELECT\n    " + ",\n    ".join(shown) + f"\nFROM {self.name}"


def _columns(record: type[Record]) -> list[Column]:
    """Translate a class's fields; raise TypeError for a type no column can hold."""
    hints = get_type_hints(record)
    found = []
    for field in attrs.fields(record):
        hint = hints[field.name]
        kinds = [kind for kind in get_args(hint) if kind is not types.NoneType] if get_origin(hint) in (Union, types.UnionType) else [hint]
        optional = hint is not kinds[0]
        if len(kinds) != 1 or kinds[0] not in _SQL_TYPES:
            raise TypeError(f"{record.__name__}.{field.name} is {hint}; a column holds str, int, float or bool, or one of them | None")
        default = "" if field.default is attrs.NOTHING or field.default is None else _literal(field.default)
        found.append(Column(field.name, _SQL_TYPES[kinds[0]], optional, default, kinds[0] is bool))
    return found


def _literal(default: object) -> str:
    match default:
        case bool():
            return str(int(default))
        case str():
            return "'" + default.replace("'", "''") + "'"
        case int() | float():
            return repr(default)
    raise TypeError(f"a column's default is a str, int, float or bool, not {default!r}")


def _record_classes() -> list[type[Record]]:
    """Every record class of the core, in the order in which its module names them, then the store's own."""
    found = [cls for name in records.__all__ if isinstance(cls := getattr(records, name), type) and issubclass(cls, Record)]
    return [*(cls for cls in found if cls is not Record), Boot, Account, CodeTries, User, Role, Session]


TABLES: dict[type[Record], Table[Any]] = {cls: Table(cls) for cls in _record_classes()}
"""Record class -> table."""


def table_of(record: type[R]) -> Table[R]:
    """The table of a record class; raises TypeError for a class that has none."""
    try:
        return TABLES[record]
    except KeyError:
        raise TypeError(f"{record.__name__} has no table; records are {', '.join(cls.__name__ for cls in TABLES)}") from None
