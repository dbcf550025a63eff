"""The registrar: where stations' phones are reachable (RFC 3261 section 10.3). Pure: a request in, an answer out, on a clock handed in."""

from collections.abc import Callable
from typing import Any

import attrs

from hal.sip.guard import Answer, Guard
from hal.sip.message import Address, Request, parse_address, quoted_split
from hal.sip.settings import Stations, host_port
from hal.sip.wire import Bindings, Contact

__all__ = ["Registrar"]

LONGEST_URI = 500
FOREIGN = 4
"""Most contacts that one REGISTER may carry."""


@attrs.define
class _Binding:
    contact: Contact
    until: float


@attrs.define
class Registrar:
    """The book of contacts of one worker. Contacts that other workers hold are in it too, and expire there."""

    rule: Stations
    guard: Guard
    worker: int
    tell: Callable[[Any], None]
    """Takes `Bindings` when this worker's own contacts of a station changed."""
    _book: dict[str, list[_Binding]] = attrs.field(factory=dict)

    # --- the book -----------------------------------------------------------------------------------------------------

    def contacts(self, station: str, now: float) -> list[Contact]:
        """Where the station is reachable now, the latest first."""
        return [_left(b, now) for b in sorted(self._book.get(station, ()), key=lambda b: -b.until) if b.until > now]

    def everything(self, now: float) -> dict[str, list[Contact]]:
        """All contacts of all stations."""
        return {station: found for station in self._book if (found := self.contacts(station, now))}

    def learn(self, station: str, contacts: list[Contact], now: float) -> None:
        """Replace what is known of a station by what another worker, or an earlier life of this one, knew."""
        self._book[station] = [_Binding(c, now + c.expires_s) for c in contacts]
        if not contacts:
            del self._book[station]

    def expire(self, now: float) -> None:
        """Forget contacts whose time is over."""
        for station in [s for s, bindings in self._book.items() if any(b.until <= now for b in bindings)]:
            self._changed(station, [b for b in self._book[station] if b.until > now], now)

    def at_home(self, station: str, address: str, now: float) -> bool:
        """True if the station is logged in from this address."""
        return any(host_port(c.source)[0] == address for c in self.contacts(station, now))

    def _changed(self, station: str, bindings: list[_Binding], now: float) -> None:
        if bindings:
            self._book[station] = bindings
        else:
            self._book.pop(station, None)
        self.tell(Bindings(station, self.contacts(station, now)))

    # --- REGISTER -----------------------------------------------------------------------------------------------------

    def register(self, request: Request, source: str, now: float) -> Answer:
        """Deal with a REGISTER from `source` (`address:port`)."""
        station = request.address("to").user
        address = host_port(source)[0]
        if not station or "\\" in station or '"' in station or len(station) > 64:
            return Answer(400)
        refused = self.guard.refuses(request, station, address, now, at_home=self.at_home(station, address, now))
        if refused:
            return refused
        contacts = [parse_address(c) for header in request.headers.get("contact", ()) for c in quoted_split(header)]
        header = request.first("expires")
        asked = int(header) if header.isdigit() else None
        call_id = request.first("call-id")
        if not contacts:
            return self._ok(station, now)
        if any(c.uri == "*" for c in contacts):
            if len(contacts) > 1 or asked != 0:  # section 10.3, step 6
                return Answer(400)
            self._changed(station, [], now)
            return self._ok(station, now)
        return self._bind(station, contacts, asked, (call_id, request.cseq), source, request.transport, now)

    def _bind(
        self, station: str, contacts: list[Address], asked: int | None, order: tuple[str, int], source: str, transport: str, now: float
    ) -> Answer:
        if len(contacts) > FOREIGN or any(c.scheme not in ("sip", "sips") or not c.host or len(c.uri) > LONGEST_URI for c in contacts):
            return Answer(400)
        call_id, cseq = order
        kept = [b for b in self._book.get(station, []) if b.until > now]
        for contact in contacts:
            expires = _expires(contact, asked, self.rule)
            if 0 < expires < self.rule.min_expires_s:
                return Answer(423, (("Min-Expires", str(self.rule.min_expires_s)),))
            same = [b for b in kept if b.contact.uri == contact.uri]
            if any(b.contact.call_id == call_id and b.contact.cseq > cseq for b in same):  # section 10.3, step 7: overtaken
                return Answer(500)
            kept = [b for b in kept if b not in same]
            if expires:
                # A phone that starts again registers anew over the same connection: what it left behind there is dead.
                kept = [b for b in kept if b.contact.source != source or b.contact.call_id == call_id]
                made = Contact(contact.uri, source, transport, expires, call_id, cseq, self.worker)
                kept.append(_Binding(made, now + min(expires, self.rule.max_expires_s)))
        self._changed(station, kept[-self.rule.contacts :], now)
        return self._ok(station, now)

    def _ok(self, station: str, now: float) -> Answer:
        return Answer(200, tuple(("Contact", f"<{c.uri}>;expires={max(1, round(c.expires_s))}") for c in self.contacts(station, now)))


def _expires(contact: Address, asked: int | None, rule: Stations) -> int:
    own = contact.parameters.get("expires", "")
    if own.isdigit():
        return int(own)
    return rule.default_expires_s if asked is None else asked


def _left(binding: _Binding, now: float) -> Contact:
    return attrs.evolve(binding.contact, expires_s=binding.until - now)
