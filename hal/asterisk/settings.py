"""The `[lines.NAME]` table of a card line. The manager's password is not here: it is looked up as the secret `trunk:NAME`."""

import re
from ipaddress import IPv4Address
from typing import Any

import attrs

from hal.api.settings import said
from hal.dahdi import TELEPHONES, Layout, Span, layout
from hal.sip import SipSettings
from hal.sip.settings import Trunk, host_port

__all__ = ["CardSettings", "Manager"]

_HOST_PORT = r"\d{1,3}(\.\d{1,3}){3}:\d{1,5}"

_NAME = r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,39}"
_NAME_EXPECTS = "a name of letters, digits, '_', '-' and '.'"


def _named(_instance: object, attribute: "attrs.Attribute[Any]", value: str) -> None:
    if not re.fullmatch(_NAME, value) or value.lower() == "general":
        raise ValueError(f"'{attribute.name}': {value!r} cannot be a name in manager.conf: {_NAME_EXPECTS}, not 'general'")


def _address(_instance: object, attribute: "attrs.Attribute[Any]", value: str) -> None:
    try:
        address = IPv4Address(value.partition(":")[0])
        right = not address.is_unspecified and re.fullmatch(_HOST_PORT, value, re.ASCII) and 0 < int(value.rpartition(":")[2]) < 65536
    except ValueError:
        right = False
    if not right:
        raise ValueError(f"'{attribute.name}': '{value}' is not an address like 127.0.0.1:5038")


def _reached(_instance: object, attribute: "attrs.Attribute[Any]", value: str) -> None:
    host = re.fullmatch(r"[A-Za-z0-9.-]+:([0-9]{1,5})", value)
    if value and not value.startswith("/") and not (host and 0 < int(host[1]) < 65536):
        raise ValueError(f"'{attribute.name}': '{value}' is neither an address like 127.0.0.1:5037 nor a path")


@attrs.frozen(kw_only=True)
class Manager:
    """How Asterisk is watched (AMI)."""

    at: str = attrs.field(
        default="127.0.0.1:5038",
        validator=_address,
        metadata=said("where its manager listens", pattern=_HOST_PORT, expects="an address like 127.0.0.1:5038"),
    )
    user: str = attrs.field(
        default="hotline", validator=_named, metadata=said("our name in its manager.conf", pattern=_NAME, expects=_NAME_EXPECTS)
    )
    secret: str = attrs.field(
        default="asterisk",
        validator=_named,
        metadata=said("our password there is the secret `trunk:NAME` of this name", pattern=_NAME, expects=_NAME_EXPECTS),
    )


@attrs.frozen(kw_only=True)
class CardSettings:
    """Telephone cards, driven by an Asterisk beside the appliance; speech, phones and all control of calls are the appliance's own.

    `./hotline firmware render` writes the configuration that this Asterisk needs out of the same table.
    """

    spans: tuple[Span, ...] = attrs.field(metadata=said("every span of the machine's cards, in the driver's order"))
    asterisk: str = attrs.field(
        default="127.0.0.1:5160",
        validator=_address,
        metadata=said("where it takes and makes our calls (SIP)", pattern=_HOST_PORT, expects="an address like 127.0.0.1:5160"),
    )
    manager: Manager = attrs.field(factory=Manager, metadata=said("how Asterisk is watched"))
    watcher: str = attrs.field(
        default="",
        validator=_reached,
        metadata=said(
            "where the watcher of the cards (hal/dahdi/card.py) is heard: host:port or a path; while it is not, asterisk's word counts"
        ),
    )
    voice: SipSettings = attrs.field(factory=SipSettings, metadata=said('speech and phones, as of a line with backend = "sip"'))

    def __attrs_post_init__(self) -> None:
        """Refuse what does not fit together."""
        if not self.spans:
            raise ValueError("'spans' is empty: a line over cards names every span of the machine")
        self.voice.need_one_address()
        if self.layout.telephones and TELEPHONES in (*self.layout.trunks, *self.voice.trunks):
            raise ValueError(f"'{TELEPHONES}' is the trunk of the telephones at fxs ports: give this one another name")
        for name in self.layout.trunks:
            if not re.fullmatch(r"\w+", name, re.ASCII):
                raise ValueError(f"'{name}' cannot be the name of a trunk: Asterisk takes letters, digits and _")
            if name in self.voice.trunks:
                raise ValueError(f"voice.trunks.{name}: there is a trunk '{name}' of the cards already; give this one another name")
        if self.asterisk in {f"{self.voice.host}:{self.voice.port(worker)}" for worker in range(self.voice.workers)}:
            raise ValueError(f"'asterisk' and voice.listen are both {self.asterisk}: give one of them another port")

    @property
    def layout(self) -> Layout:
        """Which channels the spans have."""
        return layout(self.spans)

    @property
    def sip(self) -> SipSettings:
        """The line that carries the speech: its first trunks are the cards'."""
        cards = {name: Trunk(host=self.asterisk, labelled=True, hold=False) for name in self.layout.trunks}
        telephones = {TELEPHONES: Trunk(host=self.asterisk, labelled=True, hold=False)} if self.layout.telephones else {}
        return attrs.evolve(self.voice, trunks={**cards, **self.voice.trunks, **telephones})

    @property
    def sip_address(self) -> tuple[str, int]:
        """Where Asterisk's side of the calls is."""
        return host_port(self.asterisk)

    @property
    def manager_address(self) -> tuple[str, int]:
        """Where its manager is."""
        return host_port(self.manager.at)
