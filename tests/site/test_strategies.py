"""A third party's strategy is found by its entry point, and what is wrong with it is said of it by name."""

import sys
from pathlib import Path

import pytest

from appliance.config import ConfigError
from appliance.core.engine import Engine
from appliance.core.queues.strategies import STRATEGIES
from appliance.site import Site
from appliance.site.strategies import StrategyError, installed, load_strategies
from tests.site.small import SMALL, site

pytestmark = pytest.mark.requirement("OPS-06")

GOOD = """
from appliance.core.queues.strategies import Strategy

class NearestDesk(Strategy):
    name = "nearest-desk"
    about = "the agent at the nearest desk"
"""


def install(folder: Path, monkeypatch: pytest.MonkeyPatch, module: str, code: str, entry: str) -> None:
    """Put a distribution on the path, as pip would."""
    (folder / f"{module}.py").write_text(code)
    info = folder / f"{module}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[hotline.strategies]\n{entry}\n")
    monkeypatch.syspath_prepend(str(folder))


def site_with(strategy: str) -> Site:
    return site(SMALL.replace("[queues.consult]", f'[queues.consult]\nstrategy = "{strategy}"'))


def test_it_is_installed_named_and_served_by(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path, monkeypatch, "acme_desks", GOOD, "nearest-desk = acme_desks:NearestDesk")
    assert installed() == [*STRATEGIES, "nearest-desk"]
    assert list(load_strategies()) == [*STRATEGIES, "nearest-desk"]
    made = site_with("nearest-desk")
    assert made.strategies()["nearest-desk"].about == "the agent at the nearest desk"
    engine = Engine(made.plan(lambda piece: piece.name), strategies=made.strategies())
    assert engine.state.queues["consult"].strategy.name == "nearest-desk"


def test_without_it_the_site_is_refused() -> None:
    with pytest.raises(
        ConfigError, match=r"s\.toml:16: queues\.consult\.strategy: there is no strategy 'nearest-desk'; there is: linear, "
    ):
        site_with("nearest-desk")


@pytest.mark.parametrize(
    ("code", "entry", "why"),
    [
        ("import no_such_thing", "broken = acme:X", "does not load: ModuleNotFoundError: No module named 'no_such_thing'"),
        ("", "broken = acme:X", "does not load: AttributeError: module 'acme' has no attribute 'X'"),
        ("class X:\n    def __init__(self): raise RuntimeError('licence')", "broken = acme:X", "does not load: RuntimeError: licence"),
        ("X = dict", "broken = acme:X", "is no appliance.core.strategies.Strategy, but dict"),
        (GOOD, "broken = acme:NearestDesk", "calls itself 'nearest-desk'; both names must be the same"),
        (GOOD, "linear = acme:NearestDesk", "has the name of another; one of them has to go"),
    ],
)
def test_a_broken_one_is_named(
    code: str, entry: str, why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    install(tmp_path, monkeypatch, "acme", code, entry)
    monkeypatch.delitem(sys.modules, "acme", raising=False)
    name = entry.partition(" ")[0]
    assert load_strategies() == STRATEGIES
    assert [record.getMessage() for record in caplog.records] == [f"the strategy '{name}' of acme 1.0 {why}"]
    if name not in STRATEGIES:
        with pytest.raises(StrategyError) as caught:
            load_strategies([name])
        assert str(caught.value) == f"the strategy '{name}' of acme 1.0 {why}"
    monkeypatch.delitem(sys.modules, "acme", raising=False)


def test_it_stops_only_the_site_that_names_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path, monkeypatch, "acme_broken", "import no_such_thing", "broken = acme_broken:X")
    assert site_with("linear").strategies() == STRATEGIES
    with pytest.raises(ConfigError) as caught:
        site_with("broken")
    assert str(caught.value) == (
        "s.toml:16: queues.consult.strategy: the strategy 'broken' of acme_broken 1.0 does not load: "
        "ModuleNotFoundError: No module named 'no_such_thing'; repair what brought it, or choose another"
    )
