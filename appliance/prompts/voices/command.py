"""Any program as a voice: it gets the text on its input and gives a WAV file. So a centre uses a speech server of its own.

The program is started for each text, without a shell, as the user of the appliance. When its time is up it is killed with all that it
started in its process group. It runs beside the core, but on the same machine: a large one needs limits of its own.
"""

import os
import resource
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from appliance.config import Wrong, replaced, setting, table
from appliance.prompts.sound import parse_wav
from appliance.prompts.speech import SpeechError
from appliance.prompts.voices.files import beside, stamp

__all__ = ["Command", "output_of"]

_MOST_BYTES = 32 << 20
"""Of what a program may write: ten minutes of speech."""


@table
class Command:
    """A program that is given text (UTF-8) on its standard input and writes a WAV file, 16-bit PCM, to its standard output."""

    command: tuple[str, ...] = setting(
        pattern=r"[\s\S]+",
        expects="a program or an argument",
        doc='The program and its arguments: `["say.sh", "--voice", "anna"]`; one with a slash in it is looked for beside the site file.',
    )
    time_limit_s: float = setting(default=10.0, ge=0.5, le=120, doc="Seconds after which the program is killed.")
    version: str = setting(
        default="",
        doc="Change it when the server behind the program speaks otherwise than before, and every prompt is made again.",
    )

    def problems(self) -> Iterator[Wrong]:
        """What does not fit together."""
        if not self.command:
            yield Wrong("there is no program", 'write for example command = ["./say.sh"]', ("command",))

    @property
    def inside(self) -> bool:
        """See `Voice`."""
        return False

    def key(self, language: str, part: bool) -> str:  # noqa: ARG002 - the program is told neither
        """See `Voice`."""
        program = shutil.which(self.command[0]) or self.command[0]
        return f"{self.command} {self.version}\n{stamp(program, *(name for name in self.command[1:] if Path(name).is_file()))}"

    def sound(self, words: str, language: str, part: bool) -> tuple[int, Sequence[float]]:  # noqa: ARG002 - the program is told neither
        """See `Voice`."""
        try:
            return parse_wav(output_of(self.command, words, self.time_limit_s))
        except ValueError as error:
            raise SpeechError(f"'{self.command[0]}' wrote no speech: {error}; it has to write WAV, 16-bit PCM, to stdout") from None

    def located(self, folder: Path) -> "Command":
        """See `Voice`."""
        return replaced(
            self, command=tuple(beside(folder, name) if "/" in name and (folder / name).exists() else name for name in self.command)
        )

    def missing(self, language: str) -> Iterator[Wrong]:  # noqa: ARG002 - it is the program's business
        """See `Voice`."""
        program = self.command[0]
        if shutil.which(program) is None:
            there = Path(program).is_file()
            remedy = f"chmod +x {program}" if there else "install it, or give its path"
            yield Wrong(f"the program '{program}' {'may not be run' if there else 'is not there'}", remedy, ("command", 0))


def output_of(command: Sequence[str], text: str, limit_s: float) -> bytes:
    """What a program writes that gets a text on its input.

    Raises:
        SpeechError: it cannot be started, ends with an error, or takes longer than `limit_s`.

    """
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as made, tempfile.TemporaryFile() as complained:
        given.write(f"{text}\n".encode())
        given.seek(0)
        try:
            process = subprocess.Popen(command, stdin=given, stdout=made, stderr=complained, start_new_session=True)
        except OSError as error:
            raise SpeechError(f"'{command[0]}' cannot be started: {error.strerror}; see whether it is there and may be run") from None
        with suppress(OSError):  # it has ended already
            resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (_MOST_BYTES, _MOST_BYTES))
        try:
            status = process.wait(limit_s)
        except subprocess.TimeoutExpired:
            raise SpeechError(f"'{command[0]}' took longer than {limit_s:g} s; make it faster, or raise time_limit_s") from None
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)  # what it started may go on otherwise
            process.wait()
        if status:
            complained.seek(0)
            said = complained.read(2000).decode(errors="replace").strip().splitlines()
            raise SpeechError(f"'{command[0]}' failed with {status}{': ' + said[-1][:200] if said else ''}; try it by hand")
        made.seek(0)
        return made.read()
