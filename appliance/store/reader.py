"""Reading: contacts, their story and the decisions on them, agents' days, tickets and recordings, as record objects.

The connection cannot write. Each question sees one moment of the database, however much is written meanwhile. Periods are half open,
`since <= t < until`, in seconds since the epoch. An iterator holds its moment until it is exhausted or closed, and the WAL grows as long:
do not wait between its rows.
"""

import sqlite3
from collections.abc import Collection, Iterator
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self, TypeVar

from appliance.core.records import AgentState, Alarm, Audit, CallEvent, Contact, Decision, Leg, Record, Recording, Ticket
from appliance.store.schema import connect_read_only
from appliance.store.tables import SEQ, table_of

__all__ = ["DOWN", "NodeCount", "Reader"]

R = TypeVar("R", bound=Record)

DOWN = "down"
"""In an agent's day: seconds in which he was logged in and the appliance did not run."""

_NEWEST_STATES = f"""{SEQ} IN (
    WITH RECURSIVE agents (name) AS (
        SELECT min(agent) FROM agent_states
        UNION ALL
        SELECT (SELECT min(agent) FROM agent_states WHERE agent > name) FROM agents WHERE name IS NOT NULL
    )
    SELECT (SELECT max({SEQ}) FROM agent_states WHERE agent = name) FROM agents
) ORDER BY agent"""

_SERVED = """
    SELECT ani, agent FROM (
        SELECT ani, agent, connected_at, direction FROM contacts WHERE arrived_at >= ? ORDER BY arrived_at DESC LIMIT ?
    ) WHERE connected_at IS NOT NULL AND agent <> '' AND ani <> '' AND direction IN ('in', 'out')
"""

_WAITS = """
    WITH served AS (
        SELECT
            queue,
            connected_at - queued_at - ewt_after_s AS waited_s, -- from the statement on
            ewt_low_s,
            coalesce(ewt_high_s, 9e999) AS ewt_high_s
        FROM contacts
        WHERE arrived_at >= :since AND arrived_at < :until
            AND agent <> '' AND queued_at <= connected_at AND ewt_after_s IS NOT NULL AND (ewt_low_s > 0 OR ewt_high_s IS NOT NULL)
            AND abs(wait_s - (connected_at - queued_at)) < 0.5 -- it came to this queue once
            AND (SELECT min(what = 'queued' AND detail = queue) FROM call_events
                WHERE contact = contacts.id AND what IN ('queued', 'callback')) -- and to no other
    )
    SELECT queue, count(*), sum(waited_s > ewt_low_s - 0.001 AND waited_s < ewt_high_s + 0.001) FROM served GROUP BY queue ORDER BY queue
"""

_VISITS = """
    SELECT node, left_by, count(*), avg(stayed_s), sum(timeouts), sum(errors) FROM node_visits
    WHERE flow = :flow AND at >= :since AND at < :until AND (:version = '' OR version = :version)
    GROUP BY node, left_by ORDER BY node, count(*) DESC, left_by
"""

_DOWNTIMES = """
    SELECT down_at, up_at FROM (SELECT alive_at AS down_at, lead(began_at) OVER (ORDER BY boot) AS up_at FROM boots)
    WHERE up_at > ? AND down_at < ? ORDER BY down_at
"""

_ANSWERS = f"""
    WITH last AS (
        SELECT max({SEQ}), at, poll, question, answer, CASE :by WHEN 'agent' THEN agent WHEN 'queue' THEN queue ELSE '' END AS whose
        FROM poll_answers WHERE at >= :since GROUP BY contact, poll, question, agent -- the other columns are those of the newest row
    )
    SELECT poll, question, whose, answer, count(*) FROM last WHERE at < :until
    GROUP BY poll, question, whose, answer ORDER BY poll, question, whose, answer
"""


class NodeCount(NamedTuple):
    """How often a node of a call flow was left in one way."""

    visits: int
    stayed_s: float
    """On average."""
    timeouts: int
    errors: int


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

    def numbered(self, record: type[R], before: int | None = None) -> Iterator[tuple[int, R]]:
        """The rows of an append-only table with their numbers, the newest first: all, or those before a number."""
        table = table_of(record)
        rows = self._connection.execute(
            f"SELECT {SEQ}, {table.select.removeprefix('SELECT ')} WHERE {SEQ} < ? ORDER BY {SEQ} DESC", (before or 2**63 - 1,)
        )
        return ((row[0], table.load(row[1:])) for row in rows)

    def newest_row(self, record: type[Record]) -> int:
        """The number SQLite gave the row of a record's table that was first written last; 0 when there is none."""
        return int(self._connection.execute(f"SELECT coalesce(max(rowid), 0) FROM {table_of(record).name}").fetchone()[0])

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

    def latest_contacts(self, limit: int) -> list[Contact]:
        """The last contacts, newest first."""
        return list(self.rows(Contact, "1 ORDER BY arrived_at DESC LIMIT ?", limit))

    def unfinished(self) -> list[Contact]:
        """Contacts without an outcome, oldest first."""
        return list(self.rows(Contact, "outcome = '' ORDER BY arrived_at"))

    def to_call_back(self) -> list[Contact]:
        """Contacts that wait to be called back, in the order of their places."""
        return list(self.rows(Contact, "call_back <> '' AND outcome = '' ORDER BY place_at"))

    def contacts_ending(self, end: str, limit: int = 5) -> list[Contact]:
        """Contacts whose ID ends so, newest first: half a second among ten million."""
        return list(self.rows(Contact, "substr(id, ?) = ? ORDER BY id DESC LIMIT ?", -len(end), end, limit))

    def outcomes(self, since: float, until: float) -> dict[str, int]:
        """How many of the contacts that arrived in a period came to which outcome; those that still last count under `""`."""
        question = "SELECT outcome, count(*) FROM contacts WHERE arrived_at >= ? AND arrived_at < ? GROUP BY outcome ORDER BY outcome"
        return dict(self._connection.execute(question, (since, until)))

    def events_of(self, contact: str) -> list[CallEvent]:
        """A contact's story, in the order in which it happened."""
        return list(self.rows(CallEvent, f"contact = ? ORDER BY {SEQ}", contact))

    def decisions_of(self, contact: str) -> list[Decision]:
        """Why which agents were rung for a contact, in the order in which it was decided; those of long ago are not kept."""
        return list(self.rows(Decision, f"contact = ? ORDER BY {SEQ}", contact))

    def oldest_decision(self) -> Decision | None:
        """The oldest decision that is kept, or None."""
        return next(self.rows(Decision, f"1 ORDER BY {SEQ} LIMIT 1"), None)

    def waits(self, since: float, until: float) -> dict[str, tuple[int, int]]:
        """How well the expected waits came true that contacts which arrived in a period were told first: queue -> (judged, inside).

        Judged are contacts that an agent served and that asked for this one queue, once: of them `connected_at - queued_at` is the wait
        there, while `wait_s` adds up over queues. It was inside if it lay between `ewt_after_s + ewt_low_s` and `ewt_after_s +
        ewt_high_s`; a statement open above ("more than an hour") is kept by every longer wait. Not judged are who gave up, overflowed or
        was called back, and who was told that nobody can say (0 to open).
        """
        return {queue: (judged, inside) for queue, judged, inside in self._connection.execute(_WAITS, {"since": since, "until": until})}

    def node_visits(self, flow: str, since: float, until: float, version: str = "") -> dict[tuple[str, str], NodeCount]:
        """(node, left by) -> how often callers left a node of a flow that way; `version`: only of this one."""
        found = self._connection.execute(_VISITS, {"flow": flow, "since": since, "until": until, "version": version})
        return {(node, left_by): NodeCount(*counts) for node, left_by, *counts in found}

    def poll_answers(self, since: float, until: float, by: str = "") -> dict[tuple[str, str, str], dict[str, int]]:
        """(poll, question, whose) -> answer -> how often it was given; `by` `agent` or `queue`: apart for each who had served the callers.

        Who answers a question again in the same call, served by the same agent or again by none, has changed his mind: his last answer
        counts, at its moment. All stay in the table.
        """
        found = self._connection.execute(_ANSWERS, {"since": since, "until": until, "by": by})
        polls: dict[tuple[str, str, str], dict[str, int]] = {}
        for poll, question, whose, answer, count in found:
            polls.setdefault((poll, question, whose), {})[answer] = count
        return polls

    def legs_of(self, contact: str) -> list[Leg]:
        """A contact's legs that were released, in the order in which they began."""
        return list(self.rows(Leg, "contact = ? ORDER BY started_at, id", contact))

    # -- agents --------------------------------------------------------------------------------------------------------------------------

    def agent_states(self, agent: str, since: float, until: float) -> list[AgentState]:
        """An agent's changes of state in a period, before them the one that held when it began (if any)."""
        before = self.rows(AgentState, f"agent = ? AND at < ? ORDER BY at DESC, {SEQ} DESC LIMIT 1", agent, since)
        return [*before, *self.rows(AgentState, f"agent = ? AND at >= ? AND at < ? ORDER BY at, {SEQ}", agent, since, until)]

    def newest_states(self) -> list[AgentState]:
        """Each agent's newest row, in the order of their numbers; one index look-up per agent, however many rows there are."""
        return list(self.rows(AgentState, _NEWEST_STATES))

    def last_agents(self, since: float, most: int, *, look_at: int) -> dict[str, str]:
        """Caller -> the agent who served him last, for at most so many callers, the one of longest ago first.

        Looked at are the newest `look_at` contacts that arrived from a moment on.
        """
        found: dict[str, str] = {}
        for ani, agent in self._connection.execute(_SERVED, (since, look_at)):
            if len(found) == most:
                break
            found.setdefault(ani, agent)
        return dict(reversed(found.items()))

    def registration(self, station: str, at: float) -> Audit | None:
        """The last time that a phone logged in or out before a moment; None: never."""
        condition = "who = ? AND at <= ? AND what IN ('registered', 'unregistered') ORDER BY at DESC LIMIT 1"
        return next(self.rows(Audit, condition, f"station:{station}", at), None)

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
        return list(self._connection.execute(_DOWNTIMES, (since, until)))

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
