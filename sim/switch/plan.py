"""What a switch consists of: its devices and its habits, as data.

Numbers are strings of digits and are the device identifiers of stations, route points and groups. A trunk's connections are named after
the trunk and the channel (`T1#3`), so that no call has two connections at one device.
"""

from collections.abc import Mapping

from attrs import field, frozen

__all__ = ["Group", "Plan", "RoutePoint", "Station", "Trunk"]


@frozen
class Station:
    """A phone, an IVR port or a recording port: for the switch they are the same, an extension that rings and answers."""

    number: str
    name: str = ""
    """What its display says; any characters."""
    no_answer_s: float = 0.0
    """Who rings so long without an answer is not rung on; 0: rings for ever."""
    no_answer_to: str = ""
    """Where an unanswered call goes; empty: it is cleared."""
    answers_itself: bool = False
    """A port with nobody behind it: the switch connects it as soon as it is called."""
    at: str = ""
    """With real speech: where it is called, as `sip:8901@127.0.0.1:5060`; empty: it is a phone that logs in at the switch."""
    password: str = ""
    """With real speech: what it logs in with."""


@frozen
class Trunk:
    """A bundle of channels to the network."""

    name: str
    channels: int = 30


@frozen
class RoutePoint:
    """A routeing device: who is called there is led where the computer says."""

    number: str
    default: str = ""
    """Where calls go that nobody routes in time; empty: they are cleared."""
    waits_s: float = 5.0
    """So long a route may take."""
    retries: int = 3
    """So often the computer is asked again when a route leads nowhere."""


@frozen
class Group:
    """A hunt group: calls wait there in their order for a member that is free; of a group of agents, one that is ready."""

    number: str
    members: tuple[str, ...]
    agents: bool = False


@frozen(kw_only=True)
class Plan:
    """All of a switch; `demo` of the command line shows one."""

    stations: tuple[Station, ...] = ()
    trunks: tuple[Trunk, ...] = ()
    route_points: tuple[RoutePoint, ...] = ()
    groups: tuple[Group, ...] = ()
    dialled: Mapping[str, str] = field(factory=dict)
    """Numbers that the network dials -> numbers of devices; others are taken as they are."""
    outside_prefix: str = "0"
    """Who dials it first wants to go out; the rest is dialled in the network."""
    outside_at: str = ""
    """With real speech: host and port where numbers in the network are called over SIP."""
    prompts: bool = False
    """With MakeCall a phone rings first and its user lifts; otherwise it goes off-hook by itself."""
    after_call: str = "ready"
    """What an agent is after a call: `ready` or `workingAfterCall`."""
    most_in_conference: int = 6
    passwords: Mapping[str, str] = field(factory=dict)
    """Agents' passwords; an agent without one needs none."""
    first_call: int = 1001
    """Calls are numbered from here on."""
