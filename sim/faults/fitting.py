"""What of a site a fault hits: the part that all kinds of faults have in common."""

from collections.abc import Collection, Iterator, Mapping
from random import Random
from typing import Any, ClassVar, Self

import attrs

from appliance.config import Duration, Wrong, nearest, setting, table
from appliance.site import Site
from sim.faults.moments import Moment

__all__ = ["Hit", "channels_of"]


@table
class Hit:
    """A fault of one named thing of the site: a `line`, a `station`, a `gateway`, or, empty, of the appliance itself."""

    hits: ClassVar[str] = ""
    """The setting that names it."""

    day: int = setting(default=1, ge=1, le=366, doc="On which day of the run.")

    @property
    def about(self) -> str:
        """What is hit."""
        return str(getattr(self, self.hits)) if self.hits else ""

    @property
    def lasts_s(self) -> float:
        """How long it lasts; 0: it is over at once."""
        return float(getattr(self, "for_", 0.0))

    def misfits(self, site: Site) -> Iterator[Wrong]:
        """What the site does not have."""
        if self.hits and self.about not in (known := _known(site, self.hits)):
            yield Wrong(f"the site has no {self.hits} '{self.about}'", nearest(self.about, known), (self.hits,))

    @classmethod
    def drawn(cls, chance: Random, at: Moment, lasts: Duration, site: Site) -> Self | None:
        """One by chance; None: the site has nothing that it could hit."""
        fields: dict[str, Any] = {"at": at}
        if "for_" in attrs.fields_dict(cls):  # type: ignore[arg-type] # every kind is a `table`
            fields["for_"] = lasts
        if cls.hits:
            there = cls.there(site)
            if not there:
                return None
            fields[cls.hits] = chance.choice(list(there))
        return cls(**fields, **cls.more(chance))

    @classmethod
    def there(cls, site: Site) -> Collection[str]:
        """What of the site chance may hit."""
        return _known(site, cls.hits)

    @classmethod
    def more(cls, _chance: Random) -> dict[str, Any]:
        """What else chance decides."""
        return {}


def _known(site: Site, hits: str) -> Mapping[str, Any]:
    known: Mapping[str, Any] = getattr(site, f"{hits}s")
    return known


def channels_of(site: Site, line: str) -> int:
    """Channels to the network that a line has; 0: they are not counted."""
    settings = site.lines[line].settings
    cards = getattr(settings, "layout", None)
    return int(cards.channels if cards is not None else getattr(settings, "channels", 0))
