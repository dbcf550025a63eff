"""What a telephone hears: on the wire where we may capture, else out of the file that the phone writes.

The wire is better: baresip 1.0 stops writing its file at the first re-INVITE that changes a direction (it drops its receiving filters).
A capture needs root, as does sipp's media.
"""

import os
import struct
import subprocess
from functools import partial
from pathlib import Path
from typing import Protocol

import numpy as np
import trio

from tests.hal.peer import Tone
from tests.hal.sounds import RATE, tones_in

Sound = np.ndarray[tuple[int], np.dtype[np.int16]]

WINDOW_S = 0.2
"""What is heard is judged by so much."""


class Ear(Protocol):
    def length_s(self) -> float:
        """How much was heard so far; shrinks when another file was begun."""

    def latest(self) -> frozenset[Tone]:
        """The tones in the last `WINDOW_S`."""

    def sound(self) -> Sound:
        """All that was heard so far."""


class FileEar:
    """Listens to the newest file in a folder of baresip's sndfile module, at whatever rate the codec has."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._rate = RATE

    def sound(self) -> Sound:
        file = max(self._folder.glob("*-dec.wav"), default=None)
        data = file.read_bytes() if file else b""
        if len(data) < 44:
            return np.zeros(0, np.int16)
        channels, self._rate = struct.unpack_from("<HI", data, 22)
        return np.frombuffer(data[44 : len(data) & ~1], dtype="<i2")[::channels]

    def length_s(self) -> float:
        return len(self.sound()) / self._rate

    def latest(self) -> frozenset[Tone]:
        samples = self.sound()
        return tones_in(samples[-int(WINDOW_S * self._rate) :], self._rate)


class WireEar:
    """Listens to the RTP that reaches a port, PCMA and PCMU, out of a running capture."""

    def __init__(self, file: Path, first_port: int, last_port: int) -> None:
        self._file = file
        self._filter = f"udp and dst portrange {first_port}-{last_port}"
        self._offset = 24
        self._sound: list[Sound] = []
        self._samples = 0

    async def run(self, task_status: trio.TaskStatus[object] = trio.TASK_STATUS_IGNORED) -> None:
        async def die(process: trio.Process) -> None:
            process.kill()
            await trio.lowlevel.checkpoint()

        command = ["tcpdump", "-i", "lo", "-n", "-U", "--immediate-mode", "-w", str(self._file), self._filter]
        options = {"stdin": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "check": False, "deliver_cancel": die}
        async with trio.open_nursery() as nursery:
            process: trio.Process = await nursery.start(partial(trio.run_process, command, **options))
            while process.poll() is None and not self._begun():  # noqa: ASYNC110 - another process's doing
                await trio.sleep(0.005)
            task_status.started()

    def _begun(self) -> bool:
        return self._file.exists() and self._file.stat().st_size >= 24

    def _read(self) -> None:
        with self._file.open("rb") as file:
            file.seek(self._offset)
            data = file.read()
        at = 0
        while at + 16 <= len(data):
            length = struct.unpack_from("<I", data, at + 8)[0]
            if at + 16 + length > len(data):
                break
            self._packet(data[at + 16 : at + 16 + length])
            at += 16 + length
        self._offset += at

    def _packet(self, frame: bytes) -> None:
        ip = frame[14:]
        rtp = ip[(ip[0] & 15) * 4 + 8 :]
        if len(rtp) > 12 and rtp[0] >> 6 == 2 and rtp[1] & 127 in (0, 8):
            codes = np.frombuffer(rtp[12:], dtype=np.uint8)
            self._sound.append((_A_LAW if rtp[1] & 127 else _MU_LAW)[codes])
            self._samples += len(codes)

    def length_s(self) -> float:
        self._read()
        return self._samples / RATE

    def loudness(self, since_s: float) -> list[float]:
        """Root mean square of each packet that came later than this."""
        self._read()
        frames, at_s = [], 0.0
        for frame in self._sound:
            if at_s >= since_s:
                frames.append(float(np.sqrt(np.mean(frame.astype(float) ** 2))))
            at_s += len(frame) / RATE
        return frames

    def sound(self) -> Sound:
        self._read()
        return np.concatenate([np.zeros(0, np.int16), *self._sound])

    def latest(self) -> frozenset[Tone]:
        if not self._sound:
            return frozenset()
        return tones_in(np.concatenate(self._sound[-20:])[-int(WINDOW_S * RATE) :])


def may_capture() -> bool:
    """True if this user can run a capture."""
    return os.geteuid() == 0


def _a_law(code: int) -> int:
    """ITU-T G.711 table 1a."""
    code ^= 0x55
    exponent, mantissa = code >> 4 & 7, code & 15
    value = (mantissa << 4) + 8 if exponent == 0 else (mantissa << 4) + 0x108 << exponent - 1
    return value if code & 0x80 else -value


def _mu_law(code: int) -> int:
    """ITU-T G.711 table 2a."""
    code ^= 0xFF
    value = (((code & 15) << 3) + 0x84 << (code >> 4 & 7)) - 0x84
    return -value if code & 0x80 else value


_A_LAW = np.array([_a_law(code) for code in range(256)], dtype=np.int16)
_MU_LAW = np.array([_mu_law(code) for code in range(256)], dtype=np.int16)
