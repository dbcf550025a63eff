"""What an agent can do during a call with nothing but the keys, and the buttons, of his phone (CTI-06).

    *1              record, and stop recording: after a second, or at once with a #
    *2              hold, retrieve
    *3 NUMBER #     consult an agent, a station or a number; while the consultation goes on, *3 alone swaps
    *4              give the customer to the one consulted, hanging up does the same;  *4 NUMBER #  give him away at once
    *5              all together
    *6              end the consultation, back to the customer
    *7              ask for a supervisor
    **              a star for the other side

*1 with a further digit is a code for dialling (log-in with the PIN, ready ...): all keys up to a # or a long pause are swallowed, so that
no PIN reaches the customer; also where that digit comes so late that *1 has been done already. A code that is refused, or is too long, is
answered with a tone that the agent alone hears. Other keys go to the other side, as far as he talks to somebody outside. The phone's own
hold button, its second call and its transfer button mean the same as the codes: `Keys.held`, `Keys.transfer_asked`.
"""

from typing import TYPE_CHECKING

from appliance.core.agents.agent import Agent
from appliance.core.contact import Contact
from appliance.core.inputs import AgentAsked
from appliance.core.leg import Leg
from appliance.core.talks.conversation import Party
from appliance.core.timers import Timer
from hal.api import AnswerTransfer, Cause, TransferAsked, Transferred

if TYPE_CHECKING:
    from appliance.core.engine import Engine

__all__ = ["Keys"]

_PAUSE_S = 4.0
"""A code that is not gone on with for so long is done as it is, or forgotten."""
_SHORT_PAUSE_S = 1.0
"""*1 is done when no further digit comes for so long."""
_PIN_PAUSE_S = 8.0
"""Who keys a PIN may look it up: so long after a key of it the next one is no key for the customer."""
_DONE = "*1#"
"""*1 that was done after the pause: a digit that follows within `_PAUSE_S` still belongs to a code."""
_WITH_NUMBER = {"3": "consult", "4": "transfer"}
_ALONE = {"1": "record", "2": "hold", "5": "conference", "6": "cancel", "7": "help"}
_TOO_LONG = 24
"""A code with so many keys, its # left out, is refused."""


def _swallowed(keyed: str) -> bool:
    """Whether this begins like a code for dialling, *10 to *13 and what else there may be."""
    return len(keyed) > 2 and keyed.startswith("*1") and keyed[2] != "#"


class Keys:
    """The codes of one engine's agents."""

    def __init__(self, engine: "Engine") -> None:
        """Turn keys into requests."""
        self.state, self.talks, self.control, self.calls = engine.state, engine.talks, engine.control, engine.calls
        self._timers: dict[str, Timer] = {}

    def pressed(self, contact: Contact, leg: Leg, digit: str) -> None:
        """A key of an agent's phone during a conversation."""
        party = contact.parties.get(leg.id)
        if party is None or not party.up or party.role != "agent":
            return
        keyed = self.state.keyed.get(leg.id, "")
        if not keyed and digit != "*":
            self.control.send_digits(contact, party, digit)
            return
        if (timer := self._timers.pop(leg.id, None)) is not None:
            timer.cancel()
        if keyed in ("*1", _DONE) and digit == "*":  # the next code
            if keyed != _DONE:
                self._do(contact, leg, keyed)
            keyed = ""
        elif keyed == _DONE:
            keyed = "*1"
            if digit == "#":
                self.state.keyed.pop(leg.id)
                return
        if not _swallowed(keyed) and (digit == "#" or len(keyed) < _TOO_LONG):
            keyed += digit
        self.state.keyed[leg.id] = keyed
        if self._complete(keyed, party) or (_swallowed(keyed) and digit == "#"):
            self._do(contact, leg, keyed)
        else:
            self._wait(leg, _SHORT_PAUSE_S if keyed == "*1" else _PIN_PAUSE_S if keyed == "*10" else _PAUSE_S)

    def _wait(self, leg: Leg, pause_s: float) -> None:
        self._timers[leg.id] = self.state.timers.set(self.state.now + pause_s, lambda: self._paused(leg))

    def _complete(self, keyed: str, party: Party) -> bool:
        code = keyed[1:2]
        if code == "1":
            return keyed == "*1#"
        if code in _WITH_NUMBER and not party.aside:
            return keyed.endswith("#")
        return len(keyed) == 2

    def _paused(self, leg: Leg) -> None:
        self._timers.pop(leg.id, None)
        contact = self.state.contacts.get(leg.contact)
        keyed = self.state.keyed.get(leg.id, "")
        if contact is not None and leg.id in contact.parties and keyed != _DONE and (len(keyed) > 2 or keyed == "*1"):
            self._do(contact, leg, keyed + "#")
            if keyed == "*1":
                self.state.keyed[leg.id] = _DONE
                self._wait(leg, _PAUSE_S)
        else:
            self.state.keyed.pop(leg.id, None)

    def _do(self, contact: Contact, leg: Leg, keyed: str) -> None:
        self.state.keyed.pop(leg.id, None)
        party, code, number = contact.parties[leg.id], keyed[1:2], keyed[2:].rstrip("#")
        if _swallowed(keyed) or len(keyed.rstrip("#")) >= _TOO_LONG:
            self._refused(contact, party)
        elif code == "*":
            self.control.send_digits(contact, party, "*")
        elif code in _WITH_NUMBER:
            what = _WITH_NUMBER[code] if not party.aside else ("swap" if code == "3" else "complete")
            self._by_key(contact, party, what, number)
        elif code in _ALONE:
            self._by_key(contact, party, self._toggled(contact, party, _ALONE[code]))

    def _by_key(self, contact: Contact, party: Party, what: str, number: str = "") -> None:
        """Do it; who has nothing but a phone hears a tone when it was refused."""
        if self._ask(party.agent, what, number):
            self._refused(contact, party)

    def _refused(self, contact: Contact, party: Party) -> None:
        if party.leg in contact.parties and not party.saying:
            self.talks.say_alone(contact, party, self.state.plan.prompts.get("beep"))
            self.talks.update(contact)

    def _toggled(self, contact: Contact, party: Party, what: str) -> str:
        if what == "hold" and party.hold:
            return "retrieve"
        if what == "record" and contact.on_demand:
            return "record-stop"
        if what == "help" and self.state.agents[party.agent].help_asked is not None:
            return "help-off"
        return what

    def _ask(self, agent: str, what: str, to: str = "") -> str:
        return self.control.ask(AgentAsked(agent, what, to=to))

    # -- buttons of the phone -------------------------------------------------------------------------------------------------------------

    def held(self, leg_id: str, held: bool) -> None:
        """An agent's phone holds by itself, or retrieves."""
        leg = self.state.legs.get(leg_id)
        contact = self.state.contacts.get(leg.contact) if leg is not None else None
        party = contact.parties.get(leg_id) if contact is not None else None
        if contact is None or party is None or party.role != "agent" or not party.up:
            return
        if held is bool(party.hold) or (not held and party.hold == "seat"):
            return
        party.hold = "phone" if held else ""
        self.state.tell(contact, "hold" if held else "retrieve", f"{party.agent} by phone")
        self.talks.update(contact)

    def transfer_asked(self, event: TransferAsked) -> None:
        """An agent's phone asks to be replaced: blind, or by the other call it has (RFC 3515, RFC 3891)."""
        leg = self.state.legs.get(event.leg)
        contact = self.state.contacts.get(leg.contact) if leg is not None else None
        if leg is None or contact is None or not leg.agent or event.leg not in contact.parties or event.unknown:
            self._answer(event, Cause.CALL_REJECTED)
        elif event.replaces:
            before = len(self.state.out)
            self._answer(event, self._join(contact, leg, event.replaces), before)
        else:
            agent, before = self.state.agents[leg.agent], len(self.state.out)
            why = self._ask(agent.id, "transfer", event.to) if agent.contact == contact.id else "it is his second call"
            self._answer(event, Cause.USER_BUSY if why else None, before)

    def transferred(self, event: Transferred) -> None:
        """An agent's phone has given the customer to another by itself: that one has him, with all that is known of him."""
        leg = self.state.legs.get(event.leg)
        agent = self.state.agents.get(leg.agent) if leg is not None else None
        if leg is not None and agent is not None and agent.contact == leg.contact:
            self._ask(agent.id, "transfer", event.to)

    def _answer(self, event: TransferAsked, cause: Cause | None, before: int = 0) -> None:
        """Answer before the phone is let go: on a leg that is being released the answer would have no effect."""
        leg = self.state.legs.get(event.leg)
        contact = self.state.contacts.get(leg.contact) if leg is not None else None
        if contact is not None and event.leg in contact.parties:  # it was refused, else he would have left
            contact.parties[event.leg].refused_at = self.state.now
        self.state.out.insert(before, AnswerTransfer(event.line, event.leg, cause))

    def _join(self, contact: Contact, leg: Leg, other_leg: str) -> Cause | None:
        """The phone joins the other sides of its two calls, and leaves both."""
        other = self.state.legs.get(other_leg)
        second = self.state.contacts.get(other.contact) if other is not None else None
        if other is None or second is None or second is contact or other.agent != leg.agent or other_leg not in second.parties:
            return Cause.CALL_REJECTED
        keeps, gives, kept_leg, given_leg = contact, second, leg.id, other_leg
        if not contact.leg or (second.leg and second.direction == "in"):  # the customer's contact is the one that goes on
            keeps, gives, kept_leg, given_leg = second, contact, other_leg, leg.id
        agent = self.state.agents[leg.agent]
        moving = [p for p in gives.parties.values() if p.leg != given_leg and p.role in ("agent", "outside", "customer")]
        if not moving or not all(p.up for p in moving):
            return Cause.USER_BUSY
        self._move(moving, gives, keeps, agent)
        self.talks.drop(gives, gives.parties[given_leg])
        self.talks.drop(keeps, keeps.parties[kept_leg])
        return None

    def _move(self, moving: list[Party], gives: Contact, keeps: Contact, by: Agent) -> None:
        heir = ""
        for party in moving:
            del gives.parties[party.leg]
            gives.heard.pop(party.leg, None)
            self.state.legs[party.leg].contact = keeps.id
            party.role = "outside" if party.role == "customer" else party.role
            keeps.parties[party.leg] = party
            if party.leg == gives.leg:
                gives.leg = ""
            if party.agent:
                heir = heir or party.agent
                agent = self.state.agents[party.agent]
                if agent.contact == gives.id:
                    agent.contact = keeps.id
        keeps.agent = heir or keeps.agent
        for party in moving:
            if party.agent:
                self.control.dialling.part_watchers(keeps, self.state.agents[party.agent])
            self.talks.into_main(keeps, party)
        self.state.tell(keeps, "joined", f"{by.id} by phone, from {gives.id}")
