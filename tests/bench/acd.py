"""`./hotline bench acd`: how fast a free agent gets the next caller, beside Asterisk's app_queue, and what one decision costs the engine.

On the wire, with all agents busy: from an agent's BYE to the INVITE that offers him the next caller, as tcpdump saw both. Our centre and
Asterisk's run at the same time on this machine and are loaded in turns by the same callers and agents (sipp). app_queue looks once a
second, whoever is free; we decide as the BYE comes.

In the engine alone: processor time of one input that leads to an offer, with so many agents and so many contacts waiting - an agent who
becomes free picks his contact, a contact that arrives picks its agent by each strategy, or finds nobody who can serve it - and of what is
done now and then for all agents. No peer can be asked for that; what is shown is how it grows.
"""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import attrs

from tests.bench.acd_engine import AGENTS, WAITING, decision_us
from tests.bench.answer import Seen, Turns, both, hand_over_figures
from tests.bench.figures import Figure, report
from tests.bench.sites import FEW
from tests.peers.processes import PeerFailed

__all__ = ["bench_acd"]

HAND_OVER_TARGET = 1 / 20
"""The median of ours over Asterisk's."""
DECISION_TARGETS_US = {1000: 1000.0, 5000: 5000.0}
"""Of one decision, by the number of agents, with however many contacts waiting."""
WITHOUT_TARGET = "all invariants at once"
"""Done by tests, and when something was found broken; serving, the centre looks at pieces."""
NOW_AND_THEN_TARGET_US = 20_000.0
"""Of what is done now and then for all agents, and holds up who calls in just that moment."""


def bench_acd(json_path: Path | None = None, crowd: int = 10 * FEW, rounds: int = 3) -> int:
    """Measure, print the table, write the JSON; 0: every target met, 1: a target missed, 2: it could not be measured."""
    try:
        figures = [*_hand_over(crowd, rounds), *_decisions(AGENTS, WAITING)]
    except PeerFailed as failure:
        print(f"bench acd: {failure}", file=sys.stderr)
        return 2
    return report(figures, json_path)


def _hand_over(crowd: int, rounds: int) -> list[Figure]:
    with both() as (ours, peer, sounds, folder):
        turns = Turns(sounds, folder)
        seen = {ours.name: Seen(), peer.name: Seen()}
        for number in range(rounds):
            for side in (ours, peer):
                print(f"bench acd: {crowd} callers for {FEW} agents, {side.name}, {number + 1} of {rounds}", file=sys.stderr, flush=True)
                turns.crowd(side, seen[side.name], crowd)
        figures = hand_over_figures(f"with {crowd} for {FEW} agents", seen[ours.name], seen[peer.name], peer.name)
    return [_with_target(figure) for figure in figures]


def _with_target(figure: Figure) -> Figure:
    """The median has a target of its own; the rest is told."""
    if ", p50" not in figure.metric:
        return attrs.evolve(figure, target=None, ok=None) if figure.unit == "ms" else figure
    return attrs.evolve(figure, target=HAND_OVER_TARGET, ok=figure.ratio is not None and figure.ratio <= HAND_OVER_TARGET)


def _decisions(agents: Sequence[int], waiting: Sequence[int]) -> Iterator[Figure]:
    for many in agents:
        for queued in waiting:
            for what, us in decision_us(many, queued).items():
                target = DECISION_TARGETS_US.get(many)
                if target is not None and what.startswith(("all", "the")):
                    target = None if what == WITHOUT_TARGET else NOW_AND_THEN_TARGET_US
                ok = None if target is None else us <= target
                metric = f"{what}, {many} agents, {queued} waiting"
                yield Figure(metric=metric, unit="us", ours=us, peer=None, ratio=None, peer_name="", target=target, ok=ok)
