"""`./hotline show lines`: what an operator sees of lines, on every kind of line and in trouble."""

import argparse
from pathlib import Path
from typing import Any

import pytest
import trio

from appliance import asking
from appliance.core.engine import Engine
from appliance.core.inputs import AgentAsked, ClockSet
from appliance.desk import Desk, ask_desk
from appliance.lines_shown import lines_shown, lines_table
from appliance.shell import Shell
from hal.api import Answered, Arrived, Group, Line, LineAlarm, LineLost, LineOpened, Severity
from hal.simulated.channels import Channels
from tests.core.playbook import EVERYTHING, MONDAY_8, small_plan
from tests.hal.csta.world import LINE, World
from tests.hal.switch_callers import at_port, talking
from tests.shell.test_desk import Rows
from tests.shell.test_shell import FakeLine

pytestmark = pytest.mark.requirement("OPS-01")


def engine_in_trouble() -> Engine:
    """A line with a caller and a broken span, and one that is lost."""
    engine = Engine(small_plan())
    events: list[Any] = [
        ClockSet(MONDAY_8), LineOpened("city", EVERYTHING.value), LineOpened("old", EVERYTHING.value), AgentAsked("1001", "log-in"),
        LineLost("old", "the cable is cut"), LineAlarm("city", Severity.YELLOW, "span 1", "span 1: slips"),
        LineAlarm("city", Severity.RED, "span 2", "span 2: loss of signal"), Arrived("city", "a", "13800138000", "95501"),
        Answered("city", "a"),
    ]  # fmt: skip
    for event in events:
        engine.handle(1.0, event)
    engine.handle(66.0, ClockSet(MONDAY_8 + 66.0))
    return engine


class Spans:
    name, capabilities = "city", EVERYTHING

    def groups(self) -> tuple[Group, ...]:
        return (Group("trunk city", 3, 60, 30, "spans 1, 2"), Group("cti link", state="up: 192.0.2.20:8800"), Group("legs", 4))

    def submit(self, command: object) -> None:
        raise AssertionError(command)


def test_the_table_has_channels_alarms_and_calls_of_each_line() -> None:
    lines: dict[str, Line] = {"city": Spans()}
    table = lines_table(lines_shown(engine_in_trouble(), lines)).splitlines()
    assert table[0] == "city  open  1 legs in 1 calls"
    assert table[1].split() == ["trunk", "city", "3", "busy,", "27", "free,", "30", "BLOCKED", "spans", "1,", "2"]
    assert table[2].split() == ["cti", "link", "up:", "192.0.2.20:8800"]
    assert table[3].split() == ["legs", "4", "busy"]
    assert [line.split(" (since")[0] for line in table[4:6]] == [
        "  RED    span 2: span 2: loss of signal",
        "  YELLOW span 1: span 1: slips",
    ]
    assert table[6].split()[1:4] == ["13800138000", "95501", "queued"]
    assert table[8] == "old  LOST  0 legs in 0 calls"
    assert table[9].startswith("  RED    line: line 'old' is lost: the cable is cut (since ")


def test_an_alarm_that_flaps_is_one_line_that_says_how_often_since_when_and_whether_it_is_there_now() -> None:
    engine = Engine(small_plan())
    for event in (ClockSet(MONDAY_8), LineOpened("city", EVERYTHING.value)):
        engine.handle(0.0, event)
    for number in range(7):
        engine.handle(number * 5.0, LineAlarm("city", Severity.YELLOW if number else Severity.RED, "span 2", "no signal"))
        there = lines_shown(engine, {})["city"]["alarms"]
        engine.handle(number * 5.0 + 2, LineAlarm("city", Severity.BLUE, "span 2", "", cleared=True))
    shown = lines_shown(engine, {})["city"]["alarms"]
    assert [{**alarm, "at": alarm["at"] - MONDAY_8} for alarm in shown] == [
        {"source": "span 2", "severity": "red", "text": "no signal", "at": 0.0, "times": 7, "standing": False}
    ]
    (line,) = [line for line in lines_table(lines_shown(engine, {})).splitlines() if "span 2" in line]
    assert line.startswith("  RED    span 2: no signal (flapping, away just now, 7 times since ")
    assert "flapping, there just now, 7 times since" in lines_table({"city": {**lines_shown(engine, {})["city"], "alarms": there}})


async def test_the_desk_and_the_command_show_lines(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shell = Shell(Engine(small_plan()), Rows(), lambda _agent, _pin, answer: answer(False))

    async def reload() -> str:
        await trio.lowlevel.checkpoint()
        return ""

    async with Desk(tmp_path, shell, reload).open():
        shell.post(LineOpened("trunk", EVERYTHING.value))
        setup: Any = argparse.Namespace(name="trunk", sink=shell.post)
        shell.attach(FakeLine(setup))
        shown = (await ask_desk(tmp_path, {"show": "lines"}))["shown"]
        assert shown["trunk"]["groups"] == [{"name": "trunk city", "busy": 3, "channels": 30, "blocked": 2, "state": "spans 1"}]
        assert "agents" in (await ask_desk(tmp_path, {"show": True}))["shown"]
    capsys.readouterr()


def test_it_is_shown_again_and_again_until_interrupted(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    answers = iter([{"city": {"open": True, "groups": [], "alarms": [], "calls": {}, "legs": n}} for n in range(3)])

    def asked(_data: Path, request: dict[str, Any]) -> dict[str, Any]:
        assert request == {"show": "lines"}
        try:
            return {"shown": next(answers)}
        except StopIteration:
            raise KeyboardInterrupt from None

    monkeypatch.setattr(asking, "asked", asked)
    parser = argparse.ArgumentParser()
    asking.add_show(parser)
    given = parser.parse_args(["lines", "--every", "0.2"])
    assert given.run(given) == 0
    assert capsys.readouterr().out.splitlines() == [f"city  open  {n} legs in 0 calls" for n in range(3)]
    with pytest.raises(SystemExit):
        parser.parse_args(["lines", "--every", "0"])
    assert "from 0.2 to 3600" in capsys.readouterr().err


def test_channels_of_a_simulated_line_are_busy_free_or_blocked() -> None:
    channels = Channels(60)
    taken = [channels.seize() for _ in range(3)]
    channels.alarm(2)
    assert channels.group(9) == Group("channels", 3, 60, 30, "in alarm: spans 2")
    channels.free(taken[0])
    channels.well(2)
    assert channels.group(9) == Group("channels", 2, 60)
    assert Channels(0).group(9) == Group("legs", 9)


def test_a_line_at_a_switch_shows_its_link_ports_and_phones() -> None:
    def shown(world: World) -> list[tuple[str, int, int, int]]:
        return [(group.name, group.busy, group.channels, group.blocked) for group in world.line.groups()]

    async def story(world: World) -> None:
        assert world.line.groups()[0] == Group("cti link", state="up: 127.0.0.1:1")
        assert shown(world) == [("cti link", 0, 0, 0), ("IVR ports", 0, 2, 0), ("recording ports", 0, 1, 0), ("phones", 0, 3, 0)]
        await at_port(world)
        assert shown(world)[1:] == [("IVR ports", 1, 2, 0), ("recording ports", 0, 1, 0), ("phones", 0, 3, 0)]
        world.people["caller"].leg.hang_up()
        await world.wait()
        await talking(world)
        assert shown(world)[1:] == [("IVR ports", 0, 2, 0), ("recording ports", 0, 1, 0), ("phones", 1, 3, 0)]
        world.cut()
        await world.wait(3)
        assert shown(world)[3] == ("phones", 1, 3, 3)
        assert world.line.groups()[0].state.startswith("down: 127.0.0.1:1 cannot be reached: the cable is cut")
        assert world.line.name == LINE

    World().run(story)
