"""Accounts in the store: read in a thread, and known from the moment they are put."""

from collections.abc import Callable
from itertools import count

import trio

from appliance.core.records import Audit
from appliance.store import Account, Store
from appliance.store.writer import OnStored, Writer

__all__ = ["StoredAccounts"]

_SAFE_S = 5.0
_PAGE = 500


class StoredAccounts:
    """See `AccountBook`. Its tokens are negative: the core's are not."""

    def __init__(self, store: Store, writer: Writer) -> None:
        """Read from one, write to the other; `stored` must hear what the writer says."""
        self._store, self._writer = store, writer
        self._on_the_way: dict[tuple[str, str], tuple[int, Account]] = {}
        """What is put and not yet safe: only here can it be found for certain."""
        self._waiting: dict[int, Callable[[str], None]] = {}
        self._tokens = count(-1, -1)

    def heard(self, onward: OnStored) -> OnStored:
        """What the writer is to tell: our tokens stay here, the others go onward."""

        def stored(token: int, error: str) -> None:
            if token < 0:
                self._waiting.pop(token)(error)
            else:
                onward(token, error)

        return stored

    async def find(self, accounts: str, account: str) -> Account | None:
        """See `AccountBook`."""
        if (on_the_way := self._on_the_way.get((accounts, account))) is not None:  # first: it may become safe while we read
            return on_the_way[1]
        return await self._store.read(lambda reader: next(reader.rows(Account, "accounts = ? AND account = ?", accounts, account), None))

    async def page(self, accounts: str, after: str) -> list[Account]:
        """Accounts in their order, from one on."""
        condition = "accounts = ? AND account > ? ORDER BY account LIMIT ?"
        on_the_way = dict(self._on_the_way)
        rows = await self._store.read(lambda reader: list(reader.rows(Account, condition, accounts, after, _PAGE)))
        return [on_the_way.get((row.accounts, row.account), (0, row))[1] for row in rows]

    def put(self, row: Account | Audit) -> None:
        """See `AccountBook`."""
        self._put(row, lambda _error: None)

    async def put_safely(self, row: Account | Audit) -> bool:
        """See `AccountBook`."""
        safe = trio.Event()
        errors: list[str] = []

        def told(error: str) -> None:
            errors.append(error)
            safe.set()

        self._put(row, told)
        with trio.move_on_after(_SAFE_S):
            await safe.wait()
        return errors == [""]

    def _put(self, row: Account | Audit, told: Callable[[str], None]) -> None:
        token = next(self._tokens)
        key = (row.accounts, row.account) if isinstance(row, Account) else None
        if isinstance(row, Account) and key is not None:
            self._on_the_way[key] = (token, row)

        def safe(error: str) -> None:
            if key is not None and self._on_the_way.get(key, (0,))[0] == token:
                del self._on_the_way[key]
            told(error)

        self._waiting[token] = safe
        self._writer.put(row, token)
