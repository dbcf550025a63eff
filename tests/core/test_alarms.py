"""Alarms: at once and one each, until they come and go again and again - then one that flaps, of the highest severity (OPS-02)."""

import pytest
from attrs import evolve

from appliance.core.actions import ShowAlarm
from appliance.core.inputs import AgentAsked, ClockSet, Noticed, PlanChanged
from appliance.core.plan import AlarmPlan
from appliance.core.records import Alarm
from hal.api import LineAlarm, LineLost, LineOpened, Severity
from tests.core.playbook import EVERYTHING, MONDAY_8, Playbook, playbook, small_plan

pytestmark = pytest.mark.requirement("OPS-02")

RED, YELLOW, BLUE = Severity.RED, Severity.YELLOW, Severity.BLUE
SPAN = "line:trunk/span 1"


class Operator:
    """A centre, and what its operator is told: each message as `raised` or `cleared`, severity and text."""

    def __init__(self, **alarms: float) -> None:
        self.book: Playbook = playbook(evolve(small_plan(), alarms=AlarmPlan(**alarms)))  # type: ignore[arg-type]
        self.told = list[str]()

    def _listen(self) -> None:
        for action in self.book.skip().actions:
            if isinstance(action, ShowAlarm):
                alarm = action.alarm
                self.told.append(f"{'raised' if alarm.cleared_at is None else 'cleared'} {alarm.severity}: {alarm.text}")

    def at(self, now: float) -> "Operator":
        """Time passes, deadline by deadline."""
        while self.book.engine.next_deadline() <= now:
            self.book.at(max(self.book.now, self.book.engine.next_deadline()))
            self._listen()
        self.book.at(now)
        return self

    def happens(self, *events: object) -> "Operator":
        for event in events:
            self.book.give(event)  # type: ignore[arg-type]
            self._listen()
        return self

    def fails(self, at: float, severity: Severity = RED, text: str = "no signal") -> "Operator":
        return self.at(at).happens(LineAlarm("trunk", severity, "span 1", text, f"see {text}"))

    def is_well(self, at: float) -> "Operator":
        return self.at(at).happens(LineAlarm("trunk", BLUE, "span 1", "", cleared=True))

    def flaps(self, since: float, times: int, every_s: float = 5.0) -> "Operator":
        for number in range(times):
            self.fails(since + number * every_s).is_well(since + (number + 0.5) * every_s)
        return self

    def stands(self) -> bool:
        return SPAN in self.book.engine.state.alarms

    def alarm(self) -> Alarm:
        return self.book.engine.state.alarms[SPAN]

    def rows(self) -> dict[str, Alarm]:
        """The rows as they stand in the store."""
        return {row.id: row for row in self.book.rows(Alarm)}


def test_what_happens_seldom_is_told_each_time_at_once() -> None:
    operator = Operator().flaps(0, 12, every_s=200)  # when it comes the fourth time, the first is 10 min ago
    assert operator.told == ["raised red: no signal", "cleared red: no signal"] * 12
    assert len(operator.rows()) == 12


def test_a_span_that_fails_every_five_seconds_for_an_hour_is_one_alarm() -> None:
    operator = Operator().flaps(0, 720)
    first = ["raised red: no signal", "cleared red: no signal"] * 3
    assert operator.told == [*first, "raised red: flapping, 4 times since 10-19 08:00:00: no signal"]
    assert (operator.alarm().severity, operator.alarm().advice) == ("red", "see no signal")
    assert operator.alarm().text == "flapping, 720 times since 10-19 08:00:00: no signal"
    assert len(operator.rows()) == 4
    written = [row.text.split()[1] for row in operator.book.rows(Alarm)[6:]]
    assert written == ["4", "8", "16", "32", "64", "128", "256", "512"], "an end of the appliance leaves it about right"
    operator.at(3597.5 + 299.9)
    assert operator.stands(), "it has not settled yet"
    operator.at(3597.5 + 300.1)
    assert not operator.stands()
    assert operator.told[7:] == ["cleared red: flapping, 720 times since 10-19 08:00:00: no signal"]
    assert all(row.cleared_at is not None for row in operator.rows().values())
    last = operator.book.rows(Alarm)[-1]
    assert (last.raised_at, last.cleared_at) == (MONDAY_8 + 15, MONDAY_8 + 3597.5), "it was well then, and is known to be now"


def test_after_it_has_settled_it_begins_anew() -> None:
    operator = Operator().flaps(0, 10).at(400)
    told = len(operator.told)
    operator.flaps(401, 3)
    assert operator.told[told:] == ["raised red: no signal", "cleared red: no signal"] * 3, "told at once again"
    operator.fails(420)
    assert operator.told[-1] == "raised red: flapping, 4 times since 10-19 08:06:41: no signal"


def test_each_time_it_comes_or_goes_it_has_to_settle_anew() -> None:
    operator = Operator().flaps(0, 4)
    operator.fails(17.5 + 299).at(17.5 + 301)
    assert operator.alarm().text.startswith("flapping, 5 times")
    operator.is_well(316.5 + 299).at(316.5 + 301)
    assert operator.stands()
    operator.is_well(700).at(615.5 + 299.9)
    assert operator.stands()
    operator.at(615.5 + 300.1)
    assert not operator.stands(), "being well once more is nothing new"


def test_it_has_the_highest_severity_that_it_had_and_getting_worse_is_told() -> None:
    operator = Operator()
    operator.fails(0, YELLOW, "slips").is_well(1).fails(2, BLUE, "a slip").is_well(3).fails(4, BLUE, "a slip").is_well(5)
    operator.fails(6, BLUE, "a slip")
    assert operator.told[-1] == "raised yellow: flapping, 4 times since 10-19 08:00:00: a slip"
    told = len(operator.told)
    operator.is_well(7).fails(8, YELLOW, "slips").is_well(9)
    assert operator.told[told:] == []
    operator.fails(10, RED)
    assert operator.told[told:] == ["raised red: flapping, 6 times since 10-19 08:00:00: no signal"]
    operator.is_well(11).fails(12, BLUE, "a slip").is_well(13)
    assert operator.told[told + 1 :] == []
    assert (operator.alarm().severity, operator.alarm().text[:18]) == ("red", "flapping, 7 times ")


def test_what_stands_when_it_flaps_no_longer_is_told_as_what_it_is() -> None:
    operator = Operator().flaps(0, 4).fails(20, YELLOW, "slips")
    told = len(operator.told)
    operator.at(321)
    assert operator.told[told:] == ["cleared red: flapping, 5 times since 10-19 08:00:00: slips", "raised yellow: slips"]
    assert [row.cleared_at for row in operator.book.rows(Alarm)[-2:]] == [MONDAY_8 + 320, None]
    assert (operator.alarm().severity, operator.alarm().text, operator.alarm().advice) == ("yellow", "slips", "see slips")
    operator.is_well(400)
    assert not operator.stands()
    assert operator.told[-1] == "cleared yellow: slips"


def test_severities_that_change_all_the_time_flap_as_well_and_texts_do_not() -> None:
    operator = Operator()
    for number in range(10):
        operator.fails(number, RED if number % 2 else YELLOW, "alarm")
    assert operator.told[-1] == "raised red: flapping, 4 times since 10-19 08:00:00: alarm"
    assert operator.alarm().text.startswith("flapping, 10 times")
    texts = Operator()
    for number in range(10):
        texts.fails(number, RED, f"{number} slips")
    assert texts.told[-1] == "raised red: 9 slips"
    assert len(texts.rows()) == 10


def test_another_text_of_one_that_flaps_is_shown_and_counts_for_nothing() -> None:
    operator = Operator().flaps(0, 3).fails(15)
    told = len(operator.told)
    operator.fails(16, RED, "no frames").fails(17, RED, "no frames")
    assert operator.told[told:] == []
    assert (operator.alarm().text, operator.alarm().advice) == ("flapping, 4 times since 10-19 08:00:00: no frames", "see no frames")
    operator.at(314.9)
    assert operator.alarm().text.startswith("flapping")
    operator.at(315.1)
    assert (operator.alarm().text, operator.told[-1]) == ("no frames", "raised red: no frames")


def test_a_link_that_goes_up_and_down_is_one_alarm_and_what_else_its_line_says_too() -> None:
    operator = Operator()
    for number in range(100):
        operator.at(number * 10.0).happens(LineAlarm("trunk", YELLOW, "cti link", "one of two"), LineLost("trunk", "cut"))
        operator.at(number * 10.0 + 5).happens(LineOpened("trunk", EVERYTHING.value))
    assert [text for text in operator.told if "flapping" in text] == [
        "raised yellow: flapping, 4 times since 10-19 08:00:00: one of two",
        "raised red: flapping, 4 times since 10-19 08:00:00: line 'trunk' is lost: cut",
    ]
    assert len(operator.told) == 14
    assert len(operator.rows()) == 8


def test_other_sources_are_told_meanwhile() -> None:
    operator = Operator().flaps(0, 20)
    operator.happens(LineAlarm("trunk", RED, "span 2", "no signal"))
    assert operator.told[-1] == "raised red: no signal"


def test_what_passes_by_itself_passes_also_when_it_has_flapped() -> None:
    operator = Operator()
    for number in range(6):
        operator.at(number * 10.0).happens(Noticed("clock", YELLOW, "it jumps", "see it", lasts_s=5.0))
    assert operator.told[-1] == "raised yellow: flapping, 4 times since 10-19 08:00:00: it jumps"
    operator.at(400)
    assert operator.told[-1] == "cleared yellow: flapping, 6 times since 10-19 08:00:00: it jumps"
    for number in range(6):
        operator.at(1000 + number * 10.0).happens(Noticed("clock", YELLOW, "it jumps", "see it", lasts_s=1000.0 if number == 5 else 5.0))
    operator.at(1400)
    assert operator.told[-1] == "raised yellow: it jumps"
    operator.at(2049)
    assert operator.book.engine.state.alarms
    operator.at(2051)
    assert operator.told[-1] == "cleared yellow: it jumps"


def test_what_people_do_is_never_held_back() -> None:
    operator = Operator().happens(AgentAsked("1001", "log-in"))
    for _ in range(8):
        operator.happens(AgentAsked("1001", "help"), AgentAsked("1001", "help-off"))
        operator.happens(PlanChanged(evolve(small_plan(), stations={})), PlanChanged(small_plan()))
    assert not operator.book.engine.state.alarms
    assert sum("the changed site cannot be used" in text for text in operator.told) == 16


def test_the_site_says_how_often_how_fast_and_when_it_has_settled() -> None:
    operator = Operator(flapping_times=2, flapping_within_s=20.0, settled_after_s=30.0).flaps(0, 2, every_s=19)
    assert operator.told[-1] == "raised red: flapping, 2 times since 10-19 08:00:00: no signal"
    operator.at(28.5 + 31)
    assert not operator.stands()
    operator.flaps(100, 2, every_s=20)
    assert operator.told[-1] == "cleared red: no signal"


def test_the_time_of_day_is_that_of_the_centre_also_when_its_clock_is_set() -> None:
    operator = Operator().flaps(0, 4).happens(ClockSet(MONDAY_8 + 3600)).fails(25)
    assert "since 10-19 08:59:" in operator.alarm().text


def test_what_was_to_pass_and_is_raised_to_stand_stands() -> None:
    operator = Operator().happens(Noticed("store", YELLOW, "slow", "wait", lasts_s=10.0), Noticed("store", RED, "full", "make room"))
    operator.at(60)
    assert operator.told[-1] == "raised red: full"


def test_sources_that_never_come_again_are_forgotten() -> None:
    operator = Operator()
    for number in range(2000):
        operator.at(number * 2.0).happens(Noticed(f"once {number}", BLUE, "so", lasts_s=1.0))
        if number in (1100, 1200, 1300, 1399):
            operator.fails(number * 2.0).is_well(number * 2.0)
            assert operator.told[-1].startswith("cleared") == (number < 1399), "what is of late is not forgotten"
    assert len(operator.book.engine.state.raised) < 1000
