"""What a store tells its shell, collected."""

from collections.abc import Callable

import trio

from appliance.store.trouble import Trouble


class Told:
    """Sinks for `stored` and `alarm`; `wait_until` returns when what was told satisfies a condition, and fails after 20 s."""

    def __init__(self) -> None:
        self.acknowledged: list[int] = []
        self.errors: dict[int, str] = {}
        self.troubles: list[Trouble | None] = []
        self._news = trio.Event()

    def stored(self, token: int, error: str) -> None:
        if error:
            self.errors[token] = error
        else:
            self.acknowledged.append(token)
        self._news.set()

    def alarm(self, trouble: Trouble | None) -> None:
        self.troubles.append(trouble)
        self._news.set()

    async def wait_until(self, condition: Callable[[], object]) -> None:
        with trio.fail_after(20):
            while not condition():
                self._news = trio.Event()
                await self._news.wait()
