"""The port between the people of the world and their telephones: simulated lines (`sim.virtual`) or real SIP (`sim.live`).

People are `hal.simulated.Party` objects in both: they are told what happens on their call and act by `party.leg`.
"""

from typing import Protocol

from hal.simulated import Party

__all__ = ["Phones"]


class Phones(Protocol):
    """All telephones of the world."""

    reaches_callers: bool
    """Whether the centre can call those who have called it."""

    def call(self, caller: Party, ani: str, dnis: str, line: str) -> None:
        """Let someone call a service number over a line of the centre."""

    def dial(self, party: Party, station: str, code: str) -> None:
        """Let an agent's phone dial."""

    def power(self, station: str, on: bool) -> None:
        """Plug an agent's phone in, so that it logs in, or out: it says nothing any more."""
