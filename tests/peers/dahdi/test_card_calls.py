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
"""Tones of MFC/R2 and keys have their timers, which an emulated processor that is late does not always keep."""
TALKS, RINGS, KEYS, QUIET, ENDS = range(5)
RACES = 40
"""Two of five end in a glare."""
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
    """Glare (ITU-T Q.931 section 5.7): one of the two calls may be refused, with cause 44, and its channel serves the next.

    Whether two calls meet is up to the emulated processor: they are made until they did. After a refusal its channel is restarted.
    """
    causes: set[str] = set()
    met = 0
    with ends(machine, GATEWAY) as both:
        for _ in range(RACES):
            out = both.manager.originate(f"DAHDI/g1/{EXCHANGE.numbers[QUIET]}00", "quiet")
            into = both.far.originate(f"DAHDI/g1/{GATEWAY.numbers[QUIET]}00", "quiet")
            outcomes = [
                (manager, manager.event("OriginateResponse", ActionID=call)) for manager, call in ((both.manager, out), (both.far, into))
            ]
            met += {outcome["Response"] for _, outcome in outcomes} == {"Success", "Failure"}
            for manager, outcome in outcomes:
                if outcome["Response"] == "Failure":
                    dialled = outcome["Channel"].rpartition("/")[2]
                    lost = manager.wait(lambda m, name=f"/{dialled}-": name in m.get("Channel", "") and m["Event"] == "Hangup", "end")  # type: ignore[misc]
                    causes.add(lost["Cause"])
            both.idle()
            both.manager.seen.clear()
            both.far.seen.clear()
            if met >= 2:
                break
        assert met, f"in {RACES} races no call was refused for the other's sake"
        assert causes == {"44"}  # requested circuit not available
        fill(both, 6, tries=RACES)  # by the lowest channels, which were fought for; the next test takes all


def fill(both: Ends, calls: int, tries: int = 1) -> None:
    """So many calls at a time, each answered before the next is made; with some tries, a channel may be in its restart yet."""
    for number in range(calls):
        for _ in range(tries):
            call = both.manager.originate(f"DAHDI/g1/{both.there.numbers[QUIET]}{number:02d}", "quiet")
            if (answered := both.manager.event("OriginateResponse", ActionID=call)["Response"]) == "Success":
                break
        assert answered == "Success", f"call {number + 1} of {calls}"
    assert both.channels() == 2 * calls


@both_ways
@pytest.mark.requirement("ACC-01")
def test_thirty_calls_are_signalled_on_one_e1_and_the_next_finds_no_circuit(machine: Machine, here: Side) -> None:
    with ends(machine, here) as both:
        fill(both, 30)
        call = both.manager.originate(f"DAHDI/g1/{both.there.numbers[QUIET]}99", "quiet")
        assert both.manager.event("OriginateResponse", ActionID=call)["Response"] == "Failure"
        assert both.channels() == 60
