"""The line's ear for its cards: it hears what the watcher tells, survives its loss, and says so."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import attrs
import pytest
import trio
import trio.testing

from hal.api import LineAlarm, Severity
from hal.dahdi.card import Alive, Cards, Report, encode
from hal.dahdi.watch import LONGEST_LINE_BYTES, SILENT_S, CardWatch
from tests.hal.dahdi_driver import Driver

RED, YELLOW = Severity.RED, Severity.YELLOW


def spans(alarms: int = 0) -> bytes:
    """All that a watcher of one E1 says first."""
    driver = Driver()
    driver.e1(1, 1, alarms=alarms)
    reports: list[Report] = [*Cards(driver.ioctl).spans(), Alive(1)]
    return b"".join(map(encode, reports))


@attrs.define
class Bench:
    """A line's ear, and the watcher that it meets: as often as it is told to be there."""

    watch: CardWatch
    told: list[LineAlarm]
    there: list[trio.abc.ReceiveStream]

    def meet(self) -> trio.testing.MemorySendStream:
        """Be there for one more connection; what is said goes here."""
        say, hear = trio.testing.memory_stream_one_way_pair()
        self.there.append(hear)
        return say

    def news(self) -> list[tuple[Severity, str, bool]]:
        """What was told since the last time."""
        news = [(alarm.severity, alarm.source, alarm.cleared) for alarm in self.told]
        self.told.clear()
        return news


@asynccontextmanager
async def bench() -> AsyncIterator[Bench]:
    told: list[LineAlarm] = []
    there: list[trio.abc.ReceiveStream] = []

    async def connect(address: str) -> trio.abc.ReceiveStream:
        await trio.lowlevel.checkpoint()
        assert address == "127.0.0.1:5037"
        if not there:
            raise ConnectionRefusedError(111, "Connection refused")
        return there.pop(0)

    async with trio.open_nursery() as nursery:
        watch = CardWatch("cards", "127.0.0.1:5037", told.append, connect=connect)
        made = Bench(watch, told, there)
        nursery.start_soon(watch.run)
        yield made
        nursery.cancel_scope.cancel()


@pytest.mark.requirement("OPS-02")
async def test_an_alarm_is_heard_and_its_end(autojump_clock: trio.testing.MockClock) -> None:
    async with bench() as line:
        say = line.meet()
        await say.send_all(spans())
        await trio.sleep(1)
        assert line.news() == []
        assert [span.number for span in line.watch.spans] == [1]
        for piece in (spans(8)[:100], spans(8)[100:]):
            await say.send_all(piece)
            await trio.sleep(0.1)
        assert line.news() == [(RED, "span 1", False)]
        await say.send_all(spans())
        await trio.sleep(0.1)
        assert line.news() == [(RED, "span 1", True)]


async def test_a_watcher_that_is_not_there_is_an_alarm_until_it_is(autojump_clock: trio.testing.MockClock) -> None:
    async with bench() as line:
        await trio.sleep(100)
        assert line.news() == [(YELLOW, "cards", False)]
        await line.meet().send_all(spans())
        await trio.sleep(10)
        assert line.news() == [(YELLOW, "cards", True)]


@pytest.mark.parametrize("how", ["closes", "hangs", "babbles", "never ends a line"])
async def test_one_that_is_lost_is_met_again_and_what_it_said_stands(autojump_clock: trio.testing.MockClock, how: str) -> None:
    async with bench() as line:
        first = line.meet()
        await first.send_all(spans(8))
        await trio.sleep(1)
        assert line.news() == [(RED, "span 1", False)]
        second = line.meet()
        if how == "closes":
            await first.aclose()
        elif how == "babbles":
            await first.send_all(b"GET / HTTP/1.1\r\n\r\n")
        elif how == "never ends a line":
            await first.send_all(b"a" * (LONGEST_LINE_BYTES + 1))
        await trio.sleep(SILENT_S if how == "hangs" else 1)
        assert line.news() == [(YELLOW, "cards", False)]
        await second.send_all(spans(8))
        await trio.sleep(0.1)
        assert line.news() == [(YELLOW, "cards", True)]
        await second.send_all(spans())
        await trio.sleep(0.1)
        assert line.news() == [(RED, "span 1", True)]


@pytest.mark.parametrize("kind", ["unix", "tcp"])
async def test_it_is_reached_by_path_and_by_port(tmp_path: Path, kind: str) -> None:
    told: list[LineAlarm] = []

    async with trio.open_nursery() as nursery:
        if kind == "unix":
            address = str(tmp_path / "cards")
            with trio.socket.socket(trio.socket.AF_UNIX) as listener:
                await listener.bind(address)
                listener.listen()
                server = [trio.SocketListener(listener)]
                await _heard(nursery, server, address, told)
        else:
            server = await trio.open_tcp_listeners(0, host="127.0.0.1")
            await _heard(nursery, server, f"127.0.0.1:{server[0].socket.getsockname()[1]}", told)
    assert (told[0].severity, told[0].source, told[0].line) == (RED, "span 1", "cards")


async def _heard(nursery: trio.Nursery, server: list[trio.SocketListener], address: str, told: list[LineAlarm]) -> None:
    """Until the first alarm was told."""
    heard = trio.Event()

    def sink(alarm: LineAlarm) -> None:
        told.append(alarm)
        heard.set()

    async def serve(stream: trio.SocketStream) -> None:
        await stream.send_all(spans(4))

    nursery.start_soon(trio.serve_listeners, serve, server)
    nursery.start_soon(CardWatch("cards", address, sink).run)
    with trio.fail_after(10):
        await heard.wait()
    nursery.cancel_scope.cancel()
