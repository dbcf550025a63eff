"""Figures: what a percentile is, which target is met, and the form of table and JSON."""

import json
from pathlib import Path

import pytest

from tests.bench.figures import Figure, beside, percentile, table, write_json


@pytest.mark.parametrize(("share", "value"), [(0.0, 1.0), (0.5, 2.0), (0.51, 3.0), (0.99, 4.0), (1.0, 4.0)])
def test_a_percentile_is_a_value_that_was_measured(share: float, value: float) -> None:
    assert percentile([4.0, 1.0, 3.0, 2.0], share) == value


def test_of_nothing_there_is_no_percentile() -> None:
    assert percentile([], 0.5) is None


@pytest.mark.parametrize(
    ("ours", "peer", "target", "ratio", "ok"),
    [
        (1.0, 2.0, 1.0, 0.5, True),
        (3.0, 2.0, 1.0, 1.5, False),
        (3.0, 2.0, None, 1.5, None),
        (None, 2.0, 1.0, None, False),
        (1.0, 0.0, 1.0, None, False),
    ],
)
def test_a_ratio_and_its_verdict(ours: float | None, peer: float, target: float | None, ratio: float | None, ok: bool | None) -> None:
    found = beside("answer p99", "ms", ours, peer, "Asterisk 22", target)
    assert found == Figure(metric="answer p99", unit="ms", ours=ours, peer=peer, ratio=ratio, peer_name="Asterisk 22", target=target, ok=ok)


def test_the_json_has_the_promised_keys_and_null_for_what_is_not_there(tmp_path: Path) -> None:
    write_json(tmp_path / "figures.json", [beside("answer p99", "ms", None, 2.0, "Asterisk 22", 1.0)])
    assert json.loads((tmp_path / "figures.json").read_text()) == [
        {
            "metric": "answer p99",
            "unit": "ms",
            "ours": None,
            "peer": 2.0,
            "ratio": None,
            "peer_name": "Asterisk 22",
            "target": 1.0,
            "ok": False,
        }
    ]


def test_the_table_is_aligned_and_says_what_is_missed() -> None:
    rows = [beside("answer p50", "ms", 1.0, 2.0, "Asterisk 22"), beside("prompt p99", "ms", 30.0, 4.0, "Asterisk 22", 1.0)]
    assert table(rows) == (
        "                 ours  Asterisk 22  ratio  target\n"
        "answer p50  ms   1.00         2.00   0.50\n"
        "prompt p99  ms  30.00         4.00   7.50    <= 1  MISSED"
    )
