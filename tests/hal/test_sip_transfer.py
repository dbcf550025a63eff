"""A phone asks for a transfer: what REFER may look like on the wire, and what the phone is told."""

from pathlib import Path

import pytest

from hal.api import Answer, Answered, AnswerTransfer, Arrived, Cause, Originate, Release, Released, TransferAsked
from tests.hal.baresip import Baresip
from tests.hal.peer import Bench, Does
from tests.hal.sip_peer import sip_bench
from tests.hal.wire_exchange import WireCall, WireExchange, exchange, sdp

pytestmark = [pytest.mark.live, pytest.mark.requirement("ACC-01")]

NOTIFY_HEADERS = {"event": "refer", "content-type": "message/sipfrag;version=2.0"}


async def through(bench: Bench, phones: WireExchange, ani: str, to: str = "95500", direction: str = "sendrecv") -> tuple[WireCall, str]:
    """A call from the network, answered; with its leg."""
    call = phones.dial(ani, to, body=sdp(phones.port + 1000, direction))
    leg = await bench.arrived(ani)
    bench.do(Answer(bench.line.name, leg))
    await call.wait_through()
    await bench.log.wait(Answered, leg=leg)
    return call, leg


async def asked(bench: Bench, call: WireCall, leg: str, refer_to: str, *headers: str, count: int = 1) -> TransferAsked:
    call.say("REFER", (f"Refer-To: {refer_to}", *headers))
    await bench.log.until("TransferAsked", lambda: len(bench.log.matching(TransferAsked, leg=leg)) == count)
    return bench.log.matching(TransferAsked, leg=leg)[-1]


def fragment(call: WireCall, number: int) -> str:
    notify = [m for m in call.received if getattr(m, "method", "") == "NOTIFY"][number - 1]
    return call.text_of(notify).partition("\r\n\r\n")[2]


@pytest.mark.parametrize(
    ("refer_to", "to"),
    [
        ("<sip:8002@127.0.0.1>", "8002"),
        ("sip:8002@127.0.0.1", "8002"),
        ('"Li Wei" <sip:%2A31%23@127.0.0.1:5060;transport=udp>', "*31#"),
        ("<tel:+8613800138000>", "+8613800138000"),
        ("<sip:+86138;phone-context=x@127.0.0.1>", "+86138"),
    ],
)
async def test_a_blind_transfer_names_the_number_as_it_was_dialled(tmp_path: Path, refer_to: str, to: str) -> None:
    async with sip_bench(tmp_path) as bench, exchange(bench) as phones:
        call, leg = await through(bench, phones, "13800138000")
        event = await asked(bench, call, leg, refer_to)
        assert (event.to, event.replaces, event.unknown) == (to, "", False)


@pytest.mark.parametrize("refer_to", [f"<sip:{'9' * 65}@127.0.0.1>", "<sip:127.0.0.1>"])
async def test_a_transfer_to_what_is_no_number_fails_without_the_core(tmp_path: Path, refer_to: str) -> None:
    async with sip_bench(tmp_path) as bench, exchange(bench) as phones:
        call, _ = await through(bench, phones, "13800138000")
        call.say("REFER", (f"Refer-To: {refer_to}",))
        await call.wait("NOTIFY")
        assert fragment(call, 1) == "SIP/2.0 484 Address Incomplete\r\n"
        assert not bench.log.matching(TransferAsked)


@pytest.mark.parametrize(
    "replaces",
    [
        "Replaces={id};to-tag={to};from-tag={from_}",
        "Replaces={id}%3Bto-tag%3D{to}%3Bfrom-tag%3D{from_}",
        "Replaces={id}%3bfrom-tag%3d{from_}%3bto-tag%3d{to}%3Bearly-only",
        "replaces={id}%3Bto-tag%3D{to}%3Bfrom-tag%3D{from_}&Require=replaces",
        "Require=replaces&Replaces={id}%3Bfrom-tag%3D{from_}%3Bto-tag%3D{to}",
    ],
)
async def test_an_attended_transfer_names_the_leg_to_join(tmp_path: Path, replaces: str) -> None:
    async with sip_bench(tmp_path) as bench, exchange(bench) as phones:
        call, leg = await through(bench, phones, "13800138000")
        consult, other = await through(bench, phones, "13900139000", "8002")
        theirs = (await consult.wait(200)).first("to").partition("tag=")[2]
        given = replaces.format(id=consult.call_id, to=theirs, from_=consult.tag)
        event = await asked(bench, call, leg, f"<sip:8002@127.0.0.1?{given}>")
        assert (event.to, event.replaces, event.unknown) == ("8002", other, False)


@pytest.mark.parametrize("which", ["nobody's", "its own", "one that is over"])
async def test_an_attended_transfer_to_a_call_that_is_not_there_is_not_taken_for_a_blind_one(tmp_path: Path, which: str) -> None:
    async with sip_bench(tmp_path) as bench, exchange(bench) as phones:
        call, leg = await through(bench, phones, "13800138000")
        call_id = "nobody"
        if which == "its own":
            call_id = call.call_id
        elif which == "one that is over":
            over, other = await through(bench, phones, "13900139000")
            bench.do(Release(bench.line.name, other))
            await bench.log.wait(Released, leg=other)
            call_id = over.call_id
        event = await asked(bench, call, leg, f"<sip:8002@127.0.0.1?Replaces={call_id}%3Bto-tag%3D1%3Bfrom-tag%3D2>")
        assert (event.to, event.replaces, event.unknown) == ("8002", "", True)


async def test_an_attended_transfer_to_a_call_in_another_worker_is_not_taken_for_a_blind_one(tmp_path: Path) -> None:
    async with sip_bench(tmp_path, workers=2) as bench, exchange(bench) as phones, exchange(bench, worker=1) as others:
        call, leg = await through(bench, phones, "13800138000")
        consult, other = await through(bench, others, "13900139000", "8002")
        event = await asked(bench, call, leg, f"<sip:8002@127.0.0.1?Replaces={consult.call_id}%3Bto-tag%3D1%3Bfrom-tag%3D2>")
        assert (event.to, event.replaces, event.unknown) == ("8002", "", True)
        bench.do(AnswerTransfer(bench.line.name, leg, Cause.CALL_REJECTED))
        await call.wait("NOTIFY", count=2)
        assert fragment(call, 2) == "SIP/2.0 403 Forbidden\r\n"
        for there in (leg, other):  # both calls are as they were, and either can still be ended
            assert not bench.log.matching(Released, leg=there)
            bench.do(Release(bench.line.name, there))
            await bench.log.wait(Released, leg=there)


async def test_the_phone_is_told_at_once_that_it_is_tried_and_at_last_that_it_was_done(tmp_path: Path) -> None:
    async with sip_bench(tmp_path) as bench, exchange(bench) as phones:
        call, leg = await through(bench, phones, "13800138000")
        await asked(bench, call, leg, "<sip:8002@127.0.0.1>")
        assert (await call.wait(202)).first("cseq") == "2 REFER"
        trying = await call.wait("NOTIFY")
        assert trying.first("subscription-state").startswith("active")
        assert fragment(call, 1) == "SIP/2.0 100 Trying\r\n"
        bench.do(AnswerTransfer(bench.line.name, leg))
        bench.do(AnswerTransfer(bench.line.name, leg, Cause.USER_BUSY))  # once is enough
        bench.do(Release(bench.line.name, leg))
        done = await call.wait("NOTIFY", 2)
        assert done.first("subscription-state").startswith("terminated")
        assert {name: done.first(name).replace(" ", "") for name in NOTIFY_HEADERS} == NOTIFY_HEADERS
        assert fragment(call, 2) == "SIP/2.0 200 OK\r\n"
        await call.wait("BYE")
        assert len([m for m in call.received if getattr(m, "method", "") == "NOTIFY"]) == 2
    bench.check_life_of_legs()


async def test_a_transfer_that_failed_leaves_the_call_and_can_be_asked_for_again(tmp_path: Path) -> None:
    """Also when the phone has forgotten that it asked (481): RFC 5057 section 5.3."""
    async with sip_bench(tmp_path) as bench, exchange(bench) as phones:
        call, leg = await through(bench, phones, "13800138000")
        call.answers = lambda request: request.method != "NOTIFY"
        await asked(bench, call, leg, "<sip:8002@127.0.0.1>")
        call.reply(await call.wait("NOTIFY"), 200)
        call.say("REFER", ("Refer-To: <sip:8003@127.0.0.1>",))
        assert (await call.wait(491)).first("cseq") == "3 REFER"
        bench.do(AnswerTransfer(bench.line.name, leg, Cause.USER_BUSY))
        call.reply(await call.wait("NOTIFY", 2), 481)
        assert fragment(call, 2) == "SIP/2.0 486 Busy Here\r\n"
        await asked(bench, call, leg, "<sip:8004@127.0.0.1>", count=2)
        call.reply(await call.wait("NOTIFY", 3), 200)
        assert fragment(call, 3) == "SIP/2.0 100 Trying\r\n"
        assert not call.has("BYE")
        assert not bench.log.matching(Released)


async def test_a_phone_that_wants_no_notice_gets_none(tmp_path: Path) -> None:
    """RFC 4488."""
    async with sip_bench(tmp_path) as bench, exchange(bench) as phones:
        call, leg = await through(bench, phones, "13800138000")
        await asked(bench, call, leg, "<sip:8002@127.0.0.1>", "Refer-Sub: false", "Supported: norefersub")
        assert (await call.wait(202)).first("refer-sub") == "false"
        bench.do(AnswerTransfer(bench.line.name, leg))
        bench.do(Release(bench.line.name, leg))
        await call.wait("BYE")
        assert not call.has("NOTIFY")


async def test_a_request_without_an_answer_does_not_keep_the_leg(tmp_path: Path) -> None:
    async with sip_bench(tmp_path) as bench, exchange(bench) as phones:
        call, leg = await through(bench, phones, "13800138000")
        await asked(bench, call, leg, "<sip:8002@127.0.0.1>")
        bench.do(Release(bench.line.name, leg))
        await call.wait("BYE")
        await bench.log.wait(Released, leg=leg)
        bench.do(AnswerTransfer(bench.line.name, leg))
        await through(bench, phones, "13900139000")
    bench.check_life_of_legs()


@pytest.mark.parametrize("cause", [None, Cause.NO_ANSWER])
async def test_a_real_phone_learns_how_its_transfer_ended(tmp_path: Path, cause: Cause | None) -> None:
    async with sip_bench(tmp_path) as bench:
        phone = await bench.peer.station("8001", Does.ANSWERS)
        assert isinstance(phone, Baresip)
        bench.do(Originate(bench.line.name, "out", "station:8001", "95500"))
        await bench.log.wait(Answered, leg="out")
        await phone.wait_answered()
        await phone.transfer("8002")
        await bench.log.wait(TransferAsked, leg="out", to="8002", replaces="", unknown=False)
        bench.do(AnswerTransfer(bench.line.name, "out", cause))
        if cause is not None:
            assert (await phone.wait("TRANSFER_FAILED"))["param"] == "480 Temporarily Unavailable"
        assert (await bench.log.wait(Released, leg="out")).by_far_end  # after a failure, too: so does this baresip, others talk on
    bench.check_life_of_legs()


async def test_a_real_phone_joins_its_two_calls(tmp_path: Path) -> None:
    async with sip_bench(tmp_path) as bench:
        phone = await bench.peer.station("8001", Does.ANSWERS)
        assert isinstance(phone, Baresip)
        bench.do(Originate(bench.line.name, "out", "station:8001", "95500"))
        await bench.log.wait(Answered, leg="out")
        await phone.wait_answered()
        await phone.hold()
        await phone.dial("8002")
        consult = (await bench.log.wait(Arrived, station="8001", dnis="8002")).leg
        bench.do(Answer(bench.line.name, consult))
        await bench.log.wait(Answered, leg=consult)
        call_id = (await phone.wait("CALL_ESTABLISHED", count=2))["id"]
        await phone.command("line", "1")
        await phone.command("transfer", f"<sip:8002@127.0.0.1?Replaces={call_id}%3Bto-tag%3D1%3Bfrom-tag%3D2>")
        asked_for = await bench.log.wait(TransferAsked, leg="out")
        assert (asked_for.to, asked_for.replaces, asked_for.unknown) == ("8002", consult, False)
        bench.do(AnswerTransfer(bench.line.name, "out"))
        await bench.log.wait(Released, leg="out")
        assert not bench.log.matching(Released, leg=consult)
    bench.check_life_of_legs()
