"""Keeps a line open: one nursery per line, back-off after a fault. A line's fault stops nothing but that line."""

import logging
from collections.abc import Callable

import trio
from attrs import evolve

from appliance.shell.shell import Shell
from hal.api import Adopted, Backend, Event, LineFault, LineLost, LineOpened, LineSetup

__all__ = ["keep_line"]

FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 30.0
STEADY_S = 60.0
"""A line that was open for this long starts again from the first pause."""


async def keep_line(
    shell: Shell,
    backend: Backend,
    setup: LineSetup,
    opened: Callable[[], None] = lambda: None,
    failed: Callable[[], None] = lambda: None,
) -> None:
    """Open the line, and again after each fault, until cancelled; `opened` and `failed` are called each time it does or breaks."""
    log = logging.getLogger(f"hotline.line.{setup.name}")
    pause_s = FIRST_PAUSE_S
    while True:
        began = trio.current_time()
        reason = ""
        try:
            gate = _Gate(shell)
            async with backend.open(evolve(setup, sink=gate.sink)) as line:
                shell.attach(line)
                shell.post(LineOpened(setup.name, line.capabilities.value))
                gate.open()
                log.info("open")
                opened()
                await trio.sleep_forever()
        except* LineFault as faults:
            reason = "; ".join(_messages(faults))
        except* Exception as faults:  # a full disk, a backend's mistake: whatever it is, it costs this line and no other
            reason = "; ".join(_messages(faults))
            log.exception("unexpected")
        finally:
            shell.detach(setup.name)
        log.error("lost: %s", reason)
        shell.post(LineLost(setup.name, reason))
        failed()
        if trio.current_time() - began > STEADY_S:
            pause_s = FIRST_PAUSE_S
        await trio.sleep(pause_s)
        pause_s = min(2 * pause_s, LONGEST_PAUSE_S)


class _Gate:
    """Holds what a line says before it can be spoken to."""

    def __init__(self, shell: Shell) -> None:
        self._shell = shell
        self._held: list[Event] | None = []

    def sink(self, event: Event) -> None:
        if self._held is None:
            self._shell.post(event)
        else:
            self._held.append(event)

    def open(self) -> None:
        held, self._held = self._held, None
        for event in sorted(held or (), key=lambda event: not isinstance(event, Adopted)):  # what it still has comes before what is new
            self._shell.post(event)


def _messages(group: BaseExceptionGroup[Exception]) -> list[str]:
    found: list[str] = []
    for member in group.exceptions:
        found += _messages(member) if isinstance(member, BaseExceptionGroup) else [str(member) or repr(member)]
    return found
