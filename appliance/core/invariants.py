"""What must hold between any two inputs, whatever happened; each violation is one sentence."""

from collections import Counter

from appliance.core.agent import BUSY, AgentState
from appliance.core.contact import ContactState
from appliance.core.leg import LegState
from appliance.core.state import State

__all__ = ["violations"]


def violations(state: State) -> list[str]:
    """Everything that is wrong; empty when all is well."""
    return [*_contacts(state), *_agents(state), *_legs(state), *_queues(state)]


def _contacts(state: State) -> list[str]:
    found = []
    for id_, contact in state.contacts.items():
        queued = [name for name, queue in state.queues.items() if (contact.place, id_) in queue.waiting]
        if queued != ([contact.queue] if contact.state is ContactState.QUEUED else []):
            found.append(f"contact {id_} is {contact.state.value} and waits in {queued}")
        served = contact.state in (ContactState.OFFERED, ContactState.CONNECTED)
        if served and (his := state.agents[contact.agent].contact) != id_:
            found.append(f"contact {id_} is {contact.state.value} with agent {contact.agent}, who has '{his}'")
        if served is not bool(contact.agent_leg):
            found.append(f"contact {id_} is {contact.state.value} with agent leg '{contact.agent_leg}'")
        if contact.leg and contact.leg not in state.legs:
            found.append(f"contact {id_} has the leg {contact.leg}, which is gone")
        if not contact.leg and contact.script is None:
            found.append(f"contact {id_} has neither caller nor script and is still here")
        if contact.state is ContactState.ENDED:
            found.append(f"contact {id_} has ended and is still here")
    return found


def _agents(state: State) -> list[str]:
    found = []
    for id_, agent in state.agents.items():
        busy = agent.state in BUSY
        contact = state.contacts.get(agent.contact)
        if busy and (contact is None or contact.agent != id_):
            found.append(f"agent {id_} is {agent.state.value} with contact '{agent.contact}', which is not his")
        if (agent.state is AgentState.LOGGED_OUT) is not (agent.station == ""):
            found.append(f"agent {id_} is {agent.state.value} at station '{agent.station}'")
        if agent.station and state.stations[agent.station].agent != id_:
            found.append(f"agent {id_} sits at station {agent.station}, which has '{state.stations[agent.station].agent}'")
        if agent.state is AgentState.WRAP_UP and agent.timer is None:
            found.append(f"agent {id_} is in wrap-up without an end")
        if agent.state in (AgentState.OFFERED, AgentState.RINGING) and agent.timer is None:
            found.append(f"agent {id_} is {agent.state.value} without a time-out")
        if agent.idle_key is not None and agent.state is not AgentState.READY:
            found.append(f"agent {id_} is {agent.state.value} and could be offered a contact")
    return found


def _legs(state: State) -> list[str]:
    found = []
    for id_, leg in state.legs.items():
        contact = state.contacts.get(leg.contact)
        if contact is None and leg.contact and leg.state is not LegState.RELEASING:
            found.append(f"leg {id_} is {leg.state.value} and belongs to contact '{leg.contact}', which is gone")
    for name, count in Counter(leg.agent for leg in state.legs.values() if leg.agent and leg.state is not LegState.RELEASING).items():
        if count > 1:
            found.append(f"agent {name} has {count} calls")
    for name, station in state.stations.items():
        found += [f"station {name} is busy with leg {leg}, which is gone" for leg in station.legs if leg not in state.legs]
    return found


def _queues(state: State) -> list[str]:
    found = []
    for name, queue in state.queues.items():
        free_at = {state.stations[state.agents[agent].station].line for *_, agent in queue.idle}
        if not state.cutting and any(state.contacts[contact].line in free_at for _, contact in queue.waiting if contact in state.contacts):
            found.append(f"queue {name} has a free agent and a contact waiting")
        if list(queue.waiting) != sorted(queue.waiting):
            found.append(f"queue {name} is out of order")
        logged_in = sum(1 for agent in state.agents.values() if agent.state is not AgentState.LOGGED_OUT and name in agent.plan.groups)
        if queue.logged_in != logged_in:
            found.append(f"queue {name} counts {queue.logged_in} agents logged in; there are {logged_in}")
        found += [f"queue {name} holds contact {contact}, which is gone" for _, contact in queue.waiting if contact not in state.contacts]
    return found
