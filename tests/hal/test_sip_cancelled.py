"""A line that is cancelled, as `serve` does when it stops, ends its calls and recordings in order before it is gone."""

from pathlib import Path

import pytest
import trio

from hal.api import Answer, Answered, LineSetup, RecordingEnded, Released, StartRecording
from hal.sip import SipBackend, SipSettings
from tests.hal import ports
from tests.hal.peer import EventLog, Tone
from tests.hal.processes import workers_of
from tests.hal.sip_peer import SipPeer

pytestmark = [pytest.mark.live, pytest.mark.requirement("ACC-01")]


@pytest.mark.parametrize("attempt", range(4))
async def test_a_cancelled_line_tells_its_worker_to_stop(tmp_path: Path, attempt: int) -> None:
    """Tried again and again: which of the tasks is cancelled first is chance."""
    port = ports.block(100)
    settings = SipSettings(listen=f"127.0.0.1:{port}", rtp_ports=f"{port + 20}-{port + 99}")
    log = EventLog()
    async with trio.open_nursery() as nursery:
        peer = SipPeer(tmp_path, settings, log, nursery, ports.block())
        caller = peer.phone("sip:13800138000@127.0.0.1", "regint=0", Tone.A)
        await peer.start(caller)

        async def serve(task_status: trio.TaskStatus[trio.CancelScope]) -> None:
            with trio.CancelScope() as scope:
                async with SipBackend().open(LineSetup("sip1", settings, log.sink, tmp_path / "data", lambda _: None)) as line:
                    await caller.dial("95500")
                    leg = (await log.until("call", lambda: log.all and log.all[0])).leg
                    line.submit(Answer("sip1", leg))
                    await log.wait(Answered, leg=leg)
                    line.submit(StartRecording("sip1", "r1", str(tmp_path / "r1.wav"), leg))
                    await caller.wait_heard_s(0.3)
                    task_status.started(scope)
                    await trio.sleep_forever()

        scope = await nursery.start(serve)
        scope.cancel()
        await caller.wait_released()
        ended = await log.wait(RecordingEnded, recording="r1")
        assert ended.error == ""
        assert ended.duration_s > 0.2
        await log.wait(Released)
        assert workers_of(tmp_path / "data" / "run") == []
        nursery.cancel_scope.cancel()
