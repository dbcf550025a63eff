"""What a run in virtual time keeps when only its figures are asked for: a compact row for each call that is over, and the agents' states.

    the centre's rows ─▶ MemoryStore ─┬─ contacts, recordings     until their call is told ──┐
                                      ├─ agents' states           a moment and a word        ├─▶ Story, as numbers in columns
                                      └─ all others               counted                    │
    the world's callers, and whom they were offered to            until their call is told ──┘

So the room that a run needs does not grow with the calls that are over, but for those numbers. A call is told by the same rules as after a
run in which everything is kept (`sim.stories`): when it has been over for a while, and its record and recordings are closed.
"""

from collections.abc import Callable, Collection, Mapping
from math import inf
from typing import Any

from appliance.core import records
from sim.callers import Caller
from sim.columns import Columns
from sim.faults.clocks import Clocks
from sim.stories import Day, Seen, Story, record_of, stories_of
from sim.world import World

__all__ = ["Ledger"]

_FEW = 256
"""Attempts that are looked at together, at least: each time as many as are left over from the last time, and these."""
_LATE_S = 300.0
"""A call has been over for so long when it is told: what belongs to it has come by then."""


class Ledger:
    """The calls and the agents' states of one run."""

    def __init__(self, world: World, wall_s: float) -> None:
        """Begin with a world; `wall_s` is the beginning of the simulation in seconds since the epoch."""
        self.stories = Columns(Story)
        """Every call that is told, by number and attempt when the run is `closed`."""
        self._clocks = Clocks.right(wall_s)
        self.day = Day((), self._clocks)
        self._world, self._wall_s = world, wall_s
        self._contacts: dict[str, dict[str, records.Contact]] = {}
        """Number -> the newest rows of its contacts, by ID, in the order in which they came."""
        self._recordings: dict[str, dict[str, records.Recording]] = {}
        """Contact -> the newest rows of its recordings, by ID."""
        self._enough = _FEW

    def told(self) -> Mapping[type[records.Record], Callable[[Any], None]]:
        """What takes the rows that are looked at."""
        return {records.Contact: self._contact, records.Recording: self._recording, records.AgentState: self.day.add}

    def _contact(self, row: records.Contact) -> None:
        self._contacts.setdefault(row.ani, {})[row.id] = row

    def _recording(self, row: records.Recording) -> None:
        self._recordings.setdefault(row.contact, {})[row.id] = row

    def settle(self) -> None:
        """Tell the calls that have been over for a while, when they are many, and forget what is known of them."""
        if len(self._world.callers) >= self._enough:
            self._settle(self._world.env.now - _LATE_S, closing=False)
            self._enough = 2 * len(self._world.callers) + _FEW

    def close(self) -> None:
        """The run is over: tell all calls that are left."""
        self._settle(inf, closing=True)
        self.stories.sort("number", "attempt")

    def _settle(self, before: float, *, closing: bool) -> None:
        world = self._world
        over = [caller for caller in world.callers if closing or self._is_over(caller, before)]
        told = set(map(id, over))
        offers = [offer for offer in world.offers if id(offer[1]) in told]
        contacts = [row for ani in {caller.call.ani: None for caller in over} for row in self._contacts.get(ani, {}).values()]
        recordings = [row for contact in contacts for row in self._recordings.get(contact.id, {}).values()]
        for story in stories_of(Seen(over, offers), contacts, self.day, self._clocks, recordings=recordings):
            self.stories.append(story)
        world.callers[:] = [caller for caller in world.callers if id(caller) not in told]
        world.offers[:] = [offer for offer in world.offers if id(offer[1]) not in told]
        self._forget({caller.call.ani for caller in world.callers}, before)

    def _is_over(self, caller: Caller, before: float) -> bool:
        if caller.ended_at is None or caller.ended_at >= before:
            return False
        row, _ = record_of(caller, self._contacts.get(caller.call.ani, {}).values(), self._clocks)
        return row is None or (row.ended_at is not None and not self._records(row))

    def _records(self, row: records.Contact) -> bool:
        return any(recording.state == "recording" for recording in self._recordings.get(row.id, {}).values())

    def _forget(self, calling: Collection[str], before: float) -> None:
        """Drop rows of contacts that are over, and of whose number no call is left to be told."""
        for ani in [ani for ani in self._contacts if ani not in calling]:
            rows = self._contacts[ani]
            for row in [row for row in rows.values() if row.ended_at is not None and row.ended_at - self._wall_s < before]:
                if not self._records(row):
                    del rows[row.id]
                    self._recordings.pop(row.id, None)
            if not rows:
                del self._contacts[ani]
