"""Alarms of channels as alarms of spans; settings of a card line; the pulse of a server."""

from pathlib import Path
from typing import Any

import attrs
import pytest
import trio
import trio.testing

from hal.api import LineAlarm, LineSetup, Severity
from hal.asterisk import CardSettings, Manager
from hal.asterisk import pulse as pulse_module
from hal.asterisk.ami import Message
from hal.asterisk.line import SETTLE_S, SETTLED_BY_S, CardLine
from hal.asterisk.pulse import Pulse
from hal.asterisk.spans import SpanWatch
from hal.dahdi import Port, Span, layout
from hal.sip import SipSettings
from hal.sip.settings import Trunk
from tests.hal.peer import WAIT_S, EventLog

PRI = Span(number=1, signalling="pri", group="public")
ANALOGUE = Span(number=2, signalling="analogue", ports=(Port(kind="fxo", number="95500"), Port(kind="empty")))


def alarm(channel: int, kind: str = "Red Alarm") -> Message:
    return Message((("Event", "Alarm"), ("Alarm", kind), ("DAHDIChannel", str(channel))))


def clear(channel: int) -> Message:
    return Message((("Event", "AlarmClear"), ("DAHDIChannel", str(channel))))


def watch() -> SpanWatch:
    return SpanWatch("cards", layout((PRI, ANALOGUE)))


def said(of: SpanWatch) -> list[tuple[str, Severity, bool]]:
    return [(change.source, change.severity, change.cleared) for change in of.changes()]


@pytest.mark.requirement("OPS-02")
def test_thirty_channels_in_alarm_are_one_span() -> None:
    of = watch()
    assert all(of.told(alarm(channel)) for channel in range(1, 32) if channel != 16)
    (change,) = of.changes()
    assert isinstance(change, LineAlarm)
    assert (change.severity, change.source, change.text) == (Severity.RED, "span 1", "span 1, trunk 'public': Red Alarm")
    assert list(of.changes()) == []
    for channel in range(1, 32):
        of.told(clear(channel))
    assert said(of) == [("span 1", Severity.RED, True)]
    assert list(of.changes()) == []


def test_some_channels_in_alarm_need_attention_and_a_change_is_said() -> None:
    of = watch()
    of.told(alarm(3))
    (change,) = of.changes()
    assert (change.severity, change.text) == (Severity.YELLOW, "span 1, trunk 'public': Red Alarm on 1 of 30 channels")
    of.told(alarm(32, "Yellow Alarm"))
    assert said(of) == [("span 2", Severity.RED, False)], "the one socket in use is the whole of that card"
    of.told(alarm(3, "Blue Alarm"))
    (change,) = of.changes()
    assert "Blue Alarm on 1 of 30" in change.text


def test_what_says_nothing_new_or_nothing_of_a_channel_is_passed_over() -> None:
    of = watch()
    assert of.told(alarm(5))
    assert not of.told(alarm(5))
    assert not of.told(clear(6))
    assert not of.told(Message((("Event", "Newchannel"), ("DAHDIChannel", "7"))))
    for channel in ("x", "\u00b2", "9" * 5000, "16", "33", "1000000"):  # 16 has no calls, 33 is an empty socket
        assert not of.told(Message((("Event", "Alarm"), ("Alarm", "Red Alarm"), ("DAHDIChannel", channel))))
    assert said(of) == [("span 1", Severity.YELLOW, False)]
    assert not of.told(Message((("Event", "DAHDIShowChannels"), ("DAHDIChannel", "8"), ("Alarm", "No Alarm"))))
    assert of.told(Message((("Event", "DAHDIShowChannels"), ("DAHDIChannel", "9"), ("Alarm", "Red Alarm"))))


def test_after_a_new_connection_only_what_is_told_then_counts() -> None:
    of = watch()
    of.told(alarm(5))
    assert len(said(of)) == 1
    of.forget()
    of.told(alarm(5))
    assert said(of) == []
    of.forget()
    assert said(of) == [("span 1", Severity.RED, True)]


# --- the line tells it --------------------------------------------------------------------------------------------------


def told_by(nursery: trio.Nursery) -> tuple[CardLine, EventLog]:
    """A line that nothing is connected to, and what it says."""
    log = EventLog()
    line = CardLine(LineSetup("cards", CardSettings(spans=(PRI, ANALOGUE)), log.sink, Path()), nursery, "secret")
    line.manager_knows_all_spans()
    return line, log


@pytest.mark.requirement("OPS-02")
async def test_a_span_whose_channels_fail_slowly_one_by_one_is_told_once(autojump_clock: trio.testing.MockClock) -> None:
    async with trio.open_nursery() as nursery:
        line, log = told_by(nursery)
        for channel in (*range(1, 9), *range(9, 16), *range(17, 32)):
            line.manager_told(alarm(channel))
            await trio.sleep(SETTLE_S / 4)
        (raised,) = await log.until("alarm", lambda: log.matching(LineAlarm))
        assert (raised.severity, raised.text) == (Severity.RED, "span 1, trunk 'public': Red Alarm")


async def test_a_channel_that_never_rests_is_told_of_all_the_same(autojump_clock: trio.testing.MockClock) -> None:
    async with trio.open_nursery() as nursery:
        line, log = told_by(nursery)
        began = trio.current_time()
        while not log.all:
            line.manager_told(alarm(1))
            await trio.sleep(SETTLE_S / 4)
            line.manager_told(clear(1))
            line.manager_told(alarm(2))
            await trio.sleep(SETTLE_S / 4)
            line.manager_told(clear(2))
            assert trio.current_time() < began + 2 * SETTLED_BY_S


# --- settings ---------------------------------------------------------------------------------------------------------


def test_every_trunk_of_the_cards_is_a_trunk_of_the_sip_line_and_comes_first() -> None:
    voice = SipSettings(listen="127.0.0.1:5060", trunks={"provider": Trunk(host="192.0.2.1")})
    settings = CardSettings(spans=(PRI, ANALOGUE), voice=voice)
    trunks = settings.sip.trunks
    assert list(trunks) == ["public", "g2", "provider"]
    assert trunks["g2"] == Trunk(host="127.0.0.1:5160", labelled=True, hold=False)
    assert attrs.evolve(settings.sip, trunks=voice.trunks) == voice


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"spans": (attrs.evolve(PRI, group="the public"),)}, "'the public' cannot be the name of a trunk"),
        ({"voice": SipSettings(trunks={"public": Trunk(host="192.0.2.1")})}, "there is a trunk 'public' of the cards already"),
        ({"asterisk": "127.0.0.1:5062", "voice": SipSettings(workers=2)}, "both 127.0.0.1:5062"),
        ({"asterisk": "localhost"}, "'asterisk': 'localhost' is not an address"),
        ({"asterisk": "999.0.0.1:5160"}, "'asterisk': '999.0.0.1:5160' is not an address"),
        ({"asterisk": "127.0.0.1:\u0665\u0660"}, "'asterisk': .* is not an address"),
        ({"spans": (attrs.evolve(PRI, number=2),)}, "numbered 1 to 1 without gaps"),
        ({"asterisk": "0.0.0.0:5160"}, "'asterisk': '0.0.0.0:5160' is not an address"),
        ({"voice": SipSettings(listen="0.0.0.0:5060")}, "'voice.listen': 0.0.0.0 is every address of this machine; name the one"),
        ({"spans": ()}, "'spans' is empty"),
        ({"watcher": "cards:65536"}, "'watcher': 'cards:65536' is neither"),
        ({"watcher": "cards:\u0665"}, "'watcher': .* is neither"),
    ],
)
def test_what_does_not_fit_together_is_refused(given: dict[str, Any], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        CardSettings(**{"spans": (PRI,), **given})


def test_a_manager_is_at_an_address() -> None:
    with pytest.raises(ValueError, match=r"'at': '127\.0\.0\.1' is not an address"):
        Manager(at="127.0.0.1")


@pytest.mark.parametrize("name", ["", "general", "General", "x]\nwrite=all\n[y", "x ; y", "\u00e4", "x" * 41])
def test_a_name_that_is_none_in_the_managers_file_is_refused(name: str) -> None:
    for field in ("user", "secret"):
        with pytest.raises(ValueError, match=f"'{field}': .* cannot be a name in manager.conf"):
            Manager(**{field: name})


# --- pulse ------------------------------------------------------------------------------------------------------------


class Server:
    """Answers OPTIONS, or not."""

    def __init__(self) -> None:
        self.answers = True
        self.asked = 0
        self.port = 0

    async def run(self, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        with trio.socket.socket(trio.socket.AF_INET, trio.socket.SOCK_DGRAM) as sock:
            await sock.bind(("127.0.0.1", self.port))
            self.port = sock.getsockname()[1]
            task_status.started()
            while True:
                data, sender = await sock.recvfrom(65_536)
                assert data.startswith(b"OPTIONS sip:127.0.0.1:")
                self.asked += 1
                if self.answers:
                    await sock.sendto(b"SIP/2.0 401 Unauthorized\r\n\r\n", sender)


async def until(found: Any) -> None:
    with trio.fail_after(WAIT_S):
        while not found():  # noqa: ASYNC110 - the pulse tells nobody but the test
            await trio.sleep(0.005)


@pytest.fixture
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulse_module, "ALIVE_S", 0.02)
    monkeypatch.setattr(pulse_module, "DEAD_S", 0.02)
    monkeypatch.setattr(pulse_module, "PATIENCE_S", (0.02, 0.02, 0.02))


@pytest.mark.usefixtures("_quick")
async def test_a_pulse_is_lost_after_three_questions_in_vain_and_comes_back() -> None:
    server, felt = Server(), list[bool]()
    async with trio.open_nursery() as nursery:
        await nursery.start(server.run)
        nursery.start_soon(Pulse("127.0.0.1", ("127.0.0.1", server.port), felt.append).run)
        await until(lambda: felt == [True])
        server.answers = False
        await until(lambda: server.asked > 1)
        asked = server.asked
        await until(lambda: felt == [True, False])
        assert server.asked - asked in (2, 3)
        server.answers = True
        await until(lambda: felt == [True, False, True])
        nursery.cancel_scope.cancel()


async def test_a_port_that_nobody_has_is_dead_at_once_and_hurry_asks_at_once() -> None:
    server, felt = Server(), list[bool]()
    async with trio.open_nursery() as nursery:
        stop = await _started(nursery, server)
        of = Pulse("127.0.0.1", ("127.0.0.1", server.port), felt.append)
        nursery.start_soon(of.run)
        await until(lambda: felt == [True])
        stop.cancel()
        await trio.testing.wait_all_tasks_blocked()
        with trio.fail_after(
            min(pulse_module.ALIVE_S, *pulse_module.PATIENCE_S)
        ):  # neither the next question nor its patience is waited for
            of.hurry()
            await until(lambda: felt == [True, False])
        nursery.cancel_scope.cancel()


async def _started(nursery: trio.Nursery, server: Server) -> trio.CancelScope:
    async def run(task_status: trio.TaskStatus[trio.CancelScope] = trio.TASK_STATUS_IGNORED) -> None:
        with trio.CancelScope() as scope:
            async with trio.open_nursery() as inner:
                await inner.start(server.run)
                task_status.started(scope)

    scope: trio.CancelScope = await nursery.start(run)
    return scope
