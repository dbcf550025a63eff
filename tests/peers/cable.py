"""A cable between two TCP ports, for tests that cut it: a program that hands connections on until it is ended.

python tests/peers/cable.py LISTEN_PORT HOST PORT
"""

import sys

import trio


async def hand_on(one: trio.SocketStream, other: trio.SocketStream, both: trio.CancelScope) -> None:
    """What one says to the other, until either is gone."""
    try:
        async for data in one:
            await other.send_all(data)
    except trio.BrokenResourceError:
        pass
    both.cancel()


async def serve(near: trio.SocketStream) -> None:
    """One connection."""
    try:
        far = await trio.open_tcp_stream(sys.argv[2], int(sys.argv[3]))
    except OSError:
        return  # nobody is there now
    async with near, far, trio.open_nursery() as nursery:
        nursery.start_soon(hand_on, near, far, nursery.cancel_scope)
        nursery.start_soon(hand_on, far, near, nursery.cancel_scope)


if __name__ == "__main__":
    trio.run(trio.serve_tcp, serve, int(sys.argv[1]))
