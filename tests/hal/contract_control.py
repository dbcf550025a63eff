"""The contract, part three: conferences and their recordings, transfers that a phone asks for, and phones with two calls at once."""

import pytest

from hal.api import (
    LEGS_GONE,
    Answer,
    Answered,
    AnswerTransfer,
    Arrived,
    Capability,
    Cause,
    HeldByFarEnd,
    LegsListed,
    ListedLeg,
    ListLegs,
    Originate,
    Play,
    RecordingEnded,
    Release,
    Released,
    RetrievedByFarEnd,
    StartRecording,
    StopPlay,
    StopRecording,
    TransferAsked,
)
from tests.hal.contract_base import SERVICE, ContractBase
from tests.hal.peer import Bench, Does, Party, Tone


class ControlContract(ContractBase):
    """What call control needs of a line."""

    async def conference(self, bench: Bench) -> tuple[list[Party], list[str]]:
        """A caller and two stations who all hear one another: A, B, C."""
        self.need(bench, Capability.CONFERENCE)
        caller, a = await self.talking(bench, says=Tone.A)
        phone, b = await self.station(bench, "8001", Tone.B, beside=a)
        third, c = await self.station(bench, "8002", Tone.C, beside=a)
        self.mix(bench, {a: (b, c), b: (a, c), c: (a, b)})
        await caller.wait_hears(Tone.B, Tone.C)
        await phone.wait_hears(Tone.A, Tone.C)
        await third.wait_hears(Tone.A, Tone.B)
        return [caller, phone, third], [a, b, c]

    # --- what there is --------------------------------------------------------------------------------------------------

    async def listed(self, bench: Bench, listing: int) -> tuple[set[ListedLeg], set[str]]:
        """The legs and recordings that the line has."""
        bench.do(ListLegs(bench.line.name, listing))
        event = await bench.log.wait(LegsListed, listing=listing)
        assert len(set(event.legs)) == len(event.legs)
        assert len(set(event.recordings)) == len(event.recordings)
        return set(event.legs), set(event.recordings)

    async def test_a_line_lists_the_legs_and_recordings_it_has(self, bench: Bench) -> None:
        self.need(bench, Capability.LISTING)
        name = bench.line.name
        assert await self.listed(bench, 1) == (set(), set())
        _, a = await self.talking(bench, says=Tone.A)
        bench.do(StartRecording(name, "r", str(bench.directory / "r.wav"), a))
        bench.do(Play(name, a, 7, (bench.peer.prompt(Tone.B, 0.5),), loop=True))
        await bench.peer.call(SERVICE, "13800138099")
        b = await bench.arrived("13800138099")
        assert await self.listed(bench, 2) == ({ListedLeg(a, True, 7), ListedLeg(b, False)}, {"r"})
        bench.do(StopPlay(name, a, 7))
        bench.do(StopRecording(name, "r"))
        await bench.log.wait(RecordingEnded, recording="r")
        assert await self.listed(bench, 3) == ({ListedLeg(a, True), ListedLeg(b, False)}, set())
        bench.do(Release(name, a))
        await bench.log.wait(Released, leg=a)
        bench.do(Release(name, a))  # it is gone, and is not told of again
        assert await self.listed(bench, 4) == ({ListedLeg(b, False)}, set())

    # --- conferences and their recordings -------------------------------------------------------------------------------

    @pytest.mark.parametrize("named_right", [True, False])
    async def test_a_conference_is_recorded_with_everybody_but_the_left_one_in_the_right_channel(
        self, bench: Bench, named_right: bool
    ) -> None:
        self.need(bench, Capability.RECORD | Capability.CONFERENCE)
        parties, (a, b, c) = await self.conference(bench)
        right, others = (b, (c,)) if named_right else ("", (b, c))
        bench.do(StartRecording(bench.line.name, "all", str(bench.directory / "all.wav"), a, right, others=others))
        await parties[0].wait_hears(Tone.B, Tone.C)
        bench.do(StopRecording(bench.line.name, "all"))
        ended = await bench.log.wait(RecordingEnded, recording="all")
        assert ended.error == ""
        assert await bench.peer.recorded(ended) == (frozenset({Tone.A}), frozenset({Tone.B, Tone.C}))

    async def test_a_recording_of_a_conference_lasts_as_long_as_one_of_its_legs(self, bench: Bench) -> None:
        self.need(bench, Capability.RECORD | Capability.CONFERENCE)
        parties, (a, b, c) = await self.conference(bench)
        bench.do(StartRecording(bench.line.name, "all", str(bench.directory / "all.wav"), a, b, others=(c,)))
        for leg, phone in ((a, parties[0]), (b, parties[1])):
            bench.do(Release(bench.line.name, leg))
            await phone.wait_released()
        await parties[2].wait_hears()
        assert not bench.log.matching(RecordingEnded)
        bench.do(Release(bench.line.name, c))
        assert (await bench.log.wait(RecordingEnded, recording="all")).error == ""

    async def test_segments_of_a_conversation_follow_each_other_and_disturb_nobody(self, bench: Bench) -> None:
        self.need(bench, Capability.RECORD | Capability.CONFERENCE)
        parties, (a, b, c) = await self.conference(bench)
        folder = bench.directory
        bench.do(StartRecording(bench.line.name, "r1", str(folder / "1.wav"), a, b))
        await parties[0].wait_hears(Tone.B, Tone.C)
        bench.do(StopRecording(bench.line.name, "r1"))
        bench.do(StartRecording(bench.line.name, "r2", str(folder / "2.wav"), a, b, others=(c,)))
        await parties[0].wait_hears(Tone.B, Tone.C)
        bench.do(StopRecording(bench.line.name, "r2"))
        bench.do(StartRecording(bench.line.name, "r3", str(folder / "3.wav"), c))
        await parties[1].wait_hears(Tone.A, Tone.C)
        await parties[2].wait_hears(Tone.A, Tone.B)
        bench.do(StopRecording(bench.line.name, "r3"))
        heard = [await bench.peer.recorded(await bench.log.wait(RecordingEnded, recording=r)) for r in ("r1", "r2", "r3")]
        assert heard == [
            (frozenset({Tone.A}), frozenset({Tone.B})),
            (frozenset({Tone.A}), frozenset({Tone.B, Tone.C})),
            (frozenset({Tone.C}),),
        ]

    async def test_a_recording_passes_over_legs_that_are_gone_and_ends_at_once_without_any(self, bench: Bench) -> None:
        self.need(bench, Capability.RECORD | Capability.CONFERENCE)
        _, leg = await self.talking(bench, says=Tone.C)
        bench.do(StartRecording(bench.line.name, "some", str(bench.directory / "s.wav"), "gone", "gone too", others=(leg,), max_s=0.5))
        bench.do(StartRecording(bench.line.name, "none", str(bench.directory / "n.wav"), "gone", others=("gone too",)))
        assert (await bench.log.wait(RecordingEnded, recording="none")).error == LEGS_GONE
        ended = await bench.log.wait(RecordingEnded, recording="some")
        assert ended.error == ""
        assert await bench.peer.recorded(ended) == (frozenset(), frozenset({Tone.C}))

    async def test_eight_in_a_conference_each_hear_the_seven_others(self, bench: Bench) -> None:
        self.need(bench, Capability.MIX | Capability.CONFERENCE)
        tones = list(Tone)
        caller, a = await self.talking(bench, says=tones[0])
        parties, legs = [caller], [a]
        for number, tone in enumerate(tones[1:], 8001):
            phone, leg = await self.station(bench, str(number), tone, beside=a)
            parties.append(phone)
            legs.append(leg)
        everybody = {leg: tuple(other for other in legs if other != leg) for leg in legs}
        self.mix(bench, everybody)
        for phone, tone in zip(parties, tones, strict=True):
            await phone.wait_hears(*(other for other in tones if other is not tone))
        for round_ in range(20):  # in one turn: only the last counts
            pairs = {leg: (legs[(i + round_) % 8],) for i, leg in enumerate(legs)}
            self.mix(bench, pairs if round_ % 2 else everybody)
        for i, phone in enumerate(parties):
            await phone.wait_hears(tones[(i + 19) % 8])

    # --- transfers that a phone asks for --------------------------------------------------------------------------------

    @pytest.mark.parametrize("cause", [None, Cause.USER_BUSY])
    async def test_a_phone_asks_for_a_transfer_and_learns_how_it_ended(self, bench: Bench, cause: Cause | None) -> None:
        self.need(bench, Capability.TRANSFER)
        phone, leg = await self.station(bench, "8001")
        await phone.transfer("8002")
        asked = await bench.log.wait(TransferAsked, leg=leg)
        assert (asked.to, asked.replaces, asked.unknown) == ("8002", "", False)
        assert not bench.log.matching(Released)
        bench.do(AnswerTransfer(bench.line.name, leg, cause))
        bench.do(AnswerTransfer(bench.line.name, leg, Cause.NO_ANSWER))  # too late: quietly without effect
        assert await phone.wait_transferred() == cause

    async def test_a_phone_that_gets_no_answer_is_released_like_any_other(self, bench: Bench) -> None:
        self.need(bench, Capability.TRANSFER)
        phone, leg = await self.station(bench, "8001")
        await phone.transfer("8002")
        await bench.log.wait(TransferAsked, leg=leg)
        bench.do(Release(bench.line.name, leg))
        await bench.log.wait(Released, leg=leg)
        await phone.wait_released()
        bench.do(AnswerTransfer(bench.line.name, leg))
        await self.talking(bench)
        assert bench.log.of_leg(leg)[-1] == Released(bench.line.name, leg, by_far_end=False)

    async def consulting(self, bench: Bench) -> tuple[Party, str, str]:
        """A station's phone that has our call on hold and has called us: both legs."""
        self.need(bench, Capability.REGISTRAR | Capability.HOLD)
        phone, first = await self.station(bench, "8001", Tone.B)
        await phone.consult("8002")
        second = (await bench.log.wait(Arrived, station="8001", dnis="8002")).leg
        bench.do(Answer(bench.line.name, second))
        await bench.log.wait(Answered, leg=second)
        await bench.log.wait(HeldByFarEnd, leg=first)
        return phone, first, second

    async def test_a_phone_has_two_calls_and_holds_now_the_one_now_the_other(self, bench: Bench) -> None:
        self.need(bench, Capability.REGISTRAR | Capability.HOLD)
        phone, first, second = await self.consulting(bench)
        assert first != second
        bench.do(Play(bench.line.name, second, 1, (bench.peer.prompt(Tone.E, 0.6),), loop=True))
        await phone.wait_hears(Tone.E)
        await phone.switch()
        await bench.log.wait(HeldByFarEnd, leg=second)
        await bench.log.wait(RetrievedByFarEnd, leg=first)
        assert not bench.log.matching(RetrievedByFarEnd, leg=second)
        bench.do(Release(bench.line.name, second))
        await bench.log.wait(Released, leg=second)
        bench.do(Play(bench.line.name, first, 1, (bench.peer.prompt(Tone.F, 0.6),), loop=True))
        await phone.wait_hears(Tone.F)
        assert not bench.log.matching(Released, leg=first)

    async def test_a_phone_asks_that_its_two_calls_be_joined(self, bench: Bench) -> None:
        self.need(bench, Capability.TRANSFER)
        phone, first, second = await self.consulting(bench)
        await phone.join("8002")
        asked = await bench.log.wait(TransferAsked, leg=first)
        assert (asked.to, asked.replaces, asked.unknown) == ("8002", second, False)
        bench.do(AnswerTransfer(bench.line.name, first))
        assert await phone.wait_transferred() is None
        assert not bench.log.matching(Released, leg=second)

    # --- ringing many ---------------------------------------------------------------------------------------------------

    async def test_two_who_answer_at_the_same_time_are_both_through(self, bench: Bench) -> None:
        self.need(bench, Capability.ORIGINATE)
        phones = [await bench.peer.station(name, Does.ANSWERS) for name in ("8001", "8002")]
        for name in ("8001", "8002"):
            bench.do(Originate(bench.line.name, name, f"station:{name}", SERVICE))
        for name in ("8001", "8002"):
            await bench.log.wait(Answered, leg=name)
        bench.do(Release(bench.line.name, "8002"))
        await bench.log.wait(Released, leg="8002")
        await phones[1].wait_released()
        bench.do(Play(bench.line.name, "8001", 1, (bench.peer.prompt(Tone.A, 0.6),), loop=True))
        await phones[0].wait_hears(Tone.A)
        assert not bench.log.matching(Released, leg="8001")
