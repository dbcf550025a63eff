"""A process that writes rows as fast as it can and says which are acknowledged, until it is killed.

`python -m tests.store.victim DIRECTORY` prints one line for each acknowledged contact; its call event was put before it, and has no token.
"""

import os
import sys
from pathlib import Path

import trio

from appliance.core.records import CallEvent
from appliance.store import Store
from tests.store.samples import NOON, contact

OUTSTANDING = 300


async def main(directory: Path) -> None:
    with Store(directory, at=NOON) as store:
        boot = store.left.boot.boot
        os.write(1, f"boot {boot}\n".encode())
        written, acknowledged = 0, 0
        progress = trio.Event()

        def stored(token: int, error: str) -> None:
            nonlocal acknowledged
            os.write(1, f"{boot}-{token}{error}\n".encode())
            acknowledged = token
            progress.set()

        async with store.writer(stored=stored).running() as writer:
            while True:
                while written - acknowledged < OUTSTANDING:
                    written += 1
                    writer.put(CallEvent(f"{boot}-{written}", NOON, "arrived"))
                    writer.put(contact(f"{boot}-{written}", ani=str(written)), written)
                    if written % 7 == 0:
                        await trio.lowlevel.checkpoint()
                progress = trio.Event()
                await progress.wait()


if __name__ == "__main__":
    trio.run(main, Path(sys.argv[1]))
