"""A process of its own for a voice that would otherwise speak within ours: what it breaks, and what it takes, is not ours.

    here    a piece as JSON, one a line ──▶ stdin
            ["", ""]: it is made        ◀── stdout     ["cannot read", why], ["failed", why]

It is started when it is first needed, and again after it has died. It is nice to everything else on the machine, bounded in memory, and
the first that the kernel ends where memory is short. It ends when we do: its input is closed then.
"""

import json
import os
import resource
import select
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from appliance.prompts.speech import CannotReadError, SpeechError
from appliance.prompts.voices import as_data, of_data
from appliance.prompts.words import Piece

if TYPE_CHECKING:
    from appliance.prompts.library import Library

__all__ = ["Apart", "VoiceDiedError", "give_way", "started", "work"]

_NICE = 5
"""A caller waits for it, but not before those who talk: one step is a quarter more of a busy processor for the others."""
_MOST_BYTES = 2 << 30
_LIMIT_S = 20.0
"""A piece that takes longer will never be made."""
_ADVICE = "it is started again by itself; if it dies again, look at the model's files and at the memory of this machine"


class VoiceDiedError(SpeechError):
    """The process has died, or was ended because it did not answer."""


class Apart:
    """Makes pieces of one library in a process of its own, one after the other; call it in threads."""

    def __init__(self, library: "Library") -> None:
        """Make what `library` would make."""
        self._library = library
        self._process: subprocess.Popen[bytes] | None = None
        self._alone = threading.Lock()
        self._ended = False

    @property
    def pid(self) -> int | None:
        """The process, while there is one."""
        return self._process.pid if self._process is not None else None

    def make(self, piece: Piece) -> None:
        """Make one piece.

        Raises:
            SpeechError: it cannot be made; `VoiceDiedError`: its process has died of it, and the next piece starts another.

        """
        with self._alone:
            if self._ended:
                raise SpeechError("the voice is not the site's any more")
            kind, why = self._asked(piece)
        if kind:
            raise CannotReadError(why) if kind == "cannot read" else SpeechError(why)

    def _asked(self, piece: Piece) -> tuple[str, str]:
        try:
            process = self._process = self._process or self._start()
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(json.dumps([piece.name, piece.language, piece.text, piece.joined]).encode() + b"\n")
            process.stdin.flush()
            there, _, _ = select.select([process.stdout], [], [], _LIMIT_S)
            kind, why = json.loads(process.stdout.readline()) if there else ("late", "")
        except (OSError, ValueError):  # it is gone, perhaps in the middle of a word
            raise VoiceDiedError(f"{self._end()}; {_ADVICE}") from None
        if kind == "late":
            self._end()
            raise VoiceDiedError(f"it gave nothing for {_LIMIT_S:g} s and was ended; {_ADVICE}")
        return kind, why

    def _start(self) -> "subprocess.Popen[bytes]":
        process = started("appliance.prompts.apart", str(self._library.cache))
        assert process.stdin is not None
        process.stdin.write(json.dumps(as_data(self._library.voices)).encode() + b"\n")
        return process

    def _end(self) -> str:
        """End it; what it died of."""
        process, self._process = self._process, None
        if process is None:
            return "its process cannot be started"
        process.kill()
        with suppress(OSError), process:
            pass
        status = process.returncode
        return f"its process was ended by {signal.Signals(-status).name}" if status < 0 else f"its process ended with {status}"

    def close(self) -> None:
        """Make nothing more, when what is being made is made."""
        with self._alone:
            self._ended = True
            self._end()

    def kill(self) -> None:
        """End it at once; who waits for a piece is told that there is none."""
        self._ended = True
        if self._process is not None:
            self._process.kill()
        with self._alone:
            self._end()


def started(module: str, *arguments: str) -> "subprocess.Popen[bytes]":
    """A process that runs the function `work` of a module with these arguments; it finds what we find."""
    code = f"import sys; sys.path[:0] = sys.argv[1].split(chr(0x3a)); from {module} import work; work(*sys.argv[2:])"
    return subprocess.Popen(
        [sys.executable, "-P", "-c", code, ":".join(path for path in sys.path if path), *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # what it has to say it says line by line
        start_new_session=True,  # Ctrl-C is for whoever asked for the rendering
    )


def give_way(nice: int) -> None:
    """Be nice, bounded, and the first to go where memory is short."""
    os.nice(nice)
    with suppress(ValueError, OSError):  # somebody has set a narrower bound
        resource.setrlimit(resource.RLIMIT_DATA, (_MOST_BYTES, _MOST_BYTES))
    with suppress(OSError):  # not everywhere is it ours to say
        Path("/proc/self/oom_score_adj").write_text("900")


def work(cache: str) -> None:
    """Be the process."""
    from appliance.prompts.library import Library

    give_way(_NICE)
    told = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a voice's library prints is no answer
    library = Library(cache, voices=of_data(json.loads(sys.stdin.readline())))
    with suppress(BrokenPipeError):
        for line in sys.stdin:
            kind, why = "", ""
            try:
                library.make(Piece(*json.loads(line)))
            except (SpeechError, OSError, MemoryError) as error:
                kind, why = "cannot read" if isinstance(error, CannotReadError) else "failed", str(error) or type(error).__name__
            print(json.dumps([kind, why]), file=told, flush=True)
