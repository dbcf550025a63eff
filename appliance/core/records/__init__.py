"""What the core asks to be kept: one class per table of the store, one object per row.

Times (`*_at`) are seconds since the epoch, UTC; durations (`*_s`) are seconds. A row is written again whole when its key comes again.
"""

from appliance.core.records.agents import Agent, AgentState
from appliance.core.records.contacts import CallEvent, Contact, Leg
from appliance.core.records.flows import SERVED, NodeVisit, PollAnswer
from appliance.core.records.left import Outgoing, Recording, Ticket
from appliance.core.records.operation import Alarm, Audit, Closure, ListedCaller
from appliance.core.records.queues import Decision, Expectation
from appliance.core.records.record import Record, as_json, from_json

__all__ = [
    "SERVED",
    "Agent",
    "AgentState",
    "Alarm",
    "Audit",
    "CallEvent",
    "Closure",
    "Contact",
    "Decision",
    "Expectation",
    "Leg",
    "ListedCaller",
    "NodeVisit",
    "Outgoing",
    "PollAnswer",
    "Record",
    "Recording",
    "Ticket",
    "as_json",
    "from_json",
]
