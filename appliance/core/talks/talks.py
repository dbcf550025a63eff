"""Conversations: an agent is put through, parties come and go, and after each change everyone hears whom he should.

`update` is the one place that speaks to the line about it: it compares what `conversation` says with what the line was told,
and sends the difference - who hears whom, music or ringback for who is alone, and the recordings, cut where the participants change.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from appliance.core import records
from appliance.core.agents.agent import BUSY, Agent
from appliance.core.contact import Contact, ContactState
from appliance.core.leg import Leg
from appliance.core.plan import Choice, Prompt, QueuePlan
from appliance.core.queues.waiting import Queue
from appliance.core.scripts import RECALL, QueueLeft, not_taken
from appliance.core.talks.conversation import MAIN, Party, background, hears
from hal.api import Cause, Mix

if TYPE_CHECKING:
    from appliance.core.calls import Calls
    from appliance.core.queues.distribution import Distribution
    from appliance.core.sounds import Sounds
    from appliance.core.talks.recordings import Recordings

__all__ = ["Talks"]

_NO_QUEUE = QueuePlan()
_GIVES_UP_S = 2.0
"""Who hangs up so soon after a transfer was refused has not said goodbye to the customer: his phone has given both calls up."""
_VANISHED = (Cause.NETWORK_OUT_OF_ORDER, Cause.DESTINATION_OUT_OF_ORDER)
"""Of a leg whose line is gone, or from whose phone nothing has come for long: nobody has hung up."""


class Talks:
    """The conversations of one engine."""

    def __init__(self, distribution: "Distribution", calls: "Calls", recordings: "Recordings", sounds: "Sounds") -> None:
        """Hold those of this distribution's contacts."""
        self.distribution, self.calls, self.recordings, self.sounds = distribution, calls, recordings, sounds
        self.call_customer: Callable[[Contact, str, float], None]
        self.part_watchers: Callable[[Contact, Agent], None]
        self.state, self.agents, self.scripts = distribution.state, distribution.agents, distribution.scripts

    # -- put through ------------------------------------------------------------------------------------------------------------------

    def begin(self, contact: Contact, agent: Agent, leg: Leg, queue: Queue) -> None:
        """An agent has answered for a contact: customer and agent hear each other, each after what is said to him alone."""
        state = self.state
        contact.given_by = ""
        if contact.connected_at is None and not contact.call_back:
            contact.connected_at = state.now
        contact.talk_since = None if contact.call_back else state.now
        contact.parties[leg.id] = agents_party = Party(leg.id, "agent", agent.id)
        if contact.leg:
            caller = state.legs[contact.leg]
            contact.parties[contact.leg] = customer = Party(contact.leg, "customer")
            if caller.playing:
                customer.sound = "music"  # whatever it is, it ends now
            if queue.plan.agent_number:
                self.say_alone(contact, customer, self._agent_number(contact, agent))
            self._has_talked(contact, agent)
        self.say_alone(contact, agents_party, queue.plan.whisper)
        self.calls.move(contact, "connect", "connected", agent.id)
        if contact.call_back:
            self.call_customer(contact, contact.call_back, queue.plan.call_back.ring_s)
        self.update(contact)

    def _agent_number(self, contact: Contact, agent: Agent) -> Prompt | None:
        """\"Agent 1001 at your service\", put together from its parts; None where the words for it are not there."""
        parts = ["agent-number", *(f"digit-{digit}" for digit in agent.id), "at-your-service"]
        if any(part not in self.state.plan.prompts for part in parts):
            return None
        return {contact.language: self.sounds.words(contact, parts)}

    def say_alone(self, contact: Contact, party: Party, prompt: Prompt | None) -> None:
        """Play something that this party alone hears, before it hears the others; nothing that is played to it goes on."""
        if prompt is None or not (files := self.sounds.files(contact, prompt)):
            return
        party.saying = self.sounds.play(self.state.legs[party.leg], files)
        party.sound = ""

    def play_ended(self, contact: Contact, leg: Leg, play: int) -> bool:
        """What was said to one party alone is over; False when it was not that."""
        party = contact.parties.get(leg.id)
        if party is None or party.saying != play:
            return False
        party.saying = 0
        self.update(contact)
        return True

    # -- after every change -----------------------------------------------------------------------------------------------------------

    def update(self, contact: Contact) -> None:
        """Tell the line what has changed: who hears whom, what is played, what is recorded; and keep it for a restart."""
        self._watchers_follow(contact)
        self._sounds(contact)
        self._mix(contact)
        self.recordings.follow(contact)
        goes_on = contact.id in self.state.contacts and contact.state in (ContactState.CONNECTED, ContactState.OUTSIDE)
        if goes_on and self._layout(contact) != contact.kept_layout:
            self.calls.keep(contact)

    def _watchers_follow(self, contact: Contact) -> None:
        for party in contact.parties.values():
            if party.watches in contact.parties:
                watched = contact.parties[party.watches]
                party.room, party.hold = watched.room, watched.hold

    def _mix(self, contact: Contact) -> None:
        wanted = hears(contact.parties)
        changed = {leg: heard for leg, heard in wanted.items() if contact.heard.get(leg, ()) != heard}
        contact.heard = wanted
        if changed:
            self.state.out.append(Mix(contact.line, changed))

    def _sounds(self, contact: Contact) -> None:
        for leg_id, sound in background(contact.parties).items():
            party = contact.parties[leg_id]
            if party.sound == sound:
                continue
            party.sound = sound
            prompt = self._sound(contact, sound) if sound else None
            if prompt is not None and (files := self.sounds.files(contact, prompt)):
                self.sounds.play(self.state.legs[leg_id], files, loop=True)
            elif not party.saying:
                self.sounds.hush(leg_id)

    def _sound(self, contact: Contact, sound: str) -> Prompt | None:
        queue = self.state.queues.get(contact.queue)
        music = queue.plan.music if queue is not None else None
        return (music or self.state.plan.prompts.get("music")) if sound == "music" else self.state.plan.prompts.get(sound)

    def settle(self, contact: Contact) -> None:
        """A conversation was found again after a restart: tell the line once more what holds, and let go who is alone in it."""
        for party in [p for p in contact.parties.values() if p.aside]:
            if not any(other.room == party.aside for other in contact.parties.values() if other is not party):
                party.aside, party.room = 0, MAIN
        opened = {party.aside for party in contact.parties.values()}
        for party in [p for p in contact.parties.values() if p.room > MAIN and p.room not in opened]:
            self.into_main(contact, party)
        for party in [p for p in contact.parties.values() if p.role == "supervisor" and p.watches not in contact.parties]:
            self.drop(contact, party)
        contact.heard = dict.fromkeys(contact.parties, ("",))  # the line may have been told more than was saved
        self.update(contact)

    # -- parties come and go ----------------------------------------------------------------------------------------------------------

    def join(self, contact: Contact, party: Party) -> None:
        """A party that was being called is up."""
        party.up = True
        if party.timer is not None:
            party.timer.cancel()
            party.timer = None
        if party.agent:
            agent = self.state.agents[party.agent]
            if agent.contact == contact.id:
                self.agents.change(agent, "connect")
            if party.role == "agent" and party.room == MAIN:
                self._has_talked(contact, agent)
        elif party.role == "customer":
            for other in [p for p in contact.parties.values() if p.role == "agent" and p.up and p.room == MAIN]:
                self._has_talked(contact, self.state.agents[other.agent])
        if contact.given_by and party.room == MAIN:
            self._taken(contact, party)
        self.update(contact)

    def _taken(self, contact: Contact, party: Party) -> None:
        """Somebody has answered to whom the customer was given away."""
        contact.given_by = ""
        contact.talk_since = self.state.now if contact.talk_since is None else contact.talk_since
        if party.agent:
            contact.agent = party.agent
            self.calls.stage(contact, "connected", party.agent)
        elif contact.stage != "outside":
            self.calls.stage(contact, "outside")

    def _has_talked(self, contact: Contact, agent: Agent) -> None:
        """He is one of those who served the customer, if there is one yet."""
        if not contact.leg or not contact.parties[contact.leg].up:
            return
        if agent.id not in contact.agents:
            contact.agents.append(agent.id)
        self.distribution.remember(contact, agent)

    def into_main(self, contact: Contact, party: Party) -> None:
        """A party comes to the customer."""
        party.room = MAIN
        if party.role == "agent" and party.up:
            self._has_talked(contact, self.state.agents[party.agent])

    def party_of(self, contact: Contact, agent: str) -> Party | None:
        """The agent's own place in the conversation; None when he has none."""
        return next((p for p in contact.parties.values() if p.agent == agent and p.role == "agent"), None)

    def give_up_after(self, contact: Contact, party: Party, ring_s: float) -> None:
        """Let a party go that is being called, if it has not answered by then."""

        def over() -> None:
            party.timer = None
            if not party.up and party.leg in contact.parties:
                self.drop(contact, party)

        party.timer = self.state.timers.set(self.state.now + ring_s, over)

    def drop(self, contact: Contact, party: Party, cause: Cause = Cause.NORMAL_CLEARING) -> None:
        """End a party's leg; everything else follows as if it had hung up itself."""
        leg = self.state.legs.get(party.leg)
        if leg is not None:
            self.calls.release(leg, cause)
        self.gone(contact, party.leg, cause)

    def gone(self, contact: Contact, leg_id: str, cause: Cause) -> None:
        """A party's leg is gone, or is not wanted any more: the agent is free, and the conversation goes on, or ends."""
        party = contact.parties.pop(leg_id, None)
        if party is None:
            return
        if party.timer is not None:
            party.timer.cancel()
        for watcher in [p for p in contact.parties.values() if p.watches == leg_id]:
            if watcher.leg not in contact.parties:
                continue  # another one stays, whom he may not watch
            if self._stays(contact, party, watcher):
                self.state.tell(contact, "stays", watcher.agent)
                self.step_in(contact, watcher)
            else:
                self._forget(contact, watcher)
        if party.role == "agent":
            self._agent_gone(contact, party, cause)
        elif party.role == "supervisor":
            self._release_agent(contact, self.state.agents[party.agent], served=False)
        if contact.id in self.state.contacts:
            self._go_on(contact, party, cause)

    def _stays(self, contact: Contact, left: Party, watcher: Party) -> bool:
        """Whether who has barged in is with the customer as in a conference, and stays when the agent leaves who gives nobody away."""
        customer = contact.parties.get(contact.leg)
        with_customer = customer is not None and customer.up and customer.room == left.room == MAIN and not left.aside
        return with_customer and watcher.up and watcher.mode == "barge"

    def step_in(self, contact: Contact, supervisor: Party) -> None:
        """A supervisor who takes part already has the customer from now on, as an agent has."""
        supervisor.role, supervisor.mode, supervisor.watches, supervisor.hold = "agent", "", "", ""
        self.part_watchers(contact, self.state.agents[supervisor.agent])
        self.into_main(contact, supervisor)

    def _agent_gone(self, contact: Contact, party: Party, cause: Cause) -> None:
        agent = self.state.agents[party.agent]
        if cause is Cause.DESTINATION_OUT_OF_ORDER and party.up and agent.wanted is None:
            agent.wanted = ("not-ready", "phone lost")  # it would be rung in vain, and a caller wait for it
        if party.aside:
            self._consultation_left(contact, party, lost=cause in _VANISHED)
        self._release_agent(contact, agent, served=self._has_served(contact, party))
        if contact.agent == agent.id:
            heirs = [p for p in contact.parties.values() if p.role == "agent" and p.up and (p.room == MAIN or p.aside)]
            if heirs:  # with the customer, or only aside to ask somebody
                contact.agent = heirs[0].agent
                self.state.tell(contact, "passed on", contact.agent)
                self.calls.keep(contact)

    def _consultation_left(self, contact: Contact, party: Party, *, lost: bool) -> None:
        """Who had begun a consultation has gone: the one consulted takes the customer over, also when his phone still rings."""
        rings_on = not lost and self.can_ring_on(contact, party)
        for other in [p for p in contact.parties.values() if p.room == party.aside and p is not party and p.role != "supervisor"]:
            if other.up:
                self.into_main(contact, other)
            elif rings_on:
                self._ring_on(contact, party, other)
            else:
                self._forget(contact, other)

    def can_ring_on(self, contact: Contact, leaves: Party) -> bool:
        """Whether a customer would be left with nobody when this party leaves, so that whoever it consults is rung for him."""
        customer = contact.parties.get(contact.leg)
        with_him = [p for p in contact.parties.values() if p.up and p.room == MAIN and p.role in ("agent", "outside") and p is not leaves]
        return customer is not None and customer.up and contact.state is ContactState.CONNECTED and not with_him

    def _ring_on(self, contact: Contact, by: Party, rung: Party) -> None:
        """The customer is given away to somebody whose phone rings: he hears that, and has him who answers."""
        rung.room, contact.given_by = MAIN, by.agent
        self._pause_talk(contact)
        self.calls.stage(contact, "transferred", self.state.legs[rung.leg].party)

    def _has_served(self, contact: Contact, party: Party) -> bool:
        """Whether he has been with the customer; who is only rung again comes from no service, though he may have served him before."""
        return party.role == "agent" and party.up and party.agent in contact.agents and contact.direction != "between"

    def _release_agent(self, contact: Contact, agent: Agent, *, served: bool) -> None:
        if agent.state not in BUSY or agent.contact != contact.id:
            return  # his second call: the first goes on
        self.state.help_over(agent)
        if (second := self._other_call(contact, agent)) is not None:
            agent.contact = second
            return
        queue = self.state.queues.get(contact.queue)
        if served:
            self.agents.served(agent, queue.plan if queue is not None else _NO_QUEUE)
        else:
            self.agents.go_back(agent)

    def _other_call(self, contact: Contact, agent: Agent) -> str | None:
        """The contact of another call on his phone, which goes on when this one is over."""
        legs = (self.state.legs[leg] for leg in self.state.stations[agent.station].legs)
        others = (self.state.contacts.get(leg.contact) for leg in legs if leg.agent == agent.id and leg.contact != contact.id)
        return next((other.id for other in others if other is not None and self.party_of(other, agent.id) is not None), None)

    def _go_on(self, contact: Contact, left: Party, cause: Cause) -> None:
        """What becomes of a conversation that one party has left."""
        there = [p for p in contact.parties.values() if p.role != "supervisor"]
        agents = [p for p in there if p.role == "agent"]
        others = [p for p in there if p.role == "outside"]
        for party in agents:  # who consulted somebody who has left is with the customer again
            if party.aside and not any(p.room == party.aside for p in there if p is not party):
                back = party.room == party.aside
                party.aside, party.room = 0, MAIN if back else party.room
        if not contact.leg:
            self._without_customer(contact, there)
        elif contact.state is ContactState.CONNECTED and not agents:
            if others:
                self._to_outside(contact)
            else:
                self._agent_left(contact, left, lost=cause in _VANISHED and left.role == "agent")
        elif contact.state is ContactState.OUTSIDE and not others:
            self._end_talk(contact)
            self.calls.move(contact, "outside left", "after-call")
            if contact.script is None:
                self._leave_alone(contact)
            else:
                self.scripts.deliver(contact, QueueLeft(None if left.up else not_taken(contact)))
        else:
            self.update(contact)

    def _without_customer(self, contact: Contact, there: list[Party]) -> None:
        """A call between agents needs two, and one of them an agent; who calls a customer back waits for him alone."""
        if any(party.role == "agent" for party in there) and (contact.call_back or len(there) >= 2):
            self.update(contact)
        else:
            self.end(contact)

    def _to_outside(self, contact: Contact) -> None:
        self.calls.move(contact, "go outside", "" if contact.given_by else "outside")
        self.update(contact)

    def _leave_alone(self, contact: Contact) -> None:
        """Nobody is left with a customer whom an agent has called: that was it, unless somebody was to have him who did not answer."""
        if contact.given_by:
            self.calls.serve_on(contact, RECALL)
        else:
            self.calls.release(self.state.legs[contact.leg], Cause.NORMAL_CLEARING)

    def _agent_left(self, contact: Contact, left: Party, *, lost: bool) -> None:
        """No agent is left with the customer: its script goes on. A lost agent leaves the customer to another, at his place."""
        stage = "self-service" if contact.in_flow else "after-call"
        refused = left.role == "agent" and left.refused_at is not None and self.state.now < left.refused_at + _GIVES_UP_S
        contact.given_by = left.agent if refused else contact.given_by
        again = lost and contact.queue in self.state.plan.queues
        contact.agent_lost = again and contact.in_flow
        self._end_talk(contact)
        self.calls.move(contact, "agent left", stage)
        if contact.call_back:  # the agent did not wait until the customer had picked up
            self._hang_up(contact)
            contact.attempts += 1
            self.scripts.deliver(contact, QueueLeft(Choice("callback", "again")))
        elif contact.script is None:  # a call of his own
            self._leave_alone(contact)
        elif contact.given_by and (refused or not left.up):
            self.scripts.deliver(contact, QueueLeft(RECALL))
        else:
            self.scripts.deliver(contact, QueueLeft(RECALL if again else None))

    def _hang_up(self, contact: Contact) -> None:
        """End the customer's leg, and have nothing to do with it any more."""
        if (leg := self.state.legs.get(contact.leg)) is not None:
            self.calls.release(leg, Cause.NORMAL_CLEARING)
        contact.leg = ""

    def leave_to(self, contact: Contact, to: Choice, by: str = "") -> None:
        """All agents leave the customer, whose script goes on somewhere else: a blind transfer. `by`: who has him again if it fails."""
        contact.given_by = by if to.verb in ("agent", "station", "number") else ""
        for party in [p for p in contact.parties.values() if p.leg != contact.leg]:
            if party.leg in contact.parties:
                self._forget(contact, party)
        self._end_talk(contact)
        self.calls.move(contact, "agent left" if contact.state is ContactState.CONNECTED else "outside left", "transferred", str(to))
        if contact.script is None:  # a call of his own
            self.calls.serve_on(contact, to)
        else:
            self.scripts.deliver(contact, QueueLeft(to))

    def _forget(self, contact: Contact, party: Party) -> None:
        """Let a party go without asking what becomes of the conversation."""
        del contact.parties[party.leg]
        if party.timer is not None:
            party.timer.cancel()
        leg = self.state.legs.get(party.leg)
        if leg is not None:
            self.calls.release(leg, Cause.NORMAL_CLEARING)
        if party.agent:
            self._release_agent(contact, self.state.agents[party.agent], served=self._has_served(contact, party))

    def _end_talk(self, contact: Contact) -> None:
        """The conversation is over: count it, end its recordings, and leave the customer alone."""
        self._pause_talk(contact)
        for id_, _ in contact.segments.values():
            self.recordings.stop(contact.line, id_)
        contact.segments.clear()
        party = contact.parties.pop(contact.leg, None)
        if party is not None and (party.sound or party.saying):
            self.sounds.hush(contact.leg)
        if contact.leg and any(leg in self.state.legs for leg in contact.heard.get(contact.leg, ())):
            self.state.out.append(Mix(contact.line, {contact.leg: ()}))
        contact.heard.clear()
        contact.in_flow = False

    def _pause_talk(self, contact: Contact) -> None:
        if contact.talk_since is not None:
            contact.talk_s += self.state.now - contact.talk_since
            contact.talk_since = None

    def end(self, contact: Contact) -> None:
        """Everybody goes: the customer has left, or nobody is left to talk to."""
        for party in list(contact.parties.values()):
            if party.leg in contact.parties and party.leg != contact.leg:
                self._forget(contact, party)
        self._end_talk(contact)
        if not contact.leg and contact.script is None:
            self.calls.close(contact)

    def kept(self, contact: Contact) -> str:
        """The parties, for the contact's row."""
        layout = self._layout(contact)
        if layout != contact.kept_layout:
            contact.kept_layout = layout
            contact.kept_parties = records.as_json(layout) if layout else ""
        return contact.kept_parties

    def _layout(self, contact: Contact) -> tuple[tuple[object, ...], ...]:
        """What of the parties a restart needs."""
        return tuple([(p.leg, p.role, p.agent, p.room, p.aside, p.mode, p.watches, p.hold) for p in contact.parties.values() if p.up])
