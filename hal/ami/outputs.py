"""What the translation wants done at the manager (`Do`); the rest of what it says are notices for the line."""

from collections.abc import Hashable

from hal.api import value
from hal.csta.messages import CSTAErrorCode
from hal.csta.notices import Notice, Refused

__all__ = ["Do", "Output", "refused"]


@value
class Do:
    """An action; what comes of it is told with the tag. None: nobody cares."""

    tag: Hashable
    action: str
    headers: tuple[tuple[str, str], ...] = ()


Output = Do | Notice


def refused(handle: Hashable, why: str) -> Refused:
    """An Asterisk says why in its own words."""
    return Refused(handle, CSTAErrorCode(private_error_code=why or "refused without a reason"))
