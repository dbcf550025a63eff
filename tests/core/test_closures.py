"""Service numbers that an operator closes while running, and what callers meet when nobody serves them: night service."""

from typing import Any

import pytest
from attrs import evolve

from appliance.core.actions import Replied
from appliance.core.engine import Engine
from appliance.core.inputs import Restored, ServiceClosed, Stored
from appliance.core.plan import AgentPlan, Choice, ClosedPlan, NumberPlan, Plan, QueuePlan
from appliance.core.records import Audit, Closure, Contact
from appliance.core.records import Contact as ContactRow
from hal.api import (
    Adopted,
    Answer,
    Answered,
    Arrived,
    DigitHeard,
    LineOpened,
    Mix,
    Originate,
    Play,
    PlayEnded,
    Released,
    StationUnregistered,
)
from tests.core.acd import LINE, arrives, centre, logs_in, picks_up, rung, story
from tests.core.playbook import EVERYTHING, MONDAY_8, Playbook, playbook, prompt, service, small_plan

pytestmark = pytest.mark.requirement("ACC-05")


def plan(**changes: Any) -> Plan:
    small = small_plan()
    return evolve(small, prompts={**small.prompts, "closed": prompt("closed"), "closed-storm": prompt("storm")}, **changes)


def closes(book: Playbook, number: str = "95501", lasts_s: float = 0.0, **more: Any) -> str:
    """An operator closes a number, or opens it; what he is told."""
    book << ServiceClosed(Closure(number, 0.0, "li", **more), lasts_s, token=7)
    if not any(isinstance(action, Replied) for action in book.actions):
        book << Stored(book.token())
    return next(action.error for action in book.actions if isinstance(action, Replied))


def hears(book: Playbook, number: str = "95501", leg: str = "a") -> tuple[str, ...]:
    """Somebody calls; what is played to him first, empty: an agent's phone rings."""
    book << Arrived(LINE, leg, "13800138000", number) >> Answer(LINE, leg)
    book << Answered(LINE, leg)
    played = [command.files for command in book.skip().commands if isinstance(command, Play)]
    return played[0] if played else ()


def ends(book: Playbook, leg: str = "a") -> tuple[str, ...]:
    """What is being played to him ends; what is played to him then."""
    book << PlayEnded(LINE, leg, book.engine.state.legs[leg].play)
    played = [command.files for command in book.skip().commands if isinstance(command, Play)]
    return played[0] if played else ()


def test_a_number_that_is_closed_takes_messages_and_opens_by_itself() -> None:
    book = centre("1001", plan=plan())
    assert hears(book, leg="before") == ("music.zh.wav",)
    assert closes(book, lasts_s=600.0, why="typhoon") == ""
    assert book.engine.state.contacts, "who is in already stays"
    assert hears(book) == ("closed.zh.wav",)
    assert ends(book) == ("message.zh.wav",)
    assert story(book, "closed") == ["by li: typhoon"]
    assert hears(book, "95500", "other") == ("language.zh.wav",), "another number is open"
    book.at(book.now + 599.0).skip()
    assert hears(book, leg="b") == ("closed.zh.wav",)
    book.at(book.now + 1.0).skip()
    assert hears(book, leg="c") == ("music.zh.wav",)
    closure = book.rows(Closure)[-1]
    assert (closure.number, closure.who, closure.why, closure.until_at) == ("95501", "li", "typhoon", closure.at + 600.0)
    assert [(row.who, row.what, row.detail) for row in book.rows(Audit) if row.who == "li"] == [("li", "closed", "95501: typhoon")]


def test_a_whole_centre_is_closed_and_opened_again() -> None:
    book = centre("1001", plan=plan())
    assert closes(book, "all") == ""
    assert [closure.number for closure in book.engine.admission.in_force()] == ["all"]
    assert hears(book) == ("closed.zh.wav",)
    assert closes(book, "95501", open=True) == "95501 was not closed by anybody"
    assert closes(book, "all", open=True, why="all clear") == ""
    assert book.engine.admission.in_force() == []
    assert hears(book, leg="b") == ("music.zh.wav",)
    assert [(row.what, row.detail) for row in book.rows(Audit) if row.who == "li"] == [("closed", "all"), ("opened", "all: all clear")]


def test_the_operator_says_what_is_said_and_where_calls_go() -> None:
    book = centre(plan=plan())
    assert closes(book, say="closed-storm", onward="announcement:closed-storm") == ""
    assert hears(book) == ("storm.zh.wav",)
    assert ends(book) == ("storm.zh.wav",)
    assert closes(book, onward="number:057112345678") == ""
    assert hears(book, leg="b") == ("closed.zh.wav",)
    book << PlayEnded(LINE, "b", book.engine.state.legs["b"].play)
    assert book.only(Originate).to == "number:057112345678"


def test_a_closed_flow_says_its_own_words_in_the_callers_language_and_goes_where_it_does_out_of_hours() -> None:
    small = small_plan()
    own = ClosedPlan(prompt("language"), {"1": "zh", "2": "en"}, said=prompt("own"), then=Choice("announcement", "closed-storm"))
    numbers = {**small.numbers, "95500": evolve(small.numbers["95500"], closed=own)}
    book = centre("1001", plan=plan(numbers=numbers))
    closes(book, "95500")
    assert hears(book, "95500") == ("language.zh.wav",)
    book << DigitHeard(LINE, "a", "2")
    assert book.only(Play).files == ("own.en.wav",)
    assert ends(book) == ("storm.en.wav",)


@pytest.mark.parametrize(
    ("closure", "why"),
    [
        ({"number": "95599"}, "there is no service number '95599'; there are: 95500, 95501, 95502, and all"),
        ({"until_at": MONDAY_8 - 1.0}, "that moment is over already"),
        (
            {"say": "closed-flood"},
            "there is no prompt 'closed-flood'; there are: closed, closed-storm ([prompts] closed-NAME)",
        ),
        ({"onward": "queue:nowhere"}, "95501: there is no queue 'nowhere'; there are: consult, complaint"),
    ],
)
def test_what_cannot_be_is_refused_with_the_reason(closure: dict[str, Any], why: str) -> None:
    book = centre(plan=plan())
    assert closes(book, **closure) == why
    assert book.rows(Closure) == []
    assert book.engine.admission.in_force() == []


def test_a_closure_outlives_a_restart_and_so_does_who_is_told_of_it() -> None:
    book = centre(plan=plan())
    closes(book)
    hears(book)
    row, closure = book.rows(ContactRow)[-1], book.rows(Closure)[-1]
    assert row.stage == "closed"
    after = Playbook(Engine(plan()))
    after << Restored(2, contacts=(row,), closures=(closure,)) << Adopted(LINE, "a", row.ani, "95501", True)
    after << LineOpened(LINE, EVERYTHING.value)
    after.at(after.now)
    assert after.only(Play).files == ("closed.zh.wav",)
    assert hears(after, leg="b") == ("closed.zh.wav",)


# -- night service: out of hours


def night(closed_then: Choice, **changes: Any) -> Playbook:
    """The small centre at eight in the morning, an hour before its office opens."""
    office = service("office", hours="office", closed=("closed", str(closed_then)), otherwise="queue:consult")
    return playbook(evolve(plan(**changes), programs={"hotline": small_plan().programs["hotline"], "office": office}))


def test_out_of_hours_a_night_extension_rings_and_takes_the_call() -> None:
    book = night(Choice("station", "8003"))
    assert hears(book, "95502") == ("closed.en.wav",)
    book << PlayEnded(LINE, "a", book.engine.state.legs["a"].play)
    rings = book.only(Originate)
    assert rings.to == "station:8003"
    book << Answered(LINE, rings.leg)
    assert book.only(Mix).hears == {"a": (rings.leg,), rings.leg: ("a",)}


def test_a_night_extension_that_cannot_be_reached_leaves_a_message() -> None:
    book = night(Choice("station", "8003"))
    book << StationUnregistered(LINE, "8003")
    assert hears(book, "95502") == ("closed.en.wav",)
    book << PlayEnded(LINE, "a", book.engine.state.legs["a"].play)
    assert book.only(Play).files == ("message.en.wav",)


def test_the_night_bell_rings_on_every_phone_of_the_night_and_whoever_answers_has_the_call() -> None:
    small = small_plan()
    agents = {id_: AgentPlan(agent.name, agent.station, {"night": 1}) for id_, agent in small.agents.items()}
    book = night(Choice("queue", "night"), agents=agents, queues={**small.queues, "night": QueuePlan(strategy="ring-all")})
    for agent in ("1001", "1002", "1003"):
        logs_in(book, agent)
    assert hears(book, "95502") == ("closed.en.wav",)
    book << PlayEnded(LINE, "a", book.engine.state.legs["a"].play)
    assert sorted(rung(book)) == ["1001", "1002", "1003"]
    picks_up(book, "1002")
    assert story(book, "connected") == ["1002"]


# -- one number for everything, several for services


@pytest.mark.requirement("ACC-03")
def test_each_service_number_leads_to_its_service_and_both_numbers_go_along_to_the_end() -> None:
    small = small_plan()
    numbers = {**small.numbers, "95503": NumberPlan(Choice("queue", "complaint"))}
    book = centre("1001", "1002", "1003", plan=plan(numbers=numbers))
    assert arrives(book, "a", "13800138000", "95501") == ["1001"]
    assert arrives(book, "b", "13900139000", "95503") == ["1003"]
    state = book.engine.state
    assert {contact.leg: contact.queue for contact in state.contacts.values()} == {"a": "consult", "b": "complaint"}
    for leg in ("a", "b"):
        book << Released(LINE, leg)
        rung(book)
    ended = {row.ani: row.dnis for row in book.rows(Contact) if row.stage == "ended"}
    assert ended == {"13800138000": "95501", "13900139000": "95503"}
