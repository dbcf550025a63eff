"""Settings of a SIP line: what no worker could open is refused before one is started."""

from typing import Any

import pytest

from hal.sip import SipSettings
from hal.sip.settings import Stations, Tls


def test_workers_share_ports_without_overlap() -> None:
    settings = SipSettings(listen="127.0.0.1:5060", rtp_ports="20001-29999", workers=3, tls=Tls(port=6061))
    assert [settings.port(i) for i in range(3)] == [5060, 5062, 5064]
    assert [settings.tls_port(i) for i in range(3)] == [6061, 6063, 6065]
    ranges = [settings.rtp_range(i) for i in range(3)]
    assert all(first % 2 == 0 and last <= 29999 for first, last in ranges)
    assert all(ranges[i][1] < ranges[i + 1][0] for i in range(2))
    assert SipSettings(listen="127.0.0.1:5060").tls_port(1) == 5063


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"listen": "5060"}, "is not an address like"),
        ({"listen": "localhost:5060"}, "is not an address like"),
        ({"listen": "127.0.0.1:70000"}, "port 70000 does not exist"),
        ({"from_": ("300.0.0.0/8",)}, "is not a network like"),
        ({"rtp_ports": "20000"}, "is not a range of ports"),
        ({"rtp_ports": "30000-20000"}, "is not a range of ports"),
        ({"rtp_ports": "20000-20010", "workers": 4}, "fewer than two calls for each of 4 workers"),
        ({"transports": ("tls",)}, "tls.certificate and tls.key must name files"),
        ({"transports": ()}, "'transports' is empty"),
        ({"codecs": ("G729",)}, "codecs"),
        ({"stations": Stations(min_expires_s=100, max_expires_s=50)}, "min_expires_s is above"),
    ],
)
def test_what_cannot_work_is_said(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        SipSettings(**settings)
