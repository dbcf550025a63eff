"""The writer: rows are safe when they are acknowledged, in order, many in one transaction."""

from pathlib import Path

import attrs
import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from appliance.core.plan import Plan
from appliance.store.errors import StoreClosed
from appliance.store.pace import Pace
from appliance.store.reader import Reader
from appliance.store.writer import Writer
from tests.store.acks import Told
from tests.store.samples import contact, event, ticket


class NoPace(Pace):
    """Always the same linger; notes how many rows each commit took."""

    def __init__(self, linger_s: float) -> None:
        super().__init__()
        self.fixed_s = linger_s
        self.groups: list[int] = []

    def note(self, rows: int, now: float) -> None:
        super().note(rows, now)
        self.groups.append(rows)

    def linger_s(self, now: float) -> float:
        assert super().linger_s(now) >= 0.0
        return self.fixed_s


@pytest.mark.requirement("OPS-05")
async def test_an_acknowledged_row_is_on_disk(path: Path, reader: Reader) -> None:
    told = Told()
    async with Writer(path, stored=told.stored).running() as writer:
        writer.put(event())
        writer.put(contact(), 7)
        await told.wait_until(lambda: told.acknowledged)
        assert reader.contact("1-1") == contact()
        assert reader.events_of("1-1") == [event()]  # put before it
    assert told.acknowledged == [7]
    assert writer.waiting == 0


async def test_acknowledgements_come_in_order_and_only_for_tokens(path: Path) -> None:
    told = Told()
    async with Writer(path, stored=told.stored).running() as writer:
        for n in range(1, 400):
            writer.put(contact(f"1-{n}"), n)
            writer.put(event())
            if n % 50 == 0:
                await told.wait_until(lambda n=n: len(told.acknowledged) > n - 20)  # type: ignore[misc]
    assert told.acknowledged == list(range(1, 400))


async def test_the_newest_row_of_a_key_wins(path: Path, reader: Reader) -> None:
    async with Writer(path).running() as writer:
        for n in range(10):
            writer.put(contact(cause=n))
    async with Writer(path).running() as writer:
        writer.put(contact(cause=99))
        writer.put(contact(cause=16, outcome="answered"))
    assert reader.contact("1-1") == contact(cause=16, outcome="answered")


async def test_under_load_a_commit_takes_many_rows(path: Path) -> None:
    told = Told()
    async with Writer(path, stored=told.stored).running() as writer:
        for n in range(1, 2001):
            writer.put(contact(f"1-{n}"), n)
            if n % 100 == 0:
                await trio.lowlevel.checkpoint()
    assert writer.rows == 2000
    assert writer.commits < 100


async def test_rows_that_come_during_the_linger_share_its_commit(path: Path) -> None:
    pace = NoPace(linger_s=0.05)
    async with Writer(path, pace=pace).running() as writer:
        for n in range(10):
            writer.put(contact(f"1-{n}"))
            await wait_all_tasks_blocked()
    assert pace.groups == [10]


async def test_no_linger_when_idle(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = Told()
    lingers = []
    pace = Pace()

    def linger_s(now: float) -> float:
        lingers.append(Pace.linger_s(pace, now))
        return lingers[-1]

    monkeypatch.setattr(pace, "linger_s", linger_s)
    async with Writer(path, stored=told.stored, pace=pace).running() as writer:
        for n in range(1, 20):
            writer.put(contact(f"1-{n}"), n)
            await told.wait_until(lambda n=n: told.acknowledged[-1:] == [n])  # type: ignore[misc]
    assert lingers == [0.0] * 19
    assert writer.commits == 19


async def test_a_large_group_does_not_linger(path: Path) -> None:
    told = Told()
    async with Writer(path, stored=told.stored, pace=NoPace(linger_s=3600)).running() as writer:
        for n in range(1, 12_001):
            writer.put(event(), n)
        await told.wait_until(lambda: len(told.acknowledged) >= 10_000)
    assert writer.rows == 12_000


@pytest.mark.requirement("OPS-05")
async def test_an_orderly_end_writes_what_waits(path: Path, reader: Reader) -> None:
    told = Told()
    with trio.CancelScope() as scope:
        async with trio.open_nursery() as nursery:
            writer = Writer(path, stored=told.stored, pace=NoPace(linger_s=3600))
            await nursery.start(writer.run)
            writer.put(contact(), 1)
            await wait_all_tasks_blocked()
            assert told.acknowledged == []
            writer.put(ticket(), 2)
            scope.cancel()
    assert told.acknowledged == [1, 2]
    assert reader.contact("1-1") is not None
    assert reader.ticket("T-00001") is not None


async def test_rows_put_while_the_body_ends_are_written(path: Path) -> None:
    told = Told()
    with trio.CancelScope() as scope:
        async with Writer(path, stored=told.stored).running() as writer:
            writer.put(contact(), 1)
            scope.cancel()
            try:
                await trio.sleep_forever()
            finally:
                writer.put(ticket(), 2)
    assert told.acknowledged == [1, 2]


async def test_cancelled_before_it_began(path: Path) -> None:
    with trio.CancelScope() as scope:
        scope.cancel()
        writer = Writer(path)
        async with trio.open_nursery() as nursery:
            await nursery.start(writer.run)
    assert writer.rows == 0


async def test_a_row_after_the_end_is_our_mistake(path: Path) -> None:
    async with Writer(path).running() as writer:
        pass
    with pytest.raises(StoreClosed, match="a row for table 'contacts' came after"):
        writer.put(contact())


async def test_what_is_no_record_is_refused_at_once(path: Path) -> None:
    async with Writer(path).running() as writer:
        with pytest.raises(TypeError, match="Plan has no table; records are "):
            writer.put(Plan())  # type: ignore[arg-type]


async def test_a_row_no_table_can_hold_is_told_and_harms_no_other(path: Path, reader: Reader, caplog: pytest.LogCaptureFixture) -> None:
    told = Told()
    async with Writer(path, stored=told.stored).running() as writer:
        writer.put(event(what="before"))
        writer.put(contact("1-1"), 1)
        writer.put(contact("1-2", arrived_at=float("nan")), 2)
        writer.put(contact("1-3", cause=2**70), 3)
        writer.put(contact("1-4", arrived_at="noon"), 4)
        writer.put(contact("1-5", ani=b"\x00"), 5)
        writer.put(contact("1-6"), 6)
        writer.put(event(what="after"))
    assert told.acknowledged == [1, 6]
    assert sorted(told.errors) == [2, 3, 4, 5]
    assert told.errors[2] == "a row of contacts cannot be kept: NOT NULL constraint failed: contacts.arrived_at"
    assert "cannot store TEXT value in REAL column" in told.errors[4]
    assert [row.what for row in reader.events_of("1-1")] == ["before", "after"]
    assert (writer.rows, writer.rejected) == (4, 4)
    assert len(caplog.records) == 4


async def test_text_that_is_no_unicode_is_kept_readable(path: Path, reader: Reader) -> None:
    told = Told()
    async with Writer(path, stored=told.stored).running() as writer:
        writer.put(contact(ani=b"+49\xff1".decode("utf-8", "surrogateescape")), 1)
    assert told.acknowledged == [1]
    assert attrs.asdict(next(reader.contacts(0, 1e12)))["ani"] == "+49\\udcff1"


async def test_a_sink_may_put_rows(path: Path, reader: Reader) -> None:
    told = Told()
    writer = Writer(path)

    def stored(token: int, error: str) -> None:
        told.stored(token, error)
        if token < 5:
            writer.put(contact(f"1-{token}"), token + 1)

    writer.stored = stored
    async with writer.running():
        writer.put(contact("1-0"), 1)
        await told.wait_until(lambda: told.acknowledged == [1, 2, 3, 4, 5])
    assert len(list(reader.contacts(0, 1e12))) == 5
