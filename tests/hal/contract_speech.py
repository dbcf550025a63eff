"""The contract, part two: what is heard, keyed, recorded, mixed, held and handed over."""

from hal.api import (
    Capability,
    Cause,
    HeldByFarEnd,
    Hold,
    Play,
    PlayEnd,
    PlayEnded,
    RecordingEnded,
    Released,
    Retrieve,
    RetrievedByFarEnd,
    SendDigits,
    StartRecording,
    StopPlay,
    StopRecording,
    Transfer,
)
from tests.hal.contract_base import ContractBase
from tests.hal.peer import Bench, Does, Tone


class SpeechContract(ContractBase):
    """What goes through a leg that is answered."""

    # --- playing --------------------------------------------------------------------------------------------------------

    async def test_files_are_played_one_after_the_other(self, bench: Bench) -> None:
        self.need(bench, Capability.PLAY)
        caller, leg = await self.talking(bench)
        bench.do(Play(bench.line.name, leg, 1, (bench.peer.prompt(Tone.A, 1.0), bench.peer.prompt(Tone.B, 1.0))))
        await caller.wait_hears(Tone.A)
        await caller.wait_hears(Tone.B)
        assert (await bench.log.wait(PlayEnded, leg=leg, play=1)).end is PlayEnd.COMPLETED
        await caller.wait_hears()

    async def test_a_loop_goes_on_until_it_is_stopped(self, bench: Bench) -> None:
        self.need(bench, Capability.PLAY)
        caller, leg = await self.talking(bench)
        bench.do(Play(bench.line.name, leg, 1, (bench.peer.prompt(Tone.A, 0.6), bench.peer.prompt(Tone.B, 0.6)), loop=True))
        for _ in range(2):
            await caller.wait_hears(Tone.A)
            await caller.wait_hears(Tone.B)
        bench.do(StopPlay(bench.line.name, leg, 7))  # not the one going on
        await caller.wait_hears(Tone.A)
        bench.do(StopPlay(bench.line.name, leg, 1))
        assert (await bench.log.wait(PlayEnded, leg=leg)).end is PlayEnd.STOPPED
        await caller.wait_hears()

    async def test_a_new_play_replaces_the_one_going_on(self, bench: Bench) -> None:
        self.need(bench, Capability.PLAY)
        caller, leg = await self.talking(bench)
        bench.do(Play(bench.line.name, leg, 1, (bench.peer.prompt(Tone.A, 0.6),), loop=True))
        await caller.wait_hears(Tone.A)
        bench.do(Play(bench.line.name, leg, 2, (bench.peer.prompt(Tone.B, 0.6),), loop=True))
        assert (await bench.log.wait(PlayEnded, leg=leg)) == PlayEnded(bench.line.name, leg, 1, PlayEnd.STOPPED)
        await caller.wait_hears(Tone.B)

    async def test_a_file_that_is_missing_fails_the_play_and_nothing_else(self, bench: Bench) -> None:
        self.need(bench, Capability.PLAY)
        caller, leg = await self.talking(bench)
        here, missing = bench.peer.prompt(Tone.A, 0.6), str(bench.directory / "missing.wav")
        bench.do(Play(bench.line.name, leg, 1, (missing,)))
        assert (await bench.log.wait(PlayEnded, leg=leg, play=1)).end is PlayEnd.FAILED
        bench.do(Play(bench.line.name, leg, 2, (here, missing), loop=True))
        assert (await bench.log.wait(PlayEnded, leg=leg, play=2)).end is PlayEnd.FAILED
        bench.do(Play(bench.line.name, leg, 3, (here,)))
        await caller.wait_hears(Tone.A)

    # --- digits ---------------------------------------------------------------------------------------------------------

    async def test_each_key_is_heard_once_and_in_order(self, bench: Bench) -> None:
        self.need(bench, Capability.DTMF)
        caller, leg = await self.talking(bench)
        await caller.press("1123*#0")
        await bench.log.wait_digits(leg, "1123*#0")

    async def test_keys_are_sent(self, bench: Bench) -> None:
        self.need(bench, Capability.DTMF | Capability.PLAY)
        caller, leg = await self.talking(bench)
        bench.do(Play(bench.line.name, leg, 1, (bench.peer.prompt(Tone.A, 0.6),)))
        await caller.wait_hears(Tone.A)  # a gateway in between may lose what is sent in the moment of the answer
        await bench.log.wait(PlayEnded, leg=leg)
        bench.do(SendDigits(bench.line.name, leg, "4488#"))
        await caller.wait_pressed("4488#")

    # --- recording ------------------------------------------------------------------------------------------------------

    async def test_each_side_is_recorded_in_its_channel(self, bench: Bench) -> None:
        self.need(bench, Capability.RECORD | Capability.CONFERENCE)
        caller, a = await self.talking(bench, says=Tone.A)
        phone, b = await self.station(bench, "8001", Tone.B, beside=a)
        self.mix(bench, {a: (b,), b: (a,)})
        file = bench.directory / "both.wav"
        bench.do(StartRecording(bench.line.name, "both", str(file), a, b))
        await caller.wait_hears(Tone.B)
        await phone.wait_hears(Tone.A)
        assert not file.exists()
        bench.do(StopRecording(bench.line.name, "both"))
        bench.do(StopRecording(bench.line.name, "both"))
        ended = await bench.log.wait(RecordingEnded, recording="both")
        assert (ended.file, ended.error) == (str(file), "")
        assert ended.duration_s > 0
        assert await bench.peer.recorded(ended) == (frozenset({Tone.A}), frozenset({Tone.B}))

    async def test_one_side_is_recorded_until_its_leg_is_released(self, bench: Bench) -> None:
        self.need(bench, Capability.RECORD)
        caller, leg = await self.talking(bench, says=Tone.C)
        bench.do(StartRecording(bench.line.name, "message", str(bench.directory / "m.wav"), leg, beep=True))
        if Capability.PLAY in bench.line.capabilities:  # so long he speaks
            bench.do(Play(bench.line.name, leg, 1, (bench.peer.prompt(Tone.A, 1.0),)))
            await bench.log.wait(PlayEnded, leg=leg)
        await caller.hang_up()
        ended = await bench.log.wait(RecordingEnded, recording="message")
        assert ended.error == ""
        assert await bench.peer.recorded(ended) == (frozenset({Tone.C}),)

    async def test_a_recording_ends_at_its_limit(self, bench: Bench) -> None:
        self.need(bench, Capability.RECORD)
        _, leg = await self.talking(bench, says=Tone.C)
        bench.do(StartRecording(bench.line.name, "short", str(bench.directory / "s.wav"), leg, max_s=1.0))
        ended = await bench.log.wait(RecordingEnded, recording="short")
        assert 0.8 <= ended.duration_s <= 1.5
        assert not bench.log.matching(Released)

    async def test_a_recording_that_cannot_be_written_says_so(self, bench: Bench) -> None:
        self.need(bench, Capability.RECORD)
        _, leg = await self.talking(bench, says=Tone.C)
        no_folder = bench.directory / "file"
        no_folder.touch()
        bench.do(StartRecording(bench.line.name, "nowhere", str(no_folder / "r.wav"), leg))
        assert (await bench.log.wait(RecordingEnded, recording="nowhere")).error
        assert not bench.log.matching(Released)

    # --- who hears whom -------------------------------------------------------------------------------------------------

    async def test_two_legs_talk_and_part(self, bench: Bench) -> None:
        self.need(bench, Capability.MIX)
        caller, a = await self.talking(bench, says=Tone.A)
        phone, b = await self.station(bench, "8001", Tone.B, beside=a)
        self.mix(bench, {a: (b,), b: (a,)})
        await caller.wait_hears(Tone.B)
        await phone.wait_hears(Tone.A)
        self.mix(bench, {a: (), b: ()})
        await caller.wait_hears()
        await phone.wait_hears()

    async def test_a_supervisor_listens_whispers_and_barges_in(self, bench: Bench) -> None:
        self.need(bench, Capability.MIX | Capability.CONFERENCE)
        caller, a = await self.talking(bench, says=Tone.A)
        phone, b = await self.station(bench, "8001", Tone.B, beside=a)
        boss, s = await self.station(bench, "8002", Tone.C, beside=a)
        self.mix(bench, {a: (b,), b: (a,), s: (a, b)})
        await boss.wait_hears(Tone.A, Tone.B)
        await caller.wait_hears(Tone.B)
        await phone.wait_hears(Tone.A)
        self.mix(bench, {b: (a, s)})  # whisper: the others stay as they are
        await phone.wait_hears(Tone.A, Tone.C)
        await caller.wait_hears(Tone.B)
        self.mix(bench, {a: (b, s)})  # barge in: a conference
        await caller.wait_hears(Tone.B, Tone.C)
        await boss.hang_up()
        await bench.log.wait(Released, leg=s)
        await caller.wait_hears(Tone.B)
        await phone.wait_hears(Tone.A)

    async def test_a_mix_may_name_a_leg_that_is_gone(self, bench: Bench) -> None:
        self.need(bench, Capability.MIX)
        caller, a = await self.talking(bench, says=Tone.A)
        _, b = await self.station(bench, "8001", Tone.B, beside=a)
        self.mix(bench, {a: (b, "gone"), b: (a,), "gone": (a, b)})
        await caller.wait_hears(Tone.B)
        assert bench.log.of_leg("gone") == []

    async def test_a_prompt_is_heard_over_the_mix(self, bench: Bench) -> None:
        self.need(bench, Capability.MIX | Capability.PLAY | Capability.CONFERENCE)
        caller, a = await self.talking(bench, says=Tone.A)
        phone, b = await self.station(bench, "8001", Tone.B, beside=a)
        self.mix(bench, {a: (b,), b: (a,)})
        bench.do(Play(bench.line.name, b, 1, (bench.peer.prompt(Tone.D, 0.6),), loop=True))
        await phone.wait_hears(Tone.A, Tone.D)
        await caller.wait_hears(Tone.B)

    # --- hold and transfer ----------------------------------------------------------------------------------------------

    async def test_on_hold_there_is_only_music_and_after_it_the_mix_of_before(self, bench: Bench) -> None:
        self.need(bench, Capability.HOLD)
        caller, a = await self.talking(bench, says=Tone.A)
        phone, b = await self.station(bench, "8001", Tone.B, beside=a)
        self.mix(bench, {a: (b,), b: (a,)})
        await phone.wait_hears(Tone.A)
        bench.do(Hold(bench.line.name, a))
        bench.do(Play(bench.line.name, a, 1, (bench.peer.prompt(Tone.E, 0.6),), loop=True))
        await caller.wait_hears(Tone.E)
        await phone.wait_hears()
        bench.do(StopPlay(bench.line.name, a, 1))
        bench.do(Retrieve(bench.line.name, a))
        await caller.wait_hears(Tone.B)
        await phone.wait_hears(Tone.A)

    async def test_the_far_end_holds_and_comes_back(self, bench: Bench) -> None:
        self.need(bench, Capability.MIX)
        caller, a = await self.talking(bench, says=Tone.A)
        phone, b = await self.station(bench, "8001", Tone.B, beside=a)
        self.mix(bench, {a: (b,), b: (a,)})
        await caller.wait_hears(Tone.B)
        await phone.hold()
        await bench.log.wait(HeldByFarEnd, leg=b)
        await phone.retrieve()
        await bench.log.wait(RetrievedByFarEnd, leg=b)
        await caller.wait_hears(Tone.B)
        await phone.wait_hears(Tone.A)

    async def test_a_caller_is_handed_over_in_the_network(self, bench: Bench) -> None:
        self.need(bench, Capability.TRANSFER)
        other = await bench.peer.subscriber("13700137000", Does.ANSWERS)
        _, leg = await self.talking(bench)
        bench.do(Transfer(bench.line.name, leg, "number:13700137000"))
        await other.wait_answered()
        assert (await bench.log.wait(Released, leg=leg)).cause == Cause.NORMAL_CLEARING
