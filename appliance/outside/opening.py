"""Puts together everything that answers for the world outside, around a running core's shell and store."""

from collections.abc import Callable
from datetime import tzinfo
from pathlib import Path

import trio

from appliance.core.records import Ticket
from appliance.outside.accounts import Accounts
from appliance.outside.book import StoredAccounts
from appliance.outside.callers import Callers
from appliance.outside.desk import Outside
from appliance.outside.gateways import Gateways
from appliance.outside.speaker import Speaker
from appliance.outside.tickets import Tickets
from appliance.outside.tries import Tries, tries_in
from appliance.shell import Shell
from appliance.shell.clock import wall_s
from appliance.store import Safely, Store, Writer

__all__ = ["open_outside"]


def open_outside(
    nursery: trio.Nursery,
    shell: Shell,
    store: Store,
    writer: Writer,
    safely: Safely,
    *,
    speech: Path,
    secret: Callable[[str], str | None],
    zone: Callable[[], tzinfo],
) -> tuple[Outside, StoredAccounts]:
    """Answer this shell's questions; the site is still to be loaded."""

    async def find_ticket(number: str) -> Ticket | None:
        return await store.read(lambda reader: reader.ticket(number))

    book = StoredAccounts(store, safely)
    tries = Tries(tries_in(store), writer.put, wall_s)
    gateways = Gateways(secret, shell.post, {"tickets": Tickets(find_ticket, zone, tries)})
    speaker = Speaker(speech, shell.post)
    nursery.start_soon(speaker.run)
    outside = Outside(nursery, speaker, gateways, Accounts(book, gateways.ask, Callers(tries, book.put, shell.post, wall_s), wall_s))
    shell.outside = outside
    return outside, book
