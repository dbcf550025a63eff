"""Routing: the switch asks where a call shall go, and we say it.

    switch                                     we
      │ <───────── RouteRegister ───────────── │   once for each routing device
      │ ───────────RouteRequest ─────────────> │
      │ <───────── RouteSelect ─────────────── │   or RouteReject: the switch goes on by itself
      │ ─────────── ReRoute ─────────────────> │   it was of no use: another RouteSelect
      │ ────── RouteUsed, RouteEnd ──────────> │   either side may send RouteEnd

None of these five has an answer but an error. `RouteRegister` and `RouteRegisterCancel` have.
"""

from hal.api import value
from hal.csta.messages import fields as has
from hal.csta.messages.fields import ConnectionID, Message, Party, Request, Response

__all__ = [
    "ReRoute",
    "RouteEnd",
    "RouteRegister",
    "RouteRegisterAbort",
    "RouteRegisterCancel",
    "RouteRegisterCancelResponse",
    "RouteRegisterResponse",
    "RouteReject",
    "RouteRequest",
    "RouteSelect",
    "RouteUsed",
]


@value
class RouteRegister(Request):
    """Ask to be asked about the calls to a device; about all, where none is named."""

    routeing_device: str | None = has.device(optional=True)


@value
class RouteRegisterResponse(Response):
    """We are."""

    route_register_req_id: str = has.ident()


@value
class RouteRegisterCancel(Request):
    """No more of it."""

    route_register_req_id: str = has.ident()


@value
class RouteRegisterCancelResponse(Response):
    """It is over."""


@value
class RouteRegisterAbort(Message):
    """The switch has ended a registration."""

    route_register_req_id: str = has.ident()


@value
class RouteRequest(Message):
    """Where shall this call go?"""

    cross_ref_identifier: str = has.ident()
    route_register_req_id: str | None = has.ident(optional=True)
    current_route: Party = has.party()
    """Whom was called."""
    calling_device: Party | None = has.party(optional=True)
    routeing_device: Party | None = has.party(optional=True)
    routed_call: ConnectionID | None = has.connection(optional=True)
    correlator_data: str | None = has.data(optional=True)
    user_data: str | None = has.data(optional=True)


@value
class RouteSelect(Message):
    """There."""

    cross_ref_identifier: str = has.ident()
    route_register_req_id: str | None = has.ident(optional=True)
    route_selected: str = has.device()
    correlator_data: str | None = has.data(optional=True)
    user_data: str | None = has.data(optional=True)
    route_used_req: bool | None = has.flag(optional=True)
    """Tell us where it went in the end."""


@value
class ReRoute(Message):
    """That was of no use (busy, unreachable); where else?"""

    cross_ref_identifier: str = has.ident()
    route_register_req_id: str | None = has.ident(optional=True)


@value
class RouteUsed(Message):
    """It went there."""

    cross_ref_identifier: str = has.ident()
    route_register_req_id: str | None = has.ident(optional=True)
    route_used: Party = has.party()
    calling_device: Party | None = has.party(optional=True)


@value
class RouteReject(Message):
    """We have no say in it."""

    cross_ref_identifier: str = has.ident()
    route_register_req_id: str | None = has.ident(optional=True)
    reject_cause: str | None = has.ident(optional=True)


@value
class RouteEnd(Message):
    """This dialogue is over."""

    cross_ref_identifier: str = has.ident()
    route_register_req_id: str | None = has.ident(optional=True)
    error_value: str | None = has.ident(optional=True)
