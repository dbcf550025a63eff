"""What every line at a switch is told of it, whatever its link speaks: extensions, ports, voice, times."""

from typing import Any

import attrs

from hal.api.settings import between, said
from hal.csta.mapping.board import Setup
from hal.sip import SipSettings

__all__ = ["SwitchSettings"]


def _once(_instance: object, attribute: "attrs.Attribute[Any]", devices: tuple[str, ...]) -> None:
    for device in devices:
        if not device.strip() or devices.count(device) > 1:
            raise ValueError(f"'{attribute.name}': '{device}' stands there twice, or is nothing")


@attrs.frozen(kw_only=True)
class SwitchSettings:
    """Who is who at the switch."""

    stations: tuple[str, ...] = attrs.field(
        default=(), validator=_once, metadata=said("agents' extensions: each is a station of the site with the same name")
    )
    outside: str = attrs.field(
        default="",
        validator=attrs.validators.matches_re(r"[0-9*#]*"),
        metadata=said("what is dialled at the switch before a number outside, if anything", pattern="[0-9*#]*", expects="keys"),
    )
    route_points: dict[str, str] = attrs.field(
        factory=dict, metadata=said('routeing devices, each with the service number that leads there: { 7000 = "95500" }')
    )
    ports: tuple[str, ...] = attrs.field(
        default=(),
        validator=_once,
        metadata=said("extensions whose calls the switch brings to `voice`, with the extension as called number"),
    )
    recording_ports: tuple[str, ...] = attrs.field(
        default=(), validator=_once, metadata=said("such extensions that are left to recordings of conversations")
    )
    voice: SipSettings = attrs.field(factory=SipSettings, metadata=said('speech at the ports, as of a line with backend = "sip"'))
    answer_s: float = attrs.field(
        default=5.0, validator=between(0.1, 60), metadata=said("a request that is not answered within so long has failed", ge=0.1, le=60)
    )
    audit_s: float = attrs.field(
        default=60.0,
        validator=between(0, 86400),
        metadata=said("every device is looked at again so often, in case an event was lost; 0: never", ge=0, le=86400),
    )
    settle_s: float = attrs.field(
        default=2.0,
        validator=between(0, 60),
        metadata=said("an event of a call that ended less than so long ago is taken for a late one", ge=0, le=60),
    )

    def __attrs_post_init__(self) -> None:
        """Refuse what does not fit together."""
        if self.route_points and not self.ports:
            raise ValueError("'ports' is empty: callers of route_points would have nowhere to go; name the extensions behind `voice`")
        for device in self.devices:
            if self.devices.count(device) > 1:
                raise ValueError(f"{device} is more than one of stations, ports and recording_ports")

    @property
    def devices(self) -> tuple[str, ...]:
        """All extensions that are watched."""
        return (*self.stations, *self.ports, *self.recording_ports)

    def mapping_setup(self, line: str, prefix: str) -> Setup:
        """How the line is laid out; `prefix` begins the names of its legs."""
        return Setup(
            line=line,
            prefix=prefix,
            route_points=self.route_points,
            ports=self.ports,
            recording_ports=self.recording_ports,
            stations=frozenset(self.stations),
            outside=self.outside,
            late_s=self.settle_s,
        )
