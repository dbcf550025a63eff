"""What the contract suite needs of a far end: callers, subscribers and phones that do as they are told and say what they hear.

Every backend's tests implement `Peer` and `Party`: for sip with real telephones, for the simulated line with a book of who hears whom.
Nothing here sleeps: one waits for what is to happen, bounded by `WAIT_S` on the clock of the running trio.
"""

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from enum import Enum
from pathlib import Path
from typing import Any, TypeVar

import attrs
import trio

from hal.api import (
    Adopted,
    Alerted,
    Answered,
    Arrived,
    Cause,
    Command,
    DigitHeard,
    Event,
    Line,
    Originate,
    RecordingEnded,
    Released,
    StartRecording,
)

WAIT_S = 30.0
"""How long anything may take before the test fails."""

E = TypeVar("E", bound=Event)


class Tone(Enum):
    """A sound that can be told from the others: a sine of so many hertz, well inside the band of a telephone."""

    A = 420
    B = 610
    C = 870
    D = 1180
    E = 1530
    F = 1970
    G = 2440
    H = 2930


class Does(Enum):
    """What a phone does when it is called."""

    ANSWERS = "rings and answers at once"
    RINGS = "rings until the calling side gives up"
    BUSY = "refuses as busy"
    REJECTS = "refuses by the user's hand"


class Party(ABC):
    """One telephone at the far end, with at most two calls at a time; what is asked of it is done on the latest, or the one switched to."""

    @abstractmethod
    async def press(self, digits: str) -> None:
        """Send keys on the call going on."""

    @abstractmethod
    async def hang_up(self) -> None:
        """End the call, or give it up if nobody answered yet."""

    @abstractmethod
    async def hold(self) -> None:
        """Put the line on hold."""

    @abstractmethod
    async def retrieve(self) -> None:
        """End the hold."""

    @abstractmethod
    async def transfer(self, to: str) -> None:
        """Ask the line to be replaced by `to`, a number (blind transfer)."""

    @abstractmethod
    async def dial(self, dnis: str) -> None:
        """Call the line from this phone."""

    @abstractmethod
    async def consult(self, dnis: str) -> None:
        """Put the call going on on hold, and call the line a second time."""

    @abstractmethod
    async def switch(self) -> None:
        """Put the call going on on hold, and take the other one back."""

    @abstractmethod
    async def join(self, to: str) -> None:
        """Ask on the first call to be replaced by the far end of the second, which was dialled as `to` (attended transfer)."""

    @abstractmethod
    async def wait_transferred(self) -> Cause | None:
        """Until the line has said how the transfer ended: None for well, else why not."""

    @abstractmethod
    async def wait_rings(self) -> None:
        """Until it rings here: this phone as the called one, or the ring-back tone of the calling one."""

    @abstractmethod
    async def wait_answered(self) -> None:
        """Until the call is through."""

    @abstractmethod
    async def wait_released(self) -> Cause | None:
        """Until the call is over; the cause as this side learnt it, None when it was told none."""

    @abstractmethod
    async def wait_hears(self, *tones: Tone) -> None:
        """Until exactly these tones are heard at the same time; without any: until it is silent."""

    @abstractmethod
    async def wait_pressed(self, digits: str) -> None:
        """Until the line has sent exactly these keys."""


class Peer(ABC):
    """All that is on the far side of one line."""

    @abstractmethod
    async def call(self, dnis: str, ani: str, says: Tone | None = None) -> Party:
        """Let someone out in the network call the line; returns at once, the call being on its way."""

    @abstractmethod
    async def subscriber(self, number: str, does: Does, says: Tone | None = None) -> Party:
        """Someone out in the network, reachable as `number:NUMBER`."""

    @abstractmethod
    async def station(self, name: str, does: Does, says: Tone | None = None) -> Party:
        """A phone of the line's own, reachable as `station:NAME` when this returns."""

    @abstractmethod
    def prompt(self, tone: Tone, length_s: float) -> str:
        """Name of a file that sounds like this."""

    @abstractmethod
    async def recorded(self, ended: RecordingEnded) -> tuple[frozenset[Tone], ...]:
        """Which tones each channel of a recording holds, left first."""


class EventLog:
    """Everything a line told, in order."""

    def __init__(self) -> None:
        self.all: list[Event] = []
        self.then: Callable[[Event], None] = lambda _: None
        """What a test does at each event, in the sink itself."""
        self._more = trio.Event()

    def sink(self, event: Event) -> None:
        """Take one event: this is what the line is given."""
        self.all.append(event)
        self.then(event)
        self._more.set()
        self._more = trio.Event()

    async def until(self, what: str, found: Callable[[], Any]) -> Any:
        """Wait until `found()` is true and return it.

        Raises:
            AssertionError: `WAIT_S` passed; the message holds the whole log.

        """
        with trio.move_on_after(WAIT_S):
            while not (result := found()):
                await self._more.wait()
            return result
        log = "\n  ".join(map(repr, self.all)) or "nothing"
        raise AssertionError(f"no {what} in {WAIT_S:g} s; the line told:\n  {log}")

    def matching(self, kind: type[E], **fields: Any) -> list[E]:
        """All events of a class whose fields have these values."""
        return [e for e in self.all if isinstance(e, kind) and all(getattr(e, k) == v for k, v in fields.items())]

    async def wait(self, kind: type[E], **fields: Any) -> E:
        """The first event of this class with these values, now or when it comes."""
        events: list[E] = await self.until(f"{kind.__name__}({fields})", lambda: self.matching(kind, **fields))
        return events[0]

    async def wait_digits(self, leg: str, digits: str) -> None:
        """Wait until these keys, no more and no others, were heard on the leg."""

        def heard() -> str:
            return "".join(e.digit for e in self.matching(DigitHeard, leg=leg))

        await self.until(f"{len(digits)} digits on {leg}", lambda: len(heard()) >= len(digits))
        assert heard() == digits

    def of_leg(self, leg: str) -> list[Event]:
        """The events that name this leg."""
        return [e for e in self.all if getattr(e, "leg", None) == leg]


@attrs.define
class Bench:
    """An open line, its far end and its log: what each test of the contract works on."""

    line: Line
    peer: Peer
    log: EventLog
    directory: Path
    """For prompts and recordings."""
    close: Callable[[], Awaitable[None]]
    """Closes the line while the far end stays; to be called in the task that opened it."""
    originated: list[str] = attrs.field(factory=list)
    recordings: list[str] = attrs.field(factory=list)

    def do(self, command: Command) -> None:
        """Submit a command."""
        self.line.submit(command)
        if isinstance(command, Originate) and command.leg not in self.originated:
            self.originated.append(command.leg)
        if isinstance(command, StartRecording):
            self.recordings.append(command.recording)

    async def arrived(self, party_ani: str) -> str:
        """The leg of the call that this number makes."""
        return (await self.log.wait(Arrived, ani=party_ani)).leg

    def check_life_of_legs(self) -> None:
        """Hold a finished line to its promises: the order of events, and one `Released` per leg and `RecordingEnded` per recording."""
        known = [e.leg for e in self.log.all if isinstance(e, Arrived | Adopted)] + self.originated
        assert len(known) == len(set(known)), f"a leg ID came twice: {known}"
        for leg in known:
            events = self.log.of_leg(leg)
            kinds = [type(e) for e in events]
            assert kinds.count(Released) == 1, f"{leg}: not exactly one Released in {events}"
            assert kinds[-1] is Released, f"{leg}: events after Released: {events}"
            assert kinds.count(Answered) <= 1, f"{leg}: answered twice: {events}"
            if leg not in self.originated:
                assert kinds.count(Arrived) + kinds.count(Adopted) == 1, f"{leg}: {events}"
                assert kinds[0] in (Arrived, Adopted), f"{leg}: something before Arrived: {events}"
            if Answered in kinds:
                assert Alerted not in kinds[kinds.index(Answered) :], f"{leg}: Alerted after Answered: {events}"
        strangers = {e.leg for e in self.log.all if hasattr(e, "leg")} - set(known)
        assert not strangers, f"events of legs that never were: {strangers}"
        for recording in self.recordings:
            assert len(self.log.matching(RecordingEnded, recording=recording)) == 1, f"recording {recording} did not end exactly once"
        assert all(e.line == self.line.name for e in self.log.all), "an event names another line"
