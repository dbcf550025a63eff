"""The client of the API: all that screens know of the appliance; it runs on trio and on asyncio.

    async with Client("https://127.0.0.1:8443", trust=Path("data/tls/api.pem")) as client:
        await client.log_in("wang", password)
        async with client.events() as events:
            async for happened in events:
                match happened:
                    case Began(state=state): ...      forget what was known: this is how things are
                    case Changed(kind="agent", key=key, data=data): ...      None: it is no more
                    case Away(): ...                  the connection is lost, and looked for; what is shown grows old

The stream goes on after a drop where it was: each event comes once and in order. After too long a time, or when the appliance was started
again, it begins anew with `Began`. Passwords and tokens are in no message of an error.
"""

import json
import random
import ssl
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

import anyio
import httpx
from anyio.abc import TaskGroup
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from attrs import define, frozen
from httpx_ws import HTTPXWSException, WebSocketDisconnect, WebSocketUpgradeError, aconnect_ws

from tui.things import Agent, Alarm, Contact, Kind, Line, Queue

__all__ = [
    "ApiError", "Away", "Back", "Began", "Changed", "Client", "Events", "Happened", "LoggedIn", "LoggedOut", "Me", "NotAllowed", "NotThere",
    "Refused", "State", "TooOften", "Unreachable",
]  # fmt: skip

_TIMEOUT_S = 30.0
_FIRST_RETRY_S, _LAST_RETRY_S = 0.2, 5.0
_LONGEST_BYTES = 64 * 1024 * 1024
_SESSION_ENDED = 4401


class ApiError(Exception):
    """The appliance has not done what was asked; the message says why, in its words."""


class Unreachable(ApiError):
    """It does not answer, or is not the one that is trusted."""


class LoggedOut(ApiError):
    """One has to log in, or login and password are wrong."""


class NotAllowed(ApiError):
    """One may not, or has to choose a password first."""


class NotThere(ApiError):
    """There is no such thing, or none that one may see."""


class Refused(ApiError):
    """The centre says no."""


class TooOften(ApiError):
    """It was asked too often; in `retry_s` seconds it may be asked again."""

    def __init__(self, text: str, retry_s: float) -> None:
        super().__init__(text)
        self.retry_s = retry_s


@frozen
class LoggedIn:
    """A log-in; the client has the token."""

    until_at: float
    must_change: bool


@frozen
class Me:
    """Who one is."""

    login: str
    name: str
    agent: str
    language: str
    roles: list[str]
    permissions: list[str]
    must_change: bool
    until_at: float


@frozen
class State:
    """All that one may see, of one moment."""

    centre: str
    run: str
    seq: int
    at: float
    agents: dict[str, Agent]
    queues: dict[str, Queue]
    contacts: dict[str, Contact]
    alarms: dict[str, Alarm]
    lines: dict[str, Line]


@frozen
class Began:
    """The stream begins, or begins anew: nothing of what was known before holds."""

    state: State


@frozen
class Changed:
    """One thing is otherwise now."""

    seq: int
    kind: Kind
    key: str
    data: Mapping[str, Any] | None
    """As in `tui.things`; None: it is no more."""


@frozen
class Away:
    """The connection is lost, and looked for."""

    why: str


@frozen
class Back:
    """The connection is there again, and the stream goes on where it was."""


Happened = Began | Changed | Away | Back


class Client:
    """One program's way to an appliance."""

    def __init__(self, url: str, *, trust: Path | None = None, token: str = "") -> None:
        """`trust` is a file with the certificate that the appliance has, or that has signed it; without it those of the system count.

        Raises:
            OSError: the file cannot be read.

        """
        context = ssl.create_default_context()
        if trust is not None:
            context.load_verify_locations(trust)
        self._http = httpx.AsyncClient(base_url=url, verify=context, timeout=_TIMEOUT_S, trust_env=False)
        self.token = token
        """Of the session; kept elsewhere it lets another client go on with it."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self._http.aclose()

    # -- sessions ------------------------------------------------------------------------------------------------------------------------

    async def log_in(self, login: str, password: str) -> LoggedIn:
        """Log in; all that follows is done as this user."""
        answer = await self.call("POST", "/v1/log-in", {"login": login, "password": password})
        self.token = answer["token"]
        return LoggedIn(answer["until_at"], answer["must_change"])

    async def log_out(self) -> None:
        """End the session; its streams end with `LoggedOut`."""
        await self.call("POST", "/v1/log-out")
        self.token = ""

    async def first_administrator(self, code: str, login: str, name: str, password: str) -> None:
        """Make the first administrator by the code that the appliance has shown."""
        await self.call("POST", "/v1/first-administrator", {"code": code, "login": login, "name": name, "password": password})

    async def me(self) -> Me:
        """Who one is."""
        answer = await self.call("GET", "/v1/me")
        return Me(**{name: answer[name] for name in Me.__annotations__})

    async def choose_password(self, old: str, new: str) -> None:
        """Choose a password of one's own; the session ends."""
        await self.call("POST", "/v1/me/password", {"old": old, "new": new})
        self.token = ""

    # -- the centre ----------------------------------------------------------------------------------------------------------------------

    async def state(self) -> State:
        """All that one may see, as it is now."""
        return _state(await self.call("GET", "/v1/state"))

    async def ask(self, agent: str, what: str, *, to: str = "", reason: str = "", station: str = "") -> None:
        """Ask for something at an agent's seat, as `./hotline ask` does."""
        body = {"what": what, "to": to, "reason": reason, "station": station}
        await self.call("POST", f"/v1/agents/{_part(agent)}/requests", body)

    async def story(self, contact: str) -> Mapping[str, Any]:
        """A contact and its steps."""
        return dict(await self.call("GET", f"/v1/contacts/{_part(contact)}"))

    def events(self, *, newest: bool = False) -> "Events":
        """What happens from now on; `newest`: of each thing only how it is now, for a screen. Entered with `async with`."""
        return Events(self, newest=newest)

    # -- the wire ------------------------------------------------------------------------------------------------------------------------

    async def call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """Any request of the API; the answer's JSON.

        Raises:
            ApiError: it was not answered so.

        """
        try:
            response = await self._http.request(method, path, json=body, headers=self.headers())
        except (httpx.TransportError, OSError) as error:
            raise Unreachable(f"{self._http.base_url} does not answer: {_why(error)}") from error
        if response.is_success:
            return response.json()
        raise _refusal(response.status_code, _text(response), response.headers.get("Retry-After", ""))

    def headers(self) -> dict[str, str]:
        """What shows who asks."""
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}

    def socket(self, path: str, **query: str) -> Any:
        """A WebSocket, entered with `async with`."""
        return aconnect_ws(path, self._http, max_message_size_bytes=_LONGEST_BYTES, params=query, headers=self.headers())


@define
class _Place:
    run: str = ""
    seq: int = -1


class Events:
    """The stream of events; iterated, it ends with an error only: `LoggedOut` or `NotAllowed`. Drops are told, and mended."""

    def __init__(self, client: Client, *, newest: bool) -> None:
        self._client, self._newest = client, newest
        self._place = _Place()
        self._up = False
        self._group: TaskGroup
        self._told: MemoryObjectReceiveStream[Happened | ApiError]

    async def __aenter__(self) -> Self:
        send, self._told = anyio.create_memory_object_stream[Happened | ApiError](0)
        self._group = anyio.create_task_group()
        await self._group.__aenter__()
        self._group.start_soon(self._keep, send)
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._group.cancel_scope.cancel()
        await self._group.__aexit__(None, None, None)  # what the block raises is nobody's but the block's
        self._told.close()

    def __aiter__(self) -> AsyncIterator[Happened]:
        return self

    async def __anext__(self) -> Happened:
        happened = await self._told.receive()
        if isinstance(happened, ApiError):
            raise happened
        return happened

    async def _keep(self, send: MemoryObjectSendStream[Happened | ApiError]) -> None:
        chance = random.Random()
        with send:
            wait_s, away = _FIRST_RETRY_S, False
            while True:
                self._up = False
                error = await self._until_lost(send)
                if isinstance(error, LoggedOut | NotAllowed):
                    await send.send(error)
                    return
                if self._up:
                    wait_s, away = _FIRST_RETRY_S, False
                if not away:
                    away = True
                    await send.send(Away(str(error)))
                await anyio.sleep(max(wait_s, error.retry_s if isinstance(error, TooOften) else 0.0) * chance.uniform(0.5, 1.0))
                wait_s = min(2 * wait_s, _LAST_RETRY_S)

    async def _until_lost(self, send: MemoryObjectSendStream[Happened | ApiError]) -> ApiError:
        """Read one connection to its end; why it ended."""
        query = {"newest": "1"} if self._newest else {}
        if self._place.run:
            query |= {"run": self._place.run, "after": str(self._place.seq)}
        try:
            async with self._client.socket("/v1/events", **query) as socket:
                while True:
                    await self._tell(json.loads(await socket.receive_text()), send)
        except (Exception, BaseExceptionGroup) as error:
            return _lost(error)

    async def _tell(self, message: Any, send: MemoryObjectSendStream[Happened | ApiError]) -> None:
        if isinstance(message, list):
            for event in message:
                await send.send(Changed(event["seq"], event["kind"], event["key"], event["data"]))
                self._place.seq = event["seq"]
            return
        self._up = True
        if message["resumed"]:
            await send.send(Back())
        else:
            state = _state(message["state"])
            await send.send(Began(state))
            self._place = _Place(state.run, state.seq)


def _lost(error: BaseException) -> ApiError:
    """What ended a connection, as one of ours; what else there is of it - a mistake of ours, a cancellation - is raised."""
    group = error if isinstance(error, BaseExceptionGroup) else BaseExceptionGroup("", [error])
    theirs, others = group.split((httpx.TransportError, HTTPXWSException, OSError))
    if theirs is None or others is not None:
        raise error if others is group or others is None else others
    found: BaseException = theirs
    while isinstance(found, BaseExceptionGroup):
        found = found.exceptions[0]
    match found:
        case WebSocketUpgradeError():
            return _refusal(found.response.status_code, "the stream is refused", found.response.headers.get("Retry-After", ""))
        case WebSocketDisconnect(code=code) if code == _SESSION_ENDED:
            return LoggedOut("the session has ended")
    return Unreachable(f"the connection is lost: {_why(found)}")


def _why(error: BaseException) -> str:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"its certificate is not trusted: {cause.verify_message}"
        cause = cause.__cause__ or cause.__context__
    return str(error) or type(error).__name__


def _refusal(status: int, text: str, retry: str) -> ApiError:
    match status:
        case 401:
            return LoggedOut(text)
        case 403:
            return NotAllowed(text)
        case 404:
            return NotThere(text)
        case 409:
            return Refused(text)
        case 429:
            return TooOften(text, float(retry) if retry.isdigit() else 1.0)
    return ApiError(f"{status}: {text}")


def _text(response: httpx.Response) -> str:
    try:
        return str(response.json()["error"])
    except (ValueError, KeyError, TypeError):
        return response.reason_phrase


def _state(answer: Mapping[str, Any]) -> State:
    return State(**{name: answer[name] for name in State.__annotations__})


def _part(text: str) -> str:
    """A piece of a path: nothing in it leads elsewhere."""
    if text in ("", ".", ".."):
        raise NotThere(f"there is no '{text}'")
    return quote(text, safe="")
