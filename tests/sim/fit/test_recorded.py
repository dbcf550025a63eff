"""The records of a centre become a trace: its calls that came in and are over, with the wrap-up after each."""

from pathlib import Path

import pytest

from appliance.cli import main
from appliance.store.schema import prepare
from appliance.store.transaction import write
from tests.store.samples import NOON, agent_state, contact

pytestmark = pytest.mark.requirement("SIM-02")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data directory with a few calls on two days."""
    voice = {"medium": "voice", "dnis": "95500", "ani": "138"}
    rows = [
        contact("1", **voice, outcome="answered", keys="12", queue="q", agent="1001", wait_s=3.25, talk_s=60.0),
        contact("2", **voice, outcome="abandoned", queue="q", wait_s=30.0, arrived_at=NOON + 60),
        contact("3", **voice, outcome="answered", direction="out", arrived_at=NOON + 70),
        contact("4", **{**voice, "medium": "mail"}, outcome="answered", arrived_at=NOON + 80),
        contact("5", **voice, arrived_at=NOON + 90),
        contact("6", **voice, outcome="self-served", arrived_at=NOON + 86400.0),
        agent_state("1001", NOON + 63, "wrap-up", contact="1"),
        agent_state("1001", NOON + 75.5, "ready"),
    ]
    connection = prepare(tmp_path / "hotline.db")
    assert write(connection, [(row, 0) for row in rows]) == {}
    connection.close()
    return tmp_path


def test_calls_of_the_own_records_become_a_trace(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = data / "calls.csv"
    assert main(["sim", "trace", "--data", str(data), "--out", str(out)]) == 0
    assert out.read_text().splitlines() == [
        "at,number,caller,keys,wait_s,talk_s,wrap_up_s,outcome,queue,agent",
        "2023-11-14T22:13:20.000+00:00,95500,138,12,3.25,60,12.5,answered,q,1001",
        "2023-11-14T22:14:20.000+00:00,95500,138,,30,,,abandoned,q,",
        "2023-11-15T22:13:20.000+00:00,95500,138,,,,,self-served,,",
    ]
    assert f"3 calls written to {out}" in capsys.readouterr().out


def test_some_days_of_them(data: Path) -> None:
    out = data / "calls.csv"
    assert main(["sim", "trace", "--data", str(data), "--out", str(out), "--since", "2023-11-15", "--until", "2023-11-15"]) == 0
    assert len(out.read_text().splitlines()) == 2
    assert main(["sim", "trace", "--data", str(data), "--out", str(out), "--until", "2023-11-14"]) == 0
    assert len(out.read_text().splitlines()) == 3


def test_without_records_it_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sim", "trace", "--data", str(tmp_path), "--out", str(tmp_path / "x.csv")]) == 2
    assert "hotline.db" in capsys.readouterr().err
