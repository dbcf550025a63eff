"""What a caller hears while he waits, and what he can choose."""

from itertools import pairwise

import pytest

from appliance.core.plan import Announce
from appliance.core.records import CallEvent, Contact
from hal.api import (
    Answered,
    Cause,
    DigitHeard,
    Mix,
    Play,
    PlayEnded,
    Released,
    StopPlay,
)
from tests.core.acd import LINE, arrives, hangs_up, leg_of, passes, pauses, picks_up, ready, rung, story, waiting
from tests.core.test_call_back import calls, comfortable, said

# -- what is heard ---------------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("ACD-06")
def test_music_at_once_then_the_place_and_the_wait_then_music_again() -> None:
    book = comfortable("1001", announce=Announce(15.0, 45.0))
    pauses(book, "1001")
    began = book.now
    calls(book)
    music = book.only(Play)
    assert (music.files, music.loop) == (("music.zh.wav",), True)
    book.at(began + 14.9)
    book.at(began + 15.0)
    heard = book.only(Play)
    assert heard.files[0] == "position-1.zh.wav"
    assert heard.files[-2:] == ("choice-1-callback.zh.wav", "choice-2-voicemail.zh.wav")
    assert not heard.loop
    book << PlayEnded(LINE, "a", heard.play)
    assert book.only(Play).files == music.files
    book.at(began + 59.9)
    book.at(began + 60.0)
    assert said(book)[0][0] == "position-1.zh.wav"
    assert len(story(book, "announced")) == 2


@pytest.mark.requirement("ACD-06")
def test_the_wait_is_said_as_an_interval_and_never_grows_for_one_caller() -> None:
    book = comfortable("1001", "1002", announce=Announce(5.0, 20.0))
    for leg, agent in (("x", "1001"), ("y", "1002")):
        arrives(book, leg, "137")
        picks_up(book, agent)
    for number in range(4):
        arrives(book, f"w{number}", "137")
    arrives(book, "a")
    passes(book, book.now + 400.0)
    id_ = next(contact.id for contact in book.engine.state.contacts.values() if contact.leg == "a")
    spoken = [row.detail for row in book.rows(CallEvent) if (row.contact, row.what) == (id_, "announced")]
    assert len(spoken) == 20
    assert spoken[0].startswith("position 5, wait ")
    highs = [float("inf") if high == "?" else float(high) for high in (text.split(" to ")[1].split()[0] for text in spoken)]
    lows = [float(text.split("wait ")[1].split()[0]) for text in spoken]
    assert highs[0] < 60.0
    assert all(later <= earlier for earlier, later in pairwise(highs))
    assert all(later <= earlier for earlier, later in pairwise(lows))
    assert any(row.ewt_high_s == 60.0 * highs[0] for row in book.rows(Contact) if row.id == id_), "what was said first is kept"


@pytest.mark.requirement("ACD-06")
def test_announcements_come_also_to_who_was_offered_at_once_and_not_taken() -> None:
    book = comfortable("1001", announce=Announce(20.0, 45.0))
    calls(book)
    assert rung(book) == ["1001"]
    began = book.now
    assert hangs_up(book, "1001", Cause.CALL_REJECTED) == []
    book.at(began + 20.0)
    assert said(book)[0][0] == "position-1.zh.wav"


@pytest.mark.requirement("ACD-06")
def test_nothing_is_said_while_a_phone_rings_and_an_announcement_ends_with_the_answer() -> None:
    book = comfortable("1001", announce=Announce(5.0, 10.0))
    pauses(book, "1001")
    began = book.now
    calls(book)
    book.skip().at(began + 4.0)
    assert ready(book, "1001") == ["1001"]
    book.at(began + 6.0)
    assert said(book) == []
    assert hangs_up(book, "1001", Cause.USER_BUSY) == []
    book.at(began + 15.0)
    assert len(said(book)) == 1
    assert ready(book, "1001") == ["1001"]
    book << Answered(LINE, leg_of(book, "1001"))
    assert [type(command) for command in book.commands] == [StopPlay, Mix]
    book.skip()


# -- what can be chosen ---------------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("ACD-06")
@pytest.mark.parametrize("during", ["music", "an announcement"])
@pytest.mark.parametrize(("key", "leads"), [("1", "call-back-promised"), ("2", "unavailable"), ("3", "")])
def test_a_key_leads_elsewhere_also_during_an_announcement(during: str, key: str, leads: str) -> None:
    book = comfortable("1001", announce=Announce(5.0, 10.0))
    pauses(book, "1001")
    began = book.now
    calls(book)
    book.skip().at(began + (5.0 if during == "an announcement" else 1.0)).skip()
    book << DigitHeard(LINE, "a", "7")
    assert waiting(book) == ["a"], "a key that leads nowhere"
    book << DigitHeard(LINE, "a", key)
    assert isinstance(book.commands[0], StopPlay)
    assert said(book) == ([(f"{leads}.zh.wav",)] if leads else [])
    assert waiting(book) == []
    assert waiting(book, "complaint") == ([] if leads else ["a"])
    assert book.engine.state.contacts["0001-000001"].keys == key


@pytest.mark.requirement("ACD-06")
@pytest.mark.parametrize("ends", ["answered", "declined"])
def test_a_choice_made_while_a_phone_rings_holds_when_that_is_not_picked_up(ends: str) -> None:
    book = comfortable("1001", "1002")
    calls(book)
    assert rung(book) == ["1001"]
    book << DigitHeard(LINE, "a", "1")
    assert book.engine.state.contacts["0001-000001"].state.value == "offered"
    if ends == "answered":
        picks_up(book, "1001")
        assert book.engine.state.contacts["0001-000001"].state.value == "connected"
        hangs_up(book, "1001")
        assert book.rows(Contact)[-1].outcome == "answered"
        return
    book << Released(LINE, leg_of(book, "1001"), Cause.USER_BUSY)
    assert said(book) == [("call-back-promised.zh.wav",)], "and nobody else is rung"
