"""Listens to legs: gives the recogniser, a process of its own, the sound of each, and tells the core what it has heard.

The bridge writes the sound into a file, as it writes recordings, whose name is taken away before the first word is in it; the recogniser
reads what was written. So nothing of it touches PJSIP's threads, and a recogniser that is slow, hangs or dies costs words and no call: it
is started again, with an alarm meanwhile. It runs from the first `Listen` on.
"""

import contextlib
import json
import logging
import os
import select
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import attrs
import pjsua2 as pj

from hal.api import CommandFailed, LineAlarm, Listen, Severity, SpeechBegan, SpeechHeard, StopListening
from hal.sip.worker.endpoint import reason_of
from hal.sip.worker.patchbay import Patchbay

__all__ = ["Ears"]

FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 60.0
STEADY_S = 30.0
"""A recogniser that has lived so long starts without a pause when it dies."""

log = logging.getLogger("hotline.sip.worker")


@attrs.define(eq=False)
class _Ear:
    number: int
    command: Listen
    recorder: Any


class Ears:
    """All that is listened to in one worker."""

    def __init__(
        self,
        line: str,
        index: int,
        run: Path,
        models: Mapping[str, str],
        patchbay: Patchbay,
        tell: Callable[[Any], None],
        later: Callable[[float, Callable[[], None]], None],
        bury: Callable[..., None],
        alive: Callable[[str], bool],
        poller: "select.poll",
    ) -> None:
        self._line, self._source, self._run, self._models = line, f"{line} speech {index}", run, models
        self._patchbay, self._tell, self._later, self._bury, self._alive, self._poller = patchbay, tell, later, bury, alive, poller
        self._ears: dict[int, _Ear] = {}
        self._of_leg: dict[str, _Ear] = {}
        self._count = 0
        self._child: subprocess.Popen[bytes] | None = None
        self._socket: socket.socket | None = None
        """To the recogniser; None: there is none, or it was not needed yet."""
        self._pause_s = 0.0
        """Until another one is started; 0: the next is the first, or the last one was steady."""
        self._alarmed = False

    # --- commands -----------------------------------------------------------------------------------------------------

    def listen(self, command: Listen) -> None:
        """Listen to a leg, and no more as before."""
        self.leg_gone(command.leg)
        if not self._alive(command.leg):
            return
        if command.language not in self._models:
            here = ", ".join(self._models) or "none"
            self._refused(command, f"there is no speech model for '{command.language}'; there are: {here}")
            return
        if self._socket is None and not self._pause_s:
            self._start()
        if self._socket is None:
            return  # nothing is heard: the alarm says why
        self._count += 1
        file = self._run / f"listening.{os.getpid()}.{self._count}.wav"
        recorder = pj.AudioMediaRecorder()
        try:
            recorder.createRecorder(str(file))
            sound = os.open(file, os.O_RDONLY | os.O_CLOEXEC)
        except (pj.Error, OSError) as error:
            self._refused(command, reason_of(error) if isinstance(error, pj.Error) else str(error))
            return
        finally:
            file.unlink(missing_ok=True)
        words = {meaning: list(named) for meaning, named in command.words.items()}
        wanted = {"do": "listen", "ear": self._count, "language": command.language, "words": words, "most": command.most}
        ear = _Ear(self._count, command, recorder)
        try:
            if not self._say(wanted, [sound]):
                return
        finally:
            os.close(sound)
        self._ears[ear.number] = self._of_leg[command.leg] = ear
        self._patchbay.plug(("listen", command.leg), recorder)
        self._patchbay.want("silence", ("listen", command.leg))
        self._patchbay.want(command.leg, ("listen", command.leg))

    def stop(self, command: StopListening) -> None:
        """End a listening if it is still the one going on."""
        if (ear := self._of_leg.get(command.leg)) and ear.command.listening == command.listening:
            self.leg_gone(command.leg)

    def leg_gone(self, leg: str) -> None:
        """Listen to this leg no more."""
        if (ear := self._of_leg.pop(leg, None)) is not None:
            del self._ears[ear.number]
            self._patchbay.drop(("listen", leg))
            self._bury(ear.recorder, at_once=True)
            self._say({"do": "stop", "ear": ear.number})

    def end_all(self) -> None:
        """Listen to nobody any more."""
        for leg in list(self._of_leg):
            self.leg_gone(leg)

    def _refused(self, command: Listen, why: str) -> None:
        self._tell(CommandFailed(self._line, command.leg, "Listen", why))

    # --- the recogniser -----------------------------------------------------------------------------------------------

    def _start(self) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        command = [sys.executable, "-m", "hal.sip.recogniser", str(theirs.fileno()), json.dumps(dict(self._models))]
        try:
            self._child = subprocess.Popen(command, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL)
        except OSError as error:
            ours.close()
            self._lost(str(error))
            return
        finally:
            theirs.close()
        ours.setblocking(False)
        self._socket = ours
        self._poller.register(ours, select.POLLIN)
        self._later(STEADY_S, lambda: self._steady(ours))

    def _steady(self, of: socket.socket) -> None:
        if self._socket is of:
            self._pause_s = 0.0

    def _say(self, message: dict[str, Any], files: list[int] | None = None) -> bool:
        """Tell the recogniser; one that does not even read any more is replaced."""
        if self._socket is None:
            return False
        try:
            socket.send_fds(self._socket, [json.dumps(message).encode()], files or [])
        except OSError as error:  # a full socket, too
            self._lost(f"it takes nothing any more ({error.strerror})")
            return False
        return True

    def exchange(self) -> None:
        """Take in what it has heard."""
        while self._socket is not None:
            try:
                data = self._socket.recv(65_536)
            except BlockingIOError:
                return
            except OSError as error:
                data, why = b"", str(error)
            else:
                why = "it has ended"
            if not data:
                self._lost(why)
                return
            self._heard(json.loads(data))

    def _heard(self, message: dict[str, Any]) -> None:
        if message["is"] == "ready":
            if self._alarmed:
                self._alarmed = False
                self._tell(LineAlarm(self._line, Severity.YELLOW, self._source, "callers' words are understood again", cleared=True))
            return
        ear = self._ears.get(message["ear"])
        if ear is None:
            return
        leg, listening = ear.command.leg, ear.command.listening
        if message["is"] == "began":
            self._tell(SpeechBegan(self._line, leg, listening))
        elif message["is"] == "heard":
            self._tell(SpeechHeard(self._line, leg, listening, message["meant"], message["confidence"]))
        else:
            self.leg_gone(leg)
            self._refused(ear.command, message["why"])

    def _lost(self, why: str) -> None:
        """The recogniser is gone: who listens hears nothing, and another one is started after a pause."""
        if self._socket is not None:
            self._poller.unregister(self._socket)
            self._socket.close()
            self._socket = None
        if self._child is not None:
            with contextlib.suppress(ProcessLookupError):
                self._child.kill()
            self._child.wait()
            self._child = None
        self.end_all()
        self._pause_s = min(max(FIRST_PAUSE_S, 2 * self._pause_s), LONGEST_PAUSE_S)
        log.warning("the speech recogniser is lost: %s; another one in %g s", why, self._pause_s)
        if not self._alarmed:
            self._alarmed = True
            text = f"callers' words are not understood: the recogniser is lost, {why}; keys work"
            self._tell(LineAlarm(self._line, Severity.YELLOW, self._source, text, "see the worker's output for what it said at its end"))
        self._later(self._pause_s, self._start)

    def close(self) -> None:
        """End the recogniser."""
        self.end_all()
        if self._socket is not None:
            self._socket.close()
            self._socket = None
