"""Gateways that are SQLite files: exact values, and nothing that a site file or a caller says can write, load or run for ever."""

import sqlite3
from decimal import Decimal
from pathlib import Path

import pytest
import trio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from appliance.core.program.expressions import Value
from appliance.outside.answers import GatewayFailed
from appliance.outside.gateways import Gateways
from tests.outside.asking import gateways_of

pytestmark = pytest.mark.requirement("IVR-03")

GATEWAY = """
[gateways.billing]
kind = "sql"
file = "bills.db"
[gateways.billing.queries.bill]
arguments = ["account"]
sql = "SELECT month, amount, paid FROM bills WHERE account = :account ORDER BY month DESC"
[gateways.billing.queries.bills]
arguments = ["account"]
result = "many"
rows = 2
sql = "SELECT month, amount FROM bills WHERE account = :account ORDER BY month"
"""


@pytest.fixture
def bills(tmp_path: Path) -> Path:
    connection = sqlite3.connect(tmp_path / "bills.db")
    connection.executescript(
        "CREATE TABLE bills (account TEXT, month TEXT, amount REAL, paid INTEGER, scan BLOB);"
        "INSERT INTO bills VALUES ('4471', '2026-09', 88.5, 1, x'00'), ('4471', '2026-10', 0.1, 0, x'00'), ('4471', '2026-11', 7, 0, NULL);"
    )
    connection.close()
    return tmp_path


def with_sql(sql: str, folder: Path, more: str = "") -> Gateways:
    return gateways_of(f'[gateways.g]\nkind = "sql"\nfile = "bills.db"\n{more}\n[gateways.g.queries.q]\nsql = """{sql}"""\n', folder)


async def test_one_record_a_list_or_nothing_with_exact_numbers(bills: Path) -> None:
    gateways = gateways_of(GATEWAY, bills)
    assert await gateways.ask("billing", "bill", {"account": "4471"}) == {"month": "2026-11", "amount": Decimal("7.0"), "paid": 0}
    assert await gateways.ask("billing", "bills", {"account": "4471"}) == [
        {"month": "2026-09", "amount": Decimal("88.5")},
        {"month": "2026-10", "amount": Decimal("0.1")},
    ]
    assert await gateways.ask("billing", "bill", {"account": "4472"}) is None
    assert await gateways.ask("billing", "bills", {"account": "4472"}) == []


@pytest.mark.parametrize("account", ["' OR 1=1 --", "4471'; DROP TABLE bills; --", "4471' UNION SELECT 1,2,3 --", '" OR ""="', "%", "\0"])
async def test_an_argument_is_only_ever_a_value(bills: Path, account: str) -> None:
    before = (bills / "bills.db").read_bytes()
    assert await gateways_of(GATEWAY, bills).ask("billing", "bill", {"account": account}) is None
    assert (bills / "bills.db").read_bytes() == before


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=12).filter(lambda text: text != "4471"))
def test_no_text_finds_what_is_not_its_own(bills: Path, account: str) -> None:
    async def ask() -> Value:
        return await gateways_of(GATEWAY, bills).ask("billing", "bill", {"account": account})

    assert trio.run(ask) is None


@pytest.mark.parametrize(
    "sql",
    [
        "WITH a AS (SELECT 1) INSERT INTO bills (account) SELECT 'x'",
        "WITH a AS (SELECT 1) DELETE FROM bills",
        "SELECT load_extension('/tmp/x.so')",
        "SELECT * FROM pragma_table_info('bills')",
    ],
)
async def test_nothing_but_reading_is_possible(bills: Path, sql: str) -> None:
    before = (bills / "bills.db").read_bytes()
    with pytest.raises(GatewayFailed):
        await with_sql(sql, bills).ask("g", "q", {})
    assert (bills / "bills.db").read_bytes() == before


async def test_a_question_without_end_is_interrupted(bills: Path) -> None:
    gateways = with_sql("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n", bills, "timeout_s = 0.2")
    with pytest.raises(GatewayFailed, match=r"within 0.2 s"):
        await gateways.ask("g", "q", {})
    peer = gateways._known["g"][1].peer
    with trio.fail_after(10):
        while peer._threads.borrowed_tokens:  # type: ignore[attr-defined]  # noqa: ASYNC110 - a thread's end is no event
            await trio.sleep(0.01)


@pytest.mark.parametrize(
    ("sql", "why"),
    [("SELECT nobody FROM bills", "no such column"), ("SELECT scan FROM bills", "bytes"), ("SELECT hex(zeroblob(2000000))", "TOOBIG")],
)
async def test_what_cannot_be_used_is_no_answer(bills: Path, sql: str, why: str) -> None:
    with pytest.raises(GatewayFailed, match=why):
        await with_sql(sql, bills).ask("g", "q", {})


async def test_a_file_that_is_gone_or_is_none_is_no_answer(bills: Path) -> None:
    gateways = gateways_of(GATEWAY, bills)
    (bills / "bills.db").write_bytes(b"no database, but long enough to be looked at" * 100)
    with pytest.raises(GatewayFailed, match="NOTADB"):
        await gateways.ask("billing", "bill", {"account": "4471"})
    (bills / "bills.db").unlink()
    with pytest.raises(GatewayFailed, match="cannot be opened"):
        await gateways.ask("billing", "bill", {"account": "4471"})
    assert not (bills / "bills.db").exists()


async def test_records_are_no_arguments_and_exact_numbers_are(bills: Path) -> None:
    text = GATEWAY + '[gateways.billing.queries.by]\narguments = ["a"]\nsql = "SELECT count(*) AS n FROM bills WHERE amount = :a"\n'
    gateways = gateways_of(text, bills)
    assert await gateways.ask("billing", "by", {"a": Decimal("88.5")}) == {"n": 1}
    assert await gateways.ask("billing", "by", {"a": Decimal("7.00")}) == {"n": 1}
    for wrong in ([1], {"a": 1}, 2**63):
        with pytest.raises(GatewayFailed, match="'a' is"):
            await gateways.ask("billing", "by", {"a": wrong})  # type: ignore[dict-item]
