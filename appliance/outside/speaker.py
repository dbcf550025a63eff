"""Makes speech of texts that are known only when they are said: one sentence at a time, so that the first is heard at once.

A sentence that was said before is a file already. The oldest files go when there are too many.
"""

import hashlib
from pathlib import Path

import trio

from appliance.core.actions import Render
from appliance.core.inputs import Rendered
from appliance.prompts.library import Library
from appliance.prompts.speech import SpeechError
from appliance.prompts.words import Piece

__all__ = ["Speaker"]

_MOST_FILES = 2000
_SWEEP_EVERY = 100
_AT_ONCE = 2
"""Sentences rendered side by side: as many as a small machine has processors."""
_LONGEST = 300
"""Characters of one sentence."""


class Speaker:
    """Renders sentences into a folder of its own."""

    def __init__(self, folder: Path) -> None:
        """Keep files in `folder`."""
        self._library, self._folder = Library(folder), folder
        self._slots = trio.CapacityLimiter(_AT_ONCE)
        self._made = 0

    async def render(self, asked: Render) -> Rendered:
        """The sentence as a file."""
        text = asked.text.strip()[:_LONGEST]
        piece = Piece(f"live.{hashlib.sha256(text.encode()).hexdigest()[:16]}", asked.language, text)
        file = self._library.file(piece)
        try:
            await trio.to_thread.run_sync(self._make, piece, Path(file), limiter=self._slots)
        except (SpeechError, OSError) as error:
            return Rendered(asked.token, error=str(error))
        return Rendered(asked.token, file)

    def _make(self, piece: Piece, file: Path) -> None:
        if file.exists():
            file.touch()
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        self._library.make(piece)
        self._made += 1
        if self._made % _SWEEP_EVERY == 0:
            self._sweep()

    def _sweep(self) -> None:
        """Let the files go that were said longest ago."""
        files = sorted(self._folder.glob("*.wav"), key=lambda file: file.stat().st_mtime)
        for file in files[: max(0, len(files) - _MOST_FILES)]:
            file.unlink(missing_ok=True)
