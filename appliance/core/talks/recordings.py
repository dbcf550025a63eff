"""Recordings: messages, and the segments of conversations, from the command to the row that says what became of it."""

from datetime import UTC, datetime

from attrs import evolve

from appliance.core import records
from appliance.core.contact import Contact, ContactState
from appliance.core.scripts import Scripts
from appliance.core.state import State
from appliance.core.talks.conversation import MAIN, legs_in, rooms
from hal.api import LEGS_GONE, RecordingEnded, Severity, StartRecording, StopRecording

__all__ = ["Recordings"]

_CLOSE_TIMEOUT_S = 60.0
_DAY_S = 86_400.0


class Recordings:
    """The recordings of one engine."""

    def __init__(self, state: State, scripts: Scripts) -> None:
        """Record in this state; a script that waits for its message is told when that is closed."""
        self.state, self.scripts = state, scripts
        self._day = (-1, "")
        """Days since the epoch, and the folder of the recordings that begin then."""

    def start(self, contact: Contact, kind: str, legs: tuple[str, ...], max_s: float = 0.0) -> str:
        """Record the first leg into the left channel and the others into the right one; the result is the recording's ID."""
        state = self.state
        contact.recordings += 1
        id_ = f"{contact.id}-{contact.recordings}"
        file = f"{state.plan.recordings_dir}/{self._today()}/{id_}.wav"
        who = " ".join(state.legs[leg].party for leg in legs)
        agent = contact.agent if kind != "message" else ""
        row = records.Recording(id_, contact.id, kind, file, agent, state.wall(), participants=who)
        state.recordings[id_] = (contact.line, row)
        right = legs[1] if len(legs) > 1 else ""
        state.out += (row, StartRecording(contact.line, id_, file, legs[0], right, max_s, others=legs[2:]))
        return id_

    def _today(self) -> str:
        days = int(self.state.wall() // _DAY_S)
        if self._day[0] != days:
            self._day = (days, datetime.fromtimestamp(self.state.wall(), UTC).strftime("%Y-%m-%d"))
        return self._day[1]

    def follow(self, contact: Contact) -> None:
        """Record a conversation as it is now: one recording for each room, another one where the participants have changed."""
        recorded = (self.state.plan.record_calls or contact.on_demand) and contact.state in (ContactState.CONNECTED, ContactState.OUTSIDE)
        present: dict[int, tuple[str, ...]] = {}
        for room in rooms(contact.parties) if recorded else ():
            legs = legs_in(contact.parties, room, contact.leg)
            if len(legs) > 1 or (room == MAIN and contact.leg in legs):
                present[room] = legs
        for room, (id_, legs) in list(contact.segments.items()):
            if present.get(room) != legs:
                del contact.segments[room]
                self.stop(contact.line, id_)
        for room, legs in present.items():
            if room not in contact.segments:
                kind = "call" if room == MAIN else "consult"
                contact.segments[room] = (self.start(contact, kind, legs), legs)

    def message(self, contact: Contact, max_s: float) -> str:
        """Record what the caller says, alone."""
        contact.recording = self.start(contact, "message", (contact.leg,), max_s)
        return contact.recording

    def stop(self, line: str, recording: str) -> None:
        """End a recording; its row is completed when the line says that it is closed."""
        self.state.out.append(StopRecording(line, recording))
        self._expect_end(line, recording)

    def stop_message(self, contact: Contact) -> None:
        """End the message that is being recorded, if there is one."""
        recording, contact.recording = contact.recording, ""
        if recording:
            self.stop(contact.line, recording)

    def _expect_end(self, line: str, id_: str) -> None:
        """A recording ends now: a line that never says so (its leg was gone before it began) must not hold anything up."""
        file = self.state.recordings[id_][1].file if id_ in self.state.recordings else ""

        def give_up() -> None:
            if id_ in self.state.recordings:
                self.ended(RecordingEnded(line, id_, file, 0.0, 0, "the line did not close it"))

        self.state.timers.set(self.state.now + _CLOSE_TIMEOUT_S, give_up)

    def ended(self, event: RecordingEnded) -> None:
        """A recording is closed: complete its row, and tell the script if it was a message."""
        _, row = self.state.recordings.pop(event.recording, (None, None))
        row = row or self.state.left_recordings.pop(event.recording, None)
        if row is None:
            return
        empty = event.error == LEGS_GONE
        done = "empty" if empty else "broken" if event.error else "complete"
        file = "" if empty else event.file
        source = f"recording:{event.line}"
        if event.error and not empty:
            text = f"recording {row.id} on line '{event.line}' is not whole: {event.error}"
            self.state.raise_alarm(Severity.RED, source, text, "check the disk of the recordings; it clears with the next whole recording")
        elif not empty and source in self.state.alarms:
            self.state.clear_alarm(source)
        self.state.out.append(
            evolve(row, file=file, duration_s=event.duration_s, size_bytes=event.size_bytes, state=done, error=event.error)
        )
        contact = self.state.contacts.get(row.contact)
        if contact is not None:
            if contact.recording == row.id:
                contact.recording = ""
            for room, (id_, _) in list(contact.segments.items()):
                if id_ == row.id:
                    del contact.segments[room]
            if row.kind == "message":
                self.scripts.deliver(contact, event)
