"""What is kept of call flows: visits to nodes, answers to questions."""

from typing import ClassVar

from appliance.core.records.record import Record
from hal.api import value

__all__ = ["SERVED", "NodeVisit", "PollAnswer"]


SERVED = "served"
"""How a node is left that has put a caller through to somebody, when the call ends with that."""


@value
class NodeVisit(Record):
    """A caller was in one node of a call flow (IVR-12); written as he leaves it."""

    table: ClassVar = "node_visits"
    key: ClassVar = ()

    contact: str
    at: float
    """When he left it."""
    flow: str
    version: str
    node: str
    left_by: str
    """The key, condition or word that led on - `1`, `otherwise`, `queue:bills` -, `idle`, `trouble`, or its end: `served`, `hung up`."""
    stayed_s: float
    timeouts: int = 0
    errors: int = 0


@value
class PollAnswer(Record):
    """One answer in a poll or survey (IVR-10), with who had served the caller last, and the queue he had asked for; empty: nobody had."""

    table: ClassVar = "poll_answers"
    key: ClassVar = ()

    contact: str
    at: float
    poll: str
    question: str
    answer: str
    agent: str = ""
    queue: str = ""
