"""A restarted core takes up the calls that outlived it: a media worker keeps them, the store knows how far each had come.

    Restored ─ remember ─▶ contacts without an outcome
    Adopted  ─ leg_found ─▶ legs that are still there        (after LineOpened, before anything else of these legs)
    whatever comes next ─ settle ─▶ served on from their stage, or lost; a caller whom no row knows is served as if he came now

Who was in conversation goes on talking and being recorded; who waited keeps the place; who was in self service goes on where he stood.
"""

from math import inf
from typing import TYPE_CHECKING

from attrs import evolve

from appliance.core import records
from appliance.core.agents.agent import BUSY, FREE, AgentState
from appliance.core.call import Call
from appliance.core.contact import Contact
from appliance.core.flows import script_to_resume
from appliance.core.leg import Leg, LegState
from appliance.core.program.expressions import read_only
from appliance.core.queues.expected_wait import First, Quote
from appliance.core.queues.waiting import VOICE
from appliance.core.records import from_json
from appliance.core.talks.conversation import MAIN, Party, legs_in, rooms
from hal.api import Adopted, Arrived, Cause, Severity, StopRecording

if TYPE_CHECKING:
    from appliance.core.engine import Engine

__all__ = ["Adoption"]

_ANY_PLACE = 1_000_000_000
"""How many are before whoever waits is not known until he is told again: that nobody was put before him meanwhile."""


class Adoption:
    """What one engine found of the run before."""

    def __init__(self, engine: "Engine") -> None:
        self.engine = engine
        self.state = engine.state
        self.pending = engine.state.settling
        self._left: dict[str, records.Contact] = {}
        self._found: dict[str, list[Adopted]] = {}
        self._taking: records.Contact | None = None
        """Who is just being taken up; still there where that has failed."""
        self._ringing: dict[str, list[str]] = {}
        """Line -> legs whose phones still ring: their callers are offered anew. They are released when every leg was told, because a line
        may say at once that they are gone, and what does not tell of a leg that is still there says that all were told."""

    @property
    def unsettled(self) -> set[str]:
        """Contacts of the last run about which their lines have not spoken yet."""
        return set(self._left)

    def remember(self, contacts: tuple[records.Contact, ...], recordings: tuple[records.Recording, ...]) -> None:
        """Keep what the store knows until the lines are open; who waits to be called back needs no line to wait."""
        self.state.left_recordings = {row.id: row for row in recordings}
        self._left = {row.id: row for row in contacts}
        for row in contacts:
            if row.medium != VOICE:
                del self._left[row.id]
                self._serve_on(row)
            elif row.call_back:
                del self._left[row.id]
                self._wait_on(row)

    def _serve_on(self, row: records.Contact) -> None:
        """A contact of another medium waits again at the place it had; at first for the agent who had it in hand."""
        contact = self._contact(row)
        self.state.contacts[row.id] = contact
        self.engine.calls.move(contact, "begin", "")
        self.state.tell(contact, "adopted", f"start {self.state.boot}, at {row.stage}")
        self.engine.written.take_back(contact, row)

    def _wait_on(self, row: records.Contact) -> None:
        """Somebody waits to be called back, at the place he had; the call that was tried as the core ended does not count."""
        state = self.state
        contact = self._contact(row)
        contact.leg = ""
        state.contacts[row.id] = contact
        self.engine.calls.move(contact, "begin", "")
        state.tell(contact, "adopted", f"start {state.boot}, to be called back")
        self._recordings(contact)
        self.engine.start_call_back(contact)

    def line_opened(self, line: str) -> None:
        """Settle what this line's calls become, when it has said which are still there."""
        self.pending.append(line)
        self.state.timers.set(self.state.now, self.settle)

    def leg_found(self, event: Adopted) -> None:
        """This leg is still there: keep its station from being rung, and decide in `settle`."""
        state = self.state
        if event.leg in state.legs:
            return
        if event.line not in self.pending:  # it comes later than the line's opening: a worker that was found again
            self.line_opened(event.line)
        run = "/" in event.leg  # we originated it, see Distribution
        station = event.station
        agent = state.stations[station].agent if run and station in state.stations else ""
        outside = f"number:{event.dnis}" if run else "caller"
        party = f"agent:{agent}" if agent else f"station:{station}" if station else outside
        up = LegState.UP if event.answered else LegState.DIALLING if run else LegState.ARRIVED
        leg = Leg(event.leg, event.line, up, party, "", state.now, station, agent)
        leg.answered_at = state.now if event.answered else None
        state.legs[leg.id] = leg
        if station in state.stations:
            state.stations[station].legs.append(leg.id)
            self.engine.agents.station_changed(station)
        if up is LegState.DIALLING:
            self._ringing.setdefault(event.line, []).append(leg.id)
        else:
            self._found.setdefault(event.line, []).append(event)

    def settle(self) -> None:
        """Decide what becomes of every leg that was found, before anything else happens."""
        while self.pending:
            line = self.pending[0]
            self._settle(line)
            self.pending.remove(line)
            self.engine.lines.changed(line)

    def _settle(self, line: str) -> None:
        """Serve on whom the line still has, and end the rest."""
        for leg in self._ringing.pop(line, ()):
            if leg in self.state.legs:
                self.engine.calls.release(self.state.legs[leg], Cause.NORMAL_CLEARING)
        events = self._found.get(line, [])
        found = {event.leg for event in events} & self.state.legs.keys()
        taken = {leg for leg in found if self.state.legs[leg].contact}  # some are, where it failed before
        failed, self._taking = self._taking, None
        if failed is not None and failed.id not in self.state.contacts:
            self._close(failed)
        lost = 0
        for id_, row in list(self._left.items()):
            if row.line != line:
                continue
            self._taking = self._left.pop(id_)
            went_on = self._take_up(row, found, taken)
            self._taking = None
            if went_on:
                continue
            lost += row.connected_at is None
            self._close(row)
        for event in events:
            if event.leg in self.state.legs and event.leg not in taken:
                self._take_in(event)
        self._found.pop(line, None)
        for agent in list(self.state.agents.values()):
            if agent.wanted is not None and agent.state not in BUSY and self.state.stations[agent.station].line == line:
                self.engine.agents.call_is_over(agent)
        if lost:
            text = f"{lost} calls on line '{line}' were lost in the restart"
            advice = "they are in the store with the outcome 'lost'"
            self.state.raise_passing_alarm(Severity.YELLOW, f"restart:{line}", text, advice, 3600.0)

    def _close(self, row: records.Contact) -> None:
        """Nothing of it is left: it was lost, or, if it had been in conversation, that ended while nobody watched."""
        now = self.state.wall()
        lost = "unreached" if row.direction != "in" else "lost"
        outcome = lost if row.connected_at is None else "answered"
        talk_s = row.talk_s + (now - row.stage_at if row.stage == "connected" else 0.0)
        self.state.out.append(
            evolve(row, outcome=outcome, stage="ended", stage_at=now, ended_at=now, talk_s=talk_s, leg="", parties="", call_back="")
        )
        if outcome == "lost" and row.stage == "queued":
            self.engine.calls.owe_a_call(self._contact(row))

    def _take_in(self, event: Adopted) -> None:
        """A leg that no row knows: a caller who came in the very last moment is served as if he came now, any other leg is released."""
        leg = self.state.legs[event.leg]
        if leg.agent or event.station or "/" in event.leg:
            self.engine.calls.release(leg, Cause.TEMPORARY_FAILURE)
        else:
            self.engine.serve(Arrived(event.line, event.leg, event.ani, event.dnis), leg.state)

    def _take_up(self, row: records.Contact, found: set[str], taken: set[str]) -> bool:
        """Go on with one contact; False when this plan cannot, or nothing of it is left."""
        talking = [party for party in _parties(row) if party.leg in found and self._still_there(party)]
        agents = [party for party in talking if party.role == "agent"]
        if row.leg and row.leg not in found:
            return False
        if (agents or row.leg) and sum(1 for party in talking if party.role != "supervisor") >= 2:
            return self._take_up_call(row, talking, taken, "connected" if agents else "outside")
        return bool(row.leg) and self._take_up_alone(row, taken)

    def _take_up_alone(self, row: records.Contact, taken: set[str]) -> bool:
        """A customer with nobody but the appliance."""
        state = self.state
        contact = self._contact(row)
        stage = row.stage
        if stage == "outside" and row.given_by:  # nobody had answered there yet
            stage = "transferred"
        elif stage in ("connected", "outside"):  # the agent left while nobody watched: the talk counts up to now
            contact.talk_s += state.wall() - row.stage_at
            stage = "after-call"
        elif stage == "queued" and contact.queue not in state.queues:
            stage = "arrived"
        script = script_to_resume(Call(self.engine, contact), stage)
        if script is None:
            return False
        self._begin(contact, row, taken)
        self._recordings(contact)
        if stage == "queued":
            place_s = contact.place[0] if row.place_at is not None else row.stage_at - state.wall_offset
            self.engine.distribution.take_back(contact, row.stage_at - state.wall_offset, place_s)
        self.engine.scripts.start(contact, script)
        if stage == "queued" and row.id in state.contacts:
            self.engine.distribution.go_on_waiting(contact)
        return True

    def _begin(self, contact: Contact, row: records.Contact, taken: set[str]) -> None:
        state = self.state
        state.contacts[row.id] = contact
        if row.leg in state.legs:
            taken.add(row.leg)
            state.legs[row.leg].contact = row.id
            contact.station = state.legs[row.leg].station
        self.engine.calls.move(contact, "begin", "")
        state.tell(contact, "adopted", f"start {state.boot}, at {row.stage}")

    def _take_up_call(self, row: records.Contact, talking: list[Party], taken: set[str], stage: str) -> bool:
        """A conversation that went on: everyone keeps his place in it, who has left meanwhile is missing."""
        state, engine = self.state, self.engine
        contact = self._contact(row)
        script = script_to_resume(Call(engine, contact), stage) if row.direction == "in" else None
        self._begin(contact, row, taken)
        contact.talk_since = row.stage_at - state.wall_offset
        engine.calls.move(contact, "connect" if stage == "connected" else "go outside", stage, row.agent, contact.talk_since)
        for party in talking:
            leg = state.legs[party.leg]
            leg.contact = contact.id
            taken.add(party.leg)
            leg.purpose = leg.purpose or ("customer" if party.role == "customer" and "/" in leg.id else party.role)
            contact.parties[party.leg] = party
            party.room = max(MAIN, party.room)  # who was in self service is with the agent again
            if party.agent:
                agent = state.agents[party.agent]
                leg.agent, leg.party = agent.id, f"agent:{agent.id}"
                if agent.state not in BUSY:
                    engine.agents.engage(agent, contact.id, "dial" if agent.state is AgentState.WRAP_UP else "offer")
                    engine.agents.change(agent, "connect")
        if not any(party.agent == contact.agent for party in talking):
            contact.agent = next((party.agent for party in talking if party.role == "agent"), contact.agent)
        self._segments(contact)
        if script is not None:
            engine.scripts.start(contact, script)
        engine.talks.settle(contact)
        return True

    def _segments(self, contact: Contact) -> None:
        """A recording whose participants are still the same goes on; any other is closed, and another begins in its place."""
        state = self.state
        for room in rooms(contact.parties):
            legs = legs_in(contact.parties, room, contact.leg)
            who = " ".join(state.legs[leg].party for leg in legs)
            for id_, row in list(state.left_recordings.items()):
                if row.contact == contact.id and row.kind != "message" and row.participants == who:
                    del state.left_recordings[id_]
                    state.recordings[id_] = (contact.line, row)
                    contact.segments[room] = (id_, legs)
                    break
        self._recordings(contact)

    def _still_there(self, party: Party) -> bool:
        leg = self.state.legs[party.leg]
        if leg.state is not LegState.UP:
            return False
        if not party.agent:
            return True
        agent = self.state.agents.get(party.agent)
        can = (*FREE, AgentState.NOT_READY, AgentState.WRAP_UP, AgentState.ON_CALL)  # on call: this is the second one on his phone
        return agent is not None and agent.station == leg.station and agent.state in can

    def _contact(self, row: records.Contact) -> Contact:
        offset = self.state.wall_offset

        def mine(at: float | None) -> float | None:
            return None if at is None else at - offset

        arrived_at = row.arrived_at - offset
        contact = Contact(row.id, row.line, row.leg, row.ani, row.dnis, row.language, arrived_at, stage_at=self.state.now)
        contact.wall_offset = offset
        contact.keys, contact.queue, contact.talk_s = row.keys, row.queue, row.talk_s
        contact.answered_at, contact.queued_at, contact.connected_at = mine(row.answered_at), mine(row.queued_at), mine(row.connected_at)
        contact.wait_s, contact.outcome = row.wait_s, row.outcome
        contact.medium, contact.direction, contact.priority, contact.vip = row.medium, row.direction, row.priority, row.vip
        contact.only, contact.call_back, contact.attempts, contact.origin = row.only, row.call_back, row.attempts, row.origin
        contact.data, contact.agent = from_json(row.data, {}), row.agent
        if row.place_at is not None:
            contact.place = (row.place_at - offset, self.state.next_number())
        contact.only_until = mine(row.only_until_at) or 0.0
        contact.home, contact.given_by, contact.manager_wanted = row.home, row.given_by, row.manager_wanted
        if row.home_place_at is not None:
            contact.home_place = (row.home_place_at - offset, self.state.next_number())
        contact.agents, contact.on_demand, contact.recorded_for = row.agents.split(), row.on_demand, row.recorded_for
        contact.quoted_after_s = row.ewt_after_s
        contact.quote, contact.owed_by = _quote(row, offset)
        if contact.quote is not None and contact.owed_by:  # what was said last may have been less than at first: nothing grows
            contact.stated, contact.stated_ahead, contact.stated_in = evolve(contact.quote, low_s=0.0), _ANY_PLACE, row.queue
        contact.nodes, contact.flow_version = row.nodes.split(), row.flow_version
        contact.variables = {name: read_only(of) for name, of in from_json(row.variables, {}).items()}
        # Recordings of the last run keep their names: new ones go on counting.
        contact.recordings = sum(1 for left in self.state.left_recordings.values() if left.contact == row.id) + 1000 * self.state.boot
        return contact

    def _recordings(self, contact: Contact) -> None:
        """What was recorded of this contact and does not go on is closed; its row is completed when the line says so."""
        for id_, row in list(self.state.left_recordings.items()):
            if row.contact == contact.id:
                self.state.out.append(StopRecording(contact.line, id_))


def _quote(row: records.Contact, offset: float) -> tuple[Quote | None, str]:
    """The expected wait as it was stated first, and the queue that owes it; empty: none does."""
    if row.ewt_low_s is None:
        return None, ""
    low_s, high_s = row.ewt_low_s, inf if row.ewt_high_s is None else row.ewt_high_s
    *basis, owed_by = from_json(row.ewt_basis, ("",))
    asked_at = row.stage_at if row.queued_at is None else row.queued_at
    stated_at = asked_at - offset + (row.ewt_after_s or 0.0)
    return Quote(stated_at, low_s, high_s, first=First(low_s, high_s, *basis) if basis else None), owed_by


def _parties(row: records.Contact) -> list[Party]:
    """Who was in the conversation, as the row says."""
    kept = from_json(row.parties, [])
    return [
        Party(leg, role, agent, room, aside, True, mode, watches, hold="".join(hold))
        for leg, role, agent, room, aside, mode, watches, *hold in kept  # an older core did not note who holds
    ]
