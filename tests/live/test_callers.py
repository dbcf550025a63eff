"""An operator blocks a caller of a running centre: over real SIP his next call is refused, and served when he is taken from the list."""

import subprocess
import sys
from pathlib import Path

import pytest
import trio

from tests.live.centre import ROOT, RunningCentre, running

pytestmark = [pytest.mark.live, pytest.mark.slow, pytest.mark.requirement("ACC-06")]

CALLER = "13800138000"


async def hotline(*words: str) -> "subprocess.CompletedProcess[str]":
    """One command, as an operator gives it."""
    command = [sys.executable, "-m", "appliance.cli", *words]
    run = lambda: subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)  # noqa: E731 - one use
    return await trio.to_thread.run_sync(run)


async def calls(centre: RunningCentre, ani: str, number: str = "95500") -> tuple[int, str]:
    """Somebody calls: 0 he was answered, 1 he was not; and what he saw."""
    at = ("--at", f"127.0.0.1:{centre.port}", "--site", str(centre.site), "--stay", "1")
    done = await hotline("call", number, "--from", ani, *at)
    return done.returncode, done.stdout + done.stderr


async def operator(centre: RunningCentre, *words: str) -> None:
    done = await hotline(*words, "--data", str(centre.data))
    assert done.returncode == 0, done.stderr


async def test_a_caller_is_blocked_at_once_also_after_a_restart_and_served_when_he_is_taken_from_the_list(tmp_path: Path) -> None:
    async with running(tmp_path, agents=1) as centre:
        assert (await calls(centre, CALLER))[0] == 0
        await operator(centre, "callers", "block", "138*", "--for", "2 h", "--why", "prank calls", "--by", "li")
        for ani in (CALLER, f"+86{CALLER}"):
            code, saw = await calls(centre, ani)
            assert (code, "call rejected" in saw) == (1, True), saw
        assert (await calls(centre, "13900139000"))[0] == 0, "others are served"
        centre.kill()
        await centre.start()
        code, saw = await calls(centre, CALLER)
        assert (code, "call rejected" in saw) == (1, True), saw
        rows = await centre.wait_rows("SELECT ani, outcome, cause, answered_at FROM contacts WHERE outcome = 'blocked'", 3)
        assert [(row["ani"], row["cause"], row["answered_at"]) for row in rows] == [
            (CALLER, 21, None), (f"+86{CALLER}", 21, None), (CALLER, 21, None),
        ]  # fmt: skip
        why = await hotline("why", CALLER, "--data", str(centre.data))
        assert f"{CALLER}, listed as 138* by li: prank calls: refused, call rejected" in why.stdout
        await operator(centre, "callers", "remove", "138*", "--by", "li")
        assert (await calls(centre, CALLER))[0] == 0
        said = centre.rows("SELECT what, detail FROM audit WHERE who = 'li' ORDER BY seq")
        assert [(row["what"], row["detail"]) for row in said] == [
            ("caller blocked", "138*: prank calls"), ("caller taken from the list", "138*"),
        ]  # fmt: skip
        assert await centre.wrong() == []


@pytest.mark.requirement("ACC-05")
async def test_a_closed_number_says_so_and_serves_again_when_it_is_opened(tmp_path: Path) -> None:
    async with running(tmp_path, agents=1) as centre:
        await operator(centre, "close", "95501", "--until", "23:59", "--then", "release", "--why", "typhoon")
        code, saw = await calls(centre, "13900139000", "95501")
        assert code == 0, saw
        assert "您好，现在是非工作时间。" in saw
        await operator(centre, "reopen", "95501")
        code, saw = await calls(centre, "13900139000", "95501")
        assert (code, "非工作时间" in saw) == (0, False), saw
        assert await centre.wrong() == []
