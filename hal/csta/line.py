"""A line at a switch: the link to it, the voice line behind its ports, and the mapping that makes one line of both."""

import logging
from collections import deque
from collections.abc import AsyncIterator, Callable, Hashable, Iterable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from math import inf
from typing import Any, Protocol

import attrs
import trio

from hal.api import Backend, Capability, Command, Event, Group, Line, LineAlarm, LineSetup, Severity, check_supported
from hal.csta.link import Linked, Unlinked
from hal.csta.mapping import Ask, Keep, Kept, LookAt, Mapping, Output, Say, Tell, Voice
from hal.csta.messages import Message
from hal.csta.notices import Ended, Ignored, Notice, Opened
from hal.csta.passed_over import PassedOver

__all__ = ["OF_SWITCH", "OF_VOICE", "CtiLink", "Parts", "SwitchLine", "open_line"]

OF_VOICE = (
    Capability.ANSWER | Capability.ORIGINATE | Capability.PLAY | Capability.DTMF | Capability.RECORD | Capability.MIX | Capability.SPEECH
)  # fmt: skip
OF_SWITCH = Capability.ROUTE | Capability.OBSERVE | Capability.AGENT_STATES | Capability.REGISTRAR | Capability.OUTSIDE

_NOTHING = Capability(0)


class CtiLink(Protocol):
    """What a link to a switch is to its line, whatever it speaks: `hal.csta.link` speaks CSTA, `hal.ami` to an Asterisk's manager.

    It tells a sink notices (`hal.csta.notices`, `Unlinked`), for as long as `run` runs.
    """

    def request(self, handle: Hashable, message: Message) -> None:
        """Ask the switch; exactly one of `Answer`, `Refused` and `Unanswered` follows with this handle."""

    def tell(self, message: Message) -> None:
        """Say something that has no answer."""

    def look_at(self, device: str) -> None:
        """Take a snapshot of a device."""

    async def run(self) -> None:
        """Keep it up until `close`."""

    async def close(self) -> None:
        """End it in order."""


@attrs.frozen(kw_only=True)
class Parts:
    """What a line is put together of."""

    mapping: Mapping
    link: Callable[[Callable[[Notice], None]], CtiLink]
    """Makes the link that tells this sink."""
    voice: Backend
    voice_settings: Any
    cannot: Capability = _NOTHING
    """What others of its kind can, and this one as it is set up cannot."""
    keep: Callable[[tuple[Kept, ...]], None] = lambda _rows: None
    """Where to put what the next run has to know."""


class SwitchLine:
    """See `hal.csta.mapping`. Its voice line has the same name."""

    def __init__(self, setup: LineSetup, parts: Parts) -> None:
        self.name = setup.name
        self.capabilities = Capability(0)
        self._sink = setup.sink
        self._mapping = parts.mapping
        self._link = parts.link(self._noticed)
        self._write, self._cannot = parts.keep, parts.cannot
        self._unwritten = False
        self._linked, self._server = "not up yet", ""
        self._passed_over = PassedOver(setup.name)
        self._log = logging.getLogger(f"hotline.line.{setup.name}")
        self._voice: Line
        self._waiting: deque[Output] = deque()
        self._doing = self._closing = False
        self._wake = trio.Event()
        self._sleeps_until = -inf
        """When the time is looked at by itself; what is due before that wakes it."""

    @property
    def is_open(self) -> bool:
        """Whether its voice line is."""
        return bool(self.capabilities)

    @property
    def link(self) -> CtiLink:
        """The link to the switch."""
        return self._link

    def has_voice(self, line: Line) -> None:
        """The voice line is open."""
        self._voice = line
        self.capabilities = ((line.capabilities & OF_VOICE) | OF_SWITCH) & ~self._cannot
        self._do(self._mapping.adopt(trio.current_time()))

    def groups(self) -> tuple[Group, ...]:
        """The link and what was passed over of it, ports and recording ports, the agents' phones, and the media workers."""
        workers = tuple(group for group in self._voice.groups() if group.name == "media workers")
        return (Group("cti link", state=self._linked), *self._passed_over.group(), *self._mapping.groups(), *workers)

    def is_complete(self) -> None:
        """The voice line has said which legs it has from the last run."""
        self._do(self._mapping.opened(trio.current_time()))

    # --- what comes in ----------------------------------------------------------------------------------------------------

    def submit(self, command: Command) -> None:
        """See `hal.api.Line`."""
        check_supported(self, command)
        self._do(self._mapping.submit(trio.current_time(), command))

    def heard(self, event: Event) -> None:
        """The voice line says something."""
        self._do(self._mapping.voice(trio.current_time(), event))

    def _noticed(self, notice: Notice) -> None:
        if self._closing:
            return
        if isinstance(notice, Linked):
            self._server, self._linked = notice.server, f"connected with {notice.server}, no session yet"
        elif isinstance(notice, Opened):
            self._linked = f"up: {self._server}"
        elif isinstance(notice, Ended):
            self._linked = f"down: {notice.reason}"
        elif isinstance(notice, Unlinked):
            self._linked = f"down: {notice.server} cannot be reached: {notice.reason}"
        if isinstance(notice, Unlinked):
            text = f"the switch at {notice.server} cannot be reached: {notice.reason}"
            advice = "it is tried again by itself; callers take the switch's own way meanwhile"
            self._sink(LineAlarm(self.name, Severity.RED, "cti link", text, advice))
        elif isinstance(notice, Ignored):
            self._log.info("passed over: %s", notice.reason)
            self._do(Say(alarm) for alarm in self._passed_over.take(trio.current_time(), notice))
        else:
            self._do(self._mapping.notice(trio.current_time(), notice))

    # --- what is to be done -----------------------------------------------------------------------------------------------

    def _do(self, outputs: Iterable[Output]) -> None:
        """All of it, in order: what is done may at once lead to more, which comes after it."""
        self._waiting += outputs
        if self._doing:
            return
        self._doing = True
        try:
            while self._waiting:
                self._one(self._waiting.popleft())
        finally:
            self._doing = False
            if self._next_deadline() < self._sleeps_until:
                self._wake.set()

    def _one(self, output: Output) -> None:
        match output:
            case Say(event=event):
                self._sink(event)
            case Voice(command=command):
                self._voice.submit(command)
            case Ask(handle=handle, request=request):
                self._link.request(handle, request)
            case Tell(message=message):
                self._link.tell(message)
            case Keep(rows=rows):
                self._keep(rows)
            case LookAt(device=device):
                self._link.look_at(device)

    def _keep(self, rows: tuple[Kept, ...]) -> None:
        try:
            self._write(rows)
        except OSError as error:
            text = f"what goes on at line '{self.name}' cannot be written down: {error}"
            advice = "calls go on; after a restart those of now would be lost from the records"
            if not self._unwritten:
                self._sink(LineAlarm(self.name, Severity.YELLOW, "calls of now", text, advice))
            self._unwritten = True
        else:
            if self._unwritten:
                self._sink(LineAlarm(self.name, Severity.YELLOW, "calls of now", "what goes on is written down again", cleared=True))
            self._unwritten = False

    async def close(self) -> None:
        """End all legs, and the session with the switch in order; nothing is left to the next run."""
        self._do(self._mapping.close(trio.current_time()))
        self._closing = True
        self._keep(())
        await self._link.close()

    async def watch_the_time(self) -> None:
        """Let the mapping do what is due."""
        while True:
            self._sleeps_until = at = self._next_deadline()
            with trio.move_on_at(at):
                await self._wake.wait()
            self._wake = trio.Event()
            if at <= trio.current_time():
                self._do(self._mapping.tick(trio.current_time()))
                self._do(Say(alarm) for alarm in self._passed_over.tick(trio.current_time()))

    def _next_deadline(self) -> float:
        return min((at for at in (self._mapping.next_deadline(), self._passed_over.next_deadline()) if at is not None), default=inf)


def open_line(setup: LineSetup, parts: Parts) -> AbstractAsyncContextManager[Line]:
    """Open a line of these parts: it is open as soon as its voice line is, the link comes up when it can."""
    return _open(setup, parts)


@asynccontextmanager
async def _open(setup: LineSetup, parts: Parts) -> AsyncIterator[Line]:
    line = SwitchLine(setup, parts)
    early: list[Event] = []
    voice_setup = attrs.evolve(
        setup, settings=parts.voice_settings, sink=lambda event: line.heard(event) if line.is_open else early.append(event)
    )
    async with parts.voice.open(voice_setup) as voice, trio.open_nursery() as nursery:
        line.has_voice(voice)
        for event in early:
            line.heard(event)
        line.is_complete()
        nursery.start_soon(line.link.run)
        nursery.start_soon(line.watch_the_time)
        try:
            yield line
        finally:
            with trio.CancelScope(shield=True):
                await line.close()
            nursery.cancel_scope.cancel()
