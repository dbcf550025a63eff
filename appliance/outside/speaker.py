"""Makes speech of texts that are known only when they are said: one sentence at a time, so that the first is heard at once.

A sentence that was said before is a file already. The oldest files go when there are too many.

A voice that the site asks for and that fails, or is not there in time, is an alarm, and espeak-ng speaks in its place: nobody hears
silence.

    asked ── the voice ────────────────────────────────────▶ heard
          └─ nearly too late: espeak-ng, beside it ── too late, or failed ──▶ heard, and the voice rests

It is asked again after a while, and the alarm goes when it speaks. A neural voice has a process of its own: when that dies, it is
started again at once, and loaded before a caller needs it.
"""

import hashlib
import math
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path

import trio

from appliance.core.actions import Render
from appliance.core.inputs import Input, Noticed, Rendered
from appliance.prompts.apart import Apart, VoiceDiedError
from appliance.prompts.library import Library
from appliance.prompts.speech import CannotReadError, SpeechError
from appliance.prompts.voices import DEFAULT, Voice
from appliance.prompts.words import Piece
from hal.api import Severity

__all__ = ["Speaker"]

_MOST_FILES = 2000
_SWEEP_EVERY = 100
_AT_ONCE = 2
"""Sentences rendered side by side: as many as a small machine has processors."""
_LONGEST = 300
"""Characters of one sentence."""


_PATIENCE_S, _BESIDE_S = 0.75, 0.3
"""For so long a caller waits for the site's voice before espeak-ng says it, which begins so long before that."""
_REST_S = 30.0
"""How long a voice that failed is not asked: its callers are not to wait for it one after the other."""
_BACK_S = 0.5
"""After so long a voice's process that died is started again; where it dies again twice as long, up to `_REST_S`."""
_FIRST = {"zh": "您好。", "en": "Hello."}


class Speaker:
    """Renders sentences into a folder of its own."""

    def __init__(self, folder: Path, post: Callable[[Input], None] = lambda _noticed: None) -> None:
        """Keep files in `folder`; `post` takes alarms about voices, and that they are over."""
        self._usual = self._chosen = Library(folder)
        self._folder, self._post = folder, post
        self._slots, self._usual_slots = trio.CapacityLimiter(_AT_ONCE), trio.CapacityLimiter(_AT_ONCE)
        self._not_before: dict[str, float] = {}
        self._failing: set[str] = set()
        self._apart: dict[str, Apart] = {}
        """Processes of voices by their languages."""
        self._dying: set[str] = set()
        """Languages whose voice's process has died and is not back yet."""
        self._died, self._to_revive = trio.open_memory_channel[str](math.inf)
        self._loading = trio.Lock()
        self._made = 0

    async def run(self) -> None:
        """Start processes of voices again that have died; they end with this."""
        try:
            async with trio.open_nursery() as nursery:
                async for language in self._to_revive:
                    nursery.start_soon(self._revive, language)
        finally:
            for apart in self._apart.values():
                apart.kill()

    async def load(self, voices: Mapping[str, Voice], languages: Iterable[str]) -> None:
        """From now on these voices speak, espeak-ng until they are loaded; the first caller is not to wait for that."""
        async with self._loading:
            before, self._chosen = self._chosen.voices, Library(self._folder, voices=voices)
            changed = [language for language in languages if language not in before or before[language] != voices.get(language)]
            self._not_before |= {language: math.inf for language in changed if language in voices}
            for language in changed:
                await self._change(language)

    async def _change(self, language: str) -> None:
        if (gone := self._apart.pop(language, None)) is not None:
            await trio.to_thread.run_sync(gone.close)
        self._dying.discard(language)
        voice = self._chosen.voices.get(language, DEFAULT)
        if voice.inside:
            self._apart[language] = Apart(self._chosen)
        try:
            await self._first(language)
        except (SpeechError, OSError) as error:
            self._failed(language, error)
        else:
            self._speaks(language)

    async def _first(self, language: str) -> None:
        """Have the voice say something, so that it is loaded."""
        piece = Piece("live.first", language, _FIRST[language])
        maker = self._apart.get(language, self._chosen)
        await trio.to_thread.run_sync(self._make_new, maker, piece, limiter=self._slots, abandon_on_cancel=True)

    async def _revive(self, language: str) -> None:
        apart, pause_s = self._apart.get(language), _BACK_S
        while apart is not None and self._apart.get(language) is apart and language in self._dying:
            await trio.sleep(pause_s)
            pause_s = min(2 * pause_s, _REST_S)
            with suppress(SpeechError, OSError):
                await self._first(language)
                self._speaks(language)

    async def render(self, asked: Render) -> Rendered:
        """The sentence as a file."""
        language, text = asked.language, asked.text.strip()[:_LONGEST]
        piece = Piece(f"live.{hashlib.sha256(text.encode()).hexdigest()[:16]}", language, text)
        speaks = language in self._chosen.voices and trio.current_time() >= self._not_before.get(language, 0.0)
        if speaks and (file := await self._by_voice(piece, asked.within_s + _PATIENCE_S)):
            return Rendered(asked.token, file)
        try:
            return Rendered(asked.token, await self._made_by(self._usual, piece, self._usual_slots))
        except (SpeechError, OSError) as error:
            return Rendered(asked.token, error=str(error))

    async def _by_voice(self, piece: Piece, patience_s: float) -> str:
        """The site's voice says it, or nothing; then espeak-ng has begun already."""
        gone = trio.Event()

        async def beside() -> None:
            with trio.move_on_after(patience_s - _BESIDE_S):
                await gone.wait()
            with suppress(SpeechError, OSError):  # who asks for it then is told
                await self._made_by(self._usual, piece, self._usual_slots)

        file = ""
        async with trio.open_nursery() as nursery:
            nursery.start_soon(beside)
            try:
                with trio.fail_after(patience_s):
                    file = await self._made_by(self._chosen, piece, self._slots)
            except CannotReadError:
                pass  # there is nothing wrong with the voice
            except trio.TooSlowError:
                self._failed(piece.language, SpeechError(f"a caller would have waited more than {_PATIENCE_S:g} s for it"))
            except (SpeechError, OSError) as error:
                self._failed(piece.language, error)
            else:
                self._speaks(piece.language)
                nursery.cancel_scope.cancel()
            gone.set()
        return file

    async def _made_by(self, library: Library, piece: Piece, slots: trio.CapacityLimiter) -> str:
        """The file of a piece. Given up, it is made all the same, and is there the next time."""
        file = library.file(piece)
        maker = self._apart.get(piece.language, library) if library is self._chosen else library
        await trio.to_thread.run_sync(self._make, maker, piece, Path(file), limiter=slots, abandon_on_cancel=True)
        return file

    def _failed(self, language: str, why: Exception) -> None:
        self._not_before[language] = math.inf if language in self._dying else trio.current_time() + _REST_S
        if isinstance(why, VoiceDiedError) and language not in self._dying:
            self._dying.add(language)
            self._not_before[language] = math.inf
            self._died.send_nowait(language)
        if language not in self._failing:
            self._failing.add(language)
            text, _, advice = str(why).partition("; ")
            self._post(Noticed(f"voice {language}", Severity.YELLOW, f"espeak-ng speaks instead of the site's voice: {text}", advice))

    def _speaks(self, language: str) -> None:
        self._not_before.pop(language, None)
        self._dying.discard(language)
        if language in self._failing:
            self._failing.remove(language)
            self._post(Noticed(f"voice {language}", Severity.BLUE, "", cleared=True))

    def _make(self, maker: Library | Apart, piece: Piece, file: Path) -> None:
        if file.exists():
            file.touch()
            return
        self._make_new(maker, piece)
        self._made += 1
        if self._made % _SWEEP_EVERY == 0:
            self._sweep()

    def _make_new(self, maker: Library | Apart, piece: Piece) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        maker.make(piece)

    def _sweep(self) -> None:
        """Let the files go that were said longest ago."""
        files = sorted(self._folder.glob("*.wav"), key=lambda file: file.stat().st_mtime)
        for file in files[: max(0, len(files) - _MOST_FILES)]:
            file.unlink(missing_ok=True)
