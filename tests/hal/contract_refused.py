"""The contract of what a line cannot do: a test that needs it ends with the proof that the line says so, and goes on with its calls."""

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import TYPE_CHECKING, Any

import pytest

from hal.api import (
    Alert,
    Answer,
    Answered,
    Capability,
    Cause,
    Command,
    Hold,
    ListLegs,
    Mix,
    Originate,
    Play,
    PlayEnd,
    PlayEnded,
    RecordingEnded,
    Reject,
    Released,
    SendDigits,
    StartRecording,
    Transfer,
    UnsupportedCommand,
)
from tests.hal.peer import Bench, Does, Tone

if TYPE_CHECKING:
    from tests.hal.contract_base import ContractBase

__all__ = ["Lacks", "or_refused"]

CALLER, SERVICE = "13800138000", "95500"
Test = Callable[..., Awaitable[None]]


class Lacks(Exception):
    """The line of this bench cannot do something that the test needs."""

    def __init__(self, bench: Bench, capability: Capability) -> None:
        super().__init__(f"line '{bench.line.name}' cannot {capability.name}")
        self.bench, self.capability = bench, capability


def or_refused(test: Test) -> Test:
    """The test; on a line that cannot do what it needs, the test of the refusal."""

    @wraps(test)
    async def either(self: "ContractBase", *args: Any, **more: Any) -> None:
        try:
            await test(self, *args, **more)
        except Lacks as lacks:
            for one in lacks.capability:
                await _refused(self, lacks.bench, one)

    return either


async def _refused(suite: "ContractBase", bench: Bench, lacks: Capability) -> None:
    match lacks:
        case Capability.CONFERENCE:
            await _no_conference(suite, bench)
        case Capability.CAUSES:
            await _no_causes(bench)
        case Capability.EARLY_MEDIA:
            await _no_early_media(bench)
        case _:
            _raises(bench, lacks)


def _raises(bench: Bench, lacks: Capability) -> None:
    name = bench.line.name
    commands: dict[Capability, Command] = {
        Capability.ORIGINATE: Originate(name, "out", "station:8001", SERVICE),
        Capability.PLAY: Play(name, "leg", 1, ("a.wav",)),
        Capability.DTMF: SendDigits(name, "leg", "1"),
        Capability.RECORD: StartRecording(name, "r", "r.wav", "leg"),
        Capability.MIX: Mix(name, {"leg": ()}),
        Capability.HOLD: Hold(name, "leg"),
        Capability.TRANSFER: Transfer(name, "leg", "number:1"),
        Capability.LISTING: ListLegs(name, 1),
    }
    with pytest.raises(UnsupportedCommand, match=f"line '{name}' cannot"):
        bench.line.submit(commands[lacks])


async def _no_conference(suite: "ContractBase", bench: Bench) -> None:
    """Whom neither of two consults does not come to them, nothing is played to them, one channel records them; they talk on."""
    name = bench.line.name
    caller, a = await suite.talking(bench, says=Tone.A)
    phone, b = await suite.station(bench, "8001", Tone.B, beside=a)
    suite.mix(bench, {a: (b,), b: (a,)})
    await caller.wait_hears(Tone.B)
    await phone.wait_hears(Tone.A)
    await bench.peer.station("8002", Does.ANSWERS, Tone.C)
    bench.do(Originate(name, "third", "station:8002", SERVICE, beside=a))
    released = await bench.log.wait(Released, leg="third")
    assert (released.cause, released.by_far_end) == (Cause.NO_CIRCUIT_AVAILABLE, False)
    suite.mix(bench, {a: (b, "third"), b: (a, "third"), "third": (a, b)})
    bench.do(Play(name, b, 1, (bench.peer.prompt(Tone.D, 0.6),)))
    assert (await bench.log.wait(PlayEnded, leg=b, play=1)).end is PlayEnd.STOPPED
    bench.do(StartRecording(name, "both", str(bench.directory / "both.wav"), a, b, max_s=1.0))
    bench.do(StartRecording(name, "none", str(bench.directory / "none.wav"), "gone", others=("gone too",)))
    assert (await bench.log.wait(RecordingEnded, recording="none")).error
    await caller.wait_hears(Tone.B)
    await phone.wait_hears(Tone.A)
    ended = await bench.log.wait(RecordingEnded, recording="both")
    assert ended.error == ""
    assert await bench.peer.recorded(ended) == (frozenset({Tone.A, Tone.B}),)


async def _no_causes(bench: Bench) -> None:
    """A caller is refused all the same."""
    caller = await bench.peer.call(SERVICE, CALLER)
    leg = await bench.arrived(CALLER)
    bench.do(Reject(bench.line.name, leg, Cause.UNALLOCATED_NUMBER))
    released = await bench.log.wait(Released, leg=leg)
    assert (released.cause, released.by_far_end) == (Cause.UNALLOCATED_NUMBER, False)
    assert await caller.wait_released() not in (None, Cause.NORMAL_CLEARING)


async def _no_early_media(bench: Bench) -> None:
    """What is played before the answer is heard after it."""
    name = bench.line.name
    caller = await bench.peer.call(SERVICE, CALLER)
    leg = await bench.arrived(CALLER)
    bench.do(Alert(name, leg, early_media=True))
    bench.do(Play(name, leg, 1, (bench.peer.prompt(Tone.A, 0.5),), loop=True))
    await caller.wait_rings()
    await caller.wait_hears()
    bench.do(Answer(name, leg))
    await bench.log.wait(Answered, leg=leg)
    await caller.wait_hears(Tone.A)
