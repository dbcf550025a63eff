"""What must hold between any two inputs, whatever happened (ACD-10); each violation is one sentence."""

from collections import Counter
from typing import TYPE_CHECKING

from appliance.core.agents.agent import BUSY, Agent, AgentState
from appliance.core.contact import Contact, ContactState
from appliance.core.leg import LegState
from appliance.core.queues.waiting import CALL_BACK, VOICE, Entry
from appliance.core.state import State
from appliance.core.talks.conversation import MAIN, hears

if TYPE_CHECKING:
    from appliance.core.agents.states import Agents

__all__ = ["in_hand", "told_right", "violations"]


def told_right(contact: Contact) -> bool:
    """Whether the line was told who hears whom as it holds now."""
    return {leg: heard for leg, heard in contact.heard.items() if leg in contact.parties} == hears(contact.parties)


def violations(state: State, agents: "Agents") -> list[str]:
    """Everything that is wrong; empty when all is well."""
    try:
        return _violations(state, agents)
    except LookupError as error:  # something names what does not exist at all: what that is can only be said so
        return [f"the memory names what is not there: {error!r}"]


def _violations(state: State, agents: "Agents") -> list[str]:
    listed = []
    for id_, agent in state.agents.items():
        settling = agent.station in state.stations and state.stations[agent.station].line in state.settling  # soon looked at again
        if not settling and not agents.reach.right(agent):
            listed.append(f"agent {id_}: what is noted of the reach of his phone is not so")
        if not settling and (can := agents.free(agent)) is not bool(agent.entries):
            listed.append(f"agent {id_} is {'free' if can else 'not free'} and is {'' if agent.entries else 'not '}listed as such")
    return [*_contacts(state), *_conversations(state), *_agents(state), *listed, *_legs(state), *_queues(state)]


def _contacts(state: State) -> list[str]:
    found = []
    for id_, contact in state.contacts.items():
        what = f"contact {id_} is {contact.state.value}"
        if (contact.lane is not None) is not (contact.state is ContactState.QUEUED):
            found.append(f"{what} and {'waits' if contact.lane is not None else 'waits nowhere'}")
        if bool(contact.offers) is not (contact.state is ContactState.OFFERED):
            found.append(f"{what} and rings at {sorted(contact.offers.values())}")
        for leg, agent in contact.offers.items():
            if contact.medium != VOICE:
                if state.agents[agent].written.get(id_) is not False or contact.ring_timer is None:
                    found.append(f"{what} and is offered to {agent}, who does not know, or without an end")
            elif leg not in state.legs or state.agents[agent].contact != id_:
                found.append(f"{what} and rings at {agent} by leg {leg}, who has '{state.agents[agent].contact}'")
        if contact.leg and contact.leg not in state.legs:
            found.append(f"contact {id_} has the leg {contact.leg}, which is gone")
        if not contact.leg and contact.script is None and not contact.parties:
            found.append(f"contact {id_} has neither customer nor script nor parties and is still here")
        if contact.state is ContactState.ENDED:
            found.append(f"contact {id_} has ended and is still here")
    return found


def _conversations(state: State) -> list[str]:
    found = []
    for id_, contact in state.contacts.items():
        talking = contact.state in (ContactState.CONNECTED, ContactState.OUTSIDE)
        if contact.parties and not talking:
            found.append(f"contact {id_} is {contact.state.value} and has the parties {list(contact.parties)}")
        if contact.medium != VOICE:
            if talking and not (contact.agent in state.agents and state.agents[contact.agent].written.get(id_)):
                found.append(f"contact {id_} is {contact.state.value} and agent {contact.agent} does not have it in hand")
        elif contact.state is ContactState.CONNECTED and not any(p.role == "agent" for p in contact.parties.values()):
            found.append(f"contact {id_} is connected and has no agent")
        if not told_right(contact):
            found.append(f"contact {id_}: the line was told another mix than holds")
        found += [f"contact {id_}: {problem}" for problem in _parties(state, contact)]
    return found


def _parties(state: State, contact: Contact) -> list[str]:
    found = []
    for leg_id, party in contact.parties.items():
        leg = state.legs.get(leg_id)
        if leg is None or leg.contact != contact.id:
            found.append(f"party {leg_id} has no leg of its own")
        elif party.up and leg.state not in (LegState.UP, LegState.RELEASING):
            found.append(f"party {leg_id} is up and its leg is {leg.state.value}")
        if not party.up and party.timer is None and (leg is None or leg.purpose != "dial"):
            found.append(f"party {leg_id} is being called without an end")
        if party.role == "supervisor" and party.watches not in contact.parties:
            found.append(f"supervisor {party.agent} watches {party.watches}, which is gone")
        if party.room > MAIN and not any(p.aside == party.room for p in contact.parties.values()) and party.role != "supervisor":
            found.append(f"party {leg_id} is in room {party.room}, which nobody has opened")
    return found


def _agents(state: State) -> list[str]:
    found = []
    for id_, agent in state.agents.items():
        contact = state.contacts.get(agent.contact)
        if agent.state in BUSY:
            his = contact is not None and (id_ in contact.offers.values() or any(p.agent == id_ for p in contact.parties.values()))
            if not his:
                found.append(f"agent {id_} is {agent.state.value} with contact '{agent.contact}', which is not his")
        if (agent.state is AgentState.LOGGED_OUT) is not (agent.station == ""):
            found.append(f"agent {id_} is {agent.state.value} at station '{agent.station}'")
        if agent.station and state.stations[agent.station].agent != id_:
            found.append(f"agent {id_} sits at station {agent.station}, which has '{state.stations[agent.station].agent}'")
        if agent.state is AgentState.WRAP_UP and agent.timer is None:
            found.append(f"agent {id_} is in wrap-up without an end")
        if agent.state in (AgentState.OFFERED, AgentState.RINGING) and agent.timer is None and contact is not None:
            called = any(p.agent == id_ and (p.timer is not None) for p in contact.parties.values())
            if not called:
                found.append(f"agent {id_} is {agent.state.value} without a time-out")
        if (agent.state is AgentState.WORKING and not any(agent.written.values())) or (
            agent.state is AgentState.READY and any(agent.written.values())
        ):
            found.append(f"agent {id_} is {agent.state.value} with {agent.written} in hand")
        found += [f"agent {id_} has contact {held}, which does not know of it" for held in agent.written if not in_hand(state, agent, held)]
        if agent.state is not AgentState.LOGGED_OUT and (off_s := agent.unaccounted_s(state.now)):
            found.append(f"agent {id_}: {off_s:g} s since his log-in belong to no state")
    return found


def in_hand(state: State, agent: Agent, id_: str) -> bool:
    """Whether a written contact knows that this agent has it in hand, or is offered it."""
    contact = state.contacts.get(id_)
    if contact is None:
        return False
    if agent.written[id_]:
        return contact.state is ContactState.CONNECTED and contact.agent == agent.id
    return agent.id in contact.offers.values()


def _legs(state: State) -> list[str]:
    found = []
    for id_, leg in state.legs.items():
        contact = state.contacts.get(leg.contact)
        if leg.state is LegState.RELEASING:
            continue
        if contact is None:
            if leg.contact:
                found.append(f"leg {id_} is {leg.state.value} and belongs to contact '{leg.contact}', which is gone")
        elif id_ != contact.leg and id_ not in contact.offers and id_ not in contact.parties:
            found.append(f"leg {id_} is {leg.state.value} and takes no part in contact {leg.contact}")
    for name, count in Counter(leg.agent for leg in state.legs.values() if leg.agent and leg.purpose == "offer").items():
        if count > 1 and sum(1 for leg in state.legs.values() if leg.agent == name and leg.state is not LegState.RELEASING) > 2:
            found.append(f"agent {name} has {count} calls")
    for name, station in state.stations.items():
        found += [f"station {name} is busy with leg {leg}, which is gone" for leg in station.legs if leg not in state.legs]
    for id_, leg in state.legs.items():
        if leg.station in state.stations and id_ not in state.stations[leg.station].legs:
            found.append(f"station {leg.station} does not know that it is busy with leg {id_}")
    return found


def _queues(state: State) -> list[str]:
    found = []
    here, offered = _by_queue(state, ContactState.QUEUED), _by_queue(state, ContactState.OFFERED)
    members: dict[str, list[Agent]] = {name: [] for name in state.queues}
    free: dict[str, list[Entry]] = {name: [] for name in state.queues}
    for agent in state.agents.values():
        for _, name in agent.ranks:
            members[name].append(agent)
        for name, entry in agent.entries.items():
            free[name].append(entry)
    for name, queue in state.queues.items():
        waiting = [contact for lane in queue.lanes.values() for _, contact in lane.waiting]
        if queue.counted != len(waiting):
            found.append(f"queue {name} counts {queue.counted} contacts; there are {len(waiting)}")
        if sorted(waiting) != sorted(here.get(name, ())):
            found.append(f"queue {name} holds {_some(waiting)}, and in it wait {_some(here.get(name, []))}")
        if any(not lane.waiting or lane.waiting != sorted(lane.waiting) for lane in queue.lanes.values()):
            found.append(f"queue {name} has a lane that is empty or out of order")
        if sorted(free[name]) != queue.idle:
            found.append(f"queue {name} lists {len(queue.idle)} free agents, not the {len(free[name])} there are")
        else:
            found += _idle(state, name)
        silent = [id_ for id_ in queue.ringing if id_ not in offered.get(name, ())]
        found += [f"queue {name} rings for contact {id_}, which is not being offered" for id_ in silent]
        logged_in = [agent for agent in members[name] if agent.state is not AgentState.LOGGED_OUT]
        serving = [agent for agent in logged_in if not agent.away]
        reached, answering = (sum(1 for agent in some if not agent.beyond_reach) for some in (logged_in, serving))
        counted = (queue.logged_in, queue.serving, queue.reached, queue.answering)
        if counted != (there := (len(logged_in), len(serving), reached, answering)):
            found.append(f"queue {name} counts {counted} agents logged in, serving, within reach and answering, not {there}")
    return found


def _by_queue(state: State, where: ContactState) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for id_, contact in state.contacts.items():
        if contact.state is where:
            found.setdefault(contact.queue, []).append(id_)
    return found


def _some(ids: list[str]) -> str:
    shown = ", ".join(sorted(ids)[:5]) or "nobody"
    return f"{shown} and {len(ids) - 5} more" if len(ids) > 5 else shown


def _idle(state: State, name: str) -> list[str]:
    """Nobody who could be served waits while somebody who could serve him is free."""
    queue = state.queues[name]
    if state.cutting:
        return []
    for *_, index in queue.idle:
        agent = state.agents[state.roster[int(index)]]
        line = state.stations[agent.station].line
        for lane in queue.lanes.values():
            if lane.medium not in (VOICE, CALL_BACK) or (lane.medium == CALL_BACK and state.draining):
                continue
            if lane.line == line and lane.only in ("", agent.id) and agent.meets(lane.needs):
                return [f"queue {name} has the free agent {agent.id} and a contact waiting"]
    return []
