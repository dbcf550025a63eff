"""Plays and recordings of one worker.

A recorder without a source writes nothing, so each is connected to a player of silence as long as it lives: both sides of a recording stay
equally long and aligned from its start.
"""

import contextlib
import json
import logging
import os
import wave
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import attrs
import pjsua2 as pj

from hal.api import LEGS_GONE, Play, PlayEnd, PlayEnded, StartRecording, StopPlay, StopRecording
from hal.sip.recordings import manifest_path
from hal.sip.wire import RecordingClosed
from hal.sip.worker.endpoint import reason_of
from hal.sip.worker.patchbay import Patchbay

__all__ = ["Speech"]

MOST_FILES = 64
"""At once in a player: of one PJSIP play list (MAX_FILE_NAMES in pjsua2/media.cpp)."""
SHORTEST_BYTES = 400
"""PJMEDIA refuses less than 25 ms."""
NO_LOOP = 1  # PJMEDIA_FILE_NO_LOOP
BEEP_S = 0.3
CLOSE_AGAIN_S = 0.01
CLOSE_S = 2.0

log = logging.getLogger("hotline.sip.worker")


class _Player(pj.AudioMediaPlayer):  # type: ignore[misc] # pjsua2 has no annotations
    ended: Callable[[], None]

    def onEof2(self) -> None:
        """PJSUA2, on a thread of its own."""
        self.ended()


@attrs.define(eq=False)
class _Playing:
    leg: str
    play: int
    files: list[str]
    loop: bool
    player: Any = None
    next: int = 0
    """Index of the first file that is not in the player."""


@attrs.define(eq=False)
class _Recording:
    id: str
    file: str
    channels: list[tuple[str, ...]]
    """The legs in each channel."""
    parts: list[str]
    recorders: list[Any] = attrs.field(factory=list)
    closing: bool = False


class Speech:
    """What is played into legs and recorded from them."""

    def __init__(
        self,
        line: str,
        run: Path,
        patchbay: Patchbay,
        tell: Callable[[Any], None],
        later: Callable[[float, Callable[[], None]], None],
        bury: Callable[..., None],
        post: Callable[..., None],
        alive: Callable[[str], bool],
    ) -> None:
        self._alive = alive
        self._line = line
        self._run = run
        self._patchbay = patchbay
        self._tell = tell
        self._later = later
        self._bury = bury
        self._post = post
        self._plays: dict[str, _Playing] = {}
        self._checked: dict[str, tuple[int, int, bool]] = {}
        self.recordings: dict[str, _Recording] = {}
        self.unstored: dict[str, RecordingClosed] = {}
        """Written, and not yet taken over by the core."""
        self._told: set[str] = set()
        """Of these, those that were so at the last listing."""
        self._silence: Any = None

    def open(self) -> None:
        """Start the silence; needs PJSIP running."""
        file = self._run / f"silence.{os.getpid()}.wav"
        with wave.open(str(file), "wb") as out:
            out.setparams((1, 2, 8000, 8000, "NONE", ""))
            out.writeframes(bytes(16000))
        self._silence = pj.AudioMediaPlayer()
        self._silence.createPlayer(str(file), 0)
        file.unlink()
        self._patchbay.plug("silence", self._silence)

    # --- playing ------------------------------------------------------------------------------------------------------

    def play(self, command: Play) -> None:
        """Play files into a leg."""
        if not self._alive(command.leg):
            return
        self._end_play(command.leg, PlayEnd.STOPPED)
        files = [f for f in command.files if self._has_sound(f)]
        if None in (good := [self._good(f) for f in command.files]) or not command.files:
            log.warning(
                "%s: play %d: %s",
                command.leg,
                command.play,
                "; ".join(_why(f) for f, ok in zip(command.files, good, strict=True) if ok is None),
            )
            self._tell(PlayEnded(self._line, command.leg, command.play, PlayEnd.FAILED))
            return
        if not files:
            self._tell(PlayEnded(self._line, command.leg, command.play, PlayEnd.COMPLETED))
            return
        self._plays[command.leg] = playing = _Playing(command.leg, command.play, files, command.loop)
        self._patchbay.want(("play", command.leg), command.leg)
        self._load(playing)

    def _load(self, playing: _Playing) -> None:
        """Put the next files into a player; one that repeats by itself needs no call-back."""
        batch = playing.files[playing.next : playing.next + MOST_FILES]
        playing.next += len(batch)
        forever = playing.loop and len(playing.files) <= MOST_FILES
        player = pj.AudioMediaPlayer() if forever else _Player()
        options = 0 if forever else NO_LOOP
        if not forever:
            number = playing.next  # not the player itself: that would be a cycle, and its file stay open until the collector comes
            player.ended = lambda: self._post("played", playing, number)
        try:
            if len(batch) == 1:
                player.createPlayer(batch[0], options)
            elif forever:
                names = pj.StringVector()
                for name in batch:
                    names.append(name)
                player.createPlaylist(names, f"{playing.leg}", options)
            else:
                with _joined(batch) as file:
                    player.createPlayer(file, options)
        except (pj.Error, OSError, EOFError, wave.Error) as error:
            log.warning("%s: play %d: %s", playing.leg, playing.play, reason_of(error) if isinstance(error, pj.Error) else error)
            self._end_play(playing.leg, PlayEnd.FAILED)
            return
        playing.player = player
        self._patchbay.plug(("play", playing.leg), player)

    def on_played(self, playing: _Playing, number: int) -> None:
        """The player that ends before file `number` came to its end."""
        if self._plays.get(playing.leg) is not playing or playing.next != number:
            return
        if playing.next >= len(playing.files):
            if not playing.loop:
                self._end_play(playing.leg, PlayEnd.COMPLETED)
                return
            playing.next = 0
        self._patchbay.unplug(("play", playing.leg))
        self._bury(playing.player)
        self._load(playing)

    def stop_play(self, command: StopPlay) -> None:
        """Stop a play if it is still the one going on."""
        if (playing := self._plays.get(command.leg)) and playing.play == command.play:
            self._end_play(command.leg, PlayEnd.STOPPED)

    def play_on(self, leg: str) -> int:
        """Number of the play going on there; 0: none does."""
        playing = self._plays.get(leg)
        return 0 if playing is None else playing.play

    def _end_play(self, leg: str, end: PlayEnd | None) -> None:
        playing = self._plays.pop(leg, None)
        if playing is None:
            return
        self._patchbay.drop(("play", leg))
        self._bury(playing.player)
        playing.player = None
        if end is not None:
            self._tell(PlayEnded(self._line, leg, playing.play, end))

    def _good(self, file: str) -> bool | None:
        """None for a file that cannot be played; False for one too short to be heard."""
        try:
            stat = os.stat(file)  # noqa: PTH116 - thousands a second
            seen = self._checked.get(file)
            if seen is None or seen[:2] != (stat.st_mtime_ns, stat.st_size):
                with wave.open(file, "rb") as sound:
                    right = (sound.getnchannels(), sound.getsampwidth(), sound.getframerate()) == (1, 2, 8000)
                    enough = sound.getnframes() * 2 >= SHORTEST_BYTES
                if not right:
                    return None
                if len(self._checked) > 10_000:
                    self._checked.clear()
                self._checked[file] = seen = (stat.st_mtime_ns, stat.st_size, enough)
            return seen[2]
        except (OSError, EOFError, wave.Error):
            return None

    def _has_sound(self, file: str) -> bool:
        return bool(self._good(file))

    # --- recording ----------------------------------------------------------------------------------------------------

    def record(self, command: StartRecording) -> None:
        """Start a recording of those of its legs that are there."""
        if command.recording in self.recordings or command.recording in self.unstored:
            return
        right = dict.fromkeys(leg for leg in (command.right, *command.others) if leg)
        sides = [(command.left,), tuple(right)] if right else [(command.left,)]
        parts = [f"{command.file}.{number}.part.wav" for number in range(len(sides))]
        recording = _Recording(command.recording, command.file, [tuple(filter(self._alive, side)) for side in sides], parts)
        self.recordings[command.recording] = recording
        if not any(recording.channels):
            self._failed(recording, LEGS_GONE)
            return
        try:
            Path(command.file).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._note(RecordingClosed(recording.id, recording.file, recording.parts))
        except OSError as error:
            self._failed(recording, str(error))
            return
        if command.beep and self._alive(command.left):
            self._beep(command.left)
        self._start(recording, command.max_s)

    def _note(self, closed: RecordingClosed) -> None:
        note = manifest_path(self._run, self._line, closed.recording)
        passing = note.with_suffix(".new")
        passing.write_text(json.dumps(attrs.asdict(closed)))
        passing.replace(note)

    def _start(self, recording: _Recording, max_s: float) -> None:
        for number, (legs, part) in enumerate(zip(recording.channels, recording.parts, strict=True)):
            recorder = pj.AudioMediaRecorder()
            try:
                recorder.createRecorder(part)
            except pj.Error as error:
                self._failed(recording, f"{part}: {reason_of(error)}")
                return
            recording.recorders.append(recorder)
            key = ("record", recording.id, number)
            self._patchbay.plug(key, recorder)
            self._patchbay.want("silence", key)
            for leg in legs:
                self._patchbay.want(leg, key)
        if max_s:
            self._later(max_s, lambda: self._stop(recording))

    def _beep(self, leg: str) -> None:
        tones = pj.ToneGenerator()
        tones.createToneGenerator(8000, 1)
        vector = pj.ToneDescVector()
        tone = pj.ToneDesc()
        tone.freq1, tone.freq2, tone.on_msec, tone.off_msec, tone.volume = 1000, 0, int(BEEP_S * 800), 0, 0
        vector.append(tone)
        tones.play(vector)
        self._patchbay.plug(("beep", leg), tones)
        self._patchbay.want(("beep", leg), leg)

        def over() -> None:
            self._patchbay.drop(("beep", leg))
            self._bury(tones)

        self._later(BEEP_S, over)

    def stop_recording(self, command: StopRecording) -> None:
        """End a recording."""
        if recording := self.recordings.get(command.recording):
            self._stop(recording)

    def _stop(self, recording: _Recording) -> None:
        if recording.closing:
            return
        recording.closing = True
        for number, recorder in enumerate(recording.recorders):
            self._patchbay.drop(("record", recording.id, number))
            self._bury(recorder, at_once=True)
        recording.recorders.clear()
        self._close(recording, CLOSE_S)

    def _close(self, recording: _Recording, left_s: float) -> None:
        """The bridge lets go of a recorder with its next frame; then the header of the file is written."""
        if left_s > 0 and not all(_whole(part) for part in recording.parts):
            self._later(CLOSE_AGAIN_S, lambda: self._close(recording, left_s - CLOSE_AGAIN_S))
            return
        self._closed(recording, "")

    def _failed(self, recording: _Recording, error: str) -> None:
        recording.closing = True
        for number, recorder in enumerate(recording.recorders):
            self._patchbay.drop(("record", recording.id, number))
            self._bury(recorder)
        self._closed(recording, error)

    def _closed(self, recording: _Recording, error: str) -> None:
        self.recordings.pop(recording.id, None)
        self.unstored[recording.id] = closed = RecordingClosed(recording.id, recording.file, recording.parts, error, whole=True)
        with contextlib.suppress(OSError):  # if there is no core now, the next one finds the note; else it is not needed
            self._note(closed)
        self._tell(closed)

    def tell_again(self) -> None:
        """Recordings that nobody has taken over since the last listing are told once more."""
        for recording in self._told & self.unstored.keys():
            self._tell(self.unstored[recording])
        self._told = set(self.unstored)

    # --- ends ---------------------------------------------------------------------------------------------------------

    def leg_gone(self, leg: str) -> None:
        """A leg is released: its play is over, and each recording none of whose legs is left."""
        self._end_play(leg, None)
        for recording in list(self.recordings.values()):
            legs = [each for channel in recording.channels for each in channel]
            if leg in legs and not any(map(self._alive, legs)):
                self._stop(recording)

    def end_all(self) -> None:
        """End all recordings."""
        for recording in list(self.recordings.values()):
            self._stop(recording)


@contextlib.contextmanager
def _joined(files: list[str]) -> Iterator[str]:
    """These one after the other as one file, in memory.

    A play list of PJSIP ends when the last of it was read, up to a quarter of a second before that was played; one file ends when it was.
    """
    with os.fdopen(os.memfd_create("speech"), "w+b") as memory:
        with wave.open(memory, "wb") as out:
            out.setparams((1, 2, 8000, 0, "NONE", ""))
            for file in files:
                with wave.open(file, "rb") as sound:
                    out.writeframes(sound.readframes(sound.getnframes()))
        memory.flush()
        yield f"/proc/self/fd/{memory.fileno()}"


def _why(file: str) -> str:
    return f"'{file}' is not there" if not Path(file).exists() else f"'{file}' is not a WAV file of 8 kHz, 16 bit, one channel"


def _whole(part: str) -> bool:
    """True once the sizes stand in a WAV file's header, or if there is no file at all."""
    try:
        with Path(part).open("rb") as file:
            head = file.read(8)
    except FileNotFoundError:
        return True
    return len(head) == 8 and head[4:8] != b"\0\0\0\0"
