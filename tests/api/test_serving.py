"""The API on the wire: TLS with a certificate of its own, a busy port, what a load balancer and Prometheus ask."""

import json
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
import trio
from attrs import define

from appliance.api import open_api
from appliance.api.certificate import fingerprint, own_certificate
from appliance.config import ConfigError
from appliance.core.records import Alarm
from appliance.site.api import Api
from tests.api.running import PASSWORD, Running, running
from tests.site.small import SMALL, site

pytestmark = pytest.mark.requirement("OPS-03")


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


@asynccontextmanager
async def served(here: Running, folder: Path, port: int, *, tls: bool = True) -> AsyncIterator[tuple[httpx.AsyncClient, list[str]]]:
    said: list[str] = []
    settings = Api(listen=f"127.0.0.1:{port}", tls=tls)
    async with open_api(settings, here.centre, folder, said.append):
        context = ssl.create_default_context()
        if tls:
            context.load_verify_locations(folder / "tls" / "api.pem")
        url = f"{'https' if tls else 'http'}://127.0.0.1:{port}"
        async with httpx.AsyncClient(base_url=url, verify=context, timeout=30) as client:
            yield client, said


@define
class Alarms:
    """What the core says of the alarm of the API."""

    told: trio.MemoryReceiveChannel[Alarm]

    @classmethod
    def of(cls, here: Running) -> "Alarms":
        send, told = trio.open_memory_channel[Alarm](100)
        here.centre.shell.watched_by(lambda row: send.send_nowait(row) if isinstance(row, Alarm) and row.source == "api" else None)
        return cls(told)

    async def next(self) -> Alarm:
        with trio.fail_after(60):
            return await self.told.receive()


async def test_it_is_served_over_tls_with_a_certificate_made_at_the_first_start(tmp_path: Path) -> None:
    async with running(tmp_path) as here:
        port = free_port()
        async with served(here, tmp_path, port) as (client, said):
            response = await client.get("/healthz")
            assert (response.status_code, response.json()["ok"]) == (200, True)
            assert "server" not in response.headers
            assert said[0] == f"The API is at https://127.0.0.1:{port}, certificate {fingerprint(tmp_path / 'tls' / 'api.pem')}."
            assert "no administrator yet" in said[1]
            code = said[1].split()[-1]
            first = {"code": code, "login": "sun", "name": "孙丽华", "password": PASSWORD}
            assert (await client.post("/v1/first-administrator", json=first)).status_code == 201
            token = (await client.post("/v1/log-in", json={"login": "sun", "password": PASSWORD})).json()["token"]
            figures = await client.get("/metrics", headers={"Authorization": f"Bearer {token}"})
            assert figures.headers["Content-Type"].startswith("text/plain; version=0.0.4")
            assert 'hotline_agents{state="logged-out"} 3' in figures.text.splitlines()
            document = json.loads((await client.get("/openapi.json")).text)
            assert document["openapi"].startswith("3.1")
            with pytest.raises(httpx.HTTPError):
                await httpx.AsyncClient(timeout=5).get(f"http://127.0.0.1:{port}/healthz")
        made = fingerprint(tmp_path / "tls" / "api.pem")
        assert (tmp_path / "tls" / "api.key").stat().st_mode & 0o777 == 0o600
        async with served(here, tmp_path, port) as (client, said):
            assert (await client.get("/healthz")).status_code == 200
            assert len(said) == 1, "there is an administrator"
        assert fingerprint(tmp_path / "tls" / "api.pem") == made


async def test_a_line_that_is_closed_is_said_to_who_looks_after_the_machine(tmp_path: Path) -> None:
    async with running(tmp_path) as here, served(here, tmp_path, free_port(), tls=False) as (client, _):
        assert (await client.get("/healthz")).status_code == 200
        from hal.api import LineLost

        here.centre.shell.post(LineLost("trunk", "gone"))
        response = await client.get("/healthz")
        assert (response.status_code, response.json()["wrong"]) == (503, ["line trunk is closed"])


async def test_a_port_that_is_taken_is_an_alarm_and_served_when_it_is_free(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("appliance.api.serving._RETRY_S", 0.1)
    async with running(tmp_path) as here:
        alarms = Alarms.of(here)
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = int(taken.getsockname()[1])
            async with served(here, tmp_path, port, tls=False) as (client, said):
                assert not any("The API is at" in text for text in said)
                raised = await alarms.next()
                assert str(port) in raised.text
                taken.close()
                assert (await alarms.next()).cleared_at is not None
                assert (await client.get("/healthz")).status_code == 200


def test_a_certificate_is_made_anew_before_it_ends_and_for_another_address(tmp_path: Path) -> None:
    now = 1_792_396_800.0
    certificate, _ = own_certificate(tmp_path, "127.0.0.1", now)
    first = fingerprint(certificate)
    own_certificate(tmp_path, "127.0.0.1", now + 790 * 86_400)
    assert fingerprint(certificate) == first
    own_certificate(tmp_path, "127.0.0.1", now + 800 * 86_400)
    second = fingerprint(certificate)
    assert second != first
    own_certificate(tmp_path, "10.0.0.7", now + 800 * 86_400)
    assert fingerprint(certificate) != second


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('listen = "0.0.0.0:8443"\ntls = false', "in plain"),
        ('listen = "127.0.0.1"', "an address and port"),
        ('listen = "127.0.0.1:99999"', "no port 99999"),
        ('listen = "999.0.0.1:8443"', "no address"),
        ('listen = "127.0.0.1:8443"\ncertificate = "a.pem"', "belong together"),
        ('listen = "127.0.0.1:8443"\ntls = false\ncertificate = "a.pem"\nkey = "a.key"', "of no use"),
    ],
)
def test_what_would_be_unsafe_or_no_place_is_refused(text: str, why: str) -> None:
    with pytest.raises(ConfigError, match=why):
        site(f"{SMALL}\n[api]\n{text}\n")


def test_without_the_table_nothing_listens() -> None:
    assert site().api.listen == ""
    assert site(f'{SMALL}\n[api]\nlisten = "[::1]:8443"\n').api.host == "::1"
