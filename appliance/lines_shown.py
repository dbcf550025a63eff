"""`./hotline show lines`: each line with its parts, its alarms and its calls, as it is now (OPS-01)."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from appliance.core.engine import Engine
from appliance.core.records import Alarm
from appliance.core.state import State
from hal.api import Line

__all__ = ["lines_shown", "lines_table"]

_ORDER = ("red", "yellow", "blue")


def lines_shown(engine: Engine, lines: Mapping[str, Line]) -> dict[str, Any]:
    """What there is to say of each line the core has heard of; `lines` are those that are open."""
    state = engine.state
    shown: dict[str, Any] = {}
    for name in dict.fromkeys((*lines, *state.lines)):
        own = f"line:{name}"
        alarms = [
            {"source": source.removeprefix(own).lstrip("/") or "line", **_alarm(state, alarm)}
            for source, alarm in state.alarms.items()
            if source == own or source.startswith(f"{own}/")
        ]
        calls = {
            id_: {
                "ani": contact.ani, "dnis": contact.dnis, "state": contact.state.value, "for_s": round(state.now - contact.stage_at, 1),
                "parties": [state.legs[leg].party for leg in contact.parties if leg in state.legs],
            }
            for id_, contact in state.contacts.items() if contact.line == name and not contact.internal
        }  # fmt: skip
        groups = [
            {"name": group.name, "busy": group.busy, "channels": group.channels, "blocked": group.blocked, "state": group.state}
            for group in (lines[name].groups() if name in lines else ())
        ]
        shown[name] = {
            "open": name in lines,
            "groups": groups,
            "alarms": sorted(alarms, key=lambda alarm: _ORDER.index(alarm["severity"])),
            "calls": calls,
            "legs": sum(leg.line == name for leg in state.legs.values()),
        }
    return shown


def lines_table(shown: Mapping[str, Any]) -> str:
    """The same for the eye."""
    out = list[str]()
    for name, line in shown.items():
        legs = f"{line['legs']} legs in {len(line['calls'])} calls"
        out.append(f"{name}  {'open' if line['open'] else 'LOST'}  {legs}")
        out += [_group(group) for group in line["groups"]]
        out += [
            f"  {alarm['severity'].upper():6} {alarm['source']}: {alarm['text']} ({_often(alarm)}since {_day(alarm['at'])})"
            for alarm in line["alarms"]
        ]
        for id_, call in line["calls"].items():
            minutes, seconds = divmod(int(call["for_s"]), 60)
            who = " ".join(call["parties"])
            out.append(f"  {id_}  {call['ani'] or '-':15} {call['dnis']:8} {call['state']:12} {minutes}:{seconds:02d}  {who}".rstrip())
        out.append("")
    return "\n".join(out).rstrip() or "there is no line"


def _alarm(state: State, alarm: Alarm) -> dict[str, Any]:
    """An alarm as it is now; one that flaps with how often it was raised since it began, and whether it stands at the moment."""
    if (flap := state.flaps.get(alarm.source)) is None:
        return {"severity": alarm.severity, "text": alarm.text, "at": alarm.raised_at}
    return {"severity": flap.severity, "text": flap.last.text, "at": state.at(flap.since), "times": flap.times, "standing": flap.standing}


def _often(alarm: Mapping[str, Any]) -> str:
    if "times" not in alarm:
        return ""
    return f"flapping, {'there' if alarm['standing'] else 'away'} just now, {alarm['times']} times "


def _group(group: Mapping[str, Any]) -> str:
    busy, channels, blocked = group["busy"], group["channels"], group["blocked"]
    free = f", {max(0, channels - busy - blocked)} free" if channels else ""
    stuck = f", {blocked} BLOCKED" if blocked else ""
    used = f"{busy} busy{free}{stuck}" if channels or busy or not group["state"] else ""
    return f"  {group['name']:18} {used:28} {group['state']}".rstrip()


def _day(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).astimezone().strftime("%m-%d %H:%M:%S")
