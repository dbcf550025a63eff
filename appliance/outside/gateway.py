"""One gateway: however its peer behaves, a question is answered or refused in time, and never asked more often than it should be.

ask ─▶ cache ─▶ breaker ─▶ a slot of its own ─▶ peer (SQL, HTTP) ─▶ again, if it may ─▶ answer, cache, breaker, log
"""

import json
import logging
from collections import OrderedDict
from collections.abc import Callable, Mapping
from traceback import format_tb
from typing import Protocol

import trio

from appliance.core.inputs import Noticed
from appliance.core.program.expressions import Value, read_only
from appliance.outside.answers import GatewayFailed
from appliance.outside.breaker import Breaker
from appliance.site.gateways import Common, Query
from hal.api import Severity

__all__ = ["Arguments", "Gateway", "Peer"]

log = logging.getLogger("hotline.gateway")

Arguments = Mapping[str, Value]
_MOST_KEPT = 1000
"""Answers in the cache."""


class Peer(Protocol):
    """How a gateway of one kind is asked."""

    async def ask(self, query: str, arguments: Arguments) -> Value:
        """The answer; GatewayFailed when there is none."""

    def may_repeat(self, query: str) -> bool:
        """Whether asking twice does no more than asking once."""

    async def close(self) -> None:
        """Let go of connections."""


class Gateway:
    """Asks one peer for callers."""

    def __init__(self, name: str, settings: Common, queries: Mapping[str, Query], peer: Peer, tell: Callable[[Noticed], None]) -> None:
        """`tell` hears of alarms."""
        self.name, self.peer = name, peer
        self._settings, self._queries, self._tell = settings, queries, tell
        self.breaker = Breaker(settings.opens_after, settings.rests_s, self._alarm)
        self._slots = trio.Semaphore(settings.most_at_once)
        self._open = 0
        self._kept: OrderedDict[str, tuple[float, Value]] = OrderedDict()

    async def ask(self, query: str, arguments: Arguments) -> Value:
        """The answer, a record, a list or None, within the time-out.

        Raises:
            GatewayFailed: there is none.

        """
        began = trio.current_time()
        outcome = "given up"
        try:
            asked = self._queries.get(query)
            if asked is None:
                raise GatewayFailed(f"it has no query '{query}'", theirs=False)
            if missing := [name for name in asked.arguments if name not in arguments]:
                raise GatewayFailed(f"'{missing[0]}' is not given", theirs=False)
            given = {name: arguments[name] for name in asked.arguments}
            key = json.dumps([query, given], sort_keys=True, default=repr) if asked.cache_s else ""
            kept = self._kept.get(key)
            if kept is not None and began < kept[0]:
                outcome = "answered from the cache"
                return read_only(kept[1])
            answer = await self._asked(query, given)
            outcome = "answered" if answer else "nothing"
            if asked.cache_s:
                self._keep(key, trio.current_time() + asked.cache_s, answer)
            return answer
        except GatewayFailed as error:
            outcome = str(error)
            raise
        finally:
            log.info("%s.%s: %s (%.0f ms)", self.name, query, outcome, 1000 * (trio.current_time() - began))

    async def _asked(self, query: str, arguments: Arguments) -> Value:
        """Through the breaker, in a slot, in time."""
        if not self.breaker.lets(trio.current_time()):
            raise GatewayFailed(f"it has failed {self.breaker.failures} times in a row and is not asked for a while", theirs=False)
        decided = reached = False
        try:
            if self._open >= 2 * self._settings.most_at_once:
                raise GatewayFailed("too many questions wait for it", theirs=False)
            self._open += 1
            try:
                with trio.fail_after(self._settings.timeout_s):
                    async with self._slots:
                        reached = True
                        answer = await self._repeated(query, arguments)
            finally:
                self._open -= 1
            decided = True
            self.breaker.answered()
        except trio.TooSlowError:
            why = f"it did not answer within {self._settings.timeout_s:g} s"
            if reached:
                decided = True
                self.breaker.failed(trio.current_time(), why)
            raise GatewayFailed(why, theirs=reached) from None
        except GatewayFailed as error:
            if error.theirs:
                decided = True
                self.breaker.failed(trio.current_time(), str(error))
            elif error.answered:
                decided = True
                self.breaker.answered()
            raise
        finally:
            if not decided:
                self.breaker.undecided()
        return answer

    async def _repeated(self, query: str, arguments: Arguments) -> Value:
        tries = 1 + (self._settings.retries if self.peer.may_repeat(query) else 0)
        while True:
            tries -= 1
            try:
                return await self.peer.ask(query, arguments)
            except GatewayFailed as error:
                if not tries or not error.again:
                    raise
            except Exception as error:  # a library's; its words may quote what was asked with, so only its place is told
                log.error("%s.%s: %s at\n%s", self.name, query, type(error).__name__, "".join(format_tb(error.__traceback__)))
                raise GatewayFailed(f"it failed ({type(error).__name__})") from None

    def _keep(self, key: str, until: float, answer: Value) -> None:
        self._kept[key] = (until, read_only(answer))
        self._kept.move_to_end(key)
        if len(self._kept) > _MOST_KEPT:
            self._kept.popitem(last=False)

    def _alarm(self, why: str | None) -> None:
        source = f"gateway:{self.name}"
        if why is None:
            self._tell(Noticed(source, Severity.BLUE, "", cleared=True))
        else:
            text = f"the gateway '{self.name}' does not work: {why}"
            self._tell(
                Noticed(source, Severity.YELLOW, text, f"callers are served without it; it is tried every {self._settings.rests_s:g} s")
            )

    async def close(self) -> None:
        """It is one of the site no more."""
        if self.breaker.is_open:
            self._alarm(None)
        self._tell = lambda _noticed: None
        await trio.sleep(self._settings.timeout_s)  # whoever asks just now gets his answer
        await self.peer.close()
