"""An Asterisk as the PBX, as far as a line of ours sees it: channels, bridges, the rendered dialplan, and what its manager says of them.

Written after what a real one was seen to do (tests/live/test_asterisk_pbx.py runs with one). Not modelled: speech, and all that is not in
the way of calls from route points to ports and phones.
"""

from collections.abc import Callable, Iterable
from itertools import count
from typing import Protocol

from attrs import define, field

from hal.api import Cause
from hal.asterisk.ami import Answer, Message
from hal.simulated import Party

UNREGISTERED = "UNAVAILABLE"
CONGESTED_S = 10.0
"""So long nobody's callers hear that they cannot be served, on the default route as it is rendered."""


class Speech(Protocol):
    """Who is at the devices; the world's."""

    def rings(self, channel: "Ch") -> Party | Cause | None:
        """A phone or port is dialled: who is there, or why nobody is."""


@define(eq=False)
class Ch:
    """A channel."""

    asterisk: "TrueAsterisk"
    id: str
    name: str
    linked: str
    number: str
    born: int
    state: int = 0
    place: tuple[str, str] = ("", "")
    bridged: "set[Ch]" = field(factory=set)
    dials: "Ch | None" = None
    dialled_by: "Ch | None" = None
    spies_on: str = ""
    originated: bool = False
    waits: str = ""
    party: Party | None = None
    gone: bool = False
    held: bool = False
    behind: str = ""
    """The ID of what the dialplan dials for it: it stands for a number outside."""

    @property
    def device(self) -> str:
        return self.name.partition("/")[2].rpartition("-")[0].partition("@")[0]

    # what a party can do (hal.simulated.Connection)

    def ring(self) -> None:
        self.asterisk.rings(self)

    def answer(self) -> None:
        self.asterisk.answered(self)

    def refuse(self, cause: Cause = Cause.USER_BUSY) -> None:
        self.asterisk.hang_up(self, int(cause), by=self)

    def press(self, digits: str) -> None:
        for other in self.bridged:
            if other.party is not None:
                other.party.digits(digits)

    def hang_up(self, cause: Cause = Cause.NORMAL_CLEARING) -> None:
        self.asterisk.hang_up(self, int(cause), by=self)


class TrueAsterisk:
    """One."""

    def __init__(self, speech: Speech, say: Callable[[Message], None], after: Callable[[float, Callable[[], None]], object]) -> None:
        self.channels: dict[str, Ch] = {}
        self.states: dict[str, str] = {}
        """Device states."""
        self.database: dict[str, str] = {}
        self.route_points: tuple[str, ...] = ("7000",)
        self.waits_s = 5.0
        self._speech, self._say, self._after = speech, say, after
        self._numbers = count()

    # --- people -----------------------------------------------------------------------------------------------------------

    def call(self, party: Party, ani: str, dialled: str = "7000", by: str = "trunk") -> Ch:
        """Somebody calls a route point, a phone, or a number outside; by a trunk, or by the phone of this name."""
        number = next(self._numbers)
        channel = self._new(f"1795900000.{number}", f"PJSIP/{by}-{number:08x}", ani, number)
        channel.party, channel.state = party, 4
        party.leg = channel
        self._event("Newchannel", channel)
        self._goes(channel, "hotline" if dialled in self.route_points else "numbers", dialled)
        return channel

    def rings(self, channel: Ch) -> None:
        if channel.state == 0 and not channel.gone:
            channel.state = 5
            self._event("Newstate", channel) if not channel.behind else self._behind("Newstate", channel, 5)
            self._hears_it_ring(channel.dialled_by)

    def _hears_it_ring(self, caller: Ch | None) -> None:
        if caller is not None and caller.party is not None:
            caller.party.ringing(early_media=False)

    def answered(self, channel: Ch) -> None:
        """Whoever was called has picked up."""
        if channel.gone or channel.state == 6:
            return
        channel.state = 6
        if channel.behind:
            self._behind("Newstate", channel, 6)
        self._event("Newstate", channel)
        caller = channel.dialled_by
        if caller is not None:
            if caller.state != 6:
                caller.state = 6
                self._event("Newstate", caller)
                if caller.party is not None:
                    caller.party.answered()
            caller.dials = channel.dialled_by = None
            self._bridge(channel, caller)
        elif channel.originated:
            self._tell("OriginateResponse", ("Uniqueid", channel.id), ("Response", "Success"))
            if channel.place[0] == "hotline-out":
                self._goes(channel, *channel.place)

    def hold(self, device: str, *, holds: bool) -> None:
        """The key of a phone."""
        for channel in self.at(device):
            if channel.state == 6 and channel.held is not holds:
                channel.held = holds
                self._event("Hold" if holds else "Unhold", channel)

    def at(self, device: str) -> list[Ch]:
        return [channel for channel in self.channels.values() if channel.device == device]

    def restart(self) -> None:
        """It is gone, and nobody says so: legs are silent."""
        channels, self.channels = list(self.channels.values()), {}
        for channel in channels:
            channel.gone = True
            if channel.party is not None:
                channel.party.released(Cause.NETWORK_OUT_OF_ORDER)

    # --- the dialplan -----------------------------------------------------------------------------------------------------

    def _goes(self, channel: Ch, context: str, exten: str) -> None:
        place = channel.place = (context, exten)
        channel.waits = ""
        if context == "hotline":
            channel.waits = "1"
            self._hears_it_ring(channel)
            self._event("UserEvent", channel, ("UserEvent", "HotlineRoute"), ("Point", exten))
            self._after(self.waits_s, lambda: self._waited(channel))
        elif context in ("hotline-to", "hotline-out", "numbers"):
            self._dial(channel, exten)
        elif context == "hotline-default":
            self._after(CONGESTED_S, lambda: self.hang_up(channel, int(Cause.NO_CIRCUIT_AVAILABLE)) if channel.place == place else None)
        elif exten.startswith("meet"):
            for other in [one for one in self.channels.values() if one.place == channel.place and one is not channel]:
                other.bridged.add(channel)
                channel.bridged.add(other)
            self._event("BridgeEnter", channel)

    def _waited(self, channel: Ch) -> None:
        if channel.waits and not channel.gone:
            self._goes(channel, "hotline-default", channel.place[1])

    def _dial(self, channel: Ch, device: str) -> None:
        number = next(self._numbers)
        child = self._new(f"1795900000.{number}", f"PJSIP/{device}-{number:08x}", device, number)
        child.linked, child.dialled_by, channel.dials = channel.linked, channel, child
        self._reach(child)

    def _reach(self, child: Ch) -> None:
        if self.states.get(f"DEVICE_STATE(PJSIP/{child.device})") == UNREGISTERED and child.originated:
            del self.channels[child.id]  # it never was
            self._tell("OriginateResponse", ("Uniqueid", child.id), ("Response", "Failure"), ("Reason", "0"))
            return
        self._event("Newchannel", child)
        if child.behind:
            self._behind("Newchannel", child, 0)
        taken = self._speech.rings(child)
        if taken is None or isinstance(taken, Cause):
            self.hang_up(child, int(taken or Cause.UNALLOCATED_NUMBER))

    def _leave(self, channel: Ch, *, but: "Iterable[Ch]" = ()) -> None:
        """It is taken out of its bridge, or from what it dials."""
        others, channel.bridged = channel.bridged, set()
        if channel.dials is not None:
            child, channel.dials = channel.dials, None
            child.dialled_by = None
            self.hang_up(child, 16)
        for other in sorted(others, key=lambda one: one.born):
            other.bridged.discard(channel)
            if other not in but and other.place[1] not in ("aside", "waits") and not other.place[1].startswith("meet"):
                self.hang_up(other, 16)  # its place in the dialplan has no more to do

    def _bridge(self, one: Ch, other: Ch) -> None:
        one.bridged, other.bridged = {other}, {one}
        linked = min(one, other, key=lambda channel: self.channels[channel.linked].born if channel.linked in self.channels else -1).linked
        for channel in (one, other):
            channel.linked = linked
            self._event("BridgeEnter", channel)

    def hang_up(self, channel: Ch, cause: int, by: Ch | None = None) -> None:
        if channel.gone:
            return
        channel.gone = True
        self.channels.pop(channel.id)
        caller = channel.dialled_by
        self._leave(channel)
        if channel.originated and channel.state != 6:
            self._tell("OriginateResponse", ("Uniqueid", channel.id), ("Response", "Failure"), ("Reason", "0"))
        if channel.behind:
            self._behind("Hangup", channel, channel.state, ("Cause", str(cause)))
        self._event("Hangup", channel, ("Cause", str(cause)))
        if channel.party is not None and by is not channel:
            channel.party.released(Cause(cause))
        if caller is not None and not caller.gone:
            caller.dials = None
            if caller.place[0] == "hotline-to":
                self._goes(caller, "hotline-default", "7000")
            else:
                self.hang_up(caller, cause)
        for spy in [one for one in self.channels.values() if one.spies_on == channel.name]:
            self.hang_up(spy, 16)

    # --- the manager ------------------------------------------------------------------------------------------------------

    def do(self, action: str, headers: Iterable[tuple[str, str]]) -> Answer:
        """What the manager answers; events of it come first."""
        return getattr(self, f"_do_{action.lower()}")(dict(headers))  # type: ignore[no-any-return] # one for each action

    def _do_ping(self, _said: dict[str, str]) -> Answer:
        return self._answer()

    def _do_redirect(self, said: dict[str, str]) -> Answer:
        channel, extra = self._named(said["Channel"]), self._named(said.get("ExtraChannel", ""))
        if channel is None or ("ExtraChannel" in said and extra is None):
            return self._answer("Error", "Channel does not exist")
        if extra is not None:
            self._leave(channel, but=(extra,))
            self._leave(extra)
            self._goes(extra, said["ExtraContext"], said["ExtraExten"])
        else:
            self._leave(channel)
        if not channel.gone:
            self._goes(channel, said["Context"], said["Exten"])
        return self._answer()

    def _do_bridge(self, said: dict[str, str]) -> Answer:
        one, other = self._named(said["Channel1"]), self._named(said["Channel2"])
        if one is None or other is None or 6 not in (one.state, other.state) or one.state != other.state:
            return self._answer("Error", "Channel1 does not exist")
        if other in one.bridged:
            return self._answer()
        self._leave(one)
        self._leave(other)
        if not one.gone and not other.gone:
            self._bridge(one, other)
        return self._answer()

    def _do_originate(self, said: dict[str, str]) -> Answer:
        kind, _, device = said["Channel"].partition("/")
        number = next(self._numbers)
        outside = kind == "Local"
        name = f"Local/{device.removesuffix('/n')}-{number:08x};1" if outside else f"PJSIP/{device}-{number:08x}"
        channel = self._new(said["ChannelId"], name, device.partition("@")[0], number)
        channel.behind = f"1795900000.{next(self._numbers)}" if outside else ""
        channel.originated = True
        channel.spies_on = said.get("Data", "").partition(",")[0]
        channel.place = (said.get("Context", ""), said.get("Exten", ""))
        self._reach(channel)
        return self._answer(text="Originate successfully queued")

    def _do_hangup(self, said: dict[str, str]) -> Answer:
        channel = self._named(said["Channel"])
        if channel is None:
            return self._answer("Error", "No such channel")
        self.hang_up(channel, int(said.get("Cause", "16")))
        return self._answer()

    def _do_getvar(self, said: dict[str, str]) -> Answer:
        channel, variable = self._named(said.get("Channel", "")), said["Variable"]
        if "Channel" in said and channel is None:
            return self._answer("Error", "No such channel")
        if channel is not None and variable == "CHANNEL(rtp,hold)":
            return Answer("", Message((("Response", "Success"), ("Variable", variable), ("Value", str(int(channel.held))))))
        found = channel.waits if channel is not None else self.states.get(variable) or self.database.get(variable, "")
        return Answer("", Message((("Response", "Success"), ("Variable", variable), ("Value", found))))

    def _do_setvar(self, said: dict[str, str]) -> Answer:
        variable, to = said["Variable"], said["Value"]
        if variable.startswith("DB("):
            self.database[variable] = to
        else:
            self.shows(variable.removeprefix("DEVICE_STATE(").removesuffix(")"), to)
        return self._answer()

    def shows(self, device: str, state: str) -> None:
        """A device has another state."""
        if self.states.get(f"DEVICE_STATE({device})") != state:
            self.states[f"DEVICE_STATE({device})"] = state
            self._tell("DeviceStateChange", ("Device", device), ("State", state))

    def _do_playdtmf(self, said: dict[str, str]) -> Answer:
        channel = self._named(said["Channel"])
        if channel is None:
            return self._answer("Error", "Channel not found")
        if channel.party is not None:
            channel.party.digits(said["Digit"])
        return self._answer()

    def _do_coreshowchannels(self, _said: dict[str, str]) -> Answer:
        behind = [self._of_behind("CoreShowChannel", channel, channel.state) for channel in self.channels.values() if channel.behind]
        items = [*behind, *(self._message("CoreShowChannel", channel) for channel in self.channels.values())]
        return Answer("", Message((("Response", "Success"), ("EventList", "start"))), tuple(items))

    def _do_devicestatelist(self, _said: dict[str, str]) -> Answer:
        items = [
            Message((("Event", "DeviceStateChange"), ("Device", name.removeprefix("DEVICE_STATE(").removesuffix(")")), ("State", state)))
            for name, state in self.states.items()
        ]
        return Answer("", Message((("Response", "Success"), ("EventList", "start"))), tuple(items))

    # --- parts ------------------------------------------------------------------------------------------------------------

    def _new(self, id_: str, name: str, number: str, born: int) -> Ch:
        channel = self.channels[id_] = Ch(self, id_, name, id_, number, born)
        return channel

    def _named(self, name: str) -> Ch | None:
        return next((channel for channel in self.channels.values() if channel.name == name), None)

    def _answer(self, response: str = "Success", text: str = "") -> Answer:
        return Answer("", Message((("Response", response), ("Message", text))))

    def _message(self, event: str, channel: Ch, *more: tuple[str, str]) -> Message:
        state = 0 if channel.behind and channel.state == 5 else channel.state  # it does not ring itself
        whole = (("Channel", channel.name), ("ChannelState", str(state)), ("CallerIDNum", channel.number))
        where = (("Context", channel.place[0]), ("Exten", channel.place[1]), ("Uniqueid", channel.id), ("Linkedid", channel.linked))
        return Message((("Event", event), *whole, *where, *more))

    def _event(self, event: str, channel: Ch, *more: tuple[str, str]) -> None:
        self._say(self._message(event, channel, *more))

    def _behind(self, event: str, front: Ch, state: int, *more: tuple[str, str]) -> None:
        """What is told of who is dialled behind a channel: he is linked with whomever that is bridged with."""
        self._say(self._of_behind(event, front, state, *more))

    def _of_behind(self, event: str, front: Ch, state: int, *more: tuple[str, str]) -> Message:
        whole = (("Channel", f"PJSIP/trunk-{front.behind}"), ("ChannelState", str(state)), ("CallerIDNum", front.number))
        return Message((("Event", event), *whole, ("Uniqueid", front.behind), ("Linkedid", front.linked), *more))

    def _tell(self, event: str, *headers: tuple[str, str]) -> None:
        self._say(Message((("Event", event), *headers)))
