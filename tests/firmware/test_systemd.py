"""The shipped service file: what it starts exists and is understood, and a restart leaves the media workers alone."""

import configparser
import shlex
from pathlib import Path

import pytest

from appliance.cli import main
from appliance.firmware import Front, render
from tests.site.small import site

EVERYTHING = """
[lines.cards]
backend = "dahdi"
spans = [{ number = 1, signalling = "pri" }]
watcher = "WATCHER"
voice.listen = "127.0.0.8:5060"

[lines.pbx]
backend = "ami"
manager = "127.0.0.9:5038"
stations = ["8002"]
ports = ["8901"]
voice.listen = "127.0.0.10:5060"

[lines.sip]
backend = "sip"

[numbers]
95500 = { queue = "consult" }

[queues.consult]

[stations]
8001 = { line = "cards" }
8002 = { line = "pbx" }
"""
FOLDER = Path(__file__).parent.parent.parent / "firmware-config"


def service() -> configparser.SectionProxy:
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign] # the documented way to keep names as they are
    unit.read(FOLDER / "systemd" / "hotline.service")
    return unit["Service"]


def test_the_command_line_is_one_that_serve_understands(capsys: pytest.CaptureFixture[str]) -> None:
    words = shlex.split(service()["ExecStart"])
    assert words[:2] == ["/opt/hotline/hotline", "serve"]
    with pytest.raises(SystemExit) as ended:
        main([*words[1:], "--help"])
    assert ended.value.code == 0
    shown = capsys.readouterr().out
    assert all(word in shown for word in words if word.startswith("--"))


@pytest.mark.requirement("OPS-05")
def test_a_restart_keeps_the_calls() -> None:
    assert service()["KillMode"] == "process"
    assert service()["Restart"] == "always"
    grace = float(shlex.split(service()["ExecStart"])[-1])
    assert float(service()["TimeoutStopSec"]) > grace, "systemd must not lose patience before the appliance does"


def test_every_folder_says_where_its_files_go() -> None:
    for folder in FOLDER.iterdir():
        if folder.is_dir():
            assert (folder / "README.md").is_file()
            assert f"`{folder.name}/`" in (FOLDER / "README.md").read_text()


def rendered(watcher: str = "127.0.0.1:5037") -> dict[str, str]:
    """The files of a site with everything that files are rendered for."""
    return render(site(EVERYTHING.replace("WATCHER", watcher)), Front("127.0.0.4", 5070))


def test_every_rendered_file_has_its_place_in_a_readme() -> None:
    files = rendered()
    assert {path.split("/")[0] for path in files} == {folder.name for folder in FOLDER.iterdir() if folder.is_dir()}
    for path in files:
        top, _, name = path.replace("pbx/pbx/", "pbx/").partition("/")
        assert f"{name}`" in (FOLDER / top / "README.md").read_text(), path


@pytest.mark.parametrize(("watcher", "writes"), [("127.0.0.1:5047", ""), ("/run/cards/cards.sock", "ReadWritePaths=/run/cards\n")])
def test_the_watcher_is_heard_where_the_line_looks_for_it(watcher: str, writes: str) -> None:
    text = rendered(watcher)["systemd/hotline-cards.service"]
    assert f"serve --listen {watcher}\n" in text
    assert f"ProtectSystem=strict\n{writes}ProtectHome" in text


def test_without_a_watcher_there_is_no_service_for_it() -> None:
    assert "systemd/hotline-cards.service" not in rendered("")
    assert "systemd/hotline.service.d/cards.conf" in rendered("")
