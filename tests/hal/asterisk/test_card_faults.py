"""What breaks around a card line, and what of it a caller, an agent and an operator notice; a real Asterisk is what breaks."""

import os
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import attrs
import pytest
import trio

from hal.api import (
    Alerted,
    Answer,
    Answered,
    Arrived,
    Cause,
    LineAlarm,
    LineFault,
    LineSetup,
    Mix,
    Originate,
    Play,
    Reject,
    Released,
    Severity,
)
from hal.asterisk import CardBackend
from hal.asterisk.pulse import Pulse
from tests.hal import ports
from tests.hal.asterisk.card_peer import Rig, card_bench, rig
from tests.hal.asterisk.running import running
from tests.hal.peer import WAIT_S, Bench, Does, Party, Tone
from tests.hal.sip_peer import PASSWORD
from tests.hal.wire_phone import Reply, WirePhone
from tests.peers.for_root import asterisk_for_root

pytestmark = [
    pytest.mark.live,
    pytest.mark.slow,
    pytest.mark.requirement("ACC-01"),
    asterisk_for_root,
]
SDP = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio {port} RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\n"
NUMBER = "number:13700137000"


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    """A rig whose Asterisk runs all the time."""
    made = rig(27)
    with made.asterisk(tmp_path_factory.mktemp("asterisk")):
        yield made


async def calling(bench: Bench, ani: str = "13800138000", says: Tone | None = None) -> tuple[Party, str]:
    """A caller over the card who was answered, and the leg."""
    caller = await bench.peer.call("95500", ani, says)
    leg = await bench.arrived(ani)
    bench.do(Answer(bench.line.name, leg))
    await bench.log.wait(Answered, leg=leg)
    return caller, leg


async def alarm(bench: Bench, source: str, *, cleared: bool = False, count: int = 1) -> LineAlarm:
    def found() -> list[LineAlarm]:
        return bench.log.matching(LineAlarm, source=f"cards {source}", cleared=cleared)[count - 1 :]

    return (await bench.log.until(f"alarm of {source}, cleared: {cleared}", found))[0]  # type: ignore[no-any-return] # a list of them


# --- which trunk, which cause -----------------------------------------------------------------------------------------


async def test_a_call_says_its_trunk_span_and_channel(shared: Rig, tmp_path: Path) -> None:
    async with card_bench(shared, tmp_path) as bench:
        await bench.peer.call("95500", "13800138000")
        arrived = await bench.log.wait(Arrived)
        assert (arrived.trunk, arrived.channel) == ("public", "span 1 channel 7")


async def test_a_withheld_number_is_none(shared: Rig, tmp_path: Path) -> None:
    async with card_bench(shared, tmp_path) as bench:
        await bench.peer.call("95500", "anonymous")
        assert (await bench.log.wait(Arrived)).ani == ""


async def test_a_busy_subscriber_is_busy(shared: Rig, tmp_path: Path) -> None:
    async with card_bench(shared, tmp_path) as bench:
        subscriber = await bench.peer.subscriber("13700137000", Does.RINGS)
        bench.do(Originate("cards", "out", NUMBER, "95500", trunk="public"))
        await bench.log.wait(Alerted, leg="out")
        await subscriber.hang_up()
        released = await bench.log.wait(Released, leg="out")
        assert (released.cause, released.by_far_end) == (Cause.USER_BUSY, True)


async def test_a_trunk_that_nobody_has_is_no_circuit(shared: Rig, tmp_path: Path) -> None:
    async with card_bench(shared, tmp_path) as bench:
        bench.do(Originate("cards", "out", NUMBER, "95500", trunk="mobile"))
        assert (await bench.log.wait(Released, leg="out")).cause is Cause.NO_CIRCUIT_AVAILABLE


async def test_every_cause_of_the_network_comes_through(shared: Rig, tmp_path: Path) -> None:
    causes = [cause for cause in Cause if cause.value < 100]
    async with card_bench(shared, tmp_path) as bench:
        for cause in causes:
            bench.do(Originate("cards", cause.name, f"number:000{cause.value:02d}", "95500"))
        came = {cause: await bench.log.wait(Released, leg=cause.name) for cause in causes}
        assert {released.cause for released in came.values() if not released.by_far_end} == set()
        assert {cause: released.cause for cause, released in came.items() if released.cause is not cause} == {}


@pytest.mark.parametrize("cause", [Cause.NO_CIRCUIT_AVAILABLE, Cause.DESTINATION_OUT_OF_ORDER, Cause.NO_ANSWER])
async def test_our_cause_reaches_the_network(shared: Rig, tmp_path: Path, cause: Cause) -> None:
    host, port = shared.network.split(":")
    async with card_bench(shared, tmp_path) as bench, WirePhone((host, int(port))) as phone, trio.open_nursery() as nursery:
        sdp = SDP.format(port=ports.block())
        content = ("Content-Type: application/sdp", f"Contact: <sip:1@127.0.0.1:{phone.port}>")
        invite = phone.build("INVITE", f"sip:95500@{shared.network}", "13800138000", "95500", content, sdp)
        replies: list[Reply] = []

        async def call() -> None:
            replies.append(await phone.ask(invite))

        nursery.start_soon(call)
        leg = await bench.arrived("13800138000")
        bench.do(Reject("cards", leg, cause))
        await bench.log.wait(Released, leg=leg)
        with trio.fail_after(WAIT_S):
            while not replies:  # noqa: ASYNC110 - the reply is on its way
                await trio.sleep(0.01)
        assert replies[0].first("reason") == f"Q.850;cause={cause.value}"


async def test_the_called_sees_the_number_we_show(shared: Rig, tmp_path: Path) -> None:
    async with card_bench(shared, tmp_path) as bench:
        subscriber = await bench.peer.subscriber("13700137000", Does.RINGS)
        bench.do(Originate("cards", "out", NUMBER, "95500", trunk="public"))
        await subscriber.wait_rings()
        told = subscriber.told("CALL_INCOMING")[0]  # type: ignore[attr-defined] # baresip's
        assert "sip:95500@" in told["peeruri"]


# --- Asterisk dies, hangs, is not there -------------------------------------------------------------------------------


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP], ids=["killed", "hangs"])
@pytest.mark.requirement("OPS-02")
async def test_asterisk_is_gone_in_mid_call_and_comes_back(tmp_path: Path, how: signal.Signals) -> None:
    of = rig(29 if how is signal.SIGKILL else 31)
    async with running(of.asterisk(tmp_path)) as peer, card_bench(of, tmp_path) as bench:
        _, lost = await calling(bench, says=Tone.A)
        waiting = (await bench.peer.call("95500", "13900139000"), await bench.arrived("13900139000"))[1]
        phones = [await bench.peer.station(name, Does.ANSWERS, tone) for name, tone in (("8001", Tone.B), ("8002", Tone.C))]
        for name in ("8001", "8002"):
            bench.do(Originate("cards", name, f"station:{name}", "95500", beside=lost))
            await bench.log.wait(Answered, leg=name)
        bench.do(Mix("cards", {"8001": ("8002",), "8002": ("8001",)}))
        await phones[0].wait_hears(Tone.C)

        os.kill(peer.pid, how)
        for leg in (lost, waiting):
            released = await bench.log.wait(Released, leg=leg)
            assert (released.cause, released.by_far_end) == (Cause.NETWORK_OUT_OF_ORDER, False)
        raised = await alarm(bench, "asterisk")
        assert raised.severity is Severity.RED
        assert "2 legs were lost" in raised.text
        bench.do(Originate("cards", "vain", NUMBER, "95500"))
        assert (await bench.log.wait(Released, leg="vain")).cause is Cause.NETWORK_OUT_OF_ORDER
        bench.do(Play("cards", lost, 7, (bench.peer.prompt(Tone.D, 0.5),)))  # the core did not know yet
        await phones[0].wait_hears(Tone.C)  # nobody else noticed
        await phones[1].wait_hears(Tone.B)
        assert {e.leg for e in bench.log.matching(Released)} == {lost, waiting, "vain"}

        if how is signal.SIGKILL:
            async with running(of.asterisk(tmp_path)):
                await back(bench)
        else:
            os.kill(peer.pid, signal.SIGCONT)
            await back(bench)
    bench.check_life_of_legs()


async def back(bench: Bench) -> None:
    """The alarm is cleared, and calls go again, both ways."""
    began = trio.current_time()
    await alarm(bench, "asterisk", cleared=True, count=2)  # the first was at the start
    print(f"the alarm is cleared after {trio.current_time() - began:.2f} s")
    await calling(bench, "13600136000")
    await bench.peer.subscriber("13700137000", Does.ANSWERS)
    bench.do(Originate("cards", "again", NUMBER, "95500"))
    await bench.log.wait(Answered, leg="again")


async def test_without_asterisk_the_line_opens_and_phones_work(tmp_path: Path) -> None:
    async with card_bench(rig(33), tmp_path) as bench:
        assert (await alarm(bench, "asterisk")).severity is Severity.RED
        await bench.peer.station("8001", Does.ANSWERS)
        bench.do(Originate("cards", "in", "station:8001", "95500"))
        await bench.log.wait(Answered, leg="in")
        bench.do(Originate("cards", "out", NUMBER, "95500"))
        assert (await bench.log.wait(Released, leg="out")).cause is Cause.NETWORK_OUT_OF_ORDER


# --- the manager alone ------------------------------------------------------------------------------------------------


@attrs.define
class Cable:
    """A connection in between that can be cut."""

    to: tuple[str, int]
    whole: bool = True
    _scopes: list[trio.CancelScope] = attrs.field(factory=list)

    async def carry(self, near: trio.SocketStream) -> None:
        if not self.whole:
            await near.aclose()
            return
        async with near, await trio.open_tcp_stream(*self.to) as far, trio.open_nursery() as nursery:
            self._scopes.append(nursery.cancel_scope)
            nursery.start_soon(self._pump, near, far)
            nursery.start_soon(self._pump, far, near)

    async def _pump(self, source: trio.SocketStream, sink: trio.SocketStream) -> None:
        async for data in source:
            await sink.send_all(data)
        self._scopes[-1].cancel()

    def cut(self) -> None:
        self.whole = False
        for scope in self._scopes:
            scope.cancel()


@asynccontextmanager
async def cabled(of: Rig) -> AsyncIterator[tuple[Rig, Cable]]:
    """The rig with a cable between line and manager."""
    cable = Cable(of.settings.manager_address)
    async with trio.open_nursery() as nursery:
        listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
        nursery.start_soon(trio.serve_listeners, cable.carry, listeners)
        port = listeners[0].socket.getsockname()[1]
        manager = attrs.evolve(of.settings.manager, at=f"127.0.0.1:{port}")
        yield attrs.evolve(of, settings=attrs.evolve(of.settings, manager=manager)), cable
        nursery.cancel_scope.cancel()


@pytest.mark.requirement("OPS-02")
async def test_without_the_manager_calls_go_on(shared: Rig, tmp_path: Path) -> None:
    async with cabled(shared) as (of, cable), card_bench(of, tmp_path) as bench:
        caller, leg = await calling(bench, says=Tone.A)
        await alarm(bench, "manager", cleared=True)
        cable.cut()
        raised = await alarm(bench, "manager")
        assert raised.severity is Severity.YELLOW
        assert "the manager closed the connection" in raised.text
        bench.do(Play("cards", leg, 1, (bench.peer.prompt(Tone.B, 0.5),), loop=True))
        await caller.wait_hears(Tone.B)
        await calling(bench, "13600136000")
        cable.whole = True
        await alarm(bench, "manager", cleared=True, count=2)
        await caller.wait_hears(Tone.B)
        assert not bench.log.matching(Released)
        assert not bench.log.matching(LineAlarm, source="cards asterisk", cleared=False)


async def test_a_wrong_password_of_the_manager_says_where_to_look(shared: Rig, tmp_path: Path) -> None:
    def secret(name: str) -> str:
        return "wrong" if name == "trunk:asterisk" else PASSWORD

    async with card_bench(shared, tmp_path, secret) as bench:
        raised = await alarm(bench, "manager")
        assert "Authentication failed" in raised.text
        assert "trunk:asterisk" in raised.advice
        await calling(bench)


async def test_a_missing_password_is_said_before_anything_is_opened(shared: Rig, tmp_path: Path) -> None:
    with pytest.raises(LineFault, match="needs the secret 'trunk:asterisk'"):
        async with CardBackend().open(LineSetup("cards", shared.settings, lambda _: None, tmp_path)):
            pass


async def test_an_asterisk_without_the_card_driver_is_an_alarm(shared: Rig, tmp_path: Path) -> None:
    async with card_bench(shared, tmp_path) as bench:  # the one of this test has none
        raised = await alarm(bench, "chan_dahdi")
        assert raised.severity is Severity.RED
        assert "DAHDIShowChannels" in raised.text


async def test_asterisk_was_started_anew_while_nobody_looked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its pulse was felt before and after: only the manager says that it is another one."""

    async def feel_nothing(_: Pulse) -> None:
        await trio.sleep_forever()

    monkeypatch.setattr(Pulse, "run", feel_nothing)
    of = rig(35)
    async with card_bench(of, tmp_path) as bench:
        async with running(of.asterisk(tmp_path)) as peer:
            await alarm(bench, "manager", cleared=True)
            _, leg = await calling(bench)
            with trio.fail_after(WAIT_S):
                while not bench.log.matching(LineAlarm, source="cards chan_dahdi"):  # noqa: ASYNC110 - it has looked by then
                    await trio.sleep(0.02)
            os.kill(peer.pid, signal.SIGKILL)
        await trio.sleep(1.0)  # when it was started is told in whole seconds
        assert not bench.log.matching(Released)
        async with running(of.asterisk(tmp_path)):
            assert (await bench.log.wait(Released, leg=leg)).cause is Cause.NETWORK_OUT_OF_ORDER
