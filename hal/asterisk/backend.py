"""Opens card lines."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import ClassVar

import attrs
import trio

from hal.api import Event, Line, LineFault, LineSetup
from hal.asterisk.line import CardLine
from hal.asterisk.settings import CardSettings
from hal.sip import SipBackend

__all__ = ["CardBackend"]


class CardBackend:
    """Telephone cards, driven by an Asterisk beside the appliance."""

    name: ClassVar[str] = "dahdi"
    settings: ClassVar[type] = CardSettings

    def open(self, setup: LineSetup) -> AbstractAsyncContextManager[Line]:
        """Open a line. Asterisk may be there or not yet: that is an alarm, and no reason to be without phones.

        Raises:
            LineFault: the SIP line cannot be opened, or the manager's password is missing; the message says what to do.

        """
        return _open(setup)


@asynccontextmanager
async def _open(setup: LineSetup) -> AsyncIterator[CardLine]:
    settings: CardSettings = setup.settings
    secret = setup.secret(f"trunk:{settings.manager.secret}")
    if not secret:
        raise LineFault(
            f"line '{setup.name}' needs the secret 'trunk:{settings.manager.secret}' for asterisk's manager, and there is none; store it"
        )
    lines: list[CardLine] = []
    early: list[Event] = []

    def sink(event: Event) -> None:
        if lines:
            lines[0].from_voice(event)
        else:
            early.append(event)

    voice_setup = attrs.evolve(setup, settings=settings.sip, sink=sink)
    async with SipBackend().open(voice_setup) as voice, trio.open_nursery() as nursery:
        line = CardLine(setup, nursery, secret)
        line.start(voice)
        lines.append(line)
        for event in early:
            line.from_voice(event)
        yield line
        nursery.cancel_scope.cancel()
