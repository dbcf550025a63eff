"""What the API shows of a centre, as it sends it: moments are seconds since the epoch, UTC; an empty text is "none"."""

from typing import Any, Literal, TypedDict

__all__ = ["Agent", "Alarm", "Channels", "Contact", "Kind", "Line", "Party", "Queue", "Target"]

Kind = Literal["agent", "queue", "contact", "alarm", "line"]


class Agent(TypedDict):
    """An agent."""

    name: str
    level: str
    queues: list[str]
    state: str
    since_at: float | None
    reason: str
    until_at: float | None
    station: str
    contact: str
    written: list[str]
    wanted: str
    logged_in_at: float | None
    served: int
    missed: int
    help_at: float | None
    help_why: str
    out_of_reach: bool


class Target(TypedDict):
    """A queue's service level: so large a share is to be answered within so many seconds."""

    within_s: float
    share: float


class Queue(TypedDict):
    """A queue."""

    label: str
    waiting: int
    first: str
    waits_since_at: float | None
    logged_in: int
    serving: int
    free: int
    target: Target


class Party(TypedDict):
    """Who takes part in a contact's conversation."""

    leg: str
    role: str
    agent: str
    up: bool
    hold: bool
    room: str
    mode: str
    party: str


class Contact(TypedDict):
    """A customer's contact that is not over."""

    medium: str
    direction: str
    ani: str
    dnis: str
    name: str
    vip: bool
    language: str
    state: str
    stage: str
    arrived_at: float | None
    since_at: float | None
    queue: str
    queued_at: float | None
    agent: str
    agents: list[str]
    rings: list[str]
    path: list[str]
    keys: str
    data: dict[str, Any]
    flag: str
    line: str
    parties: list[Party]
    recorded: bool


class Alarm(TypedDict):
    """An alarm that is not cleared."""

    severity: str
    source: str
    text: str
    advice: str
    raised_at: float | None


class Channels(TypedDict):
    """A line's trunks, span or ports; None: the line cannot say."""

    name: str
    busy: int
    channels: int | None
    blocked: int
    state: str


class Line(TypedDict):
    """A line."""

    open: bool
    groups: list[Channels]
    legs: int
    calls: int
