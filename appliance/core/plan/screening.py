"""Who is let in: what is done with callers who are blocked, not listed, or whose number cannot be right, and what a right number is."""

import re
from collections.abc import Mapping

from attrs import field

from appliance.core.plan.service import Choice
from hal.api import Cause, value

__all__ = ["NumberingPlan", "ScreeningPlan", "Treatment"]


@value
class Treatment:
    """What is done with a call: `accept`, `flag` (accept, and say what is odd about it), `reject` (with a cause), or `send` (elsewhere)."""

    what: str = "accept"
    cause: Cause = Cause.CALL_REJECTED
    to: Choice = Choice("release")

    def __str__(self) -> str:
        """`accept`, `flag`, `reject user-busy`, `announcement:no-number`: as a site file writes it."""
        if self.what == "send":
            return str(self.to)
        return f"reject {self.cause.name.lower().replace('_', '-')}" if self.what == "reject" else self.what


@value
class ScreeningPlan:
    """What one service number does with calls that it may not want; the default lets everybody in who is not blocked."""

    blocked: Treatment = Treatment("reject")
    """Of a caller who is on the list of blocked ones."""
    withheld: Treatment = Treatment()
    """Of a call without a caller's number."""
    malformed: Treatment = Treatment()
    """Of a number that no network gives: see `NumberingPlan`."""
    spoofed: Treatment = Treatment()
    """Of a call from outside with a number of the centre's own."""
    only_listed: bool = False
    """Only callers who are listed as allowed, as VIPs or in the site file are let in."""
    unlisted: Treatment = Treatment("reject")
    """Of all others then."""


@value
class NumberingPlan:
    """How numbers are built: of one country, and, by their country codes, abroad (ITU-T E.164). Without a country every number of 3 to 15
    digits is right, and two are the same caller when they are written alike. Expressions match a whole number without prefixes."""

    country_code: str = ""
    trunk: str = ""
    """The national prefix."""
    abroad: str = "00"
    """The international prefix."""
    national: str = ""
    """Expression for the country's own numbers."""
    mobile: str = ""
    """Expression for those of them that are dialled without the national prefix."""
    short: str = ""
    """Expression for short numbers: those of services, authorities and banks."""
    local: tuple[int, ...] = ()
    """Lengths of numbers that are dialled within one area only."""
    countries: Mapping[str, str] = field(factory=dict)
    """Country code -> expression for the numbers there."""

    def problems(self) -> list[str]:
        """Which of the expressions are none."""
        found = []
        for name in (self.national, self.mobile, self.short, *self.countries.values()):
            try:
                re.compile(name)
            except re.error as wrong:
                found.append(f"numbering: '{name}' is no regular expression: {wrong}")
        return found
