"""The manager of a real Asterisk 22: log-in, answers, lists, output of commands, its end and return."""

import logging
import os
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import pytest
import trio
import trio.testing

from hal.asterisk.ami import AmiDown, AmiLink
from tests.hal import ports
from tests.hal.asterisk.managers import Ear
from tests.hal.asterisk.running import running
from tests.peers.asterisk import Asterisk, Centre, asterisk
from tests.peers.asterisk_config import AMI_USER
from tests.peers.for_root import asterisk_for_root
from tests.peers.media import write_wav
from tests.peers.processes import freeze

pytestmark = [
    pytest.mark.live,
    pytest.mark.slow,
    pytest.mark.requirement("ACC-01"),
    asterisk_for_root,
]


def centre() -> Centre:
    return Centre(address="127.0.0.40", callers="127.0.0.41", ami_port=ports.block(), rtp_ports=(26000, 26999))


@pytest.fixture(scope="module")
def peer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asterisk]:
    sound = write_wav(tmp_path_factory.mktemp("sounds") / "sound.wav", [420], 1)
    with asterisk(centre(), prompt=sound, music=sound) as peer:
        yield peer


@asynccontextmanager
async def linked(of: Centre, secret: str = "") -> AsyncIterator[tuple[AmiLink, Ear]]:
    ear = Ear()
    log = logging.getLogger("hotline.line.test")
    link = AmiLink(of.address, of.ami_port, AMI_USER, secret or of.ami_secret, ear, prefix="test", log=log)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(link.run)
        yield link, ear
        nursery.cancel_scope.cancel()


async def test_it_answers_lists_and_prints(peer: Asterisk) -> None:
    async with linked(peer.centre) as (link, ear):
        await ear.until(lambda: ear.ups)
        status = await link.ask("CoreStatus")
        assert status.response.get("CoreStartupDate")
        endpoints = await link.ask("PJSIPShowEndpoints")
        assert [item.get("ObjectName") for item in endpoints.items] == ["callers"]
        printed = await link.ask("Command", [("Command", "core show uptime")])
        assert printed.response.lines[0].startswith("System uptime:")
        dialplan = await link.ask("Command", [("Command", "dialplan show numbers")])
        assert any("95500" in line for line in dialplan.response.lines)
        assert len(dialplan.response.lines) > 5
        refused = await link.ask("NoSuchAction")
        assert not refused.ok
        assert "NoSuchAction" in refused.text
        assert link.dropped == 0


async def test_what_others_do_is_told(peer: Asterisk) -> None:
    async with linked(peer.centre) as (link, ear):
        await ear.until(lambda: ear.ups)
        odd = 'quotes " and : colons; 电话'
        assert (await link.ask("UserEvent", [("UserEvent", "Hello"), ("Said", odd), ("Said", "twice")])).ok
        (told,) = await ear.until(lambda: [m for m in ear.told if m.event == "UserEvent"])
        assert told.all("Said") == [odd, "twice"]


async def test_a_burst_of_a_thousand_actions_loses_none(peer: Asterisk) -> None:
    async with linked(peer.centre) as (link, ear):
        await ear.until(lambda: ear.ups)
        answered: list[bool] = []

        async def ask(number: int) -> None:
            answered.append((await link.ask("UserEvent", [("UserEvent", "Burst"), ("Number", str(number))], patience_s=20)).ok)

        async with trio.open_nursery() as nursery:
            for number in range(1000):
                nursery.start_soon(ask, number)
        assert answered == [True] * 1000
        numbers = [m.get("Number") for m in ear.told if m.event == "UserEvent"]
        assert sorted(numbers, key=int) == [str(n) for n in range(1000)]


async def test_a_wrong_secret_is_refused_and_says_whom(peer: Asterisk) -> None:
    async with linked(peer.centre, "wrong") as (link, ear):
        await ear.until(lambda: ear.downs)
        assert ear.downs == [f"the manager refuses '{AMI_USER}': Authentication failed"]
        with pytest.raises(AmiDown):
            await link.ask("CoreStatus")


async def test_it_dies_in_the_middle_of_an_action_and_comes_back(tmp_path: Path) -> None:
    of = centre()
    sound = write_wav(tmp_path / "sound.wav", [420], 1)
    async with linked(of) as (link, ear):
        await ear.until(lambda: ear.downs)
        for round_ in range(2):
            async with running(asterisk(of, prompt=sound, music=sound)) as peer, trio.open_nursery() as nursery:
                await ear.until(partial(_more, lambda: ear.ups, round_))
                await trio.to_thread.run_sync(freeze, peer.pid)  # from here on it answers nothing
                nursery.start_soon(_lost, link)
                await trio.testing.wait_all_tasks_blocked(0.01)
                os.kill(peer.pid, signal.SIGKILL)
                await ear.until(partial(_more, lambda: len(ear.downs), round_ + 1))


def _more(count: Callable[[], int], than: int) -> bool:
    return count() > than


async def _lost(link: AmiLink) -> None:
    with pytest.raises(AmiDown):
        await link.ask("CoreStatus", patience_s=60)
