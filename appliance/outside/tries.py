"""When somebody was wrong last, in the store, so that who tries codes or PINs gets no further over a restart either."""

from collections import OrderedDict
from collections.abc import Awaitable, Callable

from appliance.store import CodeTries, Store

__all__ = ["Tries", "tries_in"]

_WATCHED = 10_000


def tries_in(store: Store) -> Callable[[str], Awaitable[CodeTries | None]]:
    """Reads somebody's wrong tries in a thread."""

    async def tries_of(who: str) -> CodeTries | None:
        return await store.read(lambda reader: next(reader.rows(CodeTries, "who = ?", who), None))

    return tries_of


class Tries:
    """Counts wrong tries by whoever is to be watched; the last 10,000 of them without asking the store."""

    def __init__(
        self, kept: Callable[[str], Awaitable[CodeTries | None]], keep: Callable[[CodeTries], None], wall_s: Callable[[], float]
    ) -> None:
        """`kept` reads somebody's wrong tries, `keep` writes them; `wall_s` tells the time of day in seconds since the epoch."""
        self._kept, self._keep, self._wall_s = kept, keep, wall_s
        self._times: OrderedDict[str, list[float]] = OrderedDict()

    async def remember(self, who: str) -> None:
        """Learn what the last run, or this one long ago, has kept of him: before anything else is asked about him."""
        if who not in self._times:
            row = await self._kept(who)
            self._times.setdefault(who, [float(at) for at in row.times.split()] if row is not None else [])
            while len(self._times) > _WATCHED:
                self._times.popitem(last=False)

    def wrong(self, who: str, within_s: float) -> int:
        """How often he was wrong in so long a time."""
        since = self._wall_s() - within_s
        return len([at for at in self._times.get(who, ()) if at > since])

    def count(self, who: str, most: int, within_s: float) -> None:
        """He was wrong once more; so many times at most are kept, and none that is longer ago."""
        now = self._wall_s()
        self._times[who] = [*(at for at in self._times.get(who, ()) if at > now - within_s), now][-most:]
        self._times.move_to_end(who)
        self._keep(CodeTries(who, " ".join(f"{at:.3f}" for at in self._times[who])))

    def forget(self, who: str) -> None:
        """None of them counts any more."""
        self._times[who] = []
        self._keep(CodeTries(who, ""))
