"""A speaker that runs, what it says, and packages that its voices find."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import trio

from appliance.core.actions import Render
from appliance.core.inputs import Rendered
from appliance.outside import Speaker
from appliance.prompts.sound import duration_s
from tests.prompts.programs import package

__all__ = ["install", "said", "speaking"]


async def said(speaker: Speaker, text: str, language: str = "en", within_s: float = 0.0) -> float:
    """How long a caller hears it."""
    made = await speaker.render(Render(1, text, language, within_s))
    assert isinstance(made, Rendered)
    assert made.error == ""
    return duration_s(made.file)


def install(folder: Path, monkeypatch: pytest.MonkeyPatch, **bodies: str) -> None:
    """Packages that a voice's own process finds."""
    (folder / "packages").mkdir()
    for name, body in bodies.items():
        package(folder / "packages", name, body)
    monkeypatch.syspath_prepend(str(folder / "packages"))


@asynccontextmanager
async def speaking(speaker: Speaker) -> AsyncIterator[Speaker]:
    """It runs, as long as it is needed."""
    async with trio.open_nursery() as nursery:
        nursery.start_soon(speaker.run)
        yield speaker
        nursery.cancel_scope.cancel()
