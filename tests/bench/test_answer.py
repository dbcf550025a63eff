"""`./hotline bench answer` in small: both centres, a few calls, every figure is there; whether targets are met is not asked."""

import json
import os
import shutil
from importlib.util import find_spec
from pathlib import Path

import pytest

from appliance.site import load_site
from tests.bench.answer import bench_answer
from tests.bench.sites import AGENTS, FEW, Sounds, our_site
from tests.peers.for_root import asterisk_for_root

missing = [c for c in ("mmdebstrap", "sipp", "tcpdump") if shutil.which(c, path=os.environ.get("PATH", "") + ":/usr/sbin") is None]


def test_our_site_is_a_sound_one(tmp_path: Path) -> None:
    sounds = Sounds(*(tmp_path / name for name in ("prompt.wav", "music.wav", "caller.pcap", "agent.pcap")))
    sounds.prompt.write_bytes(b"")
    site = load_site(our_site(tmp_path / "site", "127.77.0.1", sounds))
    assert list(site.problems()) == []
    assert len(site.agents) == AGENTS
    assert sum("few" in agent.groups for agent in site.agents.values()) == FEW


@pytest.mark.live
@pytest.mark.slow
@pytest.mark.alone
@asterisk_for_root
@pytest.mark.skipif(bool(missing), reason=f"not on this machine: {', '.join(missing)}")
@pytest.mark.skipif(find_spec("pjsua2") is None, reason="there is no PJSIP in this environment")
def test_every_figure_is_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status = bench_answer(tmp_path / "figures.json", rates=(10,), calls=(10,), crowd=8, rounds=1)
    assert status in (0, 1), capsys.readouterr().err
    figures = json.loads((tmp_path / "figures.json").read_text())
    assert all(set(f) == {"metric", "unit", "ours", "peer", "ratio", "peer_name", "target", "ok"} for f in figures)
    measured = [f for f in figures if f["unit"] == "ms"]
    assert len(measured) == 3 * 3 + 1 + 3
    assert all(f["ours"] > 0 and f["peer"] > 0 and f["peer_name"].startswith("Asterisk 22.") for f in measured)
    assert [f["ours"] for f in figures if f["metric"].startswith("failed")] == [0, 0]
    assert all(f["metric"] in capsys.readouterr().out for f in figures[:1])
