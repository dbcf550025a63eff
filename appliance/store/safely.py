"""Rows of the shell's own parts that must be safe before somebody is answered: tokens beside those of the core."""

from collections.abc import Callable
from itertools import count

import trio

from appliance.core.records import Record
from appliance.store.writer import OnStored, Writer

__all__ = ["Safely"]

_SAFE_S = 5.0


class Safely:
    """Puts rows to a writer and tells when they would survive a power cut. Its tokens are negative: the core's are not."""

    def __init__(self, writer: Writer) -> None:
        """Write to this; it must be told to tell `heard`."""
        self._writer = writer
        self._waiting: dict[int, Callable[[str], None]] = {}
        self._tokens = count(-1, -1)

    def heard(self, onward: OnStored) -> OnStored:
        """What the writer is to tell: our tokens stay here, the others go onward."""

        def stored(token: int, error: str) -> None:
            if token < 0:
                self._waiting.pop(token)(error)
            else:
                onward(token, error)

        return stored

    def put(self, row: Record, told: Callable[[str], None] = lambda _error: None) -> int:
        """Keep a row, without waiting; `told` hears "" when it is safe, or why it never will be. The result is its token."""
        token = next(self._tokens)
        self._waiting[token] = told
        self._writer.put(row, token)
        return token

    async def put_safely(self, row: Record, told: Callable[[str], None] = lambda _error: None) -> bool:
        """Keep a row; whether it would survive a power cut now. False after 5 s of a storage in trouble."""
        safe = trio.Event()
        errors: list[str] = []

        def answer(error: str) -> None:
            told(error)
            errors.append(error)
            safe.set()

        self.put(row, answer)
        with trio.move_on_after(_SAFE_S):
            await safe.wait()
        return errors == [""]
