"""The command line as its users meet it: help, mistakes, exit codes; what is data goes to stdout, what is not to stderr."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def hotline(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "appliance.cli", *map(str, arguments)], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )


def test_help_lists_every_command() -> None:
    done = hotline("--help")
    assert done.returncode == 0
    for command in ("serve", "call", "ask", "show", "reload", "why", "check", "sim", "bench", "test", "setup"):
        assert f"\n  {command} " in done.stdout


def test_an_unknown_command_is_explained() -> None:
    done = hotline("srve")
    assert done.returncode == 2
    assert done.stdout == ""
    assert "there is no command 'srve'; did you mean 'serve'?" in done.stderr


@pytest.mark.parametrize("command", ["serve", "call", "ask", "show", "reload", "why", "check", "sim", "bench"])
def test_every_command_has_help(command: str) -> None:
    done = hotline(command, "--help")
    assert done.returncode == 0, done.stderr
    assert f"./hotline {command}" in done.stdout


@pytest.mark.requirement("OPS-04")
def test_serve_refuses_a_wrong_site_with_its_line_and_starts_nothing(tmp_path: Path) -> None:
    site = tmp_path / "county.toml"
    site.write_text('[centre]\nname = "x"\n\n[queues.consult]\nringg_s = 15\n')
    done = hotline("serve", "--site", site, "--data", tmp_path / "data")
    assert done.returncode == 2
    assert "county.toml:5: queues.consult: unknown key 'ringg_s'; did you mean 'ring_s'?" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "data").exists()


def test_serve_says_that_a_site_file_is_not_there(tmp_path: Path) -> None:
    done = hotline("serve", "--site", tmp_path / "none.toml", "--data", tmp_path / "data")
    assert done.returncode == 2
    assert "none.toml" in done.stderr
    assert "Traceback" not in done.stderr


def test_serve_says_that_a_data_directory_cannot_be_used(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = hotline("serve", "--data", tmp_path / "file" / "data")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert str(tmp_path / "file") in done.stderr


@pytest.mark.requirement("SIM-03")
def test_a_scenario_that_cannot_be_used_is_exit_code_2(tmp_path: Path) -> None:
    scenario = tmp_path / "s.toml"
    scenario.write_text('scenario = "x"\nsit = "y"\n')
    done = hotline("sim", "run", scenario)
    assert done.returncode == 2
    assert "s.toml:2" in done.stderr
    assert "did you mean 'site'" in done.stderr
