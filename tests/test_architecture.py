"""Who may know whom: import-linter's contracts, and what each part really loads when it is imported alone."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
WORLD = {
    "trio",
    "asyncio",
    "simpy",
    "textual",
    "pjsua2",
    "sqlite3",
    "sqlite_utils",
    "socket",
    "subprocess",
    "random",
    "cattrs",
    "tree_sitter",
}


def loaded_by(module: str) -> set[str]:
    """The modules in a fresh interpreter after importing one."""
    path = f"import sys; sys.path.insert(0, {str(ROOT)!r})"
    code = f"{path}; before = set(sys.modules); import {module}; print(*sorted(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


@pytest.mark.parametrize(
    ("module", "not_loaded"),
    [
        ("appliance.core.engine", WORLD | {"appliance.shell", "appliance.store", "hal.registry"}),
        ("hal.api", WORLD | {"appliance", "hal.registry"}),
        ("appliance.shell", {"simpy", "textual", "pjsua2", "sqlite3", "sim", "tui"}),
        ("appliance.store", {"simpy", "textual", "pjsua2", "appliance.shell", "sim", "tui"}),
        ("appliance.site", {"simpy", "textual", "pjsua2", "sqlite3", "appliance.shell", "sim", "tui"}),
        ("appliance.access", {"simpy", "textual", "pjsua2", "quart", "hypercorn", "appliance.api", "appliance.shell", "sim", "tui"}),
        ("hal.simulated", {"simpy", "pjsua2", "appliance", "sim"}),
        ("hal.csta.session", WORLD | {"appliance", "hal.registry", "hal.sip", "sim"}),
        ("hal.csta.model", WORLD | {"appliance", "hal.registry", "hal.sip", "sim"}),
        ("hal.csta.messages", WORLD | {"appliance", "hal.registry", "hal.sip", "sim"}),
        ("hal.ami", WORLD | {"appliance", "hal.registry", "hal.sip", "sim"}),
        ("hal.sip", {"simpy", "pjsua2", "appliance", "sim"}),
        ("hal.asterisk", {"simpy", "pjsua2", "asterisk", "appliance", "sim"}),
        ("appliance.serve", {"simpy", "textual", "pjsua2", "sim", "tui"}),
        ("appliance.cli", {"trio", "simpy", "sqlite3", "quart", "hypercorn", "sim", "tui"}),
        ("sim", {"pjsua2", "textual", "tui"}),
    ],
)
@pytest.mark.requirement("SIM-01")
def test_what_a_part_loads(module: str, not_loaded: set[str]) -> None:
    assert loaded_by(module) & not_loaded == set()


@pytest.mark.requirement("SIM-01")
@pytest.mark.parametrize("path", sorted((ROOT / "appliance" / "core").rglob("*.py")), ids=lambda path: path.stem)
def test_the_core_has_no_clock_no_chance_and_no_world(path: Path) -> None:
    allowed = {
        "attrs", "bisect", "collections", "datetime", "decimal", "enum", "functools", "hashlib", "heapq", "hmac", "itertools", "json",
        "math", "re", "types", "typing",
    }  # fmt: skip
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        elif isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            assert called not in {"open", "print", "input", "id", "hash", "exec", "eval", "__import__"}, (
                f"{path.name}:{node.lineno}: {called}"
            )
            assert not called.endswith((".now", ".today", ".utcnow")), f"{path.name}:{node.lineno}: {called}"
            continue
        else:
            continue
        for name in names:
            top = name.split(".")[0]
            assert top in allowed or name.startswith(("appliance.core", "hal.api")), f"{path.name}:{node.lineno}: imports {name}"


def test_files_can_be_read_in_one_sitting() -> None:
    long = {
        str(path.relative_to(ROOT)): lines
        for folder in ("appliance", "hal", "sim", "tui", "tests")
        for path in (ROOT / folder).rglob("*.py")
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > 450
    }
    assert long == {}
