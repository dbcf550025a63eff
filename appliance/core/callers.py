"""Callers' numbers: whether one can be called back."""

import re

__all__ = ["is_number"]

_NUMBER = re.compile(r"\+?[0-9]{3,20}")


def is_number(text: str) -> bool:
    """Whether this is a number that can be called: digits, three at least, at most the twenty that a network carries (E.164 has 15)."""
    return _NUMBER.fullmatch(text) is not None
