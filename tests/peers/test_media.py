"""Speech for sipp: tones keep their pitch through G.711, digits are RFC 4733 events in their places, one stream from first to last."""

import struct
import wave
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.peers.media import PCMA, PCMU, TELEPHONE_EVENT, Press, Rtp, alaw, loudness, rtp_of, speech, write_speech, write_wav
from tests.peers.pcap import read


def linear(payload: bytes) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    """Decode A-law as G.711 writes it, apart from the code under test."""
    code = np.frombuffer(payload, np.uint8) ^ 0x55
    segment, step = (code & 0x70) >> 4, (code & 0x0F).astype(float)
    level = np.where(segment == 0, 16 * step + 8, (16 * step + 264) * 2.0 ** (segment.astype(float) - 1))
    return np.where(code & 0x80, level, -level)


def test_known_codes_of_g711() -> None:
    assert alaw([0, 8, -8, 32767, -32768]) == bytes([0xD5, 0xD5, 0x55, 0xAA, 0x2A])


@given(st.lists(st.integers(-32768, 32767), min_size=1, max_size=40))
def test_a_sample_comes_back_within_half_a_step(samples: list[int]) -> None:
    for sample, back in zip(samples, linear(alaw(samples)), strict=True):
        assert abs(sample - back) <= max(8, abs(sample) / 32 + 8, abs(sample) - 32256)


def test_a_tone_is_one_stream_of_its_pitch() -> None:
    packets = [packet for _, packet in speech(610, 2.5)]
    assert len(packets) == 125
    assert [p.marker for p in packets] == [True] + [False] * 124
    for before, after in pairwise(packets):
        assert (after.sequence, after.timestamp, after.ssrc) == (before.sequence + 1, before.timestamp + 160, before.ssrc)
    spectrum = np.abs(np.fft.rfft(linear(b"".join(p.payload for p in packets[:50]))))
    assert spectrum.argmax() == 610
    assert spectrum[610] > 20 * np.delete(spectrum, 610).max()


def test_keys_take_the_place_of_the_tone() -> None:
    sent = list(speech(420, 1.0, [Press(0.6, "#", held_s=0.06), Press(0.2, "7")]))
    events = [(at, p) for at, p in sent if p.payload_type == TELEPHONE_EVENT]
    parts = [(*struct.unpack(">BBH", p.payload), p.timestamp, p.marker) for _, p in events]
    first = 10 * 160
    assert parts == [(7, 10, 160 * n, first, n == 1) for n in range(1, 5)] + [(7, 0x8A, 800, first, False)] * 3 + [
        (11, 10, 160, 30 * 160, True),
        (11, 10, 320, 30 * 160, False),
        *[(11, 0x8A, 480, 30 * 160, False)] * 3,
    ]
    assert [p.sequence for _, p in sent] == list(range(len(sent)))
    assert [at for at, _ in sent] == sorted(at for at, _ in sent)
    assert [p.timestamp for _, p in sent if p.payload_type == PCMA] == [160 * n for n in range(50) if not (10 <= n < 15 or 30 <= n < 33)]


def test_loudness_tells_speech_from_silence() -> None:
    loud = [packet for _, packet in speech(1000, 0.1, amplitude=0.25)]
    quiet = [packet for _, packet in speech(0, 0.1)]
    assert all(loudness(p) == pytest.approx(0.25 * 32767 / 2**0.5, rel=0.02) for p in loud)
    assert all(loudness(p) < 10 for p in quiet)
    assert loudness(Rtp(PCMU, False, 0, 0, 1, b"\xff\x7f" * 80)) == 0  # both zeros of u-law
    assert loudness(Rtp(PCMU, False, 0, 0, 1, b"\x00" * 160)) == 32124
    assert loudness(Rtp(TELEPHONE_EVENT, False, 0, 0, 1, b"\x01\x0a\x00\xa0")) == 0


def test_packets_are_read_as_they_are_written() -> None:
    packet = Rtp(PCMA, True, 65535, 160, 0xDEADBEEF, b"speech")
    assert rtp_of(packet.to_bytes()) == packet
    plain = packet.to_bytes()
    extended = bytes([plain[0] | 0x10]) + plain[1:12] + b"\xbe\xde\x00\x01abcd" + plain[12:]
    padded = bytes([plain[0] | 0x20]) + plain[1:] + b"\0\0\x03"
    assert rtp_of(extended) == rtp_of(padded) == packet


@pytest.mark.parametrize("payload", [b"", b"\x80\xc8" + bytes(26), b"INVITE sip:1@127.0.0.1 SIP/2.0"])
def test_what_is_not_rtp_is_none(payload: bytes) -> None:
    assert rtp_of(payload) is None


def test_a_file_for_sipp_has_the_times_and_packets(tmp_path: Path) -> None:
    sent = list(speech(420, 0.4, [Press(0.1, "5")]))
    found = list(read(write_speech(tmp_path / "a.pcap", 420, 0.4, [Press(0.1, "5")])))
    assert [rtp_of(d.payload) for d in found] == [p for _, p in sent]
    assert [round(d.at_s - found[0].at_s, 4) for d in found] == [round(at, 4) for at, _ in sent]


def test_a_wav_file_is_loud_from_its_first_moments(tmp_path: Path) -> None:
    with wave.open(str(write_wav(tmp_path / "a.wav", [420, 1180], 1.5)), "rb") as file:
        assert file.getparams()[:4] == (1, 2, 8000, 12000)
        samples = np.frombuffer(file.readframes(12000), "<i2").astype(float)
    assert loudness(Rtp(PCMA, True, 0, 0, 0, alaw(map(int, samples[:160])))) > 1000
    assert set(np.abs(np.fft.rfft(samples[:8000])).argsort()[-2:]) == {420, 1180}
