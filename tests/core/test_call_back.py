"""What a caller hears and can do while he waits, and the call back that keeps his place."""

from typing import Any

import pytest
from attrs import evolve

from appliance.core.agents.agent import AgentState
from appliance.core.engine import Engine
from appliance.core.inputs import AgentAsked, ClockSet, Drain, PlanChanged, Stored
from appliance.core.plan import Announce, CallBack, CallerPlan, Choice, Overflow
from appliance.core.records import AgentState as AgentStateRow
from appliance.core.records import Contact, Ticket
from hal.api import (
    Answer,
    Answered,
    Arrived,
    Cause,
    DigitHeard,
    LineLost,
    LineOpened,
    Mix,
    Originate,
    Play,
    PlayEnded,
    Release,
    Released,
    StationRegistered,
)
from tests.core.acd import LINE, arrives, centre, hangs_up, leg_of, logs_in, passes, pauses, picks_up, queues, ready, rung, story, waiting
from tests.core.left import left_by
from tests.core.playbook import EVERYTHING, MONDAY_8, Playbook, prompt, small_plan

NUMBER = "13800138000"
KEYS = {"1": Choice("callback"), "2": Choice("voicemail"), "3": Choice("queue", "complaint")}
WORDS = (
    *(f"position-{n}" for n in range(1, 5)), "position-more", "wait-soon", "wait-late", *(f"wait-under-{n}" for n in range(1, 61)),
    *(f"wait-{to}-{n}" for to in ("from", "to", "over") for n in range(61)), "choice-1-callback", "choice-2-voicemail",
    "call-back-promised", "call-back-number", "unavailable",
)  # fmt: skip


def comfortable(*agents: str, announce: Announce | None = None, call_back: CallBack | None = None, **changes: Any) -> Playbook:
    """A centre whose callers hear music and announcements, and can choose."""
    words = {**small_plan().prompts, **{name: prompt(name) for name in WORDS}}
    rules: dict[str, Any] = {
        "music": prompt("music"),
        "keys": KEYS,
        "announce": announce,
        "call_back": call_back or CallBack(2, 60.0, 20.0),
    }
    return centre(*agents, **{"queues": queues(**rules), "prompts": words, "record_calls": False, **changes})


def said(book: Playbook) -> list[tuple[str, ...]]:
    """The files that the last input had played, music left out."""
    book.skip()
    return [command.files for command in book.commands if isinstance(command, Play) and not command.loop]


def calls(book: Playbook, leg: str = "a", ani: str = NUMBER) -> None:
    book << Arrived(LINE, leg, ani, "95501") >> Answer(LINE, leg)
    book << Answered(LINE, leg)


# -- the call back ---------------------------------------------------------------------------------------------------------------


def promised(book: Playbook, leg: str = "a", ani: str = NUMBER) -> None:
    """A caller waits, chooses to be called back, and is let go."""
    calls(book, leg, ani)
    chooses(book.skip(), leg)


def chooses(book: Playbook, leg: str) -> None:
    """Who waits chooses to be called back, and is let go."""
    book << DigitHeard(LINE, leg, "1")
    play = [command for command in book.skip().commands if isinstance(command, Play)][-1]
    assert play.files == ("call-back-promised.zh.wav",)
    book << PlayEnded(LINE, leg, play.play) >> Release(LINE, leg)
    book << Released(LINE, leg)


def contact_of(book: Playbook, number: int = 1) -> Any:
    return book.engine.state.contacts[f"0001-{number:06d}"]


def called_out(book: Playbook) -> Originate:
    """The call to a customer that the last input led to."""
    book.skip()
    (call,) = [command for command in book.commands if isinstance(command, Originate) and command.to.startswith("number:")]
    return call


def agent_takes(book: Playbook, agent: str = "1001") -> Originate:
    book << Answered(LINE, leg_of(book, agent))
    return called_out(book)


@pytest.mark.requirement("ACD-06")
def test_who_is_to_be_called_back_keeps_his_place_before_and_behind_others() -> None:
    book = comfortable("1001")
    pauses(book, "1001")
    calls(book, "first", "137")
    book.skip().at(10.0)
    calls(book, "second", NUMBER)
    book.skip().at(20.0)
    calls(book, "third", "136")
    book.skip().at(30.0)
    chooses(book, "second")
    assert waiting(book) == ["first", "", "third"]
    assert ready(book, "1001") == ["1001"]
    picks_up(book, "1001")
    assert hangs_up(book, "first") == ["1001"]
    assert agent_takes(book).to == f"number:{NUMBER}"
    assert waiting(book) == ["third"]


@pytest.mark.requirement("ACD-06")
def test_a_call_back_is_a_conversation_when_the_customer_answers() -> None:
    book = comfortable("1001")
    pauses(book, "1001")
    promised(book)
    book.at(30.0)
    assert ready(book, "1001") == ["1001"]
    call = agent_takes(book)
    book.at(40.0) << Answered(LINE, call.leg)
    agent = leg_of(book, "1001")
    heard = book.only(Mix).hears
    assert heard == {call.leg: (agent,), agent: (call.leg,)}
    contact = contact_of(book)
    assert (contact.call_back, contact.state.value, contact.connected_at) == ("", "connected", 40.0)
    book.at(70.0)
    hangs_up(book, call.leg)
    row = book.rows(Contact)[-1]
    assert (row.id, row.outcome, row.talk_s, row.agent) == ("0001-000001", "answered", 30.0, "1001")
    assert row.wait_s == pytest.approx(30.0 - 1.0)


@pytest.mark.requirement("ACD-06")
@pytest.mark.parametrize("ends", ["busy", "no answer", "the agent hangs up"])
def test_a_customer_who_is_not_reached_is_tried_again_and_then_is_a_ticket(ends: str) -> None:
    book = comfortable("1001", call_back=CallBack(attempts=2, retry_s=60.0, ring_s=20.0))
    pauses(book, "1001")
    promised(book)
    ready(book, "1001")
    for attempt in (1, 2):
        call = agent_takes(book)
        began = book.now
        if ends == "busy":
            hangs_up(book, call.leg, Cause.USER_BUSY)
        elif ends == "no answer":
            passes(book, began + 19.9)
            assert call.leg in book.engine.state.legs
            passes(book, began + 20.0)
        else:
            hangs_up(book, "1001")
        tried = book.now
        assert call.leg not in book.engine.state.legs
        assert book.engine.state.agents["1001"].state is AgentState.READY, "nobody was served: no wrap-up"
        assert contact_of(book).attempts == attempt
        if attempt == 1:
            assert passes(book, tried + 59.9) == []
            assert passes(book, tried + 60.0) == ["1001"]
    (ticket,) = book.rows(Ticket)
    assert (ticket.kind, ticket.call_back, ticket.contact) == ("call-back", NUMBER, "0001-000001")
    token = next(iter(book.engine.state.tokens))
    book << Stored(token)
    row = book.rows(Contact)[-1]
    assert (row.outcome, row.attempts, row.talk_s) == ("unreached", 2, 0.0)
    assert book.engine.idle


@pytest.mark.requirement("ACD-06")
def test_who_hangs_up_while_he_hears_the_promise_is_called_back_all_the_same() -> None:
    book = comfortable("1001")
    pauses(book, "1001")
    calls(book)
    book.skip() << DigitHeard(LINE, "a", "1")
    hangs_up(book.skip(), "a")
    assert contact_of(book).call_back == NUMBER
    assert ready(book, "1001") == ["1001"]
    assert agent_takes(book).to == f"number:{NUMBER}"


@pytest.mark.requirement("ACD-06")
def test_nobody_is_rung_beside_a_caller_who_is_just_let_go() -> None:
    book = comfortable("1001")
    pauses(book, "1001")
    calls(book)
    book.skip() << DigitHeard(LINE, "a", "1")
    play = [command for command in book.skip().commands if isinstance(command, Play)][-1]
    book << PlayEnded(LINE, "a", play.play) >> Release(LINE, "a")
    book << AgentAsked("1001", "ready")
    assert book.only(Originate).beside == ""
    call = agent_takes(book)
    book << Released(LINE, "a")
    book << Answered(LINE, call.leg)
    assert set(book.only(Mix).hears) == {call.leg, leg_of(book, "1001")}


@pytest.mark.requirement("ACD-06")
@pytest.mark.parametrize(("keyed", "number"), [("13912345678#", "13912345678"), ("12#", ""), ("", "")])
def test_who_hides_his_number_keys_it_or_leaves_a_message(keyed: str, number: str) -> None:
    book = comfortable("1001")
    pauses(book, "1001")
    calls(book, ani="anonymous")
    book.skip() << DigitHeard(LINE, "a", "1")
    assert said(book) == [("call-back-number.zh.wav",)]
    for digit in keyed:
        book << DigitHeard(LINE, "a", digit)
        book.skip()
    passes(book, book.now + 30.0)
    contact = contact_of(book)
    play = book.engine.state.legs["a"].play
    book << PlayEnded(LINE, "a", play)
    rung(book)
    assert contact.call_back == number
    assert (contact.stage == "callback") is bool(number)


@pytest.mark.requirement("ACD-06")
@pytest.mark.parametrize("to", ["queue:complaint", "flow:hotline"])
def test_a_customer_who_was_called_back_can_be_passed_on_like_any_other(to: str) -> None:
    book = comfortable("1001", "1003")
    pauses(book, "1001", "1003")
    promised(book)
    ready(book, "1001")
    call = agent_takes(book)
    book << Answered(LINE, call.leg)
    book.skip() << AgentAsked("1001", "transfer" if to.startswith("queue") else "flow", to=to)
    book.skip()
    contact = contact_of(book)
    assert contact.leg == call.leg
    if to.startswith("queue"):
        assert waiting(book, "complaint") == [call.leg]
        assert ready(book, "1003") == ["1003"]
    else:
        assert (contact.in_flow, contact.state.value) == (True, "connected")
        book << AgentAsked("1001", "take-back")
        book.skip()
        assert (contact.in_flow, contact.leg) == (False, call.leg)


@pytest.mark.requirement("ACD-06")
def test_nobody_is_called_any_more_by_a_centre_that_closes_down_and_who_is_there_is_served() -> None:
    book = comfortable("1001")
    pauses(book, "1001")
    promised(book)
    calls(book, "b", "137")
    book.skip() << Drain()
    assert ready(book, "1001") == ["1001"]
    picks_up(book, "1001")
    assert hangs_up(book, "b") == []
    assert contact_of(book).stage == "callback", "the next run calls him"


@pytest.mark.requirement("ACD-03")
def test_no_overflow_sends_away_who_holds_no_line() -> None:
    words = {**small_plan().prompts, "call-back-promised": prompt("call-back-promised")}
    ways = (Overflow("wait", Choice("voicemail"), 30.0), Overflow("nobody logged in", Choice("voicemail")))
    book = centre("1001", queues=queues(keys=KEYS, overflow=ways), prompts=words)
    pauses(book, "1001")
    promised(book)
    book << AgentAsked("1001", "log-out")
    passes(book, 4000.0)
    assert contact_of(book).stage == "callback"
    logs_in(book, "1001")
    assert contact_of(book).state.value == "offered"


# -- over a restart -----------------------------------------------------------------------------------------------------------------


def restarted(first: Playbook, wait_s: float = 10.0) -> Playbook:
    """The core of a second run, which knows what the store knows and finds no leg."""
    book = Playbook(Engine(first.engine.state.plan))
    book << ClockSet(MONDAY_8 + first.now + wait_s)
    book << evolve(left_by(first.kept), states={"1001": AgentStateRow("1001", 0.0, "not-ready", "tea", "8001")})
    book << LineOpened(LINE, EVERYTHING.value)
    for station in book.engine.state.stations:
        book << StationRegistered(LINE, station, "127.0.0.1:5070")
    book.at(0.1)
    return book


@pytest.mark.requirement("ACD-06")
@pytest.mark.requirement("ACD-11")
def test_a_place_is_kept_over_a_restart_of_the_core() -> None:
    first = comfortable("1001", callers={"139": CallerPlan(vip=True)})
    pauses(first, "1001")
    first.at(100.0)
    promised(first, "a", NUMBER)
    first.at(130.0)
    promised(first, "b", "13912345678")
    first.at(150.0)
    promised(first, "v", "139")
    book = restarted(first, 20.0)
    state = book.engine.state
    assert [state.contacts[id_].call_back for id_ in state.queues["consult"].in_order()] == ["139", NUMBER, "13912345678"]
    arrives(book, "late", "137")
    assert ready(book, "1001") == ["1001"]
    assert agent_takes(book).to == "number:139"


@pytest.mark.requirement("ACD-06")
@pytest.mark.requirement("ACD-11")
def test_an_attempt_that_the_restart_cut_off_does_not_count_and_the_others_do() -> None:
    first = comfortable("1001", call_back=CallBack(attempts=2, retry_s=60.0, ring_s=20.0))
    pauses(first, "1001")
    promised(first)
    ready(first, "1001")
    hangs_up(first, agent_takes(first).leg, Cause.USER_BUSY)
    assert passes(first, first.now + 60.0) == ["1001"]
    agent_takes(first)
    book = restarted(first)
    contact = book.engine.state.contacts["0001-000001"]
    assert (contact.attempts, contact.call_back) == (1, NUMBER)
    ready(book, "1001")
    assert passes(book, 60.0) == ["1001"], "once more after the usual while"
    hangs_up(book, agent_takes(book).leg, Cause.USER_BUSY)
    assert [ticket.call_back for ticket in book.rows(Ticket)] == [NUMBER]


# -- of callers who were lost -----------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("ACD-11")
@pytest.mark.parametrize("was", ["waiting", "offered", "talking", "in the menu"])
@pytest.mark.parametrize("wanted", [True, False])
def test_who_was_lost_with_a_worker_is_called_back_where_the_plan_wants_it(was: str, wanted: bool) -> None:
    book = comfortable("1001", call_back_lost=wanted)
    pauses(book, "1001")
    if was == "in the menu":
        book << Arrived(LINE, "a", NUMBER, "95500") >> Answer(LINE, "a")
        book << Answered(LINE, "a")
    else:
        calls(book)
    book.skip()
    if was in ("offered", "talking"):
        ready(book, "1001")
    if was == "talking":
        picks_up(book, "1001")
    book << LineLost(LINE, "the worker died")
    rung(book)
    rows = {row.id: row for row in book.rows(Contact)}
    assert len(story(book, "cut off")) == (was == "talking"), "it counts as answered, and says how it ended"
    owed = wanted and was != "in the menu"
    assert rows["0001-000001"].outcome == ("answered" if was == "talking" else "lost")
    assert ("0001-000002" in rows) is owed
    if owed:
        row = rows["0001-000002"]
        assert (row.call_back, row.origin, row.direction, row.queue) == (NUMBER, "0001-000001", "out", "consult")
        book << LineOpened(LINE, EVERYTHING.value)
        book << StationRegistered(LINE, "8001", "127.0.0.1:5070")
        book.at(book.now + 5.0).skip()
        if was == "waiting":
            ready(book, "1001")
        assert agent_takes(book).to == f"number:{NUMBER}"


@pytest.mark.requirement("ACD-11")
@pytest.mark.parametrize("ani", ["", "anonymous", "12"])
def test_who_has_no_number_is_not_called_back(ani: str) -> None:
    book = comfortable("1001", call_back_lost=True)
    pauses(book, "1001")
    calls(book, ani=ani)
    book.skip() << Released(LINE, "a", Cause.NETWORK_OUT_OF_ORDER)
    assert [row.outcome for row in book.rows(Contact) if row.stage == "ended"] == ["lost"]
    assert book.engine.idle


@pytest.mark.requirement("ACD-11")
def test_who_hung_up_himself_is_not_called_back() -> None:
    book = comfortable("1001", call_back_lost=True)
    pauses(book, "1001")
    calls(book)
    hangs_up(book.skip(), "a")
    assert book.rows(Contact)[-1].outcome == "abandoned"
    assert book.engine.idle


@pytest.mark.requirement("ACD-11")
@pytest.mark.parametrize(
    ("ani", "why"),
    [
        ("0085212345678", "abroad"),
        ("8002", "a number of the centre's own"),
        ("1002", "a number of the centre's own"),
        ("95500", "a number of the centre's own"),
        ("13911111111", "blocked"),
        ("anonymous", "no number"),
        ("+8613911111112", ""),
    ],
)
def test_who_was_lost_is_called_back_only_where_his_number_is_one_to_call(ani: str, why: str) -> None:
    book = comfortable("1001", call_back_lost=True)
    pauses(book, "1001")
    calls(book, ani=ani)
    book.skip() << PlanChanged(evolve(book.engine.state.plan, callers={"13911111111": CallerPlan(blocked=True)}))
    book.skip() << Released(LINE, "a", Cause.NETWORK_OUT_OF_ORDER)
    assert story(book, "no call back") == [why] * bool(why)
    assert [row.call_back for row in book.rows(Contact) if row.direction == "out"][:1] == [ani] * (not why)


@pytest.mark.requirement("ACD-11")
def test_a_phone_of_the_centre_that_was_lost_is_not_called_back_by_the_network() -> None:
    book = comfortable("1001", call_back_lost=True)
    pauses(book, "1001")
    book << Arrived(LINE, "a", NUMBER, "95501", station="8002") >> Answer(LINE, "a")
    book << Answered(LINE, "a")
    book.skip() << Released(LINE, "a", Cause.NETWORK_OUT_OF_ORDER)
    assert story(book, "no call back") == ["a phone of the centre's"]


@pytest.mark.requirement("ACD-11")
@pytest.mark.parametrize("by_name", [False, True])
def test_who_was_lost_keeps_his_place(by_name: bool) -> None:
    book = comfortable("1001", "1002", call_back_lost=True)
    pauses(book, "1002")
    calls(book)
    rung(book)
    picks_up(book, "1001")
    book.at(book.now + 4.0)
    if by_name:
        book << AgentAsked("1001", "transfer", to="1002")
    else:
        book << AgentAsked("1001", "transfer", to="queue:consult")
    assert rung(book) == (["1002"] if by_name else ["1001"])
    place = book.engine.state.contacts["0001-000001"].home_place
    pauses(book, "1001")
    book.at(book.now + 3.0)
    book.skip()
    calls(book, leg="b", ani="13900000000")
    book.skip() << Released(LINE, "a", Cause.NETWORK_OUT_OF_ORDER)
    rung(book)
    contacts = book.engine.state.contacts
    queue = book.engine.state.queues["consult"]
    assert place is not None
    assert contacts["0001-000003"].place[0] == place[0], "the call-back stands where he stood"
    assert next(contacts[id_].ani for id_ in queue.in_order()) == NUMBER
