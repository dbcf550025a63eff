"""What an agent goes back to whose call began out of a wrap-up, or while he was left in peace for some seconds."""

import pytest

from hal.api import Arrived, Cause
from tests.core.acd import LINE, arrives, centre, hangs_up, passes, pauses, picks_up, queues, rung
from tests.core.playbook import Playbook
from tests.core.test_agents_day import asks, in_wrap_up, restarted, state, two_queues


def dials(book: Playbook, for_s: float = 3.0) -> None:
    """1001 dials another station, and hangs up."""
    book << Arrived(LINE, "own", "8001", "8003", station="8001")
    rung(book)
    assert state(book)[0] == "on-call"
    passes(book, book.now + for_s)
    hangs_up(book, "own")


@pytest.mark.requirement("ACD-05")
def test_who_is_left_in_peace_for_seconds_and_dials_meanwhile_is_ready_after_it() -> None:
    book = centre("1001", queues=queues(pause_after=3))
    assert arrives(book) == ["1001"]
    assert hangs_up(book, "1001", Cause.CALL_REJECTED) == []
    assert state(book) == ("not-ready", "rejected")
    hangs_up(book, "a")
    dials(book)
    assert state(book) == ("ready", "")


def paused_in_wrap_up() -> Playbook:
    """1001 has a pause, has served somebody whom 1002 gave to him, and dials during his wrap-up, of which 20 s are left then."""
    book = centre("1001", "1002", queues=two_queues())
    pauses(book, "1001")
    assert arrives(book) == ["1002"]
    picks_up(book, "1002")
    assert asks(book, "transfer", to="agent:1001", agent="1002") == ["1001"]
    picks_up(book, "1001")
    hangs_up(book, "a")
    passes(book, book.now + 10.0)
    assert state(book) == ("wrap-up", "")
    return book


@pytest.mark.requirement("ACD-05")
def test_a_pause_comes_after_the_wrap_up_also_of_who_dials_during_it() -> None:
    book = paused_in_wrap_up()
    dials(book)
    passes(book, book.now + 20.1)
    assert state(book) == ("not-ready", "tea")


@pytest.mark.requirement("ACD-11")
@pytest.mark.parametrize("dialled", ["not", "once", "still"])
def test_a_pause_comes_after_the_wrap_up_also_over_a_restart(dialled: str) -> None:
    first = paused_in_wrap_up()
    if dialled == "once":
        dials(first)
    elif dialled == "still":
        first << Arrived(LINE, "own", "8001", "8003", station="8001")
        rung(first)
    book = restarted(first, 1.0)
    assert state(book) == ("wrap-up", "")
    passes(book, 20.1)
    assert state(book) == ("not-ready", "tea")


@pytest.mark.requirement("ACD-11")
def test_a_wrap_up_that_was_over_before_the_restart_does_not_begin_again_for_who_has_dialled_in_it() -> None:
    first = in_wrap_up()
    dials(first)
    book = restarted(first, 100.0)
    assert state(book) == ("ready", "")
