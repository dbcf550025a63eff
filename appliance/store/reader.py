"""Reading: contacts, their story, agents' days, tickets and recordings as record objects, from a connection that cannot write.

Each question sees one moment of the database, however much is written meanwhile. Periods are half open, `since <= t < until`, in seconds
since the epoch. An iterator holds its moment until it is exhausted or closed, and the WAL grows as long: do not wait between its rows.
"""

import sqlite3
from collections.abc import Collection, Iterator
from itertools import pairwise
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from appliance.core.records import AgentState, Alarm, Audit, CallEvent, Contact, Leg, Record, Recording, Ticket
from appliance.store.boots import Boot
from appliance.store.schema import connect_read_only
from appliance.store.tables import SEQ, table_of

__all__ = ["DOWN", "Reader"]

R = TypeVar("R", bound=Record)

DOWN = "down"
"""In an agent's day: seconds in which he was logged in and the appliance did not run."""


class Reader:
    """Answers questions about one database. Any one thread at a time may use it; it is a context manager that closes the connection."""

    def __init__(self, source: Path | sqlite3.Connection) -> None:
        """Open the database at a path, or use a connection.

        Raises:
            DatabaseUnusable, DatabaseNewer: this program cannot read it.
        """
        self._connection = connect_read_only(source) if isinstance(source, Path) else source

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def rows(self, record: type[R], where: str = "1", *values: object) -> Iterator[R]:
        """Iterate over the rows of a record's table; `where` is SQL from here on: a condition, and order and limit if wanted."""
        table = table_of(record)
        return map(table.load, self._connection.execute(f"{table.select} WHERE {where}", values))

    # -- contacts ------------------------------------------------------------------------------------------------------------------------

    def contact(self, contact: str) -> Contact | None:
        """The contact with this ID, or None."""
        return next(self.rows(Contact, "id = ?", contact), None)

    def contacts(self, since: float, until: float) -> Iterator[Contact]:
        """Contacts that arrived in a period, oldest first."""
        return self.rows(Contact, "arrived_at >= ? AND arrived_at < ? ORDER BY arrived_at", since, until)

    def contacts_of(self, ani: str, limit: int = 20) -> list[Contact]:
        """The last contacts of a caller, newest first."""
        return list(self.rows(Contact, "ani = ? ORDER BY arrived_at DESC LIMIT ?", ani, limit))

    def unfinished(self) -> list[Contact]:
        """Contacts without an outcome, oldest first."""
        return list(self.rows(Contact, "outcome = '' ORDER BY arrived_at"))

    def outcomes(self, since: float, until: float) -> dict[str, int]:
        """How many of the contacts that arrived in a period came to which outcome; those that still last count under `""`."""
        question = "SELECT outcome, count(*) FROM contacts WHERE arrived_at >= ? AND arrived_at < ? GROUP BY outcome ORDER BY outcome"
        return dict(self._connection.execute(question, (since, until)))

    def events_of(self, contact: str) -> list[CallEvent]:
        """A contact's story, in the order in which it happened."""
        return list(self.rows(CallEvent, f"contact = ? ORDER BY {SEQ}", contact))

    def legs_of(self, contact: str) -> list[Leg]:
        """A contact's legs that were released, in the order in which they began."""
        return list(self.rows(Leg, "contact = ? ORDER BY started_at, id", contact))

    # -- agents --------------------------------------------------------------------------------------------------------------------------

    def agent_states(self, agent: str, since: float, until: float) -> list[AgentState]:
        """An agent's changes of state in a period, before them the one that held when it began (if any)."""
        before = self.rows(AgentState, f"agent = ? AND at < ? ORDER BY at DESC, {SEQ} DESC LIMIT 1", agent, since)
        return [*before, *self.rows(AgentState, f"agent = ? AND at >= ? AND at < ? ORDER BY at, {SEQ}", agent, since, until)]

    def agent_day(self, agent: str, since: float, until: float) -> dict[str, float]:
        """Seconds the agent spent in each state during a period that is not in the future.

        They add up to the period, or to the part of it after his first row. While the appliance was down, a state other than `logged-out`
        counts as DOWN.
        """
        rows = self.agent_states(agent, since, until)
        down = self._downtimes(since, until)
        seconds: dict[str, float] = {}
        for n, row in enumerate(rows):
            begin = max(row.at, since)
            end = rows[n + 1].at if n + 1 < len(rows) else until
            lost = 0.0
            if row.state != "logged-out":
                lost = sum(max(0.0, min(end, up_at) - max(begin, down_at)) for down_at, up_at in down)
            seconds[row.state] = seconds.get(row.state, 0.0) + end - begin - lost
            if lost:
                seconds[DOWN] = seconds.get(DOWN, 0.0) + lost
        return seconds

    def _downtimes(self, since: float, until: float) -> list[tuple[float, float]]:
        """When the appliance did not run: from the end of each run to the begin of the next, as far as it touches the period."""
        boots = list(self.rows(Boot, "1 ORDER BY boot"))
        gaps = [(old.alive_at, new.began_at) for old, new in pairwise(boots)]
        return [(down_at, up_at) for down_at, up_at in gaps if up_at > since and down_at < until]

    # -- recordings, tickets, alarms -------------------------------------------------------------------------------------------------------

    def recordings_of(self, contact: str) -> list[Recording]:
        """A contact's recordings, in the order in which they began."""
        return list(self.rows(Recording, "contact = ? ORDER BY began_at, id", contact))

    def recordings(self, since: float, until: float, agent: str = "") -> list[Recording]:
        """Recordings begun in a period, oldest first; of one agent if named."""
        if agent:
            return list(self.rows(Recording, "agent = ? AND began_at >= ? AND began_at < ? ORDER BY began_at, id", agent, since, until))
        return list(self.rows(Recording, "began_at >= ? AND began_at < ? ORDER BY began_at, id", since, until))

    def known_files(self, names: Collection[str]) -> set[str]:
        """Which of these are files of recordings; at most some thousand at a time."""
        marks = ", ".join("?" * len(names))
        return {file for (file,) in self._connection.execute(f"SELECT file FROM recordings WHERE file IN ({marks})", tuple(names))}

    def ticket(self, number: str) -> Ticket | None:
        """The ticket with this number, or None."""
        return next(self.rows(Ticket, "number = ?", number), None)

    def tickets(self, state: str = "", limit: int = 100) -> list[Ticket]:
        """Tickets, newest first; of one state if named."""
        if state:
            return list(self.rows(Ticket, "state = ? ORDER BY created_at DESC, number DESC LIMIT ?", state, limit))
        return list(self.rows(Ticket, "1 ORDER BY created_at DESC, number DESC LIMIT ?", limit))

    def alarms(self, since: float, until: float) -> list[Alarm]:
        """Alarms raised in a period, oldest first."""
        return list(self.rows(Alarm, "raised_at >= ? AND raised_at < ? ORDER BY raised_at, id", since, until))

    def raised(self) -> list[Alarm]:
        """Alarms not yet cleared, oldest first."""
        return list(self.rows(Alarm, "cleared_at IS NULL ORDER BY raised_at, id"))

    def audit(self, since: float, until: float) -> list[Audit]:
        """The audit trail of a period, oldest first."""
        return list(self.rows(Audit, f"at >= ? AND at < ? ORDER BY at, {SEQ}", since, until))
