"""The lines and the phones behind them: open or lost, reachable or not, and what is wrong with them."""

from typing import TYPE_CHECKING

from appliance.core.state import LineState
from hal.api import (
    Capability,
    Cause,
    CommandFailed,
    LineAlarm,
    LineLost,
    LineOpened,
    RecordingEnded,
    RegistrationRefused,
    Severity,
    StationRegistered,
    StationUnregistered,
)

if TYPE_CHECKING:
    from appliance.core.engine import Engine

__all__ = ["Lines"]

_REFUSAL_NOTED_S = 60.0
"""A station refused again from the same address within this is not noted again: guessing must not fill the store."""


class Lines:
    """The lines of one engine."""

    def __init__(self, engine: "Engine") -> None:
        """Work on the engine's state."""
        self.engine, self.state = engine, engine.state

    def opened(self, event: LineOpened) -> None:
        """The line is open, with these capabilities; its calls of the last run are looked for."""
        state = self.state
        state.lines[event.line] = LineState(event.line, Capability(event.capabilities))
        state.clear_alarm(f"line:{event.line}")
        self.engine.comparison.forget(event.line)
        self.engine.adoption.line_opened(event.line)

    def lost(self, event: LineLost) -> None:
        """The line and all its calls are gone."""
        state = self.state
        state.lines[event.line] = LineState(event.line, Capability(0))
        advice = "it is opened again by itself; if that goes on failing, see the reason"
        for source in [each for each in state.alarms if each.startswith(f"line:{event.line}/") and each not in state.passing]:
            state.clear_alarm(source)  # whatever of it is still wrong is told anew when the line is open again
        state.raise_alarm(Severity.RED, f"line:{event.line}", f"line '{event.line}' is lost: {event.reason}", advice)
        for station in state.stations.values():
            if station.line == event.line:
                station.registered = False
        self.changed(event.line)  # nobody is free there any more, whoever is looked for while its calls end
        for leg in [leg for leg in state.legs.values() if leg.line == event.line]:
            self.engine.calls.released(leg, Cause.NETWORK_OUT_OF_ORDER, by_far_end=True)
        for line, row in list(state.recordings.values()):
            if line == event.line:
                self.engine.recordings.ended(RecordingEnded(line, row.id, row.file, 0.0, 0, "the line was lost"))
        self.changed(event.line)

    def changed(self, line: str) -> None:
        """The line is open, or gone, or its calls of the last run are settled: its phones may be reached, or not any more."""
        self.engine.agents.reach.all_changed([name for name, station in self.state.stations.items() if station.line == line])

    def station_registered(self, event: StationRegistered) -> None:
        """The phone can be reached."""
        if (station := self.state.stations.get(event.station)) is not None and not station.registered:
            station.registered = True
            self.state.audit(f"station:{event.station}", "registered", event.address)
            self.engine.agents.reach.changed(event.station)

    def station_unregistered(self, event: StationUnregistered) -> None:
        """The phone cannot be reached any more."""
        if (station := self.state.stations.get(event.station)) is not None and station.registered:
            station.registered = False
            self.state.audit(f"station:{event.station}", "unregistered")
            self.engine.agents.reach.changed(event.station)

    def registration_refused(self, event: RegistrationRefused) -> None:
        """Somebody tried to log in a phone with a wrong password."""
        if event.banned and f"ban:{event.line}:{event.address}" in self.state.alarms:
            return  # who is shut out may go on knocking: that is no news
        who = f"{event.station} {event.address}"
        if self.state.refusals.get(who, -_REFUSAL_NOTED_S) + _REFUSAL_NOTED_S > self.state.now and not event.banned:
            return
        if len(self.state.refusals) > 10_000:
            self.state.refusals.clear()
        self.state.refusals[who] = self.state.now
        self.state.audit(f"station:{event.station}", "registration refused", event.address)
        if event.banned:
            text = f"{event.address} is banned from '{event.line}' after too many wrong passwords, last for station {event.station}"
            advice = "if this is one of your phones, mend its password"
            self.state.raise_passing_alarm(Severity.YELLOW, f"ban:{event.line}:{event.address}", text, advice, 3600.0)

    def alarm(self, event: LineAlarm) -> None:
        """The line says what is wrong with it, or that it is well again."""
        source = f"line:{event.line}/{event.source}"
        if event.cleared:
            self.state.clear_alarm(source)
        else:
            self.state.raise_alarm(event.severity, source, event.text, event.advice)

    def command_failed(self, event: CommandFailed) -> None:
        """What the line was told to do was not done."""
        text = f"{event.command} failed on line '{event.line}': {event.reason}"
        self.state.raise_passing_alarm(Severity.YELLOW, f"line:{event.line}/{event.command}", text, "see the line's log", 3600.0)
        leg = self.state.legs.get(event.leg)
        if leg is not None and (contact := self.state.contacts.get(leg.contact)) is not None:
            self.state.tell(contact, "failed", f"{event.command}: {event.reason}")
