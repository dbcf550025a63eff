"""The store's own record of callers' accounts: the core never sees a PIN's hash."""

from typing import ClassVar

from attrs import field

from appliance.core.records import Record
from hal.api import value

__all__ = ["Account"]


@value
class Account(Record):
    """An account of a caller with its PIN's hash, or, where a gateway knows the PINs, only with what came of wrong ones."""

    table: ClassVar = "accounts"
    key: ClassVar = ("accounts", "account")

    accounts: str
    """The site's name for the accounts it belongs to."""
    account: str
    pin_hash: str = field(default="", repr=False)
    """`scrypt$...`; empty: the appliance does not keep its PIN, or there is no such account."""
    failures: int = 0
    """Wrong PINs since the last right one."""
    locked_until_at: float = 0.0
    """Until when nobody is let in, whatever the PIN; 0: it never was locked."""
    changed_at: float = 0.0
    """When the PIN was set last."""
