"""Keys on the wire: as RFC 4733 and as tones, through weather, and what is left of them at the other end. Pure; chance is given.

Not here: sockets, SIP, and what the appliance does with any of it.
"""

import heapq
import random
from collections.abc import Iterable, Iterator, Sequence

import attrs
import numpy as np
import numpy.typing as npt

from tests.peers.media import FRAME_S, PCMA, RATE, TELEPHONE_EVENT, Press, Rtp, alaw, alaw_to_linear, rtp_of, speech

__all__ = ["KEYS", "Line", "Sent", "Weather", "decoded", "errors", "in_events", "in_tones", "keys_of_events", "tones"]

KEYS = "0123456789*#ABCD"
FRAME = round(FRAME_S * RATE)
_ROWS = dict(zip(KEYS, (941, 697, 697, 697, 770, 770, 770, 852, 852, 852, 941, 941, 697, 770, 852, 941), strict=True))
_COLUMNS = dict(zip(KEYS, (1336, 1209, 1336, 1477, 1209, 1336, 1477, 1209, 1336, 1477, 1209, 1477, 1633, 1633, 1633, 1633), strict=True))
_ALAW = np.frombuffer(alaw(range(-32768, 32768)), dtype=np.uint8)
_LINEAR = np.fromiter(map(alaw_to_linear, range(256)), dtype=np.int16)
OVERLOAD_DBM0 = 3.14
"""Of a sine as loud as A-law can carry (ITU-T G.711)."""

Samples = npt.NDArray[np.int16]


@attrs.frozen
class Sent:
    """A packet and when it is sent, or comes, in seconds."""

    at_s: float
    packet: Rtp


@attrs.frozen
class Line:
    """How keys sound on a line: levels of the low and the high tone, noise, lengths."""

    low_dbm0: float = -9.0
    high_dbm0: float = -7.0
    snr_db: float | None = None
    on_s: tuple[float, float] = (0.06, 0.12)
    gap_s: tuple[float, float] = (0.06, 0.12)


@attrs.frozen
class Weather:
    """What a network does to packets: loses a share of them, in bursts of so many on average, and delays each by up to `jitter_s`."""

    loss: float = 0.0
    burst: float = 1.0
    jitter_s: float = 0.0

    def over(self, sent: Iterable[Sent], chance: random.Random) -> list[Sent]:
        """What arrives, in the order in which it arrives. Losses are Gilbert's: a good state, and a bad one that loses everything."""
        ends = 1 / self.burst
        begins = 0.0 if self.loss == 0 else ends * self.loss / (1 - self.loss)
        bad, there = chance.random() < self.loss, []
        for one in sent:
            if not bad:
                there.append(Sent(one.at_s + chance.uniform(0, self.jitter_s), one.packet))
            bad = chance.random() >= ends if bad else chance.random() < begins
        return sorted(there, key=lambda one: one.at_s)


def in_events(keys: str, line: Line, chance: random.Random, *, tail_s: float = 0.5) -> list[Sent]:
    """A caller who presses these keys, by RFC 4733."""
    presses, at = [], 0.3
    for key in keys:
        held = round(chance.uniform(*line.on_s) / FRAME_S) * FRAME_S
        presses.append(Press(at, key, held))
        at += held + chance.uniform(*line.gap_s) + FRAME_S  # a press begins with the next frame
    ssrc = chance.getrandbits(32)
    return [Sent(at_s, packet) for at_s, packet in speech(0, at + tail_s, presses, ssrc=ssrc)]


def in_tones(samples: Samples, chance: random.Random) -> Iterator[Sent]:
    """Speech of any kind as G.711 A-law."""
    ssrc, first = chance.getrandbits(32), chance.getrandbits(16)
    coded = _ALAW[samples.astype(np.int32) + 32768].tobytes()
    for number in range(len(coded) // FRAME):
        payload = coded[number * FRAME : (number + 1) * FRAME]
        yield Sent(number * FRAME_S, Rtp(PCMA, number == 0, first + number, number * FRAME, ssrc, payload))


def tones(keys: str, line: Line, noise: np.random.Generator, *, around_s: float = 0.3) -> Samples:
    """These keys as they sound on the line, coded and decoded as A-law. Phases and moments are by chance."""
    low, high = _amplitude(line.low_dbm0), _amplitude(line.high_dbm0)
    around = np.zeros(round(around_s * RATE))
    pieces = [around]
    for key in keys:
        turn = 2 * np.pi * np.arange(round(noise.uniform(*line.on_s) * RATE)) / RATE
        phases = noise.uniform(0, 2 * np.pi, 2)
        pieces.append(low * np.sin(_ROWS[key] * turn + phases[0]) + high * np.sin(_COLUMNS[key] * turn + phases[1]))
        pieces.append(np.zeros(round(noise.uniform(*line.gap_s) * RATE)))
    sound = np.concatenate([*pieces, around])
    if line.snr_db is not None:
        sound = sound + noise.normal(0, np.sqrt((low**2 + high**2) / 2 / 10 ** (line.snr_db / 10)), len(sound))
    return decoded(_ALAW[np.clip(np.rint(sound), -32768, 32767).astype(np.int32) + 32768].tobytes())


def _amplitude(dbm0: float) -> float:
    return float(32767 * 10 ** ((dbm0 - OVERLOAD_DBM0) / 20))


def decoded(coded: bytes) -> Samples:
    """The samples of A-law."""
    return _LINEAR[np.frombuffer(coded, dtype=np.uint8)]


def keys_of_events(packets: Iterable[Rtp]) -> str:
    """The keys a far end hears that knows each by its timestamp, which is the same in all of its packets (RFC 4733 section 2.5.1.2)."""
    seen: dict[int, str] = {}
    for packet in packets:
        if packet.payload_type == TELEPHONE_EVENT and len(packet.payload) >= 4 and packet.payload[0] < len(KEYS):
            seen.setdefault(packet.timestamp, KEYS[packet.payload[0]])
    return "".join(seen.values())


def errors(sent: str, heard: str) -> int:
    """How many keys were missed, invented or taken for another: the least number of each that explains the difference (Levenshtein)."""
    row = list(range(len(heard) + 1))
    for i, key in enumerate(sent, 1):
        diagonal, row[0] = row[0], i
        for j, other in enumerate(heard, 1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (key != other))
    return row[-1]


def arrivals(captured: Sequence[tuple[float, bytes]]) -> list[Sent]:
    """Captured datagrams as packets."""
    return [Sent(at_s, packet) for at_s, data in captured if (packet := rtp_of(data)) is not None]


def together(streams: Iterable[tuple[int, Iterable[Sent]]]) -> Iterator[tuple[float, int, Rtp]]:
    """Packets of several streams in the order of their times, each with the number of its stream."""

    def numbered(number: int, stream: Iterable[Sent]) -> Iterator[tuple[float, int, Rtp]]:
        for one in stream:
            yield one.at_s, number, one.packet

    return heapq.merge(*(numbered(number, stream) for number, stream in streams), key=lambda entry: entry[:2])
