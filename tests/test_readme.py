"""Every command of the README runs and does what the text beside it says."""

import re
import shlex
import shutil
import signal
import ssl
import subprocess
from pathlib import Path

import httpx
import pytest
import trio

from tests.live.centre import RunningCentre

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def commands() -> list[str]:
    """The lines of all `sh` blocks, comments left out."""
    blocks = re.findall(r"```sh\n(.*?)```", README, flags=re.DOTALL)
    return [line.partition("  #")[0].strip() for block in blocks for line in block.splitlines() if line.strip()]


def test_the_readme_has_the_commands_that_are_tested_here() -> None:
    assert commands() == [
        "./hotline serve",
        "./hotline test",
        "./hotline call 95500 --press 1",
        "./hotline show",
        "./hotline show lines --every 2",
        "./hotline ask 1001 log-in",
        "./hotline ask 1001 consult 1002",
        "./hotline ask 1001 listen --by 1009",
        "./hotline why 13800138000",
        "./hotline reload",
        "./hotline callers block 170* --for '2 h' --why 'prank calls'",
        "./hotline callers import scenarios/callers.csv",
        "./hotline callers list",
        "./hotline close 95501 --until 18:00 --why typhoon",
        "./hotline reopen 95501",
        "./hotline users add wang --name 王芳 --role agent --agent 1001 --generate",
        "./hotline users list",
        'sqlite3 -readonly data/hotline.db "select arrived_at, ani, outcome, wait_s from contacts_local"',
        "./hotline check scenarios/sites/demo.toml",
        "./hotline flow check scenarios/sites/government/site.toml",
        "./hotline flow try scenarios/sites/government/site.toml hotline",
        "./hotline flow graph scenarios/sites/government/site.toml hotline --out /tmp/hotline.svg",
        "./hotline flow counts hotline",
        './hotline say "您的工单正在处理。" --language zh --out /tmp/say.wav',
        "./hotline sim run scenarios/first-day.toml",
        "./hotline sim run scenarios/bad-day.toml",
        "./hotline sim run scenarios/first-day.toml --scheme switch",
        "./hotline sim grow scenarios/first-day.toml --data /tmp/years --contacts 20000",
    ]


def test_what_the_readme_points_to_is_there() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert target.startswith("http") or (ROOT / target).exists(), target
    for folder in re.findall(r"^\| `([a-z/]+?)/?`", README, flags=re.MULTILINE):
        assert (ROOT / folder).is_dir(), folder


def run(command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(shlex.split(command), cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)


@pytest.mark.requirement("OPS-04")
def test_check_explains_the_demo_site() -> None:
    done = run("./hotline check scenarios/sites/demo.toml")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "95500" in done.stdout


@pytest.mark.requirement("IVR-01")
def test_flows_are_checked_tried_and_drawn() -> None:
    site = "scenarios/sites/government/site.toml"
    checked = run(f"./hotline flow check {site}")
    assert (checked.returncode, checked.stdout.count(": OK, ")) == (0, 7), checked.stderr
    tried = subprocess.run(
        ["./hotline", "flow", "try", site, "hotline"], cwd=ROOT, input="1\nq\n", capture_output=True, text=True, timeout=60, check=False
    )
    assert tried.returncode == 0, tried.stderr
    assert "way: language [1]" in tried.stdout
    drawn = run(f"./hotline flow graph {site} hotline --out /tmp/hotline.svg")
    assert (drawn.returncode, drawn.stdout) == (0, "/tmp/hotline.svg\n"), drawn.stderr


@pytest.mark.requirement("IVR-04")
def test_a_text_is_said() -> None:
    done = run('./hotline say "您的工单正在处理。" --language zh --out /tmp/say.wav')
    assert done.returncode == 0, done.stdout + done.stderr
    assert "/tmp/say.wav: " in done.stdout


@pytest.mark.requirement("SIM-03")
def test_the_first_day_meets_its_targets() -> None:
    for command in [line for line in commands() if line.startswith("./hotline sim run")]:
        done = run(command)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "All" in done.stdout
        assert "targets met" in done.stdout


@pytest.mark.requirement("SIM-02")
def test_years_are_grown_from_the_first_day() -> None:
    (command,) = [line for line in commands() if line.startswith("./hotline sim grow")]
    shutil.rmtree("/tmp/years", ignore_errors=True)
    try:
        done = run(command)
        assert (done.returncode, done.stdout) == (
            0,
            f"/tmp/years: 20,016 contacts, {Path('/tmp/years/hotline.db').stat().st_size / 1e9:.1f} GB\n",
        )
    finally:
        shutil.rmtree("/tmp/years", ignore_errors=True)


def shown_twice(command: str) -> int:
    """Interrupt it when it has shown the demo's line twice; how it ended."""
    with subprocess.Popen(shlex.split(command), cwd=ROOT, stdout=subprocess.PIPE, text=True) as showing:
        assert showing.stdout is not None
        seen = 0
        for line in showing.stdout:
            seen += line.startswith("trunk")
            if seen == 2:
                showing.send_signal(signal.SIGINT)
                break
        showing.stdout.read()
        return showing.wait(60)


def demo_centre(folder: Path) -> RunningCentre:
    centre = RunningCentre(folder)
    demo = (ROOT / "scenarios" / "sites" / "demo.toml").read_text(encoding="utf-8")
    own = demo.replace("127.0.0.1:5060", f"127.0.0.1:{centre.port}").replace("127.0.0.1:8443", f"127.0.0.1:{centre.port + 3}")
    centre.site.write_text(own.replace('"holidays-2026.toml"', '["2026-10-01"]'))
    return centre


@pytest.mark.live
@pytest.mark.slow
@pytest.mark.requirement("OPS-04")
@pytest.mark.requirement("ACD-09")
async def test_the_operators_commands(tmp_path: Path) -> None:
    """Show, ask, why and reload, beside a running demo centre."""
    centre = demo_centre(tmp_path)

    async def told(start: str) -> "subprocess.CompletedProcess[str]":
        command = next(line for line in commands() if line.startswith(f"./hotline {start}"))
        return await trio.to_thread.run_sync(run, f"{command} --data {centre.data}")

    try:
        await centre.start()
        assert (await told("ask 1001 log-in")).returncode == 0
        shown = await told("show")
        assert re.search(r"^1001 +ready", shown.stdout, re.MULTILINE), shown.stdout + shown.stderr
        assert await trio.to_thread.run_sync(shown_twice, f"./hotline show lines --every 2 --data {centre.data}") == 0
        for refused in ("ask 1001 consult", "ask 1001 listen"):
            done = await told(refused)
            assert (done.returncode, done.stderr) == (1, "hotline: agent 1001 is in no call\n")
        call = f"./hotline call 95500 --press 1 --at 127.0.0.1:{centre.port} --site {centre.site} --stay 2"
        assert (await trio.to_thread.run_sync(run, call)).returncode == 0
        await centre.wait_rows("SELECT id FROM contacts WHERE outcome != ''", 1)
        assert "language" in (await told("flow counts")).stdout
        why = await told("why")
        assert why.returncode == 0, why.stderr
        assert "13800138000" in why.stdout
        for words in ("callers block", "callers import", "close", "reopen"):
            assert (await told(words)).returncode == 0
        listed = await told("callers list")
        numbers = [line.split()[0] for line in listed.stdout.splitlines()]
        assert numbers == ["+8613900139000", "05718899*", "13900139000", "170*", "4001234567"]
        password = (await told("users add")).stdout.strip()
        assert "王芳: agent; agent 1001; has to choose a password" in (await told("users list")).stdout
        ca = ssl.create_default_context(cafile=centre.data / "tls" / "api.pem")
        async with httpx.AsyncClient(base_url=f"https://127.0.0.1:{centre.port + 3}", verify=ca, timeout=60) as client:
            entered = await client.post("/v1/log-in", json={"login": "wang", "password": password})
        assert (entered.status_code, entered.json()["must_change"]) == (200, True)
        good = centre.site.read_text(encoding="utf-8")
        centre.site.write_text(good.replace("ring_s    = 15", "ring_s    = 1", 1))
        wrong = await told("reload")
        assert (wrong.returncode, "ring_s" in wrong.stderr) == (1, True), wrong.stderr
        centre.site.write_text(good.replace('name = "王芳"', 'name = "王芳芳"', 1))
        assert (await told("reload")).returncode == 0
        assert await centre.stop() == 0
        gone = await told("show")
        assert (gone.returncode, "no appliance is running" in gone.stderr) == (2, True)
    finally:
        centre.end()


@pytest.mark.live
@pytest.mark.slow
@pytest.mark.requirement("ACC-08")
@pytest.mark.requirement("IVR-02")
async def test_serve_and_call(tmp_path: Path) -> None:
    """The demo centre itself: as the README says, with another port and data directory, since a test must not take 5060."""
    centre = demo_centre(tmp_path)
    try:
        await centre.start()
        call = f"./hotline call 95500 --press 1 --at 127.0.0.1:{centre.port} --site {centre.site} --stay 4"
        done = await trio.to_thread.run_sync(run, call)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "answered" in done.stdout
        assert "heard   您好，普通话服务请按一。" in done.stdout, done.stdout
        assert "heard   欢迎致电科技局热线。" in done.stdout, done.stdout
        assert "pressed 1" in done.stdout
        rows = await centre.wait_rows("SELECT ani, outcome, wait_s FROM contacts_local WHERE outcome != ''", 1)
        question = next(line for line in commands() if line.startswith("sqlite3")).replace("data/hotline.db", f"{centre.data}/hotline.db")
        answer = subprocess.run(shlex.split(question), capture_output=True, text=True, timeout=20, check=True)  # noqa: ASYNC221 - it is quick
        assert "13800138000|self-served|" in answer.stdout
        assert rows == [{"ani": "13800138000", "outcome": "self-served", "wait_s": None}]
        assert await centre.stop() == 0
    finally:
        centre.end()
