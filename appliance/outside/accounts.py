"""Checks accounts and PINs of callers, sets PINs, and locks an account, or a caller, after too many wrong ones.

    asked ─▶ may he? ─▶ alone with this account ─▶ locked? ─▶ right? the kept hash, or a gateway's word ─▶ count, lock, set ─▶ answer

What is counted is in the store, so that neither a restart nor a change of the site opens a locked account. An account that does not exist
takes as long, and is locked as well, so that callers learn nothing of it. No PIN, and no hash, is ever in a log or an audit row.
"""

import logging
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Protocol

import trio
from attrs import evolve

from appliance.core.actions import CheckAccount
from appliance.core.inputs import AccountChecked
from appliance.core.program.expressions import Value
from appliance.core.records import Audit
from appliance.outside.answers import GatewayFailed
from appliance.outside.callers import Callers, caller_of
from appliance.outside.pins import NO_HASH, hashed, is_hash, matches, refused
from appliance.site.accounts import Accounts as Table
from appliance.store import Account

__all__ = ["ACCOUNT", "AccountBook", "Accounts"]

log = logging.getLogger("hotline.accounts")

ACCOUNT = re.compile(r"[0-9A-Za-z*#_-]{1,32}")
_HASHES_AT_ONCE = 2
"""As many as a small machine has processors."""
_YES = (True, 1, "1", "true", "yes", "y", "ok")


class AccountBook(Protocol):
    """Where accounts are kept."""

    async def find(self, accounts: str, account: str) -> Account | None:
        """What is known of one, also what was put a moment ago."""

    def put(self, row: Account | Audit) -> None:
        """Keep a row, without waiting."""

    async def put_safely(self, row: Account | Audit) -> bool:
        """Keep a row; whether it would survive a power cut now."""


class Accounts:
    """Answers `CheckAccount`, and operators."""

    def __init__(
        self,
        book: AccountBook,
        ask: Callable[[str, str, Mapping[str, Value]], Awaitable[Value]],
        callers: Callers,
        wall_s: Callable[[], float],
    ) -> None:
        """`ask` asks a gateway of the site; `wall_s` tells the time of day in seconds since the epoch."""
        self.book, self._ask, self._callers, self._wall_s = book, ask, callers, wall_s
        self.tables: Mapping[str, Table] = {}
        """The site's; set when the site is loaded."""
        self._hashing = trio.CapacityLimiter(_HASHES_AT_ONCE)
        self._turns: dict[tuple[str, str], trio.Lock] = {}

    async def answer(self, asked: CheckAccount) -> AccountChecked:
        """The answer for a call."""
        table = self.tables.get(asked.accounts)
        if table is None:
            return AccountChecked(asked.token, "trouble")
        async with self._callers.trying(caller_of(asked.accounts, table, asked.caller)) as may:
            outcome = await self._alone_checked(table, asked) if may else "locked"
        log.info("%s: %s", asked.accounts, outcome)
        return AccountChecked(asked.token, outcome)

    async def _alone_checked(self, table: Table, asked: CheckAccount) -> str:
        async with self._alone(asked.accounts, _counted(table, asked.account)):
            return await self._checked(table, asked)

    @asynccontextmanager
    async def _alone(self, accounts: str, account: str) -> AsyncIterator[None]:
        """One after the other, for one account: two calls at once have no more tries than one."""
        turn = self._turns.setdefault((accounts, account), trio.Lock())
        try:
            async with turn:
                yield
        finally:
            if not turn.locked():
                self._turns.pop((accounts, account), None)

    async def _checked(self, table: Table, asked: CheckAccount) -> str:
        """`right`, `wrong`, `locked`, `refused` (the new PIN cannot be one) or `trouble`."""
        if not ACCOUNT.fullmatch(asked.account):
            return "wrong"
        counted = _counted(table, asked.account)
        row = await self.book.find(asked.accounts, counted) or Account(asked.accounts, counted)
        if row.locked_until_at > self._wall_s():
            return "locked"
        try:
            right = await self._is_right(table, row, asked)
            if not right:
                self._callers.wrong(caller_of(asked.accounts, table, asked.caller))
                return self._failed(table, row)
            if row.failures:
                row = evolve(row, failures=0)
                self.book.put(row)
            if asked.new:
                return await self._change(table, row, asked)
        except GatewayFailed:
            return "trouble"
        return "right"

    async def _is_right(self, table: Table, row: Account, asked: CheckAccount) -> bool:
        """Whether account and PIN are right.

        Raises:
            GatewayFailed: nobody can say.

        """
        pin_hash = row.pin_hash
        if table.gateway:
            given = {"account": asked.account} if table.answers == "hash" else {"account": asked.account, "pin": asked.pin}
            told = await self._told(table, table.query, given, table.told_in)
            if table.answers == "yes-no":
                return _is_yes(told)
            pin_hash = told if isinstance(told, str) else ""
            if pin_hash and not is_hash(pin_hash):
                raise GatewayFailed("it answers with something that is no hash")
        same = await trio.to_thread.run_sync(matches, asked.pin, pin_hash or NO_HASH, limiter=self._hashing)
        return same and bool(pin_hash)

    async def _told(self, table: Table, query: str, given: Mapping[str, Value], member: str) -> Value:
        answer = await self._ask(table.gateway, query, given)
        if isinstance(answer, list):
            answer = answer[0] if answer else None
        if isinstance(answer, dict) and member not in answer:
            log.error("the gateway '%s' answers '%s' without '%s'", table.gateway, query, member)
            raise GatewayFailed("its answer does not say so")
        return answer[member] if isinstance(answer, dict) else None

    def _failed(self, table: Table, row: Account) -> str:
        now, failures = self._wall_s(), row.failures + 1
        if failures < table.failures:
            self.book.put(evolve(row, failures=failures))
            return "wrong"
        self.book.put(evolve(row, failures=0, locked_until_at=now + table.locked_s))
        self.book.put(Audit(now, f"{row.accounts}/{row.account}", "account locked", f"{failures} wrong PINs, for {table.locked_s:g} s"))
        return "locked"

    async def _change(self, table: Table, row: Account, asked: CheckAccount) -> str:
        if refused(asked.account, asked.new):
            return "refused"
        who, now = f"{row.accounts}/{row.account}", self._wall_s()
        if table.gateway:
            if not table.change:
                log.error("%s: no query changes a PIN; name it with change = ...", row.accounts)
                return "trouble"
            given = {"account": asked.account, "pin": asked.pin, "new": asked.new}
            if not _is_yes(await self._told(table, table.change, given, "right" if table.answers == "hash" else table.told_in)):
                return "refused"
        else:
            pin_hash = await trio.to_thread.run_sync(hashed, asked.new, limiter=self._hashing)
            if not await self.book.put_safely(evolve(row, pin_hash=pin_hash, changed_at=now)):
                return "trouble"
        self.book.put(Audit(now, who, "PIN changed by the caller"))
        return "right"

    # -- operators --------------------------------------------------------------------------------------------------------------------

    def kept(self, accounts: str) -> str:
        """Why PINs of these accounts cannot be set here; empty: they can."""
        if accounts not in self.tables:
            return f"there are no accounts '{accounts}'; there are: {', '.join(self.tables) or 'none'}"
        return f"the PINs of '{accounts}' are kept by the gateway '{gateway}'" if (gateway := self.tables[accounts].gateway) else ""

    async def set_pin(self, accounts: str, account: str, pin: str, by: str) -> str:
        """Set a PIN, and open the account; why not, or empty."""
        if why := self.kept(accounts):
            return why
        if not ACCOUNT.fullmatch(account):
            return "an account has at most 32 letters, digits, '*', '#', '-' and '_'"
        if why := refused(account, pin):
            return why
        async with self._alone(accounts, account):
            pin_hash = await trio.to_thread.run_sync(hashed, pin, limiter=self._hashing)
            safe = await self.book.put_safely(Account(accounts, account, pin_hash, changed_at=self._wall_s()))
            self.book.put(Audit(self._wall_s(), by, "PIN set", f"{accounts}/{account}"))
        return "" if safe else "the store is in trouble: it is set, and lost if the power fails now"

    async def unlock(self, accounts: str, account: str, by: str) -> str:
        """Open a locked account; why not, or empty."""
        if accounts not in self.tables:
            return self.kept(accounts)
        account = _counted(self.tables[accounts], account)
        async with self._alone(accounts, account):
            row = await self.book.find(accounts, account)
            if row is None:
                return f"nothing is known of the account '{account}'"
            safe = await self.book.put_safely(evolve(row, failures=0, locked_until_at=0.0))
            self.book.put(Audit(self._wall_s(), by, "account unlocked", f"{accounts}/{account}"))
        return "" if safe else "the store is in trouble: it is open, and may be locked again after a restart"

    async def free_caller(self, accounts: str, number: str, by: str) -> str:
        """Let a caller try PINs again who was wrong too often, `withheld`: all without a number; why not, or empty."""
        if accounts not in self.tables:
            return self.kept(accounts)
        caller = caller_of(accounts, self.tables[accounts], number)
        if not await self._callers.free(caller):
            return f"no wrong PINs are counted for the caller '{number}'"
        safe = await self.book.put_safely(Audit(self._wall_s(), by, "caller unlocked", caller.who))
        return "" if safe else "the store is in trouble: he is free, and may be shut out again after a restart"


def _counted(table: Table, account: str) -> str:
    """Under which account wrong PINs count: for many a gateway 007 and 7 are one, which are not to have twice the tries."""
    return account.lstrip("0") or "0" if table.gateway else account


def _is_yes(told: Value) -> bool:
    return (told.strip().lower() if isinstance(told, str) else told) in _YES
