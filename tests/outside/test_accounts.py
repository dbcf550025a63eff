"""Accounts and PINs of callers: right, wrong, locked over a restart, changed - and never a PIN where somebody could read it."""

import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import trio
import trio.lowlevel
import trio.testing
from attrs import define, field

from appliance.core.actions import CheckAccount
from appliance.core.inputs import Noticed
from appliance.core.program.expressions import Value
from appliance.outside.accounts import Accounts
from appliance.outside.answers import GatewayFailed
from appliance.outside.book import StoredAccounts
from appliance.outside.callers import Callers
from appliance.outside.operators import accounts_answer
from appliance.outside.pins import hashed
from appliance.outside.tries import Tries, tries_in
from appliance.site.accounts import Accounts as Table
from appliance.store import Account, Safely, Store
from tests.outside.asking import Book

pytestmark = pytest.mark.requirement("IVR-06")

PIN, NEW, ACCOUNT = "190523", "847261", "4471"


@define
class Centre:
    """Accounts around some book, with a clock that a test sets, and a gateway that answers what it says."""

    now: float = 1000.0
    answers: dict[str, Value] = field(factory=dict)
    asked: list[tuple[str, Mapping[str, Value]]] = field(factory=list)
    noticed: list[Noticed] = field(factory=list)

    async def ask(self, gateway: str, query: str, arguments: Mapping[str, Value]) -> Value:
        await trio.lowlevel.checkpoint()
        self.asked.append((f"{gateway}.{query}", dict(arguments)))
        if query not in self.answers:
            raise GatewayFailed("it is down")
        return self.answers[query]

    def accounts(self, book: Book | StoredAccounts, table: Table | None = None, tries: Tries | None = None) -> Accounts:
        if isinstance(book, Book):
            tries = Tries(book.tries_of, book.keep_tries, lambda: self.now)
        assert tries is not None
        made = Accounts(book, self.ask, Callers(tries, book.put, self.noticed.append, lambda: self.now), lambda: self.now)
        made.tables = {"customers": table or Table(failures=3, locked_s=600)}
        return made


async def check(accounts: Accounts, pin: str, account: str = ACCOUNT, new: str = "", caller: str = "") -> str:
    with trio.fail_after(10):
        return (await accounts.answer(CheckAccount(7, "customers", account, pin, new, caller))).outcome


@asynccontextmanager
async def kept(folder: Path, centre: Centre, table: Table | None = None) -> AsyncIterator[tuple[Accounts, StoredAccounts]]:
    """Accounts in a real store, for one run of the appliance."""
    with Store(folder, at=centre.now) as store:
        writer = store.writer()
        safely = Safely(writer)
        writer.stored = safely.heard(lambda _token, _error: None)
        book = StoredAccounts(store, safely)
        async with writer.running():
            yield centre.accounts(book, table, Tries(tries_in(store), writer.put, lambda: centre.now)), book


async def test_a_pin_is_right_or_wrong_and_nobody_learns_which_accounts_there_are() -> None:
    accounts = Centre().accounts(Book())
    assert await accounts.set_pin("customers", ACCOUNT, PIN, "li") == ""
    assert await check(accounts, PIN) == "right"
    assert await check(accounts, NEW) == "wrong"
    assert await check(accounts, PIN, "4472") == "wrong"
    assert await check(accounts, PIN, "no such account!") == "wrong"
    assert await check(accounts, "") == "wrong"
    assert (await accounts.answer(CheckAccount(8, "others", ACCOUNT, PIN))).outcome == "trouble"


async def test_wrong_pins_in_a_row_lock_an_account_for_a_while() -> None:
    centre, book = Centre(), Book()
    accounts = centre.accounts(book)
    await accounts.set_pin("customers", ACCOUNT, PIN, "li")
    assert [await check(accounts, NEW) for _ in range(2)] == ["wrong", "wrong"]
    assert await check(accounts, PIN) == "right"
    assert [await check(accounts, NEW) for _ in range(3)] == ["wrong", "wrong", "locked"]
    assert await check(accounts, PIN) == "locked"
    centre.now += 599
    assert await check(accounts, PIN) == "locked"
    centre.now += 2
    assert await check(accounts, PIN) == "right"
    assert [row.what for row in book.audit] == ["PIN set", "account locked"]


async def test_an_account_that_is_not_there_is_locked_as_well() -> None:
    accounts = Centre().accounts(Book())
    assert [await check(accounts, PIN, "9") for _ in range(4)] == ["wrong", "wrong", "locked", "locked"]


async def test_calls_at_the_same_time_have_no_more_tries_than_one_after_the_other() -> None:
    accounts = Centre().accounts(Book())
    await accounts.set_pin("customers", ACCOUNT, PIN, "li")
    came: list[str] = []

    async def one() -> None:
        came.append(await check(accounts, NEW))

    async with trio.open_nursery() as nursery:
        for _ in range(8):
            nursery.start_soon(one)
    assert sorted(came) == ["locked"] * 6 + ["wrong"] * 2
    assert accounts._turns == {}


async def test_it_is_hashed_for_nobody_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[str] = []

    def counted(pin: str, pin_hash: str) -> bool:
        looked.append(pin_hash.partition("$")[0])
        return False

    monkeypatch.setattr("appliance.outside.accounts.matches", counted)
    accounts = Centre().accounts(Book())
    await check(accounts, PIN, "9")
    assert looked == ["scrypt"]


async def test_hashing_holds_up_nothing() -> None:
    accounts = Centre().accounts(Book())
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await trio.lowlevel.checkpoint()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(others)
        await check(accounts, PIN)
        nursery.cancel_scope.cancel()
    assert turns > 20


async def test_a_caller_changes_his_pin_if_he_knows_it_and_the_new_one_is_one() -> None:
    book = Book()
    accounts = Centre().accounts(book)
    await accounts.set_pin("customers", ACCOUNT, PIN, "li")
    assert await check(accounts, NEW, new="5555") == "wrong"
    for bad in ("5555", ACCOUNT, "12", "12345678901234"):
        assert await check(accounts, PIN, new=bad) == "refused"
    assert await check(accounts, PIN, new=NEW) == "right"
    assert await check(accounts, PIN) == "wrong"
    assert await check(accounts, NEW) == "right"
    assert (book.audit[-1].who, book.audit[-1].what) == ("customers/4471", "PIN changed by the caller")
    book.safe = False
    assert await check(accounts, NEW, new=PIN) == "trouble"


async def test_locks_and_pins_outlive_a_restart(tmp_path: Path) -> None:
    centre = Centre()
    async with kept(tmp_path, centre) as (accounts, _):
        await accounts.set_pin("customers", ACCOUNT, PIN, "li")
        assert await check(accounts, NEW) == "wrong"
    async with kept(tmp_path, centre) as (accounts, _):
        assert [await check(accounts, NEW) for _ in range(2)] == ["wrong", "locked"]
    async with kept(tmp_path, centre) as (accounts, book):
        assert await check(accounts, PIN) == "locked"
        assert await accounts.unlock("customers", ACCOUNT, "li") == ""
        assert await check(accounts, PIN) == "right"
        assert book._on_the_way == {} or await book.find("customers", ACCOUNT) is not None


async def test_a_row_is_known_from_the_moment_it_is_put(tmp_path: Path) -> None:
    async with kept(tmp_path, Centre()) as (_, book):
        for failures in range(50):
            book.put(Account("customers", ACCOUNT, failures=failures))
            found = await book.find("customers", ACCOUNT)
            assert found is not None
            assert found.failures == failures
        assert await book.put_safely(Account("customers", ACCOUNT, failures=99))
        assert book._on_the_way == {}


async def test_no_pin_and_no_hash_is_anywhere_to_be_read(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        async with kept(tmp_path, Centre()) as (accounts, _):
            await accounts.set_pin("customers", ACCOUNT, PIN, "li")
            await check(accounts, PIN, new=NEW)
            for _ in range(3):
                await check(accounts, "730164")
            row = await accounts.book.find("customers", ACCOUNT)
    assert row is not None
    assert row.pin_hash.startswith("scrypt$")
    files = await trio.to_thread.run_sync(lambda: b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()))
    shown = f"{row!r}{CheckAccount(1, 'customers', ACCOUNT, PIN, NEW)!r}{caplog.text}"
    for pin in (PIN, NEW, "730164"):
        assert pin.encode() not in files
        assert pin not in shown
    assert "scrypt$" not in shown
    assert ACCOUNT not in caplog.text


# -- gateways that know the PINs ----------------------------------------------------------------------------------------------------------

YES_NO = Table(gateway="billing", query="check", change="change", failures=3)
HASH = Table(gateway="billing", query="pin", answers="hash", failures=3)


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        ({"right": True}, "right"), ({"right": 1}, "right"), ({"right": "Yes"}, "right"), ([{"right": "true"}], "right"),
        ({"right": False}, "wrong"), ({"right": 0}, "wrong"), ({"right": "no"}, "wrong"), ({"right": 2}, "wrong"),
        ({"right": None}, "wrong"),
        (None, "wrong"), ([], "wrong"), ({"ok": True}, "trouble"),
    ],
)  # fmt: skip
async def test_a_gateway_says_yes_or_no(answer: Value, outcome: str) -> None:
    centre = Centre(answers={"check": answer})
    assert await check(centre.accounts(Book(), YES_NO), PIN) == outcome
    assert centre.asked == [("billing.check", {"account": ACCOUNT, "pin": PIN})]


async def test_a_gateway_s_hash_is_compared_here() -> None:
    centre = Centre(answers={"pin": {"hash": hashed(PIN)}})
    accounts = centre.accounts(Book(), HASH)
    assert [await check(accounts, PIN), await check(accounts, NEW)] == ["right", "wrong"]
    assert centre.asked[0] == ("billing.pin", {"account": ACCOUNT})
    centre.answers["pin"] = None
    assert await check(accounts, PIN) == "wrong"
    centre.answers["pin"] = {"hash": PIN}
    assert await check(accounts, PIN) == "trouble"


async def test_a_gateway_that_is_down_is_trouble_and_locks_nobody() -> None:
    centre = Centre()
    accounts = centre.accounts(Book(), YES_NO)
    assert [await check(accounts, PIN) for _ in range(5)] == ["trouble"] * 5
    centre.answers["check"] = {"right": False}
    assert [await check(accounts, PIN) for _ in range(3)] == ["wrong", "wrong", "locked"]


@pytest.mark.parametrize("table", [YES_NO, HASH])
async def test_an_account_of_a_gateway_has_no_more_tries_by_zeros_before_it(table: Table) -> None:
    """Where the gateway compares numbers, each of these is the same account."""
    centre = Centre(answers={"check": {"right": False}, "pin": {"hash": hashed(PIN)}})
    accounts = centre.accounts(Book(), table)
    assert [await check(accounts, NEW, account) for account in (ACCOUNT, f"0{ACCOUNT}", f"000{ACCOUNT}")] == ["wrong", "wrong", "locked"]
    assert [asked["account"] for _, asked in centre.asked] == [ACCOUNT, f"0{ACCOUNT}", f"000{ACCOUNT}"], "it is asked as was keyed"
    assert await check(accounts, PIN, ACCOUNT) == "locked"
    assert await accounts.unlock("customers", f"00{ACCOUNT}", "li") == ""
    assert await check(accounts, NEW, ACCOUNT) == "wrong"
    assert [await check(accounts, NEW, each) for each in ("0", "00", "000")] == ["wrong", "wrong", "locked"]


async def test_accounts_that_are_kept_here_are_what_they_are() -> None:
    accounts = Centre().accounts(Book())
    await accounts.set_pin("customers", "0007", PIN, "li")
    assert (await check(accounts, PIN, "0007"), await check(accounts, PIN, "7")) == ("right", "wrong")


async def test_a_gateway_changes_a_pin() -> None:
    centre = Centre(answers={"check": {"right": True}, "change": {"right": True}})
    accounts = centre.accounts(Book(), YES_NO)
    assert await check(accounts, PIN, new=NEW) == "right"
    assert centre.asked[-1] == ("billing.change", {"account": ACCOUNT, "pin": PIN, "new": NEW})
    centre.answers["change"] = {"right": False}
    assert await check(accounts, PIN, new=NEW) == "refused"
    assert await check(centre.accounts(Book(), Table(gateway="billing", query="check")), PIN, new=NEW) == "trouble"


# -- operators --------------------------------------------------------------------------------------------------------------------------


async def test_an_operator_sets_lists_and_unlocks(tmp_path: Path) -> None:
    centre = Centre()
    async with kept(tmp_path, centre) as (accounts, book):

        async def ask(**request: object) -> dict[str, object]:
            return await accounts_answer(accounts, book, {"of": "customers", "by": "li", **request})

        entries = [
            {"account": ACCOUNT, "pin": PIN},
            {"account": "4472"},
            {"account": "4473", "pin": "1111"},
            {"account": "a b", "pin": PIN},
        ]
        told = await ask(accounts="set", entries=entries)
        answers = told["set"]
        assert isinstance(answers, list)
        assert answers[0] == {"account": ACCOUNT}
        assert await check(accounts, answers[1]["pin"], "4472") == "right"
        assert answers[2] == {"account": "4473", "error": "a PIN is not one digit again and again"}
        assert "at most 32" in answers[3]["error"]
        for _ in range(3):
            await check(accounts, NEW)
        listed = (await ask(accounts="list"))["entries"]
        assert isinstance(listed, list)
        assert [(entry["account"], entry["pin"], entry["locked_until_at"]) for entry in listed] == [
            (ACCOUNT, True, centre.now + 600),
            ("4472", True, None),
        ]
        assert await ask(accounts="unlock", account=ACCOUNT) == {"done": True}
        assert await check(accounts, PIN) == "right"
        assert await ask(accounts="unlock", account="9") == {"error": "nothing is known of the account '9'"}
        assert "there are no accounts 'others'" in str(await ask(of="others", accounts="list"))
        assert "there are no accounts 'others'" in str(await ask(of="others", accounts="set", entries=entries))
        for bad in ([], [{"account": 1}], [{"pin": PIN}], [{"account": "1", "more": ""}], ["4471"], [{"account": "1"}] * 101):
            assert "error" in await ask(accounts="set", entries=bad)
        assert "error" in await ask(accounts="nonsense")


async def test_pins_that_a_gateway_keeps_are_not_set_here() -> None:
    accounts = Centre().accounts(Book(), YES_NO)
    assert await accounts.set_pin("customers", ACCOUNT, PIN, "li") == "the PINs of 'customers' are kept by the gateway 'billing'"
