"""The dialplan, SIP trunk and manager of the Asterisk that drives the cards of a line."""

from appliance.firmware.templates import template
from hal.asterisk import CardSettings
from hal.dahdi import CONTEXT, TELEPHONES, Layout, line_context, station_context

__all__ = ["asterisk_files"]


def asterisk_files(settings: CardSettings, mark: str) -> dict[str, str]:
    """Each file below `/etc/asterisk` by its name, but for what chan_dahdi reads."""
    layout, voice = settings.layout, settings.voice
    host, port = settings.manager_address
    words = {
        "mark": mark,
        "globals": _globals(layout),
        "lines": _lines(layout),
        "telephones": "".join(f"[{station_context(station)}]\ninclude => from-telephone\n" for station in layout.telephones),
        "trunk_of_telephones": TELEPHONES,
        # Of calls nothing is heard but a telephone's hook flash.
        "read": "system,call\neventfilter=Event: (Alarm|AlarmClear|FullyBooted|Shutdown|Flash)" if layout.telephones else "system",
        "first_trunk": next(iter(layout.trunks)),
        "last_worker": str(voice.workers - 1),
        "asterisk": settings.asterisk,
        "asterisk_host": settings.sip_address[0],
        "voice_host": voice.host,
        "workers": "\n".join(_worker(number, voice.host, voice.port(number)) for number in range(voice.workers)),
        "manager_host": host,
        "manager_port": str(port),
        "user": settings.manager.user,
        "secret": settings.manager.secret,
    }
    return {name: template(f"asterisk/{name}", words) for name in ("extensions.conf", "manager.conf", "pjsip.conf")}


def _globals(layout: Layout) -> str:
    spans = [f"SPAN_{wires.span.number}={wires.span.trunk}" for wires in layout.wires]
    return "\n".join(spans + [f"GROUP_{trunk}=g{group}" for trunk, group in layout.trunks.items()])


def _lines(layout: Layout) -> str:
    numbers = dict.fromkeys(port.number for wires in layout.wires for _, port in wires.sockets("fxo"))
    return "".join(f"[{line_context(number)}]\nexten => s,1,Goto({CONTEXT},{number},1)\n\n" for number in numbers)


def _worker(number: int, host: str, port: int) -> str:
    name = f"hotline{number}"
    return f"[{name}](hotline-trunk)\naors={name}\n[{name}]\ntype=aor\ncontact=sip:{host}:{port}\n"
