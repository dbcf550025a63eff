"""What breaks between the appliance and the network."""

from collections.abc import Collection, Iterator
from typing import ClassVar

from appliance.config import Duration, Wrong, setting, table
from appliance.site import Site
from sim.faults.fitting import Hit, channels_of
from sim.faults.moments import Moment

__all__ = ["LineLost", "LinkLost", "MessagesDoubled", "MessagesLost", "SpanAlarm", "WorkerCrash"]

_PER_SPAN = 30


@table
class SpanAlarm(Hit):
    """A span of an E1 line receives nothing (RED): no new calls come over it, and its calls are held as long as T309, then lost."""

    hits: ClassVar[str] = "line"

    at: Moment = setting(doc="When it begins.")
    for_: Duration = setting(key="for", doc="How long it lasts.")
    line: str = setting(doc="Name of the line.")
    span: int = setting(default=1, ge=1, le=64, doc="Which of its spans, thirty channels each, counted from 1.")
    t309: Duration = setting(default=Duration(6.0), doc="How long calls that are through are held (Q.931); 0 s: not at all.")

    def misfits(self, site: Site) -> Iterator[Wrong]:
        """What the site does not have."""
        yield from super().misfits(site)
        if self.line in site.lines and self.span > (spans := -(-channels_of(site, self.line) // _PER_SPAN)):
            has = f"spans 1 to {spans}" if spans > 1 else "one span" if spans else "no channels that are counted"
            yield Wrong(f"line '{self.line}' has {has}", "give the line channels, or name a smaller span", ("span",))

    @classmethod
    def there(cls, site: Site) -> Collection[str]:
        """Lines with channels; chance hits the first span."""
        return [name for name in site.lines if channels_of(site, name)]


@table
class LineLost(Hit):
    """A line is down: its calls are released, callers do not get through, phones cannot be reached."""

    hits: ClassVar[str] = "line"

    at: Moment = setting(doc="When it begins.")
    for_: Duration = setting(key="for", doc="How long it lasts.")
    line: str = setting(doc="Name of the line.")


@table
class LinkLost(Hit):
    """The link to a telephone switch is cut: calls go on there, new ones take the switch's own way. Only in the switch scheme."""

    hits: ClassVar[str] = "line"

    at: Moment = setting(doc="When it begins.")
    for_: Duration = setting(key="for", doc="How long it lasts.")
    line: str = setting(doc="Name of the line at the switch.")

    @classmethod
    def there(cls, site: Site) -> Collection[str]:
        """Lines at switches."""
        return [name for name, line in site.lines.items() if line.backend == "csta"]


@table
class WorkerCrash(Hit):
    """The media process of a line dies: all calls on the line are lost at once, and it goes on with a new one."""

    hits: ClassVar[str] = "line"

    at: Moment = setting(doc="When it happens.")
    line: str = setting(doc="Name of the line.")


@table
class MessagesLost(Hit):
    """Some of the events of a telephone switch never come. Only in the switch scheme: no other line can lose any."""

    hits: ClassVar[str] = "line"

    at: Moment = setting(doc="When it begins.")
    for_: Duration = setting(key="for", doc="How long it lasts.")
    line: str = setting(doc="Name of the line.")
    chance: float = setting(default=0.05, gt=0, le=1, doc="Share of the events that is lost.")

    @classmethod
    def there(cls, site: Site) -> Collection[str]:
        """Lines at switches."""
        return [name for name, line in site.lines.items() if line.backend == "csta"]


@table
class MessagesDoubled(Hit):
    """Some of what a line and the core tell each other comes twice."""

    hits: ClassVar[str] = "line"

    at: Moment = setting(doc="When it begins.")
    for_: Duration = setting(key="for", doc="How long it lasts.")
    line: str = setting(doc="Name of the line.")
    chance: float = setting(default=0.2, gt=0, le=1, doc="Share of the messages that is doubled.")
