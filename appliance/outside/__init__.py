"""What call flows ask of the world outside the core: speech for texts nobody knew before, business gateways, accounts.

    core ──AskGateway, CheckAccount, Render──▶ Outside ─▶ a task of its own ──GatewayAnswered, AccountChecked, Rendered──▶ core

Every question is answered, in bounded time and whatever happens to who is asked; none holds up another call.
"""

from appliance.outside.desk import Outside
from appliance.outside.opening import open_outside
from appliance.outside.speaker import Speaker

__all__ = ["Outside", "Speaker", "open_outside"]
