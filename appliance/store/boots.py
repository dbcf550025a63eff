"""The store's own record: one row for each start of the appliance on this data directory."""

from typing import ClassVar

from appliance.core.records import Record
from hal.api import value

__all__ = ["Boot"]


@value
class Boot(Record):
    """One run of the appliance: between two runs it was down, and no agent was in any state."""

    table: ClassVar = "boots"
    key: ClassVar = ("boot",)

    boot: int
    """Counts the starts on this data directory; part of every ID made in that run."""
    version: str
    """The program's version."""
    began_at: float
    alive_at: float
    """The last moment this run is known to have lived: updated while it runs, exact once the next run has looked."""
    ended_at: float | None = None
    """When it ended in order; empty while it runs and after a crash."""
