"""The store of a simulation behaves like the writer on the simulation's time."""

import heapq
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import trio

from appliance.core.plan import Plan
from appliance.core.records import CallEvent, Contact, Ticket
from appliance.store.memory import MemoryStore
from appliance.store.store import Keeper
from appliance.store.trouble import Trouble
from appliance.store.writer import Writer
from hal.api import Severity
from tests.store.acks import Told
from tests.store.samples import NOON, contact, event, ticket


class World:
    """A simulation's time: what was scheduled happens in order."""

    def __init__(self) -> None:
        self.now = 0.0
        self._due: list[tuple[float, int, Callable[[], None]]] = []

    def schedule(self, delay_s: float, function: Callable[[], None]) -> None:
        heapq.heappush(self._due, (self.now + delay_s, len(self._due), function))

    def run_until(self, now: float) -> None:
        while self._due and self._due[0][0] <= now:
            self.now, _, function = heapq.heappop(self._due)
            function()
        self.now = now


@pytest.mark.requirement("SIM-01")
def test_an_acknowledgement_takes_the_modelled_time() -> None:
    world, told = World(), Told()
    store = MemoryStore(world.schedule, stored=told.stored, delay_s=lambda: 0.004)
    store.put(contact(), 1)
    store.put(event())
    world.run_until(0.003)
    assert told.acknowledged == []
    world.run_until(0.004)
    assert told.acknowledged == [1]


def test_acknowledgements_keep_their_order_whatever_each_takes() -> None:
    world, told = World(), Told()
    delays: Iterator[float] = iter([0.9, 0.1, 0.5])
    store = MemoryStore(world.schedule, stored=told.stored, delay_s=lambda: next(delays))
    for token in (1, 2, 3):
        store.put(contact(f"1-{token}"), token)
    world.run_until(0.6)
    assert told.acknowledged == [1, 2]
    world.run_until(1.0)
    assert told.acknowledged == [1, 2, 3]


@pytest.mark.requirement("SIM-05")
def test_a_disk_in_trouble_holds_acknowledgements() -> None:
    world, told = World(), Told()
    store = MemoryStore(world.schedule, stored=told.stored, alarm=told.alarm)
    trouble = Trouble(Severity.RED, "disk full", "free some")
    store.put(contact("1-1"), 1)
    store.break_down(trouble)
    store.put(contact("1-2"), 2)
    world.run_until(10.0)
    assert told.acknowledged == []
    store.put(contact("1-3"), 3)
    store.recover()
    assert told.acknowledged == [1, 2]
    world.run_until(20.0)
    assert told.acknowledged == [1, 2, 3]
    assert told.troubles == [trouble, None]


def test_rows_can_be_read_while_more_come() -> None:
    store = MemoryStore(World().schedule)
    store.put(contact("1-1"))
    store.put(contact("1-1", outcome="answered"))
    store.put(event("1-1"))
    reader = store.reader()
    assert reader.contact("1-1") == contact("1-1", outcome="answered")
    store.put(event("1-1", "ended"))
    store.put(ticket())
    store.put(contact("1-1", outcome="lost"))
    assert store.reader().outcomes(0, NOON * 2) == {"lost": 1}
    assert [row.what for row in reader.events_of("1-1")] == ["arrived", "ended"]
    assert reader.tickets() == [ticket()]
    reader.close()


def test_all_rows_are_kept_as_objects() -> None:
    store = MemoryStore(World().schedule)
    for name in ("1-2", "1-1", "1-2"):
        store.put(contact(name, cause=len(store.contacts)))
        store.put(event(name))
    assert [(row.id, row.cause) for row in store.contacts] == [("1-2", 2), ("1-1", 1)]
    assert [row.contact for row in store.rows(CallEvent)] == ["1-2", "1-1", "1-2"]
    assert store.rows(Ticket) == []
    assert store.counts() == {**dict.fromkeys(store.counts(), 0), "contacts": 2, "call_events": 3}


def test_for_long_simulations_rows_are_told_and_counted_and_not_kept() -> None:
    world, told = World(), Told()
    heard: list[Contact] = []
    store = MemoryStore(world.schedule, stored=told.stored, told={Contact: heard.append})
    for n in range(3):
        store.put(contact("1-1", cause=n))
        store.put(event())
        store.put(ticket(), n + 1)
    world.run_until(1.0)
    assert told.acknowledged == [1, 2, 3]
    assert heard == [contact("1-1", cause=n) for n in range(3)]
    assert (store.counts()["contacts"], store.counts()["call_events"], store.counts()["tickets"]) == (3, 3, 3)
    with pytest.raises(LookupError, match="rows of 'call_events' are only counted: make the store without `told`"):
        store.rows(CallEvent)
    with pytest.raises(LookupError, match="only counted"):
        store.reader()


def test_what_is_no_record_is_refused() -> None:
    with pytest.raises(TypeError, match="Plan has no table"):
        MemoryStore(World().schedule).put(Plan())  # type: ignore[arg-type]


async def test_both_stores_are_used_in_the_same_way(path: Path) -> None:
    keepers: list[Keeper] = [Writer(path), MemoryStore(World().schedule)]
    for keeper in keepers:
        async with keeper.running():
            keeper.put(contact())


async def test_in_a_nursery(path: Path) -> None:
    async with trio.open_nursery() as nursery:
        await nursery.start(MemoryStore(World().schedule).run)
        nursery.cancel_scope.cancel()
