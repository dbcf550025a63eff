"""Callers' numbers: how one is read, whether a network could have given it, and what else the same number is written like.

    13800138000   +8613800138000   008613800138000   013800138000        one caller, `+8613800138000`

What is a number where is in the `NumberingPlan`; nothing is looked up here.
"""

import re

from appliance.core.plan import NumberingPlan
from hal.api import value

__all__ = ["PATTERN", "CallerNumber", "is_withheld", "mistake_in", "read_number"]

PATTERN = r"\+?(?:[0-9]{3,20}|[0-9]{1,19}\*)"
"""What a list of callers has: a whole number, or the beginning of numbers and a star."""

_LEAST, _MOST = 3, 15
"""Digits of a number where nothing is known of the country (E.164, clause 6: fifteen at most)."""
_DIGITS = re.compile(r"\+?[0-9]+")
_WITHHELD = frozenset({"", "anonymous", "unknown", "unavailable", "restricted", "private", "withheld"})
"""What lines report when there is no number (RFC 3323 has `anonymous`)."""


@value
class CallerNumber:
    """A caller's number, read."""

    same: str
    """What all ways to write it have in common."""
    forms: tuple[str, ...]
    """The ways to write it that the beginning of a number is compared with."""
    right: bool
    """Whether a network could have given it."""


def is_withheld(ani: str) -> bool:
    """Whether the line reported no number."""
    return ani.strip().lower() in _WITHHELD


def mistake_in(number: str) -> str:
    """Why this cannot be listed; empty: it can."""
    if re.fullmatch(PATTERN, number):
        return ""
    return f"'{number}' is no number of 3 to 20 digits, and not the beginning of numbers as 95*"


def read_number(text: str, plan: NumberingPlan) -> CallerNumber:
    """Read a number as a line reports it, or an operator writes it."""
    if not _DIGITS.fullmatch(text):
        return _wrong(text)
    if not plan.country_code:
        return CallerNumber(text, (text,), _LEAST <= len(text.lstrip("+")) <= _MOST)
    if text.startswith("+"):
        return _international(text, text[1:], plan)
    if plan.abroad and text.startswith(plan.abroad):
        return _international(text, text[len(plan.abroad) :], plan)
    return _national(text, text, plan)


def _wrong(text: str) -> CallerNumber:
    return CallerNumber(text, (text,), False)


def _international(text: str, digits: str, plan: NumberingPlan) -> CallerNumber:
    for length in (1, 2, 3):
        code, rest = digits[:length], digits[length:]
        if code == plan.country_code:
            return _national(text, rest, plan)
        if (numbers := plan.countries.get(code)) is not None:
            right = len(digits) <= _MOST and re.fullmatch(numbers, rest) is not None
            return CallerNumber(f"+{digits}", (f"+{digits}", f"{plan.abroad}{digits}"), right)
    return _wrong(text)


def _national(text: str, digits: str, plan: NumberingPlan) -> CallerNumber:
    code, trunk = plan.country_code, plan.trunk
    whole = digits[len(trunk) :] if trunk and digits.startswith(trunk) else digits
    for number in (whole, whole.removeprefix(code)):
        if re.fullmatch(plan.national, number):
            forms = [f"+{code}{number}", number]
            if trunk and not re.fullmatch(plan.mobile, number):
                forms.append(f"{trunk}{number}")
            return CallerNumber(forms[0], tuple(forms), True)
    if whole == digits and ((len(digits) in plan.local and text == digits) or re.fullmatch(plan.short, digits)):
        return CallerNumber(digits, (digits,), True)
    return _wrong(text)
