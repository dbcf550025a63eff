"""An analogue telephone and its port have hung up: what begins before, while the port's loop is broken, is lost in an emulated wire."""

import time

from tests.peers.dahdi.machine import Machine
from tests.peers.dahdi.wiring import EXCHANGE, GATEWAY
from tests.peers.processes import PeerFailed, tail, until

__all__ = ["rest"]

PORT = 32
"""The channel of the telephone's port."""
SIDES = (GATEWAY, EXCHANGE)
BROKEN_S = 2.0
"""The port breaks the loop for half a second at the end of a call (kewlstart), which nobody can be asked about; the machine is slow."""


def rest(machine: Machine, limit_s: float = 30.0) -> None:
    """Wait until no call is left at either end, ending by force what stays too long, and the loop is whole again.

    Raises:
        PeerFailed: it does not come to rest.

    """

    def at_rest() -> bool:
        quiet = all("0 active channels" in machine.cli(side, "core show channels count") for side in SIDES)
        return quiet and "Onhook" in machine.cli(GATEWAY, f"dahdi show channel {PORT}")

    if not until(at_rest, limit_s, every_s=0.5):
        for side in SIDES:
            machine.cli(side, "channel request hangup all")
        if not until(at_rest, limit_s, every_s=0.5):
            raise PeerFailed(f"the telephone's port is not at rest {2 * limit_s:g} s after the call; its console:\n{tail(machine.console)}")
    time.sleep(BROKEN_S)
