"""The `[lines.NAME]` table of a link to a switch. The log-in's password is not here: it is looked up as `switch:USER`."""

import re
from functools import partial
from typing import Any

import attrs

from hal.api.settings import between, said
from hal.csta.layout import SwitchSettings
from hal.csta.mapping.board import Setup
from hal.csta.messages import EDITIONS
from hal.csta.profiles import names, profile
from hal.csta.setup import SessionSetup
from hal.csta.xml import Node

__all__ = ["CstaSettings", "LinkTls"]

_ADDRESS = r"[^\s:]+(:\d{1,5})?"


def _addresses(_instance: object, attribute: "attrs.Attribute[Any]", addresses: tuple[str, ...]) -> None:
    if not addresses:
        raise ValueError(f"'{attribute.name}' is empty: name the switch's address")
    for text in addresses:
        if not re.fullmatch(_ADDRESS, text) or not 0 < int(text.partition(":")[2] or 1) < 65536:
            raise ValueError(f"'{attribute.name}': '{text}' is not an address like 192.0.2.1:8800")


@attrs.frozen(kw_only=True)
class LinkTls:
    """TLS to the switch. Its certificate is always verified; for one that it signed itself, `authorities` is that certificate."""

    on: bool = attrs.field(default=False, metadata=said("speak TLS"))
    authorities: str = attrs.field(default="", metadata=said("file with the authorities we trust (PEM); empty: those of the system"))
    name: str = attrs.field(default="", metadata=said("name in the switch's certificate; empty: the host of its address"))
    certificate: str = attrs.field(default="", metadata=said("file with our own certificate (PEM), where the switch asks for one"))
    key: str = attrs.field(default="", metadata=said("file with its private key (PEM)"))

    def __attrs_post_init__(self) -> None:
        """Refuse half a pair."""
        if bool(self.certificate) != bool(self.key):
            raise ValueError("tls.certificate and tls.key belong together: name both or neither")


@attrs.frozen(kw_only=True)
class CstaSettings(SwitchSettings):
    """A link to a switch: where it is, what make it is of, and what is watched there."""

    switches: tuple[str, ...] = attrs.field(
        validator=_addresses,
        metadata=said(
            "addresses of the switch's CTI servers, best first, the port the make's unless given; when one fails the next is tried",
            pattern=_ADDRESS,
            expects="an address like 192.0.2.1:8800",
        ),
    )
    make: str = attrs.field(
        default="generic", validator=attrs.validators.in_(names()), metadata=said("make of the switch", one_of=tuple(names()))
    )
    edition: str = attrs.field(
        default="",
        validator=attrs.validators.in_(("", *EDITIONS)),
        metadata=said("edition of ECMA-323; empty: the make's", one_of=("", *EDITIONS)),
    )
    tls: LinkTls = attrs.field(factory=LinkTls, metadata=said("encryption of the link"))
    application: str = attrs.field(default="hotline", metadata=said("our name at the switch"))
    user: str = attrs.field(default="", metadata=said("name we log in with, where the make wants that (the secret is `switch:USER`)"))
    switch_name: str = attrs.field(default="", metadata=said("name of the switch in device IDs, where the make wants that"))
    session_s: int = attrs.field(
        default=0, validator=between(0, 86400), metadata=said("duration of a session asked for; 0: the make's", ge=0, le=86400)
    )
    connect_s: float = attrs.field(
        default=5.0, validator=between(0.1, 60), metadata=said("an address that takes longer to be connected is given up", ge=0.1, le=60)
    )
    beat_s: float = attrs.field(
        default=20.0, validator=between(1, 3600), metadata=said("a switch silent for so long is asked whether it is there", ge=1, le=3600)
    )
    longest_pause_s: float = attrs.field(
        default=30.0,
        validator=between(0.1, 3600),
        metadata=said("pauses between attempts to reach the switch, or to watch a device, grow from 1 s up to this", ge=0.1, le=3600),
    )
    window: int = attrs.field(
        default=16, validator=between(1, 1000), metadata=said("devices that are asked about at once when a session begins", ge=1, le=1000)
    )

    def __attrs_post_init__(self) -> None:
        """Refuse what cannot work at a switch of that make."""
        make = profile(self.make)
        if make.login != "none" and not self.user:
            raise ValueError(f"a switch of the make '{self.make}' wants a log-in: set 'user', and store the secret 'switch:USER'")
        if "{switch}" in make.device_id and not self.switch_name:
            raise ValueError(f"device IDs of the make '{self.make}' carry the switch's name: set 'switch_name'")
        if self.route_points and "RouteRegister" not in make.services:
            raise ValueError(f"a switch of the make '{self.make}' is not asked for routes over this link: take 'route_points' out")
        super().__attrs_post_init__()

    def mapping_setup(self, line: str, prefix: str) -> Setup:
        """How the line is laid out; `prefix` begins the names of its legs."""
        make = profile(self.make)
        setup = super().mapping_setup(line, prefix)
        written = partial(make.written, switch=self.switch_name)
        return attrs.evolve(setup, correlates=make.correlator, written=written, read=make.device_of)

    def addresses(self) -> list[tuple[str, int]]:
        """Host and port of each server, best first."""
        port = profile(self.make).port
        return [(text.partition(":")[0], int(text.partition(":")[2] or port)) for text in self.switches]

    def session_setup(self, login: Node | None) -> SessionSetup:
        """What a session has to know."""
        make = profile(self.make)
        return SessionSetup(
            dialect=make.dialect(self.edition),
            application=self.application,
            login=login,
            devices=tuple(make.written(number, self.switch_name) for number in self.devices),
            routing=tuple(make.written(number, self.switch_name) for number in self.route_points),
            sessions=make.sessions,
            status=make.status,
            register=make.register,
            monitor_type=make.monitor_type,
            session_s=self.session_s or make.session_s,
            answer_s=self.answer_s,
            beat_s=self.beat_s,
            audit_s=self.audit_s,
            pause_s=1.0,
            longest_pause_s=self.longest_pause_s,
            window=self.window,
            largest_bytes=make.largest_bytes,
        )
