"""What an operator may ask of the desk about callers' accounts.

    {"accounts": "list", "of": "customers", "after": "4471"}                 a page of accounts, in their order
    {"accounts": "set", "of": "customers", "by": "li", "entries": [{"account": "4471", "pin": "1905"}, {"account": "4472"}]}
    {"accounts": "unlock", "of": "customers", "by": "li", "account": "4471"}
    {"accounts": "unlock", "of": "customers", "by": "li", "caller": "13800138000"}
    -> {"entries": [...]}, {"set": [{"account": "4472", "pin": "804615"}, {"account": "4471", "error": "why not"}]}, {"done": true}

An entry without a PIN gets one by chance: only then does the answer have it. What was set would survive a power cut.
"""

from functools import partial
from typing import Any

import trio

from appliance.outside.accounts import Accounts
from appliance.outside.book import StoredAccounts
from appliance.outside.pins import generated

__all__ = ["MOST_ENTRIES", "accounts_answer"]

MOST_ENTRIES = 100
"""In one request: hashing them takes some seconds."""


async def accounts_answer(accounts: Accounts, book: StoredAccounts, request: dict[str, Any]) -> dict[str, Any]:
    """The answer to a request about accounts."""
    of, by = str(request.get("of", "")), str(request.get("by", "operator"))
    match request:
        case {"accounts": "list"}:
            if of not in accounts.tables:
                return {"error": accounts.kept(of)}
            rows = await book.page(of, str(request.get("after", "")))
            return {
                "entries": [
                    {
                        "account": row.account, "pin": bool(row.pin_hash), "failures": row.failures,
                        "locked_until_at": row.locked_until_at or None, "changed_at": row.changed_at or None,
                    }
                    for row in rows
                ]
            }  # fmt: skip
        case {"accounts": "unlock", "account": str(account)}:
            why = await accounts.unlock(of, account, by)
            return {"error": why} if why else {"done": True}
        case {"accounts": "unlock", "caller": str(number)}:
            why = await accounts.free_caller(of, number, by)
            return {"error": why} if why else {"done": True}
        case {"accounts": "set", "entries": [_, *_] as entries} if len(entries) <= MOST_ENTRIES and all(map(_is_entry, entries)):
            if why := accounts.kept(of):
                return {"error": why}
            told: list[dict[str, str]] = [{"account": entry["account"]} for entry in entries]
            async with trio.open_nursery() as nursery:
                for entry, answer in zip(entries, told, strict=True):
                    nursery.start_soon(partial(_set, accounts, of, by, entry, answer))
            return {"set": told}
    verbs = f"'list', 'unlock' with an 'account' or a 'caller', or 'set' with 1 to {MOST_ENTRIES} 'entries' of account and pin"
    return {"error": f"'accounts' is {verbs}"}


def _is_entry(entry: object) -> bool:
    return isinstance(entry, dict) and set(entry) - {"pin"} == {"account"} and all(isinstance(of, str) for of in entry.values())


async def _set(accounts: Accounts, of: str, by: str, entry: dict[str, str], answer: dict[str, str]) -> None:
    pin = entry.get("pin") or generated(entry["account"])
    if why := await accounts.set_pin(of, entry["account"], pin, by):
        answer["error"] = why
    elif not entry.get("pin"):
        answer["pin"] = pin
