"""What operators ask about callers' accounts while no appliance runs: answered from its data directory, which is ours alone meanwhile."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from appliance.core.program.expressions import Value
from appliance.outside.accounts import Accounts
from appliance.outside.answers import GatewayFailed
from appliance.outside.book import StoredAccounts
from appliance.outside.callers import Callers
from appliance.outside.operators import accounts_answer
from appliance.outside.tries import Tries, tries_in
from appliance.shell.clock import wall_s
from appliance.site import Site
from appliance.store import Safely, Store

__all__ = ["answer_alone"]


async def answer_alone(data: Path, site: Site, request: dict[str, Any]) -> dict[str, Any]:
    """The answer to a request, as a running appliance with this site would give it.

    Raises:
        StoreError: one runs, or the directory cannot be used.

    """

    async def ask(_gateway: str, _query: str, _given: Mapping[str, Value]) -> Value:
        raise GatewayFailed("nobody asks gateways here")

    with Store(data, at=wall_s(), begins=False) as store:
        writer = store.writer()
        safely = Safely(writer)
        writer.stored = safely.heard(lambda _token, _error: None)
        book = StoredAccounts(store, safely)
        callers = Callers(Tries(tries_in(store), writer.put, wall_s), book.put, lambda _noticed: None, wall_s)
        accounts = Accounts(book, ask, callers, wall_s)
        accounts.tables = dict(site.accounts)
        async with writer.running():
            return await accounts_answer(accounts, book, request)
