"""Rendering on all processors: each of several processes makes a share of the pieces, in turns.

    here    pieces as JSON, one a line ──▶ stdin      process 1: pieces 1, 3, 5 ...      process 2: pieces 2, 4, 6 ...
            one line for each piece    ◀── stdout     empty: it is made; otherwise why it cannot be

Before the pieces comes one line with the voices. Processes of our own, and not `multiprocessing`: that starts the main program once more
in each of them. They are nice to everything else on the machine: what a caller waits for goes first.
"""

import json
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from typing import IO, TYPE_CHECKING

from appliance.prompts.apart import give_way, started
from appliance.prompts.speech import SpeechError
from appliance.prompts.voices import as_data, of_data
from appliance.prompts.words import Piece

if TYPE_CHECKING:
    import subprocess

    from appliance.prompts.library import Library

__all__ = ["make_all", "work"]

_WORTH_IT = 12
"""Pieces for each process: fewer are made sooner than it has started."""
_NICE = 15
"""What they give way by: one step is a quarter more of a busy processor for the others."""


def make_all(pieces: Sequence[Piece], library: "Library", *, aside: bool = False) -> Iterator[Piece]:
    """Make the pieces of a library and give each when it is there, in their order; `aside`: not in this process, however few they are.

    Raises:
        SpeechError: a piece cannot be made; those before it are there.

    """
    count = min(os.cpu_count() or 1, len(pieces) // _WORTH_IT)
    if aside and pieces:
        count = max(count, 1)
    elif count < 2:
        for piece in pieces:
            library.make(piece)
            yield piece
        return
    with ExitStack() as stack:
        processes = [stack.enter_context(_start(pieces[number::count], library)) for number in range(count)]
        for process in processes:
            stack.callback(process.kill)  # before it is waited for
        for number, piece in enumerate(pieces):
            said = _out(processes[number % count]).readline()
            if not said and library.inside(piece):  # this process is not to go the same way
                raise SpeechError(
                    f"prompt '{piece.stem}': the process that makes it has died; look at the voice's files, and at the memory"
                )
            if not said:  # that process is gone, whatever the reason was
                library.make(piece)
            elif why := json.loads(said):
                raise SpeechError(why)
            yield piece


def _start(pieces: Sequence[Piece], library: "Library") -> "subprocess.Popen[bytes]":
    process = started("appliance.prompts.rendering", str(library.cache), str(library.recorded or ""))
    assert process.stdin is not None
    with suppress(BrokenPipeError), process.stdin as stdin:
        stdin.write(json.dumps(as_data(library.voices)).encode() + b"\n")
        for piece in pieces:
            stdin.write(json.dumps([piece.name, piece.language, piece.text, piece.joined]).encode() + b"\n")
    return process


def _out(process: "subprocess.Popen[bytes]") -> IO[bytes]:
    assert process.stdout is not None
    return process.stdout


def work(cache: str, recorded: str) -> None:
    """Be one of the processes."""
    from appliance.prompts.library import Library  # which imports this module

    give_way(_NICE)
    library = Library(cache, recorded, of_data(json.loads(sys.stdin.readline())))
    pieces = [Piece(*json.loads(line)) for line in sys.stdin]
    with suppress(BrokenPipeError):
        for piece in pieces:
            why = ""
            try:
                library.make(piece)
            except (SpeechError, OSError) as error:
                why = str(error)
            print(json.dumps(why), flush=True)
