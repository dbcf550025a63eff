"""The spans of telephone cards: what a site file says of each, and which DAHDI channels that makes.

DAHDI counts channels over all spans in their order, from 1: an E1 has 31 (time slots 1 to 31 of ITU-T G.704), a basic rate access 3, an
analogue card as many as it has sockets. Pure: nothing here looks at a card.
"""

import re
from collections.abc import Iterator
from typing import Any

import attrs

from hal.api.settings import between, said

__all__ = ["E1", "Layout", "Port", "Span", "Wires", "layout", "ranges"]

E1 = ("pri", "mfc-r2", "ss7")
"""Signallings of an E1."""
SIGNALLINGS = (*E1, "bri", "analogue")
R2_VARIANTS = {
    "argentina": "ar",
    "brazil": "br",
    "china": "cn",
    "colombia": "co",
    "czech-republic": "cz",
    "ecuador": "ec",
    "indonesia": "id",
    "itu": "itu",
    "mexico": "mx",
    "philippines": "ph",
    "venezuela": "ve",
}
"""Name in a site file -> name in openr2 1.3."""
SWITCHES = ("euroisdn", "qsig", "national", "dms100", "4ess", "5ess", "ni1")
_SIGNALLING_SLOT = 16
_MOST_CHANNELS = 1023
"""DAHDI_MAX_CHANNELS of the driver is 1024, with 0 for the control device."""
_NUMBER = r"[0-9]{1,20}"
_STATION = r"[A-Za-z0-9_-]{1,40}"
"""It becomes the name of a context of Asterisk's dialplan."""
_ITU_POINT_CODE = 16383
"""14 bits (ITU-T Q.704 section 2.2.3)."""
_CHINAS_POINT_CODE = 2**24 - 1
_GATEWAY = (
    "China's No. 7 has point codes of 24 bits, which libss7 does not speak: put a signalling gateway in between and take the calls from it "
    f"by SIP or PRI; here are ITU's 14 bits, 0 to {_ITU_POINT_CODE}"
)
_LAST_CIRCUIT = 4095
"""12 bits (ITU-T Q.763 section 1.2)."""


_SPOKEN_BY = {
    "clock": (*E1, "bri"),
    "role": ("pri", "bri"),
    "switch": ("pri", "bri"),
    "crc4": E1,
    "line_build_out": E1,
    "multipoint": ("bri",),
    "variant": ("mfc-r2", "ss7"),
    "dnis_digits": ("mfc-r2",),
    "ani_digits": ("mfc-r2",),
    "point_code": ("ss7",),
    "adjacent_point_code": ("ss7",),
    "destination_point_code": ("ss7",),
    "network": ("ss7",),
    "first_circuit": ("ss7",),
    "signalling_link": ("ss7",),
    "hdlc": ("ss7",),
}
"""The signallings that have a word; a word that is not here is every span's."""


def _in(names: tuple[str, ...]) -> Any:
    return attrs.validators.in_(names)


def _point_code(_instance: object, attribute: "attrs.Attribute[Any]", value: int | None) -> None:
    if value is None or 0 <= value <= _ITU_POINT_CODE:
        return
    if 0 <= value <= _CHINAS_POINT_CODE:
        raise ValueError(f"'{attribute.name}': {value} has more than 14 bits. {_GATEWAY}")
    raise ValueError(f"'{attribute.name}': {value} is no point code; possible is 0 to {_ITU_POINT_CODE}")


@attrs.frozen(kw_only=True)
class Port:
    """One socket of an analogue card."""

    kind: str = attrs.field(
        validator=_in(("fxo", "fxs", "empty")),
        metadata=said("fxo: an exchange line comes in; fxs: a telephone is plugged in; empty: neither", one_of=("fxo", "fxs", "empty")),
    )
    number: str = attrs.field(default="", metadata=said("fxo: the service number that calls on it have dialled; the wire does not say it"))
    station: str = attrs.field(default="", metadata=said("fxs: the name of the station that its telephone is"))
    caller_id: str = attrs.field(
        default="fsk",
        validator=_in(("fsk", "dtmf", "none")),
        metadata=said(
            "fxo: how the exchange says who calls; fsk: after the first ring, a call without it is taken with the second; dtmf: before the "
            "first ring, and a call without it is never taken; none: not at all, the first ring counts",
            one_of=("fsk", "dtmf", "none"),
        ),
    )

    def __attrs_post_init__(self) -> None:
        """Refuse what does not fit its kind."""
        if self.kind == "fxo" and not re.fullmatch(_NUMBER, self.number):
            raise ValueError('an fxo port needs the service number it belongs to: { kind = "fxo", number = "95500" }')
        if self.kind == "fxs" and not self.station:
            raise ValueError('an fxs port needs the station that its telephone is: { kind = "fxs", station = "8101" }')
        if self.station and not re.fullmatch(_STATION, self.station):
            raise ValueError(f"'station': {self.station!r} is not a name of at most 40 letters, digits, '-' and '_'")
        if self.kind != "fxo" and self.number:
            raise ValueError(f"'number' belongs to an fxo port, this one is {self.kind}")
        if self.kind != "fxs" and self.station:
            raise ValueError(f"'station' belongs to an fxs port, this one is {self.kind}")


@attrs.frozen(kw_only=True)
class Span:
    """One span: an E1, a basic rate access, or an analogue card."""

    number: int = attrs.field(
        validator=between(1, 128), metadata=said("as `dahdi_scan` counts it, from 1 without gaps: channel numbers follow", ge=1, le=128)
    )
    signalling: str = attrs.field(validator=_in(SIGNALLINGS), metadata=said("what is spoken on it", one_of=SIGNALLINGS))
    clock: str | None = attrs.field(
        default=None,
        validator=attrs.validators.optional(_in(("network", "own"))),
        metadata=said(
            "network: the far end gives the clock, as every public exchange does; own: this card gives it; without it own where `role` is "
            "network, else network",
            one_of=("network", "own"),
        ),
    )
    group: str = attrs.field(
        default="",
        metadata=said("the trunk it belongs to, the same for spans that share their calls; empty: g and its number, as g1"),
    )
    role: str = attrs.field(
        default="user",
        validator=_in(("user", "network")),
        metadata=said("pri, bri: which side of Q.931 this is; an exchange is the network", one_of=("user", "network")),
    )
    switch: str = attrs.field(
        default="euroisdn", validator=_in(SWITCHES), metadata=said("pri, bri: dialect of Q.931; China's is euroisdn", one_of=SWITCHES)
    )
    crc4: bool | None = attrs.field(
        default=None, metadata=said("E1: multiframe with CRC-4 (ITU-T G.704); without it pri and ss7 have it, mfc-r2 has not")
    )
    line_build_out: int = attrs.field(
        default=0, validator=between(0, 7), metadata=said("length of the cable as the card counts it; 0: up to 40 m", ge=0, le=7)
    )
    multipoint: bool = attrs.field(default=True, metadata=said("bri: an access with several terminals (PtMP); false: PtP"))
    variant: str = attrs.field(
        default="itu", metadata=said("mfc-r2: the country; ss7: itu", one_of=tuple(R2_VARIANTS), expects="the name of a variant")
    )
    dnis_digits: int = attrs.field(
        default=8, validator=between(1, 20), metadata=said("mfc-r2: at most so many digits of the called number come", ge=1, le=20)
    )
    ani_digits: int = attrs.field(
        default=18,
        validator=between(0, 20),
        metadata=said("mfc-r2: at most so many digits of the caller's number are asked for", ge=0, le=20),
    )
    point_code: int = attrs.field(default=0, validator=_point_code, metadata=said("ss7: ours, 14 bits (1 to 16383)"))
    adjacent_point_code: int = attrs.field(default=0, validator=_point_code, metadata=said("ss7: that of the exchange beside us"))
    destination_point_code: int | None = attrs.field(
        default=None, validator=_point_code, metadata=said("ss7: where calls go; without it the exchange beside us")
    )
    network: str = attrs.field(
        default="national",
        validator=_in(("national", "international", "national_spare", "international_spare")),
        metadata=said("ss7: network indicator", one_of=("national", "international", "national_spare", "international_spare")),
    )
    first_circuit: int = attrs.field(
        default=1, validator=between(0, 4095), metadata=said("ss7: circuit identification code (CIC) of time slot 1", ge=0, le=4095)
    )
    signalling_link: bool = attrs.field(
        default=True, metadata=said("ss7: time slot 16 carries the signalling; false: another span of the same exchange does")
    )
    hdlc: str = attrs.field(
        default="mtp2",
        validator=_in(("mtp2", "dchan")),
        metadata=said("ss7: mtp2: the card does MTP2 in hardware; dchan: the driver does", one_of=("mtp2", "dchan")),
    )
    ports: tuple[Port, ...] = attrs.field(default=(), metadata=said("analogue: its sockets, in their order"))

    def __attrs_post_init__(self) -> None:
        """Refuse what no card could be told."""
        for problem in self._problems():
            raise problem

    def _problems(self) -> Iterator[ValueError]:
        if (self.signalling == "analogue") != bool(self.ports):
            yield ValueError("'ports' names the sockets of an analogue card, and of no other span")
        if self.signalling == "mfc-r2" and self.variant not in R2_VARIANTS:
            yield ValueError(f"'variant': '{self.variant}' is no variant of MFC/R2; there is: {', '.join(R2_VARIANTS)}")
        if self.signalling == "ss7":
            yield from self._ss7_problems()
        for name, signallings in _SPOKEN_BY.items():
            if self.signalling not in signallings and getattr(self, name) != getattr(attrs.fields(Span), name).default:
                yield ValueError(f"'{name}' belongs to {' and '.join(signallings)}, this span is {self.signalling}: leave it out")
        if self.signalling == "bri" and self.role == "network" and self.clock == "network":
            yield ValueError(
                "'clock': the network side of a basic rate access gives the clock (ITU-T I.430): leave it out, or write \"own\""
            )

    def _ss7_problems(self) -> Iterator[ValueError]:
        codes = {"adjacent_point_code": self.adjacent_point_code, "destination_point_code": self.destination}
        if self.variant != "itu":
            yield ValueError(_GATEWAY)
        elif not self.point_code or not all(codes.values()):
            yield ValueError("ss7 needs point_code (ours) and adjacent_point_code (the exchange's), as the operator assigned them")
        for name, code in codes.items():
            if code == self.point_code:
                yield ValueError(f"point_code (ours) and {name} (the exchange's) are both {code}: the operator assigned two")
        if self.first_circuit + self.size - 1 > _LAST_CIRCUIT:
            yield ValueError(f"'first_circuit': a circuit has 12 bits, so the first of an E1 is at most {_LAST_CIRCUIT - self.size + 1}")

    @property
    def trunk(self) -> str:
        """The trunk it belongs to."""
        return self.group or f"g{self.number}"

    @property
    def destination(self) -> int:
        """Point code that calls go to."""
        return self.adjacent_point_code if self.destination_point_code is None else self.destination_point_code

    @property
    def gives_clock(self) -> bool:
        """Whether this card gives the clock: to its own side of the network, unless the site says otherwise."""
        return (self.role == "network") if self.clock is None else self.clock == "own"

    @property
    def size(self) -> int:
        """How many channels it has, with those for signalling."""
        return 31 if self.signalling in E1 else 3 if self.signalling == "bri" else len(self.ports)

    @property
    def has_crc4(self) -> bool:
        """Whether it is framed with CRC-4; China's R2 normally is not."""
        return self.signalling != "mfc-r2" if self.crc4 is None else self.crc4

    @property
    def idle(self) -> str:
        """The signalling bits ABCD of an idle channel (ITU-T Q.421; China: all ones)."""
        return "1111" if self.variant == "china" else "1101"


@attrs.frozen
class Wires:
    """The channels of one span, and where its clock comes from."""

    span: Span
    first: int
    """Its first channel."""
    timing: int
    """0: this card gives the clock; 1: the clock of the whole machine comes from here; 2 and more: in its place when that one fails."""

    @property
    def bearers(self) -> tuple[int, ...]:
        """Channels that carry speech, or sockets that are in use."""
        span, first = self.span, self.first
        if span.signalling == "analogue":
            return tuple(first + at for at, port in enumerate(span.ports) if port.kind != "empty")
        if span.signalling == "bri":
            return (first, first + 1)
        skipped = _SIGNALLING_SLOT if span.signalling != "ss7" or span.signalling_link else 0
        return tuple(first + slot - 1 for slot in range(1, 32) if slot != skipped)

    @property
    def circuits(self) -> frozenset[int]:
        """SS7: the codes of its circuits."""
        return frozenset(self.span.first_circuit + channel - self.first for channel in self.bearers)

    @property
    def signalling(self) -> int:
        """The channel that carries the signalling of them all; 0: there is none."""
        if self.span.signalling == "bri":
            return self.first + 2
        carries = self.span.signalling == "pri" or (self.span.signalling == "ss7" and self.span.signalling_link)
        return self.first + _SIGNALLING_SLOT - 1 if carries else 0

    def sockets(self, kind: str) -> tuple[tuple[int, Port], ...]:
        """Its analogue ports of a kind, each with its channel."""
        return tuple((self.first + at, port) for at, port in enumerate(self.span.ports) if port.kind == kind)


@attrs.frozen
class Layout:
    """All spans of a machine."""

    wires: tuple[Wires, ...]

    @property
    def trunks(self) -> dict[str, int]:
        """Each trunk with its number in Asterisk (`group=` of chan_dahdi), from 1 in their order."""
        names = dict.fromkeys(wires.span.trunk for wires in self.wires)
        return {name: at for at, name in enumerate(names, 1)}

    @property
    def telephones(self) -> tuple[str, ...]:
        """Stations whose telephones are at fxs ports."""
        return tuple(port.station for wires in self.wires for _, port in wires.sockets("fxs"))

    @property
    def channels(self) -> int:
        """How many calls there can be at once, of all trunks; telephones are not counted."""
        return sum(len(wires.bearers) - len(wires.sockets("fxs")) for wires in self.wires)


def layout(spans: tuple[Span, ...]) -> Layout:
    """Where the channels of each span are.

    Raises:
        ValueError: the spans do not make a machine; the message says why and what to do.

    """
    ordered = sorted(spans, key=lambda span: span.number)
    numbers = [span.number for span in ordered]
    if numbers != list(range(1, len(ordered) + 1)):
        raise ValueError(
            f"spans are numbered 1 to {len(ordered)} without gaps, not {', '.join(map(str, numbers))}: the driver counts channels over all "
            "of them, so every span of the machine has to be named"
        )
    if sum(span.size for span in ordered) > _MOST_CHANNELS:
        raise ValueError(f"{sum(span.size for span in ordered)} channels are more than the driver's {_MOST_CHANNELS}: use a second machine")
    stations = [port.station for span in ordered for port in span.ports if port.station]
    for station in stations:
        if stations.count(station) > 1:
            raise ValueError(f"station {station} is at more than one fxs port: each telephone is a station of its own")
    wires, first, sources = [], 1, 0
    for span in ordered:
        clocked = span.signalling != "analogue" and not span.gives_clock
        sources += clocked
        wires.append(Wires(span, first, sources if clocked else 0))
        first += span.size
    made = Layout(tuple(wires))
    _check_trunks(made)
    return made


def _check_trunks(made: Layout) -> None:
    kinds: dict[str, str] = {}
    named = {wires.span.group: wires.span.number for wires in made.wires if wires.span.group}
    for wires in made.wires:
        span = wires.span
        if not span.group and span.trunk in named:
            raise ValueError(
                f"span {span.number} has no group, and {span.trunk}, which it is called by then, is the group of span {named[span.trunk]}: "
                f'give it group = "{span.trunk}" too if they share their calls, else another one'
            )
        if kinds.setdefault(span.trunk, span.signalling) != span.signalling:
            raise ValueError(f"trunk {span.trunk} has spans with {kinds[span.trunk]} and with {span.signalling}: give each its own group")
    if len(made.trunks) > 63:
        raise ValueError(f"{len(made.trunks)} trunks are more than Asterisk's 63: let spans share a group")
    _check_circuits([wires for wires in made.wires if wires.span.signalling == "ss7"])
    for wires in made.wires:
        if wires.span.signalling == "ss7" and not wires.span.signalling_link:
            same = [w for w in made.wires if w.signalling and w.span.trunk == wires.span.trunk]
            if not same:
                raise ValueError(f"no span of trunk {wires.span.trunk} carries its signalling: one of them needs signalling_link = true")


def _check_circuits(made: list[Wires]) -> None:
    """Spans of one trunk go from one point code to one other, and no two spans there have a circuit (CIC) in common."""
    first: dict[str, Span] = {}
    for wires in made:
        span, other = wires.span, first.setdefault(wires.span.trunk, wires.span)
        for name in ("point_code", "destination", "network"):
            ours, theirs = getattr(span, name), getattr(other, name)
            if ours != theirs:
                key = "destination_point_code" if name == "destination" else name
                raise ValueError(
                    f"'{key}' is {theirs} for span {other.number} and {ours} for span {span.number}, and both are of trunk {span.trunk}, "
                    "which is one linkset: give both the same, or each its own group"
                )
    for at, wires in enumerate(made):
        span = wires.span
        beside = [one for one in made if _route(one.span) == _route(span) and one is not wires]
        for earlier in (one for one in made[:at] if one in beside):
            if twice := sorted(wires.circuits & earlier.circuits):
                taken = frozenset[int]().union(*(one.circuits for one in beside))
                free = next(code for code in range(1, _LAST_CIRCUIT, 32) if taken.isdisjoint(range(code, code + span.size)))
                raise ValueError(
                    f"'first_circuit': spans {earlier.span.number} and {span.number} both have circuit {twice[0]} towards point code "
                    f"{span.destination}: the operator says which are whose; for span {span.number} first_circuit = {free} is free"
                )


def _route(span: Span) -> tuple[str, int, int]:
    return span.network, span.point_code, span.destination


def ranges(channels: tuple[int, ...]) -> str:
    """Channels as the configuration writes them, `1-15,17-31`."""
    parts: list[list[int]] = []
    for channel in channels:
        if parts and channel == parts[-1][-1] + 1:
            parts[-1].append(channel)
        else:
            parts.append([channel])
    return ",".join(str(part[0]) if len(part) == 1 else f"{part[0]}-{part[-1]}" for part in parts)
