"""Who talks to whom: the parties of a contact, the rooms they are in, and whom each of them hears.

    MAIN      with the customer: a conversation, or a conference
    1, 2 ...  aside: a consultation that the customer does not hear; whoever is alone in MAIN meanwhile hears music
    FLOW      the customer is in self service while an agent stays with him

Who has put the others on hold keeps his room, and there hears nobody and is heard by nobody; whoever is alone then hears music. Hold,
consultation, swap, transfer, conference, listening, whisper and barge-in are nothing but changes of room, hold and mode; `hears` says what
follows. A supervisor hears what the agent he watches hears, and that agent too; who hears the supervisor is his mode.
"""

from collections.abc import Mapping

from attrs import define

from appliance.core.timers import Timer

__all__ = ["FLOW", "MAIN", "MODES", "Party", "background", "hears", "legs_in", "rooms", "speakers"]

MAIN, FLOW = 0, -2
MODES = ("listen", "whisper", "barge")
"""How a supervisor takes part: heard by nobody, by the agent, by everybody."""


@define(eq=False)
class Party:
    """One leg in a contact's conversation."""

    leg: str
    role: str
    """`customer agent outside supervisor`."""
    agent: str = ""
    """The agent or supervisor at this leg."""
    room: int = MAIN
    aside: int = 0
    """The room of the consultation that this agent has begun; 0: none."""
    up: bool = True
    """False while it is being called."""
    mode: str = ""
    """Of a supervisor: one of `MODES`."""
    watches: str = ""
    """Of a supervisor: the leg of the agent he watches."""
    saying: int = 0
    """Number of an announcement for this party alone; until it is over the party hears nobody."""
    sound: str = ""
    """What is played to it while it is alone: `music` or `ringback`."""
    hold: str = ""
    """`seat` or `phone`: he has put the others on hold, by a command, or with the hold button of his phone."""
    refused_at: float | None = None
    """When a transfer that this phone asked for was refused last: some hang up then by themselves."""
    timer: Timer | None = None
    """When it is given up, while it is being called."""


Parties = Mapping[str, Party]


def speakers(parties: Parties, room: int) -> list[Party]:
    """Who is in a room and can be heard by everyone there."""
    return [p for p in parties.values() if p.room == room and p.up and not p.hold and (p.role != "supervisor" or p.mode == "barge")]


def rooms(parties: Parties) -> list[int]:
    """The rooms in which somebody is, in order."""
    return sorted({p.room for p in parties.values() if p.up and p.room >= MAIN and p.role != "supervisor"})


def legs_in(parties: Parties, room: int, first: str) -> tuple[str, ...]:
    """The legs that can be heard in a room: `first`, the customer's, if it is there, the others in the order they came."""
    return tuple(sorted((party.leg for party in speakers(parties, room)), key=lambda leg: leg != first))


def hears(parties: Parties) -> dict[str, tuple[str, ...]]:
    """Whom each leg hears: the whole of a `hal.api.Mix`. Legs that are still being called are not in it."""
    return {p.leg: () if p.saying or p.hold or p.room < MAIN else tuple(_heard(parties, p)) for p in parties.values() if p.up}


def _heard(parties: Parties, me: Party) -> list[str]:
    found = [p.leg for p in speakers(parties, me.room) if p is not me]
    if me.role != "supervisor":
        found += [p.leg for p in parties.values() if p.up and p.mode == "whisper" and p.watches == me.leg]
    return found


def background(parties: Parties) -> dict[str, str]:
    """What is played to each leg that has nobody to hear: `music`, `ringback` or nothing."""
    return {p.leg: "" if p.saying else _background(parties, p) for p in parties.values() if p.up}


def _background(parties: Parties, me: Party) -> str:
    if me.role == "supervisor" or me.hold or me.room == FLOW or len(speakers(parties, me.room)) > 1:
        return ""
    if any(p.room == me.room and not p.up and p.role != "supervisor" for p in parties.values()):
        return "ringback"
    return "music" if me.role in ("customer", "outside") else ""
