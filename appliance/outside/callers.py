"""Counts wrong PINs by the number that calls, so that nobody tries one PIN on account after account, each of which he locks nowhere near.

A right PIN takes nothing off the count: who tries those of others may well have an account of his own.
"""

from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import trio

from appliance.core.admission.numbers import is_withheld
from appliance.core.inputs import Noticed
from appliance.core.records import Audit
from appliance.outside.tries import Tries
from appliance.site.accounts import Accounts as Table
from hal.api import Severity, value

__all__ = ["Caller", "Callers", "caller_of"]

_WITHHELD_TIMES = 10
"""So many times what one caller may try, all callers without a number may together."""


@value
class Caller:
    """Who tries PINs of some accounts, and how often he may be wrong."""

    who: str
    """What is counted: `customers/13800138000`."""
    most: int
    """0: he is not counted."""
    within_s: float


def caller_of(accounts: str, table: Table, number: str) -> Caller:
    """The caller with this number; all without one are one caller."""
    if is_withheld(number):
        return Caller(f"{accounts}/withheld", table.caller_failures * _WITHHELD_TIMES, table.locked_s)
    return Caller(f"{accounts}/{number}", table.caller_failures, table.locked_s)


class Callers:
    """Lets callers try PINs until they were wrong too often."""

    def __init__(self, tries: Tries, audit: Callable[[Audit], None], tell: Callable[[Noticed], None], wall_s: Callable[[], float]) -> None:
        """`audit` keeps a row, `tell` hears of alarms; `wall_s` tells the time of day in seconds since the epoch."""
        self._tries, self._audit, self._tell, self._wall_s = tries, audit, tell, wall_s
        self._open: Counter[str] = Counter()
        self._over = trio.lowlevel.ParkingLot()

    @asynccontextmanager
    async def trying(self, caller: Caller) -> AsyncIterator[bool]:
        """Whether his PIN is looked at; calls at once have no more tries than one, and the last of them wait for one another."""
        may = not caller.most or await self._may(caller)
        self._open[caller.who] += may
        try:
            yield may
        finally:
            self._open[caller.who] -= may
            if not self._open[caller.who]:
                del self._open[caller.who]
            self._over.unpark_all()

    async def _may(self, caller: Caller) -> bool:
        while True:
            await self._tries.remember(f"pins {caller.who}")
            wrong = self._tries.wrong(f"pins {caller.who}", caller.within_s)
            if wrong >= caller.most:
                return False
            if wrong + self._open[caller.who] < caller.most:
                return True
            await self._over.park()

    def wrong(self, caller: Caller) -> None:
        """His PIN, which was looked at, was wrong; one too many is an alarm."""
        if not caller.most:
            return
        self._tries.count(f"pins {caller.who}", caller.most, caller.within_s)
        if self._tries.wrong(f"pins {caller.who}", caller.within_s) < caller.most:
            return
        text = f"{caller.most} wrong PINs from {caller.who} within {caller.within_s:g} s: no more are looked at for a while"
        self._audit(Audit(self._wall_s(), caller.who, "caller locked", f"{caller.most} wrong PINs within {caller.within_s:g} s"))
        advice = "somebody tries PINs; if many share this number, raise caller_failures of these accounts"
        self._tell(Noticed(f"pins:{caller.who}", Severity.YELLOW, text, advice, lasts_s=caller.within_s))

    async def free(self, caller: Caller) -> bool:
        """Take his wrong PINs off the count, and with them the alarm; False: there are none."""
        who = f"pins {caller.who}"
        await self._tries.remember(who)
        if not self._tries.wrong(who, caller.within_s):
            return False
        self._tries.forget(who)
        self._over.unpark_all()
        self._tell(Noticed(f"pins:{caller.who}", Severity.YELLOW, "an operator lets this caller try PINs again", cleared=True))
        return True
