"""The shipped service file: what it starts exists and is understood, and a restart leaves the media workers alone."""

import configparser
import shlex
from pathlib import Path

import pytest

from appliance.cli import main

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
