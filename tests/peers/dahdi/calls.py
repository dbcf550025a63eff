"""Calls between the machine's two Asterisks, as tests make and look at them."""

import contextlib
import io
import time
import wave
from collections.abc import Iterator

import attrs
import numpy as np

from tests.peers.dahdi.ami import Manager
from tests.peers.dahdi.machine import Machine
from tests.peers.dahdi.wiring import EXCHANGE, GATEWAY, Side
from tests.peers.processes import PeerFailed, until

__all__ = ["Ends", "ends", "recorded", "tone_share"]

RATE = 8000
PIECE_S = 0.2
SOUND = 500
"""Less is as good as silence; the tones have 4000 and more."""


@attrs.frozen
class Ends:
    """A caller's and a called side with their managers."""

    machine: Machine
    here: Side
    manager: Manager
    there: Side
    far: Manager

    def idle(self) -> None:
        """Hang up what there is and wait until nothing is left at either end.

        Raises:
            PeerFailed: a channel stays.

        """
        for manager in (self.manager, self.far):
            manager.ask("Command", Command="channel request hangup all")
        end = time.monotonic() + 30
        while left := self.channels():
            if time.monotonic() > end:
                raise PeerFailed(f"{left} channels stay")
            time.sleep(0.5)

    def channels(self) -> int:
        """How many channels both ends have."""
        asked = [(manager, manager.send("CoreShowChannels")) for manager in (self.manager, self.far)]
        return sum(int(manager.event("CoreShowChannelsComplete", ActionID=number)["ListItems"]) for manager, number in asked)


@contextlib.contextmanager
def ends(machine: Machine, here: Side) -> Iterator[Ends]:
    """The two sides, the one that calls first; nothing is left of their calls."""
    there = EXCHANGE if here is GATEWAY else GATEWAY
    with machine.manager(here) as manager, machine.manager(there) as far:
        both = Ends(machine, here, manager, there, far)
        both.idle()
        yield both
        both.idle()


def recorded(machine: Machine, side: Side, unique: str) -> bytes:
    """What an end heard, when it is complete."""
    path = f"/tmp/{side.name}-{unique}.wav"
    assert until(lambda: "WAVE" in machine.run(f"head -c 12 {path} | tr -d '\\0'"), 20, every_s=0.5), f"{path} was not completed"
    return machine.read(path)


def tone_share(recording: bytes, hertz: int) -> float:
    """How much of a recording's sound is this tone: of its pieces of 0.2 s, what the middle one has; of two channels, the poorer one.

    A processor that is late loses pieces of speech: such a piece has a click, and says nothing of who is connected with whom. Nor does
    one without a sound: speech may begin late. A second of sound there has to be.
    """
    with wave.open(io.BytesIO(recording)) as file:
        assert file.getframerate() == RATE
        channels = np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(float).reshape(-1, file.getnchannels()).T
    return min(_share(channel, hertz) for channel in channels)


def _share(samples: "np.ndarray[tuple[int, ...], np.dtype[np.float64]]", hertz: int) -> float:
    size = int(RATE * PIECE_S)
    bins = np.fft.rfftfreq(size, 1 / RATE)
    near = abs(bins - hertz) < 25
    shares = []
    for start in range(0, len(samples) - size + 1, size):
        power = abs(np.fft.rfft(samples[start : start + size] * np.hanning(size))) ** 2
        if abs(samples[start : start + size]).max() > SOUND:
            shares.append(float(power[near].sum() / power.sum()))
    assert len(shares) >= 5, f"in {len(samples) / RATE:.1f} s there is sound for {len(shares) * PIECE_S:.1f} s only"
    return sorted(shares)[len(shares) // 2]
