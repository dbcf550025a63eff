"""The far end of a simulated line for the contract suite: who hears whom is read from the line's own book.

Time passes in steps of 10 ms, each as soon as everyone who waits has looked at the one before: nothing takes real time.
"""

from collections.abc import Callable, Iterator
from heapq import heappop, heappush
from itertools import count

import attrs
import trio

from hal.api import Cause, RecordingEnded
from hal.simulated import FarEnd, LegState, SimulatedLeg, SimulatedLine, SimulatedRecording
from hal.simulated import Party as FarParty
from tests.hal.peer import WAIT_S, Does, Party, Peer, Tone

_STEP_S = 0.01


class Hand:
    """The time of a simulated line, moved by hand, or by `run` in steps."""

    def __init__(self) -> None:
        self.t = 0.0
        self.stepped = trio.Event()
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = count()

    def now(self) -> float:
        return self.t

    def schedule(self, delay_s: float, fn: Callable[[], None]) -> None:
        heappush(self._due, (self.t + delay_s, next(self._numbers), fn))

    def to(self, t: float) -> None:
        """Let everything happen that is due by `t`."""
        while self._due and self._due[0][0] <= t:
            self.t, _, fn = heappop(self._due)
            fn()
        self.t = t

    async def run(self) -> None:
        """Let time pass, for ever."""
        while True:
            self.to(self.t + _STEP_S)
            self.stepped.set()
            self.stepped = trio.Event()
            for _ in range(2):  # those who were woken run in the next turn of trio
                await trio.lowlevel.checkpoint()


class Phone(FarParty, Party):
    """One telephone; as a party of the simulated line it notes what it is told."""

    def __init__(self, town: "Town", does: Does, says: Tone | None, name: str) -> None:
        self.town, self.does, self.says, self.name = town, does, says, name
        self.up = self.rang = self.over = False
        self.cause: Cause | None = None
        self.pressed = ""
        self.other: SimulatedLeg | None = None
        self.fate: list[Cause | None] = []

    @property
    def wire(self) -> SimulatedLeg:
        """This phone's leg, with all it can do."""
        assert isinstance(self.leg, SimulatedLeg)
        return self.leg

    # --- the line tells

    def called(self) -> None:
        self.town.on_leg[self.wire.id] = self
        match self.does:
            case Does.BUSY:
                self.leg.refuse(Cause.USER_BUSY)
            case Does.REJECTS:
                self.leg.refuse(Cause.CALL_REJECTED)
            case _:
                self.rang = True
                self.leg.ring()
                if self.does is Does.ANSWERS:
                    self.up = True
                    self.leg.answer()

    def ringing(self, early_media: bool) -> None:
        self.rang = True

    def answered(self) -> None:
        self.up = True

    def released(self, cause: Cause) -> None:
        self.over, self.cause = True, cause

    def digits(self, digits: str) -> None:
        self.pressed += digits

    def transfer_answered(self, cause: Cause | None) -> None:
        self.fate.append(cause)

    # --- the suite tells

    async def press(self, digits: str) -> None:
        self.leg.press(digits)

    async def hang_up(self) -> None:
        self.over = True
        self.leg.hang_up()

    async def hold(self) -> None:
        self.wire.hold()

    async def retrieve(self) -> None:
        self.wire.retrieve()

    async def transfer(self, to: str) -> None:
        self.wire.ask_transfer(to)

    async def dial(self, dnis: str) -> None:
        self.town.line.arrive(self, self.name, dnis, station=self.name)

    async def consult(self, dnis: str) -> None:
        self.wire.hold()
        self.other = self.wire
        await self.dial(dnis)
        self.town.on_leg[self.wire.id] = self

    async def switch(self) -> None:
        assert self.other is not None
        self.wire.hold()
        self.leg, self.other = self.other, self.wire
        self.wire.retrieve()

    async def join(self, to: str) -> None:
        assert self.other is not None
        self.other.ask_transfer(to, self.wire.id)

    async def wait_transferred(self) -> Cause | None:
        await self._until("end of the transfer", lambda: self.fate)
        return self.fate[0]

    async def wait_rings(self) -> None:
        await self._until("ringing", lambda: self.rang)

    async def wait_answered(self) -> None:
        await self._until("the answer", lambda: self.up)

    async def wait_released(self) -> Cause | None:
        await self._until("the release", lambda: self.over)
        return self.cause

    async def wait_hears(self, *tones: Tone) -> None:
        await self.town.hand.stepped.wait()  # hearing takes time
        await self._until(f"{tones} (heard: {self.hears()})", lambda: self.hears() == frozenset(tones))

    async def wait_pressed(self, digits: str) -> None:
        await self._until(f"keys {digits}", lambda: self.pressed == digits)

    def hears(self) -> frozenset[Tone]:
        """What is in this phone's ear now."""
        if self.wire.state is LegState.GONE:
            return frozenset()
        file, legs = self.wire.heard()
        heard = {self.town.on_leg[leg].says for leg in legs}
        if file is not None:
            heard.add(self.town.prompts[file][0])
        return frozenset(tone for tone in heard if tone is not None)

    async def _until(self, what: str, true: Callable[[], object]) -> None:
        with trio.move_on_after(WAIT_S):
            while not true():
                await self.town.hand.stepped.wait()
            return
        raise AssertionError(f"phone {self.name}: no {what} in {WAIT_S:g} s")


class Exchange(FarEnd):
    """What the line talks to; a class of its own because `recorded` means something else to the suite."""

    def __init__(self, town: "Town") -> None:
        self.town = town

    def opened(self, line: SimulatedLine) -> None:
        self.town.line = line

    def called(self, leg: SimulatedLeg, to: str, ani: str, display: str) -> FarParty | Cause:
        return self.town.at.get(to, Cause.UNALLOCATED_NUMBER)

    def transferred(self, leg: SimulatedLeg, to: str) -> None:
        phone = self.town.at[to]
        phone.rang = phone.up = True  # the network's call, not the line's

    def recorded(self, recording: SimulatedRecording) -> None:
        self.town.recordings[recording.id] = recording


@attrs.define(eq=False)
class Town(Peer):
    """Everybody on the far side."""

    hand: Hand
    directory: str
    secrets: dict[str, str]
    line: SimulatedLine = attrs.field(init=False)
    at: dict[str, Phone] = attrs.field(factory=dict)
    """By address: `station:8001`, `number:137...`."""
    on_leg: dict[str, Phone] = attrs.field(factory=dict)
    prompts: dict[str, tuple[Tone, float]] = attrs.field(factory=dict)
    recordings: dict[str, SimulatedRecording] = attrs.field(factory=dict)
    _numbers: Iterator[int] = attrs.field(factory=count)

    async def call(self, dnis: str, ani: str, says: Tone | None = None) -> Phone:
        phone = Phone(self, Does.ANSWERS, says, ani)
        self.line.arrive(phone, ani, dnis)
        self.on_leg[phone.wire.id] = phone
        return phone

    async def subscriber(self, number: str, does: Does, says: Tone | None = None) -> Phone:
        phone = self.at[f"number:{number}"] = Phone(self, does, says, number)
        return phone

    async def station(self, name: str, does: Does, says: Tone | None = None) -> Phone:
        phone = self.at[f"station:{name}"] = Phone(self, does, says, name)
        assert self.line.register(name, self.secrets[f"station:{name}"])
        return phone

    def prompt(self, tone: Tone, length_s: float) -> str:
        file = f"{self.directory}/prompt-{next(self._numbers)}.wav"
        self.prompts[file] = (tone, length_s)
        return file

    def duration_of(self, file: str) -> float | None:
        """Length of a prompt; None: there is none."""
        return self.prompts[file][1] if file in self.prompts else None

    async def recorded(self, ended: RecordingEnded) -> tuple[frozenset[Tone], ...]:
        channels = self.recordings[ended.recording].channels
        said = [[self.on_leg[leg.id].says for leg in channel] for channel in channels]
        return tuple(frozenset(tone for tone in channel if tone is not None) for channel in said)
