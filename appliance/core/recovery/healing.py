"""Mends what `appliance.core.recovery.invariants` finds broken: each time the smallest repair after which service goes on (ACD-10).

    a leg of a contact that is gone, or that takes no part       released
    a queue's lanes, figures, and who is free                    made again from the contacts and agents themselves
    a contact that waits nowhere, or is offered to nobody        waits at the place it had
    a contact that cannot be gone on with                        closed as lost, its legs released
    a party without a leg, or called without an end              let go, as if it had hung up
    another mix than holds                                       told once more
    an agent busy with what is not his                           not ready, with the reason `healed`
    a free agent, and a contact waiting                          offered

What it does not do: find out how it came about. Every violation is a mistake of ours, and stays an alarm.
"""

from itertools import chain
from typing import TYPE_CHECKING

from appliance.core.agents.agent import BUSY, Agent, AgentState
from appliance.core.contact import Contact, ContactState
from appliance.core.leg import LegState
from appliance.core.plan import Choice
from appliance.core.queues.waiting import VOICE, Queue
from appliance.core.recovery.invariants import in_hand, told_right
from appliance.core.talks.conversation import MAIN, Party
from hal.api import Cause

if TYPE_CHECKING:
    from appliance.core.engine import Engine

__all__ = ["Healing"]

_PASSES = 5
"""A repair may show the next one: a contact that is lost leaves an agent behind."""
_TALKING = (ContactState.CONNECTED, ContactState.OUTSIDE)
_OURS = Cause.TEMPORARY_FAILURE


class Healing:
    """The repairs of one engine."""

    def __init__(self, engine: "Engine") -> None:
        """Mend this engine's memory."""
        self.engine, self.state = engine, engine.state
        self.agents, self.calls, self.talks = engine.agents, engine.calls, engine.talks

    def heal(self, *, at_any_price: bool = False) -> list[str]:
        """Repair until no invariant is broken; the result says what was done, one sentence each.

        What cannot be repaired, because the memory names what does not exist, ends it: the alarm stands. `at_any_price`: a contact of
        which the repair fails, in whatever way, is closed.
        """
        done: list[str] = []
        try:
            self._repair(done, (Exception,) if at_any_price else ())
        except LookupError as error:
            done.append(f"given up: {error!r}")
        return done

    def _repair(self, done: list[str], closing: tuple[type[Exception], ...]) -> None:
        for _ in range(_PASSES):
            if not self.engine.check():
                break
            done += self._lists()
            for contact in list(self.state.contacts.values()):
                try:
                    done += self._contact(contact)
                except closing as mistake:
                    done.append(f"contact {contact.id} could not be mended, {type(mistake).__name__}: closed")
                    self._lose(contact)
            for agent in list(self.state.agents.values()):
                done += self._agent(agent)
            done += self._legs()
            done += self._lists()
            done += self._offer()

    # -- lists that follow from something else ---------------------------------------------------------------------------------------------

    def _lists(self) -> list[str]:
        state = self.state
        done = []
        for contact in [contact for contact in state.contacts.values() if contact.state is ContactState.ENDED]:
            done.append(f"contact {contact.id} had ended: forgotten")
            if contact.outcome:
                del state.contacts[contact.id]
            else:  # nobody was told
                contact.state = ContactState.SELF_SERVICE
                self._lose(contact)
        for name, station in state.stations.items():
            legs = [leg.id for leg in state.legs.values() if leg.station == name]
            if sorted(legs) != sorted(station.legs):
                station.legs = legs
                done.append(f"station {name}: its legs are {legs}")
        for agent in state.agents.values():
            if agent.entries and not (self.agents.free(agent) and agent.entries.keys() == {name for _, name in agent.ranks}):
                agent.entries.clear()
                done.append(f"agent {agent.id} cannot be offered a contact as he was listed")
        for queue in state.queues.values():
            done += self._queue(queue)
        return done

    def _queue(self, queue: Queue) -> list[str]:
        state = self.state
        before = (self._lanes(queue), queue.counted, queue.idle, self._figures(queue), queue.ringing)
        here = [contact for contact in state.contacts.values() if contact.queue == queue.name]
        queue.clear()
        for contact in here:
            contact.lane = None
            if contact.state is ContactState.QUEUED:
                contact.relaxed = min(contact.relaxed, len(queue.stages) - 1)
                queue.add(contact)
        members = [agent for agent in state.agents.values() if any(name == queue.name for _, name in agent.ranks)]
        queue.idle = sorted(agent.entries[queue.name] for agent in members if queue.name in agent.entries)
        queue.logged_in = sum(1 for agent in members if agent.state is not AgentState.LOGGED_OUT)
        queue.serving = sum(1 for agent in members if not agent.away)
        queue.reached = sum(1 for agent in members if agent.state is not AgentState.LOGGED_OUT and not agent.beyond_reach)
        queue.answering = sum(1 for agent in members if not agent.away_for(voice=True))
        offered = {contact.id for contact in here if contact.state is ContactState.OFFERED}
        queue.ringing = [id_ for id_ in dict.fromkeys(queue.ringing) if id_ in offered]
        after = (self._lanes(queue), queue.counted, queue.idle, self._figures(queue), queue.ringing)
        return [] if before == after else [f"queue {queue.name}: its lanes, figures and free agents are made again"]

    def _figures(self, queue: Queue) -> tuple[int, ...]:
        return (queue.logged_in, queue.serving, queue.reached, queue.answering)

    def _lanes(self, queue: Queue) -> list[tuple[str, ...]]:
        lanes = [(str(key), *(id_ for _, id_ in lane.waiting)) for key, lane in queue.lanes.items()]
        lines = [(kind, *(id_ for _, id_ in line)) for kind, line in queue.standing.items() if line]
        orders = [(str(key), str(order.fit), str(order.unfit)) for key, order in queue.orders.items()]
        return sorted([*lanes, *lines, *orders])

    # -- contacts --------------------------------------------------------------------------------------------------------------------------

    def _contact(self, contact: Contact) -> list[str]:
        state, what = self.state, f"contact {contact.id}"
        if contact.id not in state.contacts:
            return []  # gone with another one's repair
        nobody = not contact.leg and contact.script is None and not contact.parties
        nowhere = contact.state in (ContactState.QUEUED, ContactState.OFFERED) and contact.queue not in state.queues
        if nobody or nowhere or (contact.leg and contact.leg not in state.legs):
            self._lose(contact)
            return [f"{what} could not be gone on with: closed"]
        if contact.state is ContactState.OFFERED and not self._offered(contact):
            self._stop_offers(contact)
            self.calls.move(contact, "offer failed")
            contact.agent = ""
            state.queues[contact.queue].add(contact)
            return [f"{what} was offered to nobody who knew: it waits again"]
        if contact.offers and contact.state is not ContactState.OFFERED:
            self._stop_offers(contact)
            return [f"{what} was not to be offered: the phones stop ringing"]
        if contact.medium != VOICE:
            return self._written(contact)
        return self._conversation(contact)

    def _offered(self, contact: Contact) -> bool:
        """Whether everybody it is offered to knows, and it will end."""
        agents = self.state.agents
        if contact.medium != VOICE:
            known = all(agents[agent].written.get(contact.id) is False for agent in contact.offers.values())
            return bool(contact.offers) and known and contact.ring_timer is not None
        known = all(leg in self.state.legs and agents[agent].contact == contact.id for leg, agent in contact.offers.items())
        return bool(contact.offers) and known and all(agents[agent].timer is not None for agent in contact.offers.values())

    def _stop_offers(self, contact: Contact) -> None:
        offers = dict(contact.offers)
        contact.offers.clear()
        if contact.ring_timer is not None:
            contact.ring_timer.cancel()
            contact.ring_timer = None
        for leg_id, agent_id in offers.items():
            if (leg := self.state.legs.get(leg_id)) is not None:
                self.calls.release(leg, _OURS)
            self._free(self.state.agents[agent_id], contact)

    def _free(self, agent: Agent, contact: Contact) -> None:
        """Let an agent go back to where he was, who had to do with this contact."""
        agent.written.pop(contact.id, None)
        if agent.contact == contact.id and agent.state in BUSY:
            self.agents.go_back(agent)

    def _written(self, contact: Contact) -> list[str]:
        agent = self.state.agents.get(contact.agent)
        if contact.state not in _TALKING or (agent is not None and agent.written.get(contact.id)):
            return []
        if agent is None:
            self._lose(contact)
            return [f"contact {contact.id} was in nobody's hands: closed"]
        agent.written[contact.id] = True
        return [f"contact {contact.id} is in the hands of agent {agent.id}"]

    def _lose(self, contact: Contact) -> None:
        """Close a contact of which nothing can be relied on; its row says what it had come to."""
        for timer in (*contact.timers, contact.wait_timer, contact.ring_timer, *(party.timer for party in contact.parties.values())):
            if timer is not None:
                timer.cancel()
        if contact.script is not None:
            contact.script.close()
        contact.script, contact.waiting, contact.call_back, contact.leg = None, (), "", ""
        contact.parties.clear()
        contact.offers.clear()
        for id_, _ in contact.segments.values():
            self.engine.recordings.stop(contact.line, id_)
        contact.segments.clear()
        for leg in [leg for leg in self.state.legs.values() if leg.contact == contact.id]:
            self.calls.release(leg, _OURS)
        contact.cause = _OURS
        contact.outcome = contact.outcome or ("lost" if contact.connected_at is None else "answered")
        self.calls.close(contact)
        for agent in list(self.state.agents.values()):
            self._free(agent, contact)

    # -- conversations ---------------------------------------------------------------------------------------------------------------------

    def _conversation(self, contact: Contact) -> list[str]:
        done = []
        for party in list(contact.parties.values()):
            if contact.parties.get(party.leg) is party and contact.id in self.state.contacts and (why := self._wrong(contact, party)):
                done.append(f"contact {contact.id}: {party.leg} {why}: let go")
                self._let_go(contact, party)
        if contact.id not in self.state.contacts:
            return done
        if contact.state is ContactState.CONNECTED and not any(party.role == "agent" for party in contact.parties.values()):
            self._without_agent(contact)
            return [*done, f"contact {contact.id} had no agent any more"]
        if contact.state in _TALKING:
            opened = {MAIN, *(party.aside for party in contact.parties.values())}
            if any(p.role != "supervisor" and p.room > MAIN and p.room not in opened for p in contact.parties.values()):
                self.talks.settle(contact)
                done.append(f"contact {contact.id}: who was in a room that nobody had opened is with the customer")
            elif not told_right(contact):
                contact.heard = dict.fromkeys(contact.parties, ("",))
                self.talks.update(contact)
                done.append(f"contact {contact.id}: the mix is told once more")
        return done

    def _wrong(self, contact: Contact, party: Party) -> str:
        leg = self.state.legs.get(party.leg)
        if contact.state not in _TALKING:
            return "takes part in no conversation"
        if leg is None or leg.contact != contact.id:
            return "has no leg of its own"
        if party.up and leg.state not in (LegState.UP, LegState.RELEASING):
            return f"is up and its leg is {leg.state.value}"
        if not party.up and party.timer is None and leg.purpose != "dial":
            return "is being called without an end"
        return "watches nobody" if party.role == "supervisor" and party.watches not in contact.parties else ""

    def _let_go(self, contact: Contact, party: Party) -> None:
        if contact.state in _TALKING and party.leg != contact.leg:
            self.talks.drop(contact, party, _OURS)
        elif contact.state in _TALKING:
            self._lose(contact)
        else:
            del contact.parties[party.leg]
            contact.heard.pop(party.leg, None)
            if party.leg != contact.leg and (leg := self.state.legs.get(party.leg)) is not None:
                self.calls.release(leg, _OURS)
            if party.agent in self.state.agents:
                self._free(self.state.agents[party.agent], contact)

    def _without_agent(self, contact: Contact) -> None:
        if contact.leg and contact.queue in self.state.plan.queues:
            self.talks.leave_to(contact, Choice("queue", contact.queue))
        else:
            self._lose(contact)

    # -- agents and legs -------------------------------------------------------------------------------------------------------------------

    def _agent(self, agent: Agent) -> list[str]:
        state, done = self.state, []
        if gone := [id_ for id_ in agent.written if not in_hand(state, agent, id_)]:
            for id_ in gone:
                del agent.written[id_]
            done.append(f"agent {agent.id} has {', '.join(gone)} no more")
        if agent.state in BUSY and not self._his(agent):
            agent.wanted = None
            self.agents.change(agent, "not-ready", "healed")
            done.append(f"agent {agent.id} was busy with what is not his: not ready")
        if (agent.state is AgentState.LOGGED_OUT) is not (agent.station == "") or (
            agent.station and state.stations[agent.station].agent != agent.id
        ):
            done.append(self._seat(agent))
        if agent.state is AgentState.WRAP_UP and agent.timer is None:
            self.agents.change(agent, "ready")
            done.append(f"agent {agent.id} was in wrap-up without an end: ready")
        if agent.state in (AgentState.OFFERED, AgentState.RINGING) and agent.timer is None:
            done += self._without_end(agent)
        if agent.state is AgentState.WORKING and not any(agent.written.values()):
            self.agents.change(agent, "put down")
            done.append(f"agent {agent.id} has nothing in hand")
        if agent.state is AgentState.READY and any(agent.written.values()):
            self.agents.change(agent, "write")
            done.append(f"agent {agent.id} has something in hand")
        if not self.agents.reach.right(agent):
            self.agents.reach.mend(agent)
            done.append(f"agent {agent.id}: whether his phone can be reached is looked at anew")
        if agent.state is not AgentState.LOGGED_OUT and (off_s := agent.unaccounted_s(state.now)):
            agent.seconds[agent.state] = agent.seconds.get(agent.state, 0.0) + off_s
            done.append(f"agent {agent.id}: {off_s:g} s count as {agent.state.value}")
        return done

    def _his(self, agent: Agent) -> bool:
        contact = self.state.contacts.get(agent.contact)
        return contact is not None and (
            agent.id in contact.offers.values() or any(party.agent == agent.id for party in contact.parties.values())
        )

    def _seat(self, agent: Agent) -> str:
        """Agent and phone are to know each other, or to have nothing to do with each other."""
        stations = self.state.stations
        mine = [name for name, station in stations.items() if station.agent == agent.id]
        if agent.state is AgentState.LOGGED_OUT:
            for name in mine:
                stations[name].agent = ""
            agent.station = ""
            return f"agent {agent.id} sits nowhere"
        free = [name for name in (agent.station, *mine, agent.plan.station) if name in stations and stations[name].agent in ("", agent.id)]
        if free:
            agent.station = free[0]
            for name in mine:
                stations[name].agent = ""
            stations[agent.station].agent = agent.id
            return f"agent {agent.id} sits at station {agent.station}"
        self.agents.change(agent, "log-out", "healed")
        agent.station = ""
        return f"agent {agent.id} had no phone: logged out"

    def _without_end(self, agent: Agent) -> list[str]:
        contact = self.state.contacts[agent.contact]
        party = next((party for party in contact.parties.values() if party.agent == agent.id), None)
        if party is None or party.timer is not None:
            return []
        self.talks.drop(contact, party, Cause.NO_ANSWER)
        return [f"agent {agent.id} was rung without an end: let go"]

    def _legs(self) -> list[str]:
        done = []
        for leg in list(self.state.legs.values()):
            contact = self.state.contacts.get(leg.contact)
            if leg.state is LegState.RELEASING or (contact is None and not leg.contact):
                continue
            if contact is None or leg.id not in chain((contact.leg,), contact.offers, contact.parties):
                self.calls.release(leg, _OURS)
                done.append(f"leg {leg.id} takes no part in anything: released")
        return done

    def _offer(self) -> list[str]:
        """Whoever is free is offered what waits."""
        done = []
        for agent in list(self.state.agents.values()):
            if self.agents.free(agent) and not agent.entries:
                done.append(f"agent {agent.id} is free, and could not be offered a contact: he can")
            self.agents.refresh(agent)
        for queue in list(self.state.queues.values()):
            for id_ in list(queue.in_order()):
                contact = self.state.contacts[id_]
                if contact.state is ContactState.QUEUED:
                    self.engine.distribution.matching.seek_agent(contact, queue)
        return done
