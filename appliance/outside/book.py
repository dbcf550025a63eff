"""Accounts in the store: read in a thread, and known from the moment they are put."""

from collections.abc import Callable

from appliance.core.records import Audit
from appliance.store import Account, Safely, Store

__all__ = ["StoredAccounts"]

_PAGE = 500


class StoredAccounts:
    """See `AccountBook`."""

    def __init__(self, store: Store, safely: Safely) -> None:
        """Read from one, write to the other."""
        self._store, self._safely = store, safely
        self._on_the_way: dict[tuple[str, str], tuple[object, Account]] = {}
        """What is put and not yet safe: only here can it be found for certain."""

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
        return [on_the_way.get((row.accounts, row.account), (None, row))[1] for row in rows]

    def put(self, row: Account | Audit) -> None:
        """See `AccountBook`."""
        self._safely.put(row, self._noted(row))

    async def put_safely(self, row: Account | Audit) -> bool:
        """See `AccountBook`."""
        return await self._safely.put_safely(row, self._noted(row))

    def _noted(self, row: Account | Audit) -> Callable[[str], None]:
        """Know the row until it is safe."""
        if not isinstance(row, Account):
            return lambda _error: None
        key, this = (row.accounts, row.account), object()
        self._on_the_way[key] = (this, row)

        def safe(_error: str) -> None:
            if self._on_the_way.get(key, (None,))[0] is this:
                del self._on_the_way[key]

        return safe
