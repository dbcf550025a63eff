"""The `[lines.NAME]` table of a link to an Asterisk PBX. The manager's password is not here: it is looked up as `switch:USER`."""

import re
from typing import Any

import attrs

from hal.ami.setup import Setup
from hal.api import Capability
from hal.api.settings import between, said
from hal.csta.layout import SwitchSettings
from hal.csta.mapping.board import Setup as Layout
from hal.csta.settings import LinkTls

__all__ = ["AmiSettings"]

_ADDRESS = r"[A-Za-z0-9.-]+(:[0-9]{1,5})?"
_PORT, _TLS_PORT = 5038, 5039
_NAME = r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,39}"
_SIGNS = r"[A-Za-z0-9_@.:/+*#-]*"
_NUMBER = r"[0-9*#+]{1,20}"


def _address(_instance: object, attribute: "attrs.Attribute[Any]", text: str) -> None:
    if not re.fullmatch(_ADDRESS, text) or not 0 < int(text.partition(":")[2] or 1) < 65536:
        raise ValueError(f"'{attribute.name}': '{text}' is not an address like 192.0.2.1:5038")


def _channel(_instance: object, attribute: "attrs.Attribute[Any]", text: str) -> None:
    if not re.fullmatch(rf"[A-Za-z]\w*/{_SIGNS}\{{number\}}{_SIGNS}", text, re.ASCII):
        text = f"'{attribute.name}': '{text}' is not a channel with a number in it, like PJSIP/{{number}}"
        raise ValueError(
            f"{text}; it is of letters, digits and _ @ . : / + * # -, else it would be more than one word of the PBX's dialplan"
        )


@attrs.frozen(kw_only=True)
class AmiSettings(SwitchSettings):
    """A link to an Asterisk in the role of the PBX: its manager, and what is watched there.

    `./hotline firmware render` writes what its configuration needs out of the same table.
    """

    manager: str = attrs.field(
        validator=_address,
        metadata=said(
            "where the manager of the PBX is, port 5038 unless given (5039 over TLS)",
            pattern=_ADDRESS,
            expects="an address like 192.0.2.1:5038",
        ),
    )
    second_manager: str = attrs.field(
        default="",
        validator=lambda instance, attribute, text: _address(instance, attribute, text) if text else None,
        metadata=said(
            "another address of the same manager, tried when the first fails",
            pattern=f"({_ADDRESS})?",
            expects="an address like 192.0.2.1:5038",
        ),
    )
    tls: LinkTls = attrs.field(factory=LinkTls, metadata=said("encryption of the link; the manager's port is 5039 then, unless given"))
    user: str = attrs.field(default="hotline", metadata=said("our name in its manager.conf (the secret is `switch:USER`)"))
    channel: str = attrs.field(
        default="PJSIP/{number}",
        validator=_channel,
        metadata=said("how the PBX is told to dial an extension, ports among them", expects="a channel like PJSIP/{number}"),
    )
    dials: str = attrs.field(
        default="",
        validator=attrs.validators.matches_re(r"([A-Za-z0-9_][A-Za-z0-9_.-]{0,78})?"),
        metadata=said(
            "context of its dialplan in which agents' phones dial numbers outside; empty: from the seat none are dialled",
            pattern=r"([A-Za-z0-9_][A-Za-z0-9_.-]{0,78})?",
            expects="a context's name",
        ),
    )
    waits_s: float = attrs.field(
        default=5.0,
        validator=between(1, 60),
        metadata=said("so long its dialplan lets a caller wait at a route point until he is asked for", ge=1, le=60),
    )

    def __attrs_post_init__(self) -> None:
        """Refuse what does not fit together, and what the PBX's files could not have as a name."""
        super().__attrs_post_init__()
        self.voice.need_one_address()
        names = {"user": (self.user,), "stations": self.stations, "ports": self.ports, "recording_ports": self.recording_ports}
        for field, given in names.items():
            for name in given:
                if not re.fullmatch(_NAME, name) or name.lower() == "general":
                    raise ValueError(f"'{field}': {name!r} cannot be a name in Asterisk's files: letters, digits, '_', '-' and '.'")
        for number in self.route_points:
            if not re.fullmatch(_NUMBER, number):
                raise ValueError(f"'route_points': {number!r} is not a number of at most 20 digits")

    @property
    def address(self) -> tuple[str, int]:
        """Host and port of the manager."""
        return self._at(self.manager)

    @property
    def second_address(self) -> tuple[str, int] | None:
        """The same of its second address, if it has one."""
        return self._at(self.second_manager) if self.second_manager else None

    def _at(self, text: str) -> tuple[str, int]:
        host, _, port = text.partition(":")
        return host, int(port or (_TLS_PORT if self.tls.on else _PORT))

    @property
    def cannot(self) -> Capability:
        """What this line cannot, as it is set up, and another of its kind can."""
        return Capability(0) if self.dials else Capability.OUTSIDE

    def mapping_setup(self, line: str, prefix: str) -> Layout:
        """How the line is laid out: a caller stays at his port while an agent is called."""
        return attrs.evolve(super().mapping_setup(line, prefix), holds=False)

    def switch_setup(self, prefix: str) -> Setup:
        """What the translation has to know; `prefix` begins the IDs of channels that we make."""
        return Setup(
            stations=self.stations,
            ports=self.ports,
            recording_ports=self.recording_ports,
            route_points=tuple(self.route_points),
            channel=self.channel,
            outside=bool(self.dials),
            prefix=prefix,
            waits_s=self.waits_s,
            audit_s=self.audit_s,
        )
