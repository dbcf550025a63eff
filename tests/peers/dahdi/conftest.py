"""One machine for all tests that need cards."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.peers.dahdi.machine import Machine, dahdi_machine

CARD = Path(__file__).parents[3] / "hal/dahdi/card.py"
WATCHER_PORT = 5037


@pytest.fixture(scope="session")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """The machine with the DAHDI driver, up."""
    watcher = {"opt/card.py": CARD.read_text()}
    with dahdi_machine(tmp_path_factory.mktemp("machine"), more=watcher, reaches=(WATCHER_PORT,)) as running:
        running.run(f"python3 -I -S /opt/card.py serve --listen 0.0.0.0:{WATCHER_PORT} --period 1 >/tmp/card.log 2>&1 &")
        yield running
