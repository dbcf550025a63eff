"""Keys on a SIP line: each heard once, whatever a telephone sends and the network does to it; and sent so that they are heard."""

import random
import struct
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import trio

from hal.api import CommandFailed, SendDigits
from tests.bench.keys_calls import Dialog
from tests.bench.keys_inband import hear
from tests.bench.keys_line import KeyLine, key_line
from tests.bench.keys_rtp import KEYS, Line, Sent, Weather, arrivals, in_events, in_tones, keys_of_events, tones
from tests.hal.peer import WAIT_S
from tests.peers.media import PCMA, TELEPHONE_EVENT, Rtp, alaw

pytestmark = [pytest.mark.live, pytest.mark.slow, pytest.mark.requirement("IVR-13")]

SILENCE = alaw([0]) * 160
SETTLE_S = 0.4
"""Longer than a second report of a key takes."""


def event(sequence: int, timestamp: int, key: str, duration: int, *, end: bool = False, marker: bool = False) -> Rtp:
    payload = struct.pack(">BBH", KEYS.index(key), 10 | (0x80 if end else 0), duration)
    return Rtp(TELEPHONE_EVENT, marker, sequence, timestamp, 7, payload)


def press(sequence: int, timestamp: int, key: str, packets: Sequence[int] = range(1, 6), ends: int = 3) -> list[Rtp]:
    """A press of 100 ms of which these packets come, and so many of the three that tell the end."""
    there = [event(sequence + n, timestamp, key, 160 * n, marker=n == 1) for n in packets]
    return there + [event(sequence + 6 + n, timestamp, key, 960, end=True) for n in range(ends)]


def paced(packets: Sequence[Rtp]) -> list[Sent]:
    """Half a second of silence, then the packets, one in 10 ms, and more silence."""
    quiet = [Rtp(PCMA, False, n, 160 * n, 7, SILENCE) for n in range(20)]
    last = packets[-1].sequence
    after = [Rtp(PCMA, False, last + 1 + n, packets[-1].timestamp + 8000 + 160 * n, 7, SILENCE) for n in range(10)]
    return [Sent(0.01 * n, packet) for n, packet in enumerate([*quiet, *packets, *after])]


MOVED = [event(100 + n, 4000 + 160 * n, "1", 160 * n, marker=n == 1, end=n == 6) for n in range(1, 7)]
"""From a phone that moves the timestamp from packet to packet."""
LONG = [event(100 + n, 4000, "5", 13107 * n, marker=n == 1) for n in range(1, 6)]
SEGMENTS = [event(110 + n, 4000 + 0xFFFF, "5", 1000 * n, end=n == 5) for n in range(1, 6)]


CASES = {
    "whole": (press(100, 4000, "1"), "1"),
    "its start is lost, and the marker": (press(100, 4000, "1", range(4, 6)), "1"),
    "its end is lost": (press(100, 4000, "1", ends=0), "1"),
    "one packet is left": (press(100, 4000, "1", (), ends=1), "1"),
    "the same key twice": ([*press(100, 4000, "1"), *press(110, 5600, "1")], "11"),
    "twice, with neither end nor start": ([*press(100, 4000, "1", ends=0), *press(110, 5600, "1", range(5, 6))], "11"),
    "twice, one packet left of each": ([*press(100, 4000, "1", (), 1), *press(110, 5600, "1", (), 1)], "11"),
    "backwards": ([*press(100, 4000, "1")[::-1], *press(110, 5600, "2")], "12"),
    "its start comes after its end": ([*press(100, 4000, "1")[3:], *press(100, 4000, "1")[:3]], "1"),
    "its end after the next": ([*press(100, 4000, "1"), *press(110, 5600, "2"), *press(100, 4000, "1")[-3:]], "12"),
    "every packet twice": ([p for p in press(100, 4000, "1") for _ in range(2)], "1"),
    "longer than a duration can say": ([*LONG, *SEGMENTS], "5"),
    "longer, and the seam is lost": ([*LONG[:2], *SEGMENTS[3:]], "5"),
    "longer, and once more": ([*LONG, *SEGMENTS, *press(130, 90000, "5")], "55"),
    "a phone whose timestamp stands still": ([*press(100, 4000, "1"), *press(110, 4000, "1")], "11"),
    "a phone whose timestamp moves": (MOVED, "1"),
}  # fmt: skip


async def test_a_key_by_rfc_4733_is_heard_once(tmp_path: Path) -> None:
    async with key_line(tmp_path) as line:
        calls = {case: await line.callers.call("") for case in CASES}
        await line.callers.speak({calls[case].number: paced(packets) for case, (packets, _) in CASES.items()})
        await trio.sleep(SETTLE_S)
        assert {case: line.heard(call) for case, call in calls.items()} == {case: keys for case, (_, keys) in CASES.items()}


async def test_keys_that_come_after_the_speech_that_followed_them_are_heard(tmp_path: Path) -> None:
    overtaken = paced(press(100, 4000, "1"))
    overtaken = [*overtaken[:20], *overtaken[28:], *overtaken[20:28]]
    async with key_line(tmp_path) as line:
        call = await line.callers.call("")
        await line.callers.speak({0: [Sent(0.01 * n, one.packet) for n, one in enumerate(overtaken)]})
        await trio.sleep(SETTLE_S)
        assert line.heard(call) == "1"


INFOS = {
    ("application/dtmf-relay", "Signal=5\r\nDuration=160\r\n"): (200, "5"),
    ("application/dtmf-relay", "Signal= #\r\nDuration= 100"): (200, "#"),
    ("application/dtmf-relay", "signal=d"): (200, "D"),
    ("application/dtmf-relay", "Signal=10\r\nDuration=250\r\n"): (200, "*"),
    ("application/dtmf-relay", "Signal=16\r\n"): (200, ""),
    ("application/dtmf", "7"): (200, "7"),
    ("application/dtmf", "*\r\n"): (200, "*"),
    ("application/dtmf", "11"): (200, "#"),
    ("application/dtmf-relay", "Signal=x\r\n"): (400, ""),
    ("application/dtmf", "hello"): (400, ""),
}


async def test_a_key_by_info_is_answered_and_heard(tmp_path: Path) -> None:
    async with key_line(tmp_path) as line:
        found = {}
        for kind, body in INFOS:
            call = await line.callers.call("", events=False)
            found[kind, body] = (await line.callers.info(call, body, kind), call)
        await trio.sleep(SETTLE_S)
        assert {case: (status, line.heard(call)) for case, (status, call) in found.items()} == INFOS


async def test_a_phone_that_sends_both_is_heard_once(tmp_path: Path) -> None:
    async with key_line(tmp_path) as line, trio.open_nursery() as nursery:
        call = await line.callers.call("")
        both = paced([p for n, key in enumerate("1223") for p in press(100 + 10 * n, 4000 + 3200 * n, key)])
        nursery.start_soon(line.callers.speak, {0: both})
        for key in "1223":
            await trio.sleep(0.2)
            assert await line.callers.info(call, f"Signal={key}\r\nDuration=100\r\n") == 200
        await trio.sleep(1.0)
        assert line.heard(call) == "1223"


async def test_a_key_that_only_info_brings_is_heard_where_the_phone_sends_both(tmp_path: Path) -> None:
    async with key_line(tmp_path) as line:
        call = await line.callers.call("")
        await line.callers.speak({0: paced(press(100, 4000, "1"))})
        for key in "12":
            assert await line.callers.info(call, f"Signal={key}\r\nDuration=100\r\n") == 200
        await trio.sleep(2 * SETTLE_S)
        assert line.heard(call) == "12"


async def pressed_as_tones(line: KeyLine, call: Dialog, keys: str) -> str:
    sound = tones(keys, Line(), np.random.default_rng(1))
    await line.callers.speak({call.number: list(in_tones(sound, line.callers.chance))})
    await trio.sleep(SETTLE_S)
    return line.heard(call)


async def test_tones_are_heard_where_no_telephone_event_was_negotiated(tmp_path: Path) -> None:
    async with key_line(tmp_path) as line:
        call = await line.callers.call("", events=False)
        assert await pressed_as_tones(line, call, KEYS + "00") == KEYS + "00"


async def test_tones_are_speech_where_telephone_event_was_negotiated(tmp_path: Path) -> None:
    async with key_line(tmp_path) as line:
        call = await line.callers.call("")
        assert await pressed_as_tones(line, call, KEYS) == ""


async def test_tones_and_info_together_are_heard_once(tmp_path: Path) -> None:
    async with key_line(tmp_path) as line, trio.open_nursery() as nursery:
        call = await line.callers.call("", events=False)
        sound = tones("1123", Line(on_s=(0.1, 0.1), gap_s=(0.2, 0.2)), np.random.default_rng(1))
        nursery.start_soon(line.callers.speak, {0: list(in_tones(sound, line.callers.chance))})
        await trio.sleep(0.2)
        for key in "1123":
            await trio.sleep(0.3)
            assert await line.callers.info(call, f"Signal={key}\r\nDuration=100\r\n") == 200
        await trio.sleep(1.0)
        assert line.heard(call) == "1123"


@pytest.mark.requirement("CTI-01")
async def test_keys_are_sent_by_telephone_event(tmp_path: Path) -> None:
    keys = KEYS * 3 + "11"
    async with key_line(tmp_path) as line:
        call, sent = await listening(line, keys, events=True)
        with trio.fail_after(WAIT_S + 0.3 * len(keys)):
            while len(keys_of_events(one.packet for one in arrivals(call.heard))) < len(keys):  # noqa: ASYNC110 - another's doing
                await trio.sleep(0.05)
        assert keys_of_events(one.packet for one in arrivals(call.heard)) == sent
        assert_there_are_gaps(arrivals(call.heard))


def assert_there_are_gaps(packets: list[Sent]) -> None:
    """Speech between any two keys, 40 ms of it at least: a gateway makes tones of them."""
    row = [one.packet for one in packets]
    starts = [n for n, p in enumerate(row) if p.payload_type == TELEPHONE_EVENT and p.marker]
    assert len(starts) > 40
    assert all(row[n - 1].payload_type == row[n - 2].payload_type == PCMA for n in starts[1:])


async def listening(line: KeyLine, keys: str, *, events: bool) -> tuple[Dialog, str]:
    call = await line.callers.call("", events=events)
    leg = await line.through(call)
    line.callers.listening = True
    line.bench.do(SendDigits(line.bench.line.name, leg, keys))
    return call, keys


@pytest.mark.requirement("CTI-01")
async def test_keys_are_sent_by_info_where_the_site_says_so(tmp_path: Path) -> None:
    async with key_line(tmp_path, send_keys="info") as line:
        call, sent = await listening(line, "0*#12", events=False)
        with trio.fail_after(WAIT_S):
            while len(call.told) < len(sent):  # noqa: ASYNC110 - another process's doing
                await trio.sleep(0.05)
        assert call.told == sent


@pytest.mark.requirement("CTI-01")
async def test_keys_are_sent_as_tones_otherwise_and_their_echo_is_not_heard(tmp_path: Path) -> None:
    keys = KEYS + "77" + KEYS[::-1] + "123456789"  # more than PJSIP takes at once
    async with key_line(tmp_path) as line:
        call, sent = await listening(line, keys, events=False)
        with trio.move_on_after(0.2 * len(keys) + 2.0):
            played = 0
            while True:
                await trio.sleep(0.02)
                for _, data in call.heard[played:]:
                    call.speech.send(data)  # the far end's hybrid, and a bad one
                played = len(call.heard)
        assert hear(b"".join(s.packet.payload for s in arrivals(call.heard) if s.packet.payload_type == PCMA)) == sent
        assert line.heard(call) == ""
        assert await pressed_as_tones(line, call, "0123") == "0123"


@pytest.mark.parametrize("events", [True, False])
async def test_what_is_no_key_is_not_sent(tmp_path: Path, events: bool) -> None:
    async with key_line(tmp_path) as line:
        await listening(line, "12x", events=events)
        failed = await line.bench.log.wait(CommandFailed)
        assert failed.command == "SendDigits"
        assert "12" not in failed.reason.replace("0123456789", "")


async def test_a_key_is_in_no_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    secret = "*8642975310#"
    caplog.set_level(0)
    async with key_line(tmp_path) as line:
        chance = random.Random(1)
        by_events, by_info = await line.callers.call(""), await line.callers.call("", events=False)
        await line.callers.speak({0: in_events(secret, Line(), chance)})
        for key in secret:
            assert await line.callers.info(by_info, f"Signal={key}\r\nDuration=100\r\n") == 200
        for call in (by_events, by_info):
            line.bench.do(SendDigits(line.bench.line.name, await line.through(call), secret))
        await trio.sleep(SETTLE_S)
        assert line.heard(by_events) == line.heard(by_info) == secret
    logs = logs_below(tmp_path) + caplog.text
    assert "worker 0" in logs
    assert not [word for word in ("Signal", secret[:4]) if word.lower() in logs.lower()], logs


def logs_below(folder: Path) -> str:
    return "".join(path.read_text(errors="replace") for path in folder.rglob("*.log"))


@pytest.mark.parametrize("weather", [Weather(), Weather(0.05, 1, 0.06), Weather(0.03, 2, 0.06)], ids=str)
async def test_keys_in_bad_weather(tmp_path: Path, weather: Weather) -> None:
    chance = random.Random(4)
    async with key_line(tmp_path, 8) as line:
        calls = [await line.callers.call("".join(chance.choices(KEYS, k=25))) for _ in range(8)]
        await line.callers.speak({c.number: weather.over(in_events(c.keys, Line(), chance), chance) for c in calls})
        await trio.sleep(SETTLE_S)
        assert [line.heard(call) for call in calls] == [call.keys for call in calls]
