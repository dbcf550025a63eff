"""Calls over the real DAHDI driver and chan_dahdi: ISDN PRI and MFC/R2 of China, made from both ends."""

import pytest

from tests.peers.dahdi.calls import Ends, ends, recorded, tone_share
from tests.peers.dahdi.machine import Machine
from tests.peers.dahdi.test_card_machine import for_root
from tests.peers.dahdi.wiring import EXCHANGE, GATEWAY, Side

pytestmark = [for_root, pytest.mark.card, pytest.mark.live, pytest.mark.slow, pytest.mark.whole, pytest.mark.alone]

HEARD = 0.8
"""Of what is heard, so much is the other's tone: with time for the processor all but a thousandth, on a busy host there are clicks."""
TRIES = 3
"""The tones of MFC/R2 answer each other within its timers, which an emulated processor that is late does not always keep."""
TALKS, RINGS, KEYS, QUIET, ENDS = range(5)
both_ways = pytest.mark.parametrize("here", [GATEWAY, EXCHANGE], ids=["outgoing", "incoming"])


def talk(both: Ends, channel: str) -> str:
    """Call, and let both ends hear the other's tone, and only that; the caller's number as it arrived."""
    for _ in range(TRIES):
        call = both.manager.originate(channel, "talk", caller="01062770001")
        answered = both.manager.event("OriginateResponse", ActionID=call)
        if answered["Response"] == "Success":
            break
    assert answered["Response"] == "Success"
    arrived = both.far.event("Newexten", Exten=channel.rpartition("/")[2], Priority="1")
    # Whoever hangs up has no cause from afar.
    assert {both.manager.event("Hangup")["Cause"], both.far.event("Hangup")["Cause"]} <= {"16", "0"}
    assert tone_share(recorded(both.machine, both.here, answered["Uniqueid"]), both.there.tone) > HEARD
    assert tone_share(recorded(both.machine, both.there, arrived["Uniqueid"]), both.here.tone) > HEARD
    return arrived["CallerIDNum"]


@both_ways
@pytest.mark.requirement("ACC-01")
@pytest.mark.requirement("ACC-03")
def test_pri_carries_a_call_with_its_numbers_and_speech_both_ways(machine: Machine, here: Side) -> None:
    with ends(machine, here) as both:
        assert talk(both, f"DAHDI/g1/{both.there.numbers[TALKS]}0013") == "01062770001"


@both_ways
@pytest.mark.requirement("ACC-01")
def test_r2_of_china_carries_a_call_without_the_callers_number(machine: Machine, here: Side) -> None:
    with ends(machine, here) as both:
        assert talk(both, f"DAHDI/g3/{both.there.numbers[TALKS]}00") == "<unknown>"


@both_ways
def test_keys_are_heard_as_tones(machine: Machine, here: Side) -> None:
    keys = "1590*#"
    with ends(machine, here) as both:
        both.manager.originate(f"DAHDI/g1/{both.there.numbers[KEYS]}00", f"key{keys}")
        assert "".join(both.far.event("DTMFEnd", Direction="Received")["Digit"] for _ in keys) == keys


@both_ways
@pytest.mark.parametrize("cause", [1, 16, 17, 19, 21, 34], ids=["unallocated", "normal", "busy", "no answer", "rejected", "no circuit"])
def test_a_cause_comes_through(machine: Machine, here: Side, cause: int) -> None:
    with ends(machine, here) as both:
        call = both.manager.originate(f"DAHDI/g1/{both.there.numbers[ENDS]}{cause:02d}", "quiet")
        both.manager.event("Newstate", ChannelStateDesc="Ringing")
        assert both.manager.event("Hangup")["Cause"] == str(cause)
        assert both.manager.event("OriginateResponse", ActionID=call)["Response"] == "Failure"


@both_ways
def test_a_call_that_nobody_answers_is_given_up_with_its_cause(machine: Machine, here: Side) -> None:
    with ends(machine, here) as both:
        call = both.manager.originate(f"DAHDI/g1/{both.there.numbers[RINGS]}00", "quiet", limit_s=4)
        both.manager.event("Newstate", ChannelStateDesc="Ringing")
        assert both.manager.event("OriginateResponse", ActionID=call)["Response"] == "Failure"
        assert both.far.event("Hangup")["Cause"] == "19"


def test_both_ends_seizing_the_same_channel_lose_no_channel(machine: Machine) -> None:
    """Glare (ITU-T Q.931 section 5.7): one of the two calls may be refused, with cause 44, and its channel serves the next."""
    causes = set()
    with ends(machine, GATEWAY) as both:
        for _ in range(5):
            out = both.manager.originate(f"DAHDI/g1/{EXCHANGE.numbers[QUIET]}00", "quiet")
            into = both.far.originate(f"DAHDI/g1/{GATEWAY.numbers[QUIET]}00", "quiet")
            outcomes = [
                (manager, manager.event("OriginateResponse", ActionID=call)) for manager, call in ((both.manager, out), (both.far, into))
            ]
            assert "Success" in {outcome["Response"] for _, outcome in outcomes}, "both lost"
            for manager, outcome in outcomes:
                if outcome["Response"] == "Failure":
                    dialled = outcome["Channel"].rpartition("/")[2]
                    lost = manager.wait(lambda m, name=f"/{dialled}-": name in m.get("Channel", "") and m["Event"] == "Hangup", "end")  # type: ignore[misc]
                    causes.add(lost["Cause"])
            both.idle()
            both.manager.seen.clear()
            both.far.seen.clear()
        assert causes <= {"44"}  # requested circuit not available
        fill(both, 6)  # by the lowest channels, among them all that were fought for


def fill(both: Ends, calls: int) -> None:
    """So many calls at a time, each answered before the next is made."""
    channels = set()
    for number in range(calls):
        call = both.manager.originate(f"DAHDI/g1/{both.there.numbers[QUIET]}{number:02d}", "quiet")
        assert both.manager.event("OriginateResponse", ActionID=call)["Response"] == "Success", f"call {number + 1} of {calls}"
        channels.add(both.far.event("DAHDIChannel")["DAHDIChannel"])
    assert len(channels) == calls


@both_ways
@pytest.mark.requirement("ACC-01")
def test_thirty_calls_are_signalled_on_one_e1_and_the_next_finds_no_circuit(machine: Machine, here: Side) -> None:
    with ends(machine, here) as both:
        fill(both, 30)
        call = both.manager.originate(f"DAHDI/g1/{both.there.numbers[QUIET]}99", "quiet")
        assert both.manager.event("OriginateResponse", ActionID=call)["Response"] == "Failure"
        assert both.channels() == 60
