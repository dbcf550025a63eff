"""Contains a failure of the core, so that one broken call does not take the others with it.

    handle or tick raises ─▶ contain ─▶ what was decided so far is performed, and with it:
        alarm `core`, audit, the contact's story            what failed, and where in the program
        whoever asked is answered                           that it failed
        a leg of which such a thing is told only once       released, as if the line were told to: the rest follows from its `Released`
        calls found after a restart                         those that cannot be taken up are let go, the others are taken up
        memory                                              healed (`appliance.core.recovery.healing`)

What can be done once more - a key, hold, a request - costs no call: it is without effect. Too many failures in a short time are not
contained any more (`too_many`): then it is no single call that is broken, and who drives the engine does as with any failure of its own.
What is not contained at all is the start: a core that cannot take up the last run does not go on without it. Decision 0025.

Keys and answers from outside may be secrets: nothing of an event is shown but its kind and whom it concerns.
"""

from typing import TYPE_CHECKING

from appliance.core.actions import Replied
from appliance.core.inputs import AgentAsked, CallersListed, ClockSet, ContactCame, Input, Restored, ServiceClosed
from appliance.core.leg import LegState
from hal.api import Adopted, Answered, Arrived, Cause, LineLost, PlayEnded, Reject, Release, Released, Severity, Transferred

if TYPE_CHECKING:
    from appliance.core.contact import Contact
    from appliance.core.engine import Engine

__all__ = ["Containment"]

_MOST, _WITHIN_S = 10, 60.0
_NOTED_S = 3600.0
_OURS = Cause.NETWORK_OUT_OF_ORDER
"""As if it had gone with its line: no agent has let it go by, and a caller who waited was lost by us, and is owed a call."""
_SHOWN = ("line", "leg", "agent", "what", "by", "contact", "station", "recording")
_TOLD_ONCE = (Adopted, Answered, Arrived, PlayEnded, Transferred)
"""Its call waits for it, and for ever when it is lost."""
_ANSWER = "the core failed on it: it is not done, or not all of it; see the alarms"


class Containment:
    """The failures of one engine."""

    def __init__(self, engine: "Engine") -> None:
        """Contain those of this engine; nothing has failed yet."""
        self.engine, self.state = engine, engine.state
        self.failures: list[str] = []
        """Every one since the start, for those who prove that there is none."""
        self._lately: list[float] = []

    @property
    def too_many(self) -> bool:
        """So many have failed lately that going on as if it were single calls helps nobody."""
        return len(self._lately) >= _MOST

    def contains(self, event: Input | None) -> bool:
        """Whether a failure on this event can be contained at all."""
        return not isinstance(event, Restored | ClockSet)

    def contain(self, mistake: Exception, event: Input | None = None) -> None:
        """Go on after `handle` of this event, or, None, `tick` has raised: `state.out` is what is to be performed then.

        Raises:
            Exception: of healing; what was decided before is in `state.out` all the same.

        """
        state = self.state
        self._lately = [] if self.too_many else [at for at in self._lately if at > state.now - _WITHIN_S]
        self._lately.append(state.now)
        what = f"{_named(event)}: {type(mistake).__name__} in {_place(mistake)}"
        self.failures.append(what)
        state.audit("core", "failed", what)
        advice = "what it was about has ended or was without effect, everything else goes on; report this with the log"
        state.raise_passing_alarm(Severity.RED, "core", f"the core failed on {what}", advice, _NOTED_S)
        if (contact := self._contact(event)) is not None:
            state.tell(contact, "failed", what)
        self._answer(event)
        self._part(event)
        self._settle()
        for repair in self.engine.healing.heal(at_any_price=True):
            state.audit("monitor", "healed", repair)

    def _contact(self, event: Input | None) -> "Contact | None":
        """The contact that the event was about, as far as that can be told."""
        leg = self.state.legs.get(getattr(event, "leg", ""))
        agent = self.state.agents.get(getattr(event, "agent", ""))
        named = leg.contact if leg is not None else agent.contact if agent is not None else getattr(event, "contact", "")
        return self.state.contacts.get(named)

    def _answer(self, event: Input | None) -> None:
        """Nobody who asked waits for ever."""
        token = event.token if isinstance(event, AgentAsked | CallersListed | ContactCame | ServiceClosed) else 0
        if token and not any(isinstance(action, Replied) and action.token == token for action in self.state.out):
            self.state.out.append(Replied(token, _ANSWER))

    def _part(self, event: Input | None) -> None:
        """End what cannot go on without the event."""
        state, calls = self.state, self.engine.calls
        if isinstance(event, _TOLD_ONCE):
            if (leg := state.legs.get(event.leg)) is not None:
                calls.release(leg, _OURS)
            elif isinstance(event, Arrived | Adopted):  # the core does not have it, and the line does
                state.out.append((Reject if isinstance(event, Arrived) else Release)(event.line, event.leg, _OURS))
        elif isinstance(event, Released) and (leg := state.legs.pop(event.leg, None)) is not None:
            self._forget(leg.station, leg.id)
        elif isinstance(event, LineLost):
            for leg in [leg for leg in state.legs.values() if leg.line == event.line]:
                del state.legs[leg.id]
                self._forget(leg.station, leg.id)

    def _forget(self, name: str, leg: str) -> None:
        """A phone is not busy any more with a leg that is gone."""
        if (station := self.state.stations.get(name)) is not None and leg in station.legs:
            station.legs.remove(leg)

    def _settle(self) -> None:
        """Calls of the last run are taken up, each that can be; the legs of the others are let go."""
        adoption = self.engine.adoption
        for _ in range(len(self.state.legs) + len(adoption.unsettled) if adoption.pending else 0):
            try:
                adoption.settle()
                break
            except Exception as mistake:
                self.failures.append(f"taking up: {type(mistake).__name__} in {_place(mistake)}")
        for line in list(adoption.pending):
            adoption.pending.remove(line)
            for leg in [leg for leg in self.state.legs.values() if leg.line == line and not leg.contact]:
                if leg.state is not LegState.RELEASING:
                    self.engine.calls.release(leg, _OURS)
            self.engine.lines.changed(line)


def _named(event: Input | None) -> str:
    """The kind of an event, and whom it concerns."""
    if event is None:
        return "a timer"
    whom = [f"{name} {said}" for name in _SHOWN if (said := getattr(event, name, ""))]
    return ", ".join([type(event).__name__, *whom])


def _place(mistake: Exception) -> str:
    """Where in the program it was raised."""
    trace = mistake.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_filename.rpartition('/')[2]}:{trace.tb_lineno}" if trace is not None else "?"
