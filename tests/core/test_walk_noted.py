"""What an agent has noted of a customer, a flow can use when he sends him there."""

import pytest

from appliance.core.inputs import AgentAsked
from hal.api import Answered, StationRegistered
from tests.core.walking import LINE, Walk

NOTED = """
flow  = "hotline"
start = "hello"
[hello]
say    = { zh = "好", en = "Hello" }
branch    = [{ when = "noted('account') != '' and number(noted('account')) > 4000", to = "known" }]
otherwise = "people"
[known]
say  = { zh = "已知", en = "Account {account:digits}" }
set  = { account = "noted('account')" }
next = "release"
[people]
next = "queue:consult"
"""


@pytest.mark.requirement("IVR-11")
def test_a_flow_knows_what_the_agent_has_noted() -> None:
    call = Walk(NOTED)
    call.give(StationRegistered(LINE, "8001", "127.0.0.1"))
    call.give(AgentAsked("1001", "log-in", station="8001")).give(AgentAsked("1001", "ready"))
    call.hear_out()
    leg = next(leg.id for leg in call.engine.state.legs.values() if leg.agent == "1001")
    call.give(Answered(LINE, leg)).wait(1)
    assert ("hello", "otherwise") in call.ways, "nothing is noted yet"
    call.give(AgentAsked("1001", "data", to="account=4711"))
    call.give(AgentAsked("1001", "flow", to="hotline")).hear_out()
    assert call.contact.variables["account"] == "4711"
