"""Where a long number has pauses, so that one can write it down: telephones as China prints them, accounts in fours, as on cards."""

import re
from collections.abc import Mapping

__all__ = ["PAUSES", "account_groups", "telephone_groups", "ticket_groups"]

PAUSES: Mapping[str, str] = {"zh": "，", "en": ","}
"""The part that is a pause."""


def telephone_groups(number: str) -> list[str]:
    """A telephone number, as China prints it: fours at the end, threes before them, which also sets area codes and +86 apart.

    In a number of eleven figures an area code of four is followed by seven.
    """
    return _cut(number, (4, 3, 4) if re.fullmatch(r"0[3-9][0-9]{9}", number) else _lengths(len(number)))


def account_groups(number: str) -> list[str]:
    """Groups of four; a single digit that is left over joins the last group."""
    return _cut(number, _fours(len(number)))


def ticket_groups(ticket: str) -> list[str]:
    """Letters and figures apart, long runs in fours."""
    return [group for run in re.findall(r"[A-Z]+|[^A-Z]+", ticket) for group in account_groups(run)]


def _fours(length: int) -> tuple[int, ...]:
    fours, rest = divmod(length, 4)
    if rest == 1 and fours:
        return (*[4] * (fours - 1), 5)
    return (*[4] * fours, *([rest] if rest else []))


def _lengths(length: int) -> tuple[int, ...]:
    """Seven and more in threes, then fours: 9 is 3 3 3, 10 is 3 3 4, 12 is 4 4 4; fewer are one group."""
    if length < 7:
        return (length,)
    threes = -length % 4
    return (*[3] * threes, *[4] * ((length - 3 * threes) // 4))


def _cut(number: str, lengths: tuple[int, ...]) -> list[str]:
    cut, at = [], 0
    for length in lengths:
        cut.append(number[at : at + length])
        at += length
    return cut
