"""The simulated switch and the appliance's CSTA client prove each other: neither has read the other."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


def imported(file: Path) -> set[str]:
    tree = ast.parse(file.read_text("utf-8"))
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    return names | {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}


@pytest.mark.requirement("ACC-02")
@pytest.mark.parametrize("file", sorted((ROOT / "sim" / "switch").glob("*.py")), ids=lambda file: file.stem)
def test_the_switch_knows_only_the_standard(file: Path) -> None:
    ours = {name for name in imported(file) if name.split(".")[0] in {"appliance", "hal", "sim", "tui"}}
    assert not {name for name in ours if not name.startswith(("sim.switch", "sim.clock", "hal.api", "hal.registry", "hal.simulated"))}


@pytest.mark.requirement("ACC-02")
@pytest.mark.parametrize("module", ["calls", "core", "events", "services", "routing", "groups", "hearing", "agents", "plan", "errors"])
def test_the_core_of_the_switch_has_no_clock_no_chance_and_no_world(module: str) -> None:
    allowed = {"attrs", "collections", "contextlib", "enum", "functools", "heapq", "itertools", "math", "typing"}
    names = imported(ROOT / "sim" / "switch" / f"{module}.py")
    assert {name for name in names if name.split(".")[0] not in allowed and not name.startswith("sim.switch.")} == set()
