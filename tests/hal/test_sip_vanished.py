"""Far ends that are gone without a BYE: found out by their silence. Nobody waits by the clock: a leg that never speaks shows the time."""

import struct
from pathlib import Path

import pytest
import trio

from hal.api import Answered, Cause, HeldByFarEnd, Hold, Originate, Play, Released, Retrieve
from tests.hal.baresip import Baresip
from tests.hal.peer import Bench, Does, Tone
from tests.hal.sip_peer import sip_bench
from tests.hal.test_sip_transfer import through
from tests.hal.wire_exchange import WireCall, exchange, sdp

pytestmark = [pytest.mark.live, pytest.mark.requirement("ACC-01")]

SILENCE_S = 1.0


async def silence_is_over(bench: Bench, leg: str) -> None:
    """Until a leg that has never said anything was found out."""
    assert await bench.log.wait(Released, leg=leg) == Released(bench.line.name, leg, Cause.DESTINATION_OUT_OF_ORDER, by_far_end=True)


async def station(bench: Bench, name: str, says: Tone) -> Baresip:
    phone = await bench.peer.station(name, Does.ANSWERS, says)
    assert isinstance(phone, Baresip)
    bench.do(Originate(bench.line.name, name, f"station:{name}", "95500"))
    await bench.log.wait(Answered, leg=name)
    await phone.wait_answered()
    return phone


async def test_a_phone_that_is_killed_loses_its_leg_and_the_other_talks_on(tmp_path: Path) -> None:
    async with sip_bench(tmp_path, silence_s=SILENCE_S) as bench:
        killed, lives = await station(bench, "8001", Tone.A), await station(bench, "8002", Tone.B)
        killed.kill()
        await silence_is_over(bench, "8001")
        bench.do(Play(bench.line.name, "8002", 1, (bench.peer.prompt(Tone.C, 0.5),), loop=True))
        await lives.wait_hears(Tone.C)
        assert not bench.log.matching(Released, leg="8002")
    bench.check_life_of_legs()


async def test_a_far_end_that_never_spoke_is_told_bye(tmp_path: Path) -> None:
    async with sip_bench(tmp_path, silence_s=SILENCE_S) as bench, exchange(bench) as phones:
        call, leg = await through(bench, phones, "13800138000")
        await silence_is_over(bench, leg)
        assert "Q.850;cause=27" in (await call.wait("BYE")).first("reason")
    bench.check_life_of_legs()


async def test_whoever_is_on_hold_may_be_silent(tmp_path: Path) -> None:
    """Held by us, held by the far end, and a far end that said it would send nothing."""
    async with sip_bench(tmp_path, silence_s=SILENCE_S) as bench, exchange(bench) as phones:
        by_us, held = await through(bench, phones, "1")
        bench.do(Hold(bench.line.name, held))
        by_us.reply(again := await by_us.wait("INVITE"), 200, ("Content-Type: application/sdp",), sdp(phones.port + 1000, "recvonly"))
        assert "a=sendonly" in by_us.text_of(again)
        by_them, holding = await through(bench, phones, "2")
        by_them.invite_again("sendonly")
        await bench.log.wait(HeldByFarEnd, leg=holding)
        _, listening = await through(bench, phones, "3", direction="recvonly")
        _, silent = await through(bench, phones, "4")
        await silence_is_over(bench, silent)
        assert {e.leg for e in bench.log.matching(Released)}.isdisjoint({held, holding, listening})
        bench.do(Retrieve(bench.line.name, held))
        by_us.reply(await by_us.wait("INVITE", 2), 200, ("Content-Type: application/sdp",), sdp(phones.port + 1000))
        await silence_is_over(bench, held)  # from now on it counts
    bench.check_life_of_legs()


def rtcp(call: WireCall, reply_text: str) -> tuple[bytes, tuple[str, int]]:
    """A receiver report about what the line sends, and where it goes (RFC 3550 section 6.4.2)."""
    port = int(reply_text.partition("m=audio ")[2].partition(" ")[0])
    return struct.pack(">BBHIIIIIII", 0x81, 201, 7, 0x1234, 0, 0, 0, 0, 0, 0), ("127.0.0.1", port + 1)


async def test_reports_of_reception_are_a_sign_of_life(tmp_path: Path) -> None:
    """A far end that suppresses silence, or is muted, may send no speech for minutes."""
    async with sip_bench(tmp_path, silence_s=SILENCE_S) as bench, exchange(bench) as phones, trio.open_nursery() as nursery:
        call, leg = await through(bench, phones, "1")
        report, where = rtcp(call, call.text_of(await call.wait(200)))

        async def report_again() -> None:
            with trio.socket.socket(trio.socket.AF_INET, trio.socket.SOCK_DGRAM) as sock:
                await sock.bind(("127.0.0.1", phones.port + 1001))
                while True:
                    await sock.sendto(report, where)
                    await trio.sleep(0.1)

        nursery.start_soon(report_again)
        _, silent = await through(bench, phones, "2")
        await silence_is_over(bench, silent)
        assert not bench.log.matching(Released, leg=leg)
        nursery.cancel_scope.cancel()
    bench.check_life_of_legs()


async def test_the_watch_can_be_switched_off(tmp_path: Path) -> None:
    async with (
        sip_bench(tmp_path / "off", silence_s=0) as off, sip_bench(tmp_path / "on", silence_s=SILENCE_S) as on,
        exchange(off) as there, exchange(on) as here,
    ):  # fmt: skip
        _, leg = await through(off, there, "1")
        _, silent = await through(on, here, "1")
        await silence_is_over(on, silent)
        assert not off.log.matching(Released, leg=leg)
