"""What a rehearsed call hears, through this machine's loudspeaker: the site's own voices and recordings, at telephone level.

Pieces are rendered when they are first heard, into the prompts' usual folder. What is heard in a row is one file, so that assembled
sentences flow as on the telephone. Not here: what the caller says into a recording; nothing is recorded in a rehearsal.
"""

import hashlib
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Self

from appliance.core.actions import Render
from appliance.flow.rehearsal import Heard
from appliance.prompts.library import Library
from appliance.prompts.sound import RATE, parse_wav, to_wav
from appliance.prompts.speech import SpeechError
from appliance.prompts.words import Piece
from appliance.saying import Loudspeaker

__all__ = ["Aloud"]

_MUSIC_S = 3.0
"""Of wait music: enough to know it is there."""


class Aloud:
    """Plays what is heard; `told` hears why something is silent."""

    def __init__(self, library: Library, loudspeaker: Loudspeaker, told: Callable[[str], None]) -> None:
        """Take the sound of pieces from a library."""
        self._library, self._loudspeaker, self._told = library, loudspeaker, told
        self._pieces: dict[str, Piece] = {}
        self._folder = TemporaryDirectory(prefix="hotline-try-")
        self._playing: subprocess.Popen[str] | None = None
        self._broken = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.cut()
        self._folder.cleanup()

    def file(self, piece: Piece) -> str:
        """The file of a piece, which is remembered for when it is heard."""
        file = self._library.file(piece)
        self._pieces[file] = piece
        return file

    def rendered(self, asked: Render) -> str:
        """The file of a text that is known only when it is said."""
        return self.file(Piece(f"live.{hashlib.sha256(asked.text.encode()).hexdigest()[:16]}", asked.language, asked.text))

    def words(self, file: str) -> str:
        """What is said in a file."""
        piece = self._pieces.get(file)
        return (piece.text or f"[{piece.name}]") if piece is not None else f"[{Path(file).name}]"

    def begin(self, heard: Iterable[Heard]) -> None:
        """Play what was heard, one after the other, while the caller thinks."""
        samples = [sample for one in heard for sample in self._samples(one)]
        if not samples or self._broken:
            return
        file = Path(self._folder.name) / "heard.wav"
        file.write_bytes(to_wav(samples))
        try:
            self._playing = self._loudspeaker.begin(file)
        except OSError as error:
            self._silent(error)

    def end(self) -> None:
        """Hear it to its end."""
        playing, self._playing = self._playing, None
        if playing is not None:
            try:
                self._loudspeaker.end(playing)
            except OSError as error:
                self._silent(error)

    def cut(self) -> None:
        """Hear no more of it."""
        if self._playing is None or self._playing.poll() is not None:
            self.end()
        else:
            self._playing.kill()
            self._playing.communicate()
            self._playing = None

    def _samples(self, heard: Heard) -> list[float]:
        pieces = [self._pieces[file] for file in heard.files if file in self._pieces]
        samples: list[float] = []
        try:
            self._library.render(pieces)
            for piece in pieces:
                samples += parse_wav(Path(self._library.file(piece)).read_bytes())[1]
        except SpeechError as error:
            self._told(f"not heard: {error}")
        return samples[: round(_MUSIC_S * RATE)] if heard.kind == "music" else samples

    def _silent(self, why: OSError) -> None:
        """Say so once: the words are there to be read."""
        if not self._broken:
            self._broken = True
            self._told(f"no sound: {why}")
