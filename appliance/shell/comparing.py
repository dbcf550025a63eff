"""When core and lines compare what they have: once a minute, in every world."""

from collections.abc import Callable

import trio

from appliance.core.inputs import Compare

__all__ = ["keep_comparing"]

_EVERY_S = 60.0
"""An answer that a SIP caller does not acknowledge is over before that (RFC 3261 section 13.3.1.4): twice in a row it was lost."""


async def keep_comparing(post: Callable[[Compare], None]) -> None:
    """Have the core compare, for ever."""
    while True:
        await trio.sleep(_EVERY_S)
        post(Compare())
