"""A real Asterisk that is started and stopped while trio goes on."""

from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, ExitStack, asynccontextmanager

import trio

from tests.peers.asterisk import Asterisk


@asynccontextmanager
async def running(peer: AbstractContextManager[Asterisk]) -> AsyncIterator[Asterisk]:
    """What `asterisk(...)` makes, for as long as the block."""
    with ExitStack() as stack:
        try:
            yield await trio.to_thread.run_sync(stack.enter_context, peer)
        finally:
            with trio.CancelScope(shield=True):
                await trio.to_thread.run_sync(stack.close)
