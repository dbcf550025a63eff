"""A card line whose cards are watched by themselves: their watcher's word counts, Asterisk's does not."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import attrs
import pytest
import trio

from hal.api import Capability, Command, Group, LineAlarm, LineSetup, Severity
from hal.asterisk import CardSettings, Manager
from hal.asterisk.ami import Message
from hal.asterisk.line import SETTLE_S, CardLine
from hal.dahdi import Span
from hal.dahdi.card import Alive, Cards, Report, encode
from tests.hal import ports
from tests.hal.dahdi_driver import Driver
from tests.hal.peer import EventLog

SETTINGS = CardSettings(spans=(Span(number=1, signalling="pri", group="public"),))


class Voice:
    """A SIP line that nobody calls."""

    name = "cards"
    capabilities = Capability.ANSWER

    def groups(self) -> tuple[Group, ...]:
        return ()

    def submit(self, command: Command) -> None:
        raise AssertionError(command)


def spans(*alarms: int) -> bytes:
    """What a watcher says of an E1 of ours and the next one, with these alarms."""
    driver = Driver()
    for number, bits in enumerate(alarms):
        driver.e1(number + 1, 1 + 31 * number, alarms=bits)
    reports: list[Report] = [*Cards(driver.ioctl).spans(), Alive(len(alarms))]
    return b"".join(map(encode, reports))


def of_spans(log: EventLog) -> list[LineAlarm]:
    return [event for event in log.all if isinstance(event, LineAlarm) and event.source.startswith("span")]


def all_fail(line: CardLine) -> None:
    """What Asterisk says when our E1 fails."""
    for channel in (*range(1, 16), *range(17, 32)):
        line.manager_told(Message((("Event", "Alarm"), ("Alarm", "Red Alarm"), ("DAHDIChannel", str(channel)))))


def all_is_well(line: CardLine) -> None:
    """What it says when it is in order again."""
    for channel in (*range(1, 16), *range(17, 32)):
        line.manager_told(Message((("Event", "AlarmClear"), ("DAHDIChannel", str(channel)))))


@pytest.mark.parametrize("watched", [True, False])
@pytest.mark.requirement("OPS-02")
async def test_alarms_of_spans_come_from_whoever_sees_them_best(tmp_path: Path, watched: bool) -> None:
    log = EventLog()
    nobody = f"127.0.0.1:{ports.block()}"

    async def watcher(stream: trio.SocketStream) -> None:
        await stream.send_all(spans(256, 8))
        await trio.sleep_forever()

    async with trio.open_nursery() as nursery:
        server = await trio.open_tcp_listeners(0, host="127.0.0.1")
        await nursery.start(trio.serve_listeners, watcher, server)
        address = f"127.0.0.1:{server[0].socket.getsockname()[1]}" if watched else ""
        settings = attrs.evolve(SETTINGS, asterisk=nobody, manager=Manager(at=nobody), watcher=address)
        line = CardLine(LineSetup("cards", settings, log.sink, tmp_path), nursery, "secret")
        line.start(Voice())
        await log.wait(LineAlarm, source="cards manager")  # there is none; what it says is what the test says
        await log.wait(LineAlarm, source="cards manager")
        line.manager_knows_all_spans()
        all_fail(line)
        alarm = await log.wait(LineAlarm, source="span 1")
        assert ("receives no signal" in alarm.text) == watched
        assert alarm.severity is Severity.RED
        await trio.sleep(SETTLE_S + 0.2)
        assert of_spans(log) == [alarm]  # neither the other's word, nor of a span that is not the line's
        nursery.cancel_scope.cancel()


@attrs.define
class Watched:
    """A line with a watcher that comes and goes, and says of span 1 what `alarms` is."""

    alarms: int = 0
    is_there: bool = False
    begun: list[trio.CancelScope] = attrs.field(factory=list)
    """Of those who listen."""

    async def serve(self, stream: trio.SocketStream) -> None:
        if self.is_there:
            with trio.CancelScope() as scope:
                self.begun.append(scope)
                await stream.send_all(spans(self.alarms))
                await trio.sleep_forever()

    def goes(self) -> None:
        self.is_there = False
        while self.begun:
            self.begun.pop().cancel()


@asynccontextmanager
async def watched_line(directory: Path, of: Watched) -> AsyncIterator[tuple[CardLine, EventLog]]:
    log, nobody = EventLog(), f"127.0.0.1:{ports.block()}"
    async with trio.open_nursery() as nursery:
        server = await trio.open_tcp_listeners(0, host="127.0.0.1")
        await nursery.start(trio.serve_listeners, of.serve, server)
        address = f"127.0.0.1:{server[0].socket.getsockname()[1]}"
        settings = attrs.evolve(SETTINGS, asterisk=nobody, manager=Manager(at=nobody), watcher=address)
        line = CardLine(LineSetup("cards", settings, log.sink, directory), nursery, "secret")
        line.start(Voice())
        await log.wait(LineAlarm, source="cards manager")  # there is none; what it says is what the test says
        line.manager_knows_all_spans()
        yield line, log
        nursery.cancel_scope.cancel()


@pytest.mark.requirement("OPS-02")
async def test_without_its_watcher_alarms_are_asterisks_word_until_he_is_back(tmp_path: Path) -> None:
    watcher = Watched()
    async with watched_line(tmp_path, watcher) as (line, log):
        await log.wait(LineAlarm, source="cards", cleared=False)
        all_fail(line)
        alarm = await log.wait(LineAlarm, source="span 1")
        assert (alarm.severity, alarm.cleared, "Red Alarm" in alarm.text) == (Severity.RED, False, True)
        watcher.is_there = True  # he knows that it is in order: Asterisk is late
        await log.wait(LineAlarm, source="span 1", cleared=True)


@pytest.mark.requirement("OPS-02")
async def test_an_alarm_that_the_watcher_has_told_ends_by_asterisks_word_when_he_is_gone(tmp_path: Path) -> None:
    watcher = Watched(alarms=256, is_there=True)
    async with watched_line(tmp_path, watcher) as (line, log):
        alarm = await log.wait(LineAlarm, source="span 1")
        assert "receives no signal" in alarm.text
        all_fail(line)
        watcher.goes()
        await log.until("asterisk's word", lambda: [one for one in of_spans(log) if "Red Alarm" in one.text])
        all_is_well(line)
        await log.wait(LineAlarm, source="span 1", cleared=True)
        watcher.alarms, watcher.is_there = 0, True
        await log.wait(LineAlarm, source="cards", cleared=True)
        assert not [one for one in of_spans(log)[3:] if not one.cleared]


@pytest.mark.requirement("OPS-02")
async def test_an_alarm_that_ends_as_its_watcher_goes_is_told_as_over(tmp_path: Path) -> None:
    watcher = Watched(alarms=256, is_there=True)
    async with watched_line(tmp_path, watcher) as (_line, log):
        await log.wait(LineAlarm, source="span 1")
        watcher.goes()
        await log.wait(LineAlarm, source="span 1", cleared=True)


async def test_without_watcher_and_manager_nothing_is_said_to_be_in_order(tmp_path: Path) -> None:
    watcher = Watched(alarms=256, is_there=True)
    async with watched_line(tmp_path, watcher) as (line, log):
        alarm = await log.wait(LineAlarm, source="span 1")
        line.manager_down("gone")
        watcher.goes()
        await log.wait(LineAlarm, source="cards", cleared=False)
        await trio.sleep(SETTLE_S + 0.2)
        assert of_spans(log) == [alarm]


@pytest.mark.parametrize("address", ["5037", "127.0.0.1", "run/cards", "::1:5037"])
def test_a_watcher_that_cannot_be_reached_by_its_address_is_a_mistake(address: str) -> None:
    with pytest.raises(ValueError, match="'watcher'"):
        attrs.evolve(SETTINGS, watcher=address)


def test_a_watcher_is_an_address_or_a_path() -> None:
    assert attrs.evolve(SETTINGS, watcher="/run/dahdi/cards").watcher
    assert attrs.evolve(SETTINGS, watcher="cards.example:5037").watcher
