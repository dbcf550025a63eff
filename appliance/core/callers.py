"""Callers' numbers: whether one can be called back, and whether it is."""

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from appliance.core.state import State

__all__ = ["is_number", "not_called"]

_NUMBER = re.compile(r"\+?[0-9]{3,20}")


def is_number(text: str) -> bool:
    """Whether this is a number that can be called: digits, three at least, at most the twenty that a network carries (E.164 has 15)."""
    return _NUMBER.fullmatch(text) is not None


def not_called(number: str, state: "State") -> str:
    """Why the centre does not call this number, which somebody keyed or showed, at its own cost; empty: it does.

    `+` says nothing of abroad: no telephone has that key, and some networks write all numbers so.
    """
    plan, known = state.plan, state.known(number)
    if not is_number(number):
        return "no number"
    if number.startswith("00"):
        return "abroad"
    if number in plan.stations or number in plan.agents or number in plan.numbers:
        return "a number of the centre's own"
    return "blocked" if known is not None and known.blocked else ""
