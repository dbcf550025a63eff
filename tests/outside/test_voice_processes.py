"""A neural voice that crashes, hangs or takes all memory takes nobody with it: callers hear espeak-ng until its process is back."""

import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import trio
from trio.testing import MockClock

from appliance.core.inputs import Input, Noticed
from appliance.outside import Speaker
from appliance.prompts import Piece
from appliance.prompts.apart import Apart, VoiceDiedError
from appliance.prompts.library import Library
from appliance.prompts.speech import SpeechError
from appliance.prompts.voices.piper import Piper
from tests.outside.speaking import install, said, speaking
from tests.prompts.programs import ONNXRUNTIME, PIPER, model

pytestmark = [pytest.mark.slow, pytest.mark.requirement("IVR-04")]

VOICE_S = 0.2
"""Of a letter, in the voice that stands in for Piper's."""
LONG = "so many letters that espeak-ng never takes as long."


@pytest.fixture
def mock_clock() -> MockClock:
    """Time that passes only when a test says so: processes take as long as they like."""
    return MockClock()


@pytest.fixture
def voice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Piper:
    """A voice that does what the words are: it hangs, dies, takes three gigabytes, chatters, or tells who it is."""
    doing = f"""
import os, signal, sys, time
say = PiperVoice.synthesize
def synthesize(self, words, settings):
    with open({str(tmp_path / "asked")!r}, "a") as asked:
        print(os.getpid(), os.nice(0), words, file=asked)
    if words.startswith("Hang"):
        time.sleep(60)
    if words.startswith("Die"):
        os.kill(os.getpid(), signal.SIGSEGV)
    if words.startswith("Swell"):
        bytearray(3 << 30)
    if words.startswith("Chatter"):
        os.write(1, b"loading ...\\n")
    return say(self, words, settings)
PiperVoice.synthesize = synthesize
"""
    install(tmp_path, monkeypatch, piper=PIPER + doing, onnxruntime=ONNXRUNTIME)
    return Piper(model=str(model(tmp_path)), speed=0.5)


def asked(folder: Path) -> list[tuple[int, int, str]]:
    """Process, niceness and words of each time the voice was asked."""
    if not (folder / "asked").exists():
        return []
    rows = [line.split(" ", 2) for line in (folder / "asked").read_text().splitlines()]
    return [(int(pid), int(nice), words) for pid, nice, words in rows]


def alive(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


async def until(true: Callable[[], bool], clock: MockClock, pace_s: float = 0.0) -> None:
    """Let real time pass until something holds, and the clock's with it where that is asked for."""
    for _ in range(1000):
        if true():
            return
        await trio.to_thread.run_sync(threading.Event().wait, 0.02)
        clock.jump(pace_s)
    pytest.fail("it never held")


async def test_a_process_that_is_killed_in_the_middle_of_a_sentence_costs_no_caller_his_words(
    tmp_path: Path, voice: Piper, mock_clock: MockClock
) -> None:
    told: list[Input] = []
    async with speaking(Speaker(tmp_path / "speech", told.append)) as speaker:
        await speaker.load({"en": voice}, ("en",))
        assert await said(speaker, LONG) == pytest.approx(len(LONG) * VOICE_S, abs=0.2)
        ((first, nice, _), *_) = asked(tmp_path)
        assert first != os.getpid()
        assert nice > os.nice(0), "it gives way to the core"
        async with trio.open_nursery() as nursery:

            async def caller() -> None:
                assert await said(speaker, f"Hang, with {LONG}") < 6, "espeak-ng said it"

            nursery.start_soon(caller)
            await until(lambda: asked(tmp_path)[-1][2].startswith("Hang"), mock_clock)
            os.kill(first, signal.SIGKILL)
        (alarm,) = told
        assert isinstance(alarm, Noticed)
        assert (alarm.source, alarm.cleared) == ("voice en", False)
        assert "espeak-ng speaks instead of the site's voice: its process was ended by SIGKILL" in alarm.text
        assert alarm.advice.startswith("it is started again by itself")
        assert await said(speaker, f"Meanwhile {LONG}") < 6
        await until(lambda: len(told) == 2, mock_clock, pace_s=0.05)
        assert isinstance(told[1], Noticed)
        assert told[1].cleared
        assert await said(speaker, f"Again {LONG}") == pytest.approx(len(f"Again {LONG}") * VOICE_S, abs=0.2)
        assert asked(tmp_path)[-1][0] not in (first, os.getpid())


async def test_a_voice_that_dies_of_a_sentence_is_back_for_the_next(tmp_path: Path, voice: Piper, mock_clock: MockClock) -> None:
    told: list[Input] = []
    async with speaking(Speaker(tmp_path / "speech", told.append)) as speaker:
        await speaker.load({"en": voice}, ("en",))
        for number in range(3):
            assert await said(speaker, f"Die {number}. {LONG}") < 6
            await until(lambda number=number: len(told) == 2 * number + 2, mock_clock, pace_s=0.05)  # type: ignore[misc]
    assert [isinstance(one, Noticed) and one.cleared for one in told] == [False, True] * 3
    assert len({pid for pid, _, _ in asked(tmp_path)}) == 4


async def test_another_voice_of_the_site_has_another_process_and_an_old_one_ends(
    tmp_path: Path, voice: Piper, mock_clock: MockClock
) -> None:
    speaker = Speaker(tmp_path / "speech")
    async with speaking(speaker):
        await speaker.load({"en": voice}, ("en",))
        await speaker.load({"en": Piper(model=voice.model, speed=2.0)}, ("en",))
        assert await said(speaker, LONG) == pytest.approx(len(LONG) * VOICE_S / 4, abs=0.2)
        (first, _, _), *_, (second, _, _) = asked(tmp_path)
        assert first != second
        assert not alive(first)
        await speaker.load({}, ("en",))
        assert not alive(second)


def test_what_a_voice_may_take_is_bounded_and_what_it_prints_is_no_answer(tmp_path: Path, voice: Piper) -> None:
    apart = Apart(Library(tmp_path / "speech", voices={"en": voice}))
    (tmp_path / "speech").mkdir()
    try:
        with pytest.raises(SpeechError, match="MemoryError"):
            apart.make(Piece("a", "en", "Swell"))
        apart.make(Piece("b", "en", "Chatter on"))
        assert len({pid for pid, _, _ in asked(tmp_path)}) == 1, "it goes on"
        assert (Path(f"/proc/{apart.pid}/oom_score_adj").read_text()) == "900\n"
    finally:
        apart.close()
    with pytest.raises(SpeechError, match="not the site's any more"):
        apart.make(Piece("c", "en", "Late"))


def test_a_voice_that_never_answers_is_ended(tmp_path: Path, voice: Piper, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("appliance.prompts.apart._LIMIT_S", 0.2)
    apart = Apart(Library(tmp_path / "speech", voices={"en": voice}))
    with pytest.raises(VoiceDiedError, match=r"it gave nothing for 0\.2 s and was ended; it is started again by itself"):
        apart.make(Piece("a", "en", "Hang"))
    assert apart.pid is None


def test_a_prompt_that_kills_its_voice_is_named_and_kills_nobody_else(tmp_path: Path, voice: Piper) -> None:
    library = Library(tmp_path / "prompts", voices={"en": voice})
    with pytest.raises(SpeechError, match=r"prompt 'welcome\.en': the process that makes it has died"):
        library.render([Piece("welcome", "en", "Die now")], aside=True)
