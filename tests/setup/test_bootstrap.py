"""`./hotline` sets itself up: what it asks for, what it says when a step fails, and that it goes on from there.

Nothing is downloaded or compiled here: Python, pip, dpkg and apt are stand-ins in a copy of the checkout. The real
set-up on an empty machine is not shown by these tests.
"""

import os
import shutil
import stat
import subprocess
from pathlib import Path

import attrs
import pytest

CHECKOUT = Path(__file__).parents[2]
RECIPE = Path("hal/sip/pjsip")

# Stands for the system's Python, for the environment's Python and for pip. `pip` fails while the file named by
# FAKE_OFFLINE exists; what is asked of it goes to FAKE_LOG.
PYTHON = """#!/bin/bash
case "$1 $2" in
  "-m venv") mkdir -p "$3/bin"; cp "$0" "$3/bin/python"; echo "#!$3/bin/python" >"$3/bin/pip"; echo venv >>"$FAKE_LOG" ;;
  "-m pip")
    echo "pip ${*: -1}" >>"$FAKE_LOG"
    if [ -e "$FAKE_OFFLINE" ]; then echo "no route to the index"; exit 1; fi ;;
  "-P -m") shift 3; echo "cli $*" ;;
  "-m pytest") echo "${HYPOTHESIS_PROFILE:-everyday}: ${*:3}" >>"$FAKE_LOG"; [[ "$*" != *"$FAKE_FAILS"* ]] ;;
  *) echo cp311 ;;
esac
"""


@attrs.frozen
class Machine:
    """A copy of the checkout on a machine whose Python, dpkg, apt and user are stand-ins."""

    checkout: Path
    commands: Path
    cache: Path
    log: Path
    offline: Path

    def command(self, name: str, script: str) -> Path:
        """Put a stand-in for the command `name` before the machine's own."""
        path = self.commands / name
        path.write_text(script)
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        return path

    def environment(self, **more: str) -> dict[str, str]:
        """Return the environment in which commands run on this machine."""
        return {
            "PATH": f"{self.commands}:{os.environ['PATH']}",
            "HOME": str(self.cache),
            "HOTLINE_CACHE": str(self.cache),
            "HOTLINE_PYTHON": str(self.commands / "python3"),
            "FAKE_LOG": str(self.log),
            "FAKE_OFFLINE": str(self.offline),
            "FAKE_FAILS": "nothing",
            **more,
        }

    def hotline(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run ./hotline and return what it said; its exit status is not checked."""
        return subprocess.run(
            [self.checkout / "hotline", *arguments], env=self.environment(**environment), capture_output=True, text=True, check=False
        )

    def done(self) -> list[str]:
        """Return what was asked of the stand-ins since the last call, in order."""
        lines = self.log.read_text().splitlines()
        self.log.write_text("")
        return lines

    def pjsip_key(self) -> str:
        """Return the name that this checkout's PJSIP recipe has in the cache."""
        return subprocess.run(
            [self.checkout / RECIPE / "build.sh", "key", self.commands / "python3"],
            env=self.environment(),
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()

    def put_wheel_into_cache(self) -> None:
        """Leave in the cache what a finished build of PJSIP leaves there."""
        place = self.cache / "pjsip" / self.pjsip_key()
        place.mkdir(parents=True)
        (place / "pjsua2-2.17-cp311-cp311-linux_x86_64.whl").touch()
        (place / "runtime-packages").write_text("libopus0\nlibssl3\n")


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """A machine where every Debian package is there and nothing of hotline has been set up."""
    checkout = tmp_path / "checkout"
    checkout.mkdir()
    for name in ("hotline", "pyproject.toml", "constraints.txt"):
        shutil.copy(CHECKOUT / name, checkout)
    shutil.copytree(CHECKOUT / RECIPE, checkout / RECIPE)
    commands = tmp_path / "bin"
    commands.mkdir()
    cache = tmp_path / "cache"
    cache.mkdir()
    made = Machine(checkout, commands, cache, tmp_path / "log", tmp_path / "offline")
    made.log.touch()
    made.command("python3", PYTHON)
    made.command("dpkg-query", '#!/bin/bash\nfor package in "${@:4}"; do echo "ii  $package"; done\n')
    made.command("apt-get", '#!/bin/bash\necho "apt-get $*" >>"$FAKE_LOG"\n')
    return made


@pytest.mark.parametrize("script", ["hotline", ".ci/run", "hal/sip/pjsip/build.sh"])
def test_scripts_are_executable_bash_without_syntax_errors(script: str) -> None:
    path = CHECKOUT / script
    assert os.access(path, os.X_OK)
    assert path.read_text().startswith("#!/usr/bin/env bash\n")
    subprocess.run(["bash", "-n", path], check=True)


def test_first_use_sets_up_and_the_second_is_silent(machine: Machine) -> None:
    first = machine.hotline("check", "site.toml")
    assert first.returncode == 0
    assert first.stdout == "cli check site.toml\n"
    assert "Python environment ... done" in first.stderr
    assert "ready after" in first.stderr
    assert machine.done() == ["venv", "pip hatchling", "pip ."]

    second = machine.hotline("check", "site.toml")
    assert (second.stdout, second.stderr) == ("cli check site.toml\n", "")
    assert machine.done() == []


def test_a_failed_step_is_explained_and_the_next_run_goes_on_from_it(machine: Machine) -> None:
    machine.offline.touch()
    failed = machine.hotline("check")
    assert failed.returncode == 2
    assert failed.stdout == ""
    assert "Python packages ... FAILED" in failed.stderr
    assert "the step 'Python packages'" in failed.stderr
    assert "    no route to the index\n" in failed.stderr
    assert "What to do: see whether pip can reach its package index" in failed.stderr
    assert machine.done() == ["venv", "pip hatchling"]

    machine.offline.unlink()
    assert machine.hotline("check").returncode == 0
    assert machine.done() == ["pip hatchling", "pip ."]


def test_an_environment_that_was_left_half_made_is_made_again(machine: Machine) -> None:
    (machine.checkout / ".venv/bin").mkdir(parents=True)
    (machine.checkout / ".venv/bin/python").symlink_to("/nonexistent/python3")
    assert machine.hotline("check").returncode == 0
    assert machine.done()[0] == "venv"


def test_editing_the_dependencies_runs_pip_alone(machine: Machine) -> None:
    machine.put_wheel_into_cache()
    machine.hotline("serve")
    machine.done()
    with (machine.checkout / "pyproject.toml").open("a") as project:
        project.write("# edited\n")
    assert machine.hotline("serve").stdout == "cli serve\n"
    assert machine.done() == ["pip hatchling", "pip ."]


@pytest.mark.parametrize(
    ("arguments", "needs_pjsip"),
    [
        (["--help"], False),
        (["sim", "run", "x.toml"], False),
        (["sim", "run", "x.toml", "--live"], True),
        (["serve"], True),
        (["call"], True),
    ],
)
def test_only_commands_that_speak_sip_need_pjsip(machine: Machine, arguments: list[str], needs_pjsip: bool) -> None:
    machine.put_wheel_into_cache()
    assert machine.hotline(*arguments).returncode == 0
    assert any("pjsua2" in line for line in machine.done()) == needs_pjsip


def test_the_test_extra_is_only_for_tests(machine: Machine) -> None:
    machine.put_wheel_into_cache()
    assert machine.hotline("setup", "test").returncode == 0
    assert "pip .[cluster,speech,test]" in machine.done()
    assert machine.hotline("serve").stderr == ""
    assert machine.done() == []


@pytest.fixture
def checked(machine: Machine) -> Machine:
    """The same, set up for tests, with code that nobody complains of."""
    machine.put_wheel_into_cache()
    assert machine.hotline("setup", "test").returncode == 0
    for tool in ("ruff", "mypy", "lint-imports"):
        shutil.copy(machine.command(tool, "#!/bin/bash\n"), machine.checkout / ".venv" / "bin" / tool)
    machine.done()
    return machine


BESIDE = "-n auto --maxprocesses 4 --dist loadfile"


@pytest.mark.parametrize(
    ("arguments", "ran"),
    [
        ([], [f"whole: {BESIDE} -m not alone", "whole: -m alone"]),
        (["everyday", "tests/live"], [f"everyday: {BESIDE} -m not whole and not alone tests/live"]),
        (["tests/core", "-x"], ["everyday: tests/core -x"]),
    ],
)
def test_the_whole_runs_in_two_parts_and_everyday_leaves_out_what_takes_long(
    checked: Machine, arguments: list[str], ran: list[str]
) -> None:
    assert checked.hotline("test", *arguments).returncode == 0
    assert checked.done() == ran


@pytest.mark.parametrize("fails", ["-m not alone", "-m alone"])
def test_a_failure_in_either_part_fails_the_run_and_the_other_part_runs_all_the_same(checked: Machine, fails: str) -> None:
    failed = checked.hotline("test", FAKE_FAILS=fails)
    assert failed.returncode == 1
    assert failed.stdout.splitlines()[-1] == "FAILED: pytest"
    assert len(checked.done()) == 2


def test_a_failed_check_fails_the_run_whose_tests_passed(checked: Machine) -> None:
    (checked.checkout / ".venv" / "bin" / "mypy").write_text("#!/bin/bash\nexit 1\n")
    failed = checked.hotline("test", "tests/core")
    assert (failed.returncode, failed.stdout.splitlines()[-1]) == (1, "FAILED: mypy --strict")
    assert checked.done() == ["everyday: tests/core"]


def test_a_missing_package_is_one_line_to_run_when_not_root(machine: Machine) -> None:
    machine.command("id", "#!/bin/bash\necho 1000\n")
    machine.command("dpkg-query", '#!/bin/bash\nfor package in "${@:4}"; do [ "$package" = sqlite3 ] || echo "ii  $package"; done\n')
    refused = machine.hotline("serve")
    assert refused.returncode == 2
    assert refused.stderr.splitlines()[-1] == "sudo apt-get update && sudo apt-get install -y --no-install-recommends sqlite3"
    assert machine.done() == []


def test_build_packages_are_asked_for_only_while_the_wheel_is_not_cached(machine: Machine) -> None:
    machine.command("id", "#!/bin/bash\necho 1000\n")
    machine.command("dpkg-query", "#!/bin/bash\nexit 1\n")
    without = machine.hotline("serve").stderr.splitlines()[-1].split()
    assert {"swig", "libssl-dev", "espeak-ng"} <= set(without)
    assert "sipp" not in without

    machine.put_wheel_into_cache()
    cached = machine.hotline("test").stderr.splitlines()[-1].split()
    assert {"libopus0", "libssl3", "espeak-ng", "sip-tester"} <= set(cached)
    assert "swig" not in cached


def test_root_installs_missing_packages_and_updates_the_lists_only_if_that_fails(machine: Machine) -> None:
    machine.put_wheel_into_cache()
    machine.command("id", "#!/bin/bash\necho 0\n")
    machine.command("dpkg-query", '#!/bin/bash\nfor package in "${@:4}"; do [ "$package" = sqlite3 ] || echo "ii  $package"; done\n')
    assert machine.hotline("serve").returncode == 0
    assert [line.split(" install ")[-1] for line in machine.done() if line.startswith("apt-get")] == ["--no-install-recommends sqlite3"]

    machine.command("apt-get", '#!/bin/bash\necho "apt-get $*" >>"$FAKE_LOG"\n[[ " $* " == *" update "* ]]\n')
    (machine.checkout / ".venv/.hotline/ready-serve").unlink()
    failed = machine.hotline("serve")
    assert failed.returncode == 2
    assert "the step 'Debian packages (sqlite3)'" in failed.stderr
    assert [line.split()[-1] for line in machine.done()] == ["sqlite3", "update", "sqlite3"]


def test_the_recipe_key_is_stable_and_follows_every_file(machine: Machine) -> None:
    key = machine.pjsip_key()
    assert machine.pjsip_key() == key
    (machine.checkout / RECIPE / "config_site.h~").write_text("an editor's backup")
    assert machine.pjsip_key() == key
    seen = {key}
    for path in sorted((machine.checkout / RECIPE).iterdir()):
        if not path.name.endswith("~"):
            path.write_text(path.read_text() + "\n")
            seen.add(machine.pjsip_key())
    assert len(seen) == 1 + len(list((CHECKOUT / RECIPE).glob("[!.]*[!~]")))


def test_an_archive_that_is_not_pjsip_is_refused_by_name(machine: Machine) -> None:
    archive = machine.cache / "pjproject-2.10.tar"
    tree = machine.cache / "pjproject-2.10"
    tree.mkdir()
    (tree / "version.mak").write_text("export PJ_VERSION_MAJOR := 2\nexport PJ_VERSION_MINOR := 10\n")
    subprocess.run(["tar", "-cf", archive, "-C", machine.cache, tree.name], check=True)
    failed = machine.hotline("serve", PJPROJECT_TARBALL=str(archive))
    assert failed.returncode == 2
    assert "the step 'PJSIP, built from source" in failed.stderr
    assert f"PJSIP: {archive} holds PJSIP 2.10; 2.15 or newer is needed" in failed.stderr
    assert list((machine.cache / "pjsip").glob("build.*")) == []


@pytest.mark.parametrize(
    ("name", "text", "mirror"),
    [
        (
            "sources.list.d/debian.sources",
            "Types: deb\nURIs: http://a.example/debian-security\nSuites: bookworm-security\nComponents: main\n\n"
            "# a comment\nTypes: deb\nURIs: http://a.example/debian http://b.example/debian\nSuites: bookworm\nComponents: main contrib\n"
            "Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg\n",
            "http://a.example/debian /usr/share/keyrings/debian-archive-keyring.gpg",
        ),
        (
            "sources.list",
            "# deb http://old.example/debian bookworm main\ndeb cdrom:[Debian]/ bookworm main\n"
            "deb [arch=amd64 signed-by=/k.gpg] http://c.example/debian/ bookworm main\n",
            "http://c.example/debian/ /k.gpg",
        ),
        ("sources.list", "deb http://d.example/debian bookworm main non-free\n", "http://d.example/debian -"),
    ],
)
def test_the_mirror_is_found_in_either_form_of_apt_source(tmp_path: Path, name: str, text: str, mirror: str) -> None:
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    found = subprocess.run(
        ["bash", "-c", 'source "$1"; debian_mirror "$2"', "bash", CHECKOUT / RECIPE / "build.sh", tmp_path],
        capture_output=True,
        text=True,
        check=True,
    )
    assert found.stdout.strip() == mirror
