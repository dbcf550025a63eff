"""Serves the API of a running centre: puts its parts together, listens, and says so when it cannot."""

import logging
import secrets
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import trio
from hypercorn.config import Config, Sockets
from hypercorn.trio.run import worker_serve
from hypercorn.utils import wrap_app

from appliance.access import Door, Sessions, Users
from appliance.api.app import application
from appliance.api.centre import Centre
from appliance.api.certificate import fingerprint, own_certificate
from appliance.api.feed import Feed
from appliance.api.metrics import Counted
from appliance.api.pace import Pace
from appliance.api.streams import Streams
from appliance.api.watch import Watch
from appliance.core.inputs import Noticed
from appliance.shell import Shell
from appliance.site.api import Api
from appliance.store import Role, Safely, Session, Store, User
from hal.api import Severity

__all__ = ["open_api", "parts_of"]

log = logging.getLogger("hotline.api")
_SWEEP_S = 60.0
_RETRY_S = 5.0


async def parts_of(
    name: Callable[[], str], shell: Shell, store: Store, safely: Safely, reload: Callable[[], Awaitable[str]], wall_s: Callable[[], float]
) -> Centre:
    """Everything that the API serves, with the users and sessions that the store has."""
    users, sessions = Users(safely, wall_s), Sessions(safely.put, wall_s)
    found = await store.read(lambda r: (list(r.rows(User)), list(r.rows(Role)), list(r.rows(Session, "ended_at IS NULL"))))
    users.load(*found[:2])
    sessions.load(found[2])
    feed = Feed(secrets.token_hex(4))
    counted, streams = Counted(), Streams()
    shell.watched_by(counted.row)
    sessions.ended = lambda session: streams.end(session.id)
    door = Door(users, sessions, shell.post, wall_s)
    return Centre(
        name, shell, store, users, sessions, door, feed, Watch(shell, feed), reload, wall_s, Pace(trio.current_time), streams, counted
    )


@asynccontextmanager
async def open_api(settings: Api, centre: Centre, data_dir: Path, say: Callable[[str], None]) -> AsyncIterator[None]:
    """Serve until the block is left; it is entered when the API is served, or has failed once and is tried again.

    `say` tells the operator where it is, and the one-time code of the first administrator.
    """
    if not settings.listen:
        yield
        return
    async with trio.open_nursery() as nursery:
        nursery.start_soon(centre.watch.run)
        nursery.start_soon(_sweep, centre.sessions)
        await nursery.start(_keep, settings, centre, data_dir, say)
        if not centre.users.has_administrator:
            say(f"There is no administrator yet. The code by which the first one makes himself: {centre.door.new_code()}")
        yield
        nursery.cancel_scope.cancel()


async def _keep(
    settings: Api,
    centre: Centre,
    data_dir: Path,
    say: Callable[[str], None],
    task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED,
) -> None:
    """Listen, and try again when that fails: calls are served meanwhile."""
    settled = False
    while True:
        try:
            config, shown = await trio.to_thread.run_sync(partial(_config, settings, data_dir, centre.wall_s()))
            with _bound(settings) as bound:
                async with trio.open_nursery() as nursery:
                    await nursery.start(_listening, centre, config, bound)
                    centre.shell.post(Noticed("api", Severity.YELLOW, "the API is served", cleared=True))
                    say(f"The API is at {shown}.")
                    if not settled:
                        task_status.started()
                        settled = True
        except* (OSError, ssl.SSLError, ValueError) as errors:
            text = f"the API cannot be served at {settings.listen}: {errors.exceptions[0]}"
            log.error("%s", text)
            advice = "seats and consoles cannot connect; free the port, or mend [api] in the site file"
            centre.shell.post(Noticed("api", Severity.YELLOW, text, advice))
            if not settled:
                task_status.started()
                settled = True
        await trio.sleep(_RETRY_S)


async def _listening(
    centre: Centre, config: Config, bound: socket.socket, task_status: trio.TaskStatus[object] = trio.TASK_STATUS_IGNORED
) -> None:
    """Serve on a socket that is bound; Hypercorn's own `serve` leaves the sockets open that it makes."""
    sockets = Sockets([bound], [], []) if config.ssl_enabled else Sockets([], [bound], [])
    app = wrap_app(application(centre), config.wsgi_max_body_size, "asgi")
    await worker_serve(app, config, sockets=sockets, task_status=task_status)


def _bound(settings: Api) -> socket.socket:
    """The socket, bound here: a server that fails to bind is not to leave one open."""
    made = socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET, socket.SOCK_STREAM)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((settings.host, settings.port))
        made.listen(100)
    except OSError:
        made.close()
        raise
    return made


def _config(settings: Api, data_dir: Path, now_s: float) -> tuple[Config, str]:
    config = Config()
    config.accesslog, config.errorlog = None, log
    config.graceful_timeout = 2.0
    config.h11_max_incomplete_size = 16_384
    config.read_timeout = 30
    config.websocket_max_message_size = 4096
    config.websocket_ping_interval = 20.0
    config.include_server_header = False
    if not settings.tls:
        return config, f"http://{settings.listen}"
    if settings.certificate:
        certificate, key = Path(settings.certificate), Path(settings.key)
    else:
        certificate, key = own_certificate(data_dir / "tls", settings.host, now_s)
    config.certfile, config.keyfile = str(certificate), str(key)
    return config, f"https://{settings.listen}, certificate {fingerprint(certificate)}"


async def _sweep(sessions: Sessions) -> None:
    while True:
        await trio.sleep(_SWEEP_S)
        sessions.sweep()
