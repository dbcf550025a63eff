"""A manager that is connected again and again: the thin part with sockets and time around `session`."""

import itertools
import logging
import math
from collections.abc import Awaitable, Callable, Iterable
from typing import Protocol

import trio

from hal.asterisk.ami.codec import Message
from hal.asterisk.ami.session import ANSWER_S, Answer, Broken, Dropped, Finding, Opened, Session, Told, Unanswered

__all__ = ["AmiDown", "AmiError", "AmiLate", "AmiLink", "Connect", "Listener"]

CONNECT_S = 5.0
FIRST_PAUSE_S = 0.2
LONGEST_PAUSE_S = 10.0
STEADY_S = 5.0
"""A connection that was up for less counts as a failure of its address: the next is tried."""
PIECE_BYTES = 65_536
TOO_MUCH_BYTES = 1_000_000
"""So much waits to be written: the manager does not read any more."""


Connect = Callable[[str, int], Awaitable[trio.abc.Stream]]
"""Opens a connection to host and port; raises OSError. Its message is fit for an operator."""


class AmiError(Exception):
    """An action that was not answered; the message is fit for an operator."""


class AmiDown(AmiError):
    """There is no connection, or it broke before the answer."""


class AmiLate(AmiError):
    """The answer did not come in time."""


class Listener(Protocol):
    """Who is told what comes."""

    def manager_up(self) -> None:
        """We are logged in; nothing was heard since the last `manager_down`."""

    def manager_down(self, reason: str) -> None:
        """The connection broke, or could not be made for the first time since it was up."""

    def manager_told(self, message: Message) -> None:
        """An event."""


class AmiLink:
    """A connection to one manager, made again with back-off whenever it breaks, for as long as `run` runs.

    Where the manager has a second address, that is tried as soon as the first fails, and the other way round; there is a pause when
    neither can be reached.
    """

    def __init__(
        self,
        host: str,
        port: int,
        user: str,
        secret: str,
        listener: Listener,
        *,
        prefix: str,
        log: logging.Logger,
        connect: Connect = trio.open_tcp_stream,
        second: tuple[str, int] | None = None,
    ) -> None:
        self.up = False
        self.dropped = 0
        """Messages that nobody waited for."""
        self._addresses = [(host, port), *([second] if second is not None else [])]
        self._which = 0
        self._user, self._secret = user, secret
        self._listener = listener
        self._prefix = prefix
        self._connect = connect
        self._log = log
        self._session: Session | None = None
        self._waiting: dict[str, Callable[[Answer | AmiError], None]] = {}
        self._due = trio.CancelScope()
        self._out = bytearray()
        self._more = trio.Event()
        self._connections = itertools.count(1)
        self._told_down = False

    @property
    def at(self) -> str:
        """The address that is tried, or was reached."""
        host, port = self._addresses[self._which]
        return f"{host}:{port}"

    async def ask(self, name: str, headers: Iterable[tuple[str, str]] = (), patience_s: float = ANSWER_S) -> Answer:
        """Do an action and wait for what comes of it, a refusal too.

        Raises:
            AmiDown: there is no connection, or it broke meanwhile.
            AmiLate: nothing came in time; should the answer come yet, it is dropped.
            ValueError: a header cannot be sent.

        """
        if not self.up or self._session is None:
            raise AmiDown(f"{name}: there is no connection to the manager at {self.at}")
        found: list[Answer | AmiError] = []
        ended = trio.Event()

        def end(outcome: Answer | AmiError) -> None:
            found.append(outcome)
            ended.set()

        action_id = self._ask(self._session, name, headers, end, patience_s)
        try:
            await ended.wait()
        finally:
            self._waiting.pop(action_id, None)
        if isinstance(found[0], AmiError):
            raise found[0]
        return found[0]

    def order(
        self, name: str, headers: Iterable[tuple[str, str]], then: Callable[[Answer | AmiError], None], patience_s: float = ANSWER_S
    ) -> None:
        """Do an action; what comes of it is told to `then`, once, be it at once. Actions are done in the order they are ordered."""
        if not self.up or self._session is None:
            then(AmiDown(f"{name}: there is no connection to the manager at {self.at}"))
            return
        try:
            self._ask(self._session, name, headers, then, patience_s)
        except (ValueError, RuntimeError) as error:
            then(AmiError(f"{name}: {error}"))

    def _ask(
        self, session: Session, name: str, headers: Iterable[tuple[str, str]], then: Callable[[Answer | AmiError], None], patience_s: float
    ) -> str:
        action_id = session.ask(name, headers, trio.current_time(), patience_s)
        self._waiting[action_id] = then
        self._flush(session)
        return action_id

    async def run(self) -> None:
        """Keep the connection until cancelled."""
        pause_s, failed, refused = FIRST_PAUSE_S, 0, False
        while True:
            began = trio.current_time()
            ended, was_up = await self._connected()
            if was_up:
                pause_s = FIRST_PAUSE_S
            if was_up or not self._told_down:
                self._told_down = True
                self._log.error("manager: %s", ended.reason)
                self._listener.manager_down(ended.reason)
            failed, refused = failed + 1, refused or ended.refused
            if not was_up or trio.current_time() - began < STEADY_S:
                self._which = (self._which + 1) % len(self._addresses)
            if failed >= len(self._addresses):
                await trio.sleep(LONGEST_PAUSE_S if refused else pause_s)
                pause_s, failed, refused = min(2 * pause_s, LONGEST_PAUSE_S), 0, False

    async def _connected(self) -> tuple[Broken, bool]:
        """Be connected once: how it ended, and whether we were logged in."""
        try:
            with trio.fail_after(CONNECT_S):
                stream = await self._connect(*self._addresses[self._which])
        except (OSError, trio.TooSlowError) as error:
            return Broken(f"no connection to {self.at}: {str(error) or 'no answer'}"), False
        session = Session(self._user, self._secret, trio.current_time(), f"{self._prefix}-{next(self._connections)}")
        self._session, self._out = session, bytearray()
        was_up = False
        ended = Broken("the line was closed")
        try:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._write, stream)
                while not session.broken():
                    for finding in await self._heard(stream, session):
                        ended = finding if isinstance(finding, Broken) else ended
                        self._found(finding)
                    was_up = was_up or self.up
                    self._flush(session)
                    if len(self._out) > TOO_MUCH_BYTES:
                        ended = Broken("the manager does not read what it is sent")
                        break
                nursery.cancel_scope.cancel()
        finally:
            with trio.CancelScope(shield=True):
                await trio.aclose_forcefully(stream)
            self.up, self._session = False, None
            for action_id in list(self._waiting):
                self._end(action_id, AmiDown(ended.reason))
        return ended, was_up

    async def _heard(self, stream: trio.abc.Stream, session: Session) -> list[Finding]:
        """What comes next, or is due."""
        data: bytes | bytearray | None = None
        with trio.CancelScope(deadline=session.next_deadline()) as self._due:
            try:
                data = await stream.receive_some(PIECE_BYTES)
            except trio.BrokenResourceError:
                data = b""
        now = trio.current_time()
        return list(session.tick(now)) if data is None else list(session.receive(bytes(data), now))

    def _found(self, finding: Finding) -> None:
        if isinstance(finding, Told):
            self._listener.manager_told(finding.message)
        elif isinstance(finding, Answer):
            self._end(finding.action_id, finding)
        elif isinstance(finding, Unanswered):
            self._end(finding.action_id, AmiLate(finding.reason) if finding.late else AmiDown(finding.reason))
        elif isinstance(finding, Dropped):
            self.dropped += 1
            self._log.warning("manager: dropped %s: %s", finding.reason, finding.message.headers[:3] or finding.message.output[:1])
        elif isinstance(finding, Opened):
            self.up, self._told_down = True, False
            self._log.info("manager: logged in, interface %s", finding.version)
            self._listener.manager_up()
        else:
            self.up = False

    def _end(self, action_id: str, found: Answer | AmiError) -> None:
        if (then := self._waiting.pop(action_id, None)) is not None:
            then(found)

    def _flush(self, session: Session) -> None:
        self._due.deadline = session.next_deadline()
        if more := session.to_send():
            self._out += more
            self._more.set()
        if len(self._out) > TOO_MUCH_BYTES:
            self._due.deadline = -math.inf

    async def _write(self, stream: trio.abc.Stream) -> None:
        while True:
            await self._more.wait()
            self._more = trio.Event()
            while self._out:
                out = bytes(self._out[:PIECE_BYTES])
                del self._out[:PIECE_BYTES]
                try:
                    await stream.send_all(out)
                except trio.BrokenResourceError:
                    return  # the reader notices, too
