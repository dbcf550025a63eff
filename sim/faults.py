"""Faults on schedule: what a scenario's `[[faults]]` can say, and how each is brought about in virtual time.

Live, a fault is not brought about - the appliance is another process, whose phones and workers are not ours to break - and the report
lists it as left out. `station dead` is the exception: the phone is ours.
"""

from datetime import time
from typing import Any

from appliance.config import Duration, setting, table

__all__ = ["FAULTS", "Fault", "LineLost", "StationDead", "WorkerCrash"]


@table
class StationDead:
    """A phone without power: it answers nothing, not even its own log-in, and the call on it falls silent."""

    at: time = setting(doc="When it begins.")
    for_: Duration = setting(key="for", doc="How long it lasts.")
    station: str = setting(doc="Name of the station.")


@table
class WorkerCrash:
    """The media process of a line dies: all calls on the line are lost at once, and it goes on with a new one."""

    at: time = setting(doc="When it happens.")
    line: str = setting(doc="Name of the line.")


@table
class LineLost:
    """A line is down: its calls are released, callers do not get through, phones cannot be reached."""

    at: time = setting(doc="When it begins.")
    for_: Duration = setting(key="for", doc="How long it lasts.")
    line: str = setting(doc="Name of the line.")


FAULTS: dict[str, type] = {"station dead": StationDead, "worker crash": WorkerCrash, "line lost": LineLost}


@table(select=("what", "details"), names=lambda: FAULTS, among=FAULTS.__getitem__)
class Fault:
    """Something that breaks at a time of day."""

    what: str
    details: Any
