"""What an agent can do with nothing but a phone.

*10 PIN          log in here as the agent whose phone this is (or *10 AGENT * PIN for another)
*11              ready
*12, *12 CODE    not ready, with a reason code
*13              log out
"""

from appliance.core.call import Call

__all__ = ["feature_code"]

_MAX_FAILURES = 5
_FAILURE_WINDOW_S = 300.0


async def feature_code(call: Call) -> None:
    """Do what the code asks, say whether it was done, and release."""
    await call.answer()
    code, rest = call.contact.dnis[:3], call.contact.dnis[3:]
    if code == "*10":
        done = await log_in(call, rest)
    else:
        done = change_state(call, code, rest)
    words = {"*10": "logged-in", "*11": "ready", "*12": "not-ready", "*13": "logged-out"}
    await call.say(call.plan.prompts.get(words[code] if done else "refused"), barge_in=False)
    call.release()


async def log_in(call: Call, keyed: str) -> bool:
    """Check the PIN, which may be dialled or asked for, and log the agent in on this phone."""
    if not keyed:
        keyed = await call.digits(call.plan.prompts.get("pin"), most=24)
    named, _, pin = keyed.rpartition("*")
    agent = named or call.phone.agent_of_station()
    if agent not in call.plan.agents or not call.phone.may_try_pin(agent, _MAX_FAILURES, _FAILURE_WINDOW_S):
        # A name that is no agent's may be a PIN keyed in the wrong place.
        call.phone.audit("log-in refused", agent if agent in call.plan.agents else "no such agent")
        return False
    call.phone.count_try(agent)
    if not await call.phone.check_pin(agent, pin):
        call.phone.wrong_pin(agent, _MAX_FAILURES, _FAILURE_WINDOW_S)
        return False
    call.phone.right_pin(agent)
    return call.phone.agent_asks(agent, "log-in")


def change_state(call: Call, code: str, reason: str) -> bool:
    """Ready, not ready or logged out: whoever is logged in on this phone."""
    what = {"*11": "ready", "*12": "not-ready", "*13": "log-out"}.get(code)
    agent = call.phone.logged_in_here()
    return what is not None and agent != "" and call.phone.agent_asks(agent, what, reason)
