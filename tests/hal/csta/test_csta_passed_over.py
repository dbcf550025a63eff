"""What a switch says and nobody can use is seen: counted in `./hotline show lines`, and an alarm when much of it is not understood."""

import pytest

from hal.api import Group, LineAlarm, Severity
from hal.csta.notices import Ignored
from hal.csta.passed_over import MANY, QUIET_S, WITHIN_S, PassedOver
from sim.switch.mischief import Letter
from tests.hal.csta.world import LINE, World

pytestmark = pytest.mark.requirement("OPS-01")
STRANGE = Ignored("Strange, which means nothing here", strange=True)


def takes(passed_over: PassedOver, times: list[float], notice: Ignored = STRANGE) -> list[LineAlarm]:
    return [alarm for now in times for alarm in passed_over.take(now, notice)]


def test_they_are_counted_and_the_last_one_has_its_reason() -> None:
    passed_over = PassedOver(LINE)
    assert passed_over.group() == ()
    assert takes(passed_over, [0.0]) == []
    assert passed_over.group() == (Group("cti messages", state=f"1 message was passed over, the last: {STRANGE.reason}"),)
    takes(passed_over, [1.0], Ignored("the answer came too late"))
    assert passed_over.group() == (Group("cti messages", state="2 messages were passed over, the last: the answer came too late"),)


def test_many_that_are_not_understood_are_one_alarm() -> None:
    passed_over = PassedOver(LINE)
    assert takes(passed_over, [float(n) for n in range(MANY - 1)]) == []
    (alarm,) = takes(passed_over, [float(MANY)])
    assert (alarm.severity, alarm.source, alarm.cleared) == (Severity.YELLOW, "cti messages", False)
    assert STRANGE.reason in alarm.text
    assert takes(passed_over, [MANY + 0.1 * n for n in range(500)]) == [], "it is known by now"


def test_those_that_come_now_and_then_are_none() -> None:
    passed_over = PassedOver(LINE)
    apart_s = WITHIN_S / (MANY - 1) + 0.1
    assert takes(passed_over, [apart_s * n for n in range(100)]) == []
    assert passed_over.next_deadline() is None


def test_messages_at_the_wrong_time_are_none() -> None:
    assert takes(PassedOver(LINE), [0.0] * 1000, Ignored("no snapshot of 8001: it is busy")) == []


def test_it_is_over_when_none_has_come_for_a_while_and_begins_anew_then() -> None:
    passed_over = PassedOver(LINE)
    assert len(takes(passed_over, [0.0] * MANY)) == 1
    takes(passed_over, [100.0])
    assert passed_over.next_deadline() == 100.0 + QUIET_S
    assert passed_over.tick(99.9 + QUIET_S) == []
    (over,) = passed_over.tick(100.0 + QUIET_S)
    assert (over.source, over.cleared) == ("cti messages", True)
    assert passed_over.tick(9999.0) == []
    assert takes(passed_over, [500.0] * (MANY - 1)) == []
    assert len(takes(passed_over, [500.0])) == 1


def test_a_switch_that_babbles_is_shown_and_told_while_calls_go_on(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", logger=f"hotline.line.{LINE}")

    async def story(world: World) -> None:
        def babbles(*xml: bytes) -> None:
            for one in xml:
                world.cti.links[0]._tampering.take_in(world.env.now, Letter("Strange", "events", 9999, one))
            world.cti.changed()

        assert world.line.groups()[1].name == "IVR ports"
        world.new()
        babbles(b"<Strange xmlns='http://www.ecma-international.org/standards/ecma-323/csta/ed4'/>", *[b"<torn"] * (MANY - 1))
        await world.wait()
        assert world.line.groups()[1].state.startswith(f"{MANY} messages were passed over, the last: a message that cannot be read")
        assert "passed over: Strange, which means nothing here" in caplog.messages
        assert [alarm.cleared for alarm in world.new(LineAlarm)] == [False]
        await world.wait(QUIET_S)
        assert [alarm.cleared for alarm in world.new(LineAlarm)] == [True]

    World().run(story)
