"""Sites with gateways, and a web server on the loopback address that answers what a test says."""

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import trio
from attrs import define, evolve, field

from appliance.core.records import Audit
from appliance.outside import Outside, Speaker
from appliance.outside.accounts import Accounts
from appliance.outside.callers import Callers
from appliance.outside.gateways import Gateways
from appliance.outside.tries import Tries
from appliance.site import Site
from appliance.store import Account, CodeTries
from tests.site.small import SMALL, site

__all__ = ["Book", "Served", "gateways_of", "outside_of", "served", "site_with"]


def no_secret(_name: str) -> str | None:
    return None


def site_with(text: str, folder: Path = Path()) -> Site:
    return site(SMALL + text, folder)


def gateways_of(text: str, folder: Path = Path(), secret: Callable[[str], str | None] = no_secret) -> Gateways:
    gateways = Gateways(secret, lambda _noticed: None)
    gateways.load(site_with(text, folder).gateways)
    return gateways


@define
class Book:
    """Accounts in memory."""

    rows: dict[tuple[str, str], Account] = field(factory=dict)
    audit: list[Audit] = field(factory=list)
    tries: dict[str, CodeTries] = field(factory=dict)
    safe: bool = True

    async def tries_of(self, who: str) -> CodeTries | None:
        await trio.lowlevel.checkpoint()
        return self.tries.get(who)

    def keep_tries(self, row: CodeTries) -> None:
        self.tries[row.who] = row

    async def find(self, accounts: str, account: str) -> Account | None:
        await trio.lowlevel.checkpoint()
        found = self.rows.get((accounts, account))
        return evolve(found) if found is not None else None

    def put(self, row: Account | Audit) -> None:
        if isinstance(row, Audit):
            self.audit.append(row)
        else:
            self.rows[row.accounts, row.account] = row

    async def put_safely(self, row: Account | Audit) -> bool:
        await trio.lowlevel.checkpoint()
        self.put(row)
        return self.safe


def outside_of(nursery: trio.Nursery, speaker: Speaker, gateways: Gateways | None = None) -> Outside:
    made = gateways or Gateways(no_secret, lambda _noticed: None)
    book = Book()
    callers = Callers(Tries(book.tries_of, book.keep_tries, lambda: 0.0), book.put, lambda _noticed: None, lambda: 0.0)
    return Outside(nursery, speaker, made, Accounts(book, made.ask, callers, lambda: 0.0))


@define
class Served:
    """A server: what it was asked, and what it answers."""

    port: int = 0
    status: int = 200
    body: bytes = b"{}"
    headers: dict[str, str] = field(factory=dict)
    breaks: int = 0
    """So many requests find their connection closed without an answer."""
    hangs: threading.Event | None = None
    """Until it is set nothing is answered."""
    asked: list[tuple[str, str, dict[str, str], bytes]] = field(factory=list)
    """Method, path, headers, body."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def served(certificate: Path | None = None) -> Iterator[Served]:
    """Serve until the block is left; with a certificate, a file with its key too, over TLS."""
    told = Served()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            told.asked.append((self.command, self.path, {name.lower(): of for name, of in self.headers.items()}, body))
            if told.hangs is not None:
                told.hangs.wait(20)
                self.close_connection = True
                return
            if told.breaks:
                told.breaks -= 1
                self.close_connection = True
                return
            self.send_response(told.status)
            for name, of in ({"Content-Length": str(len(told.body))} | told.headers).items():
                self.send_header(name, of)
            self.end_headers()
            self.wfile.write(told.body)

        do_POST = do_GET  # noqa: N815 - http.server's

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's
            del format, args

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            """A client that goes before it was answered is nothing to tell."""

    server = Server(("127.0.0.1", 0), Handler)
    told.port = server.server_address[1]
    if certificate is not None:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(certificate)
        server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield told
    finally:
        if told.hangs is not None:
            told.hangs.set()
        server.shutdown()
        server.server_close()
        thread.join()
