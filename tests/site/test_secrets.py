import logging
import stat
from pathlib import Path

import pytest

from appliance.config import ConfigError
from appliance.secrets import Secrets
from appliance.site import Site
from tests.site.small import SMALL, site

MORE = SMALL.replace("8001 = {}", "8001 = {}\n8002 = {}") + '[agents.1002]\nname = "李娜"\nstation = "8002"\n'


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("STATION_8001", "AGENT_1001", "TRUNK_TELECOM"):
        monkeypatch.delenv(f"HOTLINE_SECRET_{name}", raising=False)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_the_first_start_makes_them_and_the_next_keeps_them(tmp_path: Path) -> None:
    made = Secrets.open(tmp_path / "data", site())
    password, pin = made.secret("station:8001"), made.pin("1001")
    assert password is not None
    assert len(password) == 16
    assert pin is not None
    assert len(pin) == 6
    assert pin.isdigit()
    assert mode(made.path) == 0o600
    again = Secrets.open(tmp_path / "data", site())
    assert (again.secret("station:8001"), again.pin("1001")) == (password, pin)
    assert Secrets.read(tmp_path / "data").pin("1001") == pin


def test_two_centres_have_different_ones(tmp_path: Path) -> None:
    assert Secrets.open(tmp_path / "a", site()).secret("station:8001") != Secrets.open(tmp_path / "b", site()).secret("station:8001")


def test_what_is_new_is_added_and_what_an_operator_wrote_stays(tmp_path: Path) -> None:
    path = Secrets.open(tmp_path, site()).path
    written = path.read_text().replace("[agents]", "# changed on Monday\n[agents]") + 'telecom = "provider\'s own"\n'
    path.write_text(written.replace("provider's own", "topsecret"))
    before = Secrets.open(tmp_path, site())
    after = Secrets.open(tmp_path, site(MORE))
    assert after.secret("station:8001") == before.secret("station:8001")
    assert after.secret("station:8002") is not None
    assert after.pin("1002") is not None
    assert after.secret("trunk:telecom") == "topsecret"
    assert "# changed on Monday" in path.read_text()
    assert mode(path) == 0o600


def test_a_pin_is_right_or_it_is_not(tmp_path: Path) -> None:
    kept = Secrets.open(tmp_path, site())
    right = kept.pin("1001") or ""
    assert kept.check_pin("1001", right)
    assert not kept.check_pin("1001", right[:-1])
    assert not kept.check_pin("1001", "")
    assert not kept.check_pin("1009", right)
    assert not kept.check_pin("1009", "")


@pytest.mark.requirement("ACC-02")
def test_a_line_at_a_switch_sees_its_password_there(tmp_path: Path) -> None:
    (tmp_path / "secrets.toml").write_text('[switches]\nhotline = "at-the-pbx"\n')
    secrets = Secrets.open(tmp_path, site())
    assert secrets.secret("switch:hotline") == "at-the-pbx"
    assert secrets.secret("switch:nobody") is None


def test_lines_see_no_pins(tmp_path: Path) -> None:
    kept = Secrets.open(tmp_path, site())
    assert kept.secret("agent:1001") is None
    assert kept.secret("station:nobody") is None
    assert kept.secret("nonsense") is None


def test_the_environment_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOTLINE_SECRET_STATION_8001", "from-outside")
    monkeypatch.setenv("HOTLINE_SECRET_AGENT_1001", "778899")
    monkeypatch.setenv("HOTLINE_SECRET_TRUNK_TELECOM", "x")
    kept = Secrets.open(tmp_path, site())
    assert kept.secret("station:8001") == "from-outside"
    assert kept.check_pin("1001", "778899")
    assert kept.secret("trunk:telecom") == "x"


def test_a_file_that_others_could_read_is_closed_again(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = Secrets.open(tmp_path, site()).path
    path.chmod(0o644)
    with caplog.at_level(logging.DEBUG):
        Secrets.open(tmp_path, site())
    assert mode(path) == 0o600
    assert "could be read by others" in caplog.text


@pytest.mark.parametrize("line", ['1001 = "12 34 56"', "1001 = 4711471147", '1001 = ["4711471147"]'])
def test_no_message_and_no_log_shows_a_secret(tmp_path: Path, caplog: pytest.LogCaptureFixture, line: str) -> None:
    centre: Site = site()
    with caplog.at_level(logging.DEBUG):
        path = Secrets.open(tmp_path, centre).path
        path.write_text(f"[agents]\n{line}\n")
        with pytest.raises(ConfigError) as caught:
            Secrets.open(tmp_path, centre)
    (mistake,) = caught.value.mistakes
    assert str(mistake) == f"{path}:2: {mistake.where}: this is not a PIN of 4 to 12 digits; write it in quotes"
    for word in ("12 34 56", "4711471147", *(Secrets.read(tmp_path / "none").pin(a) or "-none-" for a in centre.agents)):
        assert word not in caplog.text + str(caught.value)


def test_printing_shows_where_they_are_and_not_what_they_are(tmp_path: Path) -> None:
    kept = Secrets.open(tmp_path, site())
    assert repr(kept) == str(kept) == f"Secrets('{tmp_path / 'secrets.toml'}')"
