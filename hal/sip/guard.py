"""Who may log in: checks digest credentials of stations, counts failures by address and shuts an address out after too many.

An unknown station and a wrong password look the same from outside: the same challenge, the same work, the same refusal.
"""

from collections import deque
from collections.abc import Callable
from typing import Any

import attrs

from hal.api import RegistrationRefused
from hal.sip.digest import Nonces, Verdict, challenge, credentials
from hal.sip.message import Request
from hal.sip.settings import Bans, Stations
from hal.sip.wire import Ban, Digests

__all__ = ["Answer", "BanList", "Guard"]

MOST_ADDRESSES = 10_000
GUESS_EVERY_S = 1.0


@attrs.frozen
class Answer:
    """How a request is answered, without a transaction."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()


@attrs.define
class BanList:
    """Failures by address. An attacker with many addresses makes it forget the oldest, never grow."""

    rule: Bans
    _failures: dict[str, deque[float]] = attrs.field(factory=dict)
    _until: dict[str, float] = attrs.field(factory=dict)

    def failed(self, address: str, now: float) -> bool:
        """Count a failure; True when this one was one too many."""
        times = self._failures.setdefault(address, deque(maxlen=self.rule.after))
        times.append(now)
        if len(self._failures) > MOST_ADDRESSES:
            del self._failures[next(iter(self._failures))]
        if len(times) < self.rule.after or times[0] < now - self.rule.within_s:
            return False
        del self._failures[address]
        self.ban(address, now + self.rule.for_s)
        return True

    def ban(self, address: str, until: float) -> None:
        """Shut an address out, whoever found it guilty."""
        self._until[address] = until
        if len(self._until) > MOST_ADDRESSES:
            del self._until[next(iter(self._until))]

    def banned(self, address: str, now: float) -> bool:
        """True while the address is shut out."""
        until = self._until.get(address)
        if until is None:
            return False
        if until <= now:
            del self._until[address]
            return False
        return True


@attrs.define
class Guard:
    """Asks for credentials and judges them.

    `digests(station, wait)` gives what is known of the password; None when that is nothing, or could not be learnt in time.
    """

    rule: Stations
    digests: Callable[[str, bool], Digests | None]
    tell: Callable[[Any], None]
    """Takes `RegistrationRefused` (its `line` left empty) and `Ban`."""
    bans: BanList = attrs.field(init=False)
    nonces: Nonces = attrs.field(init=False)
    _not_before: dict[str, float] = attrs.field(init=False, factory=dict)
    """When a banned address that phones are logged in from may try again."""

    def __attrs_post_init__(self) -> None:
        """Start with nobody shut out."""
        self.bans = BanList(self.rule.bans)
        self.nonces = Nonces(self.rule.nonce_s)

    def ask(self, now: float, stale: bool = False) -> Answer:
        """The challenge; the best algorithm first (RFC 8760 section 2.4)."""
        nonce = self.nonces.new(now)
        return Answer(401, tuple(("WWW-Authenticate", challenge(self.rule.realm, nonce, a, stale)) for a in self.rule.digest))

    def given(self, request: Request) -> dict[str, str]:
        """The credentials for our realm in a request; empty if there are none."""
        for header in (*request.headers.get("authorization", ()), *request.headers.get("proxy-authorization", ())):
            found = credentials(header)
            if found.get("realm") == self.rule.realm:
                return found
        return {}

    def refuses(self, request: Request, station: str, address: str, now: float, *, at_home: bool = False) -> Answer | None:
        """None if the request proves to come from `station`; else the answer it gets.

        `at_home`: the station is logged in from this very address: a ban of the address (one phone among many behind it kept failing) does
        not lock it out, but from then on one wrong password a second is all that is judged from there.
        """
        shut = self.bans.banned(address, now)
        if shut and (not at_home or now < self._not_before.get(address, 0.0)):
            return Answer(403)
        given = self.given(request)
        if not given:
            self.digests(station, False)  # so that it is at hand when the answer to the challenge comes
            return self.ask(now)
        if not self.nonces.fresh(given.get("nonce", ""), now):  # no work for one who has not even got our challenge
            return self.ask(now, stale=True)
        known = self.digests(station, True)
        if known is None:
            return Answer(503, (("Retry-After", "2"),))
        same = given.get("username") == station
        ha1s = known.ha1 if same else {}
        verdict = self.nonces.check(given, request.method, ha1s, now, repeatable=request.method == "REGISTER")
        if verdict is Verdict.RIGHT:
            return None
        if verdict is Verdict.STALE:
            return self.ask(now, stale=True)
        if shut:
            self._not_before[address] = now + GUESS_EVERY_S
            if len(self._not_before) > MOST_ADDRESSES:
                del self._not_before[next(iter(self._not_before))]
        banned = not shut and self.bans.failed(address, now)
        self.tell(RegistrationRefused("", station, address, banned or shut))
        if banned:
            self.tell(Ban(address, self.rule.bans.for_s))
        return Answer(403) if banned or shut else self.ask(now)
