"""Passwords of users: which are allowed, and their hashes by Argon2id (RFC 9106).

The parameters are the library's default, RFC 9106's second recommendation: 64 MiB, three passes, four lanes; some 50 ms of all
processors. A few are hashed at a time, so that who tries passwords costs calls nothing.
"""

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

__all__ = ["NO_HASH", "hashed", "is_outdated", "matches", "refused"]

_SHORTEST, _LONGEST = 10, 200
_HASHER = PasswordHasher()
_TOO_COMMON = ("password", "passw0rd", "qwerty", "hotline", "12345", "abcde", "admin", "letmein", "welcome", "woaini", "iloveyou")

NO_HASH = "$argon2id$v=19$m=65536,t=3,p=4$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
"""No password has it, as far as anybody knows: what is compared for a user who does not exist."""


def hashed(password: str) -> str:
    """A hash of a password, each time another."""
    return _HASHER.hash(password)


def matches(password: str, password_hash: str) -> bool:
    """Whether the password has this hash; it takes as long whether it has or not. False for what is no hash."""
    try:
        return _HASHER.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False


def is_outdated(password_hash: str) -> bool:
    """Whether it was made with other parameters than are used now: it is made anew when its password is at hand."""
    return _HASHER.check_needs_rehash(password_hash)


def refused(login: str, password: str) -> str:
    """Why this cannot be a user's password; empty: it can. Length decides (NIST SP 800-63B), not kinds of characters."""
    if len(password) < _SHORTEST:
        return f"a password has at least {_SHORTEST} characters"
    if len(password) > _LONGEST:
        return f"a password has at most {_LONGEST} characters"
    plain = password.casefold()
    if len(set(plain)) < 5:
        return "a password has at least five different characters"
    if login.casefold() in plain:
        return "a password does not contain the name one logs in with"
    if common := next((word for word in _TOO_COMMON if word in plain and len(plain) < len(word) + 6), ""):
        return f"a password is not '{common}' and a little more: it is among the first that are tried"
    return ""
