"""A SIP line that answers everybody, notes the keys it hears, and the callers that press them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import attrs

from hal.api import Alert, Answer, Answered, Arrived, DigitHeard, Event
from hal.sip.settings import host_port
from tests.bench.keys_calls import Callers, Dialog
from tests.hal import ports
from tests.hal.peer import Bench
from tests.hal.sip_peer import SipPeer, sip_bench

__all__ = ["KeyLine", "key_line"]


@attrs.define
class KeyLine:
    """What the line has heard, by the number of the caller."""

    bench: Bench
    callers: Callers
    legs: dict[str, str] = attrs.field(factory=dict)
    """Legs by the caller's number."""
    _heard: dict[str, list[str]] = attrs.field(factory=dict)
    """Keys by leg."""

    def heard(self, call: Dialog) -> str:
        """The keys of this call so far."""
        return "".join(self._heard.get(self.legs.get(call.ani, ""), ()))

    def take(self, event: Event) -> None:
        """Answer, and write down."""
        name = self.bench.line.name
        if isinstance(event, Arrived):
            self.legs[event.ani] = event.leg
            self.bench.do(Alert(name, event.leg))
            self.bench.do(Answer(name, event.leg))
        elif isinstance(event, DigitHeard):
            self._heard.setdefault(event.leg, []).append(event.digit)

    async def through(self, call: Dialog) -> str:
        """The call's leg, once the line counts it as answered."""
        leg = self.legs[call.ani]
        await self.bench.log.wait(Answered, leg=leg)
        return leg


@asynccontextmanager
async def key_line(directory: Path, calls: int = 20, seed: int = 1, **settings: Any) -> AsyncIterator[KeyLine]:
    """A line for so many calls."""
    first = ports.block(4 * calls + 40)
    async with sip_bench(directory, channels=calls + 10, rtp_ports=f"{first}-{first + 4 * calls + 39}", **settings) as bench:
        assert isinstance(bench.peer, SipPeer)
        async with Callers.calling(host_port(bench.peer.settings.listen), seed) as callers:
            line = KeyLine(bench, callers)
            bench.log.then = line.take
            yield line
