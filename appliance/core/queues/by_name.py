"""Contacts that are meant for one agent: his own queue, and what they keep there of the queue they came from, their home."""

from typing import TYPE_CHECKING

from attrs import evolve

from appliance.core.agents.states import PERSONAL
from appliance.core.plan import Choice, Overflow, QueuePlan

if TYPE_CHECKING:
    from appliance.core.contact import Contact
    from appliance.core.plan import Plan, Prompt
    from appliance.core.queues.waiting import Place, Queue

__all__ = ["keep_home", "music", "own_plan", "ring_as_at_home", "served_at_home"]

_ELSEWHERE = Choice("queue")
"""Back to the queue it came from."""


def own_plan(name: str) -> QueuePlan:
    """An agent's own queue: who is not there, or busy for long, leaves it to the queue the contact came from."""
    ways = (Overflow("nobody logged in", _ELSEWHERE), Overflow("wait", _ELSEWHERE, 30.0))
    return QueuePlan(label=name, ring_s=20.0, overflow=ways, pause_after=0)


def keep_home(contact: "Contact", name: str, plan: "Plan", *, again: bool = False) -> "Place | None":
    """The contact is about to enter this queue; the result is its old place, if it comes back from an agent who did not take it.

    `again`: it comes back from anybody.
    """
    if name.startswith(PERSONAL):
        if not contact.home and contact.queue in plan.queues:  # it has not waited there: it is called back, or a chat
            contact.home, contact.home_place = contact.queue, None
        return None
    return contact.home_place if (again or contact.queue.startswith(PERSONAL)) and contact.home == name else None


def ring_as_at_home(contact: "Contact", queue: "Queue", plan: "Plan") -> None:
    """The agent is rung for this contact in his own queue: what is said on the answer, and his wrap-up, are those of its home."""
    home = plan.queues.get(contact.home, QueuePlan())
    queue.plan = evolve(
        queue.plan,
        agent_number=home.agent_number,
        whisper=home.whisper,
        wrap_up_s=home.wrap_up_s,
        wrap_up_max_s=home.wrap_up_max_s,
    )


def served_at_home(contact: "Contact", plan: "Plan") -> None:
    """Somebody serves it who was rung by name: from now on it is a contact of its home, which it goes back to if he is lost."""
    if contact.queue.startswith(PERSONAL) and contact.home in plan.queues:
        contact.queue = contact.home


def music(contact: "Contact", queue: "Queue", plan: "Plan") -> "Prompt | None":
    """What a contact hears while it waits in this queue."""
    if not queue.name.startswith(PERSONAL):
        return queue.plan.music
    home = plan.queues.get(contact.home)
    return (home.music if home is not None else None) or plan.prompts.get("music")
