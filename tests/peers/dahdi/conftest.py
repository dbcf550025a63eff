"""One machine for all tests that need cards: its gateway is the Asterisk of a card line, and its cards are watched."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from hal.asterisk import CardSettings, Manager
from hal.dahdi import Port, Span
from hal.sip import SipSettings
from tests.hal import ports
from tests.peers.dahdi.machine import Machine, dahdi_machine
from tests.peers.dahdi.wiring import GATEWAY, RTP_PORTS, Network

CARD = Path(__file__).parents[3] / "hal/dahdi/card.py"
WATCHER_PORT = 5037
ANALOGUE = (Port(kind="fxs", station="8101"), Port(kind="fxo", number="12346"))


@pytest.fixture(scope="session")
def settings() -> CardSettings:
    """The card line of the appliance beside the machine."""
    first, other = ports.block(160), ports.block()
    return CardSettings(
        spans=(
            Span(number=1, signalling="pri", group="public"),
            Span(number=2, signalling="analogue", group="lines", ports=ANALOGUE),
        ),
        asterisk=f"127.0.0.51:{other}",
        manager=Manager(at=f"127.0.0.1:{other + 1}"),
        watcher=f"127.0.0.1:{other + 2}",
        voice=SipSettings(listen=f"127.0.0.1:{first}", rtp_ports=f"{first + 20}-{first + 99}", orphan_s=5),
    )


@pytest.fixture(scope="session")
def network(settings: CardSettings) -> Network:
    """Telephones on this host that are at the machine's exchange."""
    host, port = settings.sip_address
    last = int(settings.voice.rtp_ports.split("-")[1])
    return Network(f"{host}:{port + 3}", ports.block(), last + RTP_PORTS + 1)


@pytest.fixture(scope="session")
def machine(settings: CardSettings, network: Network, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """The machine with the DAHDI driver, up."""
    watcher = int(settings.watcher.rpartition(":")[2])
    outside = {GATEWAY.manager_port: settings.manager_address[1], WATCHER_PORT: watcher}
    folder = tmp_path_factory.mktemp("machine")
    with dahdi_machine(folder, appliance=settings, network=network, more={"opt/card.py": CARD.read_text()}, outside=outside) as running:
        running.run(f"python3 -I -S /opt/card.py serve --listen 0.0.0.0:{WATCHER_PORT} --period 1 >/tmp/card.log 2>&1 &")
        yield running
