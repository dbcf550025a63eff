"""`./hotline bench keys`: how many keys of very many a SIP line hears, and sends so that they are heard, in good and bad weather.

Real calls on the loopback address: real SIP, real RTP, and a network that loses, delays and reorders, made by the caller. Beside that, the
receiver of tones alone: levels, noise and twist at the edges of ITU-T Q.24, and speech, in which there are no keys. There is no peer: the
target is 99.9 % (IVR-13), and each share comes with the lower end of its 95 % interval (Wilson).

Not measured: lines with echo or clicks, other codecs than G.711, far ends that misunderstand what we send.
"""

import argparse
import math
import random
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import attrs
import numpy as np
import trio

from hal.api import SendDigits
from tests.bench.figures import Figure, report
from tests.bench.keys_calls import Dialog
from tests.bench.keys_inband import hear, heard_in, prose, spoken
from tests.bench.keys_line import key_line
from tests.bench.keys_rtp import KEYS, Line, Sent, Weather, arrivals, errors, in_events, in_tones, keys_of_events, tones
from tests.peers.media import PCMA, RATE

__all__ = ["bench_keys"]

WRONG_SHARE = 0.001
"""Of the keys may be missed, invented or taken for others (IVR-13)."""
SETTLE_S = 1.0
KEY_S = 0.2
"""That a key takes that we send, with the gap after it."""
JITTER_S = 0.06
LOSSES = (0.0, 0.01, 0.03, 0.05)
PRESSED = Line(on_s=(0.08, 0.16), gap_s=(0.08, 0.16))
"""As fingers and diallers do."""
EDGES = {
    "-36 dBm0": Line(low_dbm0=-36, high_dbm0=-36),
    "noise 12 dB below": Line(snr_db=12),
    "high tone 4 dB above the low one": Line(low_dbm0=-12, high_dbm0=-8, snr_db=25),
    "high tone 8 dB below the low one": Line(low_dbm0=-8, high_dbm0=-16, snr_db=25),
    "40 ms and 40 ms": Line(on_s=(0.04, 0.04), gap_s=(0.04, 0.05)),
}


@attrs.frozen
class Size:
    """How much is measured."""

    calls: int = 125
    keys: int = 160
    """Of each call in each weather."""
    edge: int = 20_000
    """Keys in each condition of the receiver alone."""
    speech_s: float = 7200.0
    losses: tuple[float, ...] = LOSSES


def bench_keys(json_path: Path | None = None, size: Size | None = None) -> int:
    """Measure, print the table, write the JSON; 0: every target met, 1: one missed."""
    return report(trio.run(_measure, size or Size()), json_path)


async def _measure(size: Size) -> list[Figure]:
    with tempfile.TemporaryDirectory(prefix="hotline-bench-") as name:
        found: list[Figure] = []
        for events in (True, False):
            for loss in size.losses:
                found += await _heard(Path(name) / f"{events}{loss}", size, Weather(loss, 1, JITTER_S), events=events)
            found += await _heard(Path(name) / f"{events}burst", size, Weather(0.05, 5, JITTER_S), events=events)
            found += await _sent(Path(name) / f"{events}sent", size, events=events)
    for what, line in EDGES.items():
        found += _edge(what, line, size.edge)
    return [*found, _talk_off(size.speech_s)]


async def _heard(folder: Path, size: Size, weather: Weather, *, events: bool) -> list[Figure]:
    """Callers press keys in this weather."""
    how = "by RFC 4733" if events else "as tones"
    bursts = f" in bursts of {weather.burst:g}" if weather.burst > 1 else ""
    what = f"heard {how}, {weather.loss:.0%} lost{bursts}, {weather.jitter_s * 1000:g} ms jitter"
    _say(what)
    chance, noise = random.Random(13), np.random.default_rng(13)
    async with key_line(folder, size.calls) as line:
        calls = [await line.callers.call("".join(chance.choices(KEYS, k=size.keys)), events=events) for _ in range(size.calls)]
        said = {
            call.number: in_events(call.keys, PRESSED, chance)
            if events
            else list(in_tones(tones(call.keys, PRESSED, noise, around_s=1.0), chance))
            for call in calls
        }
        came = {number: weather.over(stream, chance) for number, stream in said.items()}
        for call in calls:
            await line.through(call)
        await line.callers.speak(came)
        await trio.sleep(SETTLE_S)
        wrong = sum(errors(call.keys, line.heard(call)) for call in calls)
    if weather.burst > 1 and not events:  # who knows how much of a tone has to come?
        return _accuracy(what, wrong, size.calls * size.keys, lost=None)
    return _accuracy(what, wrong, size.calls * size.keys, _lost(calls, said, came) if events else 0)


def _lost(calls: Sequence[Dialog], said: Mapping[int, Sequence[Sent]], came: Mapping[int, Sequence[Sent]]) -> int:
    return sum(_lost_whole(said[call.number], came[call.number]) for call in calls)


def _lost_whole(said: Sequence[Sent], came: Sequence[Sent]) -> int:
    """Keys of which not one packet came: nobody can hear them."""
    return len(keys_of_events(s.packet for s in said)) - len(keys_of_events(s.packet for s in came))


async def _sent(folder: Path, size: Size, *, events: bool) -> list[Figure]:
    """The line sends keys; the weather comes over them at the far end, which knows a key by its timestamp."""
    how = "by RFC 4733" if events else "as tones"
    _say(f"sent {how}")
    chance = random.Random(17)
    async with key_line(folder, size.calls) as line:
        calls = [await line.callers.call("".join(chance.choices(KEYS, k=size.keys)), events=events) for _ in range(size.calls)]
        line.callers.listening = True
        for at in range(0, size.keys, 50):
            for call in calls:
                line.bench.do(SendDigits(line.bench.line.name, await line.through(call), call.keys[at : at + 50]))
            await trio.sleep(KEY_S * len(calls[0].keys[at : at + 50]))
        await trio.sleep(3 * SETTLE_S)
    found: list[Figure] = []
    for weather in [Weather(loss, 1, 0) for loss in (size.losses if events else (0.0,))]:
        wrong = lost = 0
        for call in calls:
            said = arrivals(call.heard)
            came = weather.over(said, chance)
            lost += _lost_whole(said, came) if events else 0
            wrong += errors(call.keys, keys_of_events(s.packet for s in came) if events else _tones_in(came))
        found += _accuracy(f"sent {how}, {weather.loss:.0%} lost", wrong, size.calls * size.keys, lost)
    return found


def _tones_in(came: Sequence[Sent]) -> str:
    return hear(b"".join(s.packet.payload for s in came if s.packet.payload_type == PCMA))


def _edge(what: str, line: Line, count: int) -> list[Figure]:
    """The receiver alone."""
    _say(what)
    chance, noise, wrong, piece = random.Random(19), np.random.default_rng(19), 0, 200
    for _ in range(-(-count // piece)):
        keys = "".join(chance.choices(KEYS, k=piece))
        wrong += errors(keys, heard_in(tones(keys, line, noise)))
    return _accuracy(f"tones alone, {what}", wrong, -(-count // piece) * piece)


def _talk_off(wanted_s: float) -> Figure:
    """Keys heard where there are none."""
    heard, said_s = "", 0.0
    for voice, text in prose(random.Random(23)):
        if said_s >= wanted_s:
            break
        sound = spoken(voice, text)
        said_s += len(sound) / RATE
        heard += heard_in(sound)
        _say(f"speech, {said_s / 60:.0f} minutes: {len(heard)} keys")
    what = f"keys heard in {said_s / 60:.0f} minutes of speech, Mandarin and English"
    return _figure(what, "keys", len(heard), target=0.0, ok=not heard and said_s >= wanted_s)


def _accuracy(what: str, wrong: int, count: int, lost: int | None = 0) -> list[Figure]:
    """The figures of one condition. Keys `lost` on the way are told, and are not the line's fault; None: nothing is asked."""
    allowed = WRONG_SHARE * count
    target, ok = (None, None) if lost is None else (allowed, wrong - lost <= allowed)
    rows = [_figure(f"{what}: wrong of {count}", "keys", wrong, target=target, ok=ok)]
    if lost:
        rows.append(_figure(f"{what}: of these lost with all their packets", "keys", lost))
    low, high = wilson(count - min(wrong, count), count)
    rows.append(_figure(f"{what}: right", "%", 100 * (1 - wrong / count)))
    return [*rows, _figure(f"{what}: right, 95 % interval from (to {100 * high:.3f})", "%", 100 * low)]


def wilson(good: int, count: int, z: float = 1.96) -> tuple[float, float]:
    """The interval in which the true share lies with 95 % confidence (Wilson 1927)."""
    share = good / count
    middle = share + z * z / (2 * count)
    half = z * math.sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    return (middle - half) / (1 + z * z / count), (middle + half) / (1 + z * z / count)


def _figure(metric: str, unit: str, ours: float, *, target: float | None = None, ok: bool | None = None) -> Figure:
    return Figure(metric=metric, unit=unit, ours=ours, peer=None, ratio=None, peer_name="no peer", target=target, ok=ok)


def _say(text: str) -> None:
    print(f"bench keys: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="The figures of ./hotline bench keys, of another size.")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--calls", type=int, default=125)
    parser.add_argument("--keys", type=int, default=160)
    parser.add_argument("--edge", type=int, default=20_000)
    parser.add_argument("--speech-s", type=float, default=7200.0)
    given = parser.parse_args()
    sys.exit(bench_keys(given.json, Size(given.calls, given.keys, given.edge, given.speech_s)))
