"""Wrong PINs count by the number that calls, too: who tries one on account after account gets no further, until an operator lets him."""

from collections.abc import Mapping
from pathlib import Path

import pytest
import trio
import trio.testing

from appliance.core.program.expressions import Value
from appliance.core.records import Audit
from appliance.outside.operators import accounts_answer
from appliance.site.accounts import Accounts as Table
from appliance.store import Reader
from hal.api import Severity
from tests.outside.asking import Book
from tests.outside.test_accounts import ACCOUNT, PIN, Centre, check, kept

pytestmark = pytest.mark.requirement("IVR-06")

WIDE = Table(failures=3, locked_s=600, caller_failures=4)
LI, WANG = "13800138000", "13900139000"


def limited(caller_failures: int) -> Table:
    return Table(gateway="billing", query="check", failures=3, caller_failures=caller_failures)


async def test_who_tries_one_pin_on_many_accounts_gets_no_further() -> None:
    centre, book = Centre(), Book()
    accounts = centre.accounts(book, WIDE)
    await accounts.set_pin("customers", ACCOUNT, PIN, "li")
    for account in range(3):
        assert await check(accounts, PIN, f"900{account}", caller=LI) == "wrong"
        centre.now += 10
    assert await check(accounts, PIN, caller=LI) == "right", "his own account"
    assert centre.noticed == []
    assert await check(accounts, PIN, "9003", caller=LI) == "wrong"
    assert await check(accounts, PIN, caller=LI) == "locked", "and it took nothing off the count"
    assert await check(accounts, PIN, caller=WANG) == "right"
    assert [(row.who, row.what) for row in book.audit[1:]] == [(f"customers/{LI}", "caller locked")]
    (noticed,) = centre.noticed
    assert (noticed.source, noticed.severity, noticed.lasts_s) == (f"pins:customers/{LI}", Severity.YELLOW, 600)
    centre.now += 569
    assert await check(accounts, PIN, caller=LI) == "locked"
    centre.now += 2
    assert await check(accounts, PIN, caller=LI) == "right"


async def test_what_is_not_looked_at_counts_for_nobody() -> None:
    centre, book = Centre(answers={"check": {"right": False}}), Book()
    accounts = centre.accounts(book, limited(4))
    assert [await check(accounts, PIN, f"900{account}", caller=LI) for account in range(7)] == ["wrong"] * 4 + ["locked"] * 3
    assert len(centre.asked) == 4
    assert {account for _, account in book.rows} == {"9000", "9001", "9002", "9003"}
    del centre.answers["check"]
    assert [await check(accounts, PIN, ACCOUNT, caller=WANG) for _ in range(6)] == ["trouble"] * 6


async def test_callers_without_a_number_have_ten_times_the_tries_together() -> None:
    centre, book = Centre(answers={"check": {"right": False}}), Book()
    accounts = centre.accounts(book, limited(2))
    came = [await check(accounts, PIN, f"90{account}", caller=("", "anonymous")[account % 2]) for account in range(21)]
    assert came == ["wrong"] * 20 + ["locked"]
    assert [row.who for row in book.audit] == ["customers/withheld"]
    assert await check(accounts, PIN, "9100", caller=LI) == "wrong"


async def test_calls_of_one_number_at_once_have_no_more_tries_and_wait_for_no_others() -> None:
    centre = Centre(answers={"check": {"right": False}})
    accounts = centre.accounts(Book(), limited(4))
    came: list[str] = []
    at_once = most = 0
    plain = centre.ask

    async def ask(gateway: str, query: str, arguments: Mapping[str, Value]) -> Value:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        await trio.testing.wait_all_tasks_blocked()
        at_once -= 1
        return await plain(gateway, query, arguments)

    async def one(account: int) -> None:
        came.append(await check(accounts, PIN, f"90{account}", caller=LI))

    accounts._ask = ask
    with trio.fail_after(5):
        async with trio.open_nursery() as nursery:
            for account in range(12):
                nursery.start_soon(one, account)
    assert sorted(came) == ["locked"] * 8 + ["wrong"] * 4
    assert most == 4
    centre.now, centre.answers["check"] = 5000.0, {"right": True}
    came.clear()
    with trio.fail_after(5):
        async with trio.open_nursery() as nursery:
            for account in range(12):
                nursery.start_soon(one, account)
    assert came == ["right"] * 12, "who waits for a right one is let in after it"
    assert accounts._callers._open == {}


async def test_a_site_can_leave_callers_uncounted() -> None:
    centre = Centre(answers={"check": {"right": False}})
    accounts = centre.accounts(Book(), limited(0))
    assert [await check(accounts, PIN, f"90{account}", caller=LI) for account in range(30)] == ["wrong"] * 30
    assert centre.noticed == []


async def test_a_caller_s_wrong_pins_outlive_a_restart(tmp_path: Path) -> None:
    centre = Centre()
    for run in range(2):
        async with kept(tmp_path, centre, WIDE) as (accounts, _):
            assert [await check(accounts, PIN, f"9{run}{n}", caller=LI) for n in range(2)] == ["wrong"] * 2
    async with kept(tmp_path, centre, WIDE) as (accounts, _):
        assert await check(accounts, PIN, "99", caller=LI) == "locked"
        assert await check(accounts, PIN, "99", caller=WANG) == "wrong"


async def test_an_operator_frees_a_caller_for_good_and_nobody_else(tmp_path: Path) -> None:
    centre = Centre()
    async with kept(tmp_path, centre, WIDE) as (accounts, book):

        async def free(number: str, of: str = "customers") -> dict[str, object]:
            return await accounts_answer(accounts, book, {"accounts": "unlock", "of": of, "by": "li", "caller": number})

        assert [await check(accounts, PIN, f"9{n}", caller=caller) for caller in (LI, WANG) for n in range(4)] == ["wrong"] * 8
        assert await free(LI) == {"done": True}
        assert await check(accounts, PIN, "99", caller=LI) == "wrong", "it is looked at again"
        assert await check(accounts, PIN, "99", caller=WANG) == "locked"
        assert (centre.noticed[-1].source, centre.noticed[-1].cleared) == (f"pins:customers/{LI}", True)
        assert await free("13700137000") == {"error": "no wrong PINs are counted for the caller '13700137000'"}
        assert "there are no accounts 'others'" in str(await free(LI, "others"))
        assert [await check(accounts, PIN, f"8{n}", caller="") for n in range(40)] == ["wrong"] * 40
        assert await free("withheld") == {"done": True}
        assert await check(accounts, PIN, "99", caller="anonymous") == "wrong"
        assert await free(WANG) == {"done": True}
    with Reader(tmp_path / "hotline.db") as reader:
        freed = [(row.who, row.detail) for row in reader.rows(Audit, "what = 'caller unlocked' ORDER BY seq")]
    assert freed == [("li", f"customers/{LI}"), ("li", "customers/withheld"), ("li", f"customers/{WANG}")]
    async with kept(tmp_path, centre, WIDE) as (accounts, _):
        assert await check(accounts, PIN, "98", caller=WANG) == "wrong", "he is free after a restart, too"
