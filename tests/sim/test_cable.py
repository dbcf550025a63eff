"""The cable of virtual time keeps what a stream promises."""

import pytest
import trio
import trio.testing

from sim.cable import Cable, cable


async def test_what_is_sent_comes_in_order_and_in_pieces_as_wanted() -> None:
    one, other = cable()
    await one.send_all(b"abc")
    await one.send_all(b"def")
    assert await other.receive_some(2) == b"ab"
    assert await other.receive_some() == b"cdef"
    await other.send_all(b"back")
    assert await one.receive_some() == b"back"


async def test_who_waits_is_woken_by_bytes_and_by_the_end_after_all_of_them() -> None:
    one, other = cable()
    heard: list[bytes] = []

    async def listen() -> None:
        while data := await other.receive_some():
            heard.append(data)
        heard.append(b"")

    async with trio.open_nursery() as nursery:
        nursery.start_soon(listen)
        await trio.testing.wait_all_tasks_blocked()
        await one.send_all(b"first")
        await trio.testing.wait_all_tasks_blocked()
        assert heard == [b"first"]
        await one.send_all(b"last")
        await one.aclose()
    assert heard == [b"first", b"last", b""]


async def test_a_closed_end_is_of_no_use_and_the_other_one_is_told() -> None:
    one, other = cable()

    async def listen() -> None:
        with pytest.raises(trio.ClosedResourceError):
            await one.receive_some()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(listen)
        await trio.testing.wait_all_tasks_blocked()
        await one.aclose()
    with pytest.raises(trio.ClosedResourceError):
        await one.send_all(b"x")
    with pytest.raises(trio.BrokenResourceError):
        await other.send_all(b"x")
    assert isinstance(other, Cable)
    assert await other.receive_some() == b""
