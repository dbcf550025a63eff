"""The Asterisk beside a card line: what its files say. That a real one runs with them is shown by tests/hal/asterisk."""

import attrs
import pytest

from appliance.firmware.cards import asterisk_files
from hal.asterisk import CardSettings, Manager
from hal.sip import SipSettings
from tests.firmware.cards import everything

pytestmark = pytest.mark.requirement("ACC-01")

SETTINGS = CardSettings(
    spans=tuple(wires.span for wires in everything().wires),
    asterisk="127.0.0.9:5160",
    manager=Manager(at="127.0.0.9:5038", user="watcher", secret="pbx"),
    voice=SipSettings(listen="127.0.0.8:5060", workers=2),
)


def test_the_dialplan_knows_trunk_and_group_of_each_span() -> None:
    text = asterisk_files(SETTINGS, "a mark")["extensions.conf"]
    assert text.startswith("; a mark\n")
    for line in ("SPAN_1=public", "SPAN_2=public", "SPAN_4=no7", "GROUP_public=g1", "GROUP_no7=g3", "GROUP_g7=g5"):
        assert f"\n{line}\n" in text
    assert "[from-card-95500]\nexten => s,1,Goto(from-card,95500,1)\n" in text
    assert "[from-card-95501]\n" in text
    assert "=?public:" not in text
    assert '= ""]?public:' in text


def test_every_media_worker_has_its_share_of_the_calls() -> None:
    files = asterisk_files(SETTINGS, "")
    assert "@hotline${RAND(0,1)}," in files["extensions.conf"]
    assert "contact=sip:127.0.0.8:5060\n" in files["pjsip.conf"]
    assert "contact=sip:127.0.0.8:5062\n" in files["pjsip.conf"]
    assert "match=127.0.0.8\n" in files["pjsip.conf"]
    assert "bind=127.0.0.9:5160\n" in files["pjsip.conf"]


def test_the_managers_password_is_in_no_file() -> None:
    files = asterisk_files(SETTINGS, "")
    assert '[watcher]\n#include "hotline-secret.conf"\n' in files["manager.conf"]
    assert "trunk:pbx" in files["manager.conf"]
    assert "\nsecret=" not in files["manager.conf"]
    assert "bindaddr=127.0.0.9\nport=5038\n" in files["manager.conf"]


def test_no_blank_is_left() -> None:
    for settings in (SETTINGS, attrs.evolve(SETTINGS, voice=SipSettings())):
        assert "@{" not in "".join(asterisk_files(settings, "").values())
