"""Finds answered legs whose far end has vanished without a BYE: neither RTP nor RTCP has come from it for too long.

Not judged: a leg that either side has on hold, and one whose far end said that it sends nothing (RFC 3264 `recvonly`, `inactive`).
A far end that suppresses silence is alive by its RTCP, which comes every few seconds (RFC 3550 section 6.2).
"""

from collections.abc import Callable, Mapping

import pjsua2 as pj

from hal.sip.worker.branch import Leg

__all__ = ["SilenceWatch"]

MOST_STEP_S = 5.0
STEPS = 12
"""A leg is looked at about so many times in the silence that ends it: what it said is compared, not listened to."""


class SilenceWatch:
    """Looks at the legs of one worker; `lost` is called with each whose far end has vanished."""

    def __init__(self, silence_s: float, legs: Mapping[str, Leg], lost: Callable[[Leg], None]) -> None:
        """`silence_s`: so long; 0: for ever."""
        self._silence_s = silence_s
        self._step_s = min(silence_s / STEPS, MOST_STEP_S)
        self._legs = legs
        self._lost = lost

    def look(self, now: float) -> None:
        """To be called about once a second."""
        for leg in list(self._legs.values()) if self._silence_s else ():
            if not leg.answered or leg.speaking is None or leg.ended_with is not None:
                continue
            if leg.hold_wanted or leg.hold_done or leg.held_by_far_end or leg.speech_index < 0:
                leg.heard_at = 0.0
            elif not leg.heard_at:
                leg.heard_at = leg.looked_at = now
                leg.heard = heard_of(leg)
            elif now - leg.looked_at >= self._step_s:
                leg.looked_at = now
                heard = heard_of(leg)
                if heard != leg.heard:
                    leg.heard, leg.heard_at = heard, now
                elif now - leg.heard_at >= self._silence_s:
                    self._lost(leg)


def heard_of(leg: Leg) -> tuple[int, int]:
    """How many RTP and RTCP packets have come; another pair than before means that something has."""
    assert leg.speaking is not None
    try:
        statistics = leg.speaking.getStreamStat(leg.speech_index)
    except pj.Error:  # between two streams, in a re-INVITE
        return -1, -1
    rtcp = statistics.rtcp
    received, sent = rtcp.rxStat, rtcp.txStat
    return received.pkt, sent.updateCount
