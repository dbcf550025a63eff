"""A leg: one party's connection in a call, and the one table of its states.

                 answer            Answered
    ARRIVED ───────────▶ ANSWERING ────────▶ UP          (incoming)
       │                     │               ▲ │
       │       Alerted       │      Answered │ │
    DIALLING ──────▶ ALERTING ───────────────┘ │         (originated; Answered may come without Alerted)
       │                │    │                 │
       └──── release ───┴────┴────────┬────────┘
                                      ▼
                                  RELEASING ── Released ──▶ RELEASED

`Released` ends every state at once. What a line reports while the leg is RELEASING is too late and changes nothing.
"""

from enum import Enum
from types import MappingProxyType

from attrs import define

from hal.api import Cause

__all__ = ["TABLE", "Leg", "LegState", "next_state"]


class LegState(Enum):
    """How far a leg is."""

    __hash__ = object.__hash__  # by identity, in C: these are the keys of hot tables, and no set of them is ever iterated

    ARRIVED = "arrived"
    ANSWERING = "answering"
    DIALLING = "dialling"
    ALERTING = "alerting"
    UP = "up"
    RELEASING = "releasing"
    RELEASED = "released"


_S = LegState
TABLE = MappingProxyType(
    {
        (_S.ARRIVED, "answer"): _S.ANSWERING,
        (_S.ARRIVED, "release"): _S.RELEASING,
        (_S.ARRIVED, "Released"): _S.RELEASED,
        (_S.ANSWERING, "Answered"): _S.UP,
        (_S.ANSWERING, "release"): _S.RELEASING,
        (_S.ANSWERING, "Released"): _S.RELEASED,
        (_S.DIALLING, "Alerted"): _S.ALERTING,
        (_S.DIALLING, "Answered"): _S.UP,
        (_S.DIALLING, "release"): _S.RELEASING,
        (_S.DIALLING, "Released"): _S.RELEASED,
        (_S.ALERTING, "Alerted"): _S.ALERTING,
        (_S.ALERTING, "Answered"): _S.UP,
        (_S.ALERTING, "release"): _S.RELEASING,
        (_S.ALERTING, "Released"): _S.RELEASED,
        (_S.UP, "release"): _S.RELEASING,
        (_S.UP, "Released"): _S.RELEASED,
        (_S.RELEASING, "Released"): _S.RELEASED,
    }
)


def next_state(state: LegState, trigger: str) -> LegState | None:
    """The state after a trigger; None when it means nothing in this state (too late, or out of order)."""
    return TABLE.get((state, trigger))


@define(eq=False)
class Leg:
    """What the core knows of a leg."""

    id: str
    line: str
    state: LegState
    party: str
    """`caller`, `agent:1001`, `station:8001` or `number:138...`."""
    contact: str
    """ID of the contact it belongs to."""
    started_at: float
    station: str = ""
    agent: str = ""
    purpose: str = ""
    """Why the core called: `offer customer consult transfer outside supervise dial`; empty: it arrived."""
    answered_at: float | None = None
    play: int = 0
    """Number of the newest play."""
    playing: bool = False
    release_cause: Cause | None = None
    """The cause we asked for, when we ended it."""
