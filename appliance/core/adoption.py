"""A restarted core takes up the calls that outlived it: a media worker keeps them, the store knows how far each had come.

    Restored ─ remember ─▶ contacts without an outcome
    Adopted  ─ leg_found ─▶ legs that are still there        (after LineOpened, before anything else of these legs)
    whatever comes next ─ settle ─▶ served on from their stage, or lost; a caller whom no row knows is served as if he came now

Who was in conversation goes on talking and being recorded; who waited keeps the place; who was in self service starts it again.
"""

from typing import TYPE_CHECKING

from attrs import evolve

from appliance.core import records
from appliance.core.agent import AgentState
from appliance.core.call import Call
from appliance.core.contact import Contact
from appliance.core.flows import script_to_resume
from appliance.core.leg import Leg, LegState
from hal.api import Adopted, Arrived, Cause, Severity, StopRecording

if TYPE_CHECKING:
    from appliance.core.engine import Engine

__all__ = ["Adoption"]


class Adoption:
    """What one engine found of the run before."""

    def __init__(self, engine: "Engine") -> None:
        self.engine = engine
        self.state = engine.state
        self.pending: list[str] = []
        """Lines that have opened and whose calls are not settled."""
        self._left: dict[str, records.Contact] = {}
        self._found: dict[str, list[Adopted]] = {}

    @property
    def unsettled(self) -> set[str]:
        """Contacts of the last run about which their lines have not spoken yet."""
        return set(self._left)

    def remember(self, contacts: tuple[records.Contact, ...], recordings: tuple[records.Recording, ...]) -> None:
        """Keep what the store knows until the lines are open."""
        self._left = {row.id: row for row in contacts}
        self.state.left_recordings = {row.id: row for row in recordings}

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
        party = f"agent:{agent}" if agent else f"station:{station}" if station else "caller"
        up = LegState.UP if event.answered else LegState.DIALLING if run else LegState.ARRIVED
        leg = Leg(event.leg, event.line, up, party, "", state.now, station, agent)
        leg.answered_at = state.now if event.answered else None
        state.legs[leg.id] = leg
        if station in state.stations:
            state.stations[station].legs.append(leg.id)
            self.engine.agents.station_changed(station)
        if up is LegState.DIALLING:
            self.engine.calls.release(leg, Cause.NORMAL_CLEARING)  # a phone still ringing: its caller is offered anew
        else:
            self._found.setdefault(event.line, []).append(event)

    def settle(self) -> None:
        """Decide what becomes of every leg that was found, before anything else happens."""
        while self.pending:
            self._settle(self.pending.pop(0))

    def _settle(self, line: str) -> None:
        """Serve on whom the line still has, and end the rest."""
        events = self._found.pop(line, [])
        found = {event.leg for event in events} & self.state.legs.keys()
        taken: set[str] = set()
        lost = 0
        for id_, row in list(self._left.items()):
            if row.line != line:
                continue
            del self._left[id_]
            agent_legs = sorted(leg for leg in found if leg.startswith(f"{id_}/"))
            if row.leg in found and self._take_up(row, agent_legs, taken):
                continue
            lost += row.connected_at is None
            self._close(row)
        for event in events:
            if event.leg in self.state.legs and event.leg not in taken:
                self._take_in(event)
        if lost:
            text = f"{lost} calls on line '{line}' were lost in the restart"
            advice = "they are in the store with the outcome 'lost'"
            self.state.raise_passing_alarm(Severity.YELLOW, f"restart:{line}", text, advice, 3600.0)

    def _close(self, row: records.Contact) -> None:
        """Nothing of it is left: it was lost, or, if it had been in conversation, that ended while nobody watched."""
        now = self.state.wall()
        outcome = "lost" if row.connected_at is None else "answered"
        talk_s = row.talk_s + (now - row.stage_at if row.stage == "connected" else 0.0)
        self.state.out.append(evolve(row, outcome=outcome, stage="ended", stage_at=now, ended_at=now, talk_s=talk_s, leg=""))

    def _take_in(self, event: Adopted) -> None:
        """A leg that no row knows: a caller who came in the very last moment is served as if he came now, any other leg is released."""
        leg = self.state.legs[event.leg]
        if leg.agent or event.station or "/" in event.leg:
            self.engine.calls.release(leg, Cause.TEMPORARY_FAILURE)
        else:
            self.engine.serve(Arrived(event.line, event.leg, event.ani, event.dnis), leg.state)

    def _take_up(self, row: records.Contact, agent_legs: list[str], taken: set[str]) -> bool:
        """Go on with one contact; False when this plan cannot."""
        state = self.state
        contact = self._contact(row)
        leg = state.legs[row.leg]
        stage = row.stage
        conversation = next((id_ for id_ in agent_legs if self._still_talks(id_)), "") if stage == "connected" else ""
        if (stage == "connected" and not conversation) or (stage == "queued" and contact.queue not in state.queues):
            if stage == "connected":  # the agent left while nobody watched: the talk counts up to now
                contact.talk_s += state.wall() - row.stage_at
            stage = "after-call" if stage == "connected" else "arrived"
        script = script_to_resume(Call(self.engine, contact), stage)
        if script is None:
            return False
        taken.add(row.leg)
        state.contacts[row.id] = contact
        leg.contact = row.id
        self.engine.calls.move(contact, "begin", "")
        state.tell(contact, "adopted", f"start {state.boot}, at {row.stage}")
        self._recordings(contact, keep=bool(conversation))
        if conversation:
            taken.add(conversation)
            self._talk_on(contact, conversation, row.stage_at - state.wall_offset)
        elif stage == "queued":
            self.engine.distribution.take_back(contact, row.stage_at - state.wall_offset)
        self.engine.scripts.start(contact, script)
        if stage == "queued" and row.id in state.contacts:
            self.engine.distribution.go_on_waiting(contact)
        return True

    def _still_talks(self, agent_leg: str) -> bool:
        leg = self.state.legs[agent_leg]
        agent = self.state.agents.get(leg.agent)
        return (
            leg.state is LegState.UP
            and agent is not None
            and agent.station == leg.station
            and agent.state in (AgentState.READY, AgentState.NOT_READY)
        )

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
        # Recordings of the last run keep their names: new ones go on counting.
        contact.recordings = sum(1 for left in self.state.left_recordings.values() if left.contact == row.id) + 1000 * self.state.boot
        return contact

    def _talk_on(self, contact: Contact, agent_leg: str, since: float) -> None:
        state = self.state
        leg = state.legs[agent_leg]
        leg.contact = contact.id
        agent = state.agents[leg.agent]
        contact.agent, contact.agent_leg, contact.talk_since = agent.id, agent_leg, since
        self.engine.calls.move(contact, "enqueue", "")
        self.engine.calls.move(contact, "offer", "")
        self.engine.calls.move(contact, "connect", "connected", agent.id, since)
        agent.contact = contact.id
        self.engine.agents.take_up_call(agent)

    def _recordings(self, contact: Contact, *, keep: bool) -> None:
        """A conversation's recording goes on; any other is closed, and its row completed when the line says so."""
        state = self.state
        for id_, row in list(state.left_recordings.items()):
            if row.contact == contact.id:
                if keep:
                    del state.left_recordings[id_]
                    state.recordings[id_] = (contact.line, row)
                    contact.recording = id_
                else:
                    state.out.append(StopRecording(contact.line, id_))
