"""Watches the core and tells the feed: what the core asks to be kept says what has changed.

    core ─ row ─▶ store
            └──▶ Watch: whose row it is ─ dirty ─┐
    from time to time: queues, lines ─ different ┴▶ view of now ─▶ feed

A thing that changes several times in one moment is one event. The core and its callers never wait for any of it.
"""

from collections.abc import Callable
from typing import Any

import trio

from appliance.api.feed import Feed
from appliance.api.views import agent_view, alarm_view, contact_view, line_views, queue_view
from appliance.core.records import Agent, AgentState, Alarm, CallEvent, Contact, Record, Recording
from appliance.shell import Shell

__all__ = ["KINDS", "Watch"]

KINDS = ("agent", "queue", "contact", "alarm", "line")
_LOOKS_S = {"queue": 0.2, "line": 1.0, "agent": 5.0, "contact": 60.0, "alarm": 60.0}
"""How often all things of a kind are looked at: queues and lines have no rows, and of the others a row may not tell all."""


class Watch:
    """One centre's watcher."""

    def __init__(self, shell: Shell, feed: Feed) -> None:
        """Watch this shell from now on."""
        self._shell, self._feed = shell, feed
        self._dirty: dict[tuple[str, str], None] = {}
        self._shown: dict[str, dict[str, Any]] = {kind: {} for kind in KINDS}
        """What was told last of each thing."""
        self._more = trio.Event()
        self._marks: dict[type[Record], Callable[[Any], tuple[str, str]]] = {
            AgentState: lambda row: ("agent", row.agent),
            Agent: lambda row: ("agent", row.agent),
            Contact: lambda row: ("contact", row.id),
            CallEvent: lambda row: ("contact", row.contact),
            Recording: lambda row: ("contact", row.contact),
            Alarm: lambda row: ("alarm", row.id),
        }
        shell.watched_by(self.row)

    def row(self, row: Record) -> None:
        """The core has asked for a row to be kept."""
        mark = self._marks.get(type(row))
        if mark is not None:
            self._dirty[mark(row)] = None
            self._more.set()

    async def run(self) -> None:
        """Tell the feed, for ever."""
        for kind in KINDS:
            self._look(kind)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._rows)
            for kind, every_s in _LOOKS_S.items():
                nursery.start_soon(self._looks, kind, every_s)

    def state(self) -> dict[str, dict[str, Any]]:
        """All things as the feed has told them up to its newest event."""
        self._tell()
        return {kind: dict(shown) for kind, shown in self._shown.items()}

    def _look(self, kind: str) -> None:
        """Tell whatever of this kind is not as it was told."""
        now = self._views(kind)
        for key in {**self._shown[kind], **now}:
            self._publish(kind, key, now.get(key))

    def _views(self, kind: str) -> dict[str, Any]:
        state = self._shell.engine.state
        match kind:
            case "agent":
                return {id_: agent_view(state, agent) for id_, agent in state.agents.items()}
            case "queue":
                return {name: view for name in state.plan.queues if (view := queue_view(state, name)) is not None}
            case "contact":
                return {id_: contact_view(state, contact) for id_, contact in state.contacts.items() if not contact.internal}
            case "alarm":
                return {alarm.id: alarm_view(alarm) for alarm in state.alarms.values()}
        return line_views(self._shell.engine, self._shell.lines)

    def _view(self, kind: str, key: str) -> dict[str, Any] | None:
        """One thing that a row was about, as it is now; None: it is no more."""
        state = self._shell.engine.state
        if kind == "agent":
            return agent_view(state, agent) if (agent := state.agents.get(key)) is not None else None
        if kind == "contact":
            contact = state.contacts.get(key)
            return contact_view(state, contact) if contact is not None and not contact.internal else None
        return next((alarm_view(alarm) for alarm in state.alarms.values() if alarm.id == key), None)

    def _publish(self, kind: str, key: str, view: dict[str, Any] | None) -> None:
        shown = self._shown[kind]
        if shown.get(key) == view:
            return
        if view is None:
            del shown[key]
        else:
            shown[key] = view
        self._feed.publish(kind, key, view)

    async def _rows(self) -> None:
        while True:
            await self._more.wait()
            self._more = trio.Event()  # here only: whoever else made it anew would leave this task waiting for the old one
            await trio.lowlevel.checkpoint()  # what belongs to the same moment comes first
            self._tell()

    def _tell(self) -> None:
        dirty, self._dirty = self._dirty, {}
        for kind, key in dirty:
            self._publish(kind, key, self._view(kind, key))

    async def _looks(self, kind: str, every_s: float) -> None:
        while True:
            self._look(kind)
            await trio.sleep(every_s)
