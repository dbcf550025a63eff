"""A real Asterisk in the role of the PBX, with the files that `firmware render` writes for it; its callers and phones are sipp."""

import contextlib
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Self

import attrs
import numpy as np

from appliance.firmware import render
from appliance.site import load_site
from tests.hal.ports import block
from tests.live.behind_switch import site_text
from tests.peers.asterisk import Asterisk, Centre, asterisk
from tests.peers.asterisk_config import AMI_USER, files
from tests.peers.media import alaw_to_linear, rtp_of, write_wav
from tests.peers.pcap import read
from tests.peers.processes import Process

__all__ = ["DEFAULT_HZ", "LINE", "OUTSIDE", "Cable", "Place", "bridges", "loudest", "pbx"]

LINE, SECRET = "pbx", "for-tests-on-loopback"
OUTSIDE = "13900139000"
"""Somebody outside, at one of the same phones."""
CABLE = Path(__file__).parent.parent / "peers/cable.py"
DEFAULT_HZ = 950
"""What the PBX plays to those on hold and on its default route."""
DIALPLAN = """\
[general]
static=yes
#include "hotline-extensions.conf"
[numbers]
include => hotline-numbers
include => hotline-keys
exten => _139XXXXXXXX,1,Dial(PJSIP/${EXTEN})
[hotline-default]
exten => 7000,1,Answer(,i)
 same => n,MusicOnHold(default,3)
 same => n,Hangup()
"""


@attrs.define
class Place:
    """Ports and files of one test."""

    folder: Path
    manager: int = attrs.field(factory=block)
    sip: int = attrs.field(factory=block)
    phone: int = attrs.field(factory=block)
    caller: int = attrs.field(factory=block)
    voice: int = attrs.field(factory=block)
    rtp: int = attrs.field(factory=lambda: block(100))
    tls: tuple[str, str] | None = None
    """Certificate and key of the manager: the appliance speaks TLS with it then, and has two addresses of it."""
    second: int = 0
    """Where its manager listens for TLS."""
    through: int = 0
    """Where the appliance finds the manager, if not at the PBX itself (`Cable`)."""
    waits_s: float = 5.0

    @property
    def server(self) -> tuple[str, int]:
        """Where the PBX takes calls."""
        return "127.0.0.60", self.sip

    def site(self) -> Path:
        """The appliance's site file."""
        path = self.folder / "site.toml"
        manager = f"127.0.0.1:{self.through}" if self.through else f"127.0.0.60:{self.manager}"
        link = f'backend = "ami"\nmanager = "{manager}"\ndials = "numbers"\nwaits_s = {self.waits_s}'
        if self.tls is not None:
            link += f'\nsecond_manager = "127.0.0.60:{self.second}"\ntls = {{ on = true, authorities = "{self.tls[0]}" }}'
        path.write_text(site_text(link, self.voice, self.rtp))
        return path

    def data(self) -> Path:
        """The appliance's data, with the manager's password."""
        data = self.folder / "data"
        data.mkdir(exist_ok=True)
        (data / "secrets.toml").write_text(f'[switches]\nhotline = "{SECRET}"\n')
        (data / "secrets.toml").chmod(0o600)
        return data


class Cable:
    """The cable to the manager, which can be cut."""

    def __init__(self, place: Place) -> None:
        """Have the appliance's site lead through it."""
        self._port = place.through = block()
        self._argv: list[str | Path] = [sys.executable, CABLE, str(self._port), "127.0.0.60", str(place.second or place.manager)]
        self._log = place.folder / "cable.log"
        self._process: Process | None = None

    def mend(self) -> None:
        """Lay it, or mend it."""
        self._process = Process(self._argv, self._log)

    def cut(self) -> None:
        """Cut it."""
        if self._process is not None:
            self._process.stop()
            self._process = None

    def __enter__(self) -> Self:
        self.mend()
        return self

    def __exit__(self, *_: object) -> None:
        self.cut()


@contextlib.contextmanager
def pbx(place: Place, change: Callable[[dict[str, str]], dict[str, str]] = dict) -> Iterator[Asterisk]:
    """The PBX, until the block ends; `change` is what was done to the rendered files by hand."""
    centre = Centre(
        address="127.0.0.60",
        sip_port=place.sip,
        ami_port=place.manager,
        callers="127.0.0.61",
        rtp_ports=(24000, 24999),
        agents=dict.fromkeys(("8001", "8002", OUTSIDE), f"127.0.0.3:{place.phone}"),
    )
    own = files(centre, "", "", "")
    here = f"pbx/{LINE}/"
    rendered = {name.removeprefix(here): text for name, text in render(load_site(place.site())).items() if name.startswith(here)}
    general = own["manager.conf"].partition(f"[{AMI_USER}]")[0]
    instead = {
        **change(rendered),
        "hotline-secret.conf": f"secret={SECRET}\n",
        "manager.conf": f'{general}#include "hotline-manager.conf"\n',
        "pjsip.conf": f'{own["pjsip.conf"]}#include "hotline-pjsip.conf"\n',
        "extensions.conf": DIALPLAN,
        "confbridge.conf": "[general]\n",
    }
    music = write_wav(place.folder / "music.wav", [DEFAULT_HZ], 5.0)
    with asterisk(centre, prompt=music, music=music, instead=instead) as peer:
        if place.tls is not None:
            _listen_for_tls(peer, place, place.tls)
        yield peer


def _listen_for_tls(peer: Asterisk, place: Place, tls: tuple[str, str]) -> None:
    """Its manager does, besides."""
    said = re.search(r"^astetcdir *=>? *(\S+)", (peer.home / "etc/asterisk.conf").read_text(), re.MULTILINE)
    assert said is not None
    there = said[1]
    for name, file in zip(("cert.pem", "key.pem"), tls, strict=True):
        (peer.home / "etc" / name).write_text(Path(file).read_text())
    conf = peer.home / "etc/manager.conf"
    listens = f"tlsenable=yes\ntlsbindaddr=127.0.0.60:{place.second}\ntlscertfile={there}/cert.pem\ntlsprivatekey={there}/key.pem\n"
    conf.write_text(conf.read_text().replace("enabled=yes\n", f"enabled=yes\n{listens}", 1))
    peer.cli("manager reload")


def bridges(peer: Asterisk, *together: str) -> bool:
    """Whether these channels, and no others, are connected with each other."""
    by_bridge: dict[str, set[str]] = {}
    for line in peer.cli("core show channels concise").splitlines():
        fields = line.split("!")
        if fields[0].startswith(("PJSIP/", "Local/")) and fields[-2]:
            by_bridge.setdefault(fields[-2], set()).add(fields[0].partition("/")[2].rpartition("-")[0].partition("@")[0])
    return set(together) in by_bridge.values()


def loudest(captured: Path, host: str, tones_hz: Iterable[int], *, since_s: float = 0.0, until_s: float = 1e9) -> dict[int, float]:
    """Share of each tone in what was sent to a host, from so many seconds after the capture's first packet on."""
    seen = list(read(captured))
    first = seen[0].at_s if seen else 0.0
    heard: list[int] = []
    for one in seen:
        packet = rtp_of(one.payload) if one.target[0] == host and since_s <= one.at_s - first <= until_s else None
        if packet is not None and packet.payload_type == 8:
            heard += [alaw_to_linear(code) for code in packet.payload]
    sound = np.array(heard or [0] * 8000, float)
    power = np.abs(np.fft.rfft(sound)) ** 2
    at = np.fft.rfftfreq(len(sound), 1 / 8000)
    whole = float(power[1:].sum()) or 1.0
    return {hz: float(power[np.abs(at - hz) < 15].sum()) / whole for hz in tones_hz}
