"""The far end of a SIP line: baresip phones for callers, subscribers and agents, and a bare socket for a phone that declines."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import trio

from hal.api import LineSetup, RecordingEnded, StationRegistered
from hal.sip import SipBackend, SipSettings
from hal.sip.settings import Trunk, host_port
from tests.hal import ports, sounds
from tests.hal.baresip import Baresip
from tests.hal.peer import Bench, Does, EventLog, Party, Peer, Tone
from tests.hal.wire_phone import WirePhone

PASSWORD = "kanguru 7"


class Caller(Baresip):
    """A phone whose calls go to a line."""

    def __init__(self, line: str, transport: str, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.line, self._how = line, "" if transport == "udp" else f";transport={transport}"

    async def dial(self, dnis: str) -> None:
        await super().dial(f"sip:{dnis}@{self.line}{self._how}")

    async def transfer(self, to: str) -> None:
        await super().transfer(f"sip:{to}@{self.line}")


class _Silent(Party):
    """A phone that only declines; it can do nothing else."""

    async def _never(self, *_: object) -> Any:
        raise AssertionError("this phone only declines")

    # fmt: off
    press = hang_up = hold = retrieve = transfer = dial = consult = switch = join = _never  # type: ignore[assignment] # whatever it is asked
    wait_rings = wait_answered = wait_released = wait_hears = wait_pressed = wait_transferred = _never  # type: ignore[assignment] # the same
    # fmt: on


class SipPeer(Peer):
    """Everything around one SIP line, in one nursery."""

    def __init__(self, directory: Path, settings: SipSettings, log: EventLog, nursery: trio.Nursery, subscriber_port: int) -> None:
        self.directory = directory
        self.settings = settings
        self._log = log
        self._nursery = nursery
        self._count = 0
        self._subscriber_port = subscriber_port

    def phone(self, address: str, account: str, says: Tone | None, transport: str = "udp", **more: Any) -> Caller:
        """A phone that is not started yet."""
        self._count += 1
        host, port = host_port(self.settings.listen)
        port = port if transport != "tls" else self.settings.tls_port(0)
        return Caller(f"{host}:{port}", transport, self.directory / f"phone{self._count}", address, account, says, **more)

    async def start(self, phone: Baresip) -> None:
        """Switch a phone on."""
        await self._nursery.start(phone.run)

    async def call(self, dnis: str, ani: str, says: Tone | None = None, **more: Any) -> Party:
        phone = self.phone(f"sip:{ani}@127.0.0.1", "regint=0", says, **more)
        await self.start(phone)
        await phone.dial(dnis)
        return phone

    async def subscriber(self, number: str, does: Does, says: Tone | None = None) -> Party:
        mode = "auto" if does is Does.ANSWERS else "manual"
        phone = self.phone(f"sip:{number}@127.0.0.1", f"regint=0;answermode={mode}", says, port=self._subscriber_port)
        await self.start(phone)
        return phone

    async def station(
        self, name: str, does: Does, says: Tone | None = None, transport: str = "udp", account: str = "", **more: Any
    ) -> Party:
        if does is Does.REJECTS:
            return await self._declining(name)
        host, port = host_port(self.settings.listen)
        how = "" if transport == "udp" else f";transport={transport}"
        port = port if transport != "tls" else self.settings.tls_port(0)
        mode = "auto" if does is Does.ANSWERS else "manual"
        phone = self.phone(
            f"sip:{name}@{host}:{port}{how}",
            f'auth_user={name};auth_pass="{PASSWORD}";answermode={mode};regint=60;{account}',
            says,
            transport,
            **more,
        )
        await self.start(phone)
        await self._log.wait(StationRegistered, station=name)
        if does is Does.BUSY:
            self._nursery.start_soon(self._refuse, phone)
        return phone

    async def _refuse(self, phone: Baresip) -> None:
        await phone.wait("CALL_INCOMING")
        await phone.hang_up()

    async def _declining(self, name: str) -> Party:
        await self._nursery.start(self._decline, name)
        await self._log.wait(StationRegistered, station=name)
        return _Silent()

    async def _decline(self, name: str, task_status: trio.TaskStatus[None]) -> None:
        async with WirePhone(host_port(self.settings.listen)) as phone:
            assert (await phone.register(name, PASSWORD)).status == 200
            task_status.started()
            await phone.answer_invites(lambda _: (603, "Decline"))

    def prompt(self, tone: Tone, length_s: float) -> str:
        return str(sounds.write(self.directory / f"{tone.name}-{length_s:g}.wav", tone, length_s))

    async def recorded(self, ended: RecordingEnded) -> tuple[frozenset[Tone], ...]:
        return _recorded(ended)


def _recorded(ended: RecordingEnded) -> tuple[frozenset[Tone], ...]:
    channels = sounds.channels(Path(ended.file))
    assert abs(len(channels[0]) / sounds.RATE - ended.duration_s) < 0.01
    assert Path(ended.file).stat().st_size == ended.size_bytes
    return tuple(sounds.tones_in(channel) for channel in channels)


@asynccontextmanager
async def sip_bench(
    directory: Path,
    secret: Callable[[str], str | None] = lambda _: PASSWORD,
    name: str = "sip1",
    trunks: Mapping[str, Trunk] | None = None,
    **settings: Any,
) -> AsyncIterator[Bench]:
    """A SIP line on ports of its own, and its peer."""
    first, subscriber = ports.block(100), ports.block()
    made = SipSettings(
        listen=f"127.0.0.1:{first}",
        rtp_ports=settings.pop("rtp_ports", f"{first + 20}-{first + 99}"),
        orphan_s=5,
        trunks={"net": Trunk(host=f"127.0.0.1:{subscriber}")} if trunks is None else dict(trunks),
        **settings,
    )
    log = EventLog()
    async with trio.open_nursery() as nursery:
        peer = SipPeer(directory, made, log, nursery, subscriber)
        async with AsyncExitStack() as stack:
            line = await stack.enter_async_context(SipBackend().open(LineSetup(name, made, log.sink, directory / "data", secret)))
            try:
                yield Bench(line, peer, log, directory, stack.aclose)
            finally:  # a test that failed is no crash of the appliance: its workers must not wait for another one
                await stack.aclose()
        nursery.cancel_scope.cancel()
