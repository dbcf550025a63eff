"""What a site says about alarms that come and go again and again."""

from pathlib import Path

import pytest

from appliance.config import ConfigError
from appliance.core.plan import AlarmPlan
from appliance.site import load_site
from tests.site.small import SMALL

pytestmark = pytest.mark.requirement("OPS-02")


def plan_of(folder: Path, alarms: str) -> AlarmPlan:
    (folder / "site.toml").write_text(f"{SMALL}\n{alarms}")
    return load_site(folder / "site.toml").plan(lambda piece: piece.name).alarms


def test_a_site_says_when_alarms_flap_and_need_not(tmp_path: Path) -> None:
    assert plan_of(tmp_path, "") == AlarmPlan()
    alarms = "[alarms]\nflapping_times = 3\nflapping_within_s = 60\nsettled_after_s = 30"
    assert plan_of(tmp_path, alarms) == AlarmPlan(3, 60.0, 30.0)
    assert plan_of(tmp_path, "[alarms]") == AlarmPlan()


@pytest.mark.parametrize(
    ("alarms", "why"),
    [
        ("flapping_times = 1", "flapping_times"),
        ("flapping_within_s = 0", "flapping_within_s"),
        ("settled_after_s = 199", r"what comes every 200 s would flap and settle all the time; write 200 at least"),
    ],
)
def test_what_makes_no_sense_is_a_mistake(tmp_path: Path, alarms: str, why: str) -> None:
    with pytest.raises(ConfigError, match=why):
        plan_of(tmp_path, f"[alarms]\n{alarms}")
