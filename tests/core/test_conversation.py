"""Who hears whom follows from rooms, holds and modes alone."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.core.talks.conversation import FLOW, MAIN, MODES, Party, background, hears, rooms, speakers

pytestmark = [pytest.mark.requirement("CTI-01")]


def parties(*given_: Party) -> dict[str, Party]:
    return {party.leg: party for party in given_}


def customer(**changes: object) -> Party:
    return Party("c", "customer", **changes)  # type: ignore[arg-type] # as the test names them


def agent(leg: str = "a", **changes: object) -> Party:
    return Party(leg, "agent", leg, **changes)  # type: ignore[arg-type] # as the test names them


def supervisor(mode: str, leg: str = "s", watches: str = "a", **changes: object) -> Party:
    return Party(leg, "supervisor", leg, mode=mode, watches=watches, **changes)  # type: ignore[arg-type] # as the test names them


OUTSIDE, RINGING = Party("o", "outside", room=1), Party("b", "agent", "b", room=1, up=False)
NO_SOUND = {"c": "", "a": "", "s": ""}


@pytest.mark.parametrize(
    ("there", "heard", "sounds"),
    [
        (parties(customer(), agent()), {"c": ("a",), "a": ("c",)}, {"c": "", "a": ""}),
        (parties(customer(), agent(hold="seat")), {"c": (), "a": ()}, {"c": "music", "a": ""}),
        (parties(customer(), agent(hold="phone"), agent("b")), {"c": ("b",), "a": (), "b": ("c",)}, {"c": "", "a": "", "b": ""}),
        (parties(customer(), agent(up=False)), {"c": ()}, {"c": "ringback"}),
        (parties(customer(), agent(room=1, aside=1), RINGING), {"c": (), "a": ()}, {"c": "music", "a": "ringback"}),
        (parties(customer(), agent(room=1, aside=1, hold="seat"), RINGING), {"c": (), "a": ()}, {"c": "music", "a": ""}),
        (parties(customer(room=FLOW), agent()), {"c": (), "a": ()}, {"c": "", "a": ""}),
        (parties(customer(saying=7), agent()), {"c": (), "a": ("c",)}, {"c": "", "a": ""}),
        (parties(customer(), agent(saying=7)), {"c": ("a",), "a": ()}, {"c": "", "a": ""}),
        (parties(customer(), agent(aside=1), OUTSIDE), {"c": ("a",), "a": ("c",), "o": ()}, {"c": "", "a": "", "o": "music"}),
        (parties(customer(), agent(), supervisor("listen")), {"c": ("a",), "a": ("c",), "s": ("c", "a")}, NO_SOUND),
        (parties(customer(), agent(), supervisor("whisper")), {"c": ("a",), "a": ("c", "s"), "s": ("c", "a")}, NO_SOUND),
        (parties(customer(), agent(), supervisor("barge")), {"c": ("a", "s"), "a": ("c", "s"), "s": ("c", "a")}, NO_SOUND),
        (parties(customer(), agent(), supervisor("barge", up=False)), {"c": ("a",), "a": ("c",)}, {"c": "", "a": ""}),
    ],
)  # fmt: skip
def test_who_hears_whom_and_what(there: dict[str, Party], heard: dict[str, tuple[str, ...]], sounds: dict[str, str]) -> None:
    assert hears(there) == heard
    assert background(there) == sounds


def test_rooms_are_those_in_which_somebody_can_talk() -> None:
    there = parties(customer(), agent(room=2, aside=2), agent("b", room=1, up=False), supervisor("listen", room=3))
    assert rooms(there) == [MAIN, 2]
    assert rooms(parties(customer(room=FLOW))) == []


@st.composite
def conversations(draw: st.DrawFn) -> dict[str, Party]:
    there = {"c": customer(room=draw(st.sampled_from([MAIN, MAIN, FLOW])), saying=draw(st.sampled_from([0, 0, 3])))}
    for n in range(draw(st.integers(0, 5))):
        leg = f"p{n}"
        role = draw(st.sampled_from(["agent", "agent", "outside"]))
        there[leg] = Party(leg, role, leg, draw(st.integers(MAIN, 2)), up=draw(st.booleans()), saying=draw(st.sampled_from([0, 0, 5])))
        there[leg].hold = draw(st.sampled_from(["", "", "seat", "phone"]))
    for n, watched in enumerate([leg for leg in there if leg != "c"][:2]):
        room = there[watched].room
        there[f"s{n}"] = supervisor(draw(st.sampled_from(MODES)), f"s{n}", watched, room=room, hold=there[watched].hold)
    return there


@given(conversations())
@settings(max_examples=60, deadline=None)
def test_whatever_the_conversation(there: dict[str, Party]) -> None:
    heard = hears(there)
    assert set(heard) == {leg for leg, party in there.items() if party.up}
    for leg, others in heard.items():
        me = there[leg]
        assert leg not in others
        assert len(set(others)) == len(others)
        for other in others:
            assert there[other].up, "nobody hears who is not there"
            assert not there[other].hold, "nor who has put him on hold"
            assert there[other].room == me.room, "nor who is in another room"
        if me.role == "customer":
            secret = [other for other in others if there[other].role == "supervisor" and there[other].mode != "barge"]
            assert not secret, "no customer hears who only listens or whispers"
    for leg, sound in background(there).items():
        whispers = {other for other in heard[leg] if there[other].mode == "whisper"}
        assert not (sound and set(heard[leg]) - whispers), "music never plays into a conversation"
        assert not (sound and (there[leg].saying or there[leg].role == "supervisor"))
    for room in rooms(there):
        for party in speakers(there, room):
            for speaker in speakers(there, room):
                if party is not speaker and not party.saying:
                    assert speaker.leg in heard[party.leg], "who can be heard in a room is, by all in it"
