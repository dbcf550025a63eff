"""The contract of the hardware layer, kept by a line at an Asterisk PBX: one of the tests' own, its manager between, in virtual time."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import trio

from hal.api import Answer, Answered, Arrived, LineAlarm, Mix, Originate, Release, Released, Severity
from tests.hal.ami.asterisk_peer import FIRST, SECOND, Town, asterisk_bench
from tests.hal.ami.true_asterisk import Ch
from tests.hal.contract import Bench
from tests.hal.peer import Does
from tests.hal.switch_contract import SwitchContract


@pytest.mark.requirement("ACC-02")
class TestLineAtAnAsterisk(SwitchContract):
    town: Town
    first_fails = False

    @asynccontextmanager
    async def open(self, directory: Path) -> AsyncIterator[Bench]:
        async with asterisk_bench(directory, first_fails=self.first_fails) as bench:
            assert isinstance(bench.peer, Town)
            self.town = bench.peer
            yield bench

    def left_behind(self) -> list[str]:
        return self.town.left()

    async def test_a_call_outlives_one_address_of_the_manager_and_is_worked_over_the_other(self, bench: Bench) -> None:
        town = bench.peer
        assert isinstance(town, Town)
        used, other = (SECOND, FIRST) if self.first_fails else (FIRST, SECOND)
        agent = await town.station("8001", Does.ANSWERS)
        caller = await town.call("95500", "13800138000")
        arrived = await bench.log.wait(Arrived)
        bench.do(Answer(bench.line.name, arrived.leg))
        await bench.log.wait(Answered, leg=arrived.leg)
        bench.do(Originate(bench.line.name, "s", "station:8001", "138", beside=arrived.leg))
        await bench.log.wait(Answered, leg="s")
        bench.do(Mix(bench.line.name, {"s": (arrived.leg,), arrived.leg: ("s",)}))
        await trio.sleep(1)
        town.out_of_reach = {used}
        town.cables[used].cancel()
        down = await bench.log.wait(LineAlarm, source="cti link", severity=Severity.RED, cleared=False)
        assert "the link to the switch is down" in down.text or self.first_fails
        await trio.sleep(5)
        await bench.log.wait(LineAlarm, source="cti link", cleared=True)
        assert bench.line.groups()[0].state == f"up: {other}:5038"
        assert not caller.over
        assert not agent.over
        assert isinstance(agent.leg, Ch)
        assert {channel.device for channel in agent.leg.bridged} == {"trunk"}
        bench.do(Release(bench.line.name, "s"))
        await bench.log.wait(Released, leg="s")
        assert agent.over


@pytest.mark.requirement("ACC-02")
class TestLineOverItsSecondAddress(TestLineAtAnAsterisk):
    first_fails = True
