"""A baresip of its own for each telephone: a real SIP phone, not ours, driven over its control socket (netstrings of JSON)."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import trio

from hal.api import Cause, cause_of_sip
from tests.hal import ports, sounds
from tests.hal.ears import WINDOW_S, Ear, FileEar, Sound, WireEar, may_capture
from tests.hal.peer import WAIT_S, Party, Tone

CONFIG = """\
poll_method epoll
sip_listen 127.0.0.1:{sip}
{tls}
call_local_timeout 120
call_max_calls 4
audio_player aubridge,nil
audio_source aufile,{voice}
audio_alert aubridge,nil
ausrc_srate 8000
auplay_srate 8000
ausrc_channels 1
auplay_channels 1
rtp_ports {rtp}-{rtp_end}
module_path /usr/lib/baresip/modules
{codec_modules}
module aufile.so
module aubridge.so
module sndfile.so
module uuid.so
module srtp.so
module_tmp account.so
module_app menu.so
module_app ctrl_tcp.so
ctrl_tcp_listen 127.0.0.1:{control}
snd_path {heard}
"""
VOICE_S = 120


class Baresip(Party):
    """One telephone. `account` is what baresip's accounts file says after the address."""

    def __init__(
        self,
        directory: Path,
        address: str,
        account: str,
        says: Tone | None,
        *,
        codecs: str = "pcma,pcmu",
        port: int = 0,
        tls: str = "",
        file_ear: bool = False,
    ) -> None:
        self.port = port or ports.block()
        self.directory = directory
        self.events: list[dict[str, Any]] = []
        (directory / "heard").mkdir(parents=True)
        on_the_wire = may_capture() and not file_ear and set(codecs.split(",")) <= {"pcma", "pcmu"}
        self._ear: Ear = WireEar(directory / "rtp.pcap", self.port + 4, self.port + 19) if on_the_wire else FileEar(directory / "heard")
        voice = sounds.write(directory / "voice.wav", says, VOICE_S)
        modules = {"pcma": "g711", "pcmu": "g711", "g722": "g722", "opus": "opus"}
        loaded = dict.fromkeys(modules[c] for c in codecs.split(","))
        (directory / "config").write_text(
            CONFIG.format(
                sip=self.port,
                control=self.port + 2,
                rtp=self.port + 4,
                rtp_end=self.port + 19,
                voice=voice,
                heard=directory / "heard",
                tls=tls,
                codec_modules="\n".join(f"module {m}.so" for m in loaded),
            )
        )
        (directory / "accounts").write_text(f"<{address}>;audio_codecs={codecs};{account}\n")
        self._more = trio.Event()
        self._running: trio.Process | None = None
        self._control: trio.SocketStream | None = None
        self._buffer = b""
        self._line = 1

    async def run(self, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Be there until cancelled."""
        async with trio.open_nursery() as nursery:
            if isinstance(self._ear, WireEar):
                await nursery.start(self._ear.run)
            with (self.directory / "log").open("wb") as log:
                self._running = await nursery.start(self._process, log)
                await self._connect()
                task_status.started()
                assert self._control is not None
                async with self._control:
                    await self._listen()

    async def _process(self, log: Any, task_status: trio.TaskStatus[Any]) -> None:
        async def die(process: trio.Process) -> None:
            process.kill()
            await trio.lowlevel.checkpoint()

        await trio.run_process(
            ["baresip", "-4", "-n", "127.0.0.1", "-f", str(self.directory)], stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
            check=False, deliver_cancel=die, task_status=task_status,
        )  # fmt: skip

    async def _connect(self) -> None:
        with trio.fail_after(WAIT_S):
            while self._control is None:
                try:
                    self._control = await trio.open_tcp_stream("127.0.0.1", self.port + 2)
                except OSError:
                    await trio.sleep(0.01)

    async def _listen(self) -> None:
        assert self._control is not None
        async for data in self._control:
            self._buffer += data
            while b":" in self._buffer:
                length, _, rest = self._buffer.partition(b":")
                if len(rest) <= int(length):
                    break
                self.events.append(json.loads(rest[: int(length)]))
                self._buffer = rest[int(length) + 1 :]
                self._more.set()
                self._more = trio.Event()

    def kill(self) -> None:
        """Let it be gone without a word."""
        assert self._running is not None
        self._running.kill()

    async def command(self, name: str, parameters: str = "") -> str:
        """Give a command and wait for the answer."""
        assert self._control is not None
        token = f"t{len(self.events)}"
        message = json.dumps({"command": name, "params": parameters, "token": token}).encode()
        await self._control.send_all(b"%d:%s," % (len(message), message))
        answer = await self._until(f"answer to {name}", lambda: next((e for e in self.events if e.get("token") == token), None))
        assert answer["ok"], f"{name}: {answer}"
        return str(answer.get("data", ""))

    async def _until(self, what: str, found: Callable[[], Any]) -> Any:
        with trio.move_on_after(WAIT_S):
            while not (result := found()):
                await self._more.wait()
            return result
        raise AssertionError(f"no {what} in {WAIT_S:g} s; baresip told: {[(e.get('type'), e.get('param')) for e in self.events]}")

    def told(self, *kinds: str) -> list[dict[str, Any]]:
        """Events of these kinds so far."""
        return [e for e in self.events if e.get("type") in kinds]

    async def wait(self, *kinds: str, count: int = 1) -> dict[str, Any]:
        """Until there was an event of one of these kinds (`count`: so many)."""
        await self._until(" or ".join(kinds), lambda: len(self.told(*kinds)) >= count)
        return self.told(*kinds)[count - 1]

    # --- Party --------------------------------------------------------------------------------------------------------

    async def dial(self, dnis: str) -> None:
        await self.command("dial", dnis)

    async def press(self, digits: str) -> None:
        await self.wait_answered()
        await self.command("sndcode", digits)

    async def hang_up(self) -> None:
        await self.command("hangup")

    async def hold(self) -> None:
        await self.command("hold")

    async def retrieve(self) -> None:
        await self.command("resume")

    async def transfer(self, to: str) -> None:
        await self.command("transfer", to)

    async def consult(self, dnis: str) -> None:
        await self.hold()
        await self.dial(dnis)
        self._line = 2

    async def switch(self) -> None:
        await self.hold()
        self._line = 3 - self._line
        await self.command("line", str(self._line))
        await self.retrieve()

    async def join(self, to: str) -> None:
        second = await self.wait("CALL_ESTABLISHED", count=2)
        await self.command("line", "1")
        replaces = f"Replaces={second['id']}%3Bto-tag%3D1%3Bfrom-tag%3D2"  # it knows no attended transfer, and does not show its tags
        await self.command("transfer", f"<sip:{to}@127.0.0.1?{replaces}>")

    async def wait_transferred(self) -> Cause | None:
        told = await self.wait("TRANSFER_FAILED", "CALL_CLOSED")
        return cause_of_sip(int(str(told["param"]).split(" ")[0])) if told["type"] == "TRANSFER_FAILED" else None

    async def wait_rings(self) -> None:
        await self.wait("CALL_INCOMING", "CALL_RINGING", "CALL_PROGRESS")

    async def wait_answered(self) -> None:
        await self.wait("CALL_ESTABLISHED")

    async def wait_released(self) -> Cause | None:
        closed = await self.wait("CALL_CLOSED")
        status = str(closed.get("param", "")).partition(" ")[0]
        return cause_of_sip(int(status)) if status.isdigit() else None

    async def wait_pressed(self, digits: str) -> None:
        def pressed() -> str:
            return "".join(str(e["param"]) for e in self.told("CALL_DTMF_START"))

        await self._until(f"{len(digits)} keys", lambda: len(pressed()) >= len(digits))
        assert pressed() == digits

    def heard_s(self) -> float:
        """How much it has heard so far."""
        return self._ear.length_s()

    def heard(self) -> Sound:
        """All of it, as samples."""
        return self._ear.sound()

    async def wait_heard_s(self, length_s: float) -> None:
        """Until it has heard so much."""
        with trio.fail_after(WAIT_S):
            while self._ear.length_s() < length_s:  # noqa: ASYNC110 - another process's doing
                await trio.sleep(0.02)

    async def wait_hears(self, *tones: Tone) -> None:
        start = before = self._ear.length_s()
        latest: frozenset[Tone] = frozenset()
        with trio.move_on_after(WAIT_S):
            quiet_since = trio.current_time()
            while True:
                length = self._ear.length_s()
                if length < before:  # another file was begun
                    start = before = 0.0
                if length >= start + WINDOW_S:
                    latest = self._ear.latest()
                    if latest == frozenset(tones):
                        return
                if length > before:
                    before, quiet_since = length, trio.current_time()
                elif not tones and trio.current_time() - quiet_since > 0.5:
                    return  # not a packet comes
                await trio.sleep(0.02)
        raise AssertionError(f"hears {sorted(t.name for t in latest)}, not {sorted(t.name for t in tones)}")
