"""The centre's secrets: passwords of phones and trunks, PINs of agents, what gateways ask for.

They are in one file of the data directory that only its owner can read.

`secrets.toml` is made at the first start with a random password for each station and a random PIN for each agent, and gets a line for
each one that a site adds later; what is there, comments included, is never changed, so an operator changes a PIN by editing it.

Everything in it is plain. A phone's password has to be: the registrar needs it to check a digest (RFC 7616). For PINs a hash was
considered and left: a million possible PINs are tried within hours whatever the hash, and who can read this file can read the recordings
too. What protects is the file's mode, 0600, which is restored whenever it was loosened. Nothing of it is ever logged.

The environment comes first: `HOTLINE_SECRET_STATION_8001`, `HOTLINE_SECRET_TRUNK_TELECOM`, `HOTLINE_SECRET_AGENT_1001`,
`HOTLINE_SECRET_GATEWAY_BILLING`, `HOTLINE_SECRET_SWITCH_1001`.
"""

import hashlib
import hmac
import logging
import os
import re
import secrets
import stat
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from appliance.config import ConfigError, Mistake, load, setting, table
from appliance.config.declare import settings_of
from appliance.site import Site

__all__ = ["Secrets"]

log = logging.getLogger("hotline.secrets")

_HEADER = """\
# Secrets of this centre. Only the owner of this file may read it; nothing of it belongs into a log, a ticket or a site file.
# Edit it to change one, and restart. A line is added for each station and agent that is new in the site file.
"""
_SECTIONS = {
    "stations": "what each phone logs in with, under its station's name",
    "agents": "PINs: an agent dials *10 and the PIN on his phone",
    "gateways": 'what a site file calls the secret of a gateway: billing = "Bearer ..."',
    "switches": 'passwords at a switch, of our log-in and of agents who need one there: 1001 = "..."',
    "trunks": 'passwords at providers, under the trunk\'s name: telecom = "..."',
}
_KINDS = {"station": "stations", "agent": "agents", "trunk": "trunks", "gateway": "gateways", "switch": "switches"}
_LETTERS = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # none that looks like another: they are typed into phones


@table
class _File:
    """The file `secrets.toml`."""

    stations: Mapping[str, str] = setting(factory=dict, pattern=r"\S{6,}", expects="a password of 6 or more characters")
    agents: Mapping[str, str] = setting(factory=dict, pattern=r"[0-9]{4,12}", expects="a PIN of 4 to 12 digits")
    trunks: Mapping[str, str] = setting(factory=dict, pattern=r"\S+", expects="a password without spaces")
    switches: Mapping[str, str] = setting(factory=dict, pattern=r"\S+", expects="a password without spaces")
    gateways: Mapping[str, str] = setting(factory=dict, pattern=r"[!-~][ -~]*", expects="the content of a header")


class Secrets:
    """Looks secrets up; it never shows them by itself, not even when it is printed."""

    def __init__(self, path: Path, known: Mapping[str, Mapping[str, str]], environment: Mapping[str, str]) -> None:
        """Use `Secrets.open`."""
        self.path = path
        self._known = known
        self._environment = environment

    def __repr__(self) -> str:
        return f"Secrets({str(self.path)!r})"

    @classmethod
    def open(cls, data_dir: Path, site: Site) -> "Secrets":
        """The secrets of a site; those that are missing are made and written first.

        Raises:
            ConfigError: the file is there and cannot be used.

        """
        path = data_dir / "secrets.toml"
        data_dir.mkdir(parents=True, exist_ok=True)
        known = _read(path)
        fresh: dict[str, dict[str, str]] = {
            "stations": _made(site.stations, known["stations"], _password),
            "agents": _made(site.agents, known["agents"], _pin),
        }
        if any(fresh.values()) or not path.exists():
            _add(path, fresh)
            known = _read(path)
        return cls(path, known, os.environ)

    @classmethod
    def read(cls, data_dir: Path) -> "Secrets":
        """The secrets that are there already, for a programme that plays the centre's phones; ConfigError as with `open`."""
        path = data_dir / "secrets.toml"
        return cls(path, _read(path), os.environ)

    def secret(self, name: str) -> str | None:
        """What a line needs: the secret called `station:8001`, `trunk:telecom` or `switch:hotline`; None: there is none."""
        kind, _, of = name.partition(":")
        return self._find(kind, of) if kind in {"station", "switch", "trunk"} else None

    def gateway(self, name: str) -> str | None:
        """The secret of a gateway that the site calls so; None: there is none."""
        return self._find("gateway", name)

    def pin(self, agent: str) -> str | None:
        """An agent's PIN, for a programme that plays him; None: he has none."""
        return self._find("agent", agent)

    def check_pin(self, agent: str, pin: str) -> bool:
        """Whether this is the agent's PIN; it takes as long whether it is, or is not, or there is no such agent."""
        right = self.pin(agent)
        equal = hmac.compare_digest(_digest(right or ""), _digest(pin))
        return equal and right is not None

    def _find(self, kind: str, of: str) -> str | None:
        variable = "HOTLINE_SECRET_" + re.sub(r"[^A-Z0-9]", "_", f"{kind}_{of}".upper())
        return self._environment.get(variable) or self._known[_KINDS[kind]].get(of)


def _made(names: Iterable[str], known: Mapping[str, str], make: Callable[[], str]) -> dict[str, str]:
    return {name: make() for name in names if name not in known}


def _password() -> str:
    """16 characters, 92 bits."""
    return "".join(secrets.choice(_LETTERS) for _ in range(16))


def _pin() -> str:
    """Six digits, none of those that are tried first."""
    while True:
        pin = f"{secrets.randbelow(10**6):06d}"
        if len(set(pin)) > 2 and pin not in "01234567890" and pin not in "09876543210":
            return pin


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def _read(path: Path) -> dict[str, Mapping[str, str]]:
    if not path.exists():
        return {section: {} for section in _SECTIONS}
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode & 0o077:
            path.chmod(0o600)
            log.warning("%s could be read by others (mode %o); it is 0600 again. Change what is in it if others were there.", path, mode)
    except OSError as error:
        text = f"its mode cannot be set to 0600: {error.strerror}"
        raise ConfigError([Mistake(str(path), 0, 0, "", text, "give the file to the user hotline runs as")]) from None
    try:
        file = load(_File, path)
    except ConfigError as error:
        raise ConfigError([_hidden(mistake) for mistake in error.mistakes]) from None
    return {section: getattr(file, section) for section in _SECTIONS}


def _hidden(mistake: Mistake) -> Mistake:
    """The mistake without the secret, which the usual messages quote."""
    section = mistake.where.partition(".")[0]
    if section == mistake.where or section not in _SECTIONS:
        return mistake
    expected = next(field.metadata["expects"] for field in settings_of(_File) if field.name == section)
    return Mistake(mistake.file, mistake.line, mistake.column, mistake.where, f"this is not {expected}", "write it in quotes")


def _add(path: Path, fresh: Mapping[str, Mapping[str, str]]) -> None:
    """Write the file with these added, whole or not at all, never readable by others."""
    lines = (path.read_text(encoding="utf-8") if path.exists() else _HEADER).splitlines()
    for section, about in _SECTIONS.items():
        header = next((number for number, line in enumerate(lines) if re.match(rf"\s*\[{section}\]", line)), None)
        if header is None:
            lines += ["", f"[{section}]  # {about}"]
            header = len(lines) - 1
        end = next((number for number in range(header + 1, len(lines)) if re.match(r"\s*\[", lines[number])), len(lines))
        while not lines[end - 1].strip():
            end -= 1
        lines[end:end] = [f'{name} = "{word}"' for name, word in fresh.get(section, {}).items()]
    beside = path.with_name(path.name + ".new")
    beside.unlink(missing_ok=True)
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as opened:
        opened.write("\n".join(lines) + "\n")
        opened.flush()
        os.fsync(opened.fileno())
    beside.replace(path)
