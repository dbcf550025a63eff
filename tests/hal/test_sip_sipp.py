"""What devices say on the wire: causes, keys by INFO, refusals, and many calls at once; sipp is the far end."""

import os
from pathlib import Path

import pytest
import trio

from hal.api import (
    Alert,
    Answer,
    Answered,
    Arrived,
    Cause,
    DigitHeard,
    Event,
    Play,
    PlayEnded,
    RecordingEnded,
    Reject,
    Release,
    Released,
    StartRecording,
)
from tests.hal import ports, sipp
from tests.hal.peer import WAIT_S, Bench, Tone
from tests.hal.processes import open_files, workers_of
from tests.hal.sip_peer import SipPeer, sip_bench

pytestmark = [pytest.mark.live, pytest.mark.requirement("ACC-01")]


def at(bench: Bench) -> str:
    assert isinstance(bench.peer, SipPeer)
    return bench.peer.settings.listen


async def answer(bench: Bench) -> str:
    leg = (await bench.log.wait(Arrived)).leg
    bench.do(Answer(bench.line.name, leg))
    await bench.log.wait(Answered, leg=leg)
    return leg


async def calls(bench: Bench, folder: Path, scenario: str, nursery: trio.Nursery) -> None:
    """Start a call and check, when it is over, that it went as the scenario says."""

    async def one() -> None:
        done = await sipp.run(folder, at(bench), scenario)
        assert done.returncode == 0, done.stdout[-2000:]

    nursery.start_soon(one)


@pytest.mark.parametrize("body", ["Signal=5\nDuration=160", "Signal= #\nDuration= 100"])
async def test_keys_by_info(tmp_path: Path, body: str) -> None:
    info = sipp.request("INFO", 2, "Content-Type: application/dtmf-relay\n", f"Content-Length: [len]\n\n{body}\n") + sipp.OK
    async with sip_bench(tmp_path) as bench, trio.open_nursery() as nursery:
        await calls(bench, tmp_path, sipp.INVITE + sipp.THROUGH + info + sipp.request("BYE", 3) + sipp.OK, nursery)
        leg = await answer(bench)
        await bench.log.wait_digits(leg, body[7:].strip()[0])
        await bench.log.wait(Released, leg=leg)


async def test_the_cause_of_a_release_is_read(tmp_path: Path) -> None:
    bye = sipp.request("BYE", 2, 'Reason: Q.850;cause=42;text="congestion"\n') + sipp.OK
    async with sip_bench(tmp_path) as bench, trio.open_nursery() as nursery:
        await calls(bench, tmp_path, sipp.INVITE + sipp.THROUGH + bye, nursery)
        leg = await answer(bench)
        released = await bench.log.wait(Released, leg=leg)
        assert (released.cause, released.by_far_end) == (Cause.CONGESTION, True)


async def test_the_cause_of_a_release_is_told(tmp_path: Path) -> None:
    ereg = '<ereg regexp="Q.850;cause=41" search_in="hdr" header="Reason:" check_it="true" assign_to="r"/>'
    check = f'<recv request="BYE"><action>{ereg}</action></recv>'
    scenario = sipp.INVITE + sipp.THROUGH + sipp.GOOD_BYE.replace('<recv request="BYE"/>', check) + '<Reference variables="r"/>\n'
    async with sip_bench(tmp_path) as bench, trio.open_nursery() as nursery:
        await calls(bench, tmp_path, scenario, nursery)
        bench.do(Release(bench.line.name, await answer(bench), Cause.TEMPORARY_FAILURE))


@pytest.mark.parametrize(("cause", "status"), [(Cause.USER_BUSY, 486), (Cause.UNALLOCATED_NUMBER, 404), (Cause.CONGESTION, 503)])
async def test_each_cause_has_its_status(tmp_path: Path, cause: Cause, status: int) -> None:
    scenario = sipp.INVITE + sipp.RINGING + f'<recv response="{status}"/>\n' + sipp.request("ACK").replace(' retrans="500"', "")
    async with sip_bench(tmp_path) as bench, trio.open_nursery() as nursery:
        await calls(bench, tmp_path, scenario, nursery)
        bench.do(Reject(bench.line.name, (await bench.log.wait(Arrived)).leg, cause))
        assert (await bench.log.wait(Released)).cause is cause


async def test_a_call_without_a_codec_in_common_is_refused_and_reported_once(tmp_path: Path) -> None:
    invite = sipp.INVITE.replace("RTP/AVP 8 101", "RTP/AVP 18").replace("a=rtpmap:8 PCMA/8000", "a=rtpmap:18 G729/8000")
    scenario = invite + '<recv response="100" optional="true"/><recv response="488"/>\n' + sipp.request("ACK").replace(' retrans="500"', "")
    async with sip_bench(tmp_path) as bench, trio.open_nursery() as nursery:
        await calls(bench, tmp_path, scenario, nursery)

        def ended() -> bool:
            if arrived := bench.log.matching(Arrived):
                bench.do(Answer(bench.line.name, arrived[0].leg))
            return not arrived or bool(bench.log.matching(Released))

        await bench.log.until("end", ended)
    bench.check_life_of_legs()


@pytest.mark.requirement("IVR-13")
@pytest.mark.skipif(os.geteuid() != 0, reason="sipp sends its captured RTP through a raw socket, which needs root")
async def test_thirty_callers_at_once_are_played_to_heard_and_recorded(tmp_path: Path) -> None:
    scenario = (
        sipp.INVITE + sipp.THROUGH + sipp.pause(300) + sipp.play("dtmf_2833_1.pcap") + sipp.pause(400) + sipp.play("dtmf_2833_pound.pcap")
        + sipp.pause(400) + sipp.play("dtmf_2833_0.pcap") + sipp.GOOD_BYE
    )  # fmt: skip
    count = 30
    async with sip_bench(tmp_path, rtp_ports=f"{(first := ports.block(100))}-{first + 99}") as bench:
        name = bench.line.name
        prompt = bench.peer.prompt(Tone.A, 0.3)
        digits: dict[str, str] = {}

        def sink(event: Event) -> None:
            if isinstance(event, Arrived):
                bench.do(Alert(name, event.leg))
                bench.do(Answer(name, event.leg))
            elif isinstance(event, Answered):
                bench.do(Play(name, event.leg, 1, (prompt,)))
                bench.do(StartRecording(name, event.leg, str(tmp_path / f"{event.leg}.wav"), event.leg))
            elif isinstance(event, DigitHeard):
                digits[event.leg] = digits.get(event.leg, "") + event.digit
                if len(digits[event.leg]) == 3:
                    bench.do(Release(name, event.leg))

        bench.log.then = sink
        worker = workers_of(tmp_path / "data" / "run")[0]
        before = open_files(worker)
        done = await sipp.run(tmp_path, at(bench), scenario, calls=count, rate=30)
        assert done.returncode == 0, done.stdout[-2000:]
        await bench.log.until("recordings", lambda: len(bench.log.matching(RecordingEnded)) == count)
        with trio.fail_after(WAIT_S):
            while open_files(worker) > before:  # noqa: ASYNC110 - another process's doing
                await trio.sleep(0.05)
    assert sorted(digits.values()) == ["1#0"] * count
    assert len(bench.log.matching(PlayEnded)) == count
    assert [e.cause for e in bench.log.matching(Released)] == [Cause.NORMAL_CLEARING] * count
    assert not [e.error for e in bench.log.matching(RecordingEnded) if e.error or e.duration_s < 0.5]
    bench.check_life_of_legs()
