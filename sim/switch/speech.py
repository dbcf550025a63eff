"""The hook to what is at the far ends of a switch: phones, IVR and recording ports, and the network behind the trunks.

The switch tells, the far end acts - at once or later - by the methods of `sim.switch.core.Switch`. A leg is one far end from the moment
it is called or calls until it is on-hook again: a phone with one call held and another active is one leg, and keeps its number when
transfers and conferences give its call another identifier.

    the network calls   switch.arrives(trunk, ani, dnis) -> leg     then told hears, keys, ends; acts: hangs_up, presses
    a phone is called   rings(leg, ...)                             acts: lifts, hangs_up (does not take it)
    a phone dials       switch.dials(station, number) -> leg        as above
    the network is called   goes_out(leg, ...)                      acts: reached (it rings there), lifts, hangs_up

Nobody is told what he did himself. Everything is told at the end of the switch's turn, when its state is consistent.
"""

from typing import Protocol

__all__ = ["Nobody", "Speech"]


class Speech(Protocol):
    """All far ends of one switch."""

    def rings(self, leg: int, device: str, calling: str, called: str) -> None:
        """Call a phone or a port; it may lift, or not take the call."""

    def goes_out(self, leg: int, channel: str, number: str, calling: str) -> None:
        """Dial a number in the network, over this channel of a trunk."""

    def off_hook(self, leg: int, device: str) -> None:
        """Lift the receiver of a phone: the computer answers or dials for it."""

    def hears(self, leg: int, legs: frozenset[int]) -> None:
        """Let the far end hear these, from now on; none: it is alone, or its only call is on hold."""

    def keys(self, leg: int, digits: str) -> None:
        """Let the far end hear these keys."""

    def ends(self, leg: int, cause: str) -> None:
        """End the call of this far end; nothing comes after this."""


class Nobody:
    """No far ends: phones ring until the computer answers for them."""

    def rings(self, leg: int, device: str, calling: str, called: str) -> None:
        """See `Speech`."""

    def goes_out(self, leg: int, channel: str, number: str, calling: str) -> None:
        """See `Speech`."""

    def off_hook(self, leg: int, device: str) -> None:
        """See `Speech`."""

    def hears(self, leg: int, legs: frozenset[int]) -> None:
        """See `Speech`."""

    def keys(self, leg: int, digits: str) -> None:
        """See `Speech`."""

    def ends(self, leg: int, cause: str) -> None:
        """See `Speech`."""
