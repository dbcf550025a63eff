"""All that is at a switch and behind it, as the contract suite wants it; whatever the switch is, and the link to it.

What the appliance says at a port or over its trunk is read from the voice line's book. A recording holds what was said to its legs while
it went on.
"""

from abc import abstractmethod
from collections.abc import Iterator
from itertools import count
from typing import Any

import attrs
import trio

from hal.api import Cause, RecordingEnded, StationRegistered
from hal.simulated import LegState, SimulatedLeg, SimulatedLine
from hal.simulated import Party as FarParty
from tests.hal.peer import WAIT_S, Does, EventLog, Party, Peer, Tone

__all__ = ["LOOK_S", "Phone", "SwitchTown"]

LOOK_S = 0.01


class Phone(FarParty, Party):
    """One telephone at the switch, or in the network behind it."""

    def __init__(self, town: "SwitchTown", does: Does, says: Tone | None, name: str) -> None:
        self.town, self.does, self.says, self.name = town, does, says, name
        self.up = self.rang = self.over = False
        self.cause: Cause | None = None
        self.pressed = ""

    # --- the switch tells

    def called(self) -> None:
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

    # --- the suite tells

    async def press(self, digits: str) -> None:
        self.leg.press(digits)

    async def hang_up(self) -> None:
        self.over = True
        self.leg.hang_up()

    async def hold(self) -> None:
        self.town.service("hold_call", self.name)

    async def retrieve(self) -> None:
        self.town.service("retrieve_call", self.name)

    async def dial(self, dnis: str) -> None:
        self.town.dial(self, self.name, dnis)

    async def _is_the_switchs(self, *_: object) -> Any:
        raise AssertionError("what this phone's keys do to two calls is the switch's affair: the line must not offer it")

    transfer = consult = switch = join = wait_transferred = _is_the_switchs  # type: ignore[assignment] # whatever it is asked

    async def wait_rings(self) -> None:
        await self._until("ringing", lambda: self.rang or self.town.rings_for(self))

    async def wait_answered(self) -> None:
        await self._until("the answer", lambda: self.up)

    async def wait_released(self) -> Cause | None:
        await self._until("the release", lambda: self.over)
        return self.cause

    async def wait_hears(self, *tones: Tone) -> None:
        await trio.sleep(LOOK_S)  # hearing takes time
        await self._until(f"{tones} (heard: {self.hears()})", lambda: self.hears() == frozenset(tones))

    async def wait_pressed(self, digits: str) -> None:
        await self._until(f"keys {digits}", lambda: self.pressed == digits)

    def hears(self) -> frozenset[Tone]:
        """What is in this phone's ear now."""
        return self.town.heard_by(self)

    async def _until(self, what: str, true: Any) -> None:
        with trio.move_on_after(WAIT_S):
            while not true():  # noqa: ASYNC110 - in virtual time; nobody tells of it
                await trio.sleep(LOOK_S)
            return
        raise AssertionError(f"phone {self.name}: no {what} in {WAIT_S:g} s")


@attrs.define(eq=False)
class SwitchTown(Peer):
    """Everybody."""

    directory: str
    log: EventLog
    voice: SimulatedLine = attrs.field(init=False)
    """The line behind the ports."""
    at: dict[str, Phone] = attrs.field(factory=dict)
    """Who takes calls, by address: `station:8001`, `number:137...`."""
    prompts: dict[str, tuple[Tone, float]] = attrs.field(factory=dict)
    sounds: dict[str, list[set[Tone]]] = attrs.field(factory=dict)
    """What each recording holds so far, by channel."""
    _numbers: Iterator[int] = attrs.field(factory=count)

    # --- what the switch is asked -----------------------------------------------------------------------------------------

    @abstractmethod
    def dial(self, phone: Phone, station: str, dnis: str) -> None:
        """A phone calls."""

    @abstractmethod
    def service(self, name: str, station: str) -> None:
        """What a phone's own keys ask it for: `hold_call`, `retrieve_call`."""

    @abstractmethod
    def rings_for(self, phone: Phone) -> bool:
        """Whether who has called hears the switch's ringing tone."""

    @abstractmethod
    def heard_by(self, phone: Phone) -> frozenset[Tone]:
        """What is in a phone's ear now."""

    @abstractmethod
    def to_line(self, leg: str) -> frozenset[Tone]:
        """What a leg of the voice line brings to the appliance."""

    # --- who is there -----------------------------------------------------------------------------------------------------

    async def subscriber(self, number: str, does: Does, says: Tone | None = None) -> Phone:
        phone = self.at[f"number:{number}"] = Phone(self, does, says, number)
        return phone

    async def station(self, name: str, does: Does, says: Tone | None = None) -> Phone:
        phone = self.at[f"station:{name}"] = Phone(self, does, says, name)
        await self.log.wait(StationRegistered, station=name)
        return phone

    def takes(self, to: str, _ani: str) -> FarParty | Cause:
        """Who takes a call."""
        return self.at.get(to, Cause.UNALLOCATED_NUMBER)

    # --- what is heard ----------------------------------------------------------------------------------------------------

    def prompt(self, tone: Tone, length_s: float) -> str:
        file = f"{self.directory}/prompt-{next(self._numbers)}.wav"
        self.prompts[file] = (tone, length_s)
        return file

    def duration_of(self, file: str) -> float | None:
        """Length of a prompt; None: there is none."""
        return self.prompts[file][1] if file in self.prompts else None

    def said_on(self, leg: SimulatedLeg) -> frozenset[Tone]:
        """What the appliance says on a leg of its voice line: what it plays, and what others say to it whom the leg hears."""
        if leg.state is LegState.GONE:
            return frozenset()
        file, legs = leg.heard()
        played = frozenset({self.prompts[file][0]}) if file is not None else frozenset()
        return played.union(*(self.to_line(other) for other in legs))

    async def listen(self) -> None:
        """Hear what recordings hear, for ever."""
        while True:
            for recording in self.voice.recordings.values():
                sounds = self.sounds.setdefault(recording.id, [set() for _ in recording.channels])
                for legs, sound in zip(recording.channels, sounds, strict=True):
                    sound.update(*(self.to_line(leg.id) for leg in legs))
            await trio.sleep(LOOK_S / 2)

    async def recorded(self, ended: RecordingEnded) -> tuple[frozenset[Tone], ...]:
        return tuple(frozenset(channel) for channel in self.sounds[ended.recording])

    def left_at_the_voice_line(self) -> list[str]:
        """What is still there of its legs and recordings."""
        return [f"leg {leg}" for leg in self.voice.legs] + [f"recording {recording}" for recording in self.voice.recordings]
