"""The feed: each reader gets every event once and in order, at his own pace, and nobody waits for him."""

import pytest
import trio
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.api.feed import Event, Feed, Lost, Reader

pytestmark = pytest.mark.requirement("SUP-01")


def everything(event: Event) -> Event:
    return event


async def test_a_reader_gets_what_comes_after_his_number() -> None:
    feed = Feed("run")
    for n in range(3):
        feed.publish("agent", str(n), {})
    reader = Reader(feed, 1, everything, newest=False)
    assert [event.seq for event in await reader.next()] == [2, 3]
    with trio.move_on_after(0.01) as waiting:
        await reader.next()
    assert waiting.cancelled_caught
    feed.publish("agent", "3", {})
    assert [event.key for event in await reader.next()] == ["3"]


async def test_a_slow_reader_gets_of_each_thing_its_newest_event_when_he_asks_for_that() -> None:
    feed = Feed("run")
    for n in range(100):
        feed.publish("agent", str(n % 3), {"n": n})
    found = await Reader(feed, 0, everything, newest=True).next()
    assert [(event.key, event.data) for event in found] == [("1", {"n": 97}), ("2", {"n": 98}), ("0", {"n": 99})]


@pytest.mark.parametrize("after", [-1, 0, 4, 11, 1000])
async def test_who_fell_out_of_the_ring_or_comes_from_elsewhere_is_told_so(after: int) -> None:
    feed = Feed("run", kept=5)
    for _ in range(10):
        feed.publish("agent", "1", {})
    assert not feed.holds(after)
    with pytest.raises(Lost):
        feed.after(after, 10)
    assert [event.seq for event in feed.after(5, 10)] == [6, 7, 8, 9, 10]


async def test_what_he_may_not_see_is_not_told_and_keeps_him_waiting() -> None:
    feed = Feed("run")
    reader = Reader(feed, 0, lambda event: event if event.key == "mine" else None, newest=False)
    found: list[Event] = []
    async with trio.open_nursery() as nursery:

        async def read() -> None:
            found.extend(await reader.next())

        nursery.start_soon(read)
        for key in ("others", "others", "mine"):
            await trio.testing.wait_all_tasks_blocked()
            assert found == []
            feed.publish("agent", key, {})
    assert [event.seq for event in found] == [3]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.one_of(st.sampled_from("abc"), st.integers(0, 2)), max_size=60), st.integers(1, 20), st.booleans())
def test_readers_who_come_and_go_hold_at_last_what_everybody_holds(acts: list[str | int], kept: int, newest: bool) -> None:
    """Letters change a thing, numbers let a reader read; who is lost begins with the state of things, as the stream has it."""

    async def story() -> None:
        feed, now = Feed("run", kept), dict[str, int]()
        seen: list[tuple[int, dict[str, int]]] = [(0, {}) for _ in range(3)]
        told: list[list[int]] = [[], [], []]

        async def read(which: int) -> None:
            seq, things = seen[which]
            if not feed.holds(seq):
                seen[which] = (feed.newest, dict(now))
                told[which] = []
                return
            if seq == feed.newest:
                return
            reader = Reader(feed, seq, everything, newest=newest)
            for event in await reader.next():
                assert event.data is not None
                things[event.key] = event.data["n"]
                told[which].append(event.seq)
            seen[which] = (reader.seq, things)

        for n, act in enumerate(acts):
            if isinstance(act, str):
                now[act] = n
                feed.publish("thing", act, {"n": n})
            else:
                await read(act)
        for which in range(3):
            await read(which)
            assert seen[which] == (feed.newest, now)
            assert told[which] == sorted(set(told[which]))
            if not newest and told[which]:
                assert told[which] == list(range(told[which][0], feed.newest + 1))

    trio.run(story)
