"""The switch on real sockets of the loopback address: TCP, TLS, two listeners, the console, and files that describe it."""

import math
import os
import re
import socket
import ssl
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import trio

from sim.switch.cti import Cti
from sim.switch.documents import DEMO, RULES, BadDescription, load
from sim.switch.habits import CSTA
from sim.switch.mischief import HalfOpen, Late, Restart
from sim.switch.people import People
from sim.switch.requests import REQUESTS
from sim.switch.server import Listener, Server
from tests.hal.ports import block
from tests.sim.switch.wire import ED, START, cut, framed, name

pytestmark = pytest.mark.requirement("ACC-02")
ROOT = Path(__file__).parents[3]


@asynccontextmanager
async def served(cti: Cti, tls: ssl.SSLContext | None = None) -> AsyncIterator[dict[str, int]]:
    """A server with two listeners: their ports."""
    opened = trio.Event()
    ports: dict[str, int] = {}

    def ready(found: dict[str, int]) -> None:
        ports.update(found)
        opened.set()

    listeners = [Listener(name, "127.0.0.1", 0, tls) for name in ("first", "second")]
    async with trio.open_nursery() as nursery:
        nursery.start_soon(Server(cti).run, listeners, ready)
        await opened.wait()
        yield ports
        nursery.cancel_scope.cancel()


async def read(stream: trio.abc.ReceiveStream, messages: int) -> list[str]:
    """The names of so many messages."""
    data = b""
    with trio.fail_after(10):
        while True:
            try:
                found = [name(xml) for _, xml in cut(data)]
            except (AssertionError, ValueError, IndexError):
                found = []
            if len(found) >= messages:
                return found
            more = await stream.receive_some()
            assert more, data
            data += more


async def ended(stream: trio.abc.ReceiveStream) -> bool:
    """Wait until the switch has closed the link."""
    with trio.fail_after(10):
        try:
            while await stream.receive_some():
                continue
        except trio.BrokenResourceError:
            return True
        return True


async def forgotten(cti: Cti) -> None:
    """Wait until the server has noticed that everybody is gone."""
    with trio.fail_after(10):
        while cti.links:  # noqa: ASYNC110 - it is only seen by looking again
            await trio.sleep(0.01)


MONITOR = f'<MonitorStart xmlns="{ED}"><monitorObject><deviceObject>8001</deviceObject></monitorObject></MonitorStart>'
CALL = f'<MakeCall xmlns="{ED}"><callingDevice>8001</callingDevice><calledDirectoryNumber>8002</calledDirectoryNumber></MakeCall>'


async def test_a_call_over_tcp_that_people_answer() -> None:
    people = People(answers_after_s=0.05, talks_s=0.05)
    cti = Cti(DEMO.plan, people, mischief=(Late(kinds=("Established",), by_s=0.02),))
    people.switch = cti.switch
    async with served(cti) as ports, await trio.open_tcp_stream("127.0.0.1", ports["first"]) as stream:
        start = framed(1, START.format(0))
        await stream.send_all(start[:5])
        await stream.send_all(start[5:] + framed(2, MONITOR) + framed(3, CALL))
        names = await read(stream, 10)
    assert names == [
        "StartApplicationSessionPosResponse", "MonitorStartResponse", "MakeCallResponse", "ServiceInitiatedEvent", "OriginatedEvent",
        "DeliveredEvent", "EstablishedEvent", "ConnectionClearedEvent", "ConnectionClearedEvent", "CallClearedEvent",
    ]  # fmt: skip


async def test_a_restart_cuts_the_links_and_lets_nobody_in_for_a_while() -> None:
    cti = Cti(DEMO.plan)
    async with served(cti) as ports:
        async with await trio.open_tcp_stream("127.0.0.1", ports["first"]) as stream:
            await stream.send_all(framed(1, START.format(0)))
            await read(stream, 1)
            cti.restart(math.inf)
            assert await ended(stream)
        async with await trio.open_tcp_stream("127.0.0.1", ports["second"]) as stream:
            assert await ended(stream)
        cti.restart(0.0)
        async with await trio.open_tcp_stream("127.0.0.1", ports["second"]) as stream:
            await stream.send_all(framed(1, START.format(0)))
            await read(stream, 1)


async def test_a_listener_that_is_dead_and_one_that_lives() -> None:
    cti = Cti(DEMO.plan, mischief=(HalfOpen(at_s=0.1, listener="first"),))
    async with (
        served(cti) as ports,
        await trio.open_tcp_stream("127.0.0.1", ports["first"]) as first,
        await trio.open_tcp_stream("127.0.0.1", ports["second"]) as second,
    ):
        await trio.sleep(0.2)
        for stream in (first, second):
            await stream.send_all(framed(1, START.format(0)))
        await read(second, 1)
        with trio.move_on_after(0.1) as nothing_came:
            await first.receive_some()
        assert nothing_came.cancelled_caught


async def test_who_goes_away_is_forgotten() -> None:
    cti = Cti(DEMO.plan)
    async with served(cti) as ports:
        async with await trio.open_tcp_stream("127.0.0.1", ports["first"]) as stream:
            await stream.send_all(framed(1, START.format(0)) + framed(2, MONITOR))
            await read(stream, 2)
            assert len(cti.links) == 1
        await forgotten(cti)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate for the loopback address, and its key."""
    folder = tmp_path_factory.mktemp("tls")
    words = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=switch"
    subprocess.run(
        [*words.split(), "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", "key.pem", "-out", "certificate.pem"],
        cwd=folder, check=True, capture_output=True,
    )  # fmt: skip
    return folder / "certificate.pem", folder / "key.pem"


async def test_over_tls(certificate: tuple[Path, Path]) -> None:
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(*certificate)
    trusting = ssl.create_default_context(cafile=certificate[0])
    cti = Cti(DEMO.plan)
    async with served(cti, server) as ports:
        tcp = await trio.open_tcp_stream("127.0.0.1", ports["first"])
        async with trio.SSLStream(tcp, trusting, server_hostname="127.0.0.1") as stream:
            await stream.send_all(framed(1, START.format(0)))
            assert await read(stream, 1) == ["StartApplicationSessionPosResponse"]
        async with await trio.open_tcp_stream("127.0.0.1", ports["first"]) as plain:
            await plain.send_all(framed(1, START.format(0)))
            assert await ended(plain)
            await forgotten(cti)
        tcp = await trio.open_tcp_stream("127.0.0.1", ports["second"])
        async with trio.SSLStream(tcp, trusting, server_hostname="127.0.0.1") as stream:
            await stream.send_all(framed(1, START.format(0)))
            assert await read(stream, 1) == ["StartApplicationSessionPosResponse"]


def test_the_console_plays_the_people() -> None:
    command = [sys.executable, "-m", "sim.switch", "--listen", "127.0.0.1:0"]
    typed = "call 95500\nanswer 8001\nagent 8001 ready\nagent 8002 loggedOn ann\nhang 8001\ndial 8001 8001 8001\nquit\n"
    done = subprocess.run(command, cwd=ROOT, input=typed, capture_output=True, text=True, timeout=60, env={**os.environ, "PYTHONPATH": ""})
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert "call 1001 02215550001 -> 7000: T1#1 connected, 8001 alerting" in lines
    assert "call 1001 02215550001 -> 7000: T1#1 connected, 8001 connected" in lines
    assert "no: stateIncompatibility: invalidDeviceState" in lines
    assert "loggedOn" in lines
    assert "agent ann at 8002: notReady" in lines
    assert any(line.startswith("dial STATION NUMBER") for line in lines)


def test_an_address_that_is_taken_is_told_in_words() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        command = [sys.executable, "-m", "sim.switch", "--listen", f"127.0.0.1:{taken.getsockname()[1]}"]
        done = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert "in use" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.live
@pytest.mark.slow
def test_the_command_speaks_sip_itself() -> None:
    sip = f"127.0.0.1:{block(10)}"
    command = [sys.executable, "-m", "sim.switch", "--listen", "127.0.0.1:0", "--sip", sip]
    done = subprocess.run(command, cwd=ROOT, input="show\nquit\n", capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[0] == f"speaking SIP on {sip}"
    assert "nothing goes on" in done.stdout


FILE = """
outside_prefix = "9"

[[stations]]
number = "2001"
name = "孙"
no_answer_s = 20

[[trunks]]
name = "E1"
channels = 30

[[route_points]]
number = "7000"

[dialled]
"95500" = "7000"

[habits]
versions = ["http://www.ecma-international.org/standards/ecma-323/csta/ed3/priv5"]
heartbeat_s = 10

[[mischief]]
kind = "late"
kinds = ["Delivered"]
by_s = 1
chance = 0.5

[[mischief]]
kind = "restart"
at_s = 60
keeps_calls = true
"""


def test_a_switch_is_described_by_a_file(tmp_path: Path) -> None:
    file = tmp_path / "switch.toml"
    file.write_text(FILE, "utf-8")
    found = load(file)
    assert found.plan.stations[0].name == "孙"
    assert found.plan.dialled == {"95500": "7000"}
    assert found.habits.versions == (CSTA + "ed3/priv5",)
    assert found.mischief == (Late(kinds=("Delivered",), by_s=1, chance=0.5), Restart(at_s=60, keeps_calls=True))


def test_the_readme_describes_a_switch(tmp_path: Path) -> None:
    readme = (ROOT / "sim" / "switch" / "README.md").read_text("utf-8")
    shown = readme.partition("## A switch of your own")[2].partition("## What can go wrong")[0]
    file = tmp_path / "switch.toml"
    file.write_text("\n".join(line[4:] for line in shown.splitlines() if line.startswith("    ")), "utf-8")
    found = load(file)
    assert [station.number for station in found.plan.stations] == ["8001", "8901"]
    assert found.habits.heartbeat_s == 60


def test_the_readme_names_all_that_can_go_wrong_and_all_services() -> None:
    readme = (ROOT / "sim" / "switch" / "README.md").read_text("utf-8")
    assert set(re.findall(r"^\| `([a-z-]+)` \|", readme, re.MULTILINE)) == set(RULES)
    named = readme.partition("Services: ")[2].partition(".\n")[0]
    assert set(re.findall(r"[A-Z]\w+", named)) == set(REQUESTS)


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ("stations = 1", "switch.toml"),
        ("[[stations]]\nnumber = '1'\nno_answer_s = 'soon'", "no_answer_s"),
        ("[habits]\nheartbeats = 1", "heartbeats"),
        ("[[mischief]]\nkind = 'lat'", "mischief 'lat' is not known; there are late, lose"),
        ("[[mischief]]\nkind = 'restart'", "at_s"),
        ("= 1", "line 1"),
    ],
)
def test_what_no_switch_understands(tmp_path: Path, said: str, message: str) -> None:
    file = tmp_path / "switch.toml"
    file.write_text(said, "utf-8")
    with pytest.raises(BadDescription, match=message):
        load(file)
