"""A text that nobody knew before is heard soon after the key that asks for it, also while the prompts of a reload are being rendered."""

import os
from pathlib import Path

import numpy as np
import pytest
import trio

from appliance.desk import ask_desk
from tests.hal.sounds import RATE
from tests.live.floor import CUSTOMER, Floor, open_floor, people

pytestmark = [pytest.mark.live, pytest.mark.slow, pytest.mark.alone, pytest.mark.requirement("IVR-04")]

LOUD = 600
TEXT = (
    "您的工单正在处理。工作人员已经联系过相关部门，部门答复会在三个工作日内办理。如果您对结果不满意，可以再次致电。"
    "我们会为您保留全部记录。感谢您的耐心等候。"
)
FLOW = f"""\
flow  = "line"
start = "key"

[key]
say       = {{ zh = "请按一。" }}
set       = {{ words = "'{TEXT}'" }}
menu      = {{ 1 = "read" }}
wait_s    = 20
otherwise = "bye"

[read]
say  = {{ zh = "{{words:text}}" }}
next = "bye"

[bye]
say  = {{ zh = "再见。{{more}}" }}
next = "release"
"""


class Reading(Floor):
    """A centre that reads a text out."""

    def site_text(self) -> str:
        self.write("")
        line = f'[lines.trunk]\nbackend = "sip"\nlisten = "127.0.0.1:{self.port}"\nrtp_ports = "{self.rtp}-{self.rtp + 599}"\n'
        numbers = '[numbers]\n95500 = { flow = "line" }\n[call_flows]\nline = "line.toml"\n'
        staff = '[queues.consult]\n[stations]\n8001 = {}\n8009 = {}\n[agents]\n1001 = { name = "A", station = "8001" }\n'
        return f'[centre]\nlanguages = ["zh"]\n{line}{numbers}{staff}1009 = {{ name = "S", station = "8009", level = "supervisor" }}\n'

    def write(self, more: str) -> None:
        """The flow, with more to say at its end."""
        (self.folder / "line.toml").write_text(FLOW.replace("{more}", more))


@pytest.mark.parametrize("reloads", [False, True], ids=["alone", "beside-a-reload"])
async def test_a_text_of_five_sentences_is_heard_soon_after_the_key(tmp_path: Path, reloads: bool) -> None:
    async with open_floor(tmp_path, Reading) as floor, people(floor) as p, trio.open_nursery() as nursery:
        await p.add(CUSTOMER)
        await p.call()
        caller = p[CUSTOMER]
        await caller.wait_heard_s(3.0)
        if reloads:
            assert isinstance(floor, Reading)
            new = f"{os.getpid()}{floor.port}"  # in no cache of an earlier run
            floor.write("".join(f"{new}第{number}段没有人听过的话。{{hour:number}}" for number in range(100)))  # each a prompt of its own
            nursery.start_soon(ask_desk, floor.data, {"reload": True})
            await trio.sleep(0.5)
        at_s = caller.heard_s()
        await caller.press("1")
        await caller.wait_heard_s(at_s + 2.0)
        first = caller.heard().astype(float)[round(at_s * RATE) :]
        assert np.abs(first).max() > LOUD
        assert "is in force" not in floor.said(), "the first words come before a reload is through"
        for more_s in (8.0, 12.0):
            await caller.wait_heard_s(at_s + more_s)
        sound = caller.heard().astype(float)[round(at_s * RATE) :]
        nursery.cancel_scope.cancel()
    frames = np.abs(sound[: len(sound) // 160 * 160]).reshape(-1, 160).max(axis=1)
    loud = np.nonzero(frames > LOUD)[0]
    assert loud[0] * 0.02 < 1.0, "the first words come within a second of the key"
    assert (frames > LOUD).mean() > 0.4, "all of it is said"
