"""One machine for all tests that need cards: its gateway is the Asterisk of a card line, and its cards are watched."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from hal.asterisk import CardSettings, Manager
from hal.dahdi import Span
from hal.sip import SipSettings
from tests.hal import ports
from tests.peers.dahdi.machine import Machine, dahdi_machine
from tests.peers.dahdi.wiring import GATEWAY

CARD = Path(__file__).parents[3] / "hal/dahdi/card.py"
WATCHER_PORT = 5037


@pytest.fixture(scope="session")
def settings() -> CardSettings:
    """The card line of the appliance beside the machine."""
    first, other = ports.block(140), ports.block()
    return CardSettings(
        spans=(Span(number=1, signalling="pri", group="public"),),
        asterisk=f"127.0.0.51:{other}",
        manager=Manager(at=f"127.0.0.1:{other + 1}"),
        watcher=f"127.0.0.1:{other + 2}",
        voice=SipSettings(listen=f"127.0.0.1:{first}", rtp_ports=f"{first + 20}-{first + 99}", orphan_s=5),
    )


@pytest.fixture(scope="session")
def machine(settings: CardSettings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """The machine with the DAHDI driver, up."""
    watcher = int(settings.watcher.rpartition(":")[2])
    outside = {GATEWAY.manager_port: settings.manager_address[1], WATCHER_PORT: watcher}
    folder = tmp_path_factory.mktemp("machine")
    with dahdi_machine(folder, appliance=settings, more={"opt/card.py": CARD.read_text()}, outside=outside) as running:
        running.run(f"python3 -I -S /opt/card.py serve --listen 0.0.0.0:{WATCHER_PORT} --period 1 >/tmp/card.log 2>&1 &")
        yield running
