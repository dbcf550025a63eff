"""Makes of switches and the settings of a link: every file is loaded, and what cannot work is refused with its reason."""

from typing import Any

import pytest

from hal.csta.messages import EDITIONS, MESSAGES, ConnectionID, HoldCall, MakeCall, encode
from hal.csta.profiles import Profile, login, names, profile
from hal.csta.settings import CstaSettings, LinkTls
from hal.csta.xml import Node

SWITCHES = ("192.0.2.1:8800",)


@pytest.mark.parametrize("name", names())
def test_every_make_can_be_spoken_with(name: str) -> None:
    make = profile(name)
    assert make.name == name
    written = make.written("2001", "PBX")
    assert make.device_of(written) == "2001"
    assert make.device_of("2001") == "2001"
    text = encode(HoldCall(ConnectionID("1", written)), make.dialect()).decode()
    assert EDITIONS[make.edition] in text
    assert written in text
    assert {"AnswerCall", "ClearConnection", "ConsultationCall", "TransferCall"} <= set(make.services) <= set(MESSAGES)


@pytest.mark.parametrize(
    ("name", "text", "number"),
    [
        ("unify", "N<302118840101>;displayNumber=302118840101;noa=nk", "302118840101"),
        ("unify", "302118840101", "302118840101"),
        ("avaya", "2001:CM1:10.0.0.1:0", "2001"),
        ("avaya", "T538#1", "T538#1"),
        ("mitel", "2001@pbx.example", "2001"),
        ("generic", "sip:2001@x", "sip:2001@x"),
    ],
)
def test_devices_by_number(name: str, text: str, number: str) -> None:
    assert profile(name).device_of(text) == number


def test_devices_of_avaya_carry_the_switch_and_attributes() -> None:
    make = profile("avaya")
    assert make.written("2001", "CM1") == "2001:CM1::0"
    text = encode(MakeCall("1", "2", user_data="u"), make.dialect()).decode()
    assert '<callingDevice typeOfNumber="other" mediaClass="notKnown">1</callingDevice>' in text
    assert "<userData><string>u</string></userData>" in text
    assert "csta/ed3/priv5" in text
    assert "csta/ed6" in encode(MakeCall("1", "2"), make.dialect("ed6")).decode()


def test_a_log_in() -> None:
    assert login("none", "u", "p") is None
    info = login("avaya", "u", "p")
    assert info is not None
    inside = info.find("SessionLoginInfo")
    assert inside is not None
    assert inside.find("password") == Node("password", "http://www.avaya.com/csta", "p")
    assert inside.find("userName") == Node("userName", "http://www.avaya.com/csta", "u")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"edition": "ed5"}, "there is no edition 'ed5'; there are: ed3, ed4"),
        ({"device_pattern": "("}, "is no regular expression"),
        ({"device_pattern": "x"}, "has 0 groups"),
        ({"services": ("HoldCall", "DeliveredEvent")}, "'DeliveredEvent' is no service"),
        ({"services": ("Hold",)}, "'Hold' is no service"),
        ({"largest_bytes": 70000}, "largest_bytes"),
        ({"login": "magic"}, "login"),
    ],
)
def test_a_profile_that_cannot_be_is_refused(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Profile(**{"name": "x", "edition": "ed4", "services": ("HoldCall",), **wrong})


def test_a_make_that_nobody_knows() -> None:
    with pytest.raises(ValueError, match="there is no profile 'acme'; there are: avaya, generic, mitel, unify"):
        profile("acme")


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"switches": ()}, "name the switch's address"),
        ({"switches": ("pbx:",)}, "'pbx:' is not an address like"),
        ({"switches": ("a b",)}, "'a b' is not an address like"),
        ({"switches": ("pbx:0",)}, "'pbx:0' is not an address like"),
        ({"switches": ("pbx:70000",)}, "is not an address like"),
        ({"make": "acme"}, "make"),
        ({"edition": "ed9"}, "edition"),
        ({"stations": ("2001", "2001")}, "'2001' stands there twice"),
        ({"ports": (" ",)}, "'ports'"),
        ({"make": "avaya"}, "wants a log-in: set 'user'"),
        ({"make": "avaya", "user": "u"}, "set 'switch_name'"),
        (
            {"make": "avaya", "user": "u", "switch_name": "CM1", "route_points": {"7000": "95500"}, "ports": ("8901",)},
            "take 'route_points' out",
        ),
        ({"answer_s": 0}, "answer_s"),
        ({"route_points": {"7000": "95500"}}, "'ports' is empty"),
        ({"stations": ("1",), "ports": ("1",)}, "1 is more than one of stations, ports"),
    ],
)
def test_what_cannot_work_is_said(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        CstaSettings(**{"switches": SWITCHES, **settings})


def test_half_a_pair_of_certificate_and_key() -> None:
    with pytest.raises(ValueError, match="belong together"):
        LinkTls(certificate="x")


def test_settings_become_a_session() -> None:
    assert CstaSettings(switches=("a", "b:99"), make="unify").addresses() == [("a", 1040), ("b", 99)]
    unify = CstaSettings(switches=SWITCHES, make="unify", stations=("1",)).session_setup(None)
    assert (unify.session_s, unify.status, unify.devices, unify.dialect.namespace) == (600, True, ("1",), EDITIONS["ed4"])
    node = Node("")
    avaya = CstaSettings(switches=SWITCHES, make="avaya", user="u", switch_name="CM1", stations=("1", "2"), session_s=90, edition="ed4")
    setup = avaya.session_setup(node)
    assert (setup.devices, setup.session_s, setup.status, setup.register) == (("1:CM1::0", "2:CM1::0"), 90, False, False)
    assert (setup.login, setup.largest_bytes, setup.dialect.namespace) == (node, 32767, EDITIONS["ed4"])
    mitel = CstaSettings(switches=SWITCHES, make="mitel").session_setup(None)
    assert (mitel.sessions, mitel.monitor_type) == (False, "")
