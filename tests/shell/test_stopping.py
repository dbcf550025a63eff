"""The end of `serve`: whatever writes rows has ended before the store's writer does."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from pathlib import Path

import pytest
import trio
from trio.testing import MockClock

from appliance import serve
from appliance.core.records import Record
from appliance.shell import Shell
from appliance.site import load_site
from appliance.store import Boot, Store


class SlowToEnd:
    """A writer whose last rows take two minutes to be safe, as those of a busy disk might; it writes none."""

    def __init__(self) -> None:
        self.rows: list[Record] = []
        self.ended = False

    def put(self, record: Record, token: int = 0) -> None:
        assert not self.ended, f"{record} came after the end"
        self.rows.append(record)

    @asynccontextmanager
    async def running(self) -> AsyncIterator["SlowToEnd"]:
        yield self
        self.ended = True
        await trio.sleep(120)


@pytest.mark.requirement("OPS-05")
async def test_no_row_comes_while_the_last_ones_are_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, autojump_clock: MockClock
) -> None:
    async def nothing(*_: object) -> None:
        pass

    async def stop_after_a_while(lines: trio.Nursery, shell: Shell, grace_s: float) -> None:
        await trio.sleep(45)
        lines.cancel_scope.cancel()

    monkeypatch.setattr(serve._Centre, "_render", nothing)
    monkeypatch.setattr(serve._Centre, "_open_lines", nothing)
    monkeypatch.setattr(serve, "open_api", lambda *_: nullcontext())
    monkeypatch.setattr(serve, "_signalled_to_stop", stop_after_a_while)
    writer = SlowToEnd()
    with Store(tmp_path, at=1_800_000_000.0, version="test") as store:
        monkeypatch.setattr(store, "writer", lambda: writer)
        assert await serve._Centre(serve.DEMO_SITE, load_site(serve.DEMO_SITE), tmp_path, store).run(0.0) == 0
    *alive, ended = (row for row in writer.rows if isinstance(row, Boot))
    assert alive
    assert ended.ended_at is not None
    assert writer.rows[-1] is ended
