"""The link to a switch: it is made, lost, made elsewhere and made again, and tells it; in virtual time but for the last tests."""

import ssl
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import trio
import trio.lowlevel
import trio.testing

from hal.csta.frames import EVENT
from hal.csta.link import MOST_UNSENT_BYTES, Link, Linked, Unlinked, connector, tls_context
from hal.csta.messages import ApplicationSessionTerminated, ConnectionID, DeliveredEvent, HoldCall, Message, RouteSelect
from hal.csta.notices import Ended, Heard, Notice, Opened, Refused, Send, Snapshot, Unanswered
from hal.csta.session import Session
from hal.csta.settings import CstaSettings, LinkTls
from tests.hal.csta.far_end import FarEnd, wire

CALL = ConnectionID("1", "2001")


class Switchboard:
    """Switches by address, reached by streams in memory: what each does with a connection is a coroutine."""

    def __init__(self, nursery: trio.Nursery, **servers: Callable[[Any], Awaitable[None]] | None) -> None:
        self.nursery = nursery
        self.servers = servers
        self.tried: list[tuple[float, str]] = []

    async def connect(self, host: str, _port: int) -> trio.abc.Stream:
        self.tried.append((trio.current_time(), host))
        serve = self.servers[host]
        if serve is None:
            raise ConnectionRefusedError(111, "Connection refused")
        ours, theirs = trio.testing.memory_stream_pair()
        self.nursery.start_soon(serve, theirs)
        return ours


class Good:
    """A switch that answers everything, as long as it is let."""

    def __init__(self) -> None:
        self.far = FarEnd()
        self.stream: Any = None
        self.error: tuple[type[Message], ...] = (HoldCall,)
        self.silent: tuple[type[Message], ...] = ()

    async def __call__(self, stream: Any) -> None:
        self.far, self.stream = FarEnd(), stream
        try:
            async for data in stream:
                self.far.hear([Send(bytes(data))])
                for number, message in list(self.far.waiting.items()):
                    if isinstance(message, self.silent):
                        continue
                    await stream.send_all(self.far.answer(number, error=isinstance(message, self.error)))
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            return

    async def says(self, message: Message) -> None:
        await self.stream.send_all(wire(EVENT, message))

    async def cut(self) -> None:
        await self.stream.aclose()


async def mute(stream: Any) -> None:
    """Takes the connection and says nothing."""
    async for _ in stream:
        pass


class Deaf(trio.abc.Stream):
    """A connection whose far end stops reading when it sees a HoldCall."""

    def __init__(self, stream: trio.abc.Stream) -> None:
        self.stream = stream

    async def send_all(self, data: Any) -> None:
        if b"HoldCall" in data:
            await trio.sleep_forever()
        await self.stream.send_all(data)

    async def wait_send_all_might_not_block(self) -> None:
        await self.stream.wait_send_all_might_not_block()

    async def receive_some(self, max_bytes: int | None = None) -> bytes:
        return bytes(await self.stream.receive_some(max_bytes))

    async def aclose(self) -> None:
        await self.stream.aclose()


class Case:
    def __init__(self, settings: CstaSettings, nursery: trio.Nursery, connect: Any, servers: dict[str, Any]) -> None:
        self.board = Switchboard(nursery, **servers)
        self.said: list[Notice] = []
        self.more = trio.Event()
        self.link = Link(settings, Session(settings.session_setup(None)), self.hear, connect or self.board.connect)

    def hear(self, notice: Notice) -> None:
        self.said.append(notice)
        self.more.set()

    async def wait(self, kind: type[Notice]) -> Notice:
        with trio.fail_after(20):
            while not self.of(kind):
                self.more = trio.Event()
                await self.more.wait()
        return self.of(kind)[0]

    def of(self, *kinds: type[Notice]) -> list[Notice]:
        return [notice for notice in self.said if isinstance(notice, kinds)]


@asynccontextmanager
async def linked(settings: CstaSettings, connect: Any = None, **servers: Any) -> AsyncIterator[Case]:
    async with trio.open_nursery() as nursery:
        case = Case(settings, nursery, connect, servers)
        nursery.start_soon(case.link.run)
        yield case
        nursery.cancel_scope.cancel()


def settings(*switches: str, **more: Any) -> CstaSettings:
    return CstaSettings(switches=switches, stations=("2001",), **more)


async def test_a_link_is_made_used_and_closed(autojump_clock: trio.testing.MockClock) -> None:
    good = Good()
    async with linked(settings("a"), a=good) as case:
        await trio.sleep(1)
        assert [type(notice) for notice in case.said[:2]] == [Linked, Opened]
        assert case.of(Snapshot) == [Snapshot("2001", ())]
        case.link.request("x", HoldCall(CALL))
        case.link.tell(RouteSelect("1", route_selected="2"))
        case.link.look_at("2001")
        await trio.sleep(1)
        assert [notice.handle for notice in case.of(Refused) if isinstance(notice, Refused)] == ["x"]
        assert case.of(Snapshot) == [Snapshot("2001", ())] * 2
        assert [message for _, message in good.far.told] == [RouteSelect("1", route_selected="2")]
        await case.link.close()
        await trio.sleep(100)
        assert case.said[-2:] == [Ended("stopped"), Unlinked("a:8800", "stopped", 1.0)] or case.said[-1] == Unlinked(
            "a:8800", "stopped", 1.0
        )
        assert len(case.board.tried) == 1


async def test_hours_pass_in_quiet(autojump_clock: trio.testing.MockClock) -> None:
    async with linked(settings("a"), a=Good()) as case:
        await trio.sleep(3 * 3600)
        assert case.of(Linked, Ended, Unlinked) == [Linked("a:8800")]


async def test_a_lost_connection_is_made_again_at_once_and_everything_begun_anew(autojump_clock: trio.testing.MockClock) -> None:
    good = Good()
    async with linked(settings("a"), a=good) as case:
        await trio.sleep(10)
        good.error = ()
        case.said.clear()
        await good.cut()
        await trio.sleep(1)
        assert case.said[:2] == [Ended("the switch closed the connection"), Unlinked("a:8800", "the switch closed the connection", 0.0)]
        assert case.of(Snapshot) == [Snapshot("2001", ())]
        event = DeliveredEvent(next(iter(good.far.monitors)), CALL)
        await good.says(event)
        await trio.sleep(1)
        assert case.of(Heard) == [Heard(event, "2001")]


async def test_a_request_that_is_not_answered_is_over_in_its_time(autojump_clock: trio.testing.MockClock) -> None:
    good = Good()
    good.silent = (HoldCall,)
    async with linked(settings("a", answer_s=5, beat_s=1000, audit_s=0), a=good) as case:
        await trio.sleep(20)  # until nothing else is due soon
        case.link.request("x", HoldCall(CALL))
        await trio.sleep(4.9)
        assert case.of(Unanswered) == []
        await trio.sleep(0.2)
        assert case.of(Unanswered) == [Unanswered("x", "no answer to HoldCall within 5 s")]


async def test_who_waited_for_an_answer_is_told(autojump_clock: trio.testing.MockClock) -> None:
    good = Good()
    async with linked(settings("a"), a=good) as case:
        await trio.sleep(1)
        case.link.request("x", HoldCall(CALL))
        await good.cut()
        await trio.sleep(0.1)
        assert case.of(Unanswered) == [Unanswered("x", "the switch closed the connection")]


async def test_the_second_server_is_tried_when_the_first_fails_and_kept_while_it_works(autojump_clock: trio.testing.MockClock) -> None:
    second = Good()
    async with linked(settings("a", "b"), a=None, b=second) as case:
        await trio.sleep(10)
        assert case.of(Linked, Unlinked) == [Unlinked("a:8800", "Connection refused", 0.0), Linked("b:8800")]
        case.board.servers["a"] = Good()
        await second.cut()
        await trio.sleep(10)
        assert [host for _, host in case.board.tried] == ["a", "b", "b"]
        case.board.servers["b"] = None
        await second.cut()
        await trio.sleep(10)
        assert [host for _, host in case.board.tried] == ["a", "b", "b", "b", "a"]


async def test_pauses_grow_while_nobody_is_there_and_begin_anew(autojump_clock: trio.testing.MockClock) -> None:
    good = Good()
    async with linked(settings("a", "b", longest_pause_s=5), a=None, b=None) as case:
        await trio.sleep(19)
        assert [(round(at), host) for at, host in case.board.tried] == [
            *((0, "a"), (0, "b"), (1, "a"), (1, "b"), (3, "a"), (3, "b")),
            *((7, "a"), (7, "b"), (12, "a"), (12, "b"), (17, "a"), (17, "b")),
        ]
        assert [notice.pause_s for notice in case.of(Unlinked) if isinstance(notice, Unlinked)][1::2] == [1, 2, 4, 5, 5, 5]
        case.board.servers["a"] = good
        await trio.sleep(20)
        case.board.servers["a"] = None
        case.board.tried.clear()
        began = trio.current_time()
        await good.cut()
        await trio.sleep(1.5)
        assert [(round(at - began), host) for at, host in case.board.tried] == [(0, "a"), (0, "b"), (1, "a"), (1, "b")]


async def test_a_server_that_flaps_is_left_for_the_next(autojump_clock: trio.testing.MockClock) -> None:
    good = Good()
    async with linked(settings("a", "b"), a=good, b=None) as case:
        for _ in range(5):
            await trio.sleep(1)
            if good.stream is not None:
                await good.cut()
        assert len(case.board.tried) < 10
        assert {host for _, host in case.board.tried} == {"a", "b"}


async def test_a_switch_that_is_mute_is_given_up(autojump_clock: trio.testing.MockClock) -> None:
    async with linked(settings("a", "b", answer_s=4), a=mute, b=Good()) as case:
        await trio.sleep(3.9)
        assert case.of(Unlinked) == []
        await trio.sleep(0.2)
        why = "the switch does not answer: no answer to StartApplicationSession within 4 s"
        assert case.of(Unlinked) == [Unlinked("a:8800", why, 0.0)]
        assert len(case.of(Opened)) == 1


async def test_an_address_that_nobody_answers_at_is_given_up(autojump_clock: trio.testing.MockClock) -> None:
    async def connect(_host: str, _port: int) -> trio.abc.Stream:
        await trio.sleep_forever()
        raise AssertionError

    async with linked(settings("a", connect_s=3), connect=connect) as case:
        await trio.sleep(3.5)
        assert case.said == [Unlinked("a:8800", "no connection within 3 s", 1.0)]


async def test_a_session_that_the_switch_ends_is_begun_anew(autojump_clock: trio.testing.MockClock) -> None:
    good = Good()
    async with linked(settings("a"), a=good) as case:
        await trio.sleep(10)
        await good.says(ApplicationSessionTerminated())
        await trio.sleep(1)
        assert len(case.of(Opened)) == 2
        assert case.of(Ended) == [Ended("the switch ended the session")]


async def test_a_switch_that_does_not_read_is_hung_up(autojump_clock: trio.testing.MockClock) -> None:
    async def connect(host: str, port: int) -> trio.abc.Stream:
        return Deaf(await case.board.connect(host, port))

    async with linked(settings("a", audit_s=0), connect=connect, a=Good()) as case:
        await trio.sleep(10)
        for number in range(MOST_UNSENT_BYTES // 200):
            case.link.request(number, HoldCall(ConnectionID("1" * 60, "2001")))
            if number % 1000 == 0:
                await trio.lowlevel.checkpoint()
        await trio.sleep(1)
        assert case.of(Ended) == [Ended("the switch does not read what it is sent")]
        assert len(case.of(Opened)) == 2, "nothing of the old connection is sent over the new one"


async def test_nothing_is_left_when_it_is_cancelled(autojump_clock: trio.testing.MockClock) -> None:
    good = Good()
    async with linked(settings("a"), a=good) as case:
        await trio.sleep(1)
    assert case.said[-1] == Ended("the link is closed")
    with pytest.raises((trio.BrokenResourceError, trio.ClosedResourceError)):
        await good.stream.send_all(b"x")


# --- over real sockets -------------------------------------------------------------------------------------------------


async def serve(good: Good, nursery: trio.Nursery, context: ssl.SSLContext | None) -> int:
    (listener,) = await trio.open_tcp_listeners(0, host="127.0.0.1")

    async def handle(stream: trio.SocketStream) -> None:
        try:
            await good(stream if context is None else trio.SSLStream(stream, context, server_side=True, https_compatible=True))
        finally:
            await trio.aclose_forcefully(stream)

    nursery.start_soon(trio.serve_listeners, handle, [listener])
    port: int = listener.socket.getsockname()[1]
    return port


async def test_over_tcp() -> None:
    async with trio.open_nursery() as nursery:
        port = await serve(Good(), nursery, None)
        config = settings(f"127.0.0.1:{port}")
        async with linked(config, connect=connector(config.tls)) as case:
            assert await case.wait(Snapshot) == Snapshot("2001", ())
            await case.link.close()
        nursery.cancel_scope.cancel()


async def test_nobody_listens() -> None:
    config = settings("127.0.0.1:1")
    async with linked(config, connect=connector(config.tls)) as case:
        lost = await case.wait(Unlinked)
        assert isinstance(lost, Unlinked)
        assert "127.0.0.1:1" in lost.server


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    folder: Path = tmp_path_factory.mktemp("tls")
    certificate, key = str(folder / "cert.pem"), str(folder / "key.pem")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-keyout", key, "-out", certificate, "-subj", "/CN=pbx.example", "-addext", "subjectAltName=DNS:pbx.example"],
        check=True, capture_output=True,
    )  # fmt: skip
    return certificate, key


@pytest.mark.slow
@pytest.mark.parametrize(
    ("trusted", "name", "reason"),
    [
        (True, "pbx.example", ""),
        (False, "pbx.example", "its certificate is not trusted"),
        (True, "other.example", "its certificate is not trusted"),
    ],
)
async def test_over_tls(certificate: tuple[str, str], trusted: bool, name: str, reason: str) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    async with trio.open_nursery() as nursery:
        port = await serve(Good(), nursery, context)
        tls = LinkTls(on=True, authorities=certificate[0] if trusted else "", name=name, certificate=certificate[0], key=certificate[1])
        config = settings(f"127.0.0.1:{port}", tls=tls)
        async with linked(config, connect=connector(tls)) as case:
            if reason:
                lost = await case.wait(Unlinked)
                assert isinstance(lost, Unlinked)
                assert lost.reason.startswith(reason)
            else:
                assert await case.wait(Snapshot) == Snapshot("2001", ())
        nursery.cancel_scope.cancel()


def test_a_file_that_is_not_there_is_an_error_at_once(tmp_path: Path) -> None:
    with pytest.raises(OSError):
        tls_context(LinkTls(on=True, authorities=str(tmp_path / "none.pem")))
    with pytest.raises(OSError):
        connector(LinkTls(on=True, certificate=str(tmp_path / "none.pem"), key=str(tmp_path / "none.key")))
