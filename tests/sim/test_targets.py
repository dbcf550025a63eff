"""What a scenario promises: limits as they are written, where they hold, and what comes of them in one run and in several."""

import json
from collections.abc import Mapping
from math import inf
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from appliance.config import ConfigError, Document, Span
from sim.commands import scenario_schema
from sim.scenario import scenario_of
from sim.verdict.judging import MET, MISSED, NOT_DECIDED, Verdict, exit_code, verdicts
from sim.verdict.kinds import KINDS
from sim.verdict.targets import WHOLE, Promise, Scope, Target, Targets
from tests.sim.day import result
from tests.sim.test_figures import STORIES, counted

pytestmark = pytest.mark.requirement("SIM-03")

SCENARIOS = Path(__file__).parents[2] / "scenarios"
HEAD = """\
scenario = "A morning"
site     = "sites/demo.toml"
hours    = "09:00-12:00"
[arrivals]
95500 = { per_hour = 60 }
[targets]
"""
EVERYWHERE = """\
service_level          = ">= 80 % within 20 s"
service_level_answered = ">= 85 % within 20 s"
invariants_broken      = "= 0"
[targets.hours."10:00-12:00"]
asa = "<= 30 s"
[targets.every."1 h"]
abandonment = "<= 10 %"
[targets.queues.consult]
service_level = ">= 90 % within 10 s"
[targets.queues.consult.hours."09:00-09:30"]
wait_p90 = "<= 1 min"
"""


@pytest.mark.parametrize(
    ("target", "measured", "ok"),
    [(">= 80 % within 20 s", 0.8, True), (">= 80 % within 20 s", 0.7999, False), ("<= 500 ms", 0.5, True), ("= 0", 0, True),
     ("= 0", 1, False), ("< 5 %", 0.05, False), ("> 5 %", 0.051, True)],
)  # fmt: skip
def test_limits(target: str, measured: float, ok: bool) -> None:
    assert Target.parse(target).met(measured) is ok


@pytest.mark.parametrize(
    ("target", "measured", "width", "said"),
    [(">= 80 % within 20 s", 0.8312, None, "83.1 %"), ("<= 500 ms", 0.0123, None, "12.3 ms"), ("<= 1 s", 0.02, None, "0.02 s"),
     ("= 0", 3, None, "3"), ("<= 2 min", 90, None, "1.5 min"), (">= 80 % within 20 s", 0.8312, 0.019, "83.1 % ± 1.9"),
     ("<= 500 ms", 0.731, 0.0273, "731 ms ± 27.3"), (">= 300", 312.25, 4.5, "312.2 ± 4.5"),
     ("<= 2 min", inf, None, "never")],
)  # fmt: skip
def test_measured_values_are_said_in_the_targets_unit(target: str, measured: float, width: float | None, said: str) -> None:
    assert Target.parse(target).say(measured, width) == said


def test_every_figure_that_can_be_promised_is_measured() -> None:
    figures = counted(STORIES, 50.0, 200.0)
    figures["losses"] |= {"invariants": 0, "cut": 0, "unrecovered": 0, "recovery_s": 3.0}
    figures["recordings"]["complete"] = figures["expected_wait"]["inside"] = 1.0
    assert {name: kind.of(figures) for name, kind in KINDS.items() if kind.of(figures) is None} == {}
    assert KINDS["prompt_p99"].of(figures) == pytest.approx(0.05)
    assert KINDS["service_level_answered"].of(figures) == pytest.approx(2 / 3)


# --- where they hold --------------------------------------------------------------------------------------------------------------------


def test_targets_of_the_whole_of_hours_of_parts_and_of_queues() -> None:
    scenario, _ = scenario_of(Document.parse(HEAD + EVERYWHERE, "morning.toml"), SCENARIOS)
    promises = list(scenario.targets.promises(scenario.hours))
    assert [(promise.name, promise.label) for promise in promises] == [
        ("service_level", ""),
        ("service_level_answered", ""),
        ("invariants_broken", ""),
        ("asa", "10:00-12:00"),
        ("abandonment", "every 1 h"),
        ("service_level", "consult"),
        ("wait_p90", "consult 09:00-09:30"),
    ]
    assert [scope.hours for scope in promises[4].scopes] == ["09:00-10:00", "10:00-11:00", "11:00-12:00"]
    assert promises[6].scopes == (Scope("consult", 9 * 3600.0, 9.5 * 3600),)
    document = json.loads(json.dumps(Document.parse(HEAD + EVERYWHERE, "morning.toml").data, default=str))
    jsonschema.validate(document, json.loads(scenario_schema()))


def test_the_last_part_may_be_shorter() -> None:
    targets = Document.parse('[every."45 min"]\nasa = "<= 1 s"\n', "x").structure(Targets)
    (promise,) = targets.promises(Span.parse("09:00-10:00"))
    assert [scope.hours for scope in promise.scopes] == ["09:00-09:45", "09:45-10:00"]


@pytest.mark.parametrize(
    ("wrong", "right", "said"),
    [
        ("asaa = ", "asa = ", 'morning.toml:11: targets.hours."10:00-12:00".asaa: there is no target \'asaa\'; did you mean \'asa\'?'),
        ("queues.consutl]", "queues.consult]", "targets.queues.consutl: the site has no queue 'consutl'; did you mean 'consult'?"),
        ("13:00-14:00", "10:00-12:00", "nobody calls within 13:00-14:00; the hours are 09:00-12:00"),
        ("10:00-9:00", "10:00-12:00", "ends before it begins"),
        ('every."5 h"', 'every."1 h"', "5 h is longer than the hours, 09:00-12:00"),
        ('every."5 s"', 'every."1 h"', "5 s is too short to say anything; take 60 s or more"),
        ('every."hour"', 'every."1 h"', "is not a length of time"),
        ('>= 85 % within 30 s', ">= 85 % within 20 s", "targets.service_level_answered: the two service levels are within different times"),
        ('invariants_broken = "= 0"\nasa', "asa", "'invariants_broken' is of the whole run; write it under [targets]"),
        ('"<= 30 %"', '"<= 30 s"', "'asa' is a time in ms, s or min, not '<= 30 %'"),
        ('"<= 10 % within 5 s"', '"<= 10 %"', "'<= 10 % within 5 s' does not fit 'abandonment'; leave out 'within ...'"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_line_and_what_to_do(wrong: str, right: str, said: str) -> None:
    assert right in EVERYWHERE
    with pytest.raises(ConfigError) as caught:
        scenario_of(Document.parse(HEAD + EVERYWHERE.replace(right, wrong, 1), "morning.toml"), SCENARIOS)
    assert said in str(caught.value)


def test_each_scope_has_the_figures_of_its_own_calls_and_threshold() -> None:
    extra = (
        '[targets]\nservice_level = ">= 1 % within 1 s"\n[targets.hours."09:00-09:05"]\noffered = ">= 1"\n'
        '[targets.queues.help.hours."09:05-09:10"]\nservice_level = ">= 80 % within 5 s"\n'
    )
    found = result(extra=extra)
    by_label = {(verdict.promise.name, verdict.promise.label): verdict for verdict in found.verdicts}
    assert by_label["offered", "09:00-09:05"].measured == 4  # at minutes 1 to 4
    assert by_label["service_level", ""].measured == 0  # they ring for two seconds
    assert by_label["service_level", "help 09:05-09:10"].measured == 1
    assert found.queues["help"]["service_level"]["threshold_s"] == 1


# --- what comes of them -----------------------------------------------------------------------------------------------------------------


def judged(limit: str, *values: float | None, name: str = "asa") -> Verdict:
    runs = [{WHOLE: {"asa_s": value, "losses": {"records": value}}} for value in values]
    (found,) = verdicts([Promise(name, Target.parse(limit), (WHOLE,))], runs)
    return found


def test_one_run_is_judged_by_its_figure() -> None:
    assert judged("<= 10 s", 10.0).state == MET
    assert judged("<= 10 s", 10.1).state == MISSED
    assert judged("<= 10 s", 10.0).half_width is None


def test_several_runs_are_judged_by_their_interval() -> None:
    assert judged("<= 12 s", 9.0, 10.0, 11.0).state == NOT_DECIDED  # 10 ± 2.5
    assert judged("<= 12.5 s", 9.0, 10.0, 11.0).state == MET
    assert judged("<= 7.5 s", 9.0, 10.0, 11.0).state == MISSED
    assert judged(">= 7.5 s", 9.0, 10.0, 11.0).state == MET
    assert judged(">= 8 s", 9.0, 10.0, 11.0).state == NOT_DECIDED
    assert judged(">= 13 s", 9.0, 10.0, 11.0).state == MISSED
    assert judged("<= 12 s", 9.0, None, 10.0, 11.0).half_width == pytest.approx(4.303 / 3**0.5)


def test_an_exact_number_has_to_be_met_by_every_run() -> None:
    assert judged("= 0", 0, 0, 0, name="records_lost").state == MET
    assert judged("= 0", 0, 0, 1, name="records_lost").state == MISSED
    assert judged("= 0", 0, 0, 1, name="records_lost").half_width is None


def test_a_target_that_has_nothing_to_measure_is_not_met() -> None:
    assert judged("<= 10 s", None).state == MISSED


def test_no_recovery_is_soon_enough_that_never_came() -> None:
    def recovery(*runs: tuple[float | None, int], limit: str = "<= 1 min") -> Verdict:
        tables = [{WHOLE: {"losses": {"recovery_s": longest, "unrecovered": never}}} for longest, never in runs]
        (found,) = verdicts([Promise("recovery_max", Target.parse(limit), (WHOLE,))], tables)
        return found

    assert recovery((3.0, 0)).state == MET
    assert (recovery((None, 1)).state, recovery((None, 1)).measured) == (MISSED, inf)
    several = recovery((3.0, 0), (3.1, 0), (None, 1), (3.0, 0))
    assert (several.state, several.measured, several.half_width) == (MISSED, inf, None)
    assert recovery((None, 0)).measured is None, "nothing broke"


def test_of_a_target_for_every_part_the_worst_part_counts_and_parts_without_calls_do_not() -> None:
    scopes = tuple(Scope("", hour * 3600.0, (hour + 1) * 3600.0) for hour in range(9, 13))

    def worst(*values: float | None, limit: str = "<= 10 s") -> tuple[str, float | None, str]:
        promise = Promise("asa", Target.parse(limit), scopes, "1 h")
        run: Mapping[Scope, Any] = {scope: {"asa_s": value} for scope, value in zip(scopes, values, strict=True)}
        (found,) = verdicts([promise], [run])
        return found.state, found.measured, found.worst

    assert worst(1.0, 9.0, None, 3.0) == (MET, 9.0, "10:00-11:00")
    assert worst(1.0, 11.0, 12.0, None) == (MISSED, 12.0, "11:00-12:00")
    assert worst(None, None, None, None)[0] == MISSED
    assert worst(1.0, 9.0, None, 3.0, limit="< 10 s")[1:] == (9.0, "10:00-11:00")
    assert worst(5.0, 9.0, None, 3.0, limit=">= 1 s")[1:] == (3.0, "12:00-13:00")


def test_exit_codes() -> None:
    met, missed, undecided = judged("<= 10 s", 1.0), judged("<= 10 s", 11.0), judged("<= 10 s", 9.0, 11.5)
    assert undecided.state == NOT_DECIDED
    assert [exit_code(found) for found in ([], [met], [met, undecided], [undecided, missed])] == [0, 0, 3, 1]
