"""Recorded calls come as they were recorded, whatever the file calls its columns, and what is wrong in it is said with its line."""

from datetime import UTC
from pathlib import Path

import pytest

from appliance.config import ConfigError, Document
from appliance.config.structuring import structure
from sim.draws import Draws
from sim.scenario import scenario_of
from sim.trace import Trace, rows_of, seconds_of
from tests.sim.day import DAY, SITE

pytestmark = pytest.mark.requirement("SIM-02")

PLAIN = """\
at,number,caller,keys,wait_s,talk_s,patience_s,outcome
2026-05-04T09:00:10,1,05711234567,,12,40,,answered
2026-05-04T09:01:00,2,,1 9,30,,,abandoned
2026-05-04T09:02:00.5,1,05711234567,,,,45,

2026-05-05T09:03:00,1,,,0,0:35,,answered
"""


def drawn(folder: Path, text: str = PLAIN, trace: str = 'file = "calls.csv"', days: int = 2, arrivals: str = "", habits: str = "") -> Draws:
    (folder / "calls.csv").write_text(text, "utf-8")
    (folder / "site.toml").write_text(SITE)
    day = DAY.replace('[arrivals]\n1 = { every = "60 s" }', f"{arrivals}[trace]\n{trace}").replace('"unused"', '"site.toml"')
    day = day.replace('talk = "30 s"', f'talk = "30 s"\n{habits}').replace('hours = "09:00-09:10"', f'hours = "09:00-09:10"\ndays = {days}')
    scenario, site = scenario_of(Document.parse(day, "day.toml"), folder)
    return Draws(scenario, site, 1)


def test_calls_come_as_they_were_recorded(tmp_path: Path) -> None:
    calls = drawn(tmp_path).calls
    assert [(call.at, call.dnis, call.keys) for call in calls] == [(10, "1", ""), (60, "2", "19"), (120.5, "1", ""), (86580, "1", "")]
    assert [call.ani for call in calls] == ["05711234567", "13900000001", "05711234567", "13900000003"]
    assert [call.talk_s for call in calls] == [40, 30, 30, 35]
    assert len(calls[1].thinks_s) == 2
    assert [call.who for call in calls] == [("trace", n) for n in range(4)]


def test_patience_is_what_is_known_of_it(tmp_path: Path) -> None:
    habits = "patience = { exponential = { mean_s = 20 } }"
    patience = [call.patience_s for call in drawn(tmp_path, habits=habits).calls]
    assert patience[0] > 12  # he waited so long
    assert patience[1:3] == [30, 45]
    many = "at,number,wait_s,talk_s\n" + "".join(f"2026-05-04T09:00:{n % 60:02d},1,15,9\n" for n in range(60))
    waits = [call.patience_s for call in drawn(tmp_path, many, habits=habits).calls]
    assert min(waits) > 15
    assert abs(sum(waits) / len(waits) - 35) < 8  # of an exponential patience as much is left as before


def test_columns_numbers_and_outcomes_of_another_system(tmp_path: Path) -> None:
    text = "Start;DNIS;CLI;Wait;Talk;Result\n1777885210;4001;05711;0:12;0:00:40;ANSWER\n1777885260;4001;;1:30;;NO ANSWER\n"
    trace = (
        'file = "calls.csv"\ndelimiter = ";"\ncolumns = { at = "Start", number = "DNIS", caller = "CLI", wait_s = "Wait", talk_s = "Talk", '
        'outcome = "Result" }\noutcomes = { ANSWER = "answered", "NO ANSWER" = "abandoned" }\nnumbers = { 4001 = "1" }'
    )
    calls = drawn(tmp_path, text, trace).calls
    assert [(call.at, call.dnis, call.talk_s, call.patience_s) for call in calls] == [(10, "1", 40, float("inf")), (60, "1", 30, 90)]


def test_recorded_calls_and_calls_by_chance_come_together(tmp_path: Path) -> None:
    calls = drawn(tmp_path, days=1, arrivals='[arrivals]\n2 = { every = "50 s" }\n').calls
    assert [call.at for call in calls] == sorted(call.at for call in calls)
    assert [call.number for call in calls] == list(range(11 + 3))


@pytest.mark.parametrize(("text", "wanted"), [("83", 83), ("83.5", 83.5), ("1:23", 83), ("0:01:23", 83), ("0", 0)])
def test_lengths(text: str, wanted: float) -> None:
    assert seconds_of(text) == wanted


@pytest.mark.parametrize("text", ["", "x", "1:2:3:4", "-3", "1:", "100000", "nan"])
def test_what_is_no_length(text: str) -> None:
    with pytest.raises(ValueError, match=r"length|range"):
        seconds_of(text)


ROW = "2026-05-04T09:01:00,2,,1 9,30,,,abandoned"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("2026-05-04 nine,2,,1 9,30,,,abandoned", "calls.csv:3: at: '2026-05-04 nine' is no moment; write it as 2026-03-02T09:01:03"),
        ("2026-05-04T09:01:00,7,,1 9,30,,,abandoned", "calls.csv:3: number: the site has no number '7'; there is: 1, 2"),
        ("2026-05-04T09:01:00,2,,1x,30,,,abandoned", "calls.csv:3: keys: '1x' are no keys of a telephone"),
        ("2026-05-04T09:01:00,2,,1,long,,,abandoned", "calls.csv:3: wait_s: 'long' is no length of time such as 83"),
        (
            "2026-05-04T08:01:00,2,,1,30,,,abandoned",
            "calls.csv:3: at: this call came before the one above; sort the file by its column 'at'",
        ),
        ("2026-05-04T09:01:00,2", "calls.csv:3: there are 2 columns, the first line has 8"),
        ('2026-05-04T09:01:00,2,"x"y,1,30,,,abandoned', "calls.csv:3: this is no CSV"),
    ],
)
def test_a_mistake_in_the_file_is_named_with_its_line(tmp_path: Path, wrong: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        drawn(tmp_path, PLAIN.replace(ROW, wrong))
    assert said in str(caught.value)


def test_mistakes_of_the_whole_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"calls.csv:1: there is no column 'Start'; there is: at, number"):
        drawn(tmp_path, trace='file = "calls.csv"\ncolumns = { at = "Start" }')
    with pytest.raises(ConfigError, match=r"missing.csv: there is no such file"):
        drawn(tmp_path, trace='file = "missing.csv"')
    with pytest.raises(ConfigError, match=r"the site has no line 'tronk'; did you mean 'trunk'"):
        drawn(tmp_path, trace='file = "calls.csv"\nline = "tronk"')
    with pytest.raises(ConfigError) as caught:
        drawn(tmp_path, "at,number\n" + "soon,1\n" * 50)
    assert len(caught.value.mistakes) == 10


def test_a_file_is_read_as_a_stream(tmp_path: Path) -> None:
    (tmp_path / "calls.csv").write_text(PLAIN.replace("2026-05-05", "tomorrow"))
    rows = rows_of(structure({"file": "calls.csv"}, Trace), tmp_path, UTC)
    assert [next(rows).outcome for _ in range(3)] == ["answered", "abandoned", ""]
    with pytest.raises(ConfigError, match=r"calls.csv:6: at: 'tomorrow"):
        next(rows)
