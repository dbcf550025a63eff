"""Which ways can be gone round for ever.

A circle that takes the next item of a list ends: one day there is none left. It does not if the list is come to from elsewhere on it, and
so begun anew; and what leads back to a list when nothing is left in it is a circle without its items.
"""

from collections.abc import Iterator, Mapping, Sequence

__all__ = ["ANEW", "EACH", "Place", "Ways", "lasting"]

Place = tuple[str, str]
"""Flow and node; a queue and a flow in Python have no node."""
Ways = Mapping[Place, Sequence[tuple[str, Place]]]
"""Place -> the ways from it: why, and where to."""

EACH = "each"
"""Why a list is left with an item."""
ANEW = "anew"
"""Why a place of a flow is come to by the flow's name: what was half way in it is over."""


def lasting(ways: Ways, lists: Mapping[Place, frozenset[Place]]) -> dict[Place, list[tuple[str, Place]]]:
    """The ways of circles without end; `lists`: a list and the places from which a call comes back to it for the next item."""
    found: dict[Place, list[tuple[str, Place]]] = {}
    ahead = list(_rings(ways))
    while ahead:
        ring = ahead.pop()
        here = [place for place in lists if any(why == EACH for why, _ in ring.get(place, ()))]
        if ended := [place for place in here if not _begins_anew(place, ring, lists[place])]:
            ahead += _rings(_without(ring, ended))
        else:  # shown is a circle that needs no item, if there is one
            found |= next((less for place in here if (less := lasting(_without(ring, [place]), lists))), ring)
    return found


def _begins_anew(place: Place, ring: Ways, round_: frozenset[Place]) -> bool:
    return any(to == place and (why == ANEW or start not in round_) for start, of in ring.items() for why, to in of)


def _without(ways: Ways, lists: Sequence[Place]) -> Ways:
    return {place: [way for way in of if place not in lists or way[0] != EACH] for place, of in ways.items()}


def _rings(ways: Ways) -> Iterator[dict[Place, list[tuple[str, Place]]]]:
    """The places that lead to one another, with the ways between them; those on no circle are left out."""
    back: dict[Place, list[tuple[str, Place]]] = {}
    for start, of in ways.items():
        for why, to in of:
            back.setdefault(to, []).append((why, start))
    left = dict.fromkeys(ways)
    while left:
        place = next(iter(left))
        del left[place]
        if ring := _from(ways, place) & _from(back, place):
            yield {each: [way for way in ways[each] if way[1] in ring] for each in ways if each in ring}
            for each in ring:
                left.pop(each, None)


def _from(ways: Ways, start: Place) -> set[Place]:
    """Everywhere a call gets to from here; the place itself is among it only if it is come back to."""
    found: set[Place] = set()
    ahead = [start]
    while ahead:
        for _, to in ways.get(ahead.pop(), ()):
            if to not in found:
                found.add(to)
                ahead.append(to)
    return found
