"""What the reports of cards mean: severities, advice, each alarm once, and its end."""

import dataclasses
from typing import Any

import pytest

from hal.api import LineAlarm, Severity
from hal.dahdi.alarms import WINDOW_S, Board
from hal.dahdi.card import ALARMS, Alive, Channel, Counters, Fault, Gone, Span

FXS_KS = 1 << 13 | 1 << 2
CHANNELS = (Channel(1, "WCT1/0/1/1", FXS_KS, (), off_hook=False, bits_in=-1, bits_out=-1),)
FINE = Span(1, "WCT1/0/1", "a card", "E1", (), 1, Counters(), CHANNELS)
RED, YELLOW, BLUE = Severity.RED, Severity.YELLOW, Severity.BLUE


def span(*alarms: str, **more: Any) -> Span:
    return dataclasses.replace(FINE, alarms=alarms, **more)


def told(alarms: list[LineAlarm]) -> list[tuple[Severity, str, bool]]:
    return [(alarm.severity, alarm.source, alarm.cleared) for alarm in alarms]


@pytest.mark.parametrize(
    ("alarms", "severity", "says"),
    [
        (("loss of signal",), RED, "no signal"),
        (("red", "loss of signal"), RED, "no signal"),
        (("red",), RED, "red alarm"),
        (("loss of frame",), RED, "without frames"),
        (("blue",), RED, "AIS"),
        (("yellow",), RED, "not received by its far end"),
        (("loopback",), RED, "looped"),
        (("not open",), RED, "not opened"),
        (("loss of multiframe",), YELLOW, "multiframe"),
        (("recovering",), YELLOW, "recovers"),
        (("recovering", "yellow"), RED, "RAI"),
        (("alarm 1048576",), YELLOW, "alarm 1048576"),
    ],
)
@pytest.mark.requirement("OPS-02")
def test_an_alarm_of_a_span_has_the_severity_of_what_it_does_to_calls(alarms: tuple[str, ...], severity: Severity, says: str) -> None:
    (alarm,) = Board("cards").take(span(*alarms), 0.0)
    assert (alarm.line, alarm.severity, alarm.source, alarm.cleared) == ("cards", severity, "span 1", False)
    assert says in alarm.text
    assert "WCT1/0/1" in alarm.text
    assert alarm.advice


def test_every_alarm_that_the_driver_has_is_known() -> None:
    for name in ALARMS.values():
        (alarm,) = Board("cards").take(span(name), 0.0)
        assert "not known" not in alarm.text


def test_an_alarm_is_told_once_replaced_by_another_and_cleared() -> None:
    board = Board("cards")
    assert board.take(span(), 0.0) == []
    assert told(board.take(span("red"), 1.0)) == [(RED, "span 1", False)]
    assert board.take(span("red", clock_from=2), 2.0) == []
    assert told(board.take(span("loss of multiframe"), 3.0)) == [(YELLOW, "span 1", False)]
    assert told(board.take(span(), 4.0)) == [(YELLOW, "span 1", True)]
    assert board.take(span(), 5.0) == []


def test_a_span_that_goes_is_an_alarm_until_it_is_back() -> None:
    board = Board("cards")
    board.take(dataclasses.replace(FINE, channels=(dataclasses.replace(CHANNELS[0], alarms=("red",)),)), 0.0)
    assert told(board.take(Gone(1), 1.0)) == [(YELLOW, "channel 1", True), (RED, "span 1", False)]
    assert board.spans == []
    assert told(board.take(span(), 2.0)) == [(RED, "span 1", True)]


def test_a_span_that_went_while_nobody_watched_is_missed() -> None:
    board = Board("cards")
    board.met()
    board.take(span(), 0.0)
    board.take(span(number=2), 0.0)
    assert board.take(Alive(2), 0.0) == []
    board.unseen("the watcher restarts", "127.0.0.1:5037")
    board.met()
    board.take(span(), 9.0)
    assert told(board.take(Alive(1), 9.0)) == [(YELLOW, "cards", True), (RED, "span 2", False)]
    assert board.take(Alive(1), 9.5) == []


def test_one_exchange_line_without_voltage_is_an_alarm_of_its_channel_alone() -> None:
    board = Board("cards")
    dead = dataclasses.replace(FINE, interface="", channels=(dataclasses.replace(CHANNELS[0], alarms=("red",)),))
    assert told(board.take(dead, 0.0)) == [(YELLOW, "channel 1", False)]
    assert told(board.take(span(interface=""), 1.0)) == [(YELLOW, "channel 1", True)]
    assert board.take(dataclasses.replace(dead, channels=(dataclasses.replace(dead.channels[0], signalling=128),)), 1.5) == []
    # With the whole span its channels are in alarm, too: that is one alarm.
    assert told(board.take(dataclasses.replace(dead, alarms=("red",)), 2.0)) == [(RED, "span 1", False)]


def test_few_errors_are_worth_knowing_and_many_need_attention_until_they_end() -> None:
    board = Board("cards")
    board.take(span(), 0.0)
    assert told(board.take(span(counters=Counters(slips=1)), 10.0)) == [(BLUE, "span 1 errors", False)]
    assert board.take(span(counters=Counters(slips=2)), 11.0) == []
    (many,) = board.take(span(counters=Counters(slips=4)), 12.0)
    assert (many.severity, many.source) == (YELLOW, "span 1 errors")
    assert "slips" in many.text
    assert "clock" in many.advice
    assert board.take(span(counters=Counters(slips=5)), 13.0) == []  # not a new alarm for each slip
    assert board.take(Alive(1), WINDOW_S) == []  # the minute had errors: it is not over yet
    assert board.take(Alive(1), 2 * WINDOW_S - 1) == []
    assert told(board.take(Alive(1), 2 * WINDOW_S)) == [(YELLOW, "span 1 errors", True)]


def test_many_errors_that_become_few_need_attention_for_a_minute_more() -> None:
    board = Board("cards")
    board.take(span(), 0.0)
    assert told(board.take(span(counters=Counters(slips=9)), 1.0)) == [(YELLOW, "span 1 errors", False)]
    assert board.take(Alive(1), WINDOW_S) == []
    assert board.take(span(counters=Counters(slips=10)), WINDOW_S + 1) == []
    assert board.take(Alive(1), 2 * WINDOW_S) == []
    assert told(board.take(span(counters=Counters(slips=11)), 2 * WINDOW_S + 1)) == [(BLUE, "span 1 errors", False)]


def test_old_errors_and_a_driver_that_counts_anew_are_no_news() -> None:
    board = Board("cards")
    assert board.take(span(counters=Counters(crc4_errors=5000)), 0.0) == []
    assert board.take(span(counters=Counters()), 10.0) == []
    assert told(board.take(span(counters=Counters(crc4_errors=60)), 20.0)) == [(YELLOW, "span 1 errors", False)]


def test_errors_that_come_with_an_alarm_are_that_alarm() -> None:
    board = Board("cards")
    board.take(span(), 0.0)
    assert told(board.take(span("red", counters=Counters(framing_errors=900)), 1.0)) == [(RED, "span 1", False)]
    assert told(board.take(span(counters=Counters(framing_errors=900)), 2.0)) == [(RED, "span 1", True)]
    assert told(board.take(span(counters=Counters(framing_errors=901)), 3.0)) == [(BLUE, "span 1 errors", False)]


def test_a_driver_that_cannot_be_asked_and_a_watcher_that_cannot_be_heard() -> None:
    board = Board("cards")
    assert told(board.take(Fault("No such file or directory: /dev/dahdi/ctl"), 0.0)) == [(RED, "cards", False)]
    assert told(board.unseen("it has closed the connection", "127.0.0.1:5037")) == [(YELLOW, "cards", False)]
    assert board.unseen("it cannot be reached", "127.0.0.1:5037") == []
    assert told(board.take(Alive(0), 1.0)) == [(YELLOW, "cards", True)]


def test_spans_of_others_are_no_news() -> None:
    board = Board("cards", {2})
    assert board.take(span("red"), 0.0) == []
    assert board.take(Gone(1), 0.0) == []
    assert told(board.take(span("red", number=2), 0.0)) == [(RED, "span 2", False)]
    assert told(board.take(Gone(2), 0.0)) == [(RED, "span 2", False)]
