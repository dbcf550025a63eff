"""The gateway `tickets`: what became of a ticket, for whoever knows its number and its check code.

Who tries codes gets no further: after a few wrong ones from the same number, or for the same ticket, every answer is that there is nothing,
also over a restart.
"""

import hmac
import logging
import re
from collections.abc import Awaitable, Callable
from datetime import datetime, tzinfo

import trio

from appliance.core.program.expressions import Value
from appliance.core.records import Ticket
from appliance.outside.answers import GatewayFailed
from appliance.outside.gateway import Arguments
from appliance.outside.tries import Tries
from appliance.site.gateways import BUILT_IN

__all__ = ["Tickets", "normalised"]

log = logging.getLogger("hotline.gateway")

_WRONG = 5
_WITHIN_S = 900.0
"""So many wrong tries in so long a time are the last that are looked at."""
_FOUND_S = 5.0


def normalised(number: str) -> str:
    """A ticket's number as it is kept, `T-00042`, however it was keyed or written; empty: it is none."""
    found = re.fullmatch(r"\s*(?:[Tt]\s*-?\s*)?0*([0-9]{1,12})\s*", number)
    return f"T-{int(found[1]):05d}" if found else ""


class Tickets:
    """Reads tickets from the store."""

    def __init__(self, find: Callable[[str], Awaitable[Ticket | None]], zone: Callable[[], tzinfo], tries: Tries) -> None:
        """`find` reads a ticket in a thread, also one that was stored a moment ago; `zone` is where its days are counted."""
        self._find, self._zone, self._tries = find, zone, tries

    async def ask(self, query: str, arguments: Arguments, caller: str) -> Value:
        """The state of a ticket, or None for a wrong number or code.

        Raises:
            GatewayFailed: there is no such query, or the store cannot be read.

        """
        if query not in BUILT_IN["tickets"]:
            raise GatewayFailed(f"it has no query '{query}'", theirs=False)
        number, code = normalised(_text(arguments.get("number"))), _text(arguments.get("code"))
        watched = [f"ticket {number}", *([f"caller {caller}"] if caller else [])]
        try:
            with trio.fail_after(_FOUND_S):
                ticket = await self._find(number)
                for who in watched:
                    await self._tries.remember(who)
        except trio.TooSlowError:
            raise GatewayFailed("the store does not answer") from None
        right = hmac.compare_digest((ticket.code if ticket is not None else "-").encode(), code.encode()) and bool(code)
        if any(self._tries.wrong(who, _WITHIN_S) >= _WRONG for who in watched):
            log.info("tickets.status: too many wrong codes")
            return None
        if ticket is None or not right:
            for who in watched:
                self._tries.count(who, _WRONG, _WITHIN_S)
            log.info("tickets.status: wrong number or code")
            return None
        log.info("tickets.status: answered")
        created = datetime.fromtimestamp(ticket.created_at, self._zone()).date().isoformat()
        told: dict[str, Value] = {"number": ticket.number, "kind": ticket.kind, "state": ticket.state, "created": created}
        if answer := getattr(ticket, "answer", ""):
            told["answer"] = str(answer)
        return told


def _text(of: Value) -> str:
    return "" if of is None or isinstance(of, dict | list) else f"{of}"
