"""What the translation has to know of a PBX beforehand: which device is which channel, and where in its dialplan calls are sent."""

import re

from hal.api import value

__all__ = ["Contexts", "Setup"]


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

    def device_of(self, channel: str) -> str:
        """The device of a channel: its number, if it is one that matters, else the channel's own name."""
        before, _, after = self.channel.partition("{number}")
        found = re.fullmatch(f"{re.escape(before)}(.+){re.escape(after)}-[0-9a-f]+", channel)
        return found[1] if found is not None and found[1] in self.monitored else channel

    def station_of(self, device: str) -> str:
        """The station of a device as its states name it; empty: it is none."""
        return next((number for number in self.stations if self.dial(number) == device), "")
