"""Whatever a day holds and whatever breaks in it: every call ends once and is told once, and nothing is left over."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from sim.draws import Draws
from sim.faults import FAULTS
from sim.run import BOARD, SWITCH, phones_of
from sim.virtual import Centre
from tests.sim.conserving import broken_promises
from tests.sim.odd_days import ODD, ONE_LINE, SELF_SERVICE, Said, days, understood
from tests.thorough import DEEP, by_profile

pytestmark = pytest.mark.requirement("SIM-05")

_GATEWAYS = frozenset({"gateway slow", "gateway dead"})
_LINKS = frozenset({"cti link lost", "messages lost"})


def _without(kinds: frozenset[str] = frozenset()) -> tuple[str, ...]:
    return tuple(kind for kind in FAULTS if kind not in kinds)


KINDS = {
    BOARD: {ODD: _without(_GATEWAYS | _LINKS), SELF_SERVICE: _without(_LINKS)},
    SWITCH: {ONE_LINE: _without(_GATEWAYS), SELF_SERVICE: _without()},
}
"""What can break at the centres: gateways where there are some, messages and a link with a switch."""
EXCUSED = {
    "Targets": "promises are judged when a day is over: they change nothing of it (test_targets.py)",
    "QueueTargets": "the same",
}
"""What no day by chance says, and why."""


def lives(centre: str, said: Said, seed: int, scheme: str) -> Centre:
    scenario, site = understood(centre, said)
    lived = Centre(Draws(scenario, site, seed), site, phones_of(scheme))
    lived.run()
    return lived


_ALIKE = settings(
    derandomize=not DEEP,  # what is found is found by the deep profile; every day the same days are lived
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
    phases=[*Phase]
    if DEEP
    else [Phase.explicit, Phase.generate],  # a day that breaks a promise is told as it is: making it smaller takes long
    deadline=None,
)


@settings(_ALIKE, max_examples=by_profile(5, 20, 1500))
@given(days(KINDS[BOARD]), st.integers(0, 10_000))
def test_no_day_breaks_conservation(day: tuple[str, Said], seed: int) -> None:
    assert broken_promises(lives(*day, seed, BOARD)) == []


@settings(_ALIKE, max_examples=by_profile(2, 12, 1500))
@given(days(KINDS[SWITCH], longest=1), st.integers(0, 10_000))
def test_no_day_breaks_conservation_at_a_switch(day: tuple[str, Said], seed: int) -> None:
    assert broken_promises(lives(*day, seed, SWITCH)) == []


def test_days_by_chance_say_all_that_a_scenario_can_say() -> None:
    """A new key of scenarios has to be drawn by `odd_days`, or excused here."""
    schema = json.loads((Path(__file__).parents[2] / "scenarios" / "scenario.schema.json").read_text("utf-8"))
    known = {(name, key) for name, table in [("Scenario", schema), *schema["$defs"].items()] for key in _keys_of(table)}
    said: set[tuple[str, str]] = set()

    @settings(_ALIKE, derandomize=True, database=None, max_examples=400, phases=[Phase.generate])
    @given(days(KINDS[BOARD] | KINDS[SWITCH]))
    def drawn(day: tuple[str, Said]) -> None:
        said.update(_said_in(day[1], "Scenario", schema, schema["$defs"]))

    drawn()
    excused = {pair for pair in known if pair[0] in EXCUSED or pair == ("Scenario", "targets")}
    assert known - said - excused == set()
    assert said & excused == set(), "no longer to be excused"
    assert EXCUSED.keys() <= schema["$defs"].keys()


def _keys_of(table: Any) -> Iterator[str]:
    """Keys of a table, and of each one that it may be."""
    for branch in (table, *table.get("oneOf", ()), *table.get("anyOf", ())):
        what = branch.get("properties", {}).get("what", {}).get("const", "")
        yield from (f"{what} {key}".strip() for key in branch.get("properties", {}))


def _said_in(said: Any, name: str, table: Any, tables: Any) -> Iterator[tuple[str, str]]:
    """The keys that are there, each with the table whose key it is."""
    if "$ref" in table:
        name = table["$ref"].rpartition("/")[2]
        yield from _said_in(said, name, tables[name], tables)
    for branch in (*table.get("oneOf", ()), *table.get("anyOf", ())):
        what = branch.get("properties", {}).get("what", {}).get("const")
        if what is None or (isinstance(said, dict) and said.get("what") == what):
            yield from _said_in(said, name, branch, tables)
    if isinstance(said, dict):
        what = table.get("properties", {}).get("what", {}).get("const", "")
        for key, inside in table.get("properties", {}).items():
            if key in said:
                yield name, f"{what} {key}".strip()
                yield from _said_in(said[key], name, inside, tables)
        if isinstance(others := table.get("additionalProperties"), dict):
            for one in said.values():
                yield from _said_in(one, name, others, tables)
    if isinstance(said, list):
        for one in said:
            yield from _said_in(one, name, table.get("items", {}), tables)
