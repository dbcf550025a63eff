"""The switch on TCP and TLS: listeners around `sim.switch.cti.Cti`, which has all the wits."""

import logging
import ssl
from collections.abc import Callable, Sequence
from functools import partial

import trio
from attrs import frozen

from sim.switch.cti import Cti
from sim.switch.link import Link

__all__ = ["Listener", "Server"]

_LOG = logging.getLogger(__name__)
_CHUNK_BYTES = 65536


@frozen
class Listener:
    """Where computers connect; the name is the one that mischief knows it by."""

    name: str
    host: str
    port: int
    tls: ssl.SSLContext | None = None


class Server:
    """Serves one switch on any number of listeners; its time is counted from `run` on."""

    def __init__(self, cti: Cti) -> None:
        """Serve this switch."""
        self.cti = cti
        self._began = 0.0

    @property
    def now(self) -> float:
        """The switch's time."""
        return trio.current_time() - self._began

    async def run(self, listeners: Sequence[Listener], ready: Callable[[dict[str, int]], None] = lambda _ports: None) -> None:
        """Serve until it is cancelled; `ready` is told the port of each listener."""
        self._began = trio.current_time()
        ports = {}
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._drive)
            for listener in listeners:
                opened = await trio.open_tcp_listeners(listener.port, host=listener.host)
                ports[listener.name] = opened[0].socket.getsockname()[1]
                nursery.start_soon(partial(trio.serve_listeners, partial(self._accept, listener), opened))
            ready(ports)
            await trio.sleep_forever()

    async def _drive(self) -> None:
        while True:
            changed, until = trio.Event(), self.cti.next_deadline()
            self.cti.changed = partial(self._wake_for_less, changed, until)
            with trio.move_on_at(self._began + until):
                await changed.wait()
            self.cti.tick(self.now)

    def _wake_for_less(self, changed: trio.Event, until: float) -> None:
        if self.cti.next_deadline() < until:
            changed.set()

    async def _accept(self, listener: Listener, tcp: trio.SocketStream) -> None:
        await self.attach(
            listener.name, tcp if listener.tls is None else trio.SSLStream(tcp, listener.tls, server_side=True, https_compatible=True)
        )

    async def attach(self, listener: str, stream: trio.abc.Stream) -> None:
        """Serve a computer at the other end of this stream as one that has come by this listener, until one of them closes it."""
        link = self.cti.connect(self.now, listener)
        if link is None:
            await trio.aclose_forcefully(stream)
            return
        _LOG.info("%s: a computer has connected", listener)
        try:
            async with stream, trio.open_nursery() as nursery:
                nursery.start_soon(self._send, link, stream)
                await self._receive(link, stream)
                link.close()
        except* (trio.BrokenResourceError, trio.ClosedResourceError) as broken:
            _LOG.info("%s: a link broke: %s", listener, broken.exceptions[0])
        finally:
            link.close()
        _LOG.info("%s: a computer is gone", listener)

    async def _receive(self, link: Link, stream: trio.abc.ReceiveStream) -> None:
        while not link.is_closed and (data := await stream.receive_some(_CHUNK_BYTES)):
            link.receive(self.now, bytes(data))

    async def _send(self, link: Link, stream: trio.abc.Stream) -> None:
        while True:
            woken = trio.Event()
            link.wake = woken.set
            if data := link.take(self.now):
                await stream.send_all(data)
            elif link.is_closed:
                break
            else:
                await woken.wait()
        await stream.aclose()
