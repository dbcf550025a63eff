"""Calls: arrival, answer, release, recordings, and the record each contact leaves."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from attrs import evolve

from appliance.core import records
from appliance.core.contact import Contact, ContactState, next_state
from appliance.core.leg import Leg, LegState
from appliance.core.leg import next_state as next_leg_state
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
    RecordingEnded,
    Reject,
    Release,
    Released,
    Severity,
    StartRecording,
    StopRecording,
)

if TYPE_CHECKING:
    from appliance.core.agents import Agents
    from appliance.core.distribution import Distribution

__all__ = ["Calls"]

_CLOSE_TIMEOUT_S = 60.0
_NETWORK_CAUSES = frozenset({Cause.NETWORK_OUT_OF_ORDER, Cause.DESTINATION_OUT_OF_ORDER})


class Calls:
    """The legs and contacts of one engine."""

    def __init__(self, state: State, scripts: Scripts, agents: "Agents") -> None:
        """Work on this state; `distribution` is joined by the engine."""
        self.state, self.scripts, self.agents = state, scripts, agents
        self.distribution: Distribution
        scripts.over = self.script_over

    # -- contacts ---------------------------------------------------------------------------------------------------------------------

    def arrive(self, event: Arrived, leg: LegState, *, internal: bool) -> Contact:
        """Make the leg, in the state it is in, and the contact of a call that has arrived."""
        state = self.state
        now = state.now
        state.contact_count += 1
        id_ = f"{state.boot:04d}-{state.contact_count:06d}"
        dnis = event.dnis
        if dnis.startswith("*") and not internal:
            dnis = dnis[:3] + "*" * len(dnis[3:])  # a code dialled on a phone that is not logged in: what follows may be a PIN
        language = state.plan.languages[0]
        if (number := state.plan.numbers.get(event.dnis)) is not None and number.language:
            language = number.language
        contact = Contact(
            id_, event.line, event.leg, event.ani, dnis, language, now, event.station, state.wall_offset, internal, stage_at=now
        )
        party = f"station:{event.station}" if event.station else "caller"
        state.legs[event.leg] = Leg(event.leg, event.line, leg, party, id_, now, event.station)
        if leg is LegState.UP:  # it outlived a restart
            contact.answered_at = state.legs[event.leg].answered_at = now
        state.contacts[id_] = contact
        if (station := state.stations.get(event.station)) is not None:
            station.legs.append(event.leg)
            self.agents.station_changed(event.station)
        return contact

    def move(self, contact: Contact, trigger: str, stage: str = "", detail: str = "", since: float | None = None) -> None:
        """Take one step of the contact table; a stage that is named is kept in the store."""
        contact.state = next_state(contact.state, trigger)
        if stage:
            self.stage(contact, stage, detail, since)

    def stage(self, contact: Contact, stage: str, detail: str = "", since: float | None = None) -> None:
        """Note how far the contact got; `since`: it has been there since then, when a restart takes it up again."""
        contact.stage, contact.stage_at = stage, self.state.now if since is None else since
        self.state.tell(contact, stage, detail)
        self._keep(contact)

    def _keep(self, contact: Contact) -> None:
        if contact.internal:
            return
        offset = contact.wall_offset

        def at(moment: float | None) -> float | None:
            return None if moment is None else moment + offset

        self.state.out.append(
            records.Contact(
                contact.id,
                "voice",
                contact.ani,
                contact.dnis,
                contact.arrived_at + offset,
                contact.stage,
                contact.stage_at + offset,
                contact.language,
                contact.queue,
                contact.agent,
                contact.outcome,
                at(contact.answered_at),
                at(contact.queued_at),
                at(contact.connected_at),
                self.state.now + offset if contact.state is ContactState.ENDED else None,
                contact.wait_s,
                contact.talk_s,
                int(contact.cause),
                contact.keys,
                contact.line,
                contact.leg,
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
            self._close(contact)

    def _close(self, contact: Contact) -> None:
        contact.state = next_state(contact.state, "end")
        if not contact.outcome:
            if contact.connected_at is not None:
                contact.outcome = "answered"
            elif contact.cause in _NETWORK_CAUSES or self.state.cutting:
                contact.outcome = "lost"
            elif contact.queued_at is not None:
                contact.outcome = "abandoned"
            else:
                contact.outcome = "self-served" if contact.answered_at is not None else "abandoned"
        contact.stage, contact.stage_at = "ended", self.state.now
        del self.state.contacts[contact.id]
        self.state.tell(contact, contact.outcome)
        self._keep(contact)

    # -- legs -------------------------------------------------------------------------------------------------------------------------

    def answer(self, contact: Contact) -> None:
        """Answer the caller."""
        leg = self.state.legs[contact.leg]
        if (new := next_leg_state(leg.state, "answer")) is not None:
            leg.state = new
            self.state.out.append(Answer(leg.line, leg.id))

    def release(self, leg: Leg, cause: Cause) -> None:
        """End a leg; it is gone when `Released` comes."""
        new = next_leg_state(leg.state, "release")
        if new is None:
            return
        rejected = leg.state is LegState.ARRIVED
        leg.state, leg.release_cause = new, cause
        self.state.out.append(Reject(leg.line, leg.id, cause) if rejected else Release(leg.line, leg.id, cause))

    def alerted(self, event: Alerted) -> None:
        """An originated leg rings."""
        leg = self.state.legs.get(event.leg)
        if leg is not None and (new := next_leg_state(leg.state, "Alerted")) is not None:
            leg.state = new
            if leg.agent:
                self.distribution.agent_alerted(leg)

    def answered(self, event: Answered) -> None:
        """A leg is through."""
        leg = self.state.legs.get(event.leg)
        if leg is None or (new := next_leg_state(leg.state, "Answered")) is None:
            return
        leg.state, leg.answered_at = new, self.state.now
        if leg.agent:
            self.distribution.agent_answered(leg)
            return
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
        if leg.agent:
            self.distribution.agent_leg_released(leg, cause)
        elif contact is not None:
            contact.leg, contact.cause = "", cause
            state.tell(contact, "released", f"{cause.name.lower().replace('_', ' ')}{' by the caller' if by_far_end else ''}")
            self.distribution.abandon(contact)
            if contact.script is not None:
                self.scripts.caller_gone(contact)
            else:
                self._close(contact)
        if station is not None:
            self.agents.station_changed(leg.station)

    def on_released(self, event: Released) -> None:
        """The line says that a leg is gone."""
        leg = self.state.legs.get(event.leg)
        if leg is not None:
            self.released(leg, event.cause, event.by_far_end)

    def play_ended(self, event: PlayEnded) -> None:
        """A play is over."""
        leg = self.state.legs.get(event.leg)
        if leg is None or leg.agent or event.play != leg.play:
            return
        leg.playing = False
        if (contact := self.state.contacts.get(leg.contact)) is not None:
            self.scripts.deliver(contact, event)

    def digit_heard(self, event: DigitHeard) -> None:
        """A key was pressed."""
        leg = self.state.legs.get(event.leg)
        if leg is not None and not leg.agent and leg.state is LegState.UP and (contact := self.state.contacts.get(leg.contact)) is not None:
            self.scripts.deliver(contact, event)

    # -- recordings -------------------------------------------------------------------------------------------------------------------

    def start_recording(self, contact: Contact, kind: str, agent_leg: str = "", max_s: float = 0.0) -> str:
        """Record the caller alone, or with the agent in the right channel; the result is the recording's ID."""
        state = self.state
        contact.recordings += 1
        id_ = f"{contact.id}-{contact.recordings}"
        day = datetime.fromtimestamp(state.wall(), UTC).strftime("%Y-%m-%d")
        file = f"{state.plan.recordings_dir}/{day}/{id_}.wav"
        row = records.Recording(id_, contact.id, kind, file, contact.agent if agent_leg else "", state.wall())
        contact.recording = id_
        state.recordings[id_] = (contact.line, row)
        state.out.append(row)
        state.out.append(StartRecording(contact.line, id_, file, contact.leg, agent_leg, max_s))
        return id_

    def stop_recording(self, contact: Contact) -> None:
        """End the contact's recording, if one is going on."""
        if contact.recording:
            self.state.out.append(StopRecording(contact.line, contact.recording))
            self._expect_end(contact)

    def _expect_end(self, contact: Contact) -> None:
        """The contact's recording ends now: a line that never says so (its leg was gone before it began) must not hold anything up."""
        line, id_, file = contact.line, contact.recording, ""
        contact.recording = ""
        if id_ in self.state.recordings:
            file = self.state.recordings[id_][1].file

        def give_up() -> None:
            if id_ in self.state.recordings:
                self.recording_ended(RecordingEnded(line, id_, file, 0.0, 0, "the line did not close it"))

        self.state.timers.set(self.state.now + _CLOSE_TIMEOUT_S, give_up)

    def recording_ended(self, event: RecordingEnded) -> None:
        """A recording is closed: complete its row, and tell the script if it was a message."""
        _, row = self.state.recordings.pop(event.recording, (None, None))
        row = row or self.state.left_recordings.pop(event.recording, None)
        if row is None:
            return
        done = "broken" if event.error else "complete"
        source = f"recording:{event.line}"
        if event.error:
            text = f"recording {row.id} on line '{event.line}' is not whole: {event.error}"
            self.state.raise_alarm(Severity.RED, source, text, "check the disk of the recordings; it clears with the next whole recording")
        elif source in self.state.alarms:
            self.state.clear_alarm(source)
        self.state.out.append(
            evolve(row, file=event.file, duration_s=event.duration_s, size_bytes=event.size_bytes, state=done, error=event.error)
        )
        contact = self.state.contacts.get(row.contact)
        if contact is not None:
            if contact.recording == row.id:
                contact.recording = ""
            if row.kind == "message":
                self.scripts.deliver(contact, event)
