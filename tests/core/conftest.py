"""Every playbook is read to its end: commands that no test looked at are a failure."""

from collections.abc import Iterator

import pytest

from tests.core.playbook import Playbook


@pytest.fixture(autouse=True)
def books_are_read_to_their_end(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """After each test, `done` for every book that was opened in it."""
    opened: list[Playbook] = []
    real = Playbook.__init__

    def noting(self: Playbook, *arguments: object) -> None:
        real(self, *arguments)  # type: ignore[arg-type] # handed on as they came
        opened.append(self)

    monkeypatch.setattr(Playbook, "__init__", noting)
    yield
    for book in opened:
        book.done()
