"""Groups, agents and route points."""

import pytest
from attrs import evolve

from sim.switch.errors import Refused
from sim.switch.routing import Dialogue
from tests.sim.switch.small import PLAN, Small

pytestmark = pytest.mark.requirement("ACC-02")


class Computer:
    """A router that writes down what it is told."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.asked: list[Dialogue] = []

    def route_request(self, dialogue: Dialogue) -> None:
        self.asked.append(dialogue)

    def re_route(self, dialogue: Dialogue) -> None:
        self.told.append("re-route")

    def route_used(self, dialogue: Dialogue, route: str) -> None:
        self.told.append(f"used {route}")

    def route_end(self, dialogue: Dialogue, error: Refused | None) -> None:
        self.told.append(f"end {error.reason if error else ''}".strip())


@pytest.fixture
def small() -> Small:
    return Small()


@pytest.fixture
def computer(small: Small) -> Computer:
    computer = Computer()
    small.switch.routing.register(computer, "7000")
    return computer


def test_calls_wait_in_their_order(small: Small) -> None:
    small.talk("8003", "8004")
    for ani in ("1", "2"):
        small.switch.arrives("T1", ani, "7100")
    queued = [event.values["numberQueued"] for event in small.events if event.kind == "Queued"]
    assert queued == ["1", "2"]
    small.events.clear()
    small.switch.hangs_up(small.leg("8003"))
    assert small.take()[-4:] == ["Diverted 7100", "Delivered 8003", "Diverted 7100", "Delivered 8004"]
    assert small.switch.calls[small.at("8003").call].calling == "1"


def test_agents_get_calls_when_they_are_ready(small: Small) -> None:
    small.switch.arrives("T1", "1", "7200")
    small.events.clear()
    with small.switch.turn(1.0):
        small.switch.agents.set_state("8001", "loggedOn", "ann", "1234", "7200")
    assert small.take() == ["AgentLoggedOn 8001", "AgentNotReady 8001"]
    with small.switch.turn(2.0):
        small.switch.agents.set_state("8001", "ready")
    assert small.take() == ["AgentReady 8001", "Diverted 7200", "Delivered 8001"]
    small.switch.lifts(small.leg("8001"))
    assert small.take() == ["Established 8001", "AgentBusy 8001"]
    with small.switch.turn(3.0):
        assert small.switch.agents.set_state("8001", "notReady") == "notReady"
    assert small.take() == []
    small.switch.hangs_up(small.leg("8001"))
    assert small.take()[-1] == "AgentNotReady 8001"
    with small.switch.turn(4.0):
        small.switch.agents.set_state("8001", "loggedOff")
    assert small.take() == ["AgentLoggedOff 8001"]


def test_an_agent_works_after_a_call_until_he_says_otherwise() -> None:
    small = Small(evolve(PLAN, after_call="workingAfterCall"))
    agents = small.switch.agents
    with small.switch.turn(1.0):
        agents.set_state("8001", "loggedOn", "ann", "1234")
        agents.set_state("8001", "ready")
        agents.set_state("8001", "ready")
    assert small.take() == ["AgentLoggedOn 8001", "AgentNotReady 8001", "AgentReady 8001"]
    small.talk("8001", "8003")
    small.switch.hangs_up(small.leg("8001"))
    assert small.take()[-1] == "AgentWorkingAfterCall 8001"
    small.switch.dials("8001", "8003")
    assert "AgentBusy 8001" in small.take()


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (("9999", "loggedOn", "ann", "1234"), "operation: invalidDeviceID"),
        (("8001", "asleep"), "operation: invalidAgentState"),
        (("8001", "busy"), "operation: invalidAgentState"),
        (("8001", "ready"), "stateIncompatibility: invalidDeviceState"),
        (("8001", "loggedOff"), "stateIncompatibility: invalidDeviceState"),
        (("8001", "loggedOn", "ann", "4321"), "operation: invalidAgentPassword"),
        (("8001", "loggedOn"), "operation: atLeastOneConditionalParameterNotProvided"),
        (("8001", "loggedOn", "bob", "", "9999"), "operation: invalidAgentGroup"),
        (("8002", "loggedOn", "bob"), "stateIncompatibility: invalidDeviceState"),
        (("8002", "ready", "ann"), "operation: invalidAgentIdentifier"),
        (("8003", "loggedOff"), "stateIncompatibility: connectedCallExists"),
    ],
)
def test_agent_states_that_are_refused(small: Small, asked: tuple[str, ...], expected: str) -> None:
    small.switch.agents.set_state("8002", "loggedOn", "carl")
    small.switch.agents.set_state("8003", "loggedOn", "dora")
    small.caller("8003")
    with pytest.raises(Refused, match=f"^{expected}$"):
        small.switch.agents.set_state(*asked)


def test_groups_and_routes_leave_out_who_is_out_of_service(small: Small, computer: Computer) -> None:
    small.switch.unplug("8003")
    small.switch.arrives("T1", "1", "7100")
    assert small.states(small.at("8004").call)["8004"] == "alerting"
    small.switch.arrives("T1", "2", "7100")
    small.switch.plug_in("8003")
    assert small.states(small.at("8003").call)["8003"] == "alerting"
    small.switch.unplug("8001")
    small.switch.arrives("T1", "3", "7000")
    with small.switch.turn(1.0):
        small.switch.routing.select(computer, computer.asked[0].cross_ref, "8001")
    assert computer.told == ["re-route"]
    assert small.switch.dials("8001", "8002") is None


def test_the_computer_routes_a_call(small: Small, computer: Computer) -> None:
    small.switch.arrives("T1", "0221", "95500", user_data="茶")
    (dialogue,) = computer.asked
    assert (dialogue.call.calling, dialogue.point.number, dialogue.call.user_data) == ("0221", "7000", "茶")
    assert small.take() == ["Delivered 7000"]
    with small.switch.turn(1.0):
        small.switch.routing.select(computer, dialogue.cross_ref, "8901", used_wanted=True)
    assert small.take() == ["Diverted 7000", "Delivered 8901"]
    assert computer.told == ["used 8901", "end"]
    with pytest.raises(Refused, match="operation: invalidRouteingCrossReferenceID"):
        small.switch.routing.select(computer, dialogue.cross_ref, "8901")
    small.events.clear()
    small.switch.tick(5.0)
    assert small.take() == []
    small.switch.arrives("T1", "0221", "95500")
    with pytest.raises(Refused, match="operation: invalidRouteingCrossReferenceID"):
        small.switch.routing.select(Computer(), computer.asked[1].cross_ref, "8901")


def test_a_route_that_leads_nowhere_is_asked_for_again(small: Small, computer: Computer) -> None:
    small.talk("8001", "8002")
    small.switch.arrives("T1", "1", "7000")
    small.events.clear()
    cross_ref = computer.asked[0].cross_ref
    with small.switch.turn(1.0):
        small.switch.routing.select(computer, cross_ref, "8001")
    assert computer.told == ["re-route"]
    with small.switch.turn(2.0):
        small.switch.routing.select(computer, cross_ref, "1")
    assert computer.told == ["re-route", "end invalidDestination"]
    assert small.take()[:2] == ["Diverted 7000", "Queued 7100"]


def test_a_computer_that_says_nothing_is_not_waited_for(small: Small, computer: Computer) -> None:
    small.switch.arrives("T1", "1", "7000")
    small.events.clear()
    small.switch.tick(5.0)
    assert computer.told == ["end routeingTimerExpired"]
    assert small.take()[:2] == ["Diverted 7000", "Queued 7100"]


def test_a_call_that_nobody_routes_takes_the_default_route_or_ends(small: Small) -> None:
    small.switch.arrives("T1", "1", "7000")
    assert small.take()[:3] == ["Delivered 7000", "Diverted 7000", "Queued 7100"]
    leg = small.switch.arrives("T1", "1", "7001")
    assert small.take()[-1] == "CallCleared 7001"
    assert small.phones.ended[leg or 0] == "destNotObtainable"


def test_a_caller_who_gives_up_ends_the_dialogue(small: Small, computer: Computer) -> None:
    leg = small.switch.arrives("T1", "1", "7000")
    small.switch.hangs_up(leg or 0)
    assert computer.told == ["end noActiveCall"]
    assert not small.switch.routing.dialogues
    small.switch.tick(5.0)
    assert computer.told == ["end noActiveCall"]


def test_a_call_that_is_transferred_to_a_route_point_is_routed(small: Small, computer: Computer) -> None:
    small.caller("8001")
    held = small.at("8001")
    with small.switch.turn(1.0):
        active = small.ask.consultation_call(held, "7000")
    with small.switch.turn(2.0):
        transferred = small.ask.transfer_call(held, active)
    (dialogue,) = computer.asked
    assert dialogue.call.id == transferred.call
    with small.switch.turn(3.0):
        small.switch.routing.select(computer, dialogue.cross_ref, "8002")
    assert small.states(transferred.call) == {"T1#1": "connected", "8002": "alerting"}


def test_a_route_point_that_is_cleared_ends_the_dialogue(small: Small, computer: Computer) -> None:
    small.switch.arrives("T1", "1", "7000")
    with small.switch.turn(1.0):
        small.ask.clear_connection(small.at("7000"))
    assert computer.told == ["end noActiveCall"]
    assert not small.switch.routing.dialogues
    assert not small.switch.calls


def test_the_computer_rejects_a_call_or_leaves_it_to_the_switch(small: Small, computer: Computer) -> None:
    legs = [small.switch.arrives("T1", ani, "7000") for ani in "12"]
    rejected, left = (dialogue.cross_ref for dialogue in computer.asked)
    with small.switch.turn(1.0):
        small.switch.routing.reject(computer, rejected)
        small.switch.routing.end(computer, left)
    assert small.phones.ended == {legs[0]: "blocked"}
    assert small.at("8003").call == computer.asked[1].call.id


def test_one_computer_routes_at_a_point(small: Small, computer: Computer) -> None:
    with pytest.raises(Refused, match="subscribedResourceAvailability: objectRegistrationLimitExceeded"):
        small.switch.routing.register(Computer(), "7000")
    with pytest.raises(Refused, match="operation: requestIncompatibleWithDevice"):
        small.switch.routing.register(computer, "8001")
    with pytest.raises(Refused, match="operation: invalidDeviceID"):
        small.switch.routing.register(computer, "9999")
    everything = Computer()
    small.switch.routing.register(everything, "")
    small.switch.arrives("T1", "1", "7001")
    small.switch.arrives("T1", "1", "7000")
    assert (len(everything.asked), len(computer.asked)) == (1, 1)


def test_a_computer_that_goes_leaves_its_calls_to_the_default_route(small: Small, computer: Computer) -> None:
    small.switch.arrives("T1", "1", "7000")
    with small.switch.turn(1.0):
        small.switch.routing.router_gone(computer)
    assert not small.switch.routing.registered
    assert computer.told == []
    assert small.states(small.at("8003").call) == {"T1#1": "connected", "8003": "alerting"}
