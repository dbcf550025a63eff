"""What the last run left behind, found and put in order when a data directory is opened.

    open ─ recover ─ Left ─┬─ restored ──────► core, before any line opens: it adopts the calls that its lines still have, and ends the rest
                           ├─ close_lost ────► contacts the core cannot decide on, because their line is no more
                           └─ recordings ────► `Store.reconcile`, once it is known which ones still go on

It does not decide which contacts live on.
"""

import re
import sqlite3
from collections.abc import Callable, Iterable

from attrs import evolve, field

from appliance.core.inputs import Restored
from appliance.core.records import (
    Agent,
    AgentState,
    Alarm,
    CallEvent,
    Closure,
    Contact,
    Expectation,
    ListedCaller,
    Record,
    Recording,
    as_json,
    from_json,
)
from appliance.store.boots import Boot
from appliance.store.reader import Reader
from appliance.store.transaction import insert
from hal.api import value

__all__ = ["Left", "Put", "recover"]

Put = Callable[[Record], None]
"""A store's `put`."""

_TAIL = 1000
"""How many of the newest rows of a table are looked at for the last moment of a run."""
_LATE_S = 30 * 86_400.0
"""Who served a caller longer ago than this is forgotten."""
_CALLERS = 100_000
"""Callers remembered with the agent who served them."""
_LOOK_AT = 200_000
"""Contacts looked at to find them: 0.2 s, or 0.8 s from a disk that has nothing in memory, however many contacts there are."""


@value
class Left:
    """What the last run left, as of the moment of opening; `str()` of it is a report for people."""

    boot: Boot
    """This run."""
    previous: Boot | None
    """The last run; its `alive_at` is the last moment anything is known of, `ended_at` is None if it crashed."""
    tickets: int
    """Number of the newest ticket."""
    states: dict[str, AgentState]
    """Agent -> his state at the end of the last run."""
    contacts: dict[str, Contact] = field(repr=False)
    """Contacts without an outcome, by ID."""
    recordings: tuple[Recording, ...] = field(repr=False)
    """Recordings that were going on."""
    agents: dict[str, Agent] = field(repr=False)
    """Agent -> what else was known of him, his seconds up to the end of the last run."""
    last_agents: dict[str, str] = field(repr=False)
    """Caller -> the agent who served him last, the caller of longest ago first."""
    expectations: tuple[Expectation, ...] = field(repr=False)
    """What the queues had learnt of their waits."""
    alarms: tuple[Alarm, ...] = field(repr=False)
    """Alarms that were raised; they are cleared now, with the last run's last moment: whatever is still wrong is raised again."""

    listed: tuple[ListedCaller, ...] = field(default=(), repr=False)
    """Callers whom operators have listed, but for those whose time is over."""
    closures: tuple[Closure, ...] = ()
    """Service numbers that operators have closed."""

    @property
    def restored(self) -> Restored:
        """What the core is told before any line opens."""
        contacts = tuple(self.contacts.values())
        known = (self.agents, self.last_agents, self.expectations, self.listed, self.closures)
        return Restored(self.boot.boot, self.tickets, self.states, contacts, self.recordings, *known)

    def unfinished_contacts(self) -> list[Contact]:
        """Contacts without an outcome, oldest first."""
        return list(self.contacts.values())

    def close_lost(self, ids: Iterable[str], at: float, put: Put) -> list[Contact]:
        """Put the rows that end these unfinished contacts at a moment; none of them may have been adopted or ended by the core.

        They end as `lost`; if an agent was through they were `answered`, and what the centre itself called is `unreached`. A contact
        without a leg that waits to be called back is not lost: the core goes on with it, unless its line is no more.

        Raises:
            ValueError: one of them was not unfinished; nothing was put.
        """
        ids = list(dict.fromkeys(ids))
        if unknown := [contact for contact in ids if contact not in self.contacts]:
            raise ValueError(f"these contacts were not left unfinished: {', '.join(unknown)}")
        lost = [self._closed(self.contacts[contact], at) for contact in ids]
        for contact in lost:
            before = self.contacts[contact.id]
            detail = f"the appliance restarted; the contact had come to '{before.stage}'"
            if before.call_back:
                detail += f" and waited to be called back on {before.call_back}"
            put(CallEvent(contact.id, at, contact.outcome, detail))
            put(contact)
        return lost

    def _closed(self, row: Contact, at: float) -> Contact:
        """The row of a contact of which nothing is left; a conversation lasted as long as the run did, as far as anybody knows."""
        lost = "lost" if row.direction == "in" else "unreached"
        outcome = lost if row.connected_at is None else "answered"
        talked_s = self.previous.alive_at - row.stage_at if row.stage == "connected" and self.previous is not None else 0.0
        ended = evolve(row, outcome=outcome, stage="ended", stage_at=at, ended_at=at, talk_s=row.talk_s + max(0.0, talked_s))
        return evolve(ended, leg="", only="", call_back="", parties="")

    def __str__(self) -> str:
        before = self.previous
        if before is None:
            return "first start on this data directory"
        end = "ended in order" if before.ended_at is not None else "did not end in order"
        lines = [f"start {self.boot.boot}; the run before (start {before.boot}, version {before.version or 'unknown'}) {end}"]
        lines.append(f"  it was down for {max(0.0, self.boot.began_at - before.alive_at):.0f} s")
        if self.states:
            on = sum(row.state != "logged-out" for row in self.states.values())
            lines.append(f"  agents: {on} of {len(self.states)} were logged in")
        lines.append(f"  contacts without an outcome: {len(self.contacts)}{_list(self.contacts)}")
        lines.append(f"  recordings going on: {len(self.recordings)}{_list(row.id for row in self.recordings)}")
        lines += [f"  alarm cleared: {alarm.source}: {alarm.text}" for alarm in self.alarms]
        return "\n".join(lines)


def _list(ids: Iterable[str], most: int = 10) -> str:
    ids = list(ids)
    more = f", {len(ids) - most} more" if len(ids) > most else ""
    return f" ({', '.join(ids[:most])}{more})" if ids else ""


def recover(connection: sqlite3.Connection, reader: Reader, at: float, version: str) -> Left:
    """Count this start, note when the last run ended, clear its alarms, all in one durable transaction; `at` is the time of day.

    Raises:
        sqlite3.Error: the storage is in trouble; nothing was changed.
    """
    connection.execute("BEGIN IMMEDIATE")
    try:
        before = next(reader.rows(Boot, "1 ORDER BY boot DESC LIMIT 1"), None)
        if before is not None and before.ended_at is None:
            before = evolve(before, alive_at=max(before.alive_at, min(_last_moment(connection), at)))
        boot = Boot(before.boot + 1 if before else 1, version, at, at)
        alarms = tuple(reader.raised())
        states = {row.agent: row for row in reader.newest_states()}
        end = before.alive_at if before else at
        cleared = [evolve(alarm, cleared_at=max(alarm.raised_at, end)) for alarm in alarms]
        left = Left(
            boot=boot,
            previous=before,
            tickets=_newest_ticket(connection),
            states=states,
            contacts={contact.id: contact for contact in reader.unfinished()},
            recordings=tuple(reader.rows(Recording, "state = 'recording' ORDER BY began_at, id")),
            alarms=alarms,
            agents={row.agent: _up_to(end, row, reader) for row in reader.rows(Agent, "1 ORDER BY agent")},
            last_agents=reader.last_agents(at - _LATE_S, _CALLERS, look_at=_LOOK_AT),
            expectations=tuple(reader.rows(Expectation, "1 ORDER BY queue, medium")),
            listed=tuple(reader.rows(ListedCaller, "kind <> 'removed' AND (until_at IS NULL OR until_at > ?)", at)),
            closures=tuple(reader.rows(Closure, "open = 0 AND (until_at IS NULL OR until_at > ?)", at)),
        )
        insert(connection, [*([before] if before else []), boot, *cleared])
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    return left


def _up_to(end: float, row: Agent, reader: Reader) -> Agent:
    """The agent's row with what he did since it was written, up to the end of the run."""
    seconds = from_json(row.seconds, {})
    states = reader.agent_states(row.agent, row.at, end)
    for place, began in enumerate(states):  # there are none when the clock was put back before the run's end
        until = states[place + 1].at if place + 1 < len(states) else end
        seconds[began.state] = seconds.get(began.state, 0.0) + max(0.0, until - max(began.at, row.at))
    return evolve(row, seconds=as_json(seconds), at=max(row.at, end))


def _last_moment(connection: sqlite3.Connection) -> float:
    """The latest time in the newest rows: a run that crashed lived at least until then."""
    tails = {
        "call_events": "at",
        "decisions": "at",
        "agent_states": "at",
        "audit": "at",
        "legs": "ended_at",
        "contacts": "max(stage_at, coalesce(ended_at, stage_at))",
        "recordings": "began_at + coalesce(duration_s, 0)",
        "tickets": "created_at",
        "alarms": "coalesce(cleared_at, raised_at)",
    }
    parts = [f"SELECT * FROM (SELECT {moment} AS moment FROM {table} ORDER BY rowid DESC LIMIT {_TAIL})" for table, moment in tails.items()]
    parts.append("SELECT stage_at FROM contacts WHERE outcome = ''")
    found = connection.execute(f"SELECT max(moment) FROM ({' UNION ALL '.join(parts)})").fetchone()[0]
    return 0.0 if found is None else float(found)


def _newest_ticket(connection: sqlite3.Connection) -> int:
    """The greatest number at the end of the newest tickets' numbers (`T-00042` -> 42)."""
    numbers = connection.execute(f"SELECT number FROM tickets ORDER BY rowid DESC LIMIT {_TAIL}")
    return max((int(digits[0]) for (number,) in numbers if (digits := re.search(r"\d+$", number))), default=0)
