"""What is lost between switch and appliance about phones is found out: agents' states, service, log-ons, route points that ask again."""

import pytest

from hal.api import AgentMode, AgentSeen, CommandFailed, LineAlarm, ShowAgent, StationRegistered, StationUnregistered
from hal.csta.mapping import Mapping, Say
from hal.csta.mapping.board import Setup
from hal.csta.notices import Routing, RoutingStopped, Unwatched
from sim.switch.mischief import Lose, LoseMessages, Mischief, Unplug
from tests.hal.csta.world import LINE, World

pytestmark = pytest.mark.requirement("ACC-02")


def presses(world: World, *states: str) -> None:
    """The keys of phone 8001, whose agent is 1001."""
    with world.cti.switch.turn(world.env.now):
        for state in states:
            world.cti.switch.agents.set_state("8001", state, "1001")
    world.cti.changed()


@pytest.mark.parametrize(
    ("mischief", "within_s"),
    [(Lose(kinds=("AgentNotReady",), from_s=3.0), 65.0), (LoseMessages(at_s=3.0, for_s=2.0), 5.0)],
    ids=["at the next look at all", "as soon as the switch says so"],
)
def test_a_key_of_a_phone_that_was_not_heard_is_found_out(mischief: Mischief, within_s: float) -> None:
    async def story(world: World) -> None:
        world.do(ShowAgent(LINE, "8001", "1001", AgentMode.READY))
        await world.wait(3)
        world.new()
        presses(world, "notReady")
        await world.wait(within_s)
        assert world.new(AgentSeen) == [AgentSeen(LINE, "8001", "1001", AgentMode.NOT_READY)]
        await world.wait(130)
        assert not world.new(AgentSeen), "what is known already is no news"

    World(mischief=(mischief,)).run(story)


def test_a_log_off_that_was_not_heard_is_found_out() -> None:
    async def story(world: World) -> None:
        world.do(ShowAgent(LINE, "8001", "1001", AgentMode.READY))
        await world.wait(3)
        world.new()
        presses(world, "loggedOff")
        await world.wait(130)
        assert world.new(AgentSeen) == [AgentSeen(LINE, "8001", "", AgentMode.LOGGED_OUT)]
        world.do(ShowAgent(LINE, "8001", "1001", AgentMode.READY))
        await world.wait()
        assert world.cti.switch.agents.logged_on["8001"].state == "ready", "who is not logged on is logged on first"

    World(mischief=(Lose(kinds=("AgentLoggedOff",)),)).run(story)


def test_who_was_not_logged_on_is_logged_on_with_his_next_change() -> None:
    async def story(world: World) -> None:
        world.do(ShowAgent(LINE, "8001", "1001", AgentMode.READY))
        await world.wait()
        assert world.new(CommandFailed)
        assert "8001" not in world.cti.switch.agents.logged_on
        world.agents["1001"] = ""
        world.do(ShowAgent(LINE, "8001", "1001", AgentMode.NOT_READY))
        await world.wait()
        assert world.cti.switch.agents.logged_on["8001"].state == "notReady"
        assert not world.new(CommandFailed)

    World(agents={"1001": "another password"}).run(story)


def test_a_phone_that_does_something_is_in_service_whatever_was_said_of_it() -> None:
    async def story(world: World) -> None:
        await world.wait(10)
        assert world.new(StationUnregistered) == [StationUnregistered(LINE, "8001")]
        presses(world, "loggedOn")
        await world.wait()
        assert world.new(StationRegistered) == [StationRegistered(LINE, "8001", "switch")]

    World(mischief=(Unplug(at_s=3, device="8001", for_s=2), Lose(kinds=("BackInService",)))).run(story)


def test_a_phone_that_is_called_is_in_service() -> None:
    async def story(world: World) -> None:
        await world.wait(10)
        world.new()
        world.cti.switch.dials("8002", "8001")
        world.cti.changed()
        await world.wait()
        assert world.new(StationRegistered) == [StationRegistered(LINE, "8001", "switch")]

    World(mischief=(Unplug(at_s=3, device="8001", for_s=2), Lose(kinds=("BackInService",)))).run(story)


def test_a_phone_that_nobody_watches_is_not_reached_though_it_is_seen_in_anothers_call() -> None:
    async def story(world: World) -> None:
        await world.wait(10)
        world.mapping.notice(world.env.now, Unwatched("8001", "the switch ended it"))
        world.new()
        world.cti.switch.dials("8002", "8001")
        world.cti.changed()
        await world.wait()
        assert "station:8001 rings" in world.told
        assert not world.new(StationRegistered)

    World(mischief=(Unplug(at_s=3, device="8001", for_s=2), Lose(kinds=("BackInService",)))).run(story)


def test_the_alarm_of_a_route_point_is_over_when_the_switch_asks_about_it_again() -> None:
    mapping = Mapping(Setup(line=LINE, route_points={"7000": "95500"}))
    assert mapping.notice(0.0, Routing("7000")) == []
    (raised,) = [one.event for one in mapping.notice(1.0, RoutingStopped("7000", "the switch ended it")) if isinstance(one, Say)]
    (over,) = [one.event for one in mapping.notice(2.0, Routing("7000")) if isinstance(one, Say)]
    assert isinstance(raised, LineAlarm)
    assert isinstance(over, LineAlarm)
    assert (raised.source, raised.cleared, over.source, over.cleared) == ("route point 7000", False, "route point 7000", True)
    assert mapping.notice(3.0, Routing("7000")) == []


@pytest.mark.parametrize("before", [AgentMode.READY, AgentMode.NOT_READY])
@pytest.mark.parametrize("lost", [(), ("ConnectionCleared", "CallCleared")], ids=["at once", "at the next look at all"])
def test_who_logs_out_while_his_phone_is_in_a_call_is_logged_off_after_it(before: AgentMode, lost: tuple[str, ...]) -> None:
    async def story(world: World) -> None:
        world.do(ShowAgent(LINE, "8001", "1001", before))
        await world.wait()
        world.cti.switch.dials("8001", "8002")
        world.cti.changed()
        await world.wait(4)
        world.new()
        world.do(ShowAgent(LINE, "8001", "1001", AgentMode.LOGGED_OUT))
        await world.wait(1 if lost else 130)
        assert len(world.new(CommandFailed)) == 1, "the switch logs nobody off who is in a call, and is not asked again and again"
        world.service("clear_connection", world.part("8001"))
        await world.wait(65 if lost else 1)
        assert "8001" not in world.cti.switch.agents.logged_on
        assert [event.mode for event in world.new(AgentSeen)] in ([], [AgentMode.LOGGED_OUT])

    World(mischief=(Lose(kinds=lost),) if lost else ()).run(story)


def test_who_was_refused_and_wants_something_else_by_now_is_not_held_to_it() -> None:
    async def story(world: World) -> None:
        world.do(ShowAgent(LINE, "8001", "1001", AgentMode.READY))
        world.cti.switch.dials("8001", "8002")
        await world.wait(4)
        world.do(ShowAgent(LINE, "8001", "1001", AgentMode.LOGGED_OUT))
        await world.wait(1)
        world.do(ShowAgent(LINE, "8001", "1001", AgentMode.READY))
        await world.wait(1)
        world.service("clear_connection", world.part("8001"))
        await world.wait(65)
        assert world.cti.switch.agents.logged_on["8001"].state == "ready"

    World().run(story)


def test_who_logs_out_while_his_phone_is_in_a_call_is_logged_off_after_it_though_the_link_broke() -> None:
    async def story(world: World) -> None:
        world.do(ShowAgent(LINE, "8001", "1001", AgentMode.READY))
        await world.wait()
        world.cti.switch.dials("8001", "8002")
        world.cti.changed()
        await world.wait(4)
        world.do(ShowAgent(LINE, "8001", "1001", AgentMode.LOGGED_OUT))
        await world.wait()
        world.cut()
        await world.wait()
        world.mend()
        await world.wait(5)
        assert world.cti.switch.agents.logged_on["8001"].state == "busy"
        world.new()
        world.service("clear_connection", world.part("8001"))
        await world.wait()
        assert "8001" not in world.cti.switch.agents.logged_on
        assert world.new(AgentSeen) == []

    World().run(story)


@pytest.mark.parametrize("lost", [(), ("GetAgentStateResponse",)], ids=["at once", "at the next look at all"])
def test_what_was_asked_for_while_the_link_was_down_is_shown_when_it_is_up(lost: tuple[str, ...]) -> None:
    async def story(world: World) -> None:
        await world.wait(2)
        world.new()
        world.cut()
        await world.wait()
        world.do(ShowAgent(LINE, "8001", "1001", AgentMode.READY))
        await world.wait()
        world.mend()
        await world.wait(65 if lost else 5)
        assert world.cti.switch.agents.logged_on["8001"].state == "ready"
        assert world.new(AgentSeen) == []

    World(mischief=(Lose(kinds=lost, from_s=2.0, until_s=15.0),) if lost else ()).run(story)
