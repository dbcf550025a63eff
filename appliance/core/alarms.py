"""Alarms: raised at once, one for each source until it is cleared; what comes and goes again and again is one alarm that flaps.

    quiet ── raise ──▶ standing ── clear ──▶ quiet         each is a row, and is shown
      its n-th raise within the window ──▶ flapping        n and the window: `AlarmPlan`
    flapping ── raise, clear ──▶ flapping                  only counted; shown where it gets worse than it was since it began
    flapping ── neither for the settling time ──▶ quiet    cleared, as of when it went; what stands then is raised as what it is by now

So a span that fails every five seconds is one row, one message and one sound. It has the highest severity that it had since it began
(X.733: an alarm may get worse without being another), and its text says how often and since when. A severity that changes counts as a
raise; another text of the same severity does not. What people do - ask for help, load a site, change a prompt - is never held back.

What it does not do: see that alarms of different sources are one trouble.
"""

from typing import TYPE_CHECKING

from attrs import define, evolve

from appliance.core.actions import ShowAlarm
from appliance.core.records import Alarm
from appliance.core.timers import Timer
from hal.api import Severity

if TYPE_CHECKING:
    from appliance.core.state import State

__all__ = ["Flap", "clear_alarm", "raise_alarm"]

_BY_PEOPLE = ("help:", "prompt:", "site")
_ORDER = [severity.value for severity in Severity]


@define(eq=False)
class Flap:
    """An alarm that flaps."""

    source: str
    times: int
    """How often it was raised since it began."""
    since: float
    """When it was raised first."""
    severity: str
    """The highest since then."""
    last: Alarm
    """What it was raised as last."""
    row_at: int
    """Its row is written anew when it was raised so often: an end of the appliance leaves it about right."""
    settles: Timer
    well_at: float | None = None
    """Since when it does not stand."""

    @property
    def standing(self) -> bool:
        """Whether it stands now."""
        return self.well_at is None


def raise_alarm(state: "State", severity: Severity, source: str, text: str, advice: str) -> None:
    """Raise an alarm, once per source until it is cleared."""
    if (flap := state.flaps.get(source)) is not None:
        _again(state, flap, evolve(state.alarms[source], severity=severity.value, text=text, advice=advice))
        return
    old = state.alarms.get(source)
    if old is not None and (old.text, old.severity) == (text, severity.value):
        return
    clear_alarm(state, source)
    again = (old is None or old.severity != severity.value) and not source.startswith(_BY_PEOPLE)
    _anew(state, severity.value, source, text, advice, _raised(state, source, severity.value) if again else [])


def clear_alarm(state: "State", source: str) -> None:
    """Clear the alarm of this source, if there is one; what flaps stands until it has settled."""
    if (running := state.passing.pop(source, None)) is not None:
        running.cancel()
    if (flap := state.flaps.get(source)) is None:
        _over(state, source, state.now)
    elif flap.standing:
        flap.well_at = state.now
        flap.settles.cancel()
        flap.settles = _settling(state, source)


def _raised(state: "State", source: str, severity: str) -> list[tuple[float, str]]:
    """Note a raise; all of this source within the window, each with its severity."""
    since = state.now - state.plan.alarms.flapping_within_s
    if len(state.raised) >= state.raised_swept_at:  # some sources are called after what may never come again
        state.raised = {each: raises for each, raises in state.raised.items() if raises[-1][0] > since}
        state.raised_swept_at = max(256, 2 * len(state.raised))
    lately = [(at, each) for at, each in state.raised.get(source, ()) if at > since]
    lately.append((state.now, severity))
    state.raised[source] = lately
    return lately


def _anew(state: "State", severity: str, source: str, text: str, advice: str, lately: list[tuple[float, str]]) -> None:
    alarm = Alarm(f"{state.boot}-{state.next_number()}", severity, source, text, advice, state.wall())
    if len(lately) >= state.plan.alarms.flapping_times:
        worst = max((each for _, each in lately), key=_ORDER.index)
        flap = Flap(source, len(lately), lately[0][0], worst, alarm, 2 * len(lately), _settling(state, source))
        state.flaps[source] = flap
        alarm = _shown(state, flap)
    state.alarms[source] = alarm
    state.out += (alarm, ShowAlarm(alarm))


def _again(state: "State", flap: Flap, alarm: Alarm) -> None:
    """It was raised once more, while it flaps."""
    came = not flap.standing or alarm.severity != flap.last.severity
    worse = _ORDER.index(alarm.severity) > _ORDER.index(flap.severity)
    flap.well_at, flap.last = None, alarm
    if came:
        flap.times += 1
        flap.settles.cancel()
        flap.settles = _settling(state, flap.source)
    if worse:
        flap.severity = alarm.severity
    shown = state.alarms[flap.source] = _shown(state, flap)
    if worse:
        state.out += (shown, ShowAlarm(shown))
    elif flap.times >= flap.row_at:
        flap.row_at = 2 * flap.times
        state.out.append(shown)


def _shown(state: "State", flap: Flap) -> Alarm:
    """The one alarm that an operator has of it."""
    since = state.plan.local_time(flap.since + state.wall_offset)
    text = f"flapping, {flap.times} times since {since:%m-%d %H:%M:%S}: {flap.last.text}"
    return evolve(flap.last, severity=flap.severity, text=text)


def _settling(state: "State", source: str) -> Timer:
    return state.timers.set(state.now + state.plan.alarms.settled_after_s, lambda: _settled(state, source))


def _settled(state: "State", source: str) -> None:
    """It has neither come nor gone for long: it flaps no longer."""
    flap = state.flaps.pop(source)
    state.raised.pop(source, None)
    _over(state, source, state.now if flap.well_at is None else flap.well_at)
    if flap.standing:
        last = flap.last
        _anew(state, last.severity, source, last.text, last.advice, [])


def _over(state: "State", source: str, at: float) -> None:
    if (old := state.alarms.pop(source, None)) is not None:
        cleared = evolve(old, cleared_at=at + state.wall_offset)
        state.out += (cleared, ShowAlarm(cleared))
