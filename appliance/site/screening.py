"""The table that says who is let in at a service number: `[screening]` for all of them, `[numbers.N.screening]` for one."""

from typing import TYPE_CHECKING

from appliance.config import setting, table
from appliance.core.plan import ScreeningPlan, Treatment

if TYPE_CHECKING:
    from appliance.site.model import Site

__all__ = ["Screening", "screening_of"]


def _treatment(doc: str) -> Treatment | None:
    made: Treatment | None = setting(default=None, doc=doc)
    return made


@table
class Screening:
    """Who is let in. A key that is missing for a number is the centre's; a key that is missing there changes nothing.

    Callers who are listed - in `[callers]` or by `./hotline callers` - and not blocked are let in whatever their numbers look like.
    """

    blocked: Treatment | None = _treatment("What is done with blocked callers; without it `reject`, that is `reject call-rejected`.")
    withheld: Treatment | None = _treatment("What is done with calls without a caller's number; without it `accept`.")
    malformed: Treatment | None = _treatment("What is done with callers whose number is none in any country's plan; without it `accept`.")
    spoofed: Treatment | None = _treatment(
        "What is done with calls from outside that show a service number, a station or an agent of the centre's own; without it `accept`."
    )
    only_listed: bool | None = setting(default=None, doc="Whether nobody is let in but callers who are listed and not blocked.")
    unlisted: Treatment | None = _treatment("What is done with all others then; without it `reject`.")


def screening_of(site: "Site", number: str) -> ScreeningPlan:
    """Who is let in at a service number: what it says itself, else what the centre says, else the default."""
    usual, centre, own = ScreeningPlan(), site.screening, site.numbers[number].screening

    def said(name: str, otherwise: Treatment) -> Treatment:
        mine: Treatment | None = getattr(own, name, None)
        everybodys: Treatment | None = getattr(centre, name)
        return mine or everybodys or otherwise

    only = own.only_listed if own is not None and own.only_listed is not None else centre.only_listed
    return ScreeningPlan(
        blocked=said("blocked", usual.blocked),
        withheld=said("withheld", usual.withheld),
        malformed=said("malformed", usual.malformed),
        spoofed=said("spoofed", usual.spoofed),
        only_listed=bool(only),
        unlisted=said("unlisted", usual.unlisted),
    )
