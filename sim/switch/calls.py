"""Calls and connections, and the states of a connection (ECMA-269 clause 6.1.5, figure "Connection State Model").

                      ┌───────────────────────────────┐
                      │             null              │
                      └┬──────┬────────┬───────┬─────┬┘
          off-hook     │      │ offered│       │     │ no way there
             ┌─────────▼─┐    │  ┌─────▼────┐  │     │
             │ initiated ├──┐ │  │ alerting ◀──┼──┐  │
             └────┬──────┘  │ │  └─┬──────┬─┘  │  │  │
                  │ dialled │ │    │answer│    │  │  │
                  │       ┌─▼─▼────▼─┐    │  ┌─▼──┴┐ │
                  │       │ connected◀────┼──┤queued│ │
                  │       └─┬─▲────┬─┘    │  └──┬──┘ │
                  │    hold │ │    │      │     │    │
                  │      ┌──▼─┴─┐  │  ┌───▼─────▼────▼─┐
                  │      │ hold │  └──▶     fail       │
                  │      └──────┘     └────────▲───────┘
                  └────────────────────────────┘
    every state but null -> null: cleared, diverted, transferred away

The table `NEXT` is that figure; nothing else decides what may follow what. A call lives while two of its parties can still come to speak.
"""

from enum import StrEnum

from attrs import define, field, frozen

__all__ = ["NEXT", "Call", "Connection", "ConnectionID", "IllegalMove", "State"]


class State(StrEnum):
    """Of a connection, as localConnectionInfo spells it."""

    NULL = "null"
    INITIATED = "initiated"
    ALERTING = "alerting"
    CONNECTED = "connected"
    HOLD = "hold"
    QUEUED = "queued"
    FAIL = "fail"


NEXT: dict[State, frozenset[State]] = {
    State.NULL: frozenset({State.INITIATED, State.ALERTING, State.CONNECTED, State.QUEUED, State.FAIL}),
    State.INITIATED: frozenset({State.CONNECTED, State.FAIL, State.NULL}),
    State.ALERTING: frozenset({State.CONNECTED, State.FAIL, State.NULL}),
    State.CONNECTED: frozenset({State.HOLD, State.FAIL, State.NULL}),
    State.HOLD: frozenset({State.CONNECTED, State.NULL}),
    State.QUEUED: frozenset({State.ALERTING, State.CONNECTED, State.FAIL, State.NULL}),
    State.FAIL: frozenset({State.NULL}),
}


class IllegalMove(AssertionError):
    """The switch broke its own state machine: an error of the simulator, never of its user."""


@frozen
class ConnectionID:
    """Which device in which call."""

    call: str
    device: str


@define(eq=False)
class Connection:
    """One device in one call."""

    call: "Call"
    device: str
    leg: int
    """Its far end: the same for all connections of one phone, and when the call becomes another one; 0: the device has none."""
    state: State = State.NULL
    silent: bool = False
    """It hears, and nobody hears it."""
    joined_by: str = ""
    """The device that joins it to a conference; it is part of it as soon as it has answered."""

    @property
    def id(self) -> ConnectionID:
        """Its identifier at the moment."""
        return ConnectionID(self.call.id, self.device)

    @property
    def is_in(self) -> bool:
        """It is part of the call, and does not only ring or wait."""
        return self.state not in (State.ALERTING, State.QUEUED)

    def move(self, to: State) -> None:
        """Go to another state.

        Raises:
            IllegalMove: the figure has no such arrow.

        """
        if to not in NEXT[self.state]:
            raise IllegalMove(f"{self.id}: {self.state} -> {to}")
        self.state = to


@define(eq=False)
class Call:
    """What connects devices."""

    id: str
    calling: str
    """The number that called; empty: the network did not say."""
    called: str
    redirected_from: str = ""
    """The device that it was last diverted from."""
    correlator: str = ""
    user_data: str = ""
    connections: dict[str, Connection] = field(factory=dict)
    """By device, in the order in which they joined."""
    lands_at: str = ""
    """A predictive call: the device it is delivered to once the called party has answered."""
    distributed: bool = False
    """It has come through a group or a route point."""

    def in_states(self, *states: State) -> list[Connection]:
        """Its connections in one of these states."""
        return [connection for connection in self.connections.values() if connection.state in states]

    @property
    def parties(self) -> list[Connection]:
        """The connections for whose sake the call exists."""
        return [c for c in self.connections.values() if not c.silent and c.state is not State.FAIL]

    @property
    def lives(self) -> bool:
        """Two parties at least, and one of them is in it already: phones that only ring have nobody to speak with."""
        return len(self.parties) >= 2 and any(c.is_in for c in self.parties)
