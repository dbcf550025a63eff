"""Who is connected to whom in the conference bridge. Pure: it is told which ports there are and which links are wanted.

A re-INVITE takes a leg's port away and gives it another, with all links gone; a leg may be wanted before it has a port at all. So what is
wanted and what is made are kept apart.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Mapping
from typing import Any

__all__ = ["Mixer", "Patchbay"]

Key = Hashable


class Patchbay:
    """Ports by key, and links from a source to a listener."""

    def __init__(self, connect: Callable[[Any, Any], None], disconnect: Callable[[Any, Any], None]) -> None:
        """`connect(source port, listener port)` and its opposite; neither raises."""
        self._connect = connect
        self._disconnect = disconnect
        self._ports: dict[Key, Any] = {}
        self._wanted: dict[Key, set[Key]] = defaultdict(set)
        """Both directions: the other ends of all wanted links of a key."""
        self._links: set[tuple[Key, Key]] = set()
        self._made: set[tuple[Key, Key]] = set()

    def plug(self, key: Key, port: Any) -> None:
        """The key has this port now, perhaps instead of another; links of the old one are gone with it."""
        self._forget(key)
        self._ports[key] = port
        for other in self._wanted.get(key, ()):
            self._apply((key, other))
            self._apply((other, key))

    def unplug(self, key: Key) -> None:
        """The key's port is going away: undo its links; what is wanted stays wanted."""
        for pair in [p for p in self._made if key in p] if key in self._ports else ():
            self._undo(pair)
        self._ports.pop(key, None)

    def plugged(self, key: Key) -> bool:
        """True if the key has a port."""
        return key in self._ports

    def want(self, source: Key, listener: Key) -> None:
        """Let `listener` hear `source` as soon as both have ports."""
        self._links.add((source, listener))
        self._wanted[source].add(listener)
        self._wanted[listener].add(source)
        self._apply((source, listener))

    def unwant(self, source: Key, listener: Key) -> None:
        """End that."""
        self._links.discard((source, listener))
        if (listener, source) not in self._links:
            self._wanted[source].discard(listener)
            self._wanted[listener].discard(source)
        if (source, listener) in self._made:
            self._undo((source, listener))

    def drop(self, key: Key, *, gone: bool = False) -> None:
        """Unplug a key for good, with all that is wanted of it; `gone`: its port is away already, and its links with it."""
        if gone:
            self._forget(key)
        self.unplug(key)
        for other in list(self._wanted.get(key, ())):
            self.unwant(key, other)
            self.unwant(other, key)
        self._wanted.pop(key, None)

    def heard_by(self, listener: Key) -> set[Key]:
        """The sources that a listener is really connected to."""
        return {source for source in self._wanted.get(listener, ()) if (source, listener) in self._made}

    def _apply(self, pair: tuple[Key, Key]) -> None:
        source, listener = pair
        if pair in self._links and pair not in self._made and source in self._ports and listener in self._ports:
            self._connect(self._ports[source], self._ports[listener])
            self._made.add(pair)

    def _undo(self, pair: tuple[Key, Key]) -> None:
        self._disconnect(self._ports[pair[0]], self._ports[pair[1]])
        self._made.discard(pair)

    def _forget(self, key: Key) -> None:
        if key in self._ports:
            self._made = {pair for pair in self._made if key not in pair}


class Mixer:
    """Which leg hears which, out of `Mix`, `Hold` and `Retrieve`: a leg on hold hears nobody and is heard by nobody."""

    def __init__(self, patchbay: Patchbay) -> None:
        self._patchbay = patchbay
        self._hears: dict[str, set[str]] = {}
        self._heard_by: dict[str, set[str]] = defaultdict(set)
        self._held: set[str] = set()

    def set(self, hears: Mapping[str, tuple[str, ...]]) -> None:
        """Set whom each of these legs hears, exactly."""
        for leg, sources in hears.items():
            wanted = set(sources) - {leg}
            for source in self._hears.get(leg, set()) - wanted:
                self._heard_by[source].discard(leg)
                self._patchbay.unwant(source, leg)
            self._hears[leg] = wanted
            for source in wanted:
                self._heard_by[source].add(leg)
                self._refresh(source, leg)

    def hold(self, leg: str, held: bool) -> None:
        """Take a leg out of every conversation, or back into them."""
        (self._held.add if held else self._held.discard)(leg)
        for source in self._hears.get(leg, ()):
            self._refresh(source, leg)
        for listener in self._heard_by.get(leg, ()):
            self._refresh(leg, listener)

    def remove(self, leg: str) -> None:
        """Forget a leg that is gone."""
        for source in self._hears.pop(leg, ()):
            self._heard_by[source].discard(leg)
        for listener in self._heard_by.pop(leg, ()):
            self._hears[listener].discard(leg)
        self._held.discard(leg)

    def _refresh(self, source: str, listener: str) -> None:
        if source in self._held or listener in self._held:
            self._patchbay.unwant(source, listener)
        else:
            self._patchbay.want(source, listener)
