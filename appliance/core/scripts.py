"""Runs scripts: the life of a contact is a plain `async def` whose awaits are answered here, without any event loop.

A script awaits `Wait(kinds, timeout_s)` - through the verbs of `appliance.core.call` - and is resumed with the first thing of one of
these kinds that reaches the contact, or with None when the time is over. When the caller is gone, `CallerGone` is raised where it waits;
from then on it can only wait for what needs no caller.
"""

from collections.abc import Coroutine, Generator
from types import coroutine
from typing import Any

from appliance.core.contact import Contact
from appliance.core.inputs import PinChecked, Stored
from appliance.core.plan import Choice
from appliance.core.state import State
from hal.api import DigitHeard, RecordingEnded, Severity, value

__all__ = ["HABIT_S", "RECALL", "CallerGone", "QueueLeft", "Scripts", "SentToFlow", "TakenBack", "Wait", "not_taken", "wait"]

RECALL = Choice("recall")
"""Of a customer whom nobody took who was given away, or whose agent was lost: back to who gave him away, or to his queue, at his place."""

HABIT_S = 2.0
"""A key this soon after the last possible digit belongs to it: one that ends it, or a digit too many of a secret."""

_NEEDS_NO_CALLER = frozenset({Stored, RecordingEnded, PinChecked})


class CallerGone(Exception):
    """The caller's leg is released; raised inside the script."""


class TakenBack(Exception):
    """The agent who sent the customer to self service takes him back; raised inside the script."""


@value
class SentToFlow:
    """An agent sends the customer to self service, and stays."""

    name: str


@value
class QueueLeft:
    """The stay with people is over: an agent has left again (`to` is None), or the customer goes on elsewhere (overflow, transfer)."""

    to: Choice | None


@value
class Wait:
    """What a script waits for."""

    kinds: tuple[type, ...]
    timeout_s: float | None = None


def not_taken(contact: Contact) -> Choice:
    """Where a customer goes on whom somebody by name has not taken."""
    return RECALL if contact.given_by else Choice("voicemail")


@coroutine
def wait(wanted: Wait) -> Generator[Wait, Any, Any]:
    """Give up control until the engine has an answer."""
    return (yield wanted)


class Scripts:
    """The scripts of one engine."""

    def __init__(self, state: State) -> None:
        """Work on this state; `over` is set by the engine: what happens when a script has ended."""
        self.state = state
        self.over: Any = None

    def start(self, contact: Contact, script: Coroutine[Any, Any, None]) -> None:
        """Run the contact's script up to its first await."""
        contact.script = script
        self._step(contact, None)

    def deliver(self, contact: Contact, thing: object) -> None:
        """Answer the script, if it waits for this kind of thing; keys it does not wait for are kept for later."""
        if type(thing) in contact.waiting:
            self._resume(contact, thing)
        elif type(thing) is DigitHeard:
            contact.typed.append(thing.digit)

    def means_nothing(self, contact: Contact, digit: str) -> bool:
        """Whether a key only ends digits that are complete already, or is one too many of a secret: in a queue, too."""
        (end, until), contact.end_expected = contact.end_expected, ("", 0.0)
        if contact.surplus_until and self.state.now <= contact.surplus_until and digit.isdecimal():
            contact.surplus_until = self.state.now + HABIT_S
            contact.end_expected = (end, contact.surplus_until)
            return True
        contact.surplus_until = 0.0
        return bool(end) and digit in end and self.state.now <= until

    def caller_gone(self, contact: Contact) -> None:
        """Tell the script that it has no caller any more, unless what it waits for comes without one."""
        if contact.script is not None and not self._does_without(contact, contact.waiting):
            self._resume(contact, CallerGone())

    def interrupt(self, contact: Contact, why: TakenBack | CallerGone) -> None:
        """Raise this inside the script, wherever it waits."""
        if contact.script is not None:
            self._resume(contact, why)

    def _does_without(self, contact: Contact, kinds: tuple[type, ...]) -> bool:
        on = bool(contact.leg) or bool(contact.call_back) or contact.medium != "voice"
        return on or (bool(kinds) and _NEEDS_NO_CALLER.issuperset(kinds))

    def _resume(self, contact: Contact, thing: object) -> None:
        contact.waiting = ()
        if contact.wait_timer is not None:
            contact.wait_timer.cancel()
            contact.wait_timer = None
        self._step(contact, thing)

    def _timed_out(self, contact: Contact) -> None:
        contact.wait_timer = None
        self._resume(contact, None)

    def _step(self, contact: Contact, thing: object) -> None:
        script = contact.script
        assert script is not None
        try:
            while True:
                wanted = script.throw(thing) if isinstance(thing, CallerGone | TakenBack) else script.send(thing)
                if self._does_without(contact, wanted.kinds):
                    break
                thing = CallerGone()  # it wants something of a caller who has left meanwhile
        except (StopIteration, CallerGone):
            if isinstance(thing, CallerGone):
                thing.__traceback__ = None  # it holds every frame from here up, and they hold it: garbage for each call
            contact.script = None
            self.over(contact)
            return
        except Exception as mistake:
            contact.script = None
            text = f"the script of contact {contact.id} failed: {mistake!r}"
            self.state.raise_alarm(
                Severity.RED,
                f"script:{contact.dnis[:3] if contact.internal else contact.dnis}",
                text,
                "the caller was released; mend the script",
            )
            self.state.tell(contact, "script failed", repr(mistake))
            self.over(contact)
            return
        contact.waiting = wanted.kinds
        if wanted.timeout_s is not None:
            contact.wait_timer = self.state.timers.set(self.state.now + wanted.timeout_s, lambda: self._timed_out(contact))
