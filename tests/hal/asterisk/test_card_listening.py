"""A card line understands what a caller says through the Asterisk between it and the card."""

from pathlib import Path

import pytest

from hal.api import Answer, Answered, Capability, LineSetup, Listen, Originate, Play, Release, Released, SpeechBegan, SpeechHeard
from hal.sip import SipBackend, SipSettings
from hal.sip.settings import BUNDLED, Stations
from tests.hal import ports
from tests.hal.asterisk.card_peer import card_bench, rig
from tests.hal.peer import EventLog
from tests.hal.said import as_wav, said
from tests.peers.for_root import asterisk_for_root

pytestmark = [pytest.mark.live, pytest.mark.slow, pytest.mark.requirement("IVR-05"), pytest.mark.requirement("ACC-01"), asterisk_for_root]


async def test_a_caller_at_a_card_line_says_a_word(tmp_path: Path) -> None:
    of = rig(26, speech={"en": BUNDLED})
    first, log = ports.block(30), EventLog()
    settings = SipSettings(
        listen=f"127.0.0.1:{first}", rtp_ports=f"{first + 10}-{first + 29}", stations=Stations(open=False), transports=("udp",)
    )
    (tmp_path / "asterisk").mkdir()
    with of.asterisk(tmp_path / "asterisk"):
        async with (
            card_bench(of, tmp_path) as bench,
            SipBackend().open(LineSetup("caller", settings, log.sink, tmp_path / "caller", lambda _: None)) as caller,
        ):
            assert Capability.SPEECH in bench.line.capabilities
            caller.submit(Originate("caller", "out", f"sip:95500@{of.network}", "13800138000"))
            leg = await bench.arrived("13800138000")
            bench.do(Answer(bench.line.name, leg))
            await log.wait(Answered, leg="out")
            bench.do(Listen(bench.line.name, leg, 1, "en", {"1": ("billing",), "2": ("repair",)}))
            caller.submit(Play("caller", "out", 1, (str(as_wav(tmp_path / "word.wav", said("repair"))),)))
            heard = await bench.log.wait(SpeechHeard, leg=leg)
            assert (heard.listening, heard.meant) == (1, "2")
            assert (await bench.log.wait(SpeechBegan, leg=leg)).listening == 1
            caller.submit(Release("caller", "out"))
            await bench.log.wait(Released, leg=leg)
