"""The store's own records of callers who identify themselves: the core never sees a PIN's hash, nor who tries codes."""

from typing import ClassVar

from attrs import field

from appliance.core.records import Record
from hal.api import value

__all__ = ["Account", "CodeTries"]


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


@value
class CodeTries(Record):
    """Wrong check codes of tickets, by one caller or for one ticket, and wrong PINs by one caller: who tries them gets no further,
    also over a restart."""

    table: ClassVar = "code_tries"
    key: ClassVar = ("who",)

    who: str
    """`caller NUMBER` or `ticket NUMBER` for codes, `pins ACCOUNTS/NUMBER` for PINs; the NUMBER `withheld` is all callers without one."""
    times: str
    """When the last ones were, in seconds since the epoch, with spaces between them."""
