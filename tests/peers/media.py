"""Speech on the wire: G.711 A-law tones and RFC 4733 digits as RTP packets, and back to how loud a packet is. Pure.

A caller's whole speech is one stream - tone, digits in their places, the same SSRC, time stamps that go on - so that the far end sees what
a telephone sends. Not here: G.711 u-law encoding, other codecs, RTCP.
"""

import math
import struct
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from wave import open as open_wave

import attrs

from tests.peers.pcap import Datagram, write

__all__ = [
    "FRAME_S",
    "PCMA",
    "PCMU",
    "RATE",
    "TELEPHONE_EVENT",
    "Press",
    "Rtp",
    "alaw",
    "alaw_to_linear",
    "loudness",
    "rtp_of",
    "speech",
    "write_speech",
    "write_wav",
]

RATE = 8000
FRAME_S = 0.02
_FRAME = 160
"""Samples in a packet of 20 ms."""
PCMU, PCMA, TELEPHONE_EVENT = 0, 8, 101
"""Payload types: RFC 3551 table 4; 101 is what our scenarios offer for digits."""
_KEYS = "0123456789*#ABCD"
"""Event codes in order (RFC 4733 table 3)."""
_LAST_PACKETS = 3
"""How often the end of an event is sent (RFC 4733 section 2.5.1.4)."""


def alaw_to_linear(code: int) -> int:
    """One sample of 16 bits (ITU-T G.711, table 1a)."""
    code ^= 0x55
    segment, step = (code & 0x70) >> 4, code & 0x0F
    level = (step << 4) + 8 if segment == 0 else ((step << 4) + 0x108) << (segment - 1)
    return level if code & 0x80 else -level


def _ulaw_to_linear(code: int) -> int:
    """One sample of 16 bits (ITU-T G.711, table 2a)."""
    code = ~code & 0xFF
    level = ((((code & 0x0F) << 3) + 0x84) << ((code & 0x70) >> 4)) - 0x84
    return -level if code & 0x80 else level


_LINEAR = {PCMA: tuple(map(alaw_to_linear, range(256))), PCMU: tuple(map(_ulaw_to_linear, range(256)))}
_ENERGY = {kind: tuple(level * level for level in levels) for kind, levels in _LINEAR.items()}
_LEVELS = sorted((level, code) for code, level in enumerate(_LINEAR[PCMA]))


def alaw(samples: Iterable[int]) -> bytes:
    """Encode samples of 16 bits: each as the nearest level there is, of two the upper one."""

    def nearest(sample: int) -> int:
        at = bisect_left(_LEVELS, (sample, 0))
        around = _LEVELS[max(0, at - 1) : at + 1]
        return min(around, key=lambda pair: (abs(pair[0] - sample), -pair[0]))[1]

    return bytes(map(nearest, samples))


def _tone(hz: int, amplitude: float) -> Sequence[int]:
    """One second of a sine; a whole number of hertz, so that seconds follow each other without a click."""
    return [round(32767 * amplitude * math.sin(2 * math.pi * hz * n / RATE)) for n in range(RATE)]


@attrs.frozen
class Press:
    """A key pressed at a moment of the stream."""

    at_s: float
    key: str
    held_s: float = 0.1


@attrs.frozen
class Rtp:
    """An RTP packet (RFC 3550 section 5.1)."""

    payload_type: int
    marker: bool
    sequence: int
    timestamp: int
    ssrc: int
    payload: bytes

    def to_bytes(self) -> bytes:
        """As it is sent."""
        second = self.payload_type | (0x80 if self.marker else 0)
        return struct.pack(">BBHII", 0x80, second, self.sequence & 0xFFFF, self.timestamp & 0xFFFFFFFF, self.ssrc) + self.payload


def rtp_of(payload: bytes) -> Rtp | None:
    """The RTP packet in a datagram; None when it is none (RTCP, SIP)."""
    if len(payload) < 12 or payload[0] >> 6 != 2 or 200 <= payload[1] <= 207:  # RFC 5761 section 4
        return None
    first, second, sequence, timestamp, ssrc = struct.unpack_from(">BBHII", payload)
    begin = 12 + 4 * (first & 15)
    if first & 0x10 and len(payload) >= begin + 4:  # header extension
        begin += 4 + 4 * int.from_bytes(payload[begin + 2 : begin + 4], "big")
    end = len(payload) - (payload[-1] if first & 0x20 else 0)
    return Rtp(second & 0x7F, bool(second & 0x80), sequence, timestamp, ssrc, payload[begin:end])


def loudness(packet: Rtp) -> float:
    """Root mean square of a G.711 packet's samples, 0 to 32767; 0 for everything that is not G.711."""
    energy = _ENERGY.get(packet.payload_type)
    if energy is None or not packet.payload:
        return 0.0
    return math.sqrt(sum(map(energy.__getitem__, packet.payload)) / len(packet.payload))


def speech(
    tone_hz: int, length_s: float, presses: Iterable[Press] = (), *, amplitude: float = 0.25, ssrc: int = 0x5EED
) -> Iterator[tuple[float, Rtp]]:
    """The packets of a caller who sounds like `tone_hz` (0: silence) and presses keys, each with its time in seconds from the start.

    While a key is held, its events are sent in place of the tone (RFC 4733 section 2.5.1).
    """
    second = alaw(_tone(tone_hz, amplitude)) if tone_hz else alaw([0]) * RATE
    waiting = sorted(presses, key=lambda press: press.at_s)
    sequence, frame, frames = 0, 0, round(length_s / FRAME_S)
    marker = True
    while frame < frames:
        if waiting and waiting[0].at_s <= frame * FRAME_S:
            press = waiting.pop(0)
            for number, (payload, first) in enumerate(_events(press)):
                # The packets that repeat the end follow at once, in the same frame time as the first of them.
                at = frame + min(number, round(press.held_s / FRAME_S) - 1)
                yield at * FRAME_S, Rtp(TELEPHONE_EVENT, first, sequence, frame * _FRAME, ssrc, payload)
                sequence += 1
            frame += max(1, round(press.held_s / FRAME_S))
            marker = True
            continue
        begin = frame * _FRAME % RATE
        yield frame * FRAME_S, Rtp(PCMA, marker, sequence, frame * _FRAME, ssrc, second[begin : begin + _FRAME])
        sequence, frame, marker = sequence + 1, frame + 1, False


def _events(press: Press) -> Iterator[tuple[bytes, bool]]:
    """The payloads of one key, and whether each is the first."""
    code, frames = _KEYS.index(press.key.upper()), max(1, round(press.held_s / FRAME_S))
    volume = 10
    for number in range(1, frames):
        yield struct.pack(">BBH", code, volume, number * _FRAME), number == 1
    for _ in range(_LAST_PACKETS):
        yield struct.pack(">BBH", code, 0x80 | volume, frames * _FRAME), frames == 1


def write_speech(path: Path, tone_hz: int, length_s: float, presses: Iterable[Press] = ()) -> Path:
    """Write a caller's speech as a capture for sipp to play; sipp puts in the addresses and ports of each call."""
    here, there = ("127.0.0.1", 6000), ("127.0.0.1", 7000)
    write(path, (Datagram(1.0 + at, here, there, packet.to_bytes()) for at, packet in speech(tone_hz, length_s, presses)))
    return path


def write_wav(path: Path, tones_hz: Sequence[int], length_s: float, amplitude: float = 0.25) -> Path:
    """Write a WAV file (8 kHz, 16 bit, mono) that sounds of these tones together, loud from its first sample."""
    together = [sum(samples) for samples in zip(*(_tone(hz, amplitude / len(tones_hz)) for hz in tones_hz), strict=True)]
    whole, rest = divmod(round(length_s * RATE), RATE)
    with open_wave(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(array("h", together * whole + together[:rest]).tobytes())
    return path
