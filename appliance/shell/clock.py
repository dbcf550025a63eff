"""The machine's clock: the one place that reads the time of day, and notices when somebody moves it."""

import logging
import time
from collections.abc import Callable

import trio

from appliance.core.inputs import ClockSet, Noticed
from hal.api import Severity

__all__ = ["keep_clock", "wall_s"]

log = logging.getLogger("hotline.clock")

_LOOK_EVERY_S = 5.0
_SLEW_S = 0.05
"""Drift that NTP corrects bit by bit is followed quietly."""
_JUMP_S = 2.0
"""A step larger than this is an alarm: records before and after it do not compare."""


def wall_s() -> float:
    """The time of day in seconds since the epoch, UTC."""
    return time.time()


async def keep_clock(post: Callable[[ClockSet | Noticed], None], wall: Callable[[], float] = wall_s) -> None:
    """Tell the core, by its shell's `post`, when the machine's clock was moved, for ever. It was told the time once before."""
    offset = wall() - trio.current_time()
    while True:
        await trio.sleep(_LOOK_EVERY_S)
        now = wall()
        moved = now - trio.current_time() - offset
        if abs(moved) > _SLEW_S:
            offset += moved
            post(ClockSet(now))
            if abs(moved) > _JUMP_S:
                text = f"the machine's clock was moved by {moved:+.1f} s"
                log.warning("%s", text)
                advice = "check the time service (NTP); times recorded before do not compare"
                post(Noticed("clock", Severity.YELLOW, text, advice, lasts_s=3600.0))
