"""A Kamailio in front of two media workers, rendered from the site file: every call is served, by both, whatever else is listed."""

from pathlib import Path

import pytest

from appliance.firmware import Front, render
from appliance.site import load_site
from tests.hal.ports import block
from tests.peers.appliance import serving
from tests.peers.kamailio import front
from tests.peers.sipp import Caller, call

SITE = """
[centre]
languages = ["en"]

[lines.trunk]
backend = "sip"
listen = "127.0.0.1:{port}"
workers = 2
from = ["127.0.0.4/32"]

[numbers]
95500 = {{ queue = "help" }}

[queues.help]

[stations]
8001 = {{}}

[agents]
1001 = {{ name = "Ann", station = "8001", groups = {{ help = 1 }} }}
"""


@pytest.mark.live
@pytest.mark.slow
@pytest.mark.requirement("ACC-01")
@pytest.mark.requirement("OPS-06")
def test_calls_are_spread_over_the_workers_and_a_dead_one_is_passed_over(tmp_path: Path) -> None:
    port, outside = block(), block()
    site = tmp_path / "site.toml"
    site.write_text(SITE.format(port=port))
    files = render(load_site(site), Front("127.0.0.4", outside))
    files["kamailio/dispatcher.list"] += f"1 sip:127.0.0.1:{block()}\n"  # a worker that is not there
    files["kamailio/kamailio.cfg"] = files["kamailio/kamailio.cfg"].replace('"127.0.0.4/32"', '"127.0.0.0/8"')  # the sipp of this test
    (tmp_path / "front").mkdir()
    with serving(site, ("127.0.0.1", port), tmp_path / "data") as running, front(files, tmp_path / "front"):
        caller = Caller(number="95500", calls=12, rate=6, stays_s=1.0)
        with call(caller, ("127.0.0.4", outside), tmp_path / "caller") as calls:
            assert calls.wait(60).good == 12
    assert sum(running.contacts().values()) == 12
