"""A connection to a manager in times and bytes: log-in, answers and lists by their ActionIDs, what is late, silence."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hal.asterisk.ami import session as session_module
from hal.asterisk.ami.codec import Decoder, Message
from hal.asterisk.ami.session import (
    BOOT_S,
    LOGIN_S,
    PING_S,
    SILENT_S,
    Answer,
    Broken,
    Dropped,
    Finding,
    Opened,
    Session,
    State,
    Told,
    Unanswered,
)

SECRET = "for tests"


def said(session: Session) -> list[Message]:
    """What it has sent since it was last looked at."""
    return [found for found in Decoder(banner=False).feed(session.to_send()) if isinstance(found, Message)]


def line(*headers: str) -> bytes:
    return "\r\n".join([*headers, "", ""]).encode()


def hear(session: Session, now: float, *headers: str) -> list[Finding]:
    return list(session.receive(line(*headers), now))


def greeted(now: float = 0.0) -> Session:
    """A session whose challenge was answered; its log-in is on its way."""
    session = Session("hotline", SECRET, now)
    assert list(session.receive(b"Asterisk Call Manager/11.0.0\r\n", now)) == []
    (challenge,) = said(session)
    assert challenge.headers == (("Action", "Challenge"), ("ActionID", "hotline-1"), ("AuthType", "MD5"))
    assert hear(session, now, "Response: Success", "ActionID: hotline-1", "Challenge: 123456") == []
    return session


def opened(now: float = 0.0) -> Session:
    session = greeted(now)
    (login,) = said(session)
    assert login.get("Key") == hashlib.md5(b"123456" + SECRET.encode()).hexdigest()
    assert SECRET not in str(login)
    assert hear(session, now, "Response: Success", "ActionID: hotline-2", "Message: Authentication accepted") == []
    assert hear(session, now, "Event: FullyBooted", "Status: Fully Booted") == [Opened("11.0.0")]
    return session


def test_it_logs_in_by_challenge_and_is_open_when_asterisk_has_booted() -> None:
    session = opened()
    assert session.state is State.OPEN
    assert said(session) == []


def test_a_refused_log_in_breaks_it_for_good() -> None:
    session = greeted()
    (found,) = hear(session, 0.0, "Response: Error", "ActionID: hotline-2", "Message: Authentication failed")
    assert found == Broken("the manager refuses 'hotline': Authentication failed", refused=True)
    assert list(session.receive(b"Event: X\r\n\r\n", 1.0)) == []
    assert session.next_deadline() == float("inf")


def test_somebody_else_at_that_port_is_refused() -> None:
    (found,) = Session("hotline", SECRET, 0.0).receive(b"SSH-2.0-OpenSSH_9.2\r\n", 0.0)
    assert isinstance(found, Broken)
    assert found.refused


def test_a_log_in_does_not_take_for_ever() -> None:
    session = greeted()
    assert list(session.tick(LOGIN_S - 0.1)) == []
    assert session.next_deadline() == LOGIN_S
    assert list(session.tick(LOGIN_S)) == [Broken("no log-in within 10 s")]


def test_an_asterisk_that_boots_is_waited_for_longer() -> None:
    session = greeted()
    hear(session, 1.0, "Response: Success", "ActionID: hotline-2")
    assert list(session.tick(LOGIN_S)) == []
    with pytest.raises(RuntimeError, match="booting"):
        session.ask("CoreStatus", (), 2.0)
    (found,) = session.tick(1.0 + BOOT_S)
    assert isinstance(found, Broken)
    assert "read = system" in found.reason


def test_answers_find_their_actions_in_whatever_order() -> None:
    session = opened()
    one, two = session.ask("CoreStatus", (), 0.0), session.ask("CoreSettings", (), 0.0)
    (found,) = hear(session, 0.1, "Response: Success", f"ActionID: {two}", "AMIversion: 11")
    assert isinstance(found, Answer)
    assert (found.action_id, found.response.get("AMIversion")) == (two, "11")
    (found,) = hear(session, 0.1, "Response: Error", f"ActionID: {one}", "Message: Permission denied")
    assert isinstance(found, Answer)
    assert (found.action_id, found.ok, found.text) == (one, False, "Permission denied")


def test_a_list_is_one_answer_and_other_events_pass_it() -> None:
    session = opened()
    asked = session.ask("DAHDIShowChannels", (), 0.0)
    assert hear(session, 0.1, "Response: Success", f"ActionID: {asked}", "EventList: start") == []
    assert hear(session, 0.2, "Event: DAHDIShowChannels", f"ActionID: {asked}", "DAHDIChannel: 1") == []
    (other,) = hear(session, 0.2, "Event: Newchannel", "Channel: a")
    assert isinstance(other, Told)
    assert hear(session, 0.3, "Event: DAHDIShowChannels", f"ActionID: {asked}", "DAHDIChannel: 2") == []
    (found,) = hear(session, 0.4, "Event: DAHDIShowChannelsComplete", f"ActionID: {asked}", "EventList: Complete")
    assert isinstance(found, Answer)
    assert [item.get("DAHDIChannel") for item in found.items] == ["1", "2"]


def test_a_list_that_stops_half_way_is_given_up_and_what_comes_late_is_dropped() -> None:
    session = opened()
    asked = session.ask("CoreShowChannels", (), 0.0, patience_s=2.0)
    hear(session, 1.0, "Response: Success", f"ActionID: {asked}", "EventList: start")
    hear(session, 2.5, "Event: CoreShowChannel", f"ActionID: {asked}")
    assert list(session.tick(4.4)) == []
    (found,) = session.tick(4.5)
    assert found == Unanswered(asked, "no answer to CoreShowChannels within 2 s", late=True)
    (found,) = hear(session, 4.6, "Event: CoreShowChannel", f"ActionID: {asked}")
    assert isinstance(found, Dropped)
    (found,) = hear(session, 4.6, "Event: CoreShowChannelsComplete", f"ActionID: {asked}", "EventList: Complete")
    assert isinstance(found, Dropped)


def test_a_list_without_an_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session_module, "MOST_ITEMS", 3)
    session = opened()
    asked = session.ask("CoreShowChannels", (), 0.0)
    hear(session, 0.0, "Response: Success", f"ActionID: {asked}", "EventList: start")
    found = [f for _ in range(4) for f in hear(session, 0.0, "Event: CoreShowChannel", f"ActionID: {asked}")]
    assert found == [Unanswered(asked, "CoreShowChannels: a list of more than 3 events", late=True)]


def test_late_unknown_second_and_formless_answers_are_dropped_with_their_reason() -> None:
    session = opened()
    late = session.ask("CoreStatus", (), 0.0, patience_s=1.0)
    assert list(session.tick(1.0)) == [Unanswered(late, "no answer to CoreStatus within 1 s", late=True)]
    asked = session.ask("CoreShowChannels", (), 1.0)
    hear(session, 1.0, "Response: Success", f"ActionID: {asked}", "EventList: start")
    for headers, reason in (
        ((f"ActionID: {late}",), "an answer that came too late"),
        (("ActionID: hotline-99",), "an answer to nothing we asked"),
        ((), "an answer to nothing we asked"),
        ((f"ActionID: {asked}",), "a second answer to one action"),
    ):
        (found,) = hear(session, 1.1, "Response: Success", *headers)
        assert isinstance(found, Dropped)
        assert found.reason == reason
    (found,) = hear(session, 1.1, "Neither: nor")
    assert isinstance(found, Dropped)
    assert session.state is State.OPEN


def test_a_late_answer_to_a_ping_is_no_news() -> None:
    session = opened()
    assert list(session.tick(PING_S)) == []
    (ping,) = said(session)
    assert ping.get("Action") == "Ping"
    assert hear(session, PING_S, "Response: Success", f"ActionID: {ping.get('ActionID')}", "Ping: Pong") == []
    assert session.next_deadline() == 2 * PING_S


def test_silence_is_asked_into_and_then_ends_it_with_all_that_waits() -> None:
    session = opened()
    asked = session.ask("CoreStatus", (), 0.0, patience_s=100.0)
    assert list(session.tick(PING_S)) == []
    assert list(session.tick(2 * PING_S)) == []
    assert [message.get("Action") for message in said(session)] == ["CoreStatus", "Ping", "Ping"]
    silent = Broken("the manager has been silent for 15 s")
    assert list(session.tick(SILENT_S)) == [Unanswered(asked, silent.reason, late=False), silent]


def test_whoever_speaks_is_not_silent() -> None:
    session = opened()
    for now in range(1, 60):
        hear(session, float(now), "Event: RTCPSent")
        assert list(session.tick(float(now))) == []
    assert said(session) == []


def test_the_end_of_the_connection_ends_what_waits() -> None:
    session = opened()
    asked = session.ask("CoreStatus", (), 0.0)
    assert list(session.receive(b"", 0.1)) == [
        Unanswered(asked, "the manager closed the connection", late=False),
        Broken("the manager closed the connection"),
    ]


def test_no_more_wait_than_can_be_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session_module, "MOST_ASKED", 2)
    session = opened()
    session.ask("A", (), 0.0)
    session.ask("B", (), 0.0)
    with pytest.raises(RuntimeError, match="one too many"):
        session.ask("C", (), 0.0)


class Story:
    """What a server may do to three actions, in any order; each action must end once, and the session must live."""

    actions = st.sampled_from(["answer", "start", "item", "complete", "garbage", "event", "tick"])


@given(st.lists(st.tuples(Story.actions, st.integers(0, 4), st.floats(0, 3)), max_size=40))
def test_whatever_a_server_does_each_action_ends_exactly_once(steps: list[tuple[str, int, float]]) -> None:
    session, now = opened(), 0.0
    ids = [session.ask("List", (), now, patience_s=4.0) for _ in range(3)]
    found: list[Finding] = []
    for what, which, later in steps:
        now += later
        name = f"ActionID: {(*ids, 'hotline-77', '')[which]}"
        headers = {
            "answer": ("Response: Success", name),
            "start": ("Response: Success", name, "EventList: start"),
            "item": ("Event: Item", name),
            "complete": ("Event: Done", name, "EventList: Complete"),
            "garbage": ("no header",),
            "event": ("Event: Other", "X: y"),
        }
        found += session.tick(now) if what == "tick" else hear(session, now, *headers[what])
    while not session.broken():
        found += session.tick(session.next_deadline())
    ends = [f.action_id for f in found if isinstance(f, Answer | Unanswered)]
    assert sorted(ends) == sorted(ids)
    assert isinstance(found[-1], Broken)
