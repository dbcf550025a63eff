"""A telephone and an exchange line at analogue ports of the card line: real signalling of the driver over a channel bank's wire (CAS).

The telephone is a channel of the exchange with the other end's signalling: it lifts, dials, flashes and hangs up by the driver's own bits.
What a channel bank does not carry is not shown: ringing voltage, polarity, and the caller's number in front of the ring.
"""

from pathlib import Path

import pytest
import trio

from hal.api import (
    Alerted,
    Answer,
    Answered,
    Arrived,
    Cause,
    HeldByFarEnd,
    Originate,
    Play,
    RecordingEnded,
    Release,
    Released,
    RetrievedByFarEnd,
    SendDigits,
    StartRecording,
    StationRegistered,
)
from hal.asterisk import CardSettings
from tests.hal import sounds
from tests.hal.peer import Tone
from tests.peers.dahdi.calls import tone_share
from tests.peers.dahdi.conftest import ANALOGUE
from tests.peers.dahdi.machine import Machine
from tests.peers.dahdi.resting import rest
from tests.peers.dahdi.test_card_calls import HEARD
from tests.peers.dahdi.test_card_line import Site, site
from tests.peers.dahdi.test_card_machine import for_root
from tests.peers.dahdi.wiring import EXCHANGE

pytestmark = [
    for_root,
    pytest.mark.card,
    pytest.mark.live,
    pytest.mark.slow,
    pytest.mark.whole,
    pytest.mark.alone,
    pytest.mark.requirement("ACC-01"),
]
STATION, NUMBER = ANALOGUE[0].station, ANALOGUE[1].number
TELEPHONE, EXCHANGE_LINE = "DAHDI/65", "DAHDI/66"


@pytest.fixture(autouse=True)
def _at_rest(machine: Machine) -> None:
    rest(machine)


async def comes(here: Site, machine: Machine, channel: str) -> Arrived:
    """A call from the exchange's end of an analogue wire: tried again, when the emulated processor was too late to see it lifted."""
    for _ in range(4):
        here.exchange.originate(channel, "tone", limit_s=60)
        with trio.move_on_after(25):
            return await here.log.wait(Arrived)
        here.exchange.ask("Command", Command="channel request hangup all")
        await trio.to_thread.run_sync(rest, machine)
    raise AssertionError(f"no call comes from {channel}")


async def hears_the_tone(here: Site, leg: str, folder: Path) -> None:
    """Whoever is there is heard on the leg."""
    file = folder / f"{leg}.wav"
    here.do(StartRecording("cards", leg, str(file), leg, max_s=2.0))
    assert (await here.log.wait(RecordingEnded, recording=leg)).error == ""
    assert tone_share(file.read_bytes(), EXCHANGE.tone) > HEARD


async def test_a_telephone_rings_is_answered_heard_held_by_its_hook_and_hangs_up(
    machine: Machine, settings: CardSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with site(machine, settings, tmp_path, monkeypatch) as here:
        await here.log.wait(StationRegistered, station=STATION)
        here.do(Originate("cards", "out", f"station:{STATION}", "13800138000"))
        telephone = (await here.event("Newchannel", Context="telephone"))["Channel"]
        await here.log.wait(Answered, leg="out")
        assert here.log.matching(Alerted, leg="out")
        await hears_the_tone(here, "out", tmp_path)
        here.do(SendDigits("cards", "out", "7"))
        await here.event("DTMFEnd", Channel=telephone, Digit="7", Direction="Received")
        for told in (HeldByFarEnd, RetrievedByFarEnd):
            here.exchange.ask("Redirect", Channel=telephone, Context="calling", Exten="flash", Priority="1")
            await here.log.wait(told, leg="out")
        await hears_the_tone(here, "out", tmp_path)
        here.exchange.ask("Hangup", Channel=telephone)
        released = await here.log.wait(Released, leg="out")
        assert (released.cause, released.by_far_end) == (Cause.NORMAL_CLEARING, True)


async def test_who_dials_at_a_telephone_is_its_station(
    machine: Machine, settings: CardSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prompt = str(sounds.write(tmp_path / "prompt.wav", Tone.A, 1.0))
    async with site(machine, settings, tmp_path, monkeypatch) as here:
        arrived = await comes(here, machine, f"{TELEPHONE}/ww*10")
        assert (arrived.station, arrived.dnis, arrived.trunk) == (STATION, "*10", "")
        here.do(Answer("cards", arrived.leg))
        await here.log.wait(Answered, leg=arrived.leg)
        here.do(Play("cards", arrived.leg, 1, (prompt,), loop=True))
        await hears_the_tone(here, arrived.leg, tmp_path)
        here.do(Release("cards", arrived.leg))
        assert not (await here.log.wait(Released, leg=arrived.leg)).by_far_end


async def test_a_call_on_an_exchange_line_is_one_to_its_service_number(
    machine: Machine, settings: CardSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with site(machine, settings, tmp_path, monkeypatch) as here:
        arrived = await comes(here, machine, EXCHANGE_LINE)
        assert (arrived.station, arrived.dnis, arrived.trunk, arrived.channel) == ("", NUMBER, "lines", "span 2 channel 33")
        here.do(Answer("cards", arrived.leg))
        await here.log.wait(Answered, leg=arrived.leg)
        await hears_the_tone(here, arrived.leg, tmp_path)
        here.exchange.ask("Command", Command="channel request hangup all")
        released = await here.log.wait(Released, leg=arrived.leg)
        assert (released.cause, released.by_far_end) == (Cause.NORMAL_CLEARING, True)
