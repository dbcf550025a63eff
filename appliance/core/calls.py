"""Calls: arrival, answer, release, and the record each contact leaves."""

from collections.abc import Callable
from math import isinf
from typing import TYPE_CHECKING

from appliance.core import records
from appliance.core.admission.door import TURNED_AWAY
from appliance.core.agents.agent import Agent
from appliance.core.callers import not_called
from appliance.core.contact import Contact, ContactState, next_state
from appliance.core.inputs import ContactCame
from appliance.core.leg import Leg, LegState
from appliance.core.leg import next_state as next_leg_state
from appliance.core.plan import Choice
from appliance.core.scripts import Scripts
from appliance.core.state import State
from hal.api import (
    Alerted,
    Answer,
    Answered,
    Arrived,
    Cause,
    DigitHeard,
    PlayEnded,
    Reject,
    Release,
    Released,
)

if TYPE_CHECKING:
    from appliance.core.agents.states import Agents
    from appliance.core.engine import Engine
    from appliance.core.queues.comfort import Comfort
    from appliance.core.queues.distribution import Distribution
    from appliance.core.queues.offers import Offers
    from appliance.core.talks.dialling import Dialling
    from appliance.core.talks.keys import Keys
    from appliance.core.talks.talks import Talks

__all__ = ["Calls"]

_NETWORK_CAUSES = frozenset({Cause.NETWORK_OUT_OF_ORDER, Cause.DESTINATION_OUT_OF_ORDER})
_CUT_CAUSES = _NETWORK_CAUSES | {Cause.TEMPORARY_FAILURE}
"""Of a conversation that nobody ended: a line, a worker or the far end was lost, or the appliance stopped."""


class Calls:
    """The legs and contacts of one engine."""

    def __init__(self, state: State, scripts: Scripts, agents: "Agents") -> None:
        """Work on this state; the other parts are joined by the engine."""
        self.state, self.scripts, self.agents = state, scripts, agents
        self.distribution: Distribution
        self.offers: Offers
        self.talks: Talks
        self.dialling: Dialling
        self.keys: Keys
        self.comfort: Comfort
        self.start_call_back: Callable[[Contact], None]
        self.serve_on: Callable[[Contact, Choice | None], None]
        scripts.over = self.script_over

    def join(self, engine: "Engine") -> None:
        """Know the other parts of the engine, which know this one already."""
        self.distribution, self.offers, self.talks = engine.distribution, engine.offers, engine.talks
        self.dialling, self.keys, self.comfort = engine.dialling, engine.keys, engine.comfort
        self.start_call_back, self.serve_on = engine.start_call_back, engine.serve_on

    # -- contacts ---------------------------------------------------------------------------------------------------------------------

    def arrive(self, event: Arrived, leg: LegState, *, internal: bool) -> Contact:
        """Make the leg, in the state it is in, and the contact of a call that has arrived."""
        state = self.state
        dnis = event.dnis
        if dnis.startswith("*") and not internal:
            dnis = dnis[:3] + "*" * len(dnis[3:])  # a code dialled on a phone that is not logged in: what follows may be a PIN
        contact = self._new(event.line, event.leg, event.ani, dnis)
        contact.station, contact.internal = event.station, internal
        if event.data:
            contact.data["user-data"] = event.data
        if (number := state.plan.numbers.get(event.dnis)) is not None:
            contact.language = number.language or contact.language
            contact.priority = number.priority
        self._know(contact)
        party = f"station:{event.station}" if event.station else "caller"
        state.legs[event.leg] = Leg(event.leg, event.line, leg, party, contact.id, state.now, event.station)
        if leg is LegState.UP:  # it outlived a restart
            contact.answered_at = state.legs[event.leg].answered_at = state.now
        if (station := state.stations.get(event.station)) is not None:
            station.legs.append(event.leg)
            self.agents.station_changed(event.station)
        return contact

    def outgoing(self, agent: Agent, target: Choice, line: str) -> Contact:
        """Make the contact of a call that an agent makes: to a customer, or to a colleague."""
        state = self.state
        between = target.verb != "number"
        shown = next(iter(state.plan.numbers), "")
        contact = self._new(line, "", agent.id if between else target.name, target.name if between else shown)
        contact.direction, contact.target, contact.agent = "between" if between else "out", target, agent.id
        self._know(contact)
        self.move(contact, "connect", "connected", f"{agent.id} calls {target}")
        return contact

    def written(self, event: ContactCame) -> Contact:
        """Make the contact of another medium than voice."""
        contact = self._new("", "", event.ani, event.dnis)
        contact.medium, contact.queue, contact.data = event.medium, event.queue, dict(event.data)
        contact.language = event.language if event.language in self.state.plan.languages else contact.language
        self._know(contact)
        return contact

    def call_back(self, lost: Contact) -> Contact:
        """Make the contact of a call-back that the centre owes a caller whom it lost."""
        contact = self._new(lost.line, "", lost.ani, lost.dnis)
        contact.direction, contact.language, contact.origin = "out", lost.language, lost.id
        contact.priority, contact.vip, contact.data = lost.priority, lost.vip, dict(lost.data)
        contact.call_back, contact.queue, contact.place = lost.ani, lost.queue, lost.place
        if lost.queue not in self.state.plan.queues and lost.home:  # he waited for somebody by name
            contact.queue, contact.place = lost.home, lost.home_place or lost.place
        self.move(contact, "begin", "arrived", f"call-back of {lost.id}")
        return contact

    def _new(self, line: str, leg: str, ani: str, dnis: str) -> Contact:
        state = self.state
        state.contact_count += 1
        id_ = f"{state.boot:04d}-{state.contact_count:06d}"
        language = state.plan.languages[0]
        contact = Contact(id_, line, leg, ani, dnis, language, state.now, wall_offset=state.wall_offset, stage_at=state.now)
        state.contacts[id_] = contact
        return contact

    def _know(self, contact: Contact) -> None:
        """What the plan says about this number."""
        known = self.state.known(contact.ani)
        if known is not None:
            contact.vip = known.vip
            contact.priority += known.priority
            if known.name:
                contact.data["name"] = known.name

    def move(self, contact: Contact, trigger: str, stage: str = "", detail: str = "", since: float | None = None) -> None:
        """Take one step of the contact table; a stage that is named is kept in the store."""
        contact.state = next_state(contact.state, trigger)
        if stage:
            self.stage(contact, stage, detail, since)

    def stage(self, contact: Contact, stage: str, detail: str = "", since: float | None = None) -> None:
        """Note how far the contact got; `since`: it has been there since then, when a restart takes it up again."""
        contact.stage, contact.stage_at = stage, self.state.now if since is None else since
        self.state.tell(contact, stage, detail)
        self.keep(contact)

    def keep(self, contact: Contact) -> None:
        """Write the contact's row."""
        if contact.internal:
            return
        offset, quote = contact.wall_offset, contact.quote
        answered, queued, connected, place = contact.answered_at, contact.queued_at, contact.connected_at, contact.home_place
        first = None if quote is None else quote.first
        self.state.out.append(
            records.Contact(
                contact.id,
                contact.medium,
                contact.ani,
                contact.dnis,
                contact.arrived_at + offset,
                contact.stage,
                contact.stage_at + offset,
                contact.language,
                contact.queue,
                contact.agent,
                contact.outcome,
                None if answered is None else answered + offset,
                None if queued is None else queued + offset,
                None if connected is None else connected + offset,
                self.state.now + offset if contact.state is ContactState.ENDED else None,
                contact.wait_s,
                contact.talk_s,
                int(contact.cause),
                contact.keys,
                contact.line,
                contact.leg,
                contact.direction,
                contact.priority,
                contact.vip,
                contact.place[0] + offset if contact.place[1] else None,
                contact.only,
                contact.call_back,
                contact.attempts,
                contact.origin,
                None if quote is None else quote.low_s,
                None if quote is None or isinf(quote.high_s) else quote.high_s,
                contact.quoted_after_s,
                records.as_json(contact.data) if contact.data else "",
                self.talks.kept(contact) if contact.parties or contact.kept_layout else "",
                " ".join(contact.agents),
                contact.only_until + offset if contact.only else None,
                contact.home,
                None if place is None else place[0] + offset,
                contact.given_by,
                contact.manager_wanted,
                contact.on_demand,
                contact.recorded_for,
                "" if first is None else records.as_json((first.mean_s, first.shape, first.may_miss, contact.owed_by)),
                " ".join(contact.nodes),
                contact.flow_version,
                _open(contact) if contact.variables else "",
            )
        )

    def refuse(self, contact: Contact, cause: Cause) -> None:
        """Refuse a call without any script."""
        contact.outcome = "blocked"
        self.release(self.state.legs[contact.leg], cause)

    def script_over(self, contact: Contact) -> None:
        """The script has ended: release the caller, or close the contact if he is gone."""
        if contact.leg:
            self.release(self.state.legs[contact.leg], Cause.NORMAL_CLEARING)
        else:
            self.close(contact)

    def close(self, contact: Contact) -> None:
        """The contact is over: say what came of it, and forget it."""
        state = self.state
        owed = self._owed_a_call(contact)
        self.distribution.promises.broken(contact)  # who went of his own will is not owed anything any more
        contact.state = next_state(contact.state, "end")
        contact.outcome = contact.outcome or self._outcome(contact)
        contact.stage, contact.stage_at = "ended", state.now
        del state.contacts[contact.id]
        self.comfort.forget(contact)
        if contact.outcome == "answered" and contact.cause in _CUT_CAUSES:
            state.tell(contact, "cut off", f"nobody hung up: {contact.cause.name.lower().replace('_', ' ')}")
        state.tell(contact, contact.outcome)
        self.keep(contact)
        if owed:
            self.owe_a_call(contact)

    def _outcome(self, contact: Contact) -> str:
        if contact.stage == TURNED_AWAY:
            return "blocked"
        if contact.connected_at is not None:
            return "answered"
        if contact.direction != "in":
            return "unreached"
        if contact.cause in _NETWORK_CAUSES or self.state.cutting:
            return "lost"
        if contact.queued_at is not None:
            return "abandoned"
        return "self-served" if contact.answered_at is not None else "abandoned"

    def _owed_a_call(self, contact: Contact) -> bool:
        """Whether it was us, or the network, who lost a customer that waited for an agent or talked with one."""
        return (
            contact.cause in _NETWORK_CAUSES
            and contact.direction == "in"
            and contact.state in (ContactState.QUEUED, ContactState.OFFERED, ContactState.CONNECTED)
        )

    def owe_a_call(self, lost: Contact) -> None:
        """Offer a caller who was lost a call back, at the place he had, where the plan wants that and his number is one to call."""
        state, queues = self.state, self.state.plan.queues
        if not state.plan.call_back_lost or state.cutting or not (lost.queue in queues or lost.home in queues):
            return
        if why := "a phone of the centre's" if lost.station else not_called(lost.ani, state):
            state.tell(lost, "no call back", why)
            return
        contact = self.call_back(lost)
        state.tell(lost, "call back", contact.id)
        self.start_call_back(contact)

    # -- legs -------------------------------------------------------------------------------------------------------------------------

    def answer(self, contact: Contact) -> None:
        """Answer the caller."""
        self.answer_leg(self.state.legs[contact.leg])

    def release(self, leg: Leg, cause: Cause) -> None:
        """End a leg; it is gone when `Released` comes."""
        new = next_leg_state(leg.state, "release")
        if new is None:
            return
        rejected = leg.state is LegState.ARRIVED
        leg.state, leg.release_cause = new, cause
        self.state.out.append(Reject(leg.line, leg.id, cause) if rejected else Release(leg.line, leg.id, cause))

    def answer_leg(self, leg: Leg) -> None:
        """Answer a leg that has arrived."""
        if (new := next_leg_state(leg.state, "answer")) is not None:
            leg.state = new
            self.state.out.append(Answer(leg.line, leg.id))

    def alerted(self, event: Alerted) -> None:
        """An originated leg rings."""
        leg = self.state.legs.get(event.leg)
        if leg is not None and (new := next_leg_state(leg.state, "Alerted")) is not None:
            leg.state = new
            if leg.purpose == "offer":
                self.offers.alerted(leg)
            elif leg.purpose:
                self.dialling.alerted(leg)

    def answered(self, event: Answered) -> None:
        """A leg is through."""
        leg = self.state.legs.get(event.leg)
        if leg is None or (new := next_leg_state(leg.state, "Answered")) is None:
            return
        leg.state, leg.answered_at = new, self.state.now
        if leg.purpose == "offer":
            self.offers.answered(leg)
        elif leg.purpose:
            self.dialling.answered(leg)
        else:
            contact = self.state.contacts[leg.contact]
            contact.answered_at = self.state.now
            self.scripts.deliver(contact, event)

    def released(self, leg: Leg, cause: Cause, by_far_end: bool) -> None:
        """A leg is gone: free its station, end what depended on it, write its row."""
        state = self.state
        del state.legs[leg.id]
        leg.state = LegState.RELEASED
        contact = state.contacts.get(leg.contact)
        if leg.release_cause is not None:
            cause, by_far_end = leg.release_cause, False
        owner = leg.contact if contact is None or not contact.internal else ""
        began, answered = leg.started_at + state.wall_offset, state.at(leg.answered_at)
        state.out.append(records.Leg(leg.id, owner, leg.line, leg.party, began, answered, state.wall(), int(cause), by_far_end))
        if (station := state.stations.get(leg.station)) is not None:
            station.legs.remove(leg.id)
        state.keyed.pop(leg.id, None)
        if contact is not None:
            if leg.id == contact.leg:
                self._customer_gone(contact, leg, cause, by_far_end)
            elif leg.id in contact.offers:
                self.offers.released(leg, cause)
            else:
                self.talks.gone(contact, leg.id, cause)
        if station is not None:
            self.agents.station_changed(leg.station)

    def _customer_gone(self, contact: Contact, leg: Leg, cause: Cause, by_far_end: bool) -> None:
        contact.leg, contact.cause = "", cause
        party = contact.parties.pop(leg.id, None)
        if party is not None and party.timer is not None:
            party.timer.cancel()
        self.state.tell(contact, "released", f"{cause.name.lower().replace('_', ' ')}{' by the caller' if by_far_end else ''}")
        if party is not None and not party.up:
            self._not_reached(contact)
            return
        if contact.call_back:
            return  # he has hung up to be called back
        if contact.state in (ContactState.QUEUED, ContactState.OFFERED):
            self.distribution.abandon(contact)
        elif contact.parties:
            self.talks.end(contact)
        if contact.id not in self.state.contacts:
            return
        if contact.script is not None:
            self.scripts.caller_gone(contact)
        else:
            self.close(contact)

    def _not_reached(self, contact: Contact) -> None:
        """A customer whom the centre calls did not answer."""
        if contact.call_back:
            contact.attempts += 1
            self.talks.leave_to(contact, Choice("callback", "again"))
        else:
            self.talks.end(contact)

    def on_released(self, event: Released) -> None:
        """The line says that a leg is gone."""
        leg = self.state.legs.get(event.leg)
        if leg is not None:
            self.released(leg, event.cause, event.by_far_end)

    def play_ended(self, event: PlayEnded) -> None:
        """A play is over."""
        leg = self.state.legs.get(event.leg)
        if leg is None or event.play != leg.play:
            return
        leg.playing = False
        contact = self.state.contacts.get(leg.contact)
        if contact is None or self.comfort.play_ended(contact, event.play) or self.talks.play_ended(contact, leg, event.play):
            return
        if leg.id == contact.leg:
            self.scripts.deliver(contact, event)

    def digit_heard(self, event: DigitHeard) -> None:
        """A key was pressed: by an agent it may be call control, by a customer it is for the script, or a choice while waiting."""
        leg = self.state.legs.get(event.leg)
        contact = self.state.contacts.get(leg.contact) if leg is not None and leg.state is LegState.UP else None
        if leg is None or contact is None:
            return
        if leg.agent:
            self.keys.pressed(contact, leg, event.digit)
        elif leg.id == contact.leg and not self.scripts.means_nothing(contact, event.digit):
            choice = self._choice_while_waiting(contact, event.digit)
            if choice is not None:
                contact.keys += event.digit
                self.distribution.customer_wishes(contact, choice)
            else:
                self.scripts.deliver(contact, event)

    def _choice_while_waiting(self, contact: Contact, digit: str) -> Choice | None:
        if contact.state not in (ContactState.QUEUED, ContactState.OFFERED):
            return None
        queue = self.state.queues.get(contact.queue)
        return queue.plan.keys.get(digit) if queue is not None else None


def _open(contact: Contact) -> str:
    """The variables of a contact that anybody may see, as its row has them."""
    return records.as_json({name: of for name, of in contact.variables.items() if name not in contact.secrets})
