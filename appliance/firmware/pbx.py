"""What an Asterisk PBX includes into its own configuration so that a line of ours can be behind it."""

from collections.abc import Iterator

from appliance.firmware.templates import template
from hal.ami import AmiSettings

__all__ = ["pbx_files"]

_FILES = ("hotline-extensions.conf", "hotline-manager.conf", "hotline-pjsip.conf")


def pbx_files(settings: AmiSettings, mark: str) -> dict[str, str]:
    """Each file below the PBX's `/etc/asterisk` by its name."""
    voice = settings.voice
    ports = (*settings.ports, *settings.recording_ports)
    at = [f"{voice.host}:{voice.port(number % voice.workers)}" for number in range(len(ports))]
    words = {
        "mark": mark,
        "numbers": "\n".join(f"exten => {point},1,Goto(hotline,{point},1)" for point in settings.route_points),
        "waits_s": f"{settings.waits_s:g}",
        "dial": settings.channel.replace("{number}", "${N}"),
        "lamps": "\n".join(f"exten => *17{station},hint,Custom:hotline-{station}" for station in settings.stations),
        "ports": "\n".join(_port(port, where) for port, where in zip(ports, at, strict=True)),
        "out": "\n".join(_out(settings)),
        "user": settings.user,
        "voice_host": voice.host,
    }
    return {name: template(f"pbx/{name}", words) for name in _FILES}


def _out(settings: AmiSettings) -> Iterator[str]:
    """Colleagues, and everybody else where an agent's own phone would dial him. The call is the agent's: it shows his number."""
    his = 'ExecIf($["${HOTLINE_AGENT}" != ""]?Set(CALLERID(num)=${HOTLINE_AGENT}))'
    for station in settings.stations:
        yield f"exten => {station},1,{his}\n same => n,Dial({settings.channel.replace('{number}', station)})"
    if settings.dials:
        yield f"exten => _[0-9*#+]!,1,{his}\n same => n,Goto({settings.dials},${{EXTEN}},1)"


def _port(port: str, where: str) -> str:
    return f"[{port}](hotline-port)\naors={port}\n[{port}]\ntype=aor\ncontact=sip:{port}@{where}\n"
