"""Where calls go in a site: every destination there is, and ways that would lead round and round."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from appliance.config import Wrong
from appliance.core.plan import Choice
from appliance.site.screening import Screening
from appliance.site.values import AT_ONCE

if TYPE_CHECKING:
    from appliance.site.model import Site

__all__ = ["circles_of", "ways_of"]

Path = tuple[str | int, ...]
Opening = frozenset[tuple[str, bool]]
"""Hours, and whether they are open: what must be so for a way to be taken."""


def ways_of(site: "Site") -> Iterator[tuple[Choice, Path, bool]]:
    """Every destination with its place in the file, and whether who goes there has waited in a queue."""
    screenings: list[tuple[Path, Screening | None]] = [(("screening",), site.screening)]
    screenings += [(("numbers", name, "screening"), number.screening) for name, number in site.numbers.items()]
    for path, screening in screenings:
        for what in ("blocked", "withheld", "malformed", "spoofed", "unlisted"):
            done = getattr(screening, what, None)
            if done is not None and done.what == "send":
                yield done.to, (*path, what), False
    for name, flow in site.flows.items():
        for key, to in flow.menu.keys.items() if flow.menu else ():
            yield to, ("flows", name, "menu", str(key)), False
        for key, to in flow.everywhere.items():
            yield to, ("flows", name, "everywhere", str(key)), False
        yield flow.closed.then, ("flows", name, "closed", "then"), False
        yield flow.otherwise, ("flows", name, "otherwise"), False
    for name, queue in site.queues.items():
        for number, rule in enumerate(queue.overflow):
            yield rule.to, ("queues", name, "overflow", number, "to"), True
        for key, to in queue.keys.items():
            yield to, ("queues", name, "keys", str(key)), True


def _onward(site: "Site", place: Choice, queue: str) -> Iterator[tuple[Choice, Path, Opening]]:
    """Where a call goes on to from a place without waiting and without a caller's doing; `queue` is the last one it was in."""
    if place.verb == "flow" and (flow := site.flows.get(place.name)) is not None:
        if flow.hours:
            yield flow.closed.then, ("flows", place.name, "closed", "then"), frozenset({(flow.hours, False)})
        yield flow.otherwise, ("flows", place.name, "otherwise"), frozenset({(flow.hours, True)} if flow.hours else ())
    elif place.verb == "queue" and place.name in site.queues:
        not_before: Opening = frozenset()
        for number, rule in enumerate(site.queues[place.name].overflow):
            if rule.when.what not in AT_ONCE:
                continue
            path = ("queues", place.name, "overflow", number, "to")
            if rule.when.hours:
                is_open = rule.when.what == "inside"
                yield rule.to, path, not_before | {(rule.when.hours, is_open)}
                not_before |= {(rule.when.hours, not is_open)}
            else:
                yield rule.to, path, not_before
    elif place.verb == "agent" and queue:  # who does not take it gives it back
        yield Choice("queue", queue), (), frozenset()


def _can_be(opening: Opening) -> bool:
    return all((hours, not is_open) not in opening for hours, is_open in opening)


def circles_of(site: "Site") -> Iterator[Wrong]:
    """Ways a call could go round for ever at once: rules that hold at the same time, and hours that are open, or shut, together."""
    for start in [*(Choice("flow", name) for name in site.flows), *(Choice("queue", name) for name in site.queues)]:
        own_queue = start.name if start.verb == "queue" else ""
        for to, path, opening in _onward(site, start, own_queue):
            if _can_be(opening) and _comes_back(site, start, to, own_queue, opening):
                remedy = "an agent who does not take it gives it back; " if to.verb == "agent" else ""
                yield Wrong(
                    f"a call that nobody serves would come back to {start} for ever", f"{remedy}let it end in voicemail or release", path
                )


def _comes_back(site: "Site", start: Choice, to: Choice, queue: str, opening: Opening) -> bool:
    seen = set()
    at = [(to, queue, opening)]
    while at:
        here = at.pop()
        place, queue, opening = here
        if place == start:
            return True
        if here in seen:
            continue
        seen.add(here)
        if place.verb == "queue":
            queue = place.name
        for onward, _, more in _onward(site, place, queue):
            if _can_be(opening | more):
                at.append((onward, queue, opening | more))
    return False
