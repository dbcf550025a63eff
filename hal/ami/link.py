"""The link to an Asterisk: the manager's connection, kept up, and the translation (`switch`) behind it. Here is only what waits."""

import logging
from collections import deque
from collections.abc import Callable, Hashable, Iterable
from functools import partial
from math import inf

import trio
import trio.abc

from hal.ami.outputs import Do, Output
from hal.ami.switch import AsteriskSwitch
from hal.asterisk.ami import AmiError, AmiLink, Answer, Connect
from hal.asterisk.ami import Message as Told
from hal.csta.link import Linked, Unlinked, connector, said
from hal.csta.messages import Message
from hal.csta.notices import Ignored, Notice
from hal.csta.settings import LinkTls

__all__ = ["AsteriskLink", "Connected", "over"]

Connected = Callable[["AsteriskLink"], AmiLink]
"""Makes the manager's connection, which tells this link."""


def over(tls: LinkTls) -> Connect:
    """Connections to a manager as the settings have them; what is wrong with one is said in a line.

    Raises:
        OSError: a file is missing or of no use.

    """
    make = connector(tls)

    async def connect(host: str, port: int) -> trio.abc.Stream:
        try:
            return await make(host, port)
        except (OSError, trio.BrokenResourceError) as error:
            raise OSError(said(error)) from error

    return connect


class AsteriskLink:
    """A link that is kept up until it is cancelled or closed (`hal.csta.line.CtiLink`)."""

    def __init__(
        self, switch: AsteriskSwitch, manager: Connected, server: str, sink: Callable[[Notice], None], answer_s: float, log: logging.Logger
    ) -> None:
        """`server` is the manager's address, for messages."""
        self._switch, self._server, self._sink = switch, server, sink
        self._answer_s, self._log = answer_s, log
        self._manager = manager(self)
        self._waiting: deque[Output] = deque()
        self._doing = self._was_up = False
        self._wake = trio.Event()
        self._life = trio.CancelScope()

    # --- what is used -----------------------------------------------------------------------------------------------------

    def request(self, handle: Hashable, message: Message) -> None:
        """Ask the switch; the outcome comes to the sink."""
        self._do(self._switch.request(handle, message))

    def tell(self, message: Message) -> None:
        """Say something that has no answer."""
        self._do(self._switch.tell(message))

    def look_at(self, device: str) -> None:
        """Take a snapshot of a device."""
        self._do(self._switch.look_at(device))

    async def run(self) -> None:
        """Keep the link up until `close`."""
        with self._life:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._manager.run)
                await self._watch_the_time()

    async def close(self) -> None:
        """End it: the manager needs no word of that."""
        self._life.cancel()
        await trio.lowlevel.checkpoint()

    async def _watch_the_time(self) -> None:
        while True:
            at = self._switch.next_deadline()
            with trio.move_on_at(inf if at is None else at):
                await self._wake.wait()
            self._wake = trio.Event()
            if at is not None and at <= trio.current_time():
                self._do(self._switch.tick(trio.current_time()))

    # --- the manager (hal.asterisk.ami.Listener) --------------------------------------------------------------------------

    def manager_up(self) -> None:
        """We are logged in."""
        self._was_up = True
        self._sink(Linked(self._manager.at))
        self._do(self._switch.opened(trio.current_time()))

    def manager_down(self, reason: str) -> None:
        """The connection broke, or cannot be made."""
        if self._was_up:
            self._was_up = False
            self._do(self._switch.closed(reason))
        else:
            self._sink(Unlinked(self._server, reason, 0.0))

    def manager_told(self, message: Told) -> None:
        """An event."""
        self._do(self._switch.told(trio.current_time(), message))

    def _came(self, tag: Hashable, found: Answer | AmiError) -> None:
        if isinstance(found, AmiError):
            self._do(self._switch.answered(trio.current_time(), tag, None, str(found)))
        else:
            self._do(self._switch.answered(trio.current_time(), tag, found))

    # --- what is to be done -----------------------------------------------------------------------------------------------

    def _do(self, outputs: Iterable[Output]) -> None:
        """All of it, in order: what is done may at once lead to more, which comes after it."""
        self._waiting += outputs
        if self._doing:
            return
        self._doing = True
        try:
            while self._waiting:
                self._one(self._waiting.popleft())
        finally:
            self._doing = False
            self._wake.set()

    def _one(self, output: Output) -> None:
        if isinstance(output, Do):
            self._manager.order(output.action, output.headers, partial(self._came, output.tag), self._answer_s)
        elif isinstance(output, Ignored):
            self._log.info("passed over: %s", output.reason)
        else:
            self._sink(output)
