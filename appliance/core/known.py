"""What every call flow knows without asking: the call, the day, and how the centre stands."""

import hashlib
import hmac
from collections.abc import Callable, Mapping
from datetime import datetime

from appliance.core.contact import Contact
from appliance.core.program.expressions import Value
from appliance.core.state import State

__all__ = ["check_code", "known"]

_Ask = Callable[[State, Contact], Value]


def _day(state: State) -> datetime:
    return state.plan.local_time(state.wall())


_NAMES: Mapping[str, _Ask] = {
    "caller": lambda _, contact: contact.ani,
    "called": lambda _, contact: contact.dnis,
    "language": lambda _, contact: contact.language,
    "vip": lambda _, contact: contact.vip,
    "agent": lambda _, contact: contact.agent,
    "today": lambda state, _: _day(state).date().isoformat(),
    "month": lambda state, _: _day(state).strftime("%Y-%m"),
    "hour": lambda state, _: _day(state).hour,
}


def known(state: State, contact: Contact, name: str) -> Value:
    """The value of a name, or of `open('HOURS')`, `waiting('QUEUE')`, `serving('QUEUE')`, `noted('KEY')`; KeyError: there is none."""
    if name in _NAMES:
        return _NAMES[name](state, contact)
    function, _, rest = name.partition("('")
    of = rest.removesuffix("')")
    match function:
        case "open":
            hours = state.plan.hours.get(of)  # a plan that has changed meanwhile may not have them any more, and shuts nobody out
            return hours is None or hours.is_open(state.wall())
        case "waiting":
            return state.queues[of].counted
        case "serving":
            return state.queues[of].serving
        case "noted":
            return contact.data.get(of, "")
    raise KeyError(name)


def check_code(secret: str, ticket: str) -> str:
    """Six digits that only who was told them knows: the result of a ticket is given to whoever has its number and these (TKT-06)."""
    digest = hmac.new(secret.encode(), ticket.encode(), hashlib.sha256).digest()
    return f"{int.from_bytes(digest[:8]) % 1_000_000:06d}"
