"""What a whole run demands besides: that nothing is skipped."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.mark.parametrize(("profile", "ends"), [("everyday", 0), ("whole", 1)])
def test_a_test_that_is_skipped_fails_in_a_whole_run_and_says_what_is_missing(tmp_path: Path, profile: str, ends: int) -> None:
    (tmp_path / "test_it.py").write_text("import pytest\n\n\ndef test_it():\n    pytest.skip('no card here')\n")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "tests.conftest", "-p", "no:cacheprovider", "--rootdir", tmp_path, tmp_path],
        cwd=ROOT, env={**os.environ, "HYPOTHESIS_PROFILE": profile}, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == ends, done.stdout + done.stderr
    assert ("a whole run skips nothing" in done.stdout) == (profile == "whole")
    assert ("no card here" in done.stdout) == (profile == "whole")
