"""The contract of the hardware layer over ISDN PRI: callers and subscribers are telephones at the exchange of the machine."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, ClassVar

import pytest
import trio

from hal.api import LineAlarm, LineSetup, RecordingEnded
from hal.asterisk import CardBackend, CardSettings
from tests.hal import sounds
from tests.hal.contract import Bench, LineContract
from tests.hal.ears import WINDOW_S, Sound
from tests.hal.peer import EventLog, Party, Tone
from tests.hal.processes import workers_of
from tests.hal.sip_peer import PASSWORD, SipPeer
from tests.peers.dahdi.over_pri import NOT_OVER_PRI
from tests.peers.dahdi.test_card_machine import for_root
from tests.peers.dahdi.wiring import SECRET, Network

WAIT_S = 60.0
"""However late the emulated processor is."""


class CardPeer(SipPeer):
    """Phones at the appliance, and callers and subscribers at the exchange."""

    network: Network

    async def call(self, dnis: str, ani: str, says: Tone | None = None, **more: Any) -> Party:
        phone = self.phone(f"sip:{ani}@127.0.0.1", "regint=0", says, **more)
        phone.line = self.network.at
        await self.start(phone)
        await phone.dial(dnis)
        return phone

    async def recorded(self, ended: RecordingEnded) -> tuple[frozenset[Tone], ...]:
        """See `Peer`. A processor that is late brings speech late, and loses some: of pieces of 0.2 s two are enough, of few one."""
        return tuple(_in_pieces(channel) for channel in sounds.channels(Path(ended.file)))


def _in_pieces(channel: Sound) -> frozenset[Tone]:
    size = int(sounds.RATE * WINDOW_S)
    heard = [sounds.tones_in(channel[start : start + size]) for start in range(0, max(len(channel) - size, 0) + 1, size // 2)]
    return frozenset(tone for tone in Tone if sum(tone in piece for piece in heard) >= (2 if len(heard) > 3 else 1))


@for_root
@pytest.mark.card
@pytest.mark.live
@pytest.mark.slow
@pytest.mark.whole
@pytest.mark.alone
@pytest.mark.requirement("ACC-01")
@pytest.mark.usefixtures("machine")
class TestOverPri(LineContract):
    locals().update(dict.fromkeys(NOT_OVER_PRI))
    settings: ClassVar[CardSettings]
    network: ClassVar[Network]
    directory: Path

    @pytest.fixture(scope="class", autouse=True)
    @classmethod
    def wired(cls, settings: CardSettings, network: Network) -> None:
        cls.settings, cls.network = settings, network

    @pytest.fixture(autouse=True)
    def patient(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for module in ("peer", "baresip"):
            monkeypatch.setattr(f"tests.hal.{module}.WAIT_S", WAIT_S)

    @asynccontextmanager
    async def open(self, directory: Path) -> AsyncIterator[Bench]:
        self.directory = directory
        log = EventLog()
        async with trio.open_nursery() as nursery:
            peer = CardPeer(directory, self.settings.sip, log, nursery, self.network.subscriber)
            peer.network = self.network
            async with AsyncExitStack() as stack:

                def secret(name: str) -> str:
                    return PASSWORD if name.startswith("station:") else SECRET

                setup = LineSetup("cards", self.settings, log.sink, directory / "data", secret)
                line = await stack.enter_async_context(CardBackend().open(setup))
                try:
                    await log.wait(LineAlarm, source="cards asterisk", cleared=True)
                    yield Bench(line, peer, log, directory, stack.aclose)
                finally:  # a test that failed is no crash of the appliance: its workers must not wait for another one
                    await stack.aclose()
            nursery.cancel_scope.cancel()

    def left_behind(self) -> list[str]:
        return [f"process {pid}" for pid in workers_of(self.directory / "data" / "run")]
