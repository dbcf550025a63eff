"""What crosses on the wire, and many at once: answers that meet our CANCEL, ring-all with fifty agents; and what an INVITE says."""

from pathlib import Path

import pytest
import trio

from hal.api import Alerted, Answer, Answered, Arrived, Cause, Event, Originate, Release, Released
from hal.sip.message import Request
from tests.hal import ports
from tests.hal.peer import Bench
from tests.hal.sip_peer import sip_bench
from tests.hal.wire_exchange import WireCall, WireExchange, exchange

pytestmark = [pytest.mark.live, pytest.mark.requirement("ACC-01")]


async def ringing(bench: Bench, phones: WireExchange, leg: str = "out", to: str = "8001") -> WireCall:
    """We call a station, and it rings."""
    before = len(phones.calls)
    phones.invited = lambda call, _: call.ring()
    bench.do(Originate(bench.line.name, leg, f"station:{to}", "95500"))
    await bench.log.wait(Alerted, leg=leg)
    return await phones.wait_called(before + 1)


async def test_an_answer_that_crosses_our_cancel_is_acknowledged_and_ended(tmp_path: Path) -> None:
    """RFC 3261 section 9.1: the CANCEL came too late, and the call is there."""
    async with sip_bench(tmp_path) as bench, exchange(bench, "8001") as phones:
        call = await ringing(bench, phones)
        call.answers = lambda request: request.method != "CANCEL"
        bench.do(Release(bench.line.name, "out", Cause.NO_ANSWER))
        cancel = await call.wait("CANCEL")
        call.answer()
        call.reply(cancel, 200)
        await call.wait("ACK")
        await call.wait("BYE")
        released = await bench.log.wait(Released, leg="out")
        assert (released.cause, released.by_far_end) == (Cause.NO_ANSWER, False)
        for status in (487, 486):  # another phone behind the same proxy, or the same in confusion
            call.reply(call.invite_received, status)  # type: ignore[arg-type] # it was received
        await ringing(bench, phones, "next")
        assert bench.log.of_leg("out")[1:] == [released]
    bench.check_life_of_legs()


@pytest.mark.parametrize("status", [487, 486])
async def test_a_refusal_that_crosses_our_cancel_ends_the_leg_once(tmp_path: Path, status: int) -> None:
    async with sip_bench(tmp_path) as bench, exchange(bench, "8001") as phones:
        call = await ringing(bench, phones)
        bench.do(Release(bench.line.name, "out", Cause.NO_ANSWER))
        await call.wait("CANCEL")
        assert call.invite_received is not None
        for _ in range(2):  # as repeated over UDP
            call.reply(call.invite_received, status)
        await call.wait("ACK")
        released = await bench.log.wait(Released, leg="out")
        assert (released.cause, released.by_far_end) == (Cause.NO_ANSWER, False)
        call.answer()  # and that is nonsense
        await ringing(bench, phones, "next")
        assert bench.log.of_leg("out")[1:] == [released]
    bench.check_life_of_legs()


async def test_the_callers_cancel_crosses_our_answer(tmp_path: Path) -> None:
    """RFC 3261 section 9.2: a CANCEL after the final response changes nothing; the caller ends the call by BYE."""
    async with sip_bench(tmp_path) as bench, exchange(bench) as phones:
        call = phones.dial("13800138000", "95500")
        leg = await bench.arrived("13800138000")
        bench.do(Answer(bench.line.name, leg))
        call.say("CANCEL")
        await call.wait(200)
        call.say("ACK")
        call.say("BYE")
        await bench.log.wait(Released, leg=leg)
    bench.check_life_of_legs()


async def test_two_agents_answer_in_the_same_instant_and_one_of_them_is_let_go(tmp_path: Path) -> None:
    async with sip_bench(tmp_path) as bench, exchange(bench, "8001", "8002") as phones:
        first, second = await ringing(bench, phones, "a", "8001"), await ringing(bench, phones, "b", "8002")

        def decide(event: Event) -> None:  # as the core does, at once
            if isinstance(event, Answered) and len(bench.log.matching(Answered)) == 1:
                bench.do(Release(bench.line.name, "b" if event.leg == "a" else "a"))

        bench.log.then = decide
        first.answer()
        second.answer()
        await first.wait("ACK")
        await second.wait("ACK")
        released = await bench.log.wait(Released)
        await (first if released.leg == "a" else second).wait("BYE")
        assert not released.by_far_end
        bench.do(Originate(bench.line.name, "after", "station:8099", "95500"))
        await bench.log.wait(Released, leg="after")  # by then all is told
        assert len(bench.log.matching(Released)) == 2
    bench.check_life_of_legs()


async def test_two_phones_of_one_agent_answer_in_the_same_instant_and_one_has_the_call(tmp_path: Path) -> None:
    async with sip_bench(tmp_path) as bench, exchange(bench, "8001") as one, exchange(bench, "8001") as other:
        bench.do(Originate(bench.line.name, "out", "station:8001", "95500"))
        calls = [await one.wait_called(), await other.wait_called()]
        for call in calls:
            call.answer()
        await bench.log.wait(Answered, leg="out")
        for call in calls:
            await call.wait("ACK")
        with trio.fail_after(10):
            while not (ended := [call for call in calls if call.has("BYE")]):  # noqa: ASYNC110 - either of them
                await trio.sleep(0.01)
        (kept,) = (call for call in calls if call not in ended)
        kept.say("BYE")
        assert (await bench.log.wait(Released, leg="out")).by_far_end
    bench.check_life_of_legs()


@pytest.mark.parametrize("everybody", [False, True])
async def test_fifty_agents_are_called_in_one_turn_and_one_has_the_call(tmp_path: Path, everybody: bool) -> None:
    """One of them answers, or all of them in the same instant; three have no phone, and two decline."""
    names = [str(8001 + i) for i in range(50)]
    absent, busy = names[:3], names[3:5]
    first = ports.block(200)
    async with sip_bench(tmp_path, rtp_ports=f"{first}-{first + 199}") as bench, exchange(bench, *names[3:]) as phones:

        def invited(call: WireCall, invite: Request) -> None:
            if call.user in busy:
                call.reply(invite, 486)
                return
            call.ring()
            if everybody or call.user == "8013":
                call.answer()

        phones.invited = invited
        for name in names:
            bench.do(Originate(bench.line.name, name, f"station:{name}", "95500"))
        answering = set(names[5:]) if everybody else {"8013"}
        await bench.log.until("answers", lambda: {e.leg for e in bench.log.matching(Answered)} == answering)
        ringing_or_more = {*names[5:]}
        await bench.log.until("all rang", lambda: {e.leg for e in bench.log.matching(Alerted)} | answering == ringing_or_more)
        await bench.log.until("the others", lambda: {e.leg for e in bench.log.matching(Released)} == {*absent, *busy})
        phones_answer_cancels(phones)
        for name in names:
            if name != "8013":
                bench.do(Release(bench.line.name, name))
        await bench.log.until("49 released", lambda: len(bench.log.matching(Released)) == 49)
        assert {e.cause for e in bench.log.matching(Released) if e.leg in absent} == {Cause.DESTINATION_OUT_OF_ORDER}
        assert {e.cause for e in bench.log.matching(Released) if e.leg in busy} == {Cause.USER_BUSY}
        assert not bench.log.matching(Released, leg="8013")
        for call in phones.calls.values():
            if call.user not in (*busy, "8013"):
                await call.wait("BYE" if everybody else "CANCEL")
    bench.check_life_of_legs()


def phones_answer_cancels(phones: WireExchange) -> None:
    """From now on a CANCEL gets 200, and its INVITE 487."""
    for call in phones.calls.values():

        def answers(request: Request, call: WireCall = call) -> bool:
            if request.method == "CANCEL":
                assert call.invite_received is not None
                call.reply(call.invite_received, 487)
            return True

        call.answers = answers


@pytest.mark.parametrize("asked", [True, False])
async def test_a_phone_is_asked_to_answer_by_itself(tmp_path: Path, asked: bool) -> None:
    async with sip_bench(tmp_path) as bench, exchange(bench, "8001") as phones:
        bench.do(Originate(bench.line.name, "out", "station:8001", "95500", auto_answer=asked))
        invite = (await phones.wait_called()).invite_received
        assert invite is not None
        assert invite.headers.get("call-info") == (["<sip:127.0.0.1>;answer-after=0"] if asked else None)
        assert invite.headers.get("alert-info") == (["info=alert-autoanswer"] if asked else None)
        bench.do(Release(bench.line.name, "out"))
        await bench.log.wait(Released, leg="out")
    bench.check_life_of_legs()


async def test_a_number_too_long_never_becomes_a_call(tmp_path: Path) -> None:
    async with sip_bench(tmp_path) as bench, exchange(bench) as phones:
        await phones.dial("13800138000", "9" * 65).wait(414)
        await phones.dial("1" * 65, "95500").wait(484)
        assert not bench.log.all
        phones.dial("1" * 64, "9" * 64)
        assert (await bench.log.wait(Arrived)).dnis == "9" * 64
    bench.check_life_of_legs()


async def test_session_timers_are_offered_and_taken(tmp_path: Path) -> None:
    """RFC 4028 section 7: a far end that has gone without a word is found out by a refresh that nobody answers."""
    async with sip_bench(tmp_path, session_expires_s=600) as bench, exchange(bench, "8001") as phones:
        called = (await ringing(bench, phones)).invite_received
        assert called is not None
        assert (called.first("session-expires"), called.first("min-se")) == ("600", "90")
        assert "timer" in called.first("supported")
        for headers, expected in (
            (("Supported: timer", "Session-Expires: 300;refresher=uac"), "300;refresher=uac"),
            (("Supported: timer",), "600;refresher=ua"),
            ((), "600;refresher=uas"),  # it knows no timers: we refresh
        ):
            ani = f"1380013800{len(phones.calls)}"
            call = phones.dial(ani, "95500", headers)
            bench.do(Answer(bench.line.name, await bench.arrived(ani)))
            answered = await call.wait(200)
            call.say("ACK")
            assert answered.first("session-expires").startswith(expected)
        short = phones.dial("13800138000", "95500", ("Supported: timer", "Session-Expires: 60"))
        assert (await short.wait(422)).first("min-se") == "90"
