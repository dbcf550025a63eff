"""`./hotline bench answer`: how fast a call is answered, hears the prompt and is offered to an agent, beside a real Asterisk 22.

Both centres run at the same time on this machine and are loaded in turns - ours, Asterisk, ours, Asterisk - by the same callers and agents
(sipp), with speech from both, each conversation recorded. The moments are tcpdump's, on the wire, so that neither sipp nor this program is
in the figures. An idle centre costs the other one a per cent or two of a core.

Not measured here: how many calls are possible at once, and what is heard.
"""

import argparse
import contextlib
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import attrs

from tests.bench.figures import Figure, beside, percentile, report
from tests.bench.sites import CALLERS, FEW, PROMPT, QUEUE, SHORT_QUEUE, Sounds, agents, asterisk_centre, our_site
from tests.peers.appliance import serving
from tests.peers.asterisk import asterisk
from tests.peers.capture import capture
from tests.peers.delays import Delays, Sides, delays
from tests.peers.pcap import Address, read
from tests.peers.processes import PeerFailed, until
from tests.peers.sipp import Agents, Caller, answering, call

__all__ = ["Seen", "Side", "Turns", "bench_answer", "both", "hand_over_figures"]

ROUNDS = 2
"""How often each side has its turn at each rate."""
LISTENS_S, RINGS_S, TALKS_S = 1.0, 0.1, 0.5
"""How long a caller listens to the prompt; how long an agent's phone rings, and he talks: 60 agents are never all busy at 50 calls/s."""
CROWD_RATE = 20.0
"""How fast the callers for few agents come."""
SETTLE_S = 5.0
"""How long recordings may take to be whole after the last call."""
P99_TARGET = 1.0
"""Our p99 is to be no worse than Asterisk's."""


@attrs.frozen
class Side:
    """One of the two centres."""

    name: str
    sip: Address
    phones: Address
    """Where its agents' phones are."""
    cpu_s: Callable[[], float]
    recordings: Callable[[], int]
    """Conversations recorded so far."""


@attrs.define
class Seen:
    """What was seen of one side in the turns of one load."""

    calls: int = 0
    failed: int = 0
    """Calls that sipp calls failed, and those of which nothing was measured."""
    repeated: int = 0
    cpu_s: float = 0.0
    answer: list[float] = attrs.field(factory=list)
    prompt: list[float] = attrs.field(factory=list)
    offer: list[float] = attrs.field(factory=list)
    hand_over: list[float] = attrs.field(factory=list)


def bench_answer(
    json_path: Path | None = None,
    rates: Sequence[float] = (5, 20, 50),
    calls: Sequence[int] = (100, 200, 400),
    crowd: int = 10 * FEW,
    rounds: int = ROUNDS,
) -> int:
    """Measure, print the table, write the JSON; 0: every target met, 1: a target missed, 2: it could not be measured.

    `calls` says for each rate how many calls each side gets to the prompt, and as many to the queue; `crowd`, how many callers come at a
    time to a queue that few agents serve.
    """
    try:
        figures = _measure(list(zip(rates, calls, strict=True)), crowd, rounds)
    except PeerFailed as failure:
        print(f"bench answer: {failure}", file=sys.stderr)
        return 2
    return report(figures, json_path)


def _measure(loads: Sequence[tuple[float, int]], crowd: int, rounds: int) -> list[Figure]:
    with both() as (ours, peer, sounds, folder):
        turns = Turns(sounds, folder)
        found: list[Figure] = []
        for rate, calls in loads:
            seen = {ours.name: Seen(), peer.name: Seen()}
            for _ in range(rounds):
                for side in (ours, peer):
                    _say(f"{rate:g} calls/s, {side.name}")
                    turns.prompt(side, seen[side.name], rate, -(-calls // rounds))
                    turns.queue(side, seen[side.name], rate, -(-calls // rounds))
            found += _figures(f"at {rate:g} calls/s", seen[ours.name], seen[peer.name], peer.name)
        seen = {ours.name: Seen(), peer.name: Seen()}
        for _ in range(rounds):
            for side in (ours, peer):
                _say(f"{crowd} callers for {FEW} agents, {side.name}")
                turns.crowd(side, seen[side.name], crowd)
        found += hand_over_figures(f"with {crowd} for {FEW} agents", seen[ours.name], seen[peer.name], peer.name)
        until(lambda: ours.recordings() >= turns.conversations, SETTLE_S)
        recorded = beside(f"recordings of {turns.conversations} conversations", "files", ours.recordings(), peer.recordings(), peer.name)
        found.append(attrs.evolve(recorded, ok=ours.recordings() == turns.conversations))
    return found


@contextlib.contextmanager
def both() -> Iterator[tuple[Side, Side, Sounds, Path]]:
    """Run both centres, ours with all its agents logged in."""
    with tempfile.TemporaryDirectory(prefix="hotline-bench-") as name, contextlib.ExitStack() as running:
        folder = Path(name)
        sounds = Sounds.made(folder / "sounds")
        peer_phones, our_phones = ("127.77.0.5", 6200), ("127.77.0.4", 6200)
        centre = asterisk_centre("127.77.0.2", peer_phones)
        peer = running.enter_context(asterisk(centre, prompt=sounds.prompt, music=sounds.music))
        ours = running.enter_context(serving(our_site(folder / "site", "127.77.0.1", sounds), ("127.77.0.1", 5060), folder / "data"))
        _say("logging the agents in")
        ours.log_in(agents(), our_phones, folder)
        yield (
            Side("ours", ours.sip, our_phones, lambda: ours.cpu_s, lambda: len(ours.recordings())),
            Side(f"Asterisk {peer.version}", peer.sip, peer_phones, lambda: peer.cpu_s, lambda: len(peer.recordings())),
            sounds,
            folder,
        )


@attrs.define
class Turns:
    """Loads one side at a time and adds up what is seen."""

    sounds: Sounds
    folder: Path
    conversations: int = 0
    """How many conversations each side had so far."""
    _number: int = 0

    def prompt(self, side: Side, seen: Seen, rate: float, calls: int) -> None:
        """Callers who listen to the prompt for a while."""
        found = self._turn(side, seen, self._caller(PROMPT, rate, calls, LISTENS_S))
        seen.answer += found.answer
        seen.prompt += found.prompt
        seen.failed += max(0, found.answered - len(found.prompt))

    def queue(self, side: Side, seen: Seen, rate: float, calls: int) -> None:
        """Callers for whom an agent is always free."""
        found = self._turn(side, seen, self._caller(QUEUE, rate, calls, None))
        seen.answer += found.answer
        seen.offer += found.offer
        seen.failed += max(0, found.answered - len(found.offer))
        self.conversations += calls if side.name == "ours" else 0

    def crowd(self, side: Side, seen: Seen, callers: int) -> None:
        """More callers than agents: each agent who hangs up is rung for the next one."""
        seen.hand_over += self._turn(side, seen, self._caller(SHORT_QUEUE, CROWD_RATE, callers, None)).hand_over
        self.conversations += callers if side.name == "ours" else 0

    def _caller(self, number: str, rate: float, calls: int, stays_s: float | None) -> Caller:
        return Caller(number=number, rate=rate, calls=calls, stays_s=stays_s, patience_s=60, local=(CALLERS, 6100), says=self.sounds.caller)

    def _turn(self, side: Side, seen: Seen, caller: Caller) -> Delays:
        self._number += 1
        folder = self.folder / f"turn{self._number}"
        folder.mkdir()
        wanted = f"udp and ((host {side.sip[0]} and port {side.sip[1]}) or dst host {CALLERS})"
        phones = Agents(local=side.phones, rings_s=RINGS_S, talks_s=TALKS_S, says=self.sounds.agent)
        with capture(folder / "seen.pcap", wanted) as captured:
            before = side.cpu_s()
            with answering(phones, side.sip, folder / "agents") as answerers, call(caller, side.sip, folder / "callers") as callers:
                counts = callers.finish(caller.calls / caller.rate + 90)
                answerers.close()
                rung = answerers.finish(20)
            seen.cpu_s += side.cpu_s() - before
        failed = counts.failed + rung.failed + (caller.calls - counts.made)
        if failed:
            _say(f"{failed} calls failed\n{callers.story()}\n{answerers.story()}")
        found = delays(read(captured), Sides(centre=side.sip, callers=CALLERS, agents=side.phones[0]))
        seen.calls += caller.calls
        seen.failed += failed
        seen.repeated += found.repeated
        return found


def _figures(at: str, ours: Seen, peer: Seen, name: str) -> list[Figure]:
    rows: list[Figure] = []
    for what, mine, theirs in (
        ("INVITE to 200", ours.answer, peer.answer),
        ("INVITE to prompt", ours.prompt, peer.prompt),
        ("INVITE to agent's INVITE", ours.offer, peer.offer),
    ):
        rows += _spread(f"{what} {at}", mine, theirs, name)
    rows.append(beside(f"processor time per call {at}", "ms", ours.cpu_s / ours.calls * 1e3, peer.cpu_s / peer.calls * 1e3, name))
    return [*rows, *_losses(at, ours, peer, name)]


def hand_over_figures(at: str, ours: Seen, peer: Seen, name: str) -> list[Figure]:
    """From an agent's BYE to the next caller's INVITE."""
    return [*_spread(f"agent's BYE to next INVITE {at}", ours.hand_over, peer.hand_over, name), *_losses(at, ours, peer, name)]


def _spread(what: str, ours: Sequence[float], peer: Sequence[float], name: str) -> Iterator[Figure]:
    for label, share, target in (("p50", 0.5, None), ("p99", 0.99, P99_TARGET), ("max", 1.0, None)):
        yield beside(f"{what}, {label}", "ms", _ms(percentile(ours, share)), _ms(percentile(peer, share)), name, target)


def _losses(at: str, ours: Seen, peer: Seen, name: str) -> Iterator[Figure]:
    """Calls that came to nothing: there is to be none, whatever the peer does."""
    failed = beside(f"failed calls of {ours.calls} {at}", "calls", ours.failed, peer.failed, name)
    yield attrs.evolve(failed, target=0.0, ok=ours.failed == 0)
    yield beside(f"INVITEs sent again {at}", "INVITEs", ours.repeated, peer.repeated, name)


def _ms(seconds: float | None) -> float | None:
    return None if seconds is None else seconds * 1e3


def _say(text: str) -> None:
    print(f"bench answer: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="The figures of ./hotline bench answer, with other loads.")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--rates", type=float, nargs="+", default=[5, 20, 50])
    parser.add_argument("--calls", type=int, nargs="+", default=[100, 200, 400])
    parser.add_argument("--crowd", type=int, default=10 * FEW)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    given = parser.parse_args()
    sys.exit(bench_answer(given.json, given.rates, given.calls, crowd=given.crowd, rounds=given.rounds))
