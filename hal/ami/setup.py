"""What the translation has to know of a PBX beforehand: which device is which channel, and where in its dialplan calls are sent."""

import re

from hal.api import value

__all__ = ["Contexts", "Setup"]


_NUMBER = r"[0-9*#+A-D]{1,40}"


@value
class Contexts:
    """Places in the PBX's dialplan (see README.md). Each is rendered with these names."""

    route: str = "hotline"
    """Where callers of route points wait to be asked for."""
    to: str = "hotline-to"
    """Dials the port that is the extension."""
    default: str = "hotline-default"
    """Where a call to a route point goes when nobody answers for us."""
    rest: str = "hotline-rest"
    """`music` and `silence`."""
    out: str = "hotline-out"
    """Dials the number that is the extension, as an agent's phone would."""


@value
class Setup:
    """One PBX."""

    stations: tuple[str, ...] = ()
    ports: tuple[str, ...] = ()
    recording_ports: tuple[str, ...] = ()
    route_points: tuple[str, ...] = ()
    channel: str = "PJSIP/{number}"
    """How Asterisk is told to dial a device."""
    prefix: str = "hotline"
    """Begins the IDs of the channels that we have made; another one in every run."""
    outside: bool = True
    """Whether the dialplan has a way to numbers outside."""
    waits_s: float = 5.0
    """How long the dialplan waits at a route point."""
    audit_s: float = 60.0
    longest_ring_s: float = 300.0
    """A phone that we let ring is let go after so long, should we not be there any more to do it."""
    contexts: Contexts = Contexts()

    @property
    def monitored(self) -> frozenset[str]:
        """All devices that matter."""
        return frozenset((*self.stations, *self.ports, *self.recording_ports))

    def dial(self, number: str) -> str:
        """What to dial for a device."""
        return self.channel.replace("{number}", number)

    def to_call(self, number: str) -> str:
        """What to call for a device, or for a number outside: that one the dialplan dials, behind a channel that stands for it."""
        return self.dial(number) if number in self.monitored else f"Local/{number}@{self.contexts.out}/n"

    def why_not(self, number: str) -> str:
        """Why this number cannot be called; empty: it can."""
        if number in self.monitored:
            return ""
        if not self.outside:
            return "this line has no way to numbers outside: its setting `dials` says where the PBX's dialplan has one"
        return "" if re.fullmatch(_NUMBER, number) else "that is not a number that can be dialled"

    def stands_for(self, channel: str) -> str:
        """The number outside that a channel of ours stands for; empty: it is no such channel."""
        found = re.fullmatch(rf"Local/({_NUMBER})@{re.escape(self.contexts.out)}-[0-9a-f]+;1", channel)
        return found[1] if found is not None else ""

    def device_of(self, channel: str) -> str:
        """The device of a channel: its number, if it is one that matters or that we have called, else the channel's own name."""
        if number := self.stands_for(channel):
            return number
        before, _, after = self.channel.partition("{number}")
        found = re.fullmatch(f"{re.escape(before)}(.+){re.escape(after)}-[0-9a-f]+", channel)
        return found[1] if found is not None and found[1] in self.monitored else channel

    def station_of(self, device: str) -> str:
        """The station of a device as its states name it; empty: it is none."""
        return next((number for number in self.stations if self.dial(number) == device), "")
