"""The machine with the DAHDI driver is built, while other tests run: those that need it come after them."""

import os

import pytest

from tests.peers.dahdi.image import FILES, machine_image

for_root = pytest.mark.skipif(
    os.geteuid() != 0 or os.uname().machine != "x86_64", reason="built by mmdebstrap, which is for root, for amd64"
)


@pytest.mark.card
@pytest.mark.live
@pytest.mark.slow
@pytest.mark.whole
@for_root
def test_the_machine_is_built_once() -> None:
    image = machine_image()
    assert {path.name for path in image.iterdir()} == set(FILES)
    packages = dict(line.split(" ", 1) for line in (image / "packages").read_text().splitlines())
    assert packages["asterisk-dahdi"].split(":")[-1].startswith("22.")
    before = (image / "system.ext4").stat().st_mtime_ns
    assert machine_image() == image
    assert (image / "system.ext4").stat().st_mtime_ns == before
