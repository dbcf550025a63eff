"""The `[lines.NAME]` table of a SIP line. Secrets are not here: they are looked up as `station:NAME` and `trunk:NAME`."""

import ipaddress
from typing import Any

import attrs

from hal.api.settings import between, said

__all__ = ["BUNDLED", "Account", "Bans", "SipSettings", "Stations", "Tls", "Trunk", "host_port"]

_HOST_PORT = r"\d{1,3}(\.\d{1,3}){3}:\d{1,5}"
_NETWORK = r"\d{1,3}(\.\d{1,3}){3}(/\d{1,2})?"
TRANSPORTS = ("udp", "tcp", "tls")
BUNDLED = "bundled"
"""The English speech model that comes with the recogniser, in place of a folder."""
CODECS = ("PCMA", "PCMU", "G722", "opus")


def host_port(text: str) -> tuple[str, int]:
    """Split `127.0.0.1:5060`."""
    host, _, port = text.rpartition(":")
    return host, int(port)


def _networks(_instance: object, attribute: "attrs.Attribute[Any]", value: tuple[str, ...]) -> None:
    for network in value:
        try:
            ipaddress.ip_network(network, strict=False)
        except ValueError as error:
            raise ValueError(f"'{attribute.name}': '{network}' is not a network like 192.0.2.0/24: {error}") from None


def _address(_instance: object, attribute: "attrs.Attribute[Any]", value: str) -> None:
    try:
        host, port = host_port(value)
        ipaddress.IPv4Address(host)
        if not 0 < port < 65536:
            raise ValueError(f"port {port} does not exist")
    except ValueError as error:
        raise ValueError(f"'{attribute.name}': '{value}' is not an address like 127.0.0.1:5060: {error}") from None


def _models(_instance: object, attribute: "attrs.Attribute[Any]", value: dict[str, str]) -> None:
    for language, model in value.items():
        if model == BUNDLED and language != "en":
            raise ValueError(f"'{attribute.name}': the bundled model is English; name the folder of a model for '{language}'")


def _port_range(_instance: object, attribute: "attrs.Attribute[Any]", value: str) -> None:
    low, _, high = value.partition("-")
    if not (low.isdigit() and high.isdigit() and 1024 <= int(low) < int(high) <= 65535):
        raise ValueError(f"'{attribute.name}': '{value}' is not a range of ports like 20000-29999")


@attrs.frozen(kw_only=True)
class Tls:
    """Certificate and port for SIP over TLS (RFC 5630)."""

    certificate: str = attrs.field(default="", metadata=said("file with the certificate chain (PEM)"))
    key: str = attrs.field(default="", metadata=said("file with its private key (PEM)"))
    authorities: str = attrs.field(default="", metadata=said("file with the authorities we trust (PEM); empty: far ends are not verified"))
    port: int = attrs.field(default=0, validator=between(0, 65535), metadata=said("0: the port after `listen`'s", ge=0, le=65535))


@attrs.frozen(kw_only=True)
class Trunk:
    """A provider or gateway. With `register` we log in there with `user` and the secret `trunk:NAME`; without, it knows our address."""

    host: str = attrs.field(metadata=said("its name or address, with a port if that is not 5060; calls from there are let in"))
    transport: str = attrs.field(
        default="udp", validator=attrs.validators.in_(TRANSPORTS), metadata=said("how it is reached", one_of=TRANSPORTS)
    )
    register: bool = attrs.field(default=False, metadata=said("log in there (RFC 3261 section 10)"))
    user: str = attrs.field(default="", metadata=said("our name there; empty: no authentication"))
    realm: str = attrs.field(default="*", metadata=said("realm of the secret; *: any"))
    expires_s: int = attrs.field(
        default=300, validator=between(30, 86400), metadata=said("how long one log-in is asked to last", ge=30, le=86400)
    )
    ani_in: str = attrs.field(
        default="from",
        validator=attrs.validators.in_(("from", "p-asserted-identity")),
        metadata=said(
            "where our number goes; with p-asserted-identity, From carries the account (RFC 3325)", one_of=("from", "p-asserted-identity")
        ),
    )
    labelled: bool = attrs.field(
        default=False,
        metadata=said(
            "a gateway with several trunks of its own, each of them named here with its host: the header X-Hotline-Trunk says by which of "
            "them a call comes or is to go, X-Hotline-Channel over what it comes"
        ),
    )
    hold: bool = attrs.field(
        default=True, metadata=said("tell it when its call is on hold; without, only our music is heard: a gateway would play its own")
    )
    trusted: bool = attrs.field(default=True, metadata=said("believe its P-Asserted-Identity (RFC 3325) before its From"))


@attrs.frozen(kw_only=True)
class Bans:
    """How guessing of passwords is ended."""

    after: int = attrs.field(
        default=10, validator=between(1, 10_000), metadata=said("failures from one address before it is shut out", ge=1, le=10_000)
    )
    within_s: float = attrs.field(
        default=60.0, validator=between(1, 86400), metadata=said("time in which they are counted", ge=1, le=86400)
    )
    for_s: float = attrs.field(default=300.0, validator=between(1, 604800), metadata=said("how long it stays out", ge=1, le=604800))


@attrs.frozen(kw_only=True)
class Stations:
    """The registrar for agents' phones. A phone is let in with its station's name and the secret `station:NAME`."""

    open: bool = attrs.field(default=True, metadata=said("phones may log in on this line"))
    realm: str = attrs.field(default="hotline", metadata=said("realm of the digest authentication"))
    from_: tuple[str, ...] = attrs.field(
        default=("0.0.0.0/0",),
        validator=_networks,
        metadata=said("networks that phones may log in from", key="from", pattern=_NETWORK, expects="a network like 192.0.2.0/24"),
    )
    digest: tuple[str, ...] = attrs.field(
        default=("MD5",),
        validator=attrs.validators.deep_iterable(attrs.validators.in_(("SHA-256", "MD5"))),
        metadata=said(
            "algorithms offered, best first (RFC 8760); many phones log in nowhere that offers SHA-256 at all", one_of=("SHA-256", "MD5")
        ),
    )
    min_expires_s: int = attrs.field(
        default=30, validator=between(1, 86400), metadata=said("a shorter log-in is refused with 423", ge=1, le=86400)
    )
    max_expires_s: int = attrs.field(
        default=3600, validator=between(1, 86400), metadata=said("a longer log-in is shortened", ge=1, le=86400)
    )
    default_expires_s: int = attrs.field(
        default=300, validator=between(1, 86400), metadata=said("when the phone asks for no time", ge=1, le=86400)
    )
    nonce_s: float = attrs.field(
        default=120.0, validator=between(1, 3600), metadata=said("how long a challenge may be answered", ge=1, le=3600)
    )
    contacts: int = attrs.field(
        default=5, validator=between(1, 20), metadata=said("phones at once under one name; the oldest gives way", ge=1, le=20)
    )
    bans: Bans = attrs.field(factory=Bans, metadata=said("how guessing of passwords is ended"))


@attrs.frozen(kw_only=True)
class Account:
    """A phone that this line plays: it logs in elsewhere as `user` with the secret `station:USER`. Used to simulate agents and callers."""

    user: str = attrs.field(metadata=said("name of the station there"))
    at: str = attrs.field(validator=_address, metadata=said("registrar", pattern=_HOST_PORT, expects="an address like 127.0.0.1:5060"))
    transport: str = attrs.field(default="udp", validator=attrs.validators.in_(TRANSPORTS), metadata=said("transport", one_of=TRANSPORTS))
    expires_s: int = attrs.field(default=300, validator=between(10, 86400), metadata=said("asked for", ge=10, le=86400))


@attrs.frozen(kw_only=True)
class SipSettings:
    """A SIP line: where it listens, whom it lets in, how it speaks. It binds to `listen`'s address and to no other.

    With several `workers`, worker i (from 0) listens on `listen`'s port + 2i and on the TLS port + 2i, and owns its share of `rtp_ports`.
    Workers do not exchange speech: an agent's leg comes from his customer's worker, but a call that a phone dials by itself comes to the
    one where it is logged in. Where that is another, its own button cannot join the two (403, both calls go on); `*3` and `*4` can.
    """

    listen: str = attrs.field(
        default="127.0.0.1:5060",
        validator=_address,
        metadata=said("address and port for UDP and TCP", pattern=_HOST_PORT, expects="an address like 127.0.0.1:5060"),
    )
    public_address: str = attrs.field(default="", metadata=said("address told to far ends when a NAT stands before `listen`"))
    transports: tuple[str, ...] = attrs.field(
        default=("udp", "tcp"),
        validator=attrs.validators.deep_iterable(attrs.validators.in_(TRANSPORTS)),
        metadata=said("udp, tcp, tls", one_of=TRANSPORTS),
    )
    tls: Tls = attrs.field(factory=Tls, metadata=said("certificate, key and port of the tls transport"))
    channels: int = attrs.field(
        default=90,
        validator=between(1, 100_000),
        metadata=said(
            "calls over trunks at once, in and out; more get 503, and so does what is beyond 1000 legs of a worker", ge=1, le=100_000
        ),
    )
    from_: tuple[str, ...] = attrs.field(
        default=("127.0.0.0/8",),
        validator=_networks,
        metadata=said("networks whose calls are let in", key="from", pattern=_NETWORK, expects="a network like 192.0.2.0/24"),
    )
    srtp: str = attrs.field(
        default="optional",
        validator=attrs.validators.in_(("off", "optional", "required")),
        metadata=said("encryption of speech by SDES (RFC 4568); use tls beside it", one_of=("off", "optional", "required")),
    )
    codecs: tuple[str, ...] = attrs.field(
        default=CODECS,
        validator=[attrs.validators.deep_iterable(attrs.validators.in_(CODECS)), attrs.validators.min_len(1)],
        metadata=said("codecs offered, best first", one_of=CODECS),
    )
    send_keys: str = attrs.field(
        default="inband",
        validator=attrs.validators.in_(("inband", "info")),
        metadata=said(
            "how keys are sent to a far end that negotiated no telephone-event (RFC 4733): as tones, or by SIP INFO",
            one_of=("inband", "info"),
        ),
    )
    rtp_ports: str = attrs.field(
        default="20000-29999",
        validator=_port_range,
        metadata=said("range of UDP ports for speech, two for each call", pattern=r"\d+-\d+", expects="a range like 20000-29999"),
    )
    speech: dict[str, str] = attrs.field(
        factory=dict,
        validator=_models,
        metadata=said(
            'languages in which callers\' words are understood: en = "bundled", or a folder with `model/` (CMU Sphinx, 16 kHz), '
            "`words.dict` and `phones.lm.bin`"
        ),
    )
    silence_s: float = attrs.field(
        default=60.0,
        validator=between(0, 86400),
        metadata=said(
            "an answered call that neither RTP nor RTCP came from for so long, not on hold, is released; 0: never", ge=0, le=86400
        ),
    )
    session_expires_s: int = attrs.field(
        default=1800,
        validator=between(90, 86400),
        metadata=said("a call is refreshed within so long, and released when its far end is gone (RFC 4028)", ge=90, le=86400),
    )
    workers: int = attrs.field(default=1, validator=between(1, 64), metadata=said("media processes", ge=1, le=64))
    orphan_s: float = attrs.field(
        default=60.0,
        validator=between(1, 3600),
        metadata=said("how long a worker keeps its calls without the appliance before it ends them", ge=1, le=3600),
    )
    trunks: dict[str, Trunk] = attrs.field(
        factory=dict, metadata=said("providers and gateways by name; the first one takes calls by default")
    )
    stations: Stations = attrs.field(factory=Stations, metadata=said("the registrar for agents' phones"))
    register: tuple[Account, ...] = attrs.field(
        default=(), metadata=said("phones that this line plays, for simulation (the secret is `station:USER`)")
    )

    def __attrs_post_init__(self) -> None:
        """Refuse what no worker could open."""
        for problem in self._problems():
            raise problem

    def _problems(self) -> list[ValueError]:
        """What does not fit together, each with a message fit for an operator."""
        found = []
        if not self.transports:
            found.append(ValueError("'transports' is empty: name at least one of udp, tcp, tls"))
        if "tls" in self.transports and not (self.tls.certificate and self.tls.key):
            found.append(ValueError("'transports' has tls, so tls.certificate and tls.key must name files"))
        low, high = self.rtp_range(0)
        if high - low < 3:
            found.append(ValueError(f"'rtp_ports' leaves fewer than two calls for each of {self.workers} workers"))
        if self.stations.min_expires_s > self.stations.max_expires_s:
            found.append(ValueError("stations.min_expires_s is above stations.max_expires_s"))
        return found

    @property
    def host(self) -> str:
        """The address everything is bound to."""
        return host_port(self.listen)[0]

    def need_one_address(self) -> None:
        """Refuse a `listen` that stands for every address of the machine: whoever calls us, or lets us in, has to be told one."""
        if ipaddress.IPv4Address(self.host).is_unspecified:
            remedy = "name the one that calls come to, as 192.0.2.10:5060"
            raise ValueError(f"'voice.listen': {self.host} is every address of this machine; {remedy}")

    def port(self, worker: int) -> int:
        """UDP and TCP port of a worker."""
        return host_port(self.listen)[1] + 2 * worker

    def tls_port(self, worker: int) -> int:
        """TLS port of a worker."""
        return (self.tls.port or host_port(self.listen)[1] + 1) + 2 * worker

    def rtp_range(self, worker: int) -> tuple[int, int]:
        """First and last UDP port for speech of a worker; the first is even (RFC 3550 section 11)."""
        low, high = map(int, self.rtp_ports.split("-"))
        share = (high - low + 1) // self.workers & ~1
        first = (low + 1 & ~1) + worker * share
        return first, min(first + share - 1, high)
