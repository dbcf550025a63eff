"""Digest authentication of requests (RFC 2617, 7616, 8760; for SIP: RFC 3261 section 22): MD5 and SHA-256, qop `auth` or none.

Nonces carry their time and a keyed hash of it, so that none is stored until it is used.
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Callable, Mapping
from enum import Enum

import attrs

from hal.sip.message import parameters

__all__ = ["ALGORITHMS", "Nonces", "Verdict", "challenge", "credentials", "ha1", "response"]

ALGORITHMS: dict[str, Callable[[bytes], "hashlib._Hash"]] = {"MD5": hashlib.md5, "SHA-256": hashlib.sha256}
MOST_NONCES = 50_000


def _h(algorithm: str, text: str) -> str:
    return ALGORITHMS[algorithm](text.encode()).hexdigest()


def ha1(algorithm: str, user: str, realm: str, password: str) -> str:
    """H(A1) of RFC 7616 section 3.4.2: all that is needed to check a password, and useless for another realm."""
    return _h(algorithm, f"{user}:{realm}:{password}")


def response(algorithm: str, ha1: str, method: str, given: Mapping[str, str]) -> str:
    """The response that is right for these credentials (RFC 7616 section 3.4.1); without qop as in RFC 2069."""
    ha2 = _h(algorithm, f"{method}:{given.get('uri', '')}")
    if given.get("qop"):
        return _h(algorithm, f"{ha1}:{given['nonce']}:{given.get('nc', '')}:{given.get('cnonce', '')}:{given['qop']}:{ha2}")
    return _h(algorithm, f"{ha1}:{given.get('nonce', '')}:{ha2}")


def credentials(header: str) -> dict[str, str]:
    """The parameters of an Authorization header; empty when it is not Digest."""
    scheme, _, rest = header.strip().partition(" ")
    return parameters(rest) if scheme.lower() == "digest" else {}


def challenge(realm: str, nonce: str, algorithm: str, stale: bool = False) -> str:
    """The value of a WWW-Authenticate header."""
    return f'Digest realm="{realm}", nonce="{nonce}", algorithm={algorithm}, qop="auth"' + (", stale=true" if stale else "")


class Verdict(Enum):
    """What credentials are worth."""

    RIGHT = "right"
    WRONG = "wrong"
    STALE = "stale"
    """The nonce is too old or was used: to be asked again, which is nobody's fault."""


@attrs.define
class Nonces:
    """Makes nonces that live for `life_s`, and checks credentials against them. `now` is any clock of seconds."""

    life_s: float
    _key: bytes = attrs.field(factory=lambda: secrets.token_bytes(32))
    _used: dict[str, tuple[int, str, float]] = attrs.field(factory=dict)
    """Highest nc with its response, and when the nonce dies."""

    def new(self, now: float) -> str:
        """A nonce that nobody can guess or make."""
        stamp = f"{int(now * 1000):x}.{secrets.token_hex(4)}"
        return f"{stamp}.{self._seal(stamp)}"

    def _seal(self, stamp: str) -> str:
        return base64.urlsafe_b64encode(hmac.digest(self._key, stamp.encode(), "sha256")[:15]).decode()

    def fresh(self, nonce: str, now: float) -> bool:
        """True if the nonce is one of ours and not too old."""
        stamp, _, seal = nonce.rpartition(".")
        if not hmac.compare_digest(seal.encode(), self._seal(stamp).encode()):
            return False
        return 0 <= now - int(stamp.partition(".")[0], 16) / 1000 + 0.001 <= self.life_s

    def check(self, given: Mapping[str, str], method: str, ha1s: Mapping[str, str], now: float, *, repeatable: bool) -> Verdict:
        """Judge credentials. A request of a method that may be `repeatable` (REGISTER over UDP) may come twice with the same nc.

        Without any `ha1s` the verdict takes as long and is never RIGHT: nobody learns which stations there are.
        """
        algorithm = next((a for a in ALGORITHMS if a.lower() == given.get("algorithm", "MD5").lower()), "MD5")
        known = ha1s.get(algorithm) or ha1(algorithm, "nobody", "nowhere", "nothing")
        right = hmac.compare_digest(response(algorithm, known, method, given).encode(), given.get("response", "").lower().encode())
        nonce = given.get("nonce", "")
        if not self.fresh(nonce, now):
            return Verdict.STALE
        if not (right and ha1s.get(algorithm)):
            return Verdict.WRONG
        return self._counted(nonce, given, now, repeatable)

    def _counted(self, nonce: str, given: Mapping[str, str], now: float, repeatable: bool) -> Verdict:
        """RFC 7616 section 3.4: the nonce count only grows, else it is a replay."""
        try:
            count = int(given.get("nc", "0"), 16)
        except ValueError:
            return Verdict.WRONG
        last, answer, _ = self._used.get(nonce, (-1, "", 0.0))
        again = count == last and answer == given.get("response")
        if not (count > last or (again and repeatable)):
            return Verdict.STALE
        if len(self._used) > MOST_NONCES or len(self._used) % 1000 == 999:
            self._used = {n: entry for n, entry in self._used.items() if entry[2] > now}
        self._used[nonce] = (count, given.get("response", ""), now + self.life_s)
        return Verdict.RIGHT
