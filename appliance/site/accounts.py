"""Accounts of a site: callers who identify themselves by an account and a PIN."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from appliance.config import Wrong, nearest, setting, table
from appliance.site.gateways import arguments_of

if TYPE_CHECKING:
    from appliance.site.model import Site

__all__ = ["Accounts", "problems_of_accounts"]

_TAKES = {"hash": ("account",), "yes-no": ("account", "pin")}


@table
class Accounts:
    """Accounts with PINs. The appliance keeps them itself (`./hotline accounts`), or asks a gateway's query about them."""

    gateway: str = setting(default="", doc="Gateway that knows the PINs; without it the appliance keeps them.")
    query: str = setting(default="", doc="Its query that is asked; it takes `account`, and with yes-no also `pin`.")
    answers: str = setting(
        default="yes-no",
        one_of=tuple(_TAKES),
        doc="What it answers: a hash as `./hotline accounts hash` makes it, or whether account and PIN are right.",
    )
    field: str = setting(default="", doc="The field of the answer in which that is; without it `hash` or `right`. No record is: wrong.")
    change: str = setting(default="", doc="Query that sets a PIN, taking `account`, `pin` and `new`; its answer is as that of yes-no.")
    failures: int = setting(default=5, ge=1, le=100, doc="Wrong PINs in a row that lock an account.")
    locked_s: float = setting(default=900.0, ge=1, le=864_000, doc="How long it is locked then, in seconds.")
    caller_failures: int = setting(
        default=10,
        ge=0,
        le=200,
        doc="Wrong PINs from one number within locked_s, of whatever accounts; no more are looked at. 0: not counted.",
    )

    def problems(self) -> Iterator[Wrong]:
        """What does not fit together."""
        for key in ("query", "change", "field"):
            if getattr(self, key) and not self.gateway:
                yield Wrong(f"'{key}' needs a gateway", 'write gateway = "NAME"', (key,))
        if self.gateway and not self.query:
            yield Wrong("the gateway is asked nothing", 'write query = "NAME"', ("gateway",))

    @property
    def told_in(self) -> str:
        """The field of a gateway's answer that tells."""
        return self.field or ("hash" if self.answers == "hash" else "right")


def problems_of_accounts(site: "Site") -> Iterator[Wrong]:
    """What they name that the site's gateways have not."""
    known = arguments_of(site)
    for name, accounts in site.accounts.items():
        if not accounts.gateway:
            continue
        if accounts.gateway not in site.gateways:
            remedy = nearest(accounts.gateway, site.gateways) or "there is none"
            yield Wrong(f"there is no gateway '{accounts.gateway}'", remedy, ("accounts", name, "gateway"))
            continue
        for key, query, takes in (
            ("query", accounts.query, _TAKES[accounts.answers]),
            ("change", accounts.change, ("account", "pin", "new")),
        ):
            if not query:
                continue
            path = ("accounts", name, key)
            if query not in known[accounts.gateway]:
                yield Wrong(f"there is no query '{query}'", nearest(query, known[accounts.gateway]) or "there is none", path)
            elif set(known[accounts.gateway][query]) != set(takes):
                yield Wrong(f"the query '{query}' has other arguments", f"here it takes {', '.join(takes)}", path)
            elif site.gateways[accounts.gateway].settings.queries[query].cache_s:
                yield Wrong(f"answers of '{query}' are used again", "leave out cache_s where PINs are checked", path)
