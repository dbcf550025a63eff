"""The contract, part one: the line itself, calls that arrive, calls we make, and the end of everything."""

from pathlib import Path

import pytest
import trio

from hal.api import (
    Alert,
    Alerted,
    Answer,
    Answered,
    AnswerTransfer,
    Arrived,
    Capability,
    Cause,
    Command,
    Hold,
    LineOpened,
    Mix,
    Originate,
    Play,
    Reject,
    Release,
    Released,
    Retrieve,
    Route,
    SendDigits,
    StartRecording,
    StopPlay,
    StopRecording,
    Transfer,
    UnsupportedCommand,
)
from tests.hal.contract_base import CALLER, SERVICE, ContractBase
from tests.hal.peer import Bench, Does, Tone


class CallContract(ContractBase):
    """Life and death of legs."""

    # --- opening --------------------------------------------------------------------------------------------------------

    async def test_the_line_says_what_it_can_do_and_leaves_its_opening_to_the_shell(self, bench: Bench) -> None:
        assert bench.line.capabilities
        await bench.peer.call(SERVICE, CALLER)
        await bench.log.wait(Arrived)
        assert not bench.log.matching(LineOpened)

    @pytest.mark.requirement("OPS-01")
    async def test_its_groups_tell_what_of_it_is_in_use(self, bench: Bench) -> None:
        free = bench.line.groups()
        caller, leg = await self.talking(bench)
        taken = bench.line.groups()
        assert [group.name for group in taken] == [group.name for group in free]
        busy = [(then.busy, now.busy) for then, now in zip(free, taken, strict=True) if now.busy != then.busy]
        assert busy, "a call is in use of something"
        assert {now - then for then, now in busy} == {1}
        assert all(0 <= group.busy + group.blocked <= group.channels for group in taken if group.channels)
        await caller.hang_up()
        await bench.log.wait(Released, leg=leg)
        with trio.fail_after(30):
            while bench.line.groups() != free:  # noqa: ASYNC110 - what the far side still has of it tells nobody when it goes
                await trio.sleep(0.05)

    async def test_a_command_beyond_the_capabilities_raises_and_names_line_and_command(self, bench: Bench) -> None:
        name, leg = bench.line.name, "nobody"
        each: list[Command] = [
            Alert(name, leg), Answer(name, leg), Reject(name, leg, Cause.USER_BUSY), Release(name, leg), Hold(name, leg),
            Retrieve(name, leg),
            Originate(name, leg, "station:1", ""), Play(name, leg, 1, ("a.wav",)), StopPlay(name, leg, 1), SendDigits(name, leg, "1"),
            StartRecording(name, "r", "r.wav", leg), StopRecording(name, "r"), Mix(name, {leg: ()}), Transfer(name, leg, "number:1"),
            AnswerTransfer(name, leg), Route(name, leg, "number:1"),
        ]  # fmt: skip
        beyond = [c for c in each if c.needs not in bench.line.capabilities]
        assert beyond, "open the line of this test without at least one capability"
        for command in beyond:
            with pytest.raises(UnsupportedCommand, match=f"line '{name}' cannot {type(command).__name__}"):
                bench.line.submit(command)

    async def test_a_command_for_a_leg_that_is_not_there_has_no_effect(self, bench: Bench) -> None:
        name, leg = bench.line.name, "nobody"
        each: list[Command] = [
            Alert(name, leg), Answer(name, leg), Reject(name, leg, Cause.USER_BUSY), Release(name, leg), Hold(name, leg),
            Retrieve(name, leg),
            Play(name, leg, 1, ("a.wav",)), StopPlay(name, leg, 1), SendDigits(name, leg, "1"), StopRecording(name, "no recording"),
            Mix(name, {leg: ("nobody either",)}), Transfer(name, leg, "number:1"), AnswerTransfer(name, leg),
        ]  # fmt: skip
        for command in each:
            if command.needs in bench.line.capabilities:
                bench.do(command)
        await self.talking(bench)  # the line has dealt with all of them by now, and still works
        assert bench.log.of_leg(leg) == []

    # --- calls that arrive ----------------------------------------------------------------------------------------------

    async def test_a_call_arrives_with_both_numbers(self, bench: Bench) -> None:
        await bench.peer.call(SERVICE, CALLER)
        arrived = await bench.log.wait(Arrived)
        assert (arrived.ani, arrived.dnis, arrived.station) == (CALLER, SERVICE, "")
        assert arrived.trunk

    async def test_it_rings_is_answered_and_released_by_us(self, bench: Bench) -> None:
        caller = await bench.peer.call(SERVICE, CALLER)
        leg = await bench.arrived(CALLER)
        bench.do(Alert(bench.line.name, leg))
        await caller.wait_rings()
        bench.do(Answer(bench.line.name, leg))
        await bench.log.wait(Answered, leg=leg)
        await caller.wait_answered()
        bench.do(Release(bench.line.name, leg))
        released = await bench.log.wait(Released, leg=leg)
        assert (released.cause, released.by_far_end) == (Cause.NORMAL_CLEARING, False)
        await caller.wait_released()

    @pytest.mark.parametrize("cause", [Cause.USER_BUSY, Cause.UNALLOCATED_NUMBER, Cause.CALL_REJECTED], ids=lambda c: c.name)
    async def test_a_refused_caller_learns_the_cause(self, bench: Bench, cause: Cause) -> None:
        self.need(bench, Capability.ANSWER | Capability.CAUSES)
        caller = await bench.peer.call(SERVICE, CALLER)
        leg = await bench.arrived(CALLER)
        bench.do(Reject(bench.line.name, leg, cause))
        released = await bench.log.wait(Released, leg=leg)
        assert (released.cause, released.by_far_end) == (cause, False)
        assert await caller.wait_released() == cause

    async def test_the_caller_hangs_up_before_the_answer(self, bench: Bench) -> None:
        caller = await bench.peer.call(SERVICE, CALLER)
        leg = await bench.arrived(CALLER)
        bench.do(Alert(bench.line.name, leg))
        await caller.wait_rings()
        await caller.hang_up()
        released = await bench.log.wait(Released, leg=leg)
        assert (released.cause, released.by_far_end) == (Cause.NORMAL_CLEARING, True)
        bench.do(Answer(bench.line.name, leg))  # the core did not know yet
        await self.talking(bench, "13900139000")
        assert not bench.log.matching(Answered, leg=leg)

    async def test_the_caller_hangs_up_after_the_answer(self, bench: Bench) -> None:
        caller, leg = await self.talking(bench)
        await caller.hang_up()
        released = await bench.log.wait(Released, leg=leg)
        assert (released.cause, released.by_far_end) == (Cause.NORMAL_CLEARING, True)
        bench.do(Release(bench.line.name, leg))  # too late: quietly without effect
        bench.do(SendDigits(bench.line.name, leg, "1"))
        await self.talking(bench, "13900139000")

    async def test_both_sides_hang_up_at_the_same_time(self, bench: Bench) -> None:
        caller, leg = await self.talking(bench)
        bench.do(Release(bench.line.name, leg))
        bench.do(Release(bench.line.name, leg))
        await caller.hang_up()
        await bench.log.wait(Released, leg=leg)
        await caller.wait_released()

    async def test_speech_is_heard_before_the_answer(self, bench: Bench) -> None:
        self.need(bench, Capability.EARLY_MEDIA)
        caller = await bench.peer.call(SERVICE, CALLER)
        leg = await bench.arrived(CALLER)
        bench.do(Alert(bench.line.name, leg, early_media=True))
        bench.do(Play(bench.line.name, leg, 1, (bench.peer.prompt(Tone.A, 0.5),), loop=True))
        await caller.wait_hears(Tone.A)
        bench.do(Answer(bench.line.name, leg))
        await bench.log.wait(Answered, leg=leg)
        await caller.wait_hears(Tone.A)

    async def test_a_station_that_calls_is_named(self, bench: Bench) -> None:
        self.need(bench, Capability.REGISTRAR)
        phone = await bench.peer.station("8001", Does.ANSWERS)
        await phone.dial("*10")
        arrived = await bench.log.wait(Arrived)
        assert (arrived.station, arrived.dnis, arrived.trunk) == ("8001", "*10", "")
        bench.do(Answer(bench.line.name, arrived.leg))
        await bench.log.wait(Answered, leg=arrived.leg)

    # --- calls we make --------------------------------------------------------------------------------------------------

    async def test_a_station_answers(self, bench: Bench) -> None:
        phone, leg = await self.station(bench, "8001")
        assert [type(e) for e in bench.log.of_leg(leg)] in ([Alerted, Answered], [Answered])
        bench.do(Release(bench.line.name, leg))
        assert not (await bench.log.wait(Released, leg=leg)).by_far_end
        await phone.wait_released()

    async def test_a_station_that_answered_hangs_up(self, bench: Bench) -> None:
        phone, leg = await self.station(bench, "8001")
        await phone.hang_up()
        released = await bench.log.wait(Released, leg=leg)
        assert (released.cause, released.by_far_end) == (Cause.NORMAL_CLEARING, True)

    @pytest.mark.parametrize(("does", "cause"), [(Does.BUSY, Cause.USER_BUSY), (Does.REJECTS, Cause.CALL_REJECTED)])
    async def test_a_station_refuses(self, bench: Bench, does: Does, cause: Cause) -> None:
        self.need(bench, Capability.ORIGINATE)
        await bench.peer.station("8001", does)
        bench.do(Originate(bench.line.name, "out", "station:8001", SERVICE))
        released = await bench.log.wait(Released, leg="out")
        assert (released.cause, released.by_far_end) == (cause, True)
        assert not bench.log.matching(Answered)

    async def test_nobody_answers_and_we_give_up(self, bench: Bench) -> None:
        self.need(bench, Capability.ORIGINATE)
        phone = await bench.peer.station("8001", Does.RINGS)
        bench.do(Originate(bench.line.name, "out", "station:8001", SERVICE))
        await bench.log.wait(Alerted, leg="out")
        await phone.wait_rings()
        bench.do(Release(bench.line.name, "out", Cause.NO_ANSWER))
        released = await bench.log.wait(Released, leg="out")
        assert (released.cause, released.by_far_end) == (Cause.NO_ANSWER, False)
        await phone.wait_released()

    async def test_we_give_up_before_anything_was_heard(self, bench: Bench) -> None:
        self.need(bench, Capability.ORIGINATE)
        await bench.peer.station("8001", Does.RINGS)
        bench.do(Originate(bench.line.name, "out", "station:8001", SERVICE))
        bench.do(Release(bench.line.name, "out"))
        assert not (await bench.log.wait(Released, leg="out")).by_far_end

    async def test_a_station_that_is_not_there(self, bench: Bench) -> None:
        self.need(bench, Capability.ORIGINATE)
        bench.do(Originate(bench.line.name, "out", "station:8099", SERVICE))
        assert (await bench.log.wait(Released, leg="out")).cause == Cause.DESTINATION_OUT_OF_ORDER

    async def test_a_number_out_in_the_network_answers(self, bench: Bench) -> None:
        self.need(bench, Capability.ORIGINATE)
        subscriber = await bench.peer.subscriber("13700137000", Does.ANSWERS, Tone.B)
        bench.do(Originate(bench.line.name, "out", "number:13700137000", SERVICE))
        await bench.log.wait(Answered, leg="out")
        await subscriber.wait_answered()

    # --- closing --------------------------------------------------------------------------------------------------------

    async def test_closing_the_line_releases_every_leg_and_leaves_nothing(self, tmp_path: Path) -> None:
        async with self.open(tmp_path) as bench:
            caller, a = await self.talking(bench, says=Tone.A)
            waiting = await bench.peer.call(SERVICE, "13900139000")
            b = await bench.arrived("13900139000")
            can = bench.line.capabilities
            if Capability.PLAY in can:
                bench.do(Play(bench.line.name, a, 1, (bench.peer.prompt(Tone.B, 1.0),), loop=True))
                await caller.wait_hears(Tone.B)
            if Capability.RECORD in can:
                bench.do(StartRecording(bench.line.name, "r", str(tmp_path / "r.wav"), a))
            if Capability.ORIGINATE in can:
                await bench.peer.station("8001", Does.RINGS)
                bench.do(Originate(bench.line.name, "out", "station:8001", SERVICE))
                await bench.log.wait(Alerted, leg="out")
            await bench.close()
            assert {e.leg for e in bench.log.matching(Released, by_far_end=False)} == {a, b, *bench.originated}
            await caller.wait_released()
            await waiting.wait_released()
        bench.check_life_of_legs()
        assert self.left_behind() == []
