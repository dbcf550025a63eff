"""Asks the world outside for a call: business gateways and accounts. The caller never waits in silence, nor for ever."""

from collections.abc import Awaitable, Callable, Mapping
from typing import TypeVar

from appliance.core.actions import AskGateway, CheckAccount
from appliance.core.call import Call
from appliance.core.inputs import AccountChecked, GatewayAnswered
from appliance.core.program.expressions import Value
from appliance.core.scripts import Wait, wait

__all__ = ["authenticate", "look_up"]

_AT_ONCE_S = 1.5
"""An answer within this needs no word in between."""
_ANSWERED_S = 60.0
"""The shell answers long before, whatever the gateway does; this is for a shell that does not."""

_A = TypeVar("_A", GatewayAnswered, AccountChecked)


async def look_up(
    call: Call, gateway: str, query: str, arguments: Mapping[str, Value], meanwhile: Callable[[], Awaitable[None]]
) -> GatewayAnswered | None:
    """The gateway's answer; None: there was none in time. `meanwhile` is said when it takes a moment, and music after it."""
    token = call.token()
    call.do(AskGateway(token, gateway, query, arguments, call.contact.ani))
    return await _answered(call, token, GatewayAnswered, meanwhile)


async def authenticate(call: Call, accounts: str, account: str, pin: str, new: str) -> str:
    """Check a PIN, and with `new` set another: `right`, `wrong`, `locked`, `refused` or `trouble`; music when it takes a moment."""
    token = call.token()
    call.do(CheckAccount(token, accounts, account, pin, new, call.contact.ani))
    checked = await _answered(call, token, AccountChecked)
    return "trouble" if checked is None else checked.outcome


async def _answered(call: Call, token: int, kind: type[_A], meanwhile: Callable[[], Awaitable[None]] | None = None) -> _A | None:
    answered = await _answer(call, token, kind, _AT_ONCE_S)
    if answered is None:
        if meanwhile is not None:
            await meanwhile()
        music = call.plan.prompts.get("music")
        if music is not None and token not in call.contact.answers:
            call.play(music, loop=True)
        answered = await _answer(call, token, kind, _ANSWERED_S)
        call.hush()
    return answered


async def _answer(call: Call, token: int, kind: type[_A], within_s: float) -> _A | None:
    """The answer to this question and no other, which may have come while something was said."""
    came = call.contact.answers
    while token not in came:
        got: _A | None = await wait(Wait((kind,), within_s))
        if got is None:
            return None
        came[got.token] = got
    answered: _A = came.pop(token)
    return answered
