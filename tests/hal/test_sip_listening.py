"""A SIP line understands what a caller says into a real call, and loses no call when its recogniser is lost."""

import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import trio

from hal.api import (
    Answer,
    Answered,
    Capability,
    CommandFailed,
    LineAlarm,
    LineFault,
    LineSetup,
    Listen,
    Originate,
    Play,
    PlayEnded,
    Release,
    SpeechBegan,
    SpeechHeard,
    StopListening,
)
from hal.sip import SipBackend, SipSettings
from hal.sip.settings import BUNDLED, Stations
from tests.hal import ports
from tests.hal.peer import Bench, EventLog
from tests.hal.processes import workers_of
from tests.hal.said import as_wav, quiet, said
from tests.hal.sip_peer import sip_bench

pytestmark = [pytest.mark.live, pytest.mark.requirement("IVR-05")]

MENU = {"1": ("billing",), "2": ("repair",), "3": ("operator",)}


class Talk:
    """A call between the line that listens and a caller who says what is in files."""

    def __init__(self, bench: Bench, caller: "object", log: EventLog, leg: str) -> None:
        self.bench, self.caller, self.log, self.leg, self.plays = bench, caller, log, leg, 0

    def listen(self, number: int, words: dict[str, tuple[str, ...]] | None = None, language: str = "en") -> None:
        self.bench.do(Listen(self.bench.line.name, self.leg, number, language, words or MENU))

    async def says(self, file: Path) -> None:
        self.plays += 1
        self.caller.submit(Play("caller", "out", self.plays, (str(file),)))  # type: ignore[attr-defined]
        await self.log.wait(PlayEnded, leg="out", play=self.plays)


@asynccontextmanager
async def talk(folder: Path, speech: dict[str, str] | None = None) -> AsyncIterator[Talk]:
    async with sip_bench(folder, speech=speech or {"en": BUNDLED}) as bench:
        first, log = ports.block(30), EventLog()
        settings = SipSettings(
            listen=f"127.0.0.1:{first}", rtp_ports=f"{first + 10}-{first + 29}", stations=Stations(open=False), transports=("udp",)
        )
        setup = LineSetup("caller", settings, log.sink, folder / "caller", lambda _: None)
        async with SipBackend().open(setup) as caller:
            to = f"sip:95500@{bench.peer.settings.listen}"  # type: ignore[attr-defined]
            caller.submit(Originate("caller", "out", to, "13800138000"))
            leg = await bench.arrived("13800138000")
            bench.do(Answer(bench.line.name, leg))
            await log.wait(Answered, leg="out")
            yield Talk(bench, caller, log, leg)
            caller.submit(Release("caller", "out"))


async def test_a_caller_says_a_word_while_he_is_played_something(tmp_path: Path) -> None:
    word, nothing = as_wav(tmp_path / "word.wav", said("billing")), as_wav(tmp_path / "nothing.wav", quiet(2.0))
    async with talk(tmp_path) as call:
        log, line = call.bench.log, call.bench.line
        assert Capability.SPEECH in line.capabilities
        call.listen(1)
        call.bench.do(Play(line.name, call.leg, 1, (str(as_wav(tmp_path / "prompt.wav", said("please say repair", after_s=6.0))),)))
        await call.says(nothing)
        await call.says(word)
        heard = await log.wait(SpeechHeard, leg=call.leg)
        assert (heard.listening, heard.meant) == (1, "1")
        assert heard.confidence > 0.5
        assert (await log.wait(SpeechBegan, leg=call.leg)).listening == 1
        call.listen(2)
        call.bench.do(StopListening(line.name, call.leg, 1))  # is over already
        await call.says(word)
        assert (await log.wait(SpeechHeard, leg=call.leg, listening=2)).meant == "1"
        call.bench.do(StopListening(line.name, call.leg, 2))
        await call.says(word)
        await trio.sleep(1.5)
        assert len(log.matching(SpeechHeard)) == 2
        assert not list((tmp_path / "data" / "run").glob("listening.*"))


async def test_a_lost_recogniser_costs_words_and_no_call(tmp_path: Path) -> None:
    word = as_wav(tmp_path / "word.wav", said("repair"))
    async with talk(tmp_path) as call:
        log = call.bench.log
        call.listen(1)
        await call.says(word)
        await log.wait(SpeechHeard, leg=call.leg)
        os.kill(recogniser_of(tmp_path), signal.SIGSTOP)
        await call.says(word)  # nobody is there who hears it, and nobody minds
        os.kill(recogniser_of(tmp_path), signal.SIGKILL)
        assert "keys work" in (await log.wait(LineAlarm, cleared=False)).text
        await log.wait(LineAlarm, cleared=True)
        call.listen(2)
        await call.says(word)
        assert (await log.wait(SpeechHeard, leg=call.leg, listening=2)).meant == "2"


async def test_what_cannot_be_listened_for_is_said_so(tmp_path: Path) -> None:
    async with talk(tmp_path) as call:
        call.listen(1, language="zh")
        assert "for 'zh'" in (await call.bench.log.wait(CommandFailed, leg=call.leg, command="Listen")).reason
        call.listen(2, {"1": ("xyzzy",)})
        failed = call.bench.log
        await failed.until("word refused", lambda: [each for each in failed.matching(CommandFailed) if "'xyzzy'" in each.reason])


async def test_a_line_without_models_cannot_listen_and_a_model_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    async with sip_bench(tmp_path / "plain") as bench:
        assert Capability.SPEECH not in bench.line.capabilities
    setup = LineSetup("none", SipSettings(speech={"zh": str(tmp_path)}), EventLog().sink, tmp_path)
    with pytest.raises(LineFault, match=r"model/mdef"):
        async with SipBackend().open(setup):
            pass
    with pytest.raises(ValueError, match="English"):
        SipSettings(speech={"zh": BUNDLED})


def recogniser_of(folder: Path) -> int:
    """The one child of the line's media worker."""
    (worker,) = workers_of(folder / "data" / "run")
    (child,) = (int(each) for task in Path(f"/proc/{worker}/task").iterdir() for each in (task / "children").read_text().split())
    return child
