"""Speech for texts that are known only when they are said, and that every question finds its answer."""

import wave
from pathlib import Path

import pytest
import trio

from appliance.core.actions import AskGateway, CheckAccount, Render
from appliance.core.inputs import AccountChecked, GatewayAnswered, Input, Rendered
from appliance.outside import Outside, Speaker
from tests.outside.asking import outside_of


async def ask(outside: Outside, *questions: AskGateway | CheckAccount | Render) -> list[Input]:
    """All answers, in the order in which they come."""
    send, receive = trio.open_memory_channel[Input](100)
    for question in questions:
        outside(question, send.send_nowait)
    with trio.fail_after(30):
        return [await receive.receive() for _ in questions]


@pytest.mark.requirement("IVR-04")
async def test_a_sentence_becomes_a_file_once(tmp_path: Path) -> None:
    async with trio.open_nursery() as nursery:
        outside = outside_of(nursery, Speaker(tmp_path / "speech"))
        first, second = [(await ask(outside, Render(number, "您的工单正在处理。", "zh")))[0] for number in (7, 8)]
        assert isinstance(first, Rendered)
        assert isinstance(second, Rendered)
        assert (first.token, second.token, first.error) == (7, 8, "")
        assert first.file == second.file
        with wave.open(first.file) as opened:
            assert (opened.getframerate(), opened.getnchannels()) == (8000, 1)
            assert opened.getnframes() > 8000


async def test_what_cannot_be_said_is_an_answer_too(tmp_path: Path) -> None:
    (tmp_path / "speech").write_text("no folder")
    async with trio.open_nursery() as nursery:
        outside = outside_of(nursery, Speaker(tmp_path / "speech"))
        assert [type(answer) for answer in await ask(outside, Render(1, "Hello", "en"), Render(2, "Hei", "fi"))] == [Rendered, Rendered]
        for answer in await ask(outside, Render(3, "Hello", "en")):
            assert isinstance(answer, Rendered)
            assert answer.error


@pytest.mark.requirement("IVR-03")
async def test_gateways_and_accounts_that_are_not_there_are_answered(tmp_path: Path) -> None:
    async with trio.open_nursery() as nursery:
        outside = outside_of(nursery, Speaker(tmp_path))
        answers = await ask(outside, AskGateway(1, "billing", "bill", {}), CheckAccount(2, "customers", "4471", "1234"))
        assert GatewayAnswered(1, error="there is no gateway 'billing'") in answers
        assert AccountChecked(2, "trouble") in answers


async def test_a_mistake_costs_one_call_its_answer_and_not_the_centre(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    speaker = Speaker(tmp_path)

    async def breaks(_asked: Render) -> Rendered:
        raise RuntimeError("broken")

    monkeypatch.setattr(speaker, "render", breaks)
    async with trio.open_nursery() as nursery:
        outside = outside_of(nursery, speaker)
        (answer,) = await ask(outside, Render(1, "Hello", "en"))
        assert answer == Rendered(1, error="it failed: RuntimeError('broken')")
