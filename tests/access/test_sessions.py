"""Sessions: how long they last, what ends them, what is left over a restart."""

import pytest

from appliance.store import Session
from tests.access.people import ADDRESS, Place

pytestmark = pytest.mark.requirement("OPS-03")


def test_a_session_lasts_while_it_is_used_for_half_a_day_at_most() -> None:
    place = Place()
    token, _ = place.sessions.begin("li", ADDRESS)
    for _ in range(24):
        assert place.sessions.find(token)
        place.now += 1799
    place.now += 24
    assert place.sessions.find(token) is None


def test_a_session_that_nobody_uses_ends() -> None:
    place = Place()
    ended: list[Session] = []
    place.sessions.ended = ended.append
    token, session = place.sessions.begin("li", ADDRESS)
    place.now += 1799
    place.sessions.sweep()
    assert ended == []
    place.now += 1
    place.sessions.sweep()
    assert [row.id for row in ended] == [session.id]
    assert place.sessions.find(token) is None
    assert place.newest(Session)[0].ended_at == place.now


def test_no_other_token_opens_it() -> None:
    place = Place()
    token, session = place.sessions.begin("li", ADDRESS)
    for other in ("", token[:-1], token + "A", token.swapcase(), session.id, "\ud800"):
        assert place.sessions.find(other) is None


def test_a_restart_ends_no_session_but_those_that_are_over() -> None:
    place = Place()
    good, _ = place.sessions.begin("li", ADDRESS)
    out, session = place.sessions.begin("wang", ADDRESS)
    place.sessions.end(session)
    after = place.again()
    assert after.sessions.find(good)
    assert after.sessions.find(out) is None
    place.now += 1800
    assert place.again().sessions.find(good) is None


def test_a_user_has_twenty_sessions_and_the_next_one_ends_the_one_not_used_longest() -> None:
    place = Place()
    tokens = []
    for _ in range(20):
        place.now += 1
        tokens.append(place.sessions.begin("li", ADDRESS)[0])
    place.now += 60
    assert place.sessions.find(tokens[0])
    tokens.append(place.sessions.begin("li", ADDRESS)[0])
    open_now = [n for n, token in enumerate(tokens) if place.sessions.find(token)]
    assert open_now == [0, *range(2, 21)]


def test_use_is_noted_to_the_minute_and_not_with_each_request() -> None:
    place = Place()
    token, _ = place.sessions.begin("li", ADDRESS)
    for _ in range(100):
        place.now += 1
        place.sessions.find(token)
    assert len(place.rows) == 2
