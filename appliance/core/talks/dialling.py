"""Dialling: whom a text names, and calls to them - into a conversation, of an agent's own, to a customer, or out of a queue.

    dial, or a phone dials by itself: the agent's leg `dial` is up first, then the other is called beside it
    consult, transfer:                a leg into a room of the conversation; who does not answer in time is dropped
    call-back:                        the customer is called when an agent has picked up

What an agent may do with the call then is `appliance.core.talks.control`.
"""

import re
from collections.abc import Collection
from typing import TYPE_CHECKING

from appliance.core.agents.agent import BUSY, FREE, Agent, AgentState
from appliance.core.contact import Contact
from appliance.core.leg import Leg, LegState
from appliance.core.plan import LEVELS, Choice
from appliance.core.talks.conversation import MAIN, Party
from hal.api import Arrived, Capability, Cause, Originate, Release

if TYPE_CHECKING:
    from appliance.core.engine import Engine

__all__ = ["KEYS", "Dialling"]

_RING_S = 30.0
"""How long somebody who is consulted or called is rung."""
KEYS = frozenset("0123456789*#ABCD")
"""The keys of a telephone."""
_NUMBER = re.compile(r"\+?[0-9]{1,20}")
_MOST_PARTIES = 32


class Dialling:
    """The calls that one engine makes, but for offers."""

    def __init__(self, engine: "Engine") -> None:
        """Call for this engine's agents and contacts."""
        self.state, self.agents, self.calls = engine.state, engine.agents, engine.calls
        self.talks, self.offers = engine.talks, engine.offers

    # -- whom ------------------------------------------------------------------------------------------------------------------------

    def resolve(self, agent: Agent, to: str, *, services: bool = False) -> tuple[Choice | None, str]:
        """Whom a text names, or why nobody; with `services` a number of the centre itself is where that number leads."""
        plan = self.state.plan
        if not to:
            return None, "say whom"
        if ":" in to:
            choice = Choice.read(to)
            places: dict[str, Collection[str]] = {
                "queue": plan.queues,
                "flow": plan.entrances,
                "agent": plan.agents,
                "station": plan.stations,
            }
            known = places.get(choice.verb)
            if choice.verb == "number":
                return self._service(choice.name, services) if choice.name in plan.numbers else self._outside(agent, choice.name)
            if known is None or choice.name not in known:  # all of them are mappings
                return None, f"there is no {to}"
            return self._who_sits_at(choice.name) if choice.verb == "station" else choice, ""
        if to in plan.agents:
            return Choice("agent", to), ""
        if to in plan.stations:
            return self._who_sits_at(to), ""
        if to in plan.queues:
            return Choice("queue", to), ""
        number = plan.directory.get(to, to)
        return self._service(number, services) if number in plan.numbers else self._outside(agent, number, listed=to in plan.directory)

    def _service(self, number: str, services: bool) -> tuple[Choice | None, str]:
        if not services:
            return None, f"{number} is a number of this centre itself: transfer the customer there"
        to = self.state.plan.numbers[number].to
        return self._who_sits_at(to.name) if to.verb == "station" else to, ""

    def _who_sits_at(self, station: str) -> Choice:
        owner = self.state.stations[station].agent
        return Choice("agent", owner) if owner else Choice("station", station)

    def _outside(self, agent: Agent, number: str, *, listed: bool = False) -> tuple[Choice | None, str]:
        if set(number) & set("*#"):
            return None, "keys with * or # are no telephone number"  # it may be a PIN: it is not repeated
        if not _NUMBER.fullmatch(number):
            return None, f"'{number}' is no agent, station, queue, name in the directory or number"
        if not agent.plan.dials and not listed:
            return None, f"agent {agent.id} may call the directory only"
        line = self.state.lines.get(self._line(agent)) if agent.station else None
        if line is not None and line.capabilities and Capability.OUTSIDE not in line.capabilities:
            return None, f"line '{line.name}' has no way to numbers outside"
        return Choice("number", number), ""

    def cannot_be_rung(self, agent: Agent, line: str) -> str:
        """Why an agent cannot be called by name now; empty: he can."""
        if agent.state not in (*FREE, AgentState.NOT_READY):
            return f"agent {agent.id} is {agent.state.value}"
        if self.state.stations[agent.station].line != line:
            return f"agent {agent.id}'s phone is on another line"
        return "" if self.agents.reachable(agent.station) else f"agent {agent.id}'s phone cannot be reached"

    # -- into a conversation -----------------------------------------------------------------------------------------------------------

    def call(self, contact: Contact, target: Choice, by: Agent, room: int, purpose: str) -> str:
        """Call somebody into a room of this conversation, beside who asks for him."""
        state = self.state
        beside = next((p.leg for p in contact.parties.values() if p.agent == by.id and p.role == "agent" and p.up), "")
        if len(contact.parties) >= _MOST_PARTIES:
            return f"no more than {_MOST_PARTIES} can take part"
        if target.verb == "agent":
            other = state.agents.get(target.name)
            if other is None:
                return f"agent {target.name} is no more in the site"  # taken out while who dials him had not picked up
            if why := self.cannot_be_rung(other, contact.line):
                return why
            self.agents.engage(other, contact.id, "offer")
            leg = self.offers.call_station(contact, other, purpose, by.id, by.plan.name, beside=beside)
            party = contact.parties[leg.id] = Party(leg.id, "agent", other.id, room, up=False)
            self.part_watchers(contact, other)
        elif target.verb == "station":
            if not self.agents.reachable(target.name) or state.stations[target.name].line != contact.line:
                return f"station {target.name} cannot be reached"
            leg = self._originate(contact, f"station:{target.name}", purpose, by.id, target.name, beside)
            party = contact.parties[leg.id] = Party(leg.id, "outside", "", room, up=False)
        else:
            leg = self._originate(contact, f"number:{target.name}", purpose, contact.dnis, "", beside)
            party = contact.parties[leg.id] = Party(leg.id, "outside", "", room, up=False)
        self.talks.give_up_after(contact, party, _RING_S)
        return ""

    def part_watchers(self, contact: Contact, joins: Agent) -> None:
        """Let those go who watch this conversation and may not watch who joins it."""
        level = LEVELS.index(joins.plan.level)
        for party in [p for p in contact.parties.values() if p.role == "supervisor" and p.agent != joins.id]:
            if party.leg in contact.parties and LEVELS.index(self.state.agents[party.agent].plan.level) <= level:
                self.state.audit(f"agent:{party.agent}", "stop", f"{joins.id} joins, and is {joins.plan.level}")
                self.state.tell(contact, "stop", f"{party.agent}: {joins.id} joins")
                self.talks.drop(contact, party)

    def _originate(self, contact: Contact, to: str, purpose: str, ani: str, station: str, beside: str = "") -> Leg:
        state = self.state
        leg = state.new_leg(contact, contact.line, to, purpose, station=station)
        if station in state.stations:
            state.stations[station].legs.append(leg.id)
            self.agents.station_changed(station)
        state.out.append(Originate(leg.line, leg.id, to, ani, "", "", beside or state.beside(contact)))
        return leg

    def answered(self, leg: Leg) -> None:
        """Somebody who was called, or an agent who calls, is up."""
        contact = self.state.contacts.get(leg.contact)
        party = contact.parties.get(leg.id) if contact is not None else None
        if contact is None or party is None:
            self.state.out.append(Release(leg.line, leg.id))
            return
        if leg.purpose == "dial":
            party.up = True
            if party.timer is not None:
                party.timer.cancel()
            self._call_target(contact, party)
        elif leg.purpose == "customer":
            contact.answered_at = contact.connected_at = self.state.now
            contact.talk_since, contact.call_back = self.state.now, ""
            self.talks.join(contact, party)
        else:
            if leg.purpose == "outside" or contact.direction == "between":
                self._talk_begins(contact)
            self.talks.join(contact, party)

    def _talk_begins(self, contact: Contact) -> None:
        """The two, neither of them a customer with an agent, are through."""
        now = self.state.now
        contact.connected_at = now if contact.connected_at is None else contact.connected_at
        contact.talk_since = now if contact.talk_since is None else contact.talk_since

    def alerted(self, leg: Leg) -> None:
        """The phone of somebody who is called rings."""
        if leg.agent and leg.purpose != "dial":
            agent = self.state.agents[leg.agent]
            if agent.contact == leg.contact:
                self.agents.change(agent, "alert")

    # -- calls of one's own ------------------------------------------------------------------------------------------------------------

    def dial(self, agent: Agent, to: str) -> str:
        """His own phone rings first; when he has picked up, the other is called."""
        if agent.state is AgentState.LOGGED_OUT or agent.state in BUSY:
            return f"agent {agent.id} is {agent.state.value}"
        if not self.agents.reachable(agent.station):
            return f"agent {agent.id}'s phone cannot be reached"
        target, why = self.resolve(agent, to)
        if target is None or target.verb in ("queue", "flow"):
            return why or "a queue or flow cannot be called"
        if target.verb == "agent":
            if target.name == agent.id:
                return "that is the agent himself"
            if why := self.cannot_be_rung(self.state.agents[target.name], self._line(agent)):
                return why
        contact = self.calls.outgoing(agent, target, self._line(agent))
        self.agents.engage(agent, contact.id, "dial")
        leg = self.offers.call_station(contact, agent, "dial", target.name, f"→ {target.name}", then=target)
        party = contact.parties[leg.id] = Party(leg.id, "agent", agent.id, up=False)
        self.talks.give_up_after(contact, party, _RING_S)
        return ""

    def _line(self, agent: Agent) -> str:
        return self.state.stations[agent.station].line

    def phone_dials(self, event: Arrived) -> bool:
        """A phone calls somebody by itself: an agent's second call, or his first. False: that leads nowhere."""
        station = self.state.stations.get(event.station)
        agent = self.state.agents.get(station.agent) if station is not None else None
        if agent is None or agent.state in (AgentState.OFFERED, AgentState.RINGING):
            return False
        target, _ = self.resolve(agent, event.dnis)
        if target is None or target.verb in ("queue", "flow") or target.name == agent.id:
            return False
        if target.verb == "agent" and self.cannot_be_rung(self.state.agents[target.name], event.line):
            return False
        contact = self.calls.outgoing(agent, target, event.line)
        leg = self.state.legs[event.leg] = Leg(
            event.leg, event.line, LegState.ARRIVED, f"agent:{agent.id}", contact.id, self.state.now, event.station, agent.id, "dial"
        )
        self.state.stations[event.station].legs.append(event.leg)
        if agent.state not in BUSY:
            self.agents.engage(agent, contact.id, "dial")
        contact.parties[leg.id] = Party(leg.id, "agent", agent.id, up=False)
        self.calls.answer_leg(leg)
        return True

    def _call_target(self, contact: Contact, party: Party) -> None:
        """The agent has picked up: call the one he wants."""
        target, by = contact.target, self.state.agents[party.agent]
        assert target is not None
        if target.verb == "number":
            self.call_customer(contact, target.name)
        elif why := self.call(contact, target, by, MAIN, "transfer"):
            self.state.tell(contact, "not called", why)
            self.talks.drop(contact, party)
            return
        self.talks.update(contact)

    # -- customers -----------------------------------------------------------------------------------------------------------------------

    def call_customer(self, contact: Contact, number: str, ring_s: float = _RING_S) -> None:
        """Call the customer of a contact that has none on the line."""
        leg = self._originate(contact, f"number:{number}", "customer", contact.dnis, "")
        contact.leg = leg.id
        party = contact.parties[leg.id] = Party(leg.id, "customer", up=False)
        party.timer = self.state.timers.set(self.state.now + ring_s, lambda: self._customer_silent(contact, leg))

    def _customer_silent(self, contact: Contact, leg: Leg) -> None:
        if leg.state is not LegState.UP and contact.leg == leg.id:
            self.calls.release(leg, Cause.NO_ANSWER)

    def put_outside(self, contact: Contact, to: Choice) -> None:
        """Put a caller through to a number or station outside the queues."""
        self.calls.move(contact, "go outside", "outside", str(to))
        leg = self._originate(contact, str(to), "outside", contact.ani, to.name if to.verb == "station" else "")
        contact.parties[contact.leg] = Party(contact.leg, "customer")
        party = contact.parties[leg.id] = Party(leg.id, "outside", up=False)
        self.talks.give_up_after(contact, party, _RING_S)
        self.talks.update(contact)
