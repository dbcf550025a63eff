"""Secrets of a centre: passwords of phones and trunks, PINs of agents. They live in the data directory, never in a site file or a log.

`secrets.toml` (readable by its owner only) is made at the first start with a random password for each station and a random PIN for each
agent, and completed when a site grows. It is kept in plain text on purpose: digest authentication (RFC 7616) needs the passwords, a PIN of
six digits could be tried out of any hash within seconds, and the operator has to hand them out. What protects them is the file's mode, the
lock-out after wrong tries (phones: the registrar's ban; PINs: the core), and that nothing else holds a copy.

An environment variable comes first: `HOTLINE_SECRET_STATION_8001`, `HOTLINE_SECRET_TRUNK_TELECOM`, `HOTLINE_SECRET_AGENT_1001`.
"""

import hmac
import json
import os
import re
import secrets
import stat
import tempfile
import tomllib
from collections.abc import Callable, Iterable
from pathlib import Path

from appliance.config import ConfigError, Mistake
from appliance.site import Site

__all__ = ["Secrets"]

_ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"  # what is copied by hand must not be mistaken: no l and 1, no o and 0
_PASSWORD_LENGTH = 16
_PIN_LENGTH = 6
_HEAD = """\
# Passwords and PINs of this centre. Only its owner may read this file; change a value and restart the appliance.
# A trunk that logs in at a provider needs its password here by hand:   [trunks]   telecom = "..."
"""


class Secrets:
    """All secrets of one data directory."""

    def __init__(self, path: Path, known: dict[str, dict[str, str]]) -> None:
        """Keep what the file holds; see `open`."""
        self.path = path
        self._known = known

    @classmethod
    def open(cls, data_dir: Path, site: Site) -> "Secrets":
        """Read the file, and add what stations and agents of the site still lack.

        Raises:
            ConfigError: the file cannot be read or others may read it; the message says what to do.

        """
        path = data_dir / "secrets.toml"
        known = _read(path)
        before = {kind: dict(values) for kind, values in known.items()}
        _complete(known.setdefault("stations", {}), site.stations, _password)
        _complete(known.setdefault("agents", {}), site.agents, _pin)
        if known != before:
            _write(path, known)
        return cls(path, known)

    def secret(self, name: str) -> str | None:
        """A secret by the name a line asks for it, `station:8001` or `trunk:telecom`; None: there is none."""
        kind, _, of = name.partition(":")
        variable = re.sub(r"[^A-Z0-9]", "_", f"HOTLINE_SECRET_{kind}_{of}".upper())
        return os.environ.get(variable) or self._known.get(f"{kind}s", {}).get(of)

    def check_pin(self, agent: str, pin: str) -> bool:
        """Whether this is the agent's PIN; takes as long for a wrong one as for the right one."""
        right = self.secret(f"agent:{agent}")
        return hmac.compare_digest((right or secrets.token_hex(8)).encode(), pin.encode()) and right is not None


def _password() -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(_PASSWORD_LENGTH))


def _pin() -> str:
    return "".join(secrets.choice("0123456789") for _ in range(_PIN_LENGTH))


def _complete(values: dict[str, str], names: Iterable[str], make: Callable[[], str]) -> None:
    for name in names:
        if not values.get(name):
            values[name] = make()


def _read(path: Path) -> dict[str, dict[str, str]]:
    try:
        mode = path.stat().st_mode
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise _wrong(path, f"it cannot be read: {error.strerror}", "check its owner and rights") from None
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise _wrong(
            path, f"others than its owner may read it (mode {stat.S_IMODE(mode):04o})", f"chmod 600 {path}, and change what it holds"
        )
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _wrong(path, f"it is not TOML: {error}", "mend it, or move it away to have a new one made") from None
    known: dict[str, dict[str, str]] = {}
    for kind, values in found.items():
        if kind not in ("stations", "agents", "trunks") or not isinstance(values, dict):
            raise _wrong(path, f"there is no table '{kind}'", "there is: stations, agents, trunks")
        for name, secret in values.items():
            if not isinstance(secret, str) or not secret:
                raise _wrong(path, f"{kind}.{name} is not a text", f'write it as {name} = "..."')
        known[kind] = dict(values)
    return known


def _wrong(path: Path, text: str, remedy: str) -> ConfigError:
    return ConfigError([Mistake(str(path), 0, 0, "", text, remedy)])


def _write(path: Path, known: dict[str, dict[str, str]]) -> None:
    """Whole or not at all, and never readable by others, not even for a moment."""
    lines = [_HEAD]
    for kind, values in known.items():
        lines.append(f"\n[{kind}]\n")
        lines += [f"{json.dumps(name)} = {json.dumps(value)}\n" for name, value in values.items()]  # JSON strings are TOML strings
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".secrets.")  # made with mode 0600
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.writelines(lines)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
