"""How callers really went through a flow (IVR-12): visits, ways, where they gave up; and the results of polls (IVR-10)."""

from collections import Counter
from collections.abc import Iterator, Mapping

from appliance.flow.graph import Counts
from appliance.store.reader import NodeCount

__all__ = ["counts_for_graph", "polls_told", "visits_told"]

Visits = Mapping[tuple[str, str], NodeCount]
_BAR = 20


def counts_for_graph(visits: Visits) -> Counts:
    """The counts as a picture of the flow takes them: each way, and under "" the whole node."""
    counts: Counter[tuple[str, str]] = Counter()
    for (node, left_by), count in visits.items():
        counts[node, left_by] += count.visits
        counts[node, ""] += count.visits
    return counts


def visits_told(flow: str, visits: Visits) -> Iterator[str]:
    """A table: each node with its visits, then how they ended."""
    whole = counts_for_graph(visits)
    nodes = sorted({node for node, _ in visits}, key=lambda node: -whole[node, ""])
    if not nodes:
        yield f"{flow}: nobody was there"
        return
    yield f"{flow}{'visits':>{max(1, 44 - len(flow))}}{'share':>8}{'stayed':>10}{'no key':>8}{'wrong':>7}"
    most = whole[nodes[0], ""]
    for node in nodes:
        ways = [(left_by, visits[node, left_by]) for n, left_by in visits if n == node]
        came = whole[node, ""]
        stayed_s = sum(way.stayed_s * way.visits for _, way in ways) / came
        silent, wrong = sum(way.timeouts for _, way in ways), sum(way.errors for _, way in ways)
        bar = "█" * max(1, round(_BAR * came / most))
        yield f"{node:22.22}{came:>22}{'':8}{stayed_s:>8.1f} s{silent:>8}{wrong:>7}   {bar}"
        for left_by, way in ways:
            yield f"  {left_by:20.20}{way.visits:>22}{way.visits / came:>8.0%}"


def polls_told(polls: Mapping[tuple[str, str, str], Mapping[str, int]], by: str = "") -> Iterator[str]:
    """Each question with its answers; `by` `agent` or `queue`: whose they are, too."""
    if not polls:
        yield "nobody has answered a poll"
    for (poll, question, whose), answers in polls.items():
        total = sum(answers.values())
        figures = [float(answer) * count for answer, count in answers.items() if answer.isdecimal()]
        mean = f"   mean {sum(figures) / total:.2f}" if len(figures) == len(answers) else ""
        served = f" / {by} {whose or '-'}" if by else ""
        yield f"{poll} / {question}{served}: {total} answers{mean}"
        for answer, count in answers.items():
            yield f"  {answer:20.20}{count:>8}{count / total:>7.0%}   {'█' * round(_BAR * count / total)}"
