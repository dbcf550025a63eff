"""Telephones played by this program: callers and agents' phones for `./hotline call` and for scenarios run live.

A thin layer over a SIP line used the other way round: each call is an object one can await. It decides nothing and knows no scenario.

    async with open_phones(data_dir, at="127.0.0.1:5060", stations=["8001"], secret=secret) as phones:
        await phones.wait_registered()
        call = phones.call("95500", ani="13800138000")
        await call.wait_answered()
        call.send_digits("1")
"""

import socket
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

import trio

from hal.api import (
    Alert,
    Alerted,
    Answer,
    Answered,
    Arrived,
    Cause,
    DigitHeard,
    Event,
    LineFault,
    LineSetup,
    Originate,
    Play,
    PlayEnded,
    RecordingEnded,
    Reject,
    Release,
    Released,
    SendDigits,
    StartRecording,
    StopPlay,
    StopRecording,
)
from hal.sip.backend import SipBackend
from hal.sip.line import SipLine
from hal.sip.settings import Account, SipSettings, host_port

__all__ = ["PhoneCall", "Phones", "open_phones"]

REGISTER_S = 10.0


class PhoneCall:
    """One call of one of our phones, made or received. Times are `trio.current_time()`."""

    def __init__(self, phones: "Phones", leg: str, ani: str, dnis: str) -> None:
        self.leg = leg
        self.ani = ani
        self.dnis = dnis
        """Called number; for a call that arrived, the station that is called."""
        self.started_at = trio.current_time()
        self.answered_at: float | None = None
        self.released_at: float | None = None
        self.released: Released | None = None
        self.digits = ""
        """Keys heard from the far end."""
        self.recorded: RecordingEnded | None = None
        self._phones = phones
        self._alerted = False
        self._plays = 0
        self._plays_ended = 0
        self._changed = trio.Event()

    # --- what this phone does -----------------------------------------------------------------------------------------

    def ring(self) -> None:
        """Tell the calling side that it rings here."""
        self._phones.submit(Alert(self._phones.name, self.leg))

    def answer(self) -> None:
        """Take the call."""
        self._phones.submit(Answer(self._phones.name, self.leg))

    def reject(self, cause: Cause = Cause.USER_BUSY) -> None:
        """Refuse the call."""
        self._phones.submit(Reject(self._phones.name, self.leg, cause))

    def hang_up(self) -> None:
        """End the call, or give it up."""
        self._phones.submit(Release(self._phones.name, self.leg))

    def send_digits(self, digits: str) -> None:
        """Press keys."""
        self._phones.submit(SendDigits(self._phones.name, self.leg, digits))

    def say(self, *files: str, loop: bool = False) -> None:
        """Speak: play WAV files (8 kHz, 16 bit, one channel) into the call; `wait_said` waits for their end."""
        self._plays += 1
        self._phones.submit(Play(self._phones.name, self.leg, self._plays, files, loop))

    def be_silent(self) -> None:
        """Stop speaking."""
        self._phones.submit(StopPlay(self._phones.name, self.leg, self._plays))

    def record(self, file: Path) -> None:
        """Record what is heard here until the call ends, or until `stop_recording`; then `wait_recorded` gives the recording."""
        self._phones.submit(StartRecording(self._phones.name, self.leg, str(file), self.leg))

    def stop_recording(self) -> None:
        """End the recording."""
        self._phones.submit(StopRecording(self._phones.name, self.leg))

    # --- what happens to it -------------------------------------------------------------------------------------------

    async def wait_alerted(self) -> bool:
        """Until it rings at the far end, or is over; True if it rang."""
        await self._until(lambda: self._alerted or self.answered_at is not None or self.released is not None)
        return self._alerted

    async def wait_answered(self) -> bool:
        """Until the call is through, or over; True if it is through."""
        await self._until(lambda: self.answered_at is not None or self.released is not None)
        return self.answered_at is not None

    async def wait_released(self) -> Released:
        """Until the call is over."""
        await self._until(lambda: self.released is not None)
        assert self.released is not None
        return self.released

    async def wait_said(self) -> None:
        """Until everything that was to be said is said, or the call is over."""
        await self._until(lambda: self._plays_ended >= self._plays or self.released is not None)

    async def wait_digits(self, count: int) -> str:
        """Until so many keys were heard, or the call is over; the keys so far."""
        await self._until(lambda: len(self.digits) >= count or self.released is not None)
        return self.digits

    async def wait_recorded(self) -> RecordingEnded:
        """Until the recording is whole on disk."""
        await self._until(lambda: self.recorded is not None)
        assert self.recorded is not None
        return self.recorded

    async def _until(self, true: Callable[[], bool]) -> None:
        while not true():
            await self._changed.wait()

    def _take(self, event: Event) -> None:
        now = trio.current_time()
        if isinstance(event, Alerted):
            self._alerted = True
        elif isinstance(event, Answered):
            self.answered_at = now
        elif isinstance(event, Released):
            self.released, self.released_at = event, now
        elif isinstance(event, DigitHeard):
            self.digits += event.digit
        elif isinstance(event, PlayEnded):
            self._plays_ended = max(self._plays_ended, event.play)
        elif isinstance(event, RecordingEnded):
            self.recorded = event
        self._changed.set()
        self._changed = trio.Event()


class Phones:
    """Our telephones, on one SIP line of their own."""

    name = "phones"

    def __init__(self, at: str, stations: Iterable[str]) -> None:
        self.at = at
        self.stations = tuple(stations)
        self.submit: Callable[..., None]
        self._line: SipLine
        self._calls: dict[str, PhoneCall] = {}
        self._waiting: deque[PhoneCall] = deque()
        self._more = trio.Event()
        self._count = 0

    def call(self, to: str, ani: str, display: str = "") -> PhoneCall:
        """Call a number of the appliance, as a station of ours if `ani` is one, else as somebody in the network."""
        self._count += 1
        call = PhoneCall(self, f"call{self._count}", ani, to)
        self._calls[call.leg] = call
        self.submit(Originate(self.name, call.leg, f"sip:{to.replace('#', '%23')}@{self.at}", ani, display))
        return call

    async def next_call(self) -> PhoneCall:
        """The next call that reaches one of our stations; it neither rings nor answers by itself."""
        while not self._waiting:
            await self._more.wait()
        return self._waiting.popleft()

    async def wait_registered(self) -> None:
        """Until all stations are logged in.

        Raises:
            LineFault: one was refused, or they did not all get through in time; the message names them.

        """
        wanted = {f"station:{station}" for station in self.stations}
        with trio.move_on_after(REGISTER_S):
            while True:
                states = self._line.accounts
                if wanted <= {account for account, state in states.items() if state.ok}:
                    return
                refused = {a: s for a, s in states.items() if a in wanted and not s.ok and s.status in (401, 403, 404)}
                if refused:
                    said = ", ".join(f"{a.partition(':')[2]} ({s.status} {s.reason})" for a, s in sorted(refused.items()))
                    raise LineFault(f"{self.at} does not let these stations in: {said}; check that it knows them, and their secrets")
                await self._line.accounts_changed.wait()
        missing = sorted(a.partition(":")[2] for a in wanted if a not in self._line.accounts or not self._line.accounts[a].ok)
        raise LineFault(f"these stations could not log in at {self.at} within {REGISTER_S:g} s: {', '.join(missing)}; is it running?")

    def take(self, event: Event) -> None:
        """The line's sink."""
        if isinstance(event, Arrived):
            call = self._calls[event.leg] = PhoneCall(self, event.leg, event.ani, event.dnis)
            self._waiting.append(call)
            self._more.set()
            self._more = trio.Event()
            return
        name = event.recording if isinstance(event, RecordingEnded) else getattr(event, "leg", "")
        found = self._calls.get(name)
        if found is None:
            return
        found._take(event)
        if isinstance(event, Released) and found.recorded is not None:
            del self._calls[name]


@asynccontextmanager
async def open_phones(
    data_dir: Path,
    at: str,
    stations: Iterable[str] = (),
    secret: Callable[[str], str | None] = lambda _: None,
    *,
    listen: str = "",
    transport: str = "udp",
    rtp_ports: str = "40000-49999",
    channels: int = 1000,
) -> AsyncIterator[Phones]:
    """Switch phones on: `stations` log in at `at` (`address:port`) with the secrets `station:NAME`; any number can be called from.

    They listen on `listen`, by default on a free port of the loopback address if `at` is there, else on all addresses.

    Raises:
        LineFault: as for any SIP line.

    """
    phones = Phones(at, stations)
    host = "127.0.0.1" if at.startswith("127.") else "0.0.0.0"
    settings = SipSettings(
        listen=listen or f"{host}:{_free_port(host)}",
        from_=(f"{host_port(at)[0]}/32",),
        rtp_ports=rtp_ports,
        channels=channels,
        orphan_s=5,
        register=tuple(Account(user=station, at=at, transport=transport) for station in phones.stations),
    )
    async with SipBackend().open(LineSetup(phones.name, settings, phones.take, data_dir, secret)) as line:
        assert isinstance(line, SipLine)
        phones._line, phones.submit = line, line.submit
        yield phones


def _free_port(host: str) -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind((host, 0))
        port: int = probe.getsockname()[1]
    return port
