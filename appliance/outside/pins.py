"""PINs of callers' accounts: which are allowed, and their hashes.

A hash is `scrypt$14$8$1$SALT$KEY`: base-2 logarithm of the work factor, block size, parallelism, and 16 and 32 bytes in base64 (RFC 7914).
One takes some 50 ms and 16 MB: for a thread, and a few at a time. Four digits are tried within minutes by who has the hash, whatever it is;
it keeps a glance at the database, or a copy of it, from showing PINs that people use elsewhere too.
"""

import base64
import hashlib
import hmac
import re
import secrets

__all__ = ["NO_HASH", "generated", "hashed", "is_hash", "matches", "refused"]

_LOG_N, _R, _P = 14, 8, 1
_HASH = re.compile(r"scrypt\$(1[0-7])\$(8)\$([1-4])\$([A-Za-z0-9+/=]{16,64})\$([A-Za-z0-9+/=]{24,128})")
_LONGEST = 64


def hashed(pin: str) -> str:
    """A hash of a PIN, each time another."""
    salt = secrets.token_bytes(16)
    return f"scrypt${_LOG_N}${_R}${_P}${_base64(salt)}${_base64(_key(pin, salt, _LOG_N, _R, _P, 32))}"


def matches(pin: str, pin_hash: str) -> bool:
    """Whether the PIN has this hash; it takes as long whether it has or not. False for what is no hash."""
    found = _HASH.fullmatch(pin_hash)
    if found is None:
        return False
    try:
        salt, key = base64.b64decode(found[4], validate=True), base64.b64decode(found[5], validate=True)
    except ValueError:
        return False
    return hmac.compare_digest(key, _key(pin, salt, int(found[1]), int(found[2]), int(found[3]), len(key)))


def is_hash(text: str) -> bool:
    """Whether it is a hash that `matches` understands."""
    return _HASH.fullmatch(text) is not None


def refused(account: str, pin: str) -> str:
    """Why this cannot be the PIN of an account; empty: it can."""
    if not re.fullmatch(r"[0-9]{4,12}", pin):
        return "a PIN has 4 to 12 digits"
    if len(set(pin)) == 1:
        return "a PIN is not one digit again and again"
    if pin == account:
        return "a PIN is not the account"
    return ""


def generated(account: str) -> str:
    """A PIN of six digits, by chance."""
    while True:
        pin = f"{secrets.randbelow(10**6):06d}"
        if not refused(account, pin) and len(set(pin)) > 2 and pin not in "01234567890" and pin not in "09876543210":
            return pin


def _key(pin: str, salt: bytes, log_n: int, r: int, p: int, length: int) -> bytes:
    return hashlib.scrypt(pin[:_LONGEST].encode(), salt=salt, n=2**log_n, r=r, p=p, maxmem=256 * 2**log_n * r, dklen=length)


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


NO_HASH = f"scrypt${_LOG_N}${_R}${_P}${_base64(bytes(16))}${_base64(bytes(32))}"
"""No PIN has it, as far as anybody knows: what an account is compared with that does not exist."""
