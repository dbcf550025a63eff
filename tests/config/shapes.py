"""A configuration of every kind of value, as a scenario or a site would declare it."""

from collections.abc import Iterator, Mapping
from datetime import date, time
from enum import Enum
from typing import Any, Literal

import attrs

from appliance.config import Days, Duration, Span, Wrong, setting, table


class Level(Enum):
    LOW = "low"
    HIGH = "high"


@table(tag="weibull")
class Weibull:
    """A lifetime."""

    mean_s: float = setting(gt=0, doc="The mean, in seconds.")
    shape: float = setting(default=1.0, ge=0.1, le=10)


@table(tag="exponential")
class Exponential:
    """A memoryless time."""

    mean_s: float = setting(gt=0)


@table
class Overflow:
    """What happens when."""

    when: str = setting(one_of=("wait", "nobody"))
    to: str = setting()


@table
class Queue:
    """A queue."""

    ring_s: float = setting(default=15.0, ge=1, le=120, doc="How long a phone rings.")
    wrap_up_s: float = setting(default=0.0, ge=0)
    strategy: Literal["longest-idle", "linear"] = "longest-idle"
    level: Level = Level.LOW
    patience: Weibull | Exponential = setting(factory=lambda: Weibull(mean_s=90.0))
    overflow: tuple[Overflow, ...] = ()
    music: str | None = None


@table
class Hours:
    """Opening hours."""

    holidays: tuple[date, ...] | str = ()
    week: Mapping[Days, tuple[Span, ...]] = setting(rest=True, factory=dict)


@attrs.frozen
class Foreign:
    """A class that does not know the configuration package."""

    listen: str = "127.0.0.1"
    source: tuple[str, ...] = attrs.field(default=(), metadata={"key": "from", "doc": "Whose calls are let in."})
    channels: int = attrs.field(default=30, metadata={"ge": 1, "le": 1000})


@table(select=("backend", "settings"), names=lambda: ["sip", "bare"], among=lambda name: {"sip": Foreign, "bare": Exponential}[name])
class Line:
    """A line."""

    backend: str
    settings: Any


@table
class Shape:
    """Everything at once."""

    name: str = setting(doc="What it is called.")
    record: bool = True
    from_: time = setting(default=time(9), key="from")
    warm_up: Duration = Duration(0)
    count: int | None = setting(default=None, ge=0)
    talk: float | Weibull | Exponential = setting(default=180.0, ge=0)
    queues: Mapping[str, Queue] = setting(factory=dict, keys=r"[a-z][a-z0-9-]*", expects="a name of small letters, digits and '-'")
    hours: Mapping[str, Hours] = setting(factory=dict)
    lines: Mapping[str, Line] = setting(factory=dict)
    per_hour: Mapping[time, float] = setting(factory=dict, ge=0)
    tags: frozenset[str] = frozenset()

    def problems(self) -> Iterator[Wrong]:
        for name, queue in self.queues.items():
            for number, overflow in enumerate(queue.overflow):
                if overflow.to not in self.queues and overflow.to != "voicemail":
                    yield Wrong(f"there is no queue '{overflow.to}'", "", ("queues", name, "overflow", number, "to"))


GOOD = """\
name = "热线"
from = "08:30"
warm_up = "15 min"
talk = { exponential = { mean_s = 180 } }
tags = ["b", "a"]

[queues.consult]
ring_s = 15
level = "high"
patience = { weibull = { mean_s = 150, shape = 1.4 } }
overflow = [
    { when = "wait", to = "complaint" },  # the next best
    { when = "nobody", to = "voicemail" },
]

[queues.complaint]
patience.exponential.mean_s = 60.5

[hours.office]
holidays = [2026-10-01, 2026-10-02]
mon-fri = ["09:00-12:00", "13:30-24:00"]
sat = []

[lines.trunk]
backend = "sip"
from = ["10.0.0.0/8"]
channels = 90

[per_hour]
"09:00" = 220
"10:00" = 320.5
"""


@table(select=("kind", "settings"), names={"sip": Foreign}.keys, among={"sip": Foreign}.__getitem__)
class Kind:
    """Names that come from a mapping: what cannot be hashed is in none."""

    kind: str
    settings: object


@table
class ByKind:
    lines: Mapping[str, Kind] = setting(doc="Lines.")
