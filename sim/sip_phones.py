"""Telephones that are real: a SIP line of our own on which all callers and agents' phones of a world live, speaking to a running centre.

Callers are calls to `sip:NUMBER@centre` with a number of their own; each agent's phone is logged in at the centre's registrar. Both say
a tone while they talk, so that recordings hold something. What each caller hears in the first seconds is recorded, and the moment at which
it begins to sound is when the prompt started. Callers cannot tell prompts from music: they press keys a moment after the answer or after
the key before. Nobody recognises a voicemail: who is led there hangs up when his patience ends.
"""

import array
import math
import wave
from pathlib import Path

from hal.api import (
    Alert,
    Answer,
    Answered,
    Arrived,
    Cause,
    Event,
    Line,
    LineAlarm,
    Originate,
    Play,
    RecordingEnded,
    Reject,
    Release,
    Released,
    SendDigits,
    StartRecording,
)
from hal.simulated import Party
from sim.callers import Caller
from sim.world import World

__all__ = ["SipPhones", "onset_s", "write_tone"]

LINE = "world"
_LISTENS_S = 6.0
"""So long is recorded of what a caller hears first."""
_PROMPT_SOUNDS_S = 0.05
"""A caller takes it that a prompt sounds so long after the answer, and after a key."""
_FRAME_S = 0.01
_LOUD = 80.0
"""Mean amplitude of a frame (of 32767) that is sound and not the noise of a codec: -52 dBFS."""


class SipPhones:
    """Telephones on one SIP line (`sim.phones.Phones`)."""

    reaches_callers = False
    """The centre has no line on which our callers could be called."""

    def __init__(self, centre: str, folder: Path, stations: frozenset[str]) -> None:
        """`centre` is its host and port, `folder` a place for passing files, `stations` the phones played here."""
        self.centre, self.folder, self.stations = centre, folder, stations
        self.world: World
        self.line: Line
        self.alarms: list[str] = []
        self.events = 0
        self._count = 0
        self._legs: dict[str, SipLeg] = {}
        self._listening: dict[str, tuple[Caller, float]] = {}
        self._tones = {name: str(write_tone(folder / f"{name}.wav", hertz)) for name, hertz in (("caller", 420), ("agent", 610))}

    # --- sim.phones.Phones ----------------------------------------------------------------------------------------------------------

    def call(self, caller: Party, ani: str, dnis: str, line: str) -> None:  # noqa: ARG002 - real calls come in where the address leads
        """See `Phones`."""
        self._dial(caller, ani, dnis)

    def dial(self, party: Party, station: str, code: str) -> None:
        """See `Phones`."""
        self._dial(party, station, code)

    def _dial(self, party: Party, ani: str, to: str) -> None:
        self._count += 1
        leg = SipLeg(self, f"w{self._count}", party)
        party.leg = leg
        self._legs[leg.id] = leg
        self.line.submit(Originate(LINE, leg.id, f"sip:{to.replace('#', '%23')}@{self.centre}", ani))

    def power(self, station: str, on: bool) -> None:
        """See `Phones`; a phone without power is one that says nothing: its log-in at the centre lasts on, as a real one's would."""

    # --- the line tells -------------------------------------------------------------------------------------------------------------

    def sink(self, event: Event) -> None:
        """Take an event of the line."""
        self.events += 1
        if isinstance(event, Arrived):
            self._arrived(event)
        elif isinstance(event, Answered):
            self._answered(event.leg)
        elif isinstance(event, Released):
            leg = self._legs.pop(event.leg, None)
            if leg is not None and not leg.over:
                leg.over = True
                leg.party.released(event.cause)
        elif isinstance(event, RecordingEnded):
            self._listened(event)
        elif isinstance(event, LineAlarm) and not event.cleared:
            self.alarms.append(event.text)

    def _arrived(self, event: Arrived) -> None:
        taken = self.world.called(f"station:{event.dnis}", event.ani)
        if isinstance(taken, Cause):
            self.line.submit(Reject(LINE, event.leg, taken))
            return
        leg = self._legs[event.leg] = SipLeg(self, event.leg, taken)
        taken.leg = leg
        taken.called()

    def _answered(self, id_: str) -> None:
        leg = self._legs.get(id_)
        if leg is None or leg.over:
            return
        if leg.picked_up:
            self.line.submit(Play(LINE, leg.id, 1, (self._tones["agent"],), loop=True))
            return
        party = leg.party
        if isinstance(party, Caller):
            self._listening[leg.id] = (party, self.world.env.now)
            self.line.submit(StartRecording(LINE, leg.id, str(self.folder / f"{leg.id}.wav"), leg.id, max_s=_LISTENS_S))
            self.line.submit(Play(LINE, leg.id, 1, (self._tones["caller"],), loop=True))
        party.answered()
        self.prompt_sounds(leg)

    def prompt_sounds(self, leg: "SipLeg") -> None:
        """Let a caller go on to the next key."""

        def sounds() -> None:
            if not leg.over:
                leg.party.playing(0, (), False)

        if isinstance(leg.party, Caller):
            self.world.after(_PROMPT_SOUNDS_S, sounds)

    def _listened(self, event: RecordingEnded) -> None:
        caller, since = self._listening.pop(event.recording, (None, 0.0))
        file = Path(event.file)
        if caller is not None and not event.error and file.exists():
            onset = onset_s(file)
            caller.prompt_at = None if onset is None else since + onset
        file.unlink(missing_ok=True)

    @property
    def waited_for(self) -> list[str]:
        """Recordings of what callers heard that are still to come."""
        return list(self._listening)


class SipLeg:
    """One party's connection; see `hal.simulated.Connection`."""

    def __init__(self, phones: SipPhones, id_: str, party: Party) -> None:
        """Made by the phones."""
        self.phones, self.id, self.party = phones, id_, party
        self.over = self.picked_up = False

    def ring(self) -> None:
        """See `Connection`."""
        self.phones.line.submit(Alert(LINE, self.id))

    def answer(self) -> None:
        """See `Connection`."""
        self.picked_up = True
        self.phones.line.submit(Answer(LINE, self.id))

    def refuse(self, cause: Cause = Cause.USER_BUSY) -> None:
        """See `Connection`."""
        self.over = True
        self.phones.line.submit(Reject(LINE, self.id, cause))

    def press(self, digits: str) -> None:
        """See `Connection`."""
        self.phones.line.submit(SendDigits(LINE, self.id, digits))
        self.phones.prompt_sounds(self)

    def hang_up(self, cause: Cause = Cause.NORMAL_CLEARING) -> None:
        """See `Connection`."""
        self.over = True
        self.phones.line.submit(Release(LINE, self.id, cause))


def onset_s(file: Path) -> float | None:
    """Where sound begins in a recording, in seconds; None: it is silent."""
    with wave.open(str(file)) as sound:
        rate, channels = sound.getframerate(), sound.getnchannels()
        samples = array.array("h", sound.readframes(sound.getnframes()))
    step = int(rate * _FRAME_S) * channels
    for begin in range(0, len(samples) - step + 1, step):
        if sum(map(abs, samples[begin : begin + step])) / step > _LOUD:
            return float(begin / channels / rate)
    return None


def write_tone(file: Path, hertz: int, length_s: float = 1.0, rate: int = 8000) -> Path:
    """A WAV file with a quiet tone."""
    samples = array.array("h", (round(3000 * math.sin(2 * math.pi * hertz * n / rate)) for n in range(int(length_s * rate))))
    with wave.open(str(file), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(rate)
        sound.writeframes(samples.tobytes())
    return file
