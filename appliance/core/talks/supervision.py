"""What supervisors and duty managers can do: watch, help, take over, force (SUP-02), each only with levels below their own (SUP-03).

    listen, whisper, barge      hear an agent's conversation; be heard by him; be heard by everybody, and stay when the agent hangs up
    stop                        leave it again
    take-over                   have the customer; the agent is free
    force-release               end the call
    force-ready, force-not-ready, force-log-out
    record, record-stop         any call
    hold, transfer ...          whatever the agent could ask for himself, see `appliance.core.talks.control`

The supervisor's own phone is rung, and he hears the conversation when he has picked up. Who asks (`by`) is another agent's number; any
other name is the operator of the appliance, whose right was checked where he logged in.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from appliance.core.agents.agent import Agent
from appliance.core.contact import Contact
from appliance.core.inputs import AgentAsked
from appliance.core.plan import LEVELS
from appliance.core.talks.conversation import MAIN, MODES, Party
from hal.api import Cause

if TYPE_CHECKING:
    from appliance.core.engine import Engine

__all__ = ["Supervision"]

_RING_S = 30.0
_OF_HIMSELF = ("stop", "dial", "help", "help-off", "extend")
"""What concerns no conversation of the agent's."""
_FORCED = {"force-ready": "ready", "force-not-ready": "not-ready", "force-log-out": "log-out"}


class Supervision:
    """Supervision in one engine."""

    def __init__(self, engine: "Engine") -> None:
        """Work on this engine's conversations."""
        self.state, self.agents, self.calls = engine.state, engine.agents, engine.calls
        self.talks, self.offers, self.control, self.dialling = engine.talks, engine.offers, engine.control, engine.dialling
        self._verbs: dict[str, Callable[[Agent, Contact, Party, AgentAsked], str]] = {
            **dict.fromkeys(MODES, self._watch), "take-over": self._take_over, "force-release": self._force_release,
            "record": self._record, "record-stop": self._record,
        }  # fmt: skip

    @property
    def verbs(self) -> tuple[str, ...]:
        """What can be asked for about another agent."""
        return (*self._verbs, "stop", *_FORCED)

    def ask(self, event: AgentAsked) -> str:
        """Do it; the result says why not, empty: done. Everything is audited, also what is refused."""
        agent = self.state.agents[event.agent]
        why = self.may(event.by, agent) or self._others_refuse(event, agent) or self._do(agent, event)
        self._audit(event, why)
        return why

    def refuses(self, event: AgentAsked) -> str:
        """Why this may not be asked for about that agent, whatever it is; empty: it may. Also of who asks for himself."""
        agent = self.state.agents[event.agent]
        why = "" if event.by in ("", event.agent) else self.may(event.by, agent)
        if not why and event.what == "log-in":
            why = self._seat_taken(event, agent)
        if why:
            self._audit(event, why)
        return why

    def _audit(self, event: AgentAsked, why: str) -> None:
        detail = " ".join(part for part in (f"agent {event.agent}", self.control.shown(event), event.reason, why) if part)
        by = event.by or event.agent
        who = f"agent:{by}" if by in self.state.agents else by
        self.state.audit(who, f"{event.what} refused" if why else event.what, detail)

    def may(self, by: str, agent: Agent) -> str:
        """Why this person may not watch or command that agent; empty: he may."""
        who = self.state.agents.get(by)
        if who is None and by.isdigit():
            return f"there is no agent {by}"
        if who is None or LEVELS.index(who.plan.level) > LEVELS.index(agent.plan.level):
            return ""
        return f"{by} is {who.plan.level}: only those below may be watched and commanded, and {agent.id} is {agent.plan.level}"

    def _others_refuse(self, event: AgentAsked, agent: Agent) -> str:
        """Why this conversation may not be watched or commanded: somebody in it is not below who asks; empty: nobody is."""
        contact = self.state.contacts.get(agent.contact)
        if contact is None or event.what in (*_FORCED, *_OF_HIMSELF):
            return ""
        others = [p.agent for p in contact.parties.values() if p.role == "agent" and p.agent not in ("", event.by, agent.id)]
        return next((why for other in others if (why := self.may(event.by, self.state.agents[other]))), "")

    def _seat_taken(self, event: AgentAsked, agent: Agent) -> str:
        """Why a phone is not taken from who is logged in there: he is above who asks; empty: it may be. At the phone, the PIN does."""
        station = self.state.stations.get(event.station or agent.plan.station)
        there = self.state.agents.get(station.agent) if station is not None else None
        asks = self.state.agents.get(event.by or agent.id)
        if there is None or asks is None or LEVELS.index(there.plan.level) <= LEVELS.index(asks.plan.level):
            return ""
        return f"{there.id} is logged in there, and is {there.plan.level}"

    def _do(self, agent: Agent, event: AgentAsked) -> str:
        if event.what in _FORCED:
            done = self.agents.duty.ask(agent.id, _FORCED[event.what], event.reason, by=event.by)
            return "" if done else f"agent {agent.id} is {agent.state.value}"
        if event.what == "stop":
            return self.stop(event.by)
        if event.what not in self._verbs:
            return self.control.ask(event)  # what the agent can do himself
        contact, party = self.control.call_of(agent)
        if contact is None or party is None or not party.up:
            return f"agent {agent.id} is in no call"
        why = self._verbs[event.what](agent, contact, party, event)
        if not why:
            self.state.tell(contact, event.what, f"{event.by} with {agent.id}")
        return why

    # -- watching ----------------------------------------------------------------------------------------------------------------------

    def _watching(self, by: str) -> tuple[Contact | None, Party | None]:
        supervisor = self.state.agents.get(by)
        contact = self.state.contacts.get(supervisor.contact) if supervisor is not None else None
        if contact is None:
            return None, None
        return contact, next((p for p in contact.parties.values() if p.agent == by and p.role == "supervisor"), None)

    def _watch(self, agent: Agent, contact: Contact, party: Party, event: AgentAsked) -> str:
        supervisor = self.state.agents.get(event.by)
        if supervisor is None:
            return "only who has a phone of his own can listen: a supervisor's or duty manager's number is needed"
        known, mine = self._watching(event.by)
        if mine is not None and known is contact:
            mine.mode, mine.watches = event.what, party.leg
            self.talks.update(contact)
            return ""
        if why := self.dialling.cannot_be_rung(supervisor, contact.line):
            return why
        self.agents.engage(supervisor, contact.id, "offer")
        leg = self.offers.call_station(contact, supervisor, "supervise", agent.id, f"{event.what} {agent.id}")
        joins = contact.parties[leg.id] = Party(leg.id, "supervisor", supervisor.id, MAIN, up=False, mode=event.what, watches=party.leg)
        self.talks.give_up_after(contact, joins, _RING_S)
        return ""

    def stop(self, by: str) -> str:
        """Leave the conversation that is being watched."""
        contact, mine = self._watching(by)
        if contact is None or mine is None:
            return f"{by} watches nobody"
        self.talks.drop(contact, mine)
        return ""

    # -- stepping in -------------------------------------------------------------------------------------------------------------------

    def _take_over(self, _agent: Agent, contact: Contact, party: Party, event: AgentAsked) -> str:
        known, mine = self._watching(event.by)
        if mine is None or known is not contact or not mine.up:
            return f"{event.by} has to be in the conversation first: listen, whisper or barge"
        self.talks.step_in(contact, mine)
        contact.agent = event.by
        self.talks.drop(contact, party)
        return ""

    def _force_release(self, _agent: Agent, contact: Contact, party: Party, _event: AgentAsked) -> str:
        if contact.leg:
            self.calls.release(self.state.legs[contact.leg], Cause.NORMAL_CLEARING)
        else:
            self.talks.drop(contact, party)
        return ""

    def _record(self, agent: Agent, _contact: Contact, _party: Party, event: AgentAsked) -> str:
        return self.control.ask(AgentAsked(agent.id, event.what, by=event.by))
