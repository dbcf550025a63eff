"""The channels of an Asterisk as its manager shows them: whole again whatever of its events is lost, doubled, late or swapped. Pure.

Nearly every event carries the whole of its channel: what it is called, how far it is, which call it belongs to. So each is read for all
that, whatever else it means, and a lost one does no harm as soon as another comes. What cannot be is passed over:

    Down ─▶ Ring (it calls) ──▶ Up        a channel never goes back: an event that says so is a late one
    Down ─▶ Ringing (it is called) ─▶ Up
    any ─▶ gone                           and never comes again: an Asterisk gives no ID twice

A call is what Asterisk links (`Linkedid`): who dialled whom, and who was bridged with whom ever since. When two calls become one by that,
their channels move; none ever moves back to a call that it has left. A list of all channels is believed about all that it can know.

A number outside that we call is a channel that stands for it (`front`). Of what the dialplan dials behind that only this is read: it rings.
"""

from collections.abc import Callable, Iterable, Iterator

import attrs

from hal.api import value
from hal.asterisk.ami import Message
from hal.csta.model import State

__all__ = ["Channel", "Channels", "Gone", "Move", "Shown"]

REMEMBERED = 2000
"""Channels that are gone of which late events are still known for what they are."""
_INNER = ("Local/", "Surrogate/", "Message/")
"""Channels that are nobody's."""
_RINGS, _UP, _BUSY = 5, 6, 7
_CALLS = 4
_SHOWN = frozenset(
    {
        "Newchannel",
        "Newstate",
        "NewCallerid",
        "NewConnectedLine",
        "DialBegin",
        "DialState",
        "DialEnd",
        "BridgeEnter",
        "BridgeLeave",
        "Hold",
        "Unhold",
        "UserEvent",
        "MusicOnHoldStart",
        "MusicOnHoldStop",
        "HangupRequest",
        "SoftHangupRequest",
        "CoreShowChannel",
    }
)
"""Events that carry their channels whole."""


@attrs.define(eq=False)
class Channel:
    """One device's part in a call."""

    id: str
    name: str
    call: str
    number: str
    """Whose it is, as the PBX shows callers."""
    born: int
    """Lists that were asked for before this number do not know it."""
    step: int = 0
    """As Asterisk counts states: 4 it calls, 5 it rings, 6 up."""
    calls: bool = False
    """It came in from a device, rather than being dialled."""
    is_held: bool = False
    """Its phone holds the call."""
    is_parked: bool = False
    """We have taken it out of its conversation, for a while."""
    is_apart: bool = False
    """We say which call it is in, whoever Asterisk links it with."""
    lingers: bool = False
    """Asterisk does not hang it up when who talks with it is gone."""
    leaves: bool = False
    """It is let go, and shown no more."""
    been: set[str] = attrs.Factory(set)
    """Calls that it has left."""

    @property
    def state(self) -> State:
        """In the switch's words."""
        if self.step == _UP:
            return State.HOLD if self.is_held or self.is_parked else State.CONNECTED
        if self.step == _RINGS:
            return State.ALERTING
        if self.step == _BUSY:
            return State.FAIL
        return State.CONNECTED if self.step == _CALLS else State.NULL


@value
class Shown:
    """Something of this channel is known better."""

    call: str


@value
class Move:
    """A channel went from one call to another."""

    channel: Channel
    before: str


@value
class Gone:
    """A channel is no more."""

    channel: Channel
    cause: str
    """Q.850, as Asterisk has it; empty: no event told it."""


class Channels:
    """All of them."""

    def __init__(self, stands_for: Callable[[str], str] = lambda _name: "") -> None:
        """None is known. `stands_for` is the number outside that a channel of this name stands for, if any."""
        self.all: dict[str, Channel] = {}
        self._stands_for = stands_for
        self._fronts: dict[str, None] = {}
        """Channels that stand for numbers outside, from before they are seen until they are gone."""
        self._behind: dict[str, str] = {}
        """What is dialled behind them: whose it is."""
        self._gone: dict[str, None] = {}
        self.born = 0
        """The number of the last list that was asked for."""

    def of(self, call: str) -> list[Channel]:
        """Those of a call."""
        return [channel for channel in self.all.values() if channel.call == call]

    def named(self, name: str) -> Channel | None:
        """The one of this name."""
        return next((channel for channel in self.all.values() if channel.name == name), None)

    def was(self, id_: str) -> bool:
        """Whether it is known to be gone."""
        return id_ in self._gone

    def mark(self) -> int:
        """A list is about to be asked for: what is born from now on, it does not know."""
        self.born += 1
        return self.born

    def front(self, id_: str) -> None:
        """A channel with this ID is going to stand for a number outside."""
        self._fronts[id_] = None
        if len(self._fronts) > REMEMBERED:
            del self._fronts[next(iter(self._fronts))]

    # --- events -----------------------------------------------------------------------------------------------------------

    def hear(self, event: Message) -> Iterator[Shown | Move | Gone]:
        """What an event changes."""
        name = event.event
        if name == "Hangup":
            yield from self._lost(event.get("Uniqueid"), event.get("Cause"))
        elif name == "Rename":
            if (channel := self.all.get(event.get("Uniqueid"))) is not None:
                channel.name = event.get("Newname") or channel.name
        elif name in _SHOWN:
            for prefix in ("", "Dest"):
                if id_ := event.get(f"{prefix}Uniqueid"):
                    yield from self._seen(id_, event, prefix)
            if name in ("Hold", "Unhold") and (channel := self.all.get(event.get("Uniqueid"))) is not None:
                channel.is_held = name == "Hold"

    def _seen(self, id_: str, event: Message, prefix: str) -> Iterator[Shown | Move | Gone]:
        name, call = event.get(f"{prefix}Channel"), event.get(f"{prefix}Linkedid")
        state = event.get(f"{prefix}ChannelState")
        if id_ in self._gone or not name or not call:
            return
        if self._stands_for(name):
            self.front(id_)
        elif name.startswith(_INNER):
            return
        elif id_ in self._behind or (call in self._fronts and id_ not in self.all):
            yield from self._gets_on(self._behind.setdefault(id_, call), state)
            return
        channel = self.all.get(id_)
        if channel is None:
            channel = self.all[id_] = Channel(id_, name, call, event.get(f"{prefix}CallerIDNum"), self.born)
        if state.isdecimal():
            step = int(state)
            channel.calls = channel.calls or step == _CALLS
            channel.step = max(channel.step, step)
        if call != channel.call and call not in channel.been and not channel.is_apart:
            before, channel.call = channel.call, call
            channel.been.add(before)
            yield Move(channel, before)
        yield Shown(channel.call)

    def _gets_on(self, front: str, state: str) -> Iterator[Shown]:
        """Who is dialled behind a channel of ours is so far."""
        channel = self.all.get(front)
        if channel is not None and state == str(_RINGS) and channel.step < _RINGS:
            channel.step = _RINGS
            yield Shown(channel.call)

    def move(self, channel: Channel, call: str) -> Iterator[Move]:
        """It is known to be in this call now, before an event says so."""
        if call != channel.call:
            before, channel.call = channel.call, call
            channel.been.add(before)
            yield Move(channel, before)

    def _lost(self, id_: str, cause: str) -> Iterator[Gone]:
        self._gone[id_] = None
        if len(self._gone) > REMEMBERED:
            del self._gone[next(iter(self._gone))]
        self._fronts.pop(id_, None)
        self._behind.pop(id_, None)
        channel = self.all.pop(id_, None)
        if channel is not None:
            yield Gone(channel, cause)

    # --- lists ------------------------------------------------------------------------------------------------------------

    def listed(self, items: Iterable[Message], mark: int) -> Iterator[Shown | Move | Gone]:
        """All channels that there are, as they were after `mark`."""
        there = set()
        for item in sorted(items, key=lambda item: not self._stands_for(item.get("Channel"))):
            there.add(item.get("Uniqueid"))
            yield from self.hear(item)
        for id_ in [id_ for id_, channel in self.all.items() if id_ not in there and channel.born < mark]:
            yield from self._lost(id_, "")
