"""The schema's documentation for integrators, from the record classes and their docstrings: `python -m appliance.store.document`.

The text goes to standard output; it is kept in SCHEMA.md, and a test fails when that is not what this says.
"""

import ast
import inspect
import sys

from appliance.core.records import Record
from appliance.store.retention import KEPT_ROWS, KEPT_S
from appliance.store.schema import VERSION, connect_in_memory
from appliance.store.tables import SEQ, TABLES, Column, Table

__all__ = ["document", "field_docs"]

_HEAD = f"""# Tables of `hotline.db`

Made by `python -m appliance.store.document` from the record classes: do not edit. This is schema version {VERSION} (`PRAGMA user_version`).

The file is SQLite in WAL mode: open it read-only (`sqlite3 'file:hotline.db?mode=ro'`) while the appliance runs, as often as you like,
and never write to it. Columns keep their names and meaning from version to version; new ones may be added.

- `*_at` and `at` are seconds since the epoch, UTC; `*_s` are seconds, `*_bytes` bytes. An empty column is NULL where the type says so.
- Each table has a view, `TABLE_local`, with the same columns and moments as text in the machine's time zone:
  `SELECT ani, arrived_at, outcome FROM contacts_local ORDER BY arrived_at DESC LIMIT 10`.
- A row with a key is written again whole when it changes. An append-only table counts its rows in `{SEQ}`, in the order in which they were
  written.
- Rows stay for ever, but for `decisions`: they are kept for {KEPT_S / 86_400:.0f} days, and of these the newest {KEPT_ROWS:,}.
- After a crash of the appliance everything is there that was acknowledged, and what was open then is closed at the next start: see `boots`.
"""


_COMMON = {
    "agent": "The agent's number.",
    "ani": "The caller's number.",
    "at": "When it happened.",
    "contact": "The contact it belongs to: `contacts.id`.",
    "detail": "More about it, for people.",
    "dnis": "The number that was called.",
    "ended_at": "When it was over.",
    "id": "Unique for ever.",
    "language": "Language code, as `zh` or `en`.",
    "priority": "Higher is served sooner: each step is a head start in the queue, as long as the site says.",
    "queue": "The queue it was about.",
    "recording": "The recording that belongs to it: `recordings.id`.",
    "station": "The agent's phone.",
    "strategy": "How the queue chose among agents of the same rank, as the site names it.",
    "vip": "Whether the site counts the number among its VIPs.",
    "what": "What happened.",
    "who": "Who did it.",
    "why": "The reason that was given.",
}
"""What columns mean that need no docstring in the record class."""


def document() -> str:
    """The whole documentation, in Markdown."""
    connection = connect_in_memory()
    try:
        indexes = {
            table.name: [
                sql
                for (sql,) in connection.execute(
                    "SELECT sql FROM sqlite_master WHERE type = 'index' AND tbl_name = ? AND sql > ''", (table.name,)
                )
            ]
            for table in TABLES.values()
        }
    finally:
        connection.close()
    return "\n".join([_HEAD, *(_section(table, indexes[table.name]) for table in TABLES.values())])


def field_docs(record: type[Record]) -> dict[str, str]:
    """Field -> the docstring under it, for the fields of a record class that have one."""
    body = ast.parse(inspect.getsource(record)).body[0]
    if not isinstance(body, ast.ClassDef):
        raise TypeError(f"{record.__name__} is not made by a class statement")
    found = {}
    for statement, after in zip(body.body, body.body[1:], strict=False):
        match statement, after:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text))):
                found[name] = inspect.cleandoc(text).replace("\n", " ")
    return found


def _section(table: Table[Record], indexes: list[str]) -> str:
    docs = field_docs(table.record)
    key = f"Key: {', '.join(f'`{name}`' for name in table.key)}." if table.key else "Append-only."
    lines = [
        f"## {table.name}",
        "",
        inspect.cleandoc(table.record.__doc__ or ""),
        "",
        key,
        "",
        "| column | type | meaning |",
        "|---|---|---|",
    ]
    if not table.key:
        lines.append(f"| `{SEQ}` | INTEGER | Counts up in the order in which rows were written. |")
    lines += [
        f"| `{column.name}` | {_type(column)} | {docs.get(column.name) or _COMMON.get(column.name, '')} |" for column in table.columns
    ]
    lines += ["", "Quick by " + ", ".join(f"`{sql.split(' ON ' + table.name + ' ')[1]}`" for sql in indexes) + "." if indexes else "", ""]
    return "\n".join(lines)


def _type(column: Column) -> str:
    kind = "0 or 1" if column.is_bool else column.type
    return f"{kind} or NULL" if column.optional else kind


if __name__ == "__main__":
    sys.stdout.write(document())
