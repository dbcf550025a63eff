"""What is kept of the distribution: why whom was rung, and what queues have learnt of how long one waits."""

from typing import ClassVar

from appliance.core.records.record import Record
from hal.api import value

__all__ = ["Decision", "Expectation"]


@value
class Decision(Record):
    """Why this agent was rung for a contact, and the others were not: written at each offer."""

    table: ClassVar = "decisions"
    key: ClassVar = ()

    contact: str
    at: float
    queue: str
    strategy: str
    chosen: str
    """Agents rung, in order; empty: nobody could be."""
    candidates: str
    """Agents who were free and could serve it, best first, each as `AGENT rank R figure F`, separated by `; `; at most twenty of them."""
    excluded: str
    """Agents who were free and could not serve it, each as `AGENT reason`, separated by `; `; at most twenty."""
    more: int
    """How many more there were of both, which are not written down."""


@value
class Expectation(Record):
    """What a queue has learnt of how long its contacts wait, and how well what they were told came true; one row for each medium."""

    table: ClassVar = "expectations"
    key: ClassVar = ("queue", "medium")

    queue: str
    medium: str
    at: float
    """When this was written."""
    told: int
    """Served contacts that had been told how long they would wait, since they are counted."""
    held: int
    """Of these, whose wait was inside what they were told first."""
    learnt: str
    """For the core itself, as a JSON list."""
