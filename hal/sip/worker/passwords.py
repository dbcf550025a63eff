"""What the worker knows of stations' passwords: asked of the core one by one, and believed for a while."""

import time

from hal.sip.wire import Digests, SecretAsked, SecretTold
from hal.sip.worker.link import Link

__all__ = ["Passwords"]

BELIEVED_S = 60.0
"""So long after it was told, a password is believed without asking again; without a core, for ever."""
WAIT_S = 0.1
"""All of the worker's SIP waits so long at most; the core answers in less than a millisecond."""
MOST = 20_000


class Passwords:
    """Digests by station."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._known: dict[str, tuple[float, Digests]] = {}

    def digests(self, station: str, wait: bool) -> Digests | None:
        """What is known of a station's password; asks the core when that is nothing, or old, and may wait a moment for the answer."""
        now = time.monotonic()
        since, known = self._known.get(station, (0.0, None))
        if known is not None and (now - since < BELIEVED_S or not self._link.connected):
            return known
        if self._link.keeps_up():
            self._link.send(SecretAsked(station))
        if not wait:
            return None
        told = self._link.wait_for(lambda m: m if isinstance(m, SecretTold) and m.station == station else None, WAIT_S)
        if told is None:
            return None
        self.learn(told)
        return told.digests

    def learn(self, told: SecretTold) -> None:
        """Take an answer of the core."""
        if len(self._known) > MOST:
            self._known.clear()
        self._known[told.station] = (time.monotonic(), told.digests)
