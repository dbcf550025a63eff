"""`./hotline bench acd` in small: every figure is there, and the engine's cost does not grow with the number of contacts that wait."""

import json
import os
import shutil
from importlib.util import find_spec
from pathlib import Path

import pytest

from appliance.core.queues.strategies import STRATEGIES
from tests.bench import acd
from tests.bench.acd_engine import decision_us
from tests.peers.for_root import asterisk_for_root

pytestmark = pytest.mark.alone
missing = [c for c in ("mmdebstrap", "sipp", "tcpdump") if shutil.which(c, path=os.environ.get("PATH", "") + ":/usr/sbin") is None]


@pytest.mark.slow
def test_choosing_among_a_hundred_times_as_many_that_wait_costs_about_the_same() -> None:
    """A ratio of two measurements of the same run; ten times is far more than noise, and far less than a hundred."""
    few = min(decision_us(20, 20)["a free agent's next contact"] for _ in range(3))
    many = min(decision_us(20, 2000)["a free agent's next contact"] for _ in range(3))
    assert many < 10 * few


@pytest.mark.slow
def test_every_strategy_is_measured_and_no_target_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(acd, "DECISION_TARGETS_US", {10: 1e9})
    monkeypatch.setattr(acd, "NOW_AND_THEN_TARGET_US", 0.0)
    figures = {figure.metric.removesuffix(", 10 agents, 10 waiting"): figure for figure in acd._decisions((10,), (10,))}
    assert {f"a contact's agent, {name}" for name in STRATEGIES} < set(figures)
    missed = {metric for metric, figure in figures.items() if figure.ok is False}
    assert missed == {"the hours of all agents begin", "the longest of 100 pieces of them"}
    assert [metric for metric, figure in figures.items() if figure.target is None] == ["all invariants at once"]


@pytest.mark.live
@pytest.mark.slow
@asterisk_for_root
@pytest.mark.skipif(bool(missing), reason=f"not on this machine: {', '.join(missing)}")
@pytest.mark.skipif(find_spec("pjsua2") is None, reason="there is no PJSIP in this environment")
def test_every_figure_is_there(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(acd, "AGENTS", (10,))
    monkeypatch.setattr(acd, "WAITING", (10,))
    status = acd.bench_acd(tmp_path / "figures.json", crowd=8, rounds=1)
    assert status in (0, 1), capsys.readouterr().err
    figures = json.loads((tmp_path / "figures.json").read_text())
    handed = [f for f in figures if f["unit"] == "ms"]
    assert len(handed) == 3
    assert all(f["ours"] > 0 and f["peer"] > 0 for f in handed)
    assert [f["target"] for f in handed] == [1 / 20, None, None]
    assert [f["ours"] for f in figures if f["metric"].startswith("failed")] == [0]
    assert len([f for f in figures if f["unit"] == "us" and f["ours"] > 0]) == 1 + 9 + 4
