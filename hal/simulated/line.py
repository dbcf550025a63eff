"""An open simulated line: commands in, events out, and a far end made of plain objects; see the package for what it does not model."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from hal.api import (
    LEGS_GONE,
    LONGEST_NUMBER,
    Alert,
    Answer,
    AnswerTransfer,
    Arrived,
    Capability,
    Cause,
    Command,
    Event,
    Group,
    Hold,
    LineAlarm,
    LineSetup,
    Listen,
    ListLegs,
    Mix,
    Originate,
    Play,
    PlayEnd,
    PlayEnded,
    RecordingEnded,
    RegistrationRefused,
    Reject,
    Release,
    Released,
    Retrieve,
    SendDigits,
    Severity,
    StartRecording,
    StationRegistered,
    StationUnregistered,
    StopListening,
    StopPlay,
    StopRecording,
    Transfer,
    UnsupportedCommand,
)
from hal.simulated.alone import Alone
from hal.simulated.channels import Channels
from hal.simulated.far_end import Party
from hal.simulated.hearing import Hearing
from hal.simulated.leg import NOBODY, LegState, Playing, SimulatedLeg
from hal.simulated.listing import listed
from hal.simulated.recording import SimulatedRecording, channels_of
from hal.simulated.spans import Spans

if TYPE_CHECKING:
    from hal.simulated.backend import SimulatedSettings

__all__ = ["SimulatedLine"]

_ARRIVED, _CALLED, _ANSWERING, _GONE = LegState.ARRIVED, LegState.CALLED, LegState.ANSWERING, LegState.GONE


class SimulatedLine:
    """A `hal.api.Line`. Its far end acts by `arrive`, `register` and `unregister`, a world with faults by `fail`, `crash` and `spans`."""

    def __init__(self, setup: LineSetup, fault: Callable[[], None]) -> None:
        """Made by `SimulatedBackend.open`; `fault` ends its block."""
        settings: SimulatedSettings = setup.settings
        self.name = setup.name
        self.capabilities: Capability = settings.capabilities
        self.settings = settings
        self._is_registrar = Capability.REGISTRAR in self.capabilities
        self.legs: dict[str, SimulatedLeg] = {}
        """Every leg that is not yet released, oldest first."""
        self.recordings: dict[str, SimulatedRecording] = {}
        self.stations: dict[str, dict[str, int]] = {}
        """Registered stations: address -> number of the registration."""
        self.events = 0
        """Events told so far."""
        self.is_open = True
        self.fault = ""
        """Why the line broke; empty: it did not."""
        self.now, self.schedule = settings.world()
        self.hearing = Hearing(self.schedule, settings.understand_s, settings.misheard, settings.seed, self.emit)
        self._broken = fault
        self._sink, self._secret = setup.sink, setup.secret
        self._far_end = settings.far_end
        self.channels = Channels(settings.channels)
        self.spans = Spans(self, self._release_leg)
        self._alone: Alone | None = None
        self._refused: dict[str, int] = {}
        self._registrations = 0
        verbs: dict[type[Command], Callable[[Any], None]] = {
            Alert: self._alert, Answer: self._answer, Reject: self._release, Release: self._release, Originate: self._originate,
            Play: self._play, StopPlay: self._stop_play, SendDigits: self._send_digits, StartRecording: self._start_recording,
            StopRecording: self._stop_recording, Mix: self._mix, Hold: self._hold, Retrieve: self._retrieve, Transfer: self._transfer,
            AnswerTransfer: self._answer_transfer, ListLegs: lambda command: self.emit(listed(self, command.listing)),
            Listen: lambda command: self.hearing.listen(command, self.legs.get(command.leg)),
            StopListening: lambda command: self.hearing.stop(command, self.legs.get(command.leg)),
        }  # fmt: skip
        self._verbs = {kind: verb for kind, verb in verbs.items() if kind.needs in self.capabilities}

    def submit(self, command: Command) -> None:
        """Do the command; see `hal.api.Line`."""
        verb = self._verbs.get(type(command))
        if verb is None:
            raise UnsupportedCommand(self.name, type(command).__name__, self.capabilities)
        verb(command)

    def groups(self) -> tuple[Group, ...]:
        """See `hal.api.Line.groups`: its channels, or where they have no number its legs."""
        return (self.channels.group(len(self.legs)),)

    def emit(self, event: Event) -> None:
        """Tell the core."""
        self.events += 1
        self._sink(event)

    # --- the far end acts -------------------------------------------------------------------------------------------------

    def arrive(self, party: Party, ani: str, dnis: str, *, station: str = "") -> SimulatedLeg:
        """Call the line from out in the network, or from one of its stations.

        Without a free channel, while the line is closed, or with a number too long, the party is told `released` before this returns,
        and the core nothing.
        """
        settings = self.settings
        leg = party.leg = SimulatedLeg(self, f"{self.name}-{next(settings.numbers)}", party, _ARRIVED, not station)
        leg.named = (ani, dnis, station)
        if len(ani) > LONGEST_NUMBER or len(dnis) > LONGEST_NUMBER:
            leg.depart()
            party.released(Cause.INVALID_NUMBER_FORMAT)
        elif (cause := self._taken(leg)) is not None:
            leg.depart()
            party.released(cause)
        elif settings.set_up_s > 0:
            self.legs[leg.id] = leg
            self.schedule(settings.set_up_s, partial(self._arrived, leg, ani, dnis, station))
        else:
            self.legs[leg.id] = leg
            self._arrived(leg, ani, dnis, station)
        return leg

    def _arrived(self, leg: SimulatedLeg, ani: str, dnis: str, station: str) -> None:
        if leg.state is _GONE:
            return
        if self._alone is not None:
            self._release_leg(leg, Cause.TEMPORARY_FAILURE)
        else:
            leg.known = True
            self.emit(Arrived(self.name, leg.id, ani, dnis, "" if station else self.settings.trunk or self.name, station))

    def _taken(self, leg: SimulatedLeg) -> Cause | None:
        """Why the call does not come through; None: it has its channel."""
        if not self.is_open:
            return Cause.NETWORK_OUT_OF_ORDER
        if self._alone is not None:
            return Cause.TEMPORARY_FAILURE
        if leg.trunk and self.channels.number:
            leg.channel = self.channels.seize()
            return None if leg.channel else Cause.NO_CIRCUIT_AVAILABLE
        return None

    def register(self, station: str, password: str = "", *, address: str = "simulated", expires_s: float = 0.0) -> bool:
        """Log a phone in; it is reachable when this returns True, for `expires_s` (0: until it logs out)."""
        secret = self._secret(f"station:{station}")
        failures = self._refused.get(address, 0)
        limit = self.settings.ban_after
        if secret is None or secret != password or 0 < limit <= failures:
            self._refused[address] = failures = failures + 1
            self.emit(RegistrationRefused(self.name, station, address, 0 < limit <= failures))
            return False
        self._registrations += 1
        number = self.stations.setdefault(station, {})[address] = self._registrations
        if expires_s > 0:
            self.schedule(expires_s, partial(self._expired, station, address, number))
        self.emit(StationRegistered(self.name, station, address))
        return True

    def unregister(self, station: str, *, address: str = "simulated") -> None:
        """Log a phone out."""
        contacts = self.stations.get(station)
        if contacts is not None and contacts.pop(address, None) is not None and not contacts:
            del self.stations[station]
            self.emit(StationUnregistered(self.name, station))

    def _expired(self, station: str, address: str, number: int) -> None:
        if self.stations.get(station, {}).get(address) == number:
            self.unregister(station, address=address)

    # --- faults -----------------------------------------------------------------------------------------------------------

    def crash(self, what: str = "worker", advice: str = "") -> None:
        """Lose every call at once, as when the process dies that carries them; the line itself stays open."""
        self.emit(LineAlarm(self.name, Severity.RED, what, f"{what} of line '{self.name}' crashed with {len(self.legs)} legs", advice))
        self._lose_all(Cause.NETWORK_OUT_OF_ORDER)
        self.emit(LineAlarm(self.name, Severity.RED, what, f"{what} of line '{self.name}' was replaced", cleared=True))

    def fail(self, reason: str) -> None:
        """Break the line as a whole: `LineFault` is raised out of the block in which it is open."""
        self.fault = reason
        self.shut(Cause.NETWORK_OUT_OF_ORDER)
        self._broken()

    def shut(self, cause: Cause) -> None:
        """Release everything and take no more calls."""
        if self.is_open:
            self.is_open = False
            self._lose_all(cause)
            if self._far_end is not None:
                self._far_end.closed(self)

    def leave(self) -> None:
        """The core is gone without a word: go on alone until the next one is there, or for `orphan_s`."""
        self._alone = Alone(self)
        self._sink = self._alone.sink
        for leg in self.legs.values():
            leg.listening = None  # the next one knows nothing of it

    def found_again(self, setup: LineSetup, fault: Callable[[], None]) -> None:
        """Another core is there."""
        alone, self._alone = self._alone, None
        self._sink, self._secret, self._broken = setup.sink, setup.secret, fault
        if alone is not None:
            alone.tell()

    def _lose_all(self, cause: Cause) -> None:
        for leg in list(self.legs.values()):
            if leg.state is not _GONE:
                self._release_leg(leg, cause)

    # --- the core commands: calls -----------------------------------------------------------------------------------------

    def _alert(self, command: Alert) -> None:
        leg = self.legs.get(command.leg)
        if leg is not None and leg.state is _ARRIVED:
            leg.party.ringing(command.early_media)

    def _answer(self, command: Answer) -> None:
        leg = self.legs.get(command.leg)
        if leg is None or leg.state is not _ARRIVED:
            return
        leg.state = _ANSWERING
        if self.settings.answer_s > 0:
            self.schedule(self.settings.answer_s, partial(self._answered, leg))
        else:
            self._answered(leg)

    def _answered(self, leg: SimulatedLeg) -> None:
        if leg.state is not _GONE:
            leg.party.answered()
            leg.confirm()

    def _release(self, command: Release | Reject) -> None:
        leg = self.legs.get(command.leg)
        if leg is not None:
            self._release_leg(leg, command.cause)

    def _release_leg(self, leg: SimulatedLeg, cause: Cause) -> None:
        party = leg.party
        self._gone(leg)
        party.released(cause)
        self._tell_released(leg, cause, False)

    def far_end_released(self, leg: SimulatedLeg, cause: Cause) -> None:
        """The party has hung up, or not taken the call."""
        if leg.cut:  # nobody hears of it
            leg.party = NOBODY
            return
        self._gone(leg)
        self._tell_released(leg, cause, True)

    def far_end_vanished(self, leg: SimulatedLeg) -> None:
        """Nothing comes from the party any more."""
        if self.settings.silence_s > 0:
            self.schedule(self.settings.silence_s, partial(self._silent, leg))

    def _silent(self, leg: SimulatedLeg) -> None:
        if leg.state is _GONE:
            return
        if leg.held or leg.held_by_party:
            self.far_end_vanished(leg)
        else:
            self.far_end_released(leg, Cause.DESTINATION_OUT_OF_ORDER)

    def _gone(self, leg: SimulatedLeg) -> None:
        del self.legs[leg.id]
        leg.depart()
        if leg.channel:
            self.channels.free(leg.channel)

    def _tell_released(self, leg: SimulatedLeg, cause: Cause, by_far_end: bool) -> None:
        if leg.known:
            self.emit(Released(self.name, leg.id, cause, by_far_end))
        if leg.recordings is not None:
            for recording in list(leg.recordings):
                if all(each.state is _GONE for each in recording.legs()):
                    self._end_recording(recording)

    def _originate(self, command: Originate) -> None:
        if command.leg in self.legs:  # it was told twice
            return
        leg = SimulatedLeg(self, command.leg, NOBODY, _CALLED, not command.to.startswith("station:"))
        leg.known = True
        leg.auto_answer = command.auto_answer
        kind, _, name = command.to.partition(":")
        leg.named = (command.ani, name, name if kind == "station" else "")
        if (cause := self._taken(leg)) is not None:
            leg.depart()
            self.emit(Released(self.name, leg.id, cause, False))
            return
        self.legs[leg.id] = leg
        if self.settings.set_up_s > 0:
            self.schedule(self.settings.set_up_s, partial(self._reach, leg, command))
        else:
            self._reach(leg, command)

    def _reach(self, leg: SimulatedLeg, command: Originate) -> None:
        if leg.state is _GONE:
            return
        kind, _, name = command.to.partition(":")
        if self._far_end is None or (self._is_registrar and kind == "station" and name not in self.stations):
            taken: Party | Cause = Cause.DESTINATION_OUT_OF_ORDER
        else:
            taken = self._far_end.called(leg, command.to, command.ani, command.display)
        if isinstance(taken, Cause):
            self.far_end_released(leg, taken)
        else:
            leg.party, taken.leg = taken, leg
            taken.called()

    def _transfer(self, command: Transfer) -> None:
        leg = self.legs.get(command.leg)
        if leg is not None:
            self._release_leg(leg, Cause.NORMAL_CLEARING)
            if self._far_end is not None:
                self._far_end.transferred(leg, command.to)

    def _answer_transfer(self, command: AnswerTransfer) -> None:
        leg = self.legs.get(command.leg)
        if leg is not None and leg.transfer_asked:
            leg.transfer_asked = False
            leg.party.transfer_answered(command.cause)

    # --- the core commands: speech ----------------------------------------------------------------------------------------

    def _play(self, command: Play) -> None:
        leg = self.legs.get(command.leg)
        if leg is None:
            return
        if leg.playing is not None:
            self._end_play(leg, leg.playing, PlayEnd.STOPPED)
        duration_of = self.settings.duration_of
        files = []
        for file in command.files:
            length = duration_of(file)
            if length is None:
                self.emit(PlayEnded(self.name, leg.id, command.play, PlayEnd.FAILED))
                return
            files.append((file, length))
        leg.playing = playing = Playing(command.play, tuple(files), command.loop)
        if self.settings.prompt_start_s > 0:
            self.schedule(self.settings.prompt_start_s, partial(self._sounds, leg, playing, command.files))
        else:
            self._sounds(leg, playing, command.files)

    def _sounds(self, leg: SimulatedLeg, playing: Playing, files: tuple[str, ...]) -> None:
        if leg.playing is not playing:
            return
        playing.since = self.now()
        leg.party.playing(playing.play, files, playing.loop)
        if not playing.loop:
            length = 0.0
            for _, each in playing.files:
                length += each
            if length > 0:
                self.schedule(length, partial(self._end_play, leg, playing, PlayEnd.COMPLETED))
            else:
                self._end_play(leg, playing, PlayEnd.COMPLETED)

    def _end_play(self, leg: SimulatedLeg, playing: Playing, end: PlayEnd) -> None:
        if leg.playing is playing:
            leg.playing = None
            leg.party.play_ended(playing.play)
            self.emit(PlayEnded(self.name, leg.id, playing.play, end))

    def _stop_play(self, command: StopPlay) -> None:
        leg = self.legs.get(command.leg)
        if leg is not None and leg.playing is not None and leg.playing.play == command.play:
            self._end_play(leg, leg.playing, PlayEnd.STOPPED)

    def _send_digits(self, command: SendDigits) -> None:
        leg = self.legs.get(command.leg)
        if leg is not None:
            leg.party.digits(command.digits)

    def _mix(self, command: Mix) -> None:
        legs = self.legs
        for id_, hears in command.hears.items():
            leg = legs.get(id_)
            if leg is not None:
                leg.hears = hears
                leg.party.mixed(hears)

    def _hold(self, command: Hold) -> None:
        leg = self.legs.get(command.leg)
        if leg is not None and not leg.held:
            leg.held = True
            leg.party.held()

    def _retrieve(self, command: Retrieve) -> None:
        leg = self.legs.get(command.leg)
        if leg is not None and leg.held:
            leg.held = False
            leg.party.retrieved()

    def _start_recording(self, command: StartRecording) -> None:
        if command.recording in self.recordings:
            return
        channels = channels_of(command, self.legs)
        why = ""
        if not any(channels):
            why = LEGS_GONE
        elif not self.settings.writable(command.file):
            why = "the file cannot be written"
        if why:
            self.emit(RecordingEnded(self.name, command.recording, command.file, 0.0, 0, why))
            return
        recording = SimulatedRecording(command.recording, command.file, channels, self.now())
        self.recordings[command.recording] = recording
        for leg in recording.legs():
            leg.recordings = [*(leg.recordings or ()), recording]
        if command.max_s > 0:
            self.schedule(command.max_s, partial(self._end_recording, recording))
        if command.beep and command.left in self.legs:
            self.legs[command.left].party.beep()

    def _stop_recording(self, command: StopRecording) -> None:
        if (recording := self.recordings.get(command.recording)) is not None:
            self._end_recording(recording)

    def _end_recording(self, recording: SimulatedRecording) -> None:
        if self.recordings.pop(recording.id, None) is not recording:
            return
        for leg in recording.legs():  # held by each other, both would be garbage for the collector
            leg.recordings = [each for each in leg.recordings or () if each is not recording]
        duration_s = self.now() - recording.since
        if self._far_end is not None:
            self._far_end.recorded(recording)
        self.emit(RecordingEnded(self.name, recording.id, recording.file, duration_s, recording.size_bytes(duration_s)))
