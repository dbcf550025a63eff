"""The shipped scenarios are as large as they say, and their targets would be missed if the centre were worse.

That they are met is a test of each by itself (`sim.pytest_plugin`).
"""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from appliance.config import Document
from sim.report.result import Result
from sim.run import run
from sim.scenario import Scenario, scenario_of

pytestmark = [pytest.mark.requirement("SIM-03"), pytest.mark.slow, pytest.mark.whole]

SCENARIOS = Path(__file__).parents[2] / "scenarios"
Change = Callable[[str], str]


def instead(old: str, new: str) -> Change:
    def changed(text: str) -> str:
        assert re.search(old, text)
        return re.sub(old, new, text)

    return changed


def unchanged(text: str) -> str:
    return text


def came_out(name: str, tmp_path: Path, change: Change = unchanged, of_site: Change = unchanged) -> Result:
    text = change((SCENARIOS / f"{name}.toml").read_text("utf-8"))
    document = Document.parse(text, f"{name}.toml")
    if of_site is unchanged:
        scenario, site = scenario_of(document, SCENARIOS)
    else:
        file = SCENARIOS / document.structure(Scenario).site
        worse = of_site(file.read_text("utf-8")).replace('"holidays-', f'"{file.parent}/holidays-')
        (tmp_path / "site.toml").write_text(worse, "utf-8")
        scenario, site = scenario_of(document, SCENARIOS, tmp_path / "site.toml")
    return run(scenario, site)


def channels(count: int) -> Change:
    return instead(r"\[callers\]", f"[lines]\ntrunk = {{ channels = {count} }}\n\n[callers]")


NO_MANAGERS = instead(', manager = "[0-9]+"', "")
NO_OVERFLOW = instead(r'{ when = "wait > 90", to = "queue:consult" }', '{ when = "length >= 99", to = "voicemail" }')
SLOW_PROMPTS = instead(r"\[callers\]", '[delays]\nprompt_start = "2 s"\n\n[callers]')


@pytest.mark.parametrize(
    ("name", "change", "of_site", "missed"),
    [
        ("bureau-full", instead("1001-1015", "1001-1009"), unchanged, "service_level"),
        ("key-accounts", unchanged, NO_MANAGERS, "service_level"),
        ("storm", channels(40), unchanged, "blocking"),
        ("overflow", unchanged, NO_OVERFLOW, "wait_max"),
        ("slow-ramp", instead("1001-1080", "1001-1058"), unchanged, "service_level"),
        ("redial-storm", instead("09:45-10:45", "09:45-11:45"), unchanged, "service_level"),
        (
            "span-loss",
            instead('what = "span alarm"\nline = "trunk"\nspan = 2', 'what = "line lost"\nline = "trunk"'),
            unchanged,
            "calls_lost",
        ),
        ("night", SLOW_PROMPTS, unchanged, "prompt_p99"),
        ("ports-512", channels(400), unchanged, "blocking"),
    ],
)
def test_a_worse_centre_misses_its_targets(name: str, change: Change, of_site: Change, missed: str, tmp_path: Path) -> None:
    result = came_out(name, tmp_path, change, of_site)
    assert missed in {verdict.promise.name for verdict in result.verdicts if verdict.state == "missed"}


def test_a_full_bureau_is_as_full_as_its_figures_say(tmp_path: Path) -> None:
    """All 90 trunks are busy at some time; 60 hear and press; all 15 agents are busy."""
    curves = came_out("bureau-full", tmp_path).as_json(drawn=True)["curves"]
    others = zip(curves["agents on-call"], curves["waiting"], strict=True)
    serving = [line - talking - waiting for line, (talking, waiting) in zip(curves["line trunk"], others, strict=True)]
    assert max(curves["line trunk"]) > 85
    assert max(serving) > 60
    assert min(curves["agents ready"]) == 0


def test_512_ports_are_all_busy(tmp_path: Path) -> None:
    assert max(came_out("ports-512", tmp_path).as_json(drawn=True)["curves"]["line trunk"]) > 509
