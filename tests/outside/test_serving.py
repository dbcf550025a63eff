"""The whole appliance with gateways and accounts: questions, operators at the command line, and a changed site."""

import io
import sqlite3
import sys
from collections.abc import Awaitable, Callable
from decimal import Decimal
from pathlib import Path

import pytest
import trio
import trio.lowlevel

from appliance import serve
from appliance.cli import main
from appliance.core.actions import AskGateway, CheckAccount
from appliance.core.inputs import AccountChecked, GatewayAnswered, Input
from appliance.core.records import Audit, Ticket
from appliance.desk import ask_desk
from appliance.outside.pins import matches
from appliance.shell import Shell
from appliance.shell.clock import wall_s
from appliance.site import load_site
from appliance.store import Account, Boot, Reader, Store
from tests.site.small import SMALL

pytestmark = [pytest.mark.requirement("IVR-06"), pytest.mark.slow]

SITE = (
    SMALL.replace('backend = "simulated"', 'backend = "sip"\nlisten = "127.0.0.1:5070"')
    + """
[accounts.customers]
failures = 2
[gateways.billing]
kind = "sql"
file = "bills.db"
[gateways.billing.queries.bill]
arguments = ["account"]
cache_s = 60
sql = "SELECT amount FROM bills WHERE account = :account"
"""
)
PIN = "190523"


class Centre:
    """A running appliance."""

    def __init__(self, folder: Path, shell: Shell, store: Store) -> None:
        self.data, self.site, self.shell, self.store = folder / "data", folder / "site.toml", shell, store

    async def ask(self, asked: AskGateway | CheckAccount) -> Input:
        answered = trio.Event()
        came: list[Input] = []

        def answer(found: Input) -> None:
            came.append(found)
            answered.set()

        self.shell.outside(asked, answer)
        with trio.fail_after(20):
            await answered.wait()
        return came[0]

    async def hotline(self, *words: str) -> int:
        return await trio.to_thread.run_sync(main, [*words, "--data", str(self.data)])


async def run(folder: Path, monkeypatch: pytest.MonkeyPatch, does: Callable[[Centre], Awaitable[None]]) -> None:
    """Serve the site, without lines and speech, as long as it takes to do something."""
    connection = sqlite3.connect(folder / "bills.db")
    connection.executescript("CREATE TABLE IF NOT EXISTS bills (account TEXT, amount REAL); INSERT INTO bills VALUES ('4471', 88.5);")
    connection.close()
    site = folder / "site.toml"
    site.write_text(SITE)

    async def nothing(*_: object, **_how: object) -> None:
        pass

    with Store(folder / "data", at=wall_s(), version="test") as store:

        async def done(lines: trio.Nursery, shell: Shell, _grace_s: float) -> None:
            await does(Centre(folder, shell, store))
            lines.cancel_scope.cancel()

        monkeypatch.setattr(serve._Centre, "_render", nothing)
        monkeypatch.setattr(serve._Centre, "_open_lines", nothing)
        monkeypatch.setattr(serve, "_signalled_to_stop", done)
        assert await serve._Centre(site, load_site(site), folder / "data", store).run(0.0) == 0


def kept(folder: Path) -> dict[str, Account]:
    with Reader(folder / "data" / "hotline.db") as reader:
        return {row.account: row for row in reader.rows(Account)}


Said = pytest.CaptureFixture[str]


async def test_pins_are_set_at_the_command_line_and_checked_for_callers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Said
) -> None:
    async def first(centre: Centre) -> None:
        monkeypatch.setattr(sys, "stdin", io.StringIO(f"{PIN}\n"))
        assert await centre.hotline("accounts", "set", "customers", "4471", "--by", "li") == 0
        assert await centre.ask(CheckAccount(1, "customers", "4471", PIN)) == AccountChecked(1, "right")
        assert await centre.hotline("accounts", "set", "customers", "4472", "--generate") == 0
        pin = capsys.readouterr().out.strip()
        assert await centre.ask(CheckAccount(2, "customers", "4472", pin)) == AccountChecked(2, "right")
        monkeypatch.setattr(sys, "stdin", io.StringIO("1111\n"))
        assert await centre.hotline("accounts", "set", "customers", "4473") == 1
        assert "one digit" in capsys.readouterr().err
        monkeypatch.setattr(sys, "stdin", io.StringIO("\n"))
        assert await centre.hotline("accounts", "set", "customers", "4473") == 2
        assert [await centre.ask(CheckAccount(n, "customers", "4471", "000000")) for n in (3, 4)] == [
            AccountChecked(3, "wrong"),
            AccountChecked(4, "locked"),
        ]

    async def second(centre: Centre) -> None:
        assert await centre.ask(CheckAccount(1, "customers", "4471", PIN)) == AccountChecked(1, "locked")
        assert await centre.hotline("accounts", "list", "customers") == 0
        assert ["locked until" in line for line in capsys.readouterr().out.splitlines()] == [True, False]
        assert await centre.hotline("accounts", "unlock", "customers", "4471", "--by", "li") == 0
        assert await centre.ask(CheckAccount(2, "customers", "4471", PIN)) == AccountChecked(2, "right")
        assert await centre.hotline("accounts", "unlock", "others", "4471") == 1
        capsys.readouterr()
        assert await centre.hotline("accounts", "unlock", "customers", "--caller", "13800138000") == 1
        assert "no wrong PINs are counted for the caller '13800138000'" in capsys.readouterr().err

    await run(tmp_path, monkeypatch, first)
    await run(tmp_path, monkeypatch, second)
    assert set(kept(tmp_path)) == {"4471", "4472"}
    with Reader(tmp_path / "data" / "hotline.db") as reader:
        audit = [(row.who, row.what, row.detail) for row in reader.rows(Audit, "what LIKE '%PIN%' OR what LIKE 'account%' ORDER BY seq")]
    assert audit[0] == ("li", "PIN set", "customers/4471")
    assert ("customers/4471", "account locked", "2 wrong PINs, for 900 s") in audit
    assert audit[-1] == ("li", "account unlocked", "customers/4471")


async def test_accounts_are_imported_and_bad_rows_are_told_with_their_lines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Said
) -> None:
    rows = tmp_path / "accounts.csv"
    rows.write_text(f"account,pin\n4471,{PIN}\n4472,\n4473,12\n")

    async def import_them(centre: Centre) -> None:
        assert await centre.hotline("accounts", "import", "customers", str(rows)) == 2
        made = tmp_path / "made.csv"
        assert await centre.hotline("accounts", "import", "customers", str(rows), "--generated", str(made)) == 1
        told = capsys.readouterr()
        assert told.out == "set 2, rejected 1\n"
        assert "line 4: 4473: a PIN has 4 to 12 digits" in told.err
        mode, written = await trio.to_thread.run_sync(lambda: (made.stat().st_mode & 0o777, made.read_text().split()))
        assert mode == 0o600
        assert written[0] == "account,pin"
        account, _, pin = written[1].partition(",")
        assert await centre.ask(CheckAccount(1, "customers", account, pin)) == AccountChecked(1, "right")
        assert await centre.ask(CheckAccount(2, "customers", "4471", PIN)) == AccountChecked(2, "right")

    await run(tmp_path, monkeypatch, import_them)
    rows.write_text("account\n4471\n")
    for words in (["import", "customers", str(rows)], ["list", "customers"]):  # a file that is none, and nobody to ask
        assert await trio.to_thread.run_sync(main, ["accounts", *words, "--data", str(tmp_path / "data")]) == 2


async def test_where_no_appliance_runs_it_is_done_in_its_data_directory_and_the_next_run_begins_as_if_nothing_had_been(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Said
) -> None:
    words = ["--data", str(tmp_path / "data"), "--site", str(tmp_path / "site.toml")]

    async def hotline(*verbs: str) -> int:
        return await trio.to_thread.run_sync(main, ["accounts", *verbs, *words])

    def boots() -> list[Boot]:
        with Reader(tmp_path / "data" / "hotline.db") as reader:
            return list(reader.rows(Boot))

    async def first(centre: Centre) -> None:
        assert await hotline("set", "customers", "4471", "--generate") == 0, "the one that runs is asked"
        pin = capsys.readouterr().out.strip()
        assert await centre.ask(CheckAccount(1, "customers", "4471", pin)) == AccountChecked(1, "right")
        with monkeypatch.context() as patched:
            patched.setattr("appliance.desk.desk_path", lambda data: data / "gone")
            assert await hotline("unlock", "customers", "4471") == 2, "it does not answer, and runs all the same"
        assert [await centre.ask(CheckAccount(n, "customers", "4471", "000000")) for n in (2, 3)][-1] == AccountChecked(3, "locked")

    async def second(centre: Centre) -> None:
        assert await centre.ask(CheckAccount(1, "customers", "4471", PIN)) == AccountChecked(1, "right")

    assert await hotline("list", "customers") == 2, "there is no data directory yet"
    assert not await trio.to_thread.run_sync((tmp_path / "data").exists)
    await run(tmp_path, monkeypatch, first)
    before = await trio.to_thread.run_sync(boots)
    capsys.readouterr()
    assert await hotline("list", "customers") == 0
    assert "locked until" in capsys.readouterr().out
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{PIN}\n"))
    assert await hotline("set", "customers", "4471") == 0
    assert await hotline("set", "others", "4471", "--generate") == 1
    assert "there are no accounts 'others'; there are: customers" in capsys.readouterr().err
    assert await trio.to_thread.run_sync(boots) == before
    await run(tmp_path, monkeypatch, second)


def test_a_hash_for_a_table_of_somebody_else_s(monkeypatch: pytest.MonkeyPatch, capsys: Said) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{PIN}\n"))
    assert main(["accounts", "hash"]) == 0
    assert matches(PIN, capsys.readouterr().out.strip())


@pytest.mark.requirement("IVR-03")
async def test_look_ups_results_of_tickets_and_a_changed_site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def look(centre: Centre) -> None:
        bill = AskGateway(1, "billing", "bill", {"account": "4471"})
        assert await centre.ask(bill) == GatewayAnswered(1, {"amount": Decimal("88.5")})
        await trio.to_thread.run_sync(lambda: changed(tmp_path / "bills.db"))
        assert await ask_desk(centre.data, {"reload": True}) == {"done": True}
        assert await centre.ask(bill) == GatewayAnswered(1, {"amount": Decimal("88.5")})  # the cache of an unchanged gateway is kept
        await trio.to_thread.run_sync(centre.site.write_text, SITE.replace("cache_s = 60", "") + "[accounts.more]\n")
        assert await centre.ask(CheckAccount(2, "more", "1", PIN)) == AccountChecked(2, "trouble")
        assert await ask_desk(centre.data, {"reload": True}) == {"done": True}
        assert await centre.ask(bill) == GatewayAnswered(1, {"amount": 12})
        assert await centre.ask(CheckAccount(3, "more", "1", PIN)) == AccountChecked(3, "wrong")
        centre.shell._put(Ticket("T-00042", "complaint", "1-1", "138", "", "", "zh", 1_700_000_000.0, code="4913"))
        with trio.fail_after(10):
            while not await centre.store.read(lambda reader: reader.ticket("T-00042")):
                await trio.lowlevel.checkpoint()
        told = await centre.ask(AskGateway(4, "tickets", "status", {"number": "42", "code": "4913"}, "138"))
        assert told == GatewayAnswered(4, {"number": "T-00042", "kind": "complaint", "state": "open", "created": "2023-11-15"})
        assert centre.shell.engine.state.plan.gateways == {"billing": {"bill"}, "tickets": {"status"}}

    await run(tmp_path, monkeypatch, look)


def changed(file: Path) -> None:
    connection = sqlite3.connect(file)
    with connection:
        connection.execute("UPDATE bills SET amount = 12")
    connection.close()


@pytest.mark.requirement("IVR-03")
async def test_a_gateway_that_is_down_is_an_alarm_until_it_is_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def look(centre: Centre) -> None:
        alarms = centre.shell.engine.state.alarms
        text = SITE.replace('kind = "sql"', 'kind = "sql"\nopens_after = 1\nrests_s = 1')
        await trio.to_thread.run_sync(centre.site.write_text, text)
        assert await ask_desk(centre.data, {"reload": True}) == {"done": True}
        file = tmp_path / "bills.db"
        await trio.to_thread.run_sync(file.rename, tmp_path / "away.db")
        await centre.ask(AskGateway(1, "billing", "bill", {"account": "4471"}))
        assert (alarms["gateway:billing"].severity, "cannot be opened" in alarms["gateway:billing"].text) == ("yellow", True)
        await trio.to_thread.run_sync((tmp_path / "away.db").rename, file)
        await trio.sleep(1.1)
        await centre.ask(AskGateway(2, "billing", "bill", {"account": "4471"}))
        assert "gateway:billing" not in alarms

    await run(tmp_path, monkeypatch, look)
