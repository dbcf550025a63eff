"""What gateways answer: as values of expressions if they are usable, and why there is no answer if they are not."""

from decimal import Decimal
from typing import NoReturn

from appliance.core.program.expressions import Value, read_only

__all__ = ["GatewayFailed", "usable"]

_DEEPEST = 16
_MOST = 20_000
"""Values in one answer."""
_DIGITS = 40
"""A number with more has been made to cost something."""


class GatewayFailed(Exception):
    """There is no answer. The message says why, and never what was asked with or answered."""

    def __init__(self, why: str, *, theirs: bool = True, again: bool = False, answered: bool = False) -> None:
        """`theirs`: the gateway is in trouble, and not just this question; `again`: the connection broke, so another try may help.

        `answered`: it works, and has refused this question.
        """
        super().__init__(why)
        self.theirs, self.again, self.answered = theirs, again, answered


def usable(raw: object) -> Value:
    """An answer as expressions know it.

    Raises:
        GatewayFailed: it holds something that no flow can use, or too much.

    """
    left = _MOST

    def look(of: object, depth: int) -> None:
        nonlocal left
        left -= 1
        if depth > _DEEPEST or left < 0:
            _garbage("is nested too deep" if left >= 0 else "is too long")
        match of:
            case dict():
                for key, each in of.items():
                    look(key, depth + 1)
                    look(each, depth + 1)
            case list():
                for each in of:
                    look(each, depth + 1)
            case float() | Decimal():
                exact = Decimal(repr(of)) if isinstance(of, float) else of
                if not exact.is_finite() or abs(exact.adjusted()) > _DIGITS or len(exact.as_tuple().digits) > _DIGITS:
                    _garbage("has a number that cannot be right")
            case str():
                if any("\ud800" <= character <= "\udfff" for character in of):
                    _garbage("has half a character")
            case bool() | None:
                pass
            case int():
                if abs(of) >= 10**_DIGITS:
                    _garbage("has a number that cannot be right")
            case _:
                _garbage(f"has a value of a kind that cannot be said ({type(of).__name__})")

    look(raw, 0)
    return read_only(raw)


def _garbage(why: str) -> NoReturn:
    raise GatewayFailed(f"the answer {why}")
