"""Gateways over HTTP, asked for real: exact values, escaped arguments, secrets, and every way in which the far end can misbehave."""

import json
import logging
import threading
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from urllib.parse import unquote

import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st

from appliance.core.actions import AskGateway
from appliance.core.inputs import GatewayAnswered
from appliance.core.program.expressions import Value
from appliance.outside import http_json, http_xml
from appliance.outside.answers import GatewayFailed
from appliance.outside.gateways import Gateways
from appliance.outside.http import path_of
from appliance.outside.http_json import picked
from tests.outside.asking import Served, gateways_of, served

pytestmark = pytest.mark.requirement("IVR-03")


@pytest.fixture
def server() -> Iterator[Served]:
    with served() as made:
        yield made


def json_gateway(server: Served, query: str = "", more: str = "", timeout_s: float = 5, **secrets: str) -> Gateways:
    text = f'[gateways.g]\nkind = "http-json"\nurl = "{server.url}/api"\ntimeout_s = {timeout_s}\n{more}\n[gateways.g.queries.q]\n{query}\n'
    return gateways_of(text, secret=secrets.get)


async def ask(gateways: Gateways, **arguments: Value) -> Value:
    try:
        return await gateways.ask("g", "q", arguments)
    finally:
        for gateway in gateways.load({}):
            await gateway.peer.close()


async def refused(gateways: Gateways, **arguments: Value) -> str:
    with pytest.raises(GatewayFailed) as caught:
        await ask(gateways, **arguments)
    return str(caught.value)


async def test_a_get_with_escaped_arguments_and_exact_numbers(server: Served) -> None:
    server.body = b'{"data": {"bills": [{"amount": 88.10, "month": "2026-11"}, {"amount": 7}]}}'
    query = 'path = "/bills/{account}?month={month}"\narguments = ["account", "month"]\npick = "data.bills[1]"'
    answer = await ask(json_gateway(server, query), account="44/71?x=1&y", month="2026 11#")
    assert answer == {"amount": Decimal("88.10"), "month": "2026-11"}
    assert isinstance(answer, dict)
    assert str(answer["amount"]) == "88.10"
    method, path, headers, body = server.asked[0]
    assert (method, path, body) == ("GET", "/api/bills/44%2F71%3Fx%3D1%26y?month=2026%2011%23", b"")
    assert (headers["accept"], headers["accept-encoding"]) == ("application/json", "identity")


async def test_a_post_with_a_body_of_arguments(server: Served) -> None:
    server.body = b'[{"n": 1}, {"n": 2}]'
    query = 'method = "POST"\narguments = ["account", "amount"]\nbody = { customer = "account", sum = "amount" }\nresult = "many"'
    answer = await ask(json_gateway(server, query), account='4"71\\', amount=Decimal("0.10"))
    assert answer == [{"n": 1}, {"n": 2}]
    method, _, headers, body = server.asked[0]
    assert (method, headers["content-type"]) == ("POST", "application/json")
    assert json.loads(body, parse_float=Decimal) == {"customer": '4"71\\', "sum": Decimal("0.10")}


@pytest.mark.parametrize(("result", "nothing"), [("one", None), ("many", [])])
async def test_nothing_is_an_answer_where_the_site_says_so(server: Served, result: str, nothing: Value) -> None:
    server.status = 404
    assert await ask(json_gateway(server, f'nothing_on = [404]\nresult = "{result}"')) == nothing
    assert await refused(json_gateway(server, f'result = "{result}"')) == "it answers with status 404"
    server.status, server.body = 200, b'{"data": null}'
    assert await ask(json_gateway(server, f'result = "{result}"\npick = "data"')) == nothing


@pytest.mark.parametrize(
    ("status", "answered"),
    [(400, True), (404, True), (422, True), (401, False), (403, False), (408, False), (429, False), (500, False), (503, False)],
)
async def test_a_question_that_is_refused_is_answered_and_who_lets_nobody_in_answers_nothing(
    server: Served, status: int, answered: bool
) -> None:
    server.status = status
    with pytest.raises(GatewayFailed) as failed:
        await ask(json_gateway(server))
    assert (failed.value.answered, failed.value.theirs) == (answered, not answered)


async def test_a_secret_goes_into_its_header_and_nowhere_else(server: Served, caplog: pytest.LogCaptureFixture) -> None:
    more = 'secrets = { Authorization = "billing" }\nheaders = { X-Site = "county" }'
    with caplog.at_level(logging.DEBUG):
        gateways = json_gateway(server, 'path = "/{account}"\narguments = ["account"]', more, billing="Bearer t0psecret")
        await ask(gateways, account="4471-account")
    assert (server.asked[0][2]["authorization"], server.asked[0][2]["x-site"]) == ("Bearer t0psecret", "county")
    told = "\n".join(record.getMessage() for record in caplog.records if record.name.startswith("hotline"))
    assert "g.q: nothing" in told
    info = "\n".join(record.getMessage() for record in caplog.records if record.levelno >= logging.INFO)
    assert "t0psecret" not in info
    assert "4471-account" not in info
    assert "the secret 'billing' is missing" in await refused(json_gateway(server, "", more))
    assert len(server.asked) == 1


async def test_one_caller_s_cookies_are_not_sent_for_the_next(server: Served) -> None:
    server.headers = {"Set-Cookie": "session=of-the-first-caller; Path=/"}
    gateways = json_gateway(server)
    await gateways.ask("g", "q", {})
    await ask(gateways)
    assert [("cookie" in headers) for _, _, headers, _ in server.asked] == [False, False]


async def test_proxies_and_redirections_lead_nowhere(server: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    server.status, server.headers = 302, {"Location": f"{server.url}/elsewhere"}
    assert await refused(json_gateway(server)) == "it answers with status 302"
    assert [path for _, path, _, _ in server.asked] == ["/api"]


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"<html>Please log in</html>", "no JSON"),
        (b"", "no JSON"),
        (b"\xff\xfe\x00", "no JSON"),
        (b'{"a": NaN}', "no JSON"),
        (b'{"a": ' + b"9" * 5000 + b"}", "no JSON"),
        (b"[" * 100_000, "no JSON"),
        (b'{"a": 1e999999999}', "cannot be right"),
        (b'{"a": ' + b"[" * 50 + b"]" * 50 + b"}", "too deep"),
        (b"[1]", "no record"),
        (b'"text"', "no record"),
        (b" " * 3_000_000 + b"{}", "more than 262144 bytes"),
    ],
)
async def test_garbage_and_too_much_of_it_is_no_answer(server: Served, body: bytes, why: str) -> None:
    server.body = body
    assert why in await refused(json_gateway(server))


async def test_what_is_compressed_is_not_blown_up(server: Served) -> None:
    server.headers = {"Content-Encoding": "gzip"}
    assert await refused(json_gateway(server)) == "it answers compressed, which was not asked for"


async def test_a_dead_one_a_breaking_one_and_one_that_hangs(server: Served) -> None:
    with served() as dead:
        pass
    assert await refused(json_gateway(dead)) == "the connection failed (ConnectError)"
    server.breaks = 1
    assert await ask(json_gateway(server)) == {}
    assert len(server.asked) == 2
    server.breaks = 9
    assert await refused(json_gateway(server, 'method = "POST"')) == "the connection failed (RemoteProtocolError)"
    assert len(server.asked) == 3
    server.hangs = threading.Event()
    began = trio.current_time()
    assert await refused(json_gateway(server, timeout_s=0.3)) == "it did not answer within 0.3 s"
    assert trio.current_time() - began < 4


async def test_only_a_certificate_that_the_site_trusts_is_one(tmp_path: Path) -> None:
    made = tmp_path / "own.pem"
    words = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=own -addext subjectAltName=IP:127.0.0.1"
    await trio.run_process([*words.split(), "-keyout", str(made), "-out", f"{made}.crt"], capture_stderr=True)
    await trio.to_thread.run_sync(lambda: made.write_text(made.read_text() + Path(f"{made}.crt").read_text()))
    with served(made) as server:
        text = f'[gateways.g]\nkind = "http-json"\nurl = "https://127.0.0.1:{server.port}"\n[gateways.g.queries.q]\n'
        assert await refused(gateways_of(text)) == "the connection failed (ConnectError)"
        assert server.asked == []
        trusting = text.replace("[gateways.g.queries.q]", 'ca_file = "own.pem.crt"\n[gateways.g.queries.q]')
        assert await ask(gateways_of(trusting, tmp_path)) == {}
        assert await refused(gateways_of(trusting.replace("127.0.0.1", "localhost"), tmp_path)) == "the connection failed (ConnectError)"
        await trio.to_thread.run_sync(Path(f"{made}.crt").write_text, "no certificates")
        assert await refused(gateways_of(trusting, tmp_path)) == "the file of certificates cannot be used"


async def test_the_core_gets_the_answer_or_why_there_is_none(server: Served) -> None:
    server.body = b'{"amount": 1}'
    gateways = json_gateway(server, 'path = "/{account}"\narguments = ["account"]')
    assert await gateways.answer(AskGateway(3, "g", "q", {"account": "1"})) == GatewayAnswered(3, {"amount": 1})
    answered = await gateways.answer(AskGateway(4, "g", "q", {"account": None}))
    assert answered == GatewayAnswered(4, error="an argument is missing where the path needs one")
    for gateway in gateways.load({}):
        await gateway.peer.close()


@given(st.text(), st.text())
def test_no_argument_leaves_its_place_in_the_path(account: str, month: str) -> None:
    try:
        made = path_of("/bills/{account}/of?month={month}", {"account": account, "month": month})
    except (GatewayFailed, UnicodeEncodeError):
        return
    path, _, query = made.partition("?")
    assert path.count("/") == 3
    assert made.count("?") == 1
    assert made.count("&") == made.count("#") == 0
    assert made.isascii()
    assert unquote(path.split("/")[2]) == account
    assert account not in ("", ".", "..")
    assert unquote(query) == f"month={month}"


@pytest.mark.parametrize("segments", [("..", ""), (".", "."), ("", "."), ("", "")])
def test_dots_are_no_way_up(segments: tuple[str, str]) -> None:
    with pytest.raises(GatewayFailed):
        path_of("/{a}{b}/bills", dict(zip("ab", segments, strict=True)))


@pytest.mark.parametrize(
    ("path", "found"), [("", {"a": [{"b": 1}]}), ("a", [{"b": 1}]), ("a[1].b", 1), ("a[2]", None), ("a.b", None), ("x.y[1]", None)]
)
def test_a_path_leads_to_a_part_or_to_nothing(path: str, found: object) -> None:
    assert picked({"a": [{"b": 1}]}, path) == found


# -- XML ------------------------------------------------------------------------------------------------------------------------------

SOAP = b"""<?xml version="1.0" encoding="UTF-8"?>
<e:Envelope xmlns:e="urn:e" xmlns="urn:bills"><e:Body>
  <bill no="B-1"><month>2026-11</month><amount> 88.10 </amount><to><first>\xe7\x8e\x8b</first><last>\xe8\x8a\xb3</last></to></bill>
  <bill><month>2026-10</month><amount>7</amount></bill>
</e:Body></e:Envelope>"""


def xml_gateway(server: Served, query: str = "") -> Gateways:
    text = f"""
[gateways.g]
kind = "http-xml"
url = "{server.url}/soap"
namespaces = {{ b = "urn:bills" }}
[gateways.g.queries.q]
arguments = ["account"]
xml = '<ask account="{{account}}">{{account}}</ask>'
record = ".//b:bill"
fields = {{ no = "@no", month = "b:month", amount = "b:amount", to = "b:to", paid = "b:paid" }}
numbers = ["amount"]
headers = {{ SOAPAction = "urn:bill" }}
{query}
"""
    return gateways_of(text)


FIRST = {"no": "B-1", "month": "2026-11", "amount": Decimal("88.10"), "to": "王芳", "paid": None}


async def test_fields_of_records_in_xml(server: Served) -> None:
    server.body = SOAP
    assert await ask(xml_gateway(server), account="<4&7\"1'>") == FIRST
    method, path, headers, body = server.asked[0]
    assert (method, path, headers["soapaction"]) == ("POST", "/soap", "urn:bill")
    assert body == b'<ask account="&lt;4&amp;7&quot;1&apos;&gt;">&lt;4&amp;7&quot;1&apos;&gt;</ask>'
    many = await ask(xml_gateway(server, 'result = "many"'), account="1")
    assert many == [FIRST, {"no": None, "month": "2026-10", "amount": Decimal(7), "to": None, "paid": None}]
    server.body = b"<none/>"
    assert await ask(xml_gateway(server), account="1") is None


BOMB = b'<!DOCTYPE a [<!ENTITY b "bbbbbbbbbb"><!ENTITY c "&b;&b;&b;&b;">]><a>&c;</a>'
FILE = b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>'


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "no XML"),
        (b"<a>", "no XML"),
        (BOMB, "no XML"),
        (FILE, "no XML"),
        (b'<?xml version="1.0" encoding="no-such"?><a/>', "no XML"),
        (SOAP.replace(b"88.10", b"a lot"), "a text where a number was expected"),
    ],
)
async def test_xml_that_may_not_be_read_is_no_answer(server: Served, body: bytes, why: str) -> None:
    server.body = body
    assert why in await refused(xml_gateway(server), account="1")


@pytest.mark.parametrize(
    "body",
    [
        b"<bill xmlns='urn:bills'>" * 2000 + b"</bill>" * 2000,
        b"<a>" * 40 + b"</a>" * 40,
        b"<bill>" + b"<a/>" * 20_000 + b"</bill>",
        b"<a>" * 40_000,
    ],
    ids=["records in records", "deep", "many", "no end"],
)
async def test_xml_that_is_made_to_cost_something_is_not_searched(server: Served, body: bytes) -> None:
    server.body = body
    assert "nested too deep, or too long" in await refused(xml_gateway(server), account="1")


async def test_xml_is_read_beside_the_calls(server: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    threads = []

    def records(*_: object) -> list[object]:
        threads.append(threading.current_thread())
        return []

    monkeypatch.setattr(http_xml, "_records", records)
    server.body = SOAP
    assert await ask(xml_gateway(server), account="1") is None
    assert threads != [threading.current_thread()]


@pytest.mark.parametrize(("length", "beside"), [(16_384, False), (16_385, True), (200_000, True)])
async def test_long_json_is_read_beside_the_calls(server: Served, monkeypatch: pytest.MonkeyPatch, length: int, beside: bool) -> None:
    threads = []
    parsed = http_json._parsed

    def read(body: bytes) -> object:
        threads.append(threading.current_thread())
        return parsed(body)

    monkeypatch.setattr(http_json, "_parsed", read)
    server.body = b'{"amount": 88.10}'.ljust(length)
    assert await ask(json_gateway(server)) == {"amount": Decimal("88.10")}
    assert [thread is not threading.current_thread() for thread in threads] == [beside]


async def test_long_json_that_is_none_is_refused_as_short_json_is(server: Served) -> None:
    server.body = b'{"amount": }'.ljust(20_000)
    assert "the answer is no JSON" in await refused(json_gateway(server))
    server.body = b"[1]".ljust(20_000)
    assert "no record where one was expected" in await refused(json_gateway(server))


@pytest.mark.parametrize("encoding", ["GBK", "gb2312", "GB18030", "utf-16", "big5"])
async def test_chinese_xml_is_read_in_the_encoding_that_it_says(server: Served, encoding: str) -> None:
    server.body = SOAP.decode().replace("UTF-8", encoding).encode(encoding)
    assert await ask(xml_gateway(server), account="1") == FIRST


async def test_xml_that_is_not_in_the_encoding_that_it_says_is_no_answer(server: Served) -> None:
    server.body = b"<?xml version='1.0' encoding='GBK'?><a>\xff\xff</a>"
    assert "no XML" in await refused(xml_gateway(server), account="1")


async def test_what_xml_cannot_hold_is_not_sent(server: Served) -> None:
    assert "XML cannot hold" in await refused(xml_gateway(server), account="a\x00b")
    assert server.asked == []
