"""What differs between makes of switches, as data: one TOML file each, beside this one.

They are *like* those makes: written from what is publicly known of them, none was at hand. What turns out otherwise at a real switch is
changed in its file, or overridden in the site's.
"""

import re
import tomllib
from functools import lru_cache
from importlib.resources import files
from typing import Any

import attrs

from hal.csta.frames import HEADER_BYTES, LARGEST_BYTES
from hal.csta.messages import EDITIONS, MESSAGES, Dialect, Request
from hal.csta.xml import Node, escaped

__all__ = ["Profile", "login", "names", "profile"]

_LOGINS = ("none", "avaya")
_AVAYA = "http://www.avaya.com/csta"


def _edition(_instance: object, _attribute: object, edition: str) -> None:
    if edition not in EDITIONS:
        raise ValueError(f"there is no edition '{edition}'; there are: {', '.join(EDITIONS)}")


def _pattern(_instance: object, _attribute: object, pattern: str) -> None:
    try:
        groups = re.compile(pattern).groups
    except re.error as error:
        raise ValueError(f"device_pattern '{pattern}' is no regular expression: {error}") from None
    if groups != 1:
        raise ValueError(f"device_pattern '{pattern}' has {groups} groups; the number is in its only one")


def _services(_instance: object, _attribute: object, services: tuple[str, ...]) -> None:
    for service in services:
        if service not in MESSAGES or not issubclass(MESSAGES[service], Request):
            raise ValueError(f"'{service}' is no service")


@attrs.frozen(kw_only=True)
class Profile:
    """A make of switches."""

    name: str
    edition: str = attrs.field(validator=_edition)
    port: int = 8800
    """Where it listens, if the site says nothing."""
    sessions: bool = True
    """It knows application sessions (ECMA-354)."""
    session_s: int = 180
    status: bool = True
    """It answers `RequestSystemStatus`."""
    register: bool = True
    """It knows `SystemRegister`, and reports its status from then on."""
    monitor_type: str = "device"
    """What is written in `monitorType`; empty: nothing."""
    largest_bytes: int = attrs.field(
        default=LARGEST_BYTES, validator=[attrs.validators.gt(HEADER_BYTES), attrs.validators.le(LARGEST_BYTES)]
    )
    """The largest frame that it takes."""
    login: str = attrs.field(default="none", validator=attrs.validators.in_(_LOGINS))
    device_id: str = "{number}"
    """How a device is written: with the `{number}`, and the `{switch}`'s name where the make wants it."""
    device_pattern: str = attrs.field(default="(.*)", validator=_pattern)
    """How IDs look in events, the number in a group; an ID that does not match is the number itself."""
    device_attributes: dict[str, str] = attrs.Factory(dict)
    data_in_string: bool = False
    correlator: bool = True
    """It takes correlator data with calls, and has them in the events of those."""
    services: tuple[str, ...] = attrs.field(converter=tuple, validator=_services)

    def dialect(self, edition: str = "") -> Dialect:
        """How its messages are written, in its own edition or another."""
        written = "".join(f' {name}="{escaped(text)}"' for name, text in self.device_attributes.items())
        return Dialect(EDITIONS[edition or self.edition], device_attributes=written, data_in_string=self.data_in_string)

    def device_of(self, text: str) -> str:
        """The number of a device as events write it."""
        return _number(self.device_pattern, text)

    def written(self, number: str, switch: str = "") -> str:
        """The ID of the device with this number."""
        return self.device_id.replace("{number}", number).replace("{switch}", switch)


@lru_cache(4096)  # the same few hundred devices are named in every event
def _number(pattern: str, text: str) -> str:
    found = re.fullmatch(pattern, text, re.DOTALL)
    return str(found[1]) if found else text


def login(how: str, user: str, password: str) -> Node | None:
    """What stands in `applicationSpecificInfo`; None where the make wants nothing there."""
    if how == "none":
        return None
    inner = tuple(Node(name, _AVAYA, text) for name, text in (("userName", user), ("password", password), ("sessionCleanupDelay", "5")))
    return Node("", children=(Node("SessionLoginInfo", _AVAYA, children=inner),))


def names() -> list[str]:
    """The makes that there are."""
    return sorted(entry.name.removesuffix(".toml") for entry in files(__name__).iterdir() if entry.name.endswith(".toml"))


def profile(name: str) -> Profile:
    """The make of this name.

    Raises:
        ValueError: there is none; the message lists what there is.

    """
    if name not in names():
        raise ValueError(f"there is no profile '{name}'; there are: {', '.join(names())}")
    found: dict[str, Any] = tomllib.loads(files(__name__).joinpath(f"{name}.toml").read_text("utf-8"))
    return Profile(name=name, **found)
