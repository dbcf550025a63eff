"""`./hotline bench ivr`: sixty callers in self service at once, for minutes, beside Asterisk's Playback of the same prompt.

Ours are in a call flow of a file, with its menu; Asterisk plays a file to who calls. Each side has its turn while the other is idle. On the
wire, as tcpdump saw it: from the answer to the first packet of the prompt that is loud, and times between two packets of a caller's speech
in which he hears nothing. Processor time is of the whole centre, for one port busy for one second.
"""

import argparse
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import attrs

from tests.bench.answer import Side, both
from tests.bench.figures import Figure, beside, percentile, report
from tests.bench.sites import CALLERS, MENU, PROMPT
from tests.peers.capture import capture
from tests.peers.delays import Sides, delays
from tests.peers.media import rtp_of
from tests.peers.pcap import Datagram, read
from tests.peers.processes import PeerFailed
from tests.peers.sipp import Caller, call

__all__ = ["Gaps", "bench_ivr", "gaps"]

PORTS = 60
"""What the government hotline asks for (S1)."""
MINUTES = 10.0
STAYS_S = 18.0
GAP_S = 0.040
"""Two packets' time: a shorter pause is jitter, that every phone buffers."""
PROMPT_TARGET_S = 0.050
"""From the answer to the first packet of the prompt, for 99 of 100 callers; S1 asks for less than 1 s."""


@attrs.define
class Gaps:
    """Pauses in the speech that callers were sent."""

    packets: int = 0
    gaps: int = 0
    longest_s: float = 0.0


def gaps(seen: Iterable[Datagram], callers: str) -> Gaps:
    """Times of more than `GAP_S` between two packets of one stream to a caller. A stream is an RTP source to one port (RFC 3550)."""
    last: dict[tuple[int, int], float] = {}
    found = Gaps()
    for datagram in seen:
        if datagram.target[0] != callers or (packet := rtp_of(datagram.payload)) is None:
            continue
        found.packets += 1
        stream = (datagram.target[1], packet.ssrc)
        pause_s = datagram.at_s - last.get(stream, datagram.at_s)
        last[stream] = datagram.at_s
        found.gaps += pause_s > GAP_S + 1e-6
        found.longest_s = max(found.longest_s, pause_s)
    return found


@attrs.frozen
class _Turn:
    """What was seen of one side."""

    calls: int
    failed: int
    starts_s: tuple[float, ...]
    heard: Gaps
    cpu_s: float
    port_s: float


def bench_ivr(json_path: Path | None = None, *, ports: int = PORTS, minutes: float = MINUTES) -> int:
    """Measure, print the table, write the JSON; 0: every target met, 1: a target missed, 2: it could not be measured."""
    try:
        with both() as (ours, peer, _, folder):
            mine = _turn(ours, MENU, folder / "ours", ports, minutes)
            theirs = _turn(peer, PROMPT, folder / "peer", ports, minutes)
            figures = list(_figures(mine, theirs, peer.name, ports))
    except PeerFailed as failure:
        print(f"bench ivr: {failure}", file=sys.stderr)
        return 2
    return report(figures, json_path)


def _turn(side: Side, number: str, folder: Path, ports: int, minutes: float) -> _Turn:
    folder.mkdir()
    calls = max(ports, round(ports * minutes * 60 / STAYS_S))
    print(f"bench ivr: {ports} ports for {minutes:g} min, {side.name}", file=sys.stderr, flush=True)
    caller = Caller(number=number, calls=calls, rate=ports / STAYS_S, at_once=ports, stays_s=STAYS_S, local=(CALLERS, 6100))
    wanted = f"udp and ((host {side.sip[0]} and port {side.sip[1]}) or dst host {CALLERS})"
    with capture(folder / "seen.pcap", wanted) as captured:
        before = side.cpu_s()
        with call(caller, side.sip, folder / "callers") as callers:
            counts = callers.finish(minutes * 60 + 4 * STAYS_S + 60)
        cpu_s = side.cpu_s() - before
    found = delays(read(captured), Sides(centre=side.sip, callers=CALLERS, agents=side.phones[0]))
    starts_s = tuple(prompt - answer for prompt, answer in zip(found.prompt, found.answer, strict=False))
    failed = counts.failed + calls - counts.made + max(0, found.answered - len(found.prompt))
    heard = gaps(read(captured), CALLERS)
    captured.unlink()
    return _Turn(calls, failed, starts_s, heard, cpu_s, calls * STAYS_S)


def _figures(ours: _Turn, peer: _Turn, name: str, ports: int) -> Iterator[Figure]:
    for label, share in (("p50", 0.5), ("p99", 0.99), ("max", 1.0)):
        mine, theirs = percentile(ours.starts_s, share), percentile(peer.starts_s, share)
        figure = beside(f"answer to first packet of the prompt, {label}", "ms", _ms(mine), _ms(theirs), name)
        if label == "p99":
            figure = attrs.evolve(figure, target=PROMPT_TARGET_S * 1e3, ok=mine is not None and mine <= PROMPT_TARGET_S)
        yield figure
    gapped = beside(f"gaps over 40 ms in {ours.heard.packets} packets", "gaps", ours.heard.gaps, peer.heard.gaps, name)
    yield attrs.evolve(gapped, target=float(peer.heard.gaps), ok=ours.heard.gaps <= peer.heard.gaps)
    yield beside("longest gap", "ms", _ms(ours.heard.longest_s), _ms(peer.heard.longest_s), name)
    yield beside(f"processor time per busy port and second, {ports} ports", "ms", _per_port(ours), _per_port(peer), name, 1.0)
    failed = beside(f"failed calls of {ours.calls}", "calls", ours.failed, peer.failed, name)
    yield attrs.evolve(failed, target=0.0, ok=ours.failed == 0)


def _per_port(turn: _Turn) -> float:
    return turn.cpu_s / turn.port_s * 1e3


def _ms(seconds: float | None) -> float | None:
    return None if seconds is None else seconds * 1e3


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="The figures of ./hotline bench ivr, for another time or number of ports.")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--ports", type=int, default=PORTS)
    parser.add_argument("--minutes", type=float, default=MINUTES)
    given = parser.parse_args()
    sys.exit(bench_ivr(given.json, ports=given.ports, minutes=given.minutes))
