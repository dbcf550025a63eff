"""The watcher of cards beside the real driver: what is done to a wire is what an operator hears, also in the middle of a call."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import attrs
import pytest
import trio

from hal.api import LineAlarm, Severity
from hal.dahdi.watch import CardWatch
from tests.peers.dahdi.calls import ends
from tests.peers.dahdi.conftest import WATCHER_PORT
from tests.peers.dahdi.machine import Machine
from tests.peers.dahdi.test_card_calls import QUIET
from tests.peers.dahdi.test_card_machine import for_root
from tests.peers.dahdi.wiring import EXCHANGE, GATEWAY

pytestmark = [for_root, pytest.mark.card, pytest.mark.live, pytest.mark.slow, pytest.mark.whole, pytest.mark.alone]

WAIT_S = 180.0
"""However late the emulated processor is."""
RED = 8
REST = 0b1011
"""Bits of an idle channel of China's MFC/R2."""


@attrs.define
class Ear:
    """What the operator of a line hears of its cards."""

    machine: Machine
    watch: CardWatch
    alarms: list[LineAlarm]

    async def do(self, what: str) -> None:
        """Do something to a wire."""
        await trio.to_thread.run_sync(self.machine.run, f"python3 /opt/wire.py {what}")

    async def hears(self, *expected: tuple[str, bool]) -> list[LineAlarm]:
        """Until exactly these were told since the last time: a source, and whether it is over; in the order of their sources."""
        with trio.move_on_after(WAIT_S):
            while len(self.alarms) < len(expected):
                await trio.sleep(0.05)
        told = sorted(self.alarms, key=lambda alarm: alarm.source)
        self.alarms.clear()
        assert [(alarm.source, alarm.cleared) for alarm in told] == list(expected)
        return told


@asynccontextmanager
async def ear(machine: Machine) -> AsyncIterator[Ear]:
    alarms: list[LineAlarm] = []
    watch = CardWatch("cards", f"127.0.0.1:{machine.outside[WATCHER_PORT]}", alarms.append)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(watch.run)
        with trio.fail_after(WAIT_S):
            while len(watch.spans) < 8:
                await trio.sleep(0.05)
        alarms.clear()  # of a watcher that was not yet there
        yield Ear(machine, watch, alarms)
        nursery.cancel_scope.cancel()


async def test_the_driver_means_by_its_structures_what_is_read_from_them(machine: Machine) -> None:
    async with ear(machine) as line:
        spans = line.watch.spans
        with trio.move_on_after(WAIT_S):  # an Asterisk that was just started blocks its lines for a moment
            while line.watch.spans[4].channels[0].bits_out != REST:
                await trio.sleep(0.05)
        idle = line.watch.spans[4].channels[0]
    assert [(span.number, span.name, len(span.channels)) for span in spans] == [
        (1, "DYN/loc/1:0", 31),
        (2, "DYN/loc/4:0", 2),
        (3, "DYN/loc/1:1", 31),
        (4, "DYN/loc/4:1", 2),
        (5, "DYN/loc/2:0", 8),
        (6, "DYN/loc/2:1", 8),
        (7, "DYN/loc/3:0", 2),
        (8, "DYN/loc/3:1", 2),
    ]
    # The last fields of the structures: were they a byte off, this were not text.
    assert {span.interface for span in spans} == {"DYNAM"}
    assert [channel.name for channel in spans[7].channels] == ["DYN/loc/3:1/1", "DYN/loc/3:1/2"]
    assert [channel.number for span in spans for channel in span.channels] == list(range(1, 87))
    assert {span.alarms for span in spans} == {()}
    assert (idle.signalling, idle.bits_in, idle.bits_out) == (1 << 15, REST, REST)


@pytest.mark.requirement("OPS-02")
async def test_an_alarm_of_one_end_is_heard_of_both_and_so_is_its_end(machine: Machine) -> None:
    async with ear(machine) as line:
        await line.do(f"alarm 7 {RED}")
        near, far = await line.hears(("span 7", False), ("span 8", False))
        assert "red alarm" in near.text
        assert "not received by its far end" in far.text
        assert (near.severity, far.severity) == (Severity.RED, Severity.RED)
        await line.do("alarm 7 0")
        await line.hears(("span 7", True), ("span 8", True))


@pytest.mark.requirement("OPS-02")
async def test_a_span_that_is_unplugged_is_missed_until_it_is_back(machine: Machine) -> None:
    async with ear(machine) as line:
        await line.do("unplug 3:1 2")
        lost, missed = await line.hears(("span 7", False), ("span 8", False))
        assert "red alarm" in lost.text
        assert "not there" in missed.text
        await line.do("plug 3:1 2")
        await line.hears(("span 7", True), ("span 8", True))


@pytest.mark.requirement("OPS-02")
async def test_an_alarm_in_mid_call_is_told_at_once_and_the_span_serves_again(machine: Machine) -> None:
    async with ear(machine) as line:
        with ends(machine, EXCHANGE) as both:
            number = f"DAHDI/g1/{GATEWAY.numbers[QUIET]}00"
            call = both.manager.originate(number, "quiet")
            assert both.manager.event("OriginateResponse", ActionID=call)["Response"] == "Success"
            await line.do(f"alarm 1 {RED}")
            await line.hears(("span 1", False), ("span 3", False))
            # Both Asterisks know it, too; they keep the call for a while (T309), since the wire may come back.
            assert both.far.event("Alarm")["Alarm"] == "Red Alarm"
            assert both.manager.event("Alarm")["Alarm"] == "Yellow Alarm"
            await line.do("alarm 1 0")
            await line.hears(("span 1", True), ("span 3", True))
            both.far.event("AlarmClear")
            both.idle()
            again = both.manager.originate(number, "quiet")
            assert both.manager.event("OriginateResponse", ActionID=again)["Response"] == "Success"
