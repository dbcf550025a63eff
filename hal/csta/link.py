"""The connection to a switch: TCP or TLS to one of its servers, a session over it, and another attempt whenever it is lost.

The servers are tried one after another, best first. One that has held a session for some seconds is tried again first, and at once,
when its connection is lost; there is no way back to a better one while a worse one works. Once all have failed there is a pause, which
doubles from 1 s up to the site's longest; it begins anew after a session that held. Nothing of it is ever raised: who uses the link is
told (`Linked`, `Unlinked`).

The session (`hal.csta.session`) decides; here is only what waits. What it says goes to the sink, which must not wait and must not raise.
"""

import ssl
from collections.abc import Awaitable, Callable, Hashable, Iterable
from math import inf

import trio

from hal.api import value
from hal.csta.messages import Message
from hal.csta.notices import Hangup, Notice, Opened, Send
from hal.csta.session import Session
from hal.csta.settings import CstaSettings, LinkTls

__all__ = ["Connect", "Link", "Linked", "Unlinked", "connector", "said", "tls_context"]

Connect = Callable[[str, int], Awaitable[trio.abc.Stream]]
"""Opens a connection to host and port; raises OSError, or whatever else is wrong with it."""
FIRST_PAUSE_S = 1.0
MOST_UNSENT_BYTES = 1_000_000
"""A switch that does not read is hung up before more than this waits for it."""
STOP_S = 2.0
STEADY_S = 5.0
"""A session that ended sooner counts as a failure of its server: one that flaps is left for the next."""
READ_BYTES = 65536


@value
class Linked(Notice):
    """There is a connection; the session begins."""

    server: str


@value
class Unlinked(Notice):
    """It is lost, or could not be made; after `pause_s` seconds the server after it is tried, or the same again."""

    server: str
    reason: str
    pause_s: float


def tls_context(tls: LinkTls) -> ssl.SSLContext:
    """What TLS connections are made with.

    Raises:
        OSError: a file is missing or of no use (`ssl.SSLError` is one).

    """
    context = ssl.create_default_context(cafile=tls.authorities or None)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if tls.certificate:
        context.load_cert_chain(tls.certificate, tls.key)
    return context


def connector(tls: LinkTls) -> Connect:
    """Connections as the settings have them.

    Raises:
        OSError: as `tls_context`.

    """
    context = tls_context(tls) if tls.on else None

    async def connect(host: str, port: int) -> trio.abc.Stream:
        stream = await trio.open_tcp_stream(host, port)
        if context is None:
            return stream
        secure = trio.SSLStream(stream, context, server_hostname=tls.name or host, https_compatible=True)
        try:
            await secure.do_handshake()
        except BaseException:
            await trio.aclose_forcefully(stream)
            raise
        return secure

    return connect


class Link:
    """A link that is kept up until it is cancelled or closed."""

    def __init__(self, settings: CstaSettings, session: Session, sink: Callable[[Notice], None], connect: Connect) -> None:
        self._settings = settings
        self._session = session
        self._sink = sink
        self._connect = connect
        self._unsent = bytearray()
        self._wake_writer = trio.Event()
        self._wake_timer = trio.Event()
        self._sleeps_until = -inf
        """When the timer looks again by itself; it is woken for what is due before that."""
        self._connection: trio.CancelScope | None = None
        self._hung_up = ""
        self._opened_at = inf
        self._stopping = False
        self._down = trio.Event()

    # --- what is used -------------------------------------------------------------------------------------------------

    def request(self, handle: Hashable, message: Message) -> None:
        """Ask the switch; the outcome comes to the sink (see `Session.request`)."""
        self._do(self._session.request(trio.current_time(), handle, message))

    def tell(self, message: Message) -> None:
        """Say something that has no answer."""
        self._do(self._session.tell(trio.current_time(), message))

    def look_at(self, device: str) -> None:
        """Take a snapshot of a device."""
        self._do(self._session.look_at(trio.current_time(), device))

    async def close(self) -> None:
        """End the session in order, or after two seconds anyhow; the link is not set up again."""
        self._stopping = True
        if self._connection is not None:
            self._do(self._session.stop(trio.current_time()))
            with trio.move_on_after(STOP_S):
                await self._down.wait()

    # --- life ---------------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Keep the link up until `close`."""
        servers = self._settings.addresses()
        which, failed, pause_s = 0, 0, FIRST_PAUSE_S
        while not self._stopping:
            host, port = servers[which]
            self._opened_at = inf
            reason = await self._once(host, port)
            if trio.current_time() - self._opened_at >= STEADY_S:
                failed, pause_s = 0, FIRST_PAUSE_S
            else:
                failed += 1
                which = (which + 1) % len(servers)
            all_failed = failed >= len(servers)
            self._sink(Unlinked(f"{host}:{port}", reason, pause_s if all_failed else 0.0))
            if all_failed and not self._stopping:
                await trio.sleep(pause_s)
                failed, pause_s = 0, min(2 * pause_s, self._settings.longest_pause_s)

    async def _once(self, host: str, port: int) -> str:
        """One connection from its beginning to its end; why it ended."""
        stream: trio.abc.Stream | None = None
        try:
            with trio.move_on_after(self._settings.connect_s):
                stream = await self._connect(host, port)
        except (OSError, trio.BrokenResourceError) as error:
            return said(error)
        if stream is None:
            return f"no connection within {self._settings.connect_s:g} s"
        self._sink(Linked(f"{host}:{port}"))
        try:
            return await self._serve(stream)
        finally:
            with trio.CancelScope(shield=True):
                await trio.aclose_forcefully(stream)

    async def _serve(self, stream: trio.abc.Stream) -> str:
        self._unsent.clear()
        self._hung_up = ""
        self._down = trio.Event()
        self._sleeps_until = -inf
        reason = "the link is closed"
        try:
            async with trio.open_nursery() as nursery:
                self._connection = nursery.cancel_scope
                self._do(self._session.opened(trio.current_time()))
                nursery.start_soon(self._write, stream)
                nursery.start_soon(self._watch_the_time)
                reason = await self._read(stream)
                nursery.cancel_scope.cancel()
        finally:
            self._connection = None
            reason = self._hung_up or reason
            self._do(self._session.closed(reason))
            self._down.set()
        return reason

    async def _read(self, stream: trio.abc.Stream) -> str:
        while True:
            try:
                data = await stream.receive_some(READ_BYTES)
            except trio.BrokenResourceError as error:
                return said(error)
            if not data:
                return "the switch closed the connection"
            self._do(self._session.received(trio.current_time(), bytes(data)))

    async def _write(self, stream: trio.abc.Stream) -> None:
        while True:
            await self._wake_writer.wait()
            self._wake_writer = trio.Event()
            while self._unsent:
                data = bytes(self._unsent)
                self._unsent.clear()
                try:
                    await stream.send_all(data)
                except trio.BrokenResourceError as error:
                    self._hang_up(said(error))
                    return

    async def _watch_the_time(self) -> None:
        while True:
            self._sleeps_until = at = self._next_deadline()
            with trio.move_on_at(at):
                await self._wake_timer.wait()
            self._wake_timer = trio.Event()
            if at <= trio.current_time():
                self._do(self._session.tick(trio.current_time()))

    def _next_deadline(self) -> float:
        at = self._session.next_deadline()
        return inf if at is None else at

    # --- what the session says ----------------------------------------------------------------------------------------

    def _do(self, notices: Iterable[Notice]) -> None:
        for notice in notices:
            if isinstance(notice, Send):
                self._unsent += notice.data
            elif isinstance(notice, Hangup):
                self._hang_up(notice.reason)
            else:
                if isinstance(notice, Opened):
                    self._opened_at = trio.current_time()
                self._sink(notice)
        if self._unsent:
            self._wake_writer.set()
            if len(self._unsent) > MOST_UNSENT_BYTES:
                self._hang_up("the switch does not read what it is sent")
        if self._next_deadline() < self._sleeps_until:
            self._wake_timer.set()

    def _hang_up(self, reason: str) -> None:
        self._hung_up = self._hung_up or reason
        if self._connection is not None:
            self._connection.cancel()


def said(error: BaseException) -> str:
    """What went wrong, in a line."""
    cause = error.__cause__ if isinstance(error, trio.BrokenResourceError) and error.__cause__ is not None else error
    if isinstance(cause, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted: {cause.verify_message}"
    if isinstance(cause, OSError) and cause.strerror:
        return cause.strerror
    return str(cause) or "the connection broke"
