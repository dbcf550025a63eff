"""A card line whose cards are watched by themselves: their watcher's word counts, Asterisk's does not."""

from pathlib import Path

import attrs
import pytest
import trio

from hal.api import Capability, Command, Event, LineAlarm, LineSetup, Severity
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

    def submit(self, command: Command) -> None:
        raise AssertionError(command)


def spans(*alarms: int) -> bytes:
    """What a watcher says of an E1 of ours and the next one, with these alarms."""
    driver = Driver()
    for number, bits in enumerate(alarms):
        driver.e1(number + 1, 1 + 31 * number, alarms=bits)
    reports: list[Report] = [*Cards(driver.ioctl).spans(), Alive(len(alarms))]
    return b"".join(map(encode, reports))


def of_spans(log: EventLog) -> list[Event]:
    return [event for event in log.all if isinstance(event, LineAlarm) and event.source.startswith("span")]


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
        for channel in (*range(1, 16), *range(17, 32)):
            line.manager_told(Message((("Event", "Alarm"), ("Alarm", "Red Alarm"), ("DAHDIChannel", str(channel)))))
        alarm = await log.wait(LineAlarm, source="span 1")
        assert ("receives no signal" in alarm.text) == watched
        assert alarm.severity is Severity.RED
        await trio.sleep(SETTLE_S + 0.2)
        assert of_spans(log) == [alarm]  # neither the other's word, nor of a span that is not the line's
        nursery.cancel_scope.cancel()


@pytest.mark.parametrize("address", ["5037", "127.0.0.1", "run/cards", "::1:5037"])
def test_a_watcher_that_cannot_be_reached_by_its_address_is_a_mistake(address: str) -> None:
    with pytest.raises(ValueError, match="'watcher'"):
        attrs.evolve(SETTINGS, watcher=address)


def test_a_watcher_is_an_address_or_a_path() -> None:
    assert attrs.evolve(SETTINGS, watcher="/run/dahdi/cards").watcher
    assert attrs.evolve(SETTINGS, watcher="cards.example:5037").watcher
