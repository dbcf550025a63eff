"""Agents with nothing but a phone: log-in, ready, not ready, log-out."""

from appliance.core.actions import CheckPin, Replied
from appliance.core.agents.agent import AgentState
from appliance.core.inputs import AgentAsked, PinChecked
from appliance.core.records import Alarm, Audit, Contact
from hal.api import Answer, Answered, Arrived, Cause, Originate, Play, PlayEnded, Reject, Release, Released
from tests.core.playbook import Playbook, playbook, small_plan

LINE = "trunk"


def dial(book: Playbook, code: str, station: str = "8001", *, pin_right: bool = True) -> str:
    """A phone dials a code and hears the answer to its end; the file it heard."""
    leg = f"{station}/{book.now}/{code}"
    book << Arrived(LINE, leg, station, code, station=station) >> Answer(LINE, leg)
    book << Answered(LINE, leg)
    checks = [action for action in book.actions if isinstance(action, CheckPin)]
    if checks:
        book << PinChecked(checks[0].token, pin_right)
    said: Play = book.only(Play)
    book << PlayEnded(LINE, leg, said.play) >> Release(LINE, leg)
    book << Released(LINE, leg, by_far_end=False)
    book.now += 1
    return said.files[0]


def test_a_phone_alone_is_enough_for_an_agents_day() -> None:
    book = playbook()
    agent = book.engine.state.agents["1001"]
    assert dial(book, "*10123456") == "logged-in.zh.wav"
    assert (agent.state, agent.station) == (AgentState.READY, "8001")
    assert dial(book, "*122") == "not-ready.zh.wav"
    assert (agent.state, agent.reason) == (AgentState.NOT_READY, "2")
    assert dial(book, "*11") == "ready.zh.wav"
    assert agent.state.value == "ready"
    assert dial(book, "*13") == "logged-out.zh.wav"
    assert agent.state.value == "logged-out"
    assert dial(book, "*11") == "refused.zh.wav"
    assert not book.rows(Contact), "a code is no customer's contact"


def test_another_agent_takes_the_phone_and_the_first_is_logged_out() -> None:
    book = playbook()
    dial(book, "*101111")
    assert dial(book, "*101002*2222") == "logged-in.zh.wav"
    assert book.engine.state.agents["1001"].state is AgentState.LOGGED_OUT
    assert book.engine.state.agents["1002"].station == "8001"


def test_the_phone_is_not_rung_while_it_is_used_to_dial_the_code() -> None:
    book = playbook()
    book << AgentAsked("1001", "log-in")
    book << Arrived(LINE, "code", "8001", "*11", station="8001") >> Answer(LINE, "code")
    book << Arrived(LINE, "a", "138", "95501") >> Answer(LINE, "a")
    book << Answered(LINE, "a") >> Play
    book << Released(LINE, "code")
    assert book.only(Originate).to == "station:8001"


def test_wrong_pins_are_refused_and_then_locked_with_an_alarm() -> None:
    book = playbook()
    for _ in range(5):
        assert dial(book, "*10000000", pin_right=False) == "refused.zh.wav"
    assert {row.source for row in book.rows(Alarm)} == {"pin:station:8001", "pin:agent:1001"}
    assert dial(book, "*10123456") == "refused.zh.wav", "locked: not even the right one"
    assert [row.what for row in book.rows(Audit)].count("wrong PIN") == 5
    book.at(400.0)
    assert dial(book, "*10123456") == "logged-in.zh.wav"


def test_an_agent_who_asks_during_a_call_gets_it_after() -> None:
    book = playbook()
    book << AgentAsked("1001", "log-in")
    book << Arrived(LINE, "a", "138", "95501") >> Answer(LINE, "a")
    book << Answered(LINE, "a")
    ring = book.only(Originate)
    book << Answered(LINE, ring.leg)
    book.skip() << AgentAsked("1001", "not-ready", "lunch")
    assert book.engine.state.agents["1001"].state is AgentState.ON_CALL
    book << Released(LINE, ring.leg)
    book.skip()
    agent = book.engine.state.agents["1001"]
    assert (agent.state, agent.reason) == (AgentState.NOT_READY, "lunch")


def test_a_pin_dialled_on_a_phone_that_is_not_logged_in_is_kept_nowhere() -> None:
    book = playbook()
    book << Arrived(LINE, "a", "8001", "*10123456", "trunk") >> Reject(LINE, "a", Cause.UNALLOCATED_NUMBER)
    book << Released(LINE, "a", by_far_end=False)
    assert book.rows(Contact)[-1].dnis == "*10******"
    assert not [row for row in book.kept if "123456" in repr(row)]


def test_guessing_one_agents_pin_from_many_phones_is_locked_too() -> None:
    book = playbook()
    for station in ("8001", "8002", "8003", "8001", "8002"):
        dial(book, "*101003*0000", station, pin_right=False)
    assert dial(book, "*101003*123456", "8003") == "refused.zh.wav"
    assert dial(book, "*101001*123456", "8003") == "logged-in.zh.wav", "others are not locked out with him"


def test_a_centre_with_reasons_of_its_own_takes_no_others() -> None:
    book = playbook(small_plan(reasons={"1": "break", "2": "training"}))
    dial(book, "*10123456")
    agent = book.engine.state.agents["1001"]
    assert dial(book, "*129") == "refused.zh.wav"
    assert agent.state is AgentState.READY
    assert dial(book, "*122") == "not-ready.zh.wav"
    assert (agent.state, agent.reason) == (AgentState.NOT_READY, "2")
    book << AgentAsked("1001", "not-ready", "lunch", by="1001", token=1)
    (reply,) = [action for action in book.actions if isinstance(action, Replied)]
    assert reply.error == "'lunch' is no reason here; there are: 1 break, 2 training"
    book << AgentAsked("1001", "not-ready", "fire drill", by="operator", token=2)
    assert agent.reason == "fire drill", "the operator has reasons of his own"
