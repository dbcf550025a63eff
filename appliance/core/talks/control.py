"""Call control: what an agent can do with the call he is in.

    hold, retrieve              the others hear music; with more than two, they go on talking without him
    consult TO, swap            ask somebody out of the customer's hearing, and go to and fro
    complete, conference        give the customer to the one consulted, also while his phone rings still, or all talk together
    cancel                      end the consultation and come back
    transfer TO                 give the customer away at once: to an agent, a queue, a number, self service; else he comes back
    flow NAME, take-back        send the customer to self service, stay, and take him back at any time
    digits KEYS                 send keys to the others
    drop TO                     put one party out of a conference
    release                     end the call; who is asked for advice only his own part of it
    dial TO                     call somebody
    record, record-stop         on demand
    data KEY=VALUE              note something that goes along with the customer
    help, help-off              ask for a supervisor
    extend SECONDS              make wrap-up longer

TO is an agent's or station's number, a name or number of the directory, any other number if he may dial it, `queue:NAME`, `flow:NAME`.
Each method returns why it was not done, or nothing. How somebody is called is `appliance.core.talks.dialling`, what supervisors can do
`appliance.core.talks.supervision`.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from appliance.core.agents.agent import Agent, AgentState
from appliance.core.contact import Contact
from appliance.core.inputs import AgentAsked
from appliance.core.plan import LEVELS
from appliance.core.scripts import SentToFlow, TakenBack
from appliance.core.talks.conversation import FLOW, MAIN, Party
from appliance.core.talks.dialling import KEYS
from hal.api import Cause, SendDigits

if TYPE_CHECKING:
    from appliance.core.engine import Engine

__all__ = ["Control"]

_MOST_DATA = 100
_OF_HIS_CUSTOMER = frozenset({"consult", "flow", "drop"})
"""What only who has the customer may ask for, and not who is asked for advice; a transfer he cannot, for there are others in the call."""
_IN_FLOW = "the customer is in self service; take him back first"


class Control:
    """Call control of one engine."""

    def __init__(self, engine: "Engine") -> None:
        """Work on this engine's conversations."""
        self.state, self.agents, self.calls, self.scripts = engine.state, engine.agents, engine.calls, engine.scripts
        self.talks, self.dialling = engine.talks, engine.dialling
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
            return self.dialling.dial(agent, event.to)
        if event.what in ("help", "help-off"):
            return self._help(agent, event.what == "help", event.reason)
        if event.what == "extend":
            done = self.agents.duty.ask(agent.id, "extend", event.to, by=event.by)
            return "" if done else "there is no wrap-up to extend, or it is at its limit"
        contact, party = self.call_of(agent)
        if contact is not None and party is not None and not party.up and event.what == "release":
            self.talks.drop(contact, party)  # his phone rings still: he does not want the call any more
            return ""
        if contact is None or party is None or not party.up:
            return f"agent {agent.id} is in no call"
        if self._is_asked(party) and event.what in _OF_HIS_CUSTOMER:
            why = f"agent {agent.id} is asked for advice only: the customer is another agent's"
        else:
            why = self._recorded_for_others(contact, event) or self._verbs[event.what](agent, contact, party, event.to)
        self.state.tell(contact, event.what if not why else f"{event.what} refused", f"{agent.id} {self.shown(event)} {why}".strip())
        return why

    def shown(self, event: AgentAsked) -> str:
        """What is kept of the text of a request: keys may be a PIN or a card's number, and a note is the customer's."""
        if event.what == "data":
            key, equals, _ = event.to.partition("=")
            return key.strip() if equals else ""
        if event.what == "digits" or set(event.to) & set("*#"):
            return f"{len(event.to)} keys" if len(event.to) != 1 else "1 key"
        return event.to

    def call_of(self, agent: Agent) -> tuple[Contact | None, Party | None]:
        """The conversation an agent is in, and his place in it."""
        contact = self.state.contacts.get(agent.contact)
        return (contact, self.talks.party_of(contact, agent.id)) if contact is not None else (None, None)

    def _is_asked(self, party: Party) -> bool:
        """Whether he is in a consultation that another has begun."""
        return party.room > MAIN and not party.aside

    # -- hold ------------------------------------------------------------------------------------------------------------------------

    def _hold(self, _agent: Agent, contact: Contact, party: Party, _to: str) -> str:
        if party.hold:
            return "it is on hold already"
        party.hold = "seat"
        self.talks.update(contact)
        return ""

    def _retrieve(self, _agent: Agent, contact: Contact, party: Party, _to: str) -> str:
        if not party.hold:
            return "it is not on hold"
        if party.hold == "phone":
            return "retrieve at the phone: its own button holds the call, and it would hear nothing"
        party.hold = ""
        self.talks.update(contact)
        return ""

    def _talks_again(self, party: Party) -> None:
        """Who asks to talk to somebody is heard there: a hold of the seat's ends; only the phone itself ends its own."""
        party.hold = "" if party.hold == "seat" else party.hold

    # -- consultation ----------------------------------------------------------------------------------------------------------------

    def _consult(self, agent: Agent, contact: Contact, party: Party, to: str) -> str:
        if party.aside:
            return "there is a consultation going on already"
        if contact.in_flow:
            return _IN_FLOW
        if party.hold == "phone":
            return "retrieve at the phone first: its own button holds the call, and it would hear nobody"
        target, why = self.dialling.resolve(agent, to)
        if target is None:
            return why
        if target.verb in ("queue", "flow"):
            return "a queue or flow cannot be asked: transfer the customer there"
        party.aside = max([0, *(p.aside for p in contact.parties.values()), *(p.room for p in contact.parties.values())]) + 1
        why = self.dialling.call(contact, target, agent, party.aside, "consult")
        if why:
            party.aside = 0
            return why
        party.room = party.aside
        self._talks_again(party)
        self.talks.update(contact)
        return ""

    def _swap(self, _agent: Agent, contact: Contact, party: Party, _to: str) -> str:
        if not party.aside:
            return "there is no consultation"
        party.room = MAIN if party.room == party.aside else party.aside
        self._talks_again(party)
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
        if why and not (party.aside and self.talks.can_ring_on(contact, party)):
            return why
        contact.agent = next((other.agent for other in others if other.agent), contact.agent)
        self.talks.drop(contact, party)  # whoever he consults is with the customer then, or is rung for him
        return ""

    def _conference(self, _agent: Agent, contact: Contact, party: Party, _to: str) -> str:
        others, why = self._consulted(contact, party)
        if why:
            return why
        for other in others:
            self.talks.into_main(contact, other)
        party.aside, party.room = 0, MAIN
        self._talks_again(party)
        self.talks.update(contact)
        return ""

    def _cancel(self, _agent: Agent, contact: Contact, party: Party, _to: str) -> str:
        if not party.aside:
            return "there is no consultation"
        aside, party.aside, party.room = party.aside, 0, MAIN
        self._talks_again(party)
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
        if contact.in_flow:
            return _IN_FLOW
        if sum(1 for p in contact.parties.values() if p.role != "supervisor") > 2:
            return "there are others in the call: put them out, or complete the consultation"
        target, why = self.dialling.resolve(agent, to, services=True)
        if target is None:
            return why
        if target.verb == "agent":
            if target.name == agent.id:
                return "that is the agent himself"
            if why := self.dialling.cannot_be_rung(self.state.agents[target.name], contact.line):
                return why
        self.talks.leave_to(contact, target, by=agent.id)
        return ""

    def _flow(self, _agent: Agent, contact: Contact, party: Party, to: str) -> str:
        name = to.removeprefix("flow:")
        if name not in self.state.plan.entrances:
            return f"there is no flow '{name}'"
        if contact.in_flow or not contact.leg or not contact.parties[contact.leg].up:
            return "the customer cannot be sent to self service now"
        if party.aside:
            return "there is a consultation going on: end it first"
        if contact.script is None:
            self.calls.serve_on(contact, None)
        contact.parties[contact.leg].room, contact.in_flow = FLOW, True
        self.talks.update(contact)
        self.scripts.deliver(contact, SentToFlow(name))
        return ""

    def _take_back(self, _agent: Agent, contact: Contact, party: Party, _to: str) -> str:
        if not contact.in_flow:
            return "the customer is not in self service"
        self._talks_again(party)
        self.scripts.interrupt(contact, TakenBack())
        return ""

    def back_from_flow(self, contact: Contact) -> None:
        """The customer comes back to the agent who sent him to self service."""
        contact.in_flow = False
        contact.parties[contact.leg].room = MAIN
        self.talks.sounds.hush(contact.leg)
        self.talks.update(contact)

    def _digits(self, _agent: Agent, contact: Contact, party: Party, to: str) -> str:
        keys = to.upper()
        if not keys or not set(keys) <= KEYS:
            return "a telephone has the keys 0-9, *, # and A-D"
        self.send_digits(contact, party, keys)
        return ""

    def send_digits(self, contact: Contact, party: Party, keys: str) -> None:
        """Send keys to everyone outside and to the customer, as far as this party talks to them."""
        for other in contact.parties.values():
            if other.up and other.room == party.room and not party.hold and other.role in ("customer", "outside"):
                self.state.out.append(SendDigits(contact.line, other.leg, keys))

    def _release(self, _agent: Agent, contact: Contact, party: Party, _to: str) -> str:
        if contact.leg and not self._is_asked(party):  # two agents who talk have no customer
            self.calls.release(self.state.legs[contact.leg], Cause.NORMAL_CLEARING)
        else:
            self.talks.drop(contact, party)
        return ""

    # -- notes -----------------------------------------------------------------------------------------------------------------------

    def _recorded_for_others(self, contact: Contact, event: AgentAsked) -> str:
        """Why a recording that was asked for is not stopped by who is below those who asked for it; empty: he may."""
        asks = self.state.agents.get(event.by or event.agent)
        level = LEVELS.index(asks.plan.level) if asks is not None else len(LEVELS)
        if event.what == "record":
            contact.recorded_for = max(contact.recorded_for, level)
        elif event.what == "record-stop":
            if contact.on_demand and level < contact.recorded_for:
                return "a supervisor has asked for this recording"
            contact.recorded_for = 0
        return ""

    def _record(self, _agent: Agent, contact: Contact, _party: Party, _to: str) -> str:
        contact.on_demand = True
        self.talks.update(contact)
        self.calls.keep(contact)  # also for whom it is
        return ""

    def _record_stop(self, _agent: Agent, contact: Contact, _party: Party, _to: str) -> str:
        if self.state.plan.record_calls:
            return "all calls are recorded here"
        contact.on_demand = False
        self.talks.update(contact)
        self.calls.keep(contact)
        return ""

    def _data(self, _agent: Agent, contact: Contact, _party: Party, to: str) -> str:
        key, equals, text = to.partition("=")
        key = key.strip()
        if not equals or not key:
            return "write KEY=VALUE"
        if len(contact.data) >= _MOST_DATA and key not in contact.data:
            return f"there are {_MOST_DATA} notes already"
        contact.data[key] = text
        self.calls.keep(contact)
        return ""

    def _help(self, agent: Agent, wanted: bool, why: str) -> str:
        if agent.state is AgentState.LOGGED_OUT:
            return f"agent {agent.id} is logged out"
        if wanted:
            self.state.ask_help(agent, why)
        else:
            self.state.help_over(agent)
        return ""
