"""What must hold between any two inputs, whatever happened (ACD-10); each violation is one sentence."""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from heapq import merge
from typing import TYPE_CHECKING, Any

from appliance.core.agents.agent import BUSY, FREE, Agent, AgentState
from appliance.core.agents.reach import PERSONAL
from appliance.core.contact import Contact, ContactState
from appliance.core.leg import Leg, LegState
from appliance.core.queues.waiting import CALL_BACK, VOICE, Lane, Queue
from appliance.core.queues.written import unfit_for
from appliance.core.state import State
from appliance.core.talks.conversation import MAIN, hears

if TYPE_CHECKING:
    from appliance.core.agents.states import Agents

__all__ = ["examined", "in_hand", "told_right", "violations"]

_LIKE_ONE = 20
"""So many agents in a queue are as quickly looked at as one other thing."""


def told_right(contact: Contact) -> bool:
    """Whether the line was told who hears whom as it holds now."""
    return {leg: heard for leg, heard in contact.heard.items() if leg in contact.parties} == hears(contact.parties)


def violations(state: State, agents: "Agents") -> list[str]:
    """Everything that is wrong; empty when all is well."""
    return [problem for found in examined(state, agents) for problem in found]


def examined(state: State, agents: "Agents") -> Iterator[list[str]]:
    """What is wrong with one thing after the other - contact, agent, leg, station, queue - that is here now.

    Whoever asks for the next one later gets what holds then: it may be taken in small pieces, between any two inputs.
    """

    def look_at_queue(name: str) -> list[str]:
        return _queue(state, state.queues[name]) if name in state.queues else []

    looks: list[tuple[Iterable[str], Callable[[str], list[str]]]] = [
        (state.contacts, lambda id_: _contact(state, state.contacts[id_]) if id_ in state.contacts else []),
        (state.agents, lambda id_: _agent(state, agents, state.agents[id_]) if id_ in state.agents else []),
        (state.legs, lambda id_: _leg(state, state.legs[id_]) if id_ in state.legs else []),
        (state.stations, lambda name: _station(state, name) if name in state.stations else []),
        (state.queues, look_at_queue),
    ]
    for ids, look in [(list(ids), look) for ids, look in looks]:
        for id_ in ids:
            try:
                yield look(id_)
            except LookupError as error:  # something names what does not exist at all: what that is can only be said so
                yield [f"the memory names what is not there: {error!r}"]
            if look is look_at_queue and id_ in state.queues:  # a large queue is as much work as many small things
                yield from [[]] * (state.queues[id_].logged_in // _LIKE_ONE)


def _contact(state: State, contact: Contact) -> list[str]:
    found, id_ = [], contact.id
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
    if contact.lane is not None and not _stands(state.queues[contact.queue], contact):
        found.append(f"{what} and stands in no line of queue {contact.queue}")
    return found + _conversation(state, contact)


def _stands(queue: Queue, contact: Contact) -> bool:
    lane, mine = contact.lane, (contact.place, contact.id)
    here = queue.lanes.get((lane.line, lane.medium, lane.needs, lane.only)) is lane
    return here and _has(lane.waiting, mine) and _has(queue.standing.get(lane.kind, []), mine)


def _has(line: Sequence[Any], entry: object) -> bool:
    place = bisect_left(line, entry)
    return place < len(line) and line[place] == entry


def _conversation(state: State, contact: Contact) -> list[str]:
    found, id_ = [], contact.id
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
    return found + [f"contact {id_}: {problem}" for problem in _parties(state, contact)]


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


def _agent(state: State, agents: "Agents", agent: Agent) -> list[str]:
    found, id_ = [], agent.id
    station, contact = state.stations.get(agent.station), state.contacts.get(agent.contact)
    settling = station is not None and station.line in state.settling  # soon looked at again
    if not settling and not agents.reach.right(agent):
        found.append(f"agent {id_}: what is noted of the reach of his phone is not so")
    if not settling and (can := agents.free(agent)) is not bool(agent.entries):
        found.append(f"agent {id_} is {'free' if can else 'not free'} and is {'' if agent.entries else 'not '}listed as such")
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
    for _, name in agent.ranks:
        entry, queue = agent.entries.get(name), state.queues[name]
        if entry is not None and not _has(queue.idle, entry):
            found.append(f"queue {name} does not list agent {id_}, who is free")
    return found


def in_hand(state: State, agent: Agent, id_: str) -> bool:
    """Whether a written contact knows that this agent has it in hand, or is offered it."""
    contact = state.contacts.get(id_)
    if contact is None:
        return False
    if agent.written[id_]:
        return contact.state is ContactState.CONNECTED and contact.agent == agent.id
    return agent.id in contact.offers.values()


def _leg(state: State, leg: Leg) -> list[str]:
    found, id_ = [], leg.id
    contact = state.contacts.get(leg.contact)
    if leg.station in state.stations and id_ not in state.stations[leg.station].legs:
        found.append(f"station {leg.station} does not know that it is busy with leg {id_}")
    if leg.state is LegState.RELEASING:
        return found
    if contact is None:
        if leg.contact:
            found.append(f"leg {id_} is {leg.state.value} and belongs to contact '{leg.contact}', which is gone")
    elif id_ != contact.leg and id_ not in contact.offers and id_ not in contact.parties:
        found.append(f"leg {id_} is {leg.state.value} and takes no part in contact {leg.contact}")
    return found


def _station(state: State, name: str) -> list[str]:
    station = state.stations[name]
    found = [f"station {name} is busy with leg {leg}, which is gone" for leg in station.legs if leg not in state.legs]
    legs = [state.legs[leg] for leg in station.legs if leg in state.legs]
    offers = sum(1 for leg in legs if leg.agent and leg.purpose == "offer")
    if offers > 1 and sum(1 for leg in legs if leg.agent and leg.state is not LegState.RELEASING) > 2:
        found.append(f"agent {station.agent} has {offers} calls")
    return found


def _queue(state: State, queue: Queue) -> list[str]:
    """What a queue says of itself; that nobody is missing in it is seen by looking at each contact and agent."""
    found, name = [], queue.name
    waiting = [entry for lane in queue.lanes.values() for entry in lane.waiting]
    if queue.counted != len(waiting):
        found.append(f"queue {name} counts {queue.counted} contacts; there are {len(waiting)}")
    strangers = [id_ for lane in queue.lanes.values() for _, id_ in lane.waiting if not _waits_here(state, queue, lane, id_)]
    if strangers or len({id_ for _, id_ in waiting}) != len(waiting):
        found.append(f"queue {name} holds {_some(strangers)}, who do not wait in it, or somebody twice")
    if any(not lane.waiting or lane.waiting != sorted(lane.waiting) for lane in queue.lanes.values()):
        found.append(f"queue {name} has a lane that is empty or out of order")
    named = {lane.only for lane in queue.lanes.values() if lane.only}
    if list(merge(*queue.standing.values())) != sorted(waiting) or queue.named.keys() != named:
        found.append(f"queue {name} has another line of those who wait than its lanes")
    for order in queue.orders.values():
        if len(order.fit) + len(order.unfit) != len(queue.idle) or list(merge(order.fit, order.unfit)) != queue.idle:
            found += [f"queue {name} has sorted others than those who are free"]
    listed = [state.agents[state.roster[int(entry[-1])]].entries.get(name) for entry in queue.idle]
    if listed != queue.idle or queue.idle != sorted(queue.idle):
        found.append(f"queue {name} lists {len(queue.idle)} free agents, of whom somebody is not, or out of order")
    else:
        found += _idle(state, name)
    for id_ in queue.ringing:
        contact = state.contacts.get(id_)
        if contact is None or contact.state is not ContactState.OFFERED or contact.queue != name:
            found += [f"queue {name} rings for contact {id_}, which is not being offered"]
    return found + _seated(state, queue) + _figures(state, queue)


def _waits_here(state: State, queue: Queue, lane: Lane, id_: str) -> bool:
    contact = state.contacts.get(id_)
    return contact is not None and contact.state is ContactState.QUEUED and contact.queue == queue.name and contact.lane is lane


def _figures(state: State, queue: Queue) -> list[str]:
    if queue.name.startswith(PERSONAL):
        own = state.agents.get(queue.name.removeprefix(PERSONAL))
        members = [own] if own is not None else []
    else:
        members = [agent for agent in state.agents.values() if queue.name in agent.weights]
    logged_in = [agent for agent in members if agent.state is not AgentState.LOGGED_OUT]
    serving = [agent for agent in logged_in if not agent.away]
    reached, answering = (sum(1 for agent in some if not agent.beyond_reach) for some in (logged_in, serving))
    counted = (queue.logged_in, queue.serving, queue.reached, queue.answering)
    if counted == (there := (len(logged_in), len(serving), reached, answering)):
        return []
    return [f"queue {queue.name} counts {counted} agents logged in, serving, within reach and answering, not {there}"]


def _some(ids: list[str]) -> str:
    shown = ", ".join(sorted(ids)[:5]) or "nobody"
    return f"{shown} and {len(ids) - 5} more" if len(ids) > 5 else shown


def _idle(state: State, name: str) -> list[str]:
    """Nobody who could be served waits while somebody who could serve him is free."""
    queue = state.queues[name]
    if state.cutting:
        return []
    for *_, index in queue.idle if queue.lanes else ():
        agent = state.agents[state.roster[int(index)]]
        line = state.stations[agent.station].line
        for lane in queue.lanes.values():
            if lane.medium not in (VOICE, CALL_BACK) or (lane.medium == CALL_BACK and state.draining):
                continue
            if lane.line == line and lane.only in ("", agent.id) and agent.meets(lane.needs):
                return [f"queue {name} has the free agent {agent.id} and a contact waiting"]
    return []


def _seated(state: State, queue: Queue) -> list[str]:
    """Nor does a chat or a mail wait while somebody who could take it has a hand free and has not declined it."""
    lanes = [lane for lane in queue.lanes.values() if lane.medium not in (VOICE, CALL_BACK)]
    for agent in state.agents.values() if lanes and not state.draining else ():
        if agent.state not in FREE or queue.name not in agent.weights:
            continue
        for lane in lanes:
            if lane.only in ("", agent.id) and not unfit_for(state, agent, lane.medium, lane.needs):
                waits = next((id_ for _, id_ in lane.waiting if agent.id not in state.contacts[id_].declined), "")
                if waits:
                    return [f"queue {queue.name} has the {lane.medium} {waits} waiting and agent {agent.id}, who could take it"]
    return []
