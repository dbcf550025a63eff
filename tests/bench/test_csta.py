"""`./hotline bench csta` in small: every figure is there, and what is measured is what is said."""

import json
from pathlib import Path

import pytest

from hal.csta.messages import DeliveredEvent, HeldEvent, decode
from tests.bench.csta import bench_csta, call_events


@pytest.mark.slow
def test_every_figure_is_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status = bench_csta(tmp_path / "figures.json", calls=20, routes=20, rounds=2)
    assert status in (0, 1), capsys.readouterr().err
    figures = json.loads((tmp_path / "figures.json").read_text())
    assert [figure["unit"] for figure in figures] == ["us", "us", "events/s"] * 2 + ["ms", "ms"]
    assert all(figure["ours"] > 0 and figure["peer"] > 0 for figure in figures)
    assert [figure["target"] for figure in figures] == [10.0, None, None] * 2 + [10.0, None]


def test_the_events_of_a_real_switch_carry_more() -> None:
    plain, rich = call_events(1, rich=False), call_events(1, rich=True)
    assert len(plain) == len(rich) == 6
    first = decode(rich[0])
    assert isinstance(first, DeliveredEvent)
    assert [node.name for node in first.extra] == ["servicesPermitted", "mediaCallCharacteristics", "extensions"]
    assert isinstance(decode(plain[2]), HeldEvent)
