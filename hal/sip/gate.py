"""Decides on each REGISTER, OPTIONS and INVITE before PJSIP makes a call of it: who it is from, and whether it is let in. Pure.

    REGISTER ─ from a network for phones ─ registrar, else 403
    OPTIONS  ─ from a network for phones or callers ─ 200 (503 while no new call could be taken), else 403
    INVITE   ─ overloaded or without a core ─ 503
             ─ a number longer than any ─ 414 (called), 484 (calling)
             ─ From a station that is logged in from this address, or with credentials for our realm ─ digest ─ station's call
             ─ from a trunk or a network let in ─ a channel free ─ trunk call, else 503
             ─ else 403

A ban keeps passwords from being guessed; it does not touch trunk calls, which are let in by their address.
"""

import ipaddress
from collections.abc import Callable

import attrs

from hal.api import LONGEST_NUMBER
from hal.sip.guard import Answer
from hal.sip.message import CHANNEL_HEADER, TRUNK_HEADER, Request, parse_address, quoted_split
from hal.sip.registrar import Registrar
from hal.sip.settings import SipSettings, host_port

__all__ = ["Admitted", "Gate"]

ALLOW = "INVITE, ACK, BYE, CANCEL, UPDATE, INFO, REFER, NOTIFY, OPTIONS, REGISTER"


@attrs.frozen
class Admitted:
    """A call that may be made: who calls whom, and over what."""

    ani: str
    dnis: str
    trunk: str = ""
    station: str = ""
    channel: str = ""


@attrs.define
class Gate:
    """The door of one worker."""

    line: str
    settings: SipSettings
    registrar: Registrar
    trunk_addresses: dict[str, list[str]]
    open: Callable[[], bool]
    """True while new calls can be taken: there is a core, and it keeps up."""
    trunk_calls: Callable[[], int]
    _callers: list[ipaddress.IPv4Network | ipaddress.IPv6Network] = attrs.field(init=False)
    _phones: list[ipaddress.IPv4Network | ipaddress.IPv6Network] = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        """Read the networks once."""
        self._callers = [ipaddress.ip_network(n, strict=False) for n in self.settings.from_]
        self._phones = [ipaddress.ip_network(n, strict=False) for n in self.settings.stations.from_]

    @property
    def channels(self) -> int:
        """This worker's share of the line's channels."""
        return -(-self.settings.channels // self.settings.workers)

    def decide(self, request: Request, source: str, now: float) -> Answer | Admitted:
        """What becomes of a request from `source` (`address:port`)."""
        address = host_port(source)[0]
        phone = self.settings.stations.open and _within(address, self._phones)
        caller = self._trunk(address, request) or (self.line if _within(address, self._callers) else "")
        if request.method == "REGISTER":
            return self.registrar.register(request, source, now) if phone else Answer(403)
        if not (phone or caller):
            return Answer(403)
        if request.method == "OPTIONS":
            return Answer(200 if self.open() else 503, (("Allow", ALLOW), ("Accept", "application/sdp")))
        return self._invite(request, address, now, phone, caller)

    def _invite(self, request: Request, address: str, now: float, phone: bool, caller: str) -> Answer | Admitted:
        if not self.open():
            return Answer(503, (("Retry-After", "5"),))
        if "replaces" in request.headers:  # RFC 3891: taking a call over is asked of us by REFER, where the core decides
            return Answer(488)
        sender = request.address("from")
        dnis = parse_address(request.uri).user
        if len(dnis) > LONGEST_NUMBER:
            return Answer(414)
        if len(sender.user) > LONGEST_NUMBER:
            return Answer(484)
        guard = self.registrar.guard
        if phone:
            at_home = self.registrar.at_home(sender.user, address, now)
            if at_home or guard.given(request):
                refused = guard.refuses(request, sender.user, address, now, at_home=at_home)
                return refused or Admitted(sender.user, dnis, station=sender.user)
        if not caller:
            return Answer(403)
        if self.trunk_calls() >= self.channels:
            return Answer(503, (("Retry-After", "5"),))
        ani = self._ani(request, caller)
        known = self.settings.trunks.get(caller)
        channel = request.first(CHANNEL_HEADER.lower())[:LONGEST_NUMBER] if known and known.labelled else ""
        return Answer(484) if len(ani) > LONGEST_NUMBER else Admitted(ani, dnis, trunk=caller, channel=channel)

    def _ani(self, request: Request, trunk: str) -> str:
        """The caller's number: what a trunk we trust asserts (RFC 3325), else what From says; empty when withheld (RFC 3323)."""
        known = self.settings.trunks.get(trunk)
        asserted = quoted_split(request.first("p-asserted-identity"))
        if known and known.trusted and asserted:
            sender = parse_address(asserted[0])
        else:
            sender = request.address("from")
        private = "id" in request.first("privacy").lower().replace(" ", "").split(";")
        return "" if private or sender.user.lower() == "anonymous" else sender.user

    def _trunk(self, address: str, request: Request) -> str:
        """Whose address it is; of several, the one that a gateway with several trunks names."""
        found = [name for name, addresses in self.trunk_addresses.items() if address in addresses]
        said = request.first(TRUNK_HEADER.lower())
        named = said in found and self.settings.trunks[said].labelled
        return said if named else next(iter(found), "")


def _within(address: str, networks: list[ipaddress.IPv4Network | ipaddress.IPv6Network]) -> bool:
    try:
        found = ipaddress.ip_address(address.strip("[]"))
    except ValueError:
        return False
    return any(found in network for network in networks)
