"""The files that are played: recordings where there are some, rendered speech and sounds otherwise, each made once and kept.

A file's name holds a hash of everything that shapes its content - text, voice, recipe, or the recording it was made from - so that a
changed text is a new file and nothing is ever stale. Files appear whole or not at all, and several processes may fill one folder.
"""

import hashlib
import os
import re
import tempfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from appliance.core.saying import PAUSES
from appliance.prompts.music import beep, ringback, wait_music
from appliance.prompts.rendering import make_all
from appliance.prompts.sound import RATE, at_level, duration_s, parse_wav, resampled, to_wav
from appliance.prompts.speech import RECIPE, CannotReadError, SpeechError, part_sound
from appliance.prompts.voices import DEFAULT, Voice, provider_of, to_speech
from appliance.prompts.words import PAUSE_S, Piece

__all__ = ["Library", "Progress"]

Progress = Callable[[int, int, Piece], None]
"""Told after each piece: how many are made, how many there are to make, and which one it was."""

_SOUND_RECIPE = 1
_SOUNDS = {"beep": beep, "ringback": ringback, "wait-music": wait_music}


class Library:
    """A folder of files to play. Making them takes time, about 1 s of a processor for 30 s of speech: call `render` where one may wait."""

    def __init__(self, cache: Path | str, recorded: Path | str = "", voices: Mapping[str, Voice] | None = None) -> None:
        """Keep files in `cache`.

        `recorded` is a folder with recordings (`Piece.stem`.wav) that come before rendered speech; `voices` says who speaks a language,
        where it is not espeak-ng.
        """
        self.cache = Path(cache)
        self.recorded = Path(recorded) if recorded else None
        self.voices = dict(voices or {})

    def file(self, piece: Piece) -> str:
        """The file of a piece, whether or not it is made yet."""
        recording = self._recording(piece)
        if recording is not None:
            seed = f"{'part' if piece.joined else 'recording'} {RECIPE}\n".encode() + recording.read_bytes()
        elif piece.text:
            voice = self._voice(piece)
            spoken = f"{provider_of(voice)} {voice.key(piece.language, piece.joined)}"
            seed = f"{'part' if piece.joined else 'speech'} {RECIPE}\n{spoken}\n{piece.text}".encode()
        else:
            seed = f"sound {_SOUND_RECIPE}".encode()
        safe = re.sub(r"[^A-Za-z0-9._-]", "_", piece.stem)
        return str(self.cache / f"{safe}.{hashlib.sha256(seed).hexdigest()[:16]}.wav")

    def missing(self, pieces: Iterable[Piece]) -> list[Piece]:
        """Those of the pieces that are not made yet."""
        return [piece for piece in pieces if not Path(self.file(piece)).is_file()]

    def render(self, pieces: Iterable[Piece], progress: Progress | None = None, *, aside: bool = False) -> int:
        """Make what is missing, on all processors when that is much, and say how many that were; `aside`: always in other processes.

        Raises:
            SpeechError: something cannot be made, or a recording cannot be used; what was made until then stays. It names the piece.

        """
        missing = self.missing(pieces)
        if missing:
            self.cache.mkdir(parents=True, exist_ok=True)
        for number, piece in enumerate(make_all(missing, self, aside=aside), 1):
            if progress is not None:
                progress(number, len(missing), piece)
        return len(missing)

    def inside(self, piece: Piece) -> bool:
        """Whether making it would run a voice within this process that can take it down."""
        return bool(piece.text) and self._recording(piece) is None and self._voice(piece).inside

    def make(self, piece: Piece) -> None:
        """Make one piece, whether or not it is there. Raises as `render` does."""
        try:
            self._keep(Path(self.file(piece)), self._content(piece))
        except CannotReadError as error:
            raise CannotReadError(f"prompt '{piece.stem}': {error}") from None
        except SpeechError as error:
            raise SpeechError(f"prompt '{piece.stem}': {error}") from None

    def duration_s(self, file: str) -> float:
        """Length of a file in seconds; OSError when it is not there."""
        return duration_s(file)

    def _voice(self, piece: Piece) -> Voice:
        return self.voices.get(piece.language, DEFAULT)

    def _recording(self, piece: Piece) -> Path | None:
        if self.recorded is None:
            return None
        file = self.recorded / f"{piece.stem}.wav"
        return file if file.is_file() else None

    def _content(self, piece: Piece) -> bytes:
        recording = self._recording(piece)
        if recording is not None:
            try:
                rate, samples = parse_wav(recording.read_bytes())
            except ValueError as error:
                raise SpeechError(f"{recording}: {error}; save it as WAV, 16-bit PCM") from None
            heard = resampled(samples, rate)
            return to_wav(part_sound(heard, piece.text) if piece.joined else at_level(heard))
        if piece.joined and piece.text in PAUSES.values():
            return to_wav([0.0] * round(PAUSE_S * RATE))
        if piece.text:
            return to_speech(piece.text, piece.language, part=piece.joined, voice=self._voice(piece))
        return _SOUNDS[piece.name]()

    def _keep(self, file: Path, content: bytes) -> None:
        """Write under another name first: who finds the file finds all of it."""
        handle, name = tempfile.mkstemp(dir=self.cache, prefix=".", suffix=".part")
        try:
            with os.fdopen(handle, "wb") as opened:
                opened.write(content)
            Path(name).chmod(0o644)
            Path(name).replace(file)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
