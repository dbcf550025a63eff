"""Scenario files as tests of pytest: each `*.toml` with a `scenario = ...` in it is one, and fails with its missed targets.

It does nothing in a project that does not ask for it. Asked for is what `hotline_scenarios` of pytest's configuration names - folders, or
patterns of files, relative to that configuration - and any scenario file that is named on the command line:

    [tool.pytest.ini_options]
    hotline_scenarios = ["scenarios", "more/day-*.toml"]

    pytest scenarios                       all of them
    pytest scenarios/county.toml           this one
    pytest scenarios -k county             those whose name or path has this word in it
    pytest scenarios --scenario-seed 7     another day

The simulator is loaded only when there is such a file.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from sim.report.result import Result

__all__ = ["ScenarioFile", "ScenarioItem", "TargetsMissed", "pytest_addoption", "pytest_collect_file"]

_INI = "hotline_scenarios"
_STUCK = "still in a call"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option and the setting. The option is not called `--seed`: in a foreign project that name may be somebody else's."""
    group = parser.getgroup("hotline", "scenarios of a call centre")
    group.addoption("--scenario-seed", type=int, default=1, metavar="N", help="what chance begins with in scenarios (default: 1)")
    parser.addini(_INI, "folders, or patterns of files, in which scenarios are tests", type="args", default=[])


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """A scenario file that is asked for."""
    if file_path.suffix != ".toml" or not (_is_asked_for(file_path, parent.config) and _is_scenario(file_path)):
        return None
    return ScenarioFile.from_parent(parent, path=file_path)


def _is_asked_for(path: Path, config: pytest.Config) -> bool:
    named = [config.invocation_params.dir / argument.partition("::")[0] for argument in config.args]
    if any(each == path for each in named):
        return True
    base = config.rootpath if config.inipath is None else config.inipath.parent
    return any(base / each in path.parents or path.match(str(base / each)) for each in config.getini(_INI))


def _is_scenario(path: Path) -> bool:
    """Whether it says that it is one; whether it is a sound one is for the loader to say."""
    return any(line.partition("=")[0].strip() == "scenario" for line in path.read_text("utf-8", "replace").splitlines() if "=" in line)


class ScenarioFile(pytest.File):
    """A scenario file, which is one test."""

    def collect(self) -> Iterator[pytest.Item]:
        """Give the test; it is named as the file is."""
        yield ScenarioItem.from_parent(self, name=self.path.stem)


class TargetsMissed(AssertionError):
    """A scenario did not come out as it promises; the message says how."""


class ScenarioItem(pytest.Item):
    """A scenario to be run in virtual time."""

    @property
    def obj(self) -> object:
        """What pytest-trio, in its trio mode, expects of every test: the function that it is."""
        return self.runtest

    def runtest(self) -> None:
        """Run it.

        Raises:
            TargetsMissed: a target was not met, a rule of the core did not hold, or a call never ended.

        """
        from sim.run import run
        from sim.scenario import load_scenario

        scenario, site = load_scenario(self.path)
        result = run(scenario, site, seed=self.config.getoption("scenario_seed"))
        if wrong := _wrong(result):
            raise TargetsMissed(wrong)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], *_: Any) -> str:
        """What is wrong, without a traceback where it is the scenario's matter."""
        from appliance.config import ConfigError

        if isinstance(excinfo.value, TargetsMissed | ConfigError):
            return str(excinfo.value)
        return str(super().repr_failure(excinfo))

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Where it is, and what to call it in a report."""
        return self.path, None, f"scenario {self.name}"


def _wrong(result: "Result") -> str:
    """Why a run is no good: its page at the end, with the targets in it, and what should never be, the gist first; empty: it is good."""
    from sim.report.terminal import conclusion, summary

    if not result.verdicts:
        return f"{result.scenario.scenario}: it promises nothing; write [targets]"
    never = [note for note in result.notes if _STUCK in note]
    broken = result.figures["losses"]["invariants"]
    if broken:
        never.append(f"{broken:.0f} rules of the core did not hold")
    return "" if result.ok and not never else "\n".join([conclusion(result), *never, "", summary(result)])
