"""Call control: what an agent can do with the call he is in, and calls he makes himself.

    hold, retrieve              the others hear music; with more than two, they go on talking without him
    consult TO, swap            ask somebody out of the customer's hearing, and go to and fro
    complete, conference        give the customer to the one consulted, or all talk together
    cancel                      end the consultation and come back
    transfer TO                 give the customer away at once: to an agent, a queue, a number, self service
    flow NAME, take-back        send the customer to self service, stay, and take him back at any time
    digits KEYS                 send keys to the others
    drop TO                     put one party out of a conference
    release                     end the call
    dial TO                     call somebody
    record, record-stop         on demand
    data KEY=VALUE              note something that goes along with the customer
    help, help-off              ask for a supervisor
    extend SECONDS              make wrap-up longer

TO is an agent's or station's number, a name or number of the directory, any other number if he may dial it, `queue:NAME`, `flow:NAME`.
Each method returns why it was not done, or nothing. What supervisors can do is `appliance.core.supervision`.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from appliance.core.agent import BUSY, Agent, AgentState
from appliance.core.contact import Contact
from appliance.core.conversation import FLOW, HELD, MAIN, Party
from appliance.core.inputs import AgentAsked
from appliance.core.leg import Leg, LegState
from appliance.core.plan import Choice
from appliance.core.scripts import SentToFlow, TakenBack
from hal.api import Arrived, Cause, Originate, Release, SendDigits

if TYPE_CHECKING:
    from appliance.core.engine import Engine

__all__ = ["Control"]

_RING_S = 30.0
"""How long somebody who is consulted or called is rung."""
_KEYS = frozenset("0123456789*#ABCD")
_MOST_PARTIES = 32
_MOST_DATA = 100


class Control:
    """Call control of one engine."""

    def __init__(self, engine: "Engine") -> None:
        """Work on this engine's conversations."""
        self.state, self.agents, self.calls, self.scripts = engine.state, engine.agents, engine.calls, engine.scripts
        self.talks, self.offers, self.distribution = engine.talks, engine.offers, engine.distribution
        self._verbs: dict[str, Callable[[Agent, Contact, Party, str], str]] = {
            "hold": self._hold, "retrieve": self._retrieve, "consult": self._consult, "swap": self._swap, "complete": self._complete,
            "conference": self._conference, "cancel": self._cancel, "transfer": self._transfer, "flow": self._flow, "digits": self._digits,
            "take-back": self._take_back, "drop": self._drop, "release": self._release, "record": self._record,
            "record-stop": self._record_stop, "data": self._data,
        }  # fmt: skip

    @property
    def verbs(self) -> tuple[str, ...]:
        """What an agent can ask for besides states."""
        return (*self._verbs, "dial", "help", "help-off", "extend")

    def ask(self, event: AgentAsked) -> str:
        """Do it; the result says why not, empty: done."""
        agent = self.state.agents[event.agent]
        if event.what == "dial":
            return self._dial(agent, event.to)
        if event.what in ("help", "help-off"):
            return self._help(agent, event.what == "help", event.reason)
        if event.what == "extend":
            done = self.agents.ask(agent.id, "extend", event.to, by=event.by)
            return "" if done else "there is no wrap-up to extend, or it is at its limit"
        contact, party = self.call_of(agent)
        if contact is None or party is None or not party.up:
            return f"agent {agent.id} is in no call"
        why = self._verbs[event.what](agent, contact, party, event.to)
        self.state.tell(contact, event.what if not why else f"{event.what} refused", f"{agent.id} {event.to} {why}".strip())
        return why

    def call_of(self, agent: Agent) -> tuple[Contact | None, Party | None]:
        """The conversation an agent is in, and his place in it."""
        contact = self.state.contacts.get(agent.contact)
        return (contact, self.talks.party_of(contact, agent.id)) if contact is not None else (None, None)

    # -- hold ------------------------------------------------------------------------------------------------------------------------

    def _hold(self, _agent: Agent, contact: Contact, party: Party, _to: str) -> str:
        if party.room == HELD:
            return "it is on hold already"
        party.room = HELD
        self.talks.update(contact)
        return ""

    def _retrieve(self, _agent: Agent, contact: Contact, party: Party, _to: str) -> str:
        if party.room != HELD:
            return "it is not on hold"
        party.room, party.by_phone = MAIN, False
        self.talks.update(contact)
        return ""

    # -- consultation ----------------------------------------------------------------------------------------------------------------

    def _consult(self, agent: Agent, contact: Contact, party: Party, to: str) -> str:
        if party.aside:
            return "there is a consultation going on already"
        if contact.in_flow:
            return "the customer is in self service; take him back first"
        target, why = self.resolve(agent, to)
        if target is None:
            return why
        party.aside = max([0, *(p.aside for p in contact.parties.values()), *(p.room for p in contact.parties.values())]) + 1
        why = self._call(contact, target, agent, party.aside, "consult")
        if why:
            party.aside = 0
            return why
        party.room = party.aside
        self.talks.update(contact)
        return ""

    def _call(self, contact: Contact, target: Choice, by: Agent, room: int, purpose: str) -> str:
        """Call somebody into a room of this conversation."""
        state = self.state
        if len(contact.parties) >= _MOST_PARTIES:
            return f"no more than {_MOST_PARTIES} can take part"
        if target.verb == "agent":
            other = state.agents[target.name]
            if why := self.cannot_be_rung(other, contact.line):
                return why
            self.agents.engage(other, contact.id, "offer")
            leg = self.offers.call_station(contact, other, purpose, by.id, by.plan.name)
            party = contact.parties[leg.id] = Party(leg.id, "agent", other.id, room, up=False)
        elif target.verb == "station":
            if not self.agents.reachable(target.name) or state.stations[target.name].line != contact.line:
                return f"station {target.name} cannot be reached"
            leg = self._originate(contact, f"station:{target.name}", purpose, by.id, target.name)
            party = contact.parties[leg.id] = Party(leg.id, "outside", "", room, up=False)
        else:
            leg = self._originate(contact, f"number:{target.name}", purpose, contact.dnis, "")
            party = contact.parties[leg.id] = Party(leg.id, "outside", "", room, up=False)
        party.timer = state.timers.set(state.now + _RING_S, lambda: self._not_answered(contact, party))
        return ""

    def _originate(self, contact: Contact, to: str, purpose: str, ani: str, station: str) -> Leg:
        state = self.state
        leg = state.new_leg(contact, contact.line, to, purpose, station=station)
        if station in state.stations:
            state.stations[station].legs.append(leg.id)
        beside = contact.leg or next((party.leg for party in contact.parties.values() if party.up), "")
        state.out.append(Originate(leg.line, leg.id, to, ani, "", "", beside))
        return leg

    def _not_answered(self, contact: Contact, party: Party) -> None:
        party.timer = None
        if not party.up and party.leg in contact.parties:
            self.talks.drop(contact, party)

    def cannot_be_rung(self, agent: Agent, line: str) -> str:
        """Why an agent cannot be called by name now; empty: he can."""
        if agent.state not in (AgentState.READY, AgentState.NOT_READY):
            return f"agent {agent.id} is {agent.state.value}"
        if self.state.stations[agent.station].line != line:
            return f"agent {agent.id}'s phone is on another line"
        return "" if self.agents.reachable(agent.station) else f"agent {agent.id}'s phone cannot be reached"

    def resolve(self, agent: Agent, to: str) -> tuple[Choice | None, str]:
        """Whom a text names, or why nobody."""
        plan = self.state.plan
        if not to:
            return None, "say whom"
        if ":" in to:
            choice = Choice.read(to)
            places: dict[str, object] = {"queue": plan.queues, "flow": plan.flows, "agent": plan.agents, "station": plan.stations}
            known = places.get(choice.verb)
            if choice.verb == "number":
                return self._outside(agent, choice.name)
            if known is None or choice.name not in known:  # type: ignore[operator] # all of them are mappings
                return None, f"there is no {to}"
            return choice, ""
        if to in plan.agents:
            return Choice("agent", to), ""
        if to in plan.stations:
            owner = self.state.stations[to].agent
            return (Choice("agent", owner) if owner else Choice("station", to)), ""
        if to in plan.queues:
            return Choice("queue", to), ""
        return self._outside(agent, plan.directory.get(to, to), listed=to in plan.directory)

    def _outside(self, agent: Agent, number: str, *, listed: bool = False) -> tuple[Choice | None, str]:
        if not number or not set(number) <= _KEYS | {"+"}:
            return None, f"'{number}' is no agent, station, queue, name in the directory or number"
        if not agent.plan.dials and not listed:
            return None, f"agent {agent.id} may call the directory only"
        return Choice("number", number), ""

    def _swap(self, _agent: Agent, contact: Contact, party: Party, _to: str) -> str:
        if not party.aside:
            return "there is no consultation"
        party.room = MAIN if party.room == party.aside else party.aside
        self.talks.update(contact)
        return ""

    def _consulted(self, contact: Contact, party: Party) -> tuple[list[Party], str]:
        if not party.aside:
            return [], "there is no consultation"
        others = [p for p in contact.parties.values() if p.room == party.aside and p is not party and p.role != "supervisor"]
        if not others or not all(p.up for p in others):
            return [], "nobody has answered yet"
        return others, ""

    def _complete(self, _agent: Agent, contact: Contact, party: Party, _to: str) -> str:
        others, why = self._consulted(contact, party)
        if why:
            return why
        for other in others:
            self.talks.into_main(contact, other)
        party.aside = 0
        heir = next((other.agent for other in others if other.agent), "")
        if heir:
            contact.agent = heir
        self.talks.drop(contact, party)
        return ""

    def _conference(self, _agent: Agent, contact: Contact, party: Party, _to: str) -> str:
        others, why = self._consulted(contact, party)
        if why:
            return why
        for other in others:
            self.talks.into_main(contact, other)
        party.aside, party.room = 0, MAIN
        self.talks.update(contact)
        return ""

    def _cancel(self, _agent: Agent, contact: Contact, party: Party, _to: str) -> str:
        if not party.aside:
            return "there is no consultation"
        aside, party.aside, party.room = party.aside, 0, MAIN
        for other in [p for p in contact.parties.values() if p.room == aside and p is not party and p.role != "supervisor"]:
            self.talks.drop(contact, other)
        self.talks.update(contact)
        return ""

    def _drop(self, _agent: Agent, contact: Contact, party: Party, to: str) -> str:
        for other in contact.parties.values():
            leg = self.state.legs.get(other.leg)
            names = {other.agent, other.leg, leg.party.partition(":")[2] if leg is not None else ""}
            if to and to in names and other is not party and other.role in ("agent", "outside"):
                self.talks.drop(contact, other)
                return ""
        return f"'{to}' takes no part in it"

    # -- giving away -------------------------------------------------------------------------------------------------------------------

    def _transfer(self, agent: Agent, contact: Contact, _party: Party, to: str) -> str:
        if not contact.leg or not contact.parties[contact.leg].up:
            return "there is no customer to give away"
        if sum(1 for p in contact.parties.values() if p.role != "supervisor") > 2:
            return "there are others in the call: put them out, or complete the consultation"
        target, why = self.resolve(agent, to)
        if target is None:
            return why
        if target.verb == "agent":
            if target.name == agent.id:
                return "that is the agent himself"
            if why := self.cannot_be_rung(self.state.agents[target.name], contact.line):
                return why
        self.talks.leave_to(contact, target)
        return ""

    def _flow(self, _agent: Agent, contact: Contact, party: Party, to: str) -> str:
        name = to.removeprefix("flow:")
        if name not in self.state.plan.flows:
            return f"there is no flow '{name}'"
        if contact.in_flow or contact.script is None or not contact.leg:
            return "the customer cannot be sent to self service now"
        party.room = HELD
        contact.parties[contact.leg].room, contact.in_flow = FLOW, True
        self.talks.update(contact)
        self.scripts.deliver(contact, SentToFlow(name))
        return ""

    def _take_back(self, _agent: Agent, contact: Contact, _party: Party, _to: str) -> str:
        if not contact.in_flow:
            return "the customer is not in self service"
        self.scripts.interrupt(contact, TakenBack())
        return ""

    def back_from_flow(self, contact: Contact) -> None:
        """The customer comes back to the agent who sent him to self service."""
        contact.in_flow = False
        for party in contact.parties.values():
            if party.room in (FLOW, HELD) and not party.by_phone:
                party.room = MAIN
        self.talks.hush(contact.leg)
        self.talks.update(contact)

    def _digits(self, _agent: Agent, contact: Contact, party: Party, to: str) -> str:
        keys = to.upper()
        if not keys or not set(keys) <= _KEYS:
            return f"'{to}' are no keys of a telephone"
        self.send_digits(contact, party, keys)
        return ""

    def send_digits(self, contact: Contact, party: Party, keys: str) -> None:
        """Send keys to everyone outside and to the customer, as far as this party talks to them."""
        for other in contact.parties.values():
            if other.up and other.room == party.room and other.role in ("customer", "outside"):
                self.state.out.append(SendDigits(contact.line, other.leg, keys))

    def _release(self, _agent: Agent, contact: Contact, party: Party, _to: str) -> str:
        if contact.leg and contact.direction != "between":
            self.calls.release(self.state.legs[contact.leg], Cause.NORMAL_CLEARING)
        else:
            self.talks.drop(contact, party)
        return ""

    # -- notes -----------------------------------------------------------------------------------------------------------------------

    def _record(self, _agent: Agent, contact: Contact, _party: Party, _to: str) -> str:
        contact.on_demand = True
        self.talks.update(contact)
        return ""

    def _record_stop(self, _agent: Agent, contact: Contact, _party: Party, _to: str) -> str:
        if self.state.plan.record_calls:
            return "all calls are recorded here"
        contact.on_demand = False
        self.talks.update(contact)
        return ""

    def _data(self, _agent: Agent, contact: Contact, _party: Party, to: str) -> str:
        key, equals, text = to.partition("=")
        if not equals or not key.strip():
            return "write KEY=VALUE"
        if len(contact.data) >= _MOST_DATA and key not in contact.data:
            return f"there are {_MOST_DATA} notes already"
        contact.data[key.strip()] = text
        self.calls.keep(contact)
        return ""

    def _help(self, agent: Agent, wanted: bool, why: str) -> str:
        if agent.state is AgentState.LOGGED_OUT:
            return f"agent {agent.id} is logged out"
        agent.help_asked = self.state.now if wanted else None
        source = f"help:agent:{agent.id}"
        if wanted:
            self.state.ask_help(source, agent, why)
        else:
            self.state.clear_alarm(source)
        return ""

    # -- calls of one's own --------------------------------------------------------------------------------------------------------------

    def _dial(self, agent: Agent, to: str) -> str:
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
        leg = self.offers.call_station(contact, agent, "dial", target.name, f"→ {target.name}")
        party = contact.parties[leg.id] = Party(leg.id, "agent", agent.id, up=False)
        party.timer = self.state.timers.set(self.state.now + _RING_S, lambda: self._not_answered(contact, party))
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
            self.talks.join(contact, party)

    def _call_target(self, contact: Contact, party: Party) -> None:
        """The agent has picked up: call the one he wants."""
        target, by = contact.target, self.state.agents[party.agent]
        assert target is not None
        if target.verb == "number":
            self.call_customer(contact, target.name)
        elif why := self._call(contact, target, by, MAIN, "transfer"):
            self.state.tell(contact, "not called", why)
            self.talks.drop(contact, party)
            return
        self.talks.update(contact)

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
        contact.talk_since = self.state.now
        leg = self._originate(contact, str(to), "outside", contact.ani, to.name if to.verb == "station" else "")
        contact.parties[contact.leg] = Party(contact.leg, "customer")
        party = contact.parties[leg.id] = Party(leg.id, "outside", up=False)
        party.timer = self.state.timers.set(self.state.now + _RING_S, lambda: self._not_answered(contact, party))
        self.talks.update(contact)

    def alerted(self, leg: Leg) -> None:
        """The phone of somebody who is called rings."""
        if leg.agent and leg.purpose != "dial":
            agent = self.state.agents[leg.agent]
            if agent.contact == leg.contact:
                self.agents.change(agent, "alert")
