"""The load is raised until a target fails: at the factor at which it has to by arithmetic, and by what is full then."""

import json
from pathlib import Path

import pytest

from sim.asking.limit import Limit, limit_of, louder
from sim.verdict.targets import Target
from tests.sim.asking import asked, day_in
from tests.sim.day import SITE, small_day

pytestmark = pytest.mark.requirement("SIM-03")

ASA = '[targets]\nasa = "<= 3 s"\nabandonment = "<= 1 %"\n'


def limit(*changes: tuple[str, str], extra: str = ASA, site: str = SITE, most: float = 16.0) -> Limit:
    return limit_of(*small_day(*changes, extra=extra, site=site), replications=2, most=most)


def test_agents_are_the_bottleneck_where_they_have_no_time_left() -> None:
    found = limit()
    assert found.factor is not None
    assert found.fails is not None
    # Two agents with 2 s of ringing, 30 s of talk and 5 s of wrap-up take a call every 18.5 s; one comes every 60 s.
    assert 3.1 < found.factor < 3.5
    assert found.factor < found.fails.factor <= found.factor * 1.02
    assert [verdict.title for verdict in found.fails.missed] == ["asa"]
    assert found.fails.bottlenecks[0].name == "agents of queue help"
    assert found.fails.bottlenecks[0].full
    assert not any(each.full for each in found.fails.bottlenecks[1:])


def test_lines_are_the_bottleneck_where_callers_are_refused() -> None:
    site = SITE.replace("channels = 8", "channels = 1")
    found = limit(extra='[targets]\nblocking = "<= 1 %"\n', site=site)
    assert found.factor is not None
    assert found.fails is not None
    assert 1.8 < found.factor < 1.95  # a call holds the channel for 32 s
    assert found.fails.bottlenecks[0].name == "channels of line trunk"
    assert found.fails.bottlenecks[0].full
    assert "refused" in found.fails.bottlenecks[0].more


def test_a_load_that_is_too_much_already_is_lowered() -> None:
    found = limit(('every = "60 s"', 'every = "10 s"'))
    assert found.factor is not None
    assert 0.5 < found.factor < 0.6


def test_what_holds_at_the_most_has_no_limit() -> None:
    found = limit(most=2.0)
    assert (found.factor, found.fails, found.surely_not) == (2.0, None, None)


def test_chance_leaves_an_interval_around_the_limit() -> None:
    found = limit_of(*small_day(('every = "60 s"', "per_hour = 60"), extra=ASA), replications=4, precision=0.1)
    assert found.surely is not None
    assert found.factor is not None
    assert found.surely_not is not None
    assert found.surely <= found.factor < found.surely_not
    assert found.fails is not None
    assert not found.fails.surely_fails  # its mean is beyond the limit, with less than certainty
    assert any(not each.surely_holds and not each.surely_fails for each in found.tried)


def test_the_same_callers_come_and_more_between() -> None:
    said = '1 = { calls = 10, bursts = [{ at = "09:02", calls = 5, within = "1 min" }], per_hour = { "09:00" = 40 } }'
    scenario, _ = small_day(('1 = { every = "60 s" }', said))
    arrivals = louder(scenario, 2.0).arrivals["1"]
    assert (arrivals.calls, arrivals.bursts[0].calls) == (20, 10)
    assert isinstance(arrivals.per_hour, dict)
    assert list(arrivals.per_hour.values()) == [80]


def test_the_command_says_what_fails_first_and_what_is_full(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    day = day_in(tmp_path, extra=ASA)
    code, said = asked(capsys, "limit", day, "--replications", "2", "--precision", "10%", "--json", tmp_path / "limit.json")
    assert code == 0
    assert "the bottleneck:\n    agents of queue help" in said
    assert "asa   <= 3 s" in said
    report = json.loads((tmp_path / "limit.json").read_text())
    assert 3.0 < report["factor"] < 3.5
    assert report["tried"][-1]["missed"][0]["limit"] == str(Target.parse("<= 3 s"))


def test_nothing_to_raise_and_nothing_promised_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, said = asked(capsys, "limit", day_in(tmp_path))
    assert (code, "nothing is promised" in said) == (2, True)
    (tmp_path / "calls.csv").write_text("at,number\n2026-05-04T09:00:10,1\n")
    recorded = ('[arrivals]\n1 = { every = "60 s" }', '[trace]\nfile = "calls.csv"')
    code, said = asked(capsys, "limit", day_in(tmp_path, recorded, extra=ASA))
    assert (code, "recorded calls stay as they are" in said) == (2, True)
