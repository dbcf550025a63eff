"""The desk: a Unix socket in the data directory by which the operator of this machine asks the running appliance for things.

One JSON object a line, one answer a line:

    {"ask": "hold", "agent": "1001"}                          see `control` and `supervision` in `appliance.core.talks`, and states
    {"ask": "listen", "agent": "1001", "by": "1009"}
    {"reload": true}                                          the site file was changed
    {"show": true}                                            agents, queues and contacts as they are now
    {"show": "lines"}                                         each line with its channels, alarms and calls
    {"callers": "list"}, {"closures": "list"} ...             see `appliance.callers.desk`
    {"accounts": "list", "of": "customers"} ...               see `appliance.outside.operators`
    {"users": "list"} ...                                     see `appliance.access.desk`
    {"check": true}                                           what is broken of what must always hold; an empty list: nothing
    -> {"done": true}, {"error": "why not"}, {"shown": {...}}, {"checked": [...]}

Who may open the socket is who may read the data directory: its owner (mode 0600). Each connection is served on its own; a line that is too
long, or is no request, is answered with what is wrong and costs nothing else.
"""

import json
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Any

import trio

from appliance.callers.desk import operators_answer
from appliance.core.admission.door import FLAG
from appliance.core.engine import Engine
from appliance.core.inputs import AgentAsked
from appliance.lines_shown import lines_shown
from appliance.shell import Shell

__all__ = ["Desk", "DeskClosed", "Operators", "ask_desk", "desk_path"]

log = logging.getLogger("hotline.desk")
_LONGEST_BYTES = 65_536
_ANSWER_S = 60.0
_WORDS = ("ask", "agent", "to", "by", "reason", "station")
Reload = Callable[[], Awaitable[str]]
Operators = Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]
"""Answers requests with a certain first word."""


class DeskClosed(Exception):
    """There is no appliance running on this data directory, or it does not let us in."""


def desk_path(data_dir: Path) -> Path:
    """Where the socket is."""
    return data_dir / "run" / "desk.sock"


class Desk:
    """The appliance's side."""

    def __init__(self, data_dir: Path, shell: Shell, reload: Reload, others: Mapping[str, Operators] | None = None) -> None:
        """Serve for this data directory; `reload` loads the site again and says what is wrong with it, or ""; `others` by first word."""
        self._path, self._shell, self._reload, self._others = desk_path(data_dir), shell, reload, others or {}

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Listen until the block is left."""
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._path.unlink(missing_ok=True)  # of a run that was killed: the data directory's lock says that it is over
        with trio.socket.socket(trio.socket.AF_UNIX, trio.socket.SOCK_STREAM) as listening:
            await listening.bind(str(self._path))
            self._path.chmod(0o600)
            listening.listen(8)
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._accept, listening, nursery)
                yield
                nursery.cancel_scope.cancel()
        self._path.unlink(missing_ok=True)

    async def _accept(self, listening: trio.socket.SocketType, nursery: trio.Nursery) -> None:
        while True:
            connection, _ = await listening.accept()
            nursery.start_soon(self._serve, trio.SocketStream(connection))

    async def _serve(self, stream: trio.SocketStream) -> None:
        try:
            async with stream, aclosing(_lines(stream)) as lines:
                async for line in lines:
                    answer = await self._answered(line)
                    await stream.send_all(json.dumps(answer, ensure_ascii=False).encode() + b"\n")
        except (trio.BrokenResourceError, ValueError) as error:  # who asked has gone, or sends no end of a line
            log.info("a request was given up: %s", error)

    async def _answered(self, line: bytes) -> dict[str, Any]:
        """The answer, also when the request, or the appliance's own memory, is such that it cannot be made: that costs nobody else."""
        try:
            return await self._answer(line)
        except Exception as error:
            log.exception("a request could not be answered")
            return {"error": f"this could not be answered: {type(error).__name__}: {error}"}

    async def _answer(self, line: bytes) -> dict[str, Any]:
        try:
            request = json.loads(line)
        except (ValueError, RecursionError) as error:
            return {"error": f"this is no JSON: {error}"}
        if not isinstance(request, dict):
            return {"error": 'a request is an object, as {"ask": "hold", "agent": "1001"}'}
        if request.get("reload"):
            wrong = await self._reload()
            return {"error": wrong} if wrong else {"done": True}
        if request.get("show") == "lines":
            return {"shown": lines_shown(self._shell.engine, self._shell.lines)}
        if request.get("show"):
            return {"shown": shown(self._shell.engine)}
        if request.get("check"):
            return {"checked": self._shell.engine.check()}
        if "callers" in request or "closures" in request:
            return await operators_answer(request, self._shell)
        if other := next((answer for word, answer in self._others.items() if word in request), None):
            return await other(request)
        unknown = [key for key in request if key not in _WORDS]
        if unknown or not request.get("ask") or not all(isinstance(value, str) for value in request.values()):
            problem = f"'{unknown[0]}' is not known" if unknown else "it needs 'ask' and 'agent', and texts only"
            return {"error": f"{problem}; a request has: {', '.join(_WORDS)}, or reload, show or check"}
        return await self._ask(request)

    async def _ask(self, request: dict[str, str]) -> dict[str, Any]:
        by = request.get("by", "operator")
        asked = AgentAsked(
            request.get("agent", ""), request["ask"], request.get("reason", ""), request.get("station", ""), by, request.get("to", "")
        )
        reply = await self._shell.request(asked)
        return {"error": reply.error} if reply.error else {"done": True}


def shown(engine: Engine) -> dict[str, Any]:
    """Agents, queues and contacts as they are now, and how many legs and recordings there are; durations in seconds."""
    state = engine.state
    agents = {
        id_: {
            "name": agent.plan.name, "state": agent.state.value, "since_s": round(state.now - agent.since, 1), "reason": agent.reason,
            "station": agent.station, "contact": agent.contact, "level": agent.plan.level, "help": agent.help_asked is not None,
        }
        for id_, agent in state.agents.items()
    }  # fmt: skip
    queues = {
        name: {
            "waiting": queue.counted, "logged_in": queue.logged_in, "serving": queue.serving,
            "free": len(queue.idle), "waits_told": queue.estimator.coverage[1], "waits_right": queue.estimator.coverage[0],
        }
        for name, queue in state.queues.items() if name in state.plan.queues
    }  # fmt: skip
    contacts = {
        id_: {
            "ani": contact.ani, "dnis": contact.dnis, "state": contact.state.value, "queue": contact.queue, "agent": contact.agent,
            "for_s": round(state.now - contact.stage_at, 1), "flag": contact.data.get(FLAG, ""), "leg": contact.leg,
            "keys": contact.keys, "path": contact.nodes, "data": contact.data, "rings": list(contact.offers.values()),
            "parties": [state.legs[leg].party for leg in contact.parties if leg in state.legs],
        }
        for id_, contact in state.contacts.items() if not contact.internal
    }  # fmt: skip
    return {
        "agents": agents, "queues": queues, "contacts": contacts, "legs": len(state.legs), "recordings": len(state.recordings),
        "turned_away": state.book.refused.total(), "closed": [closure.number for closure in engine.admission.in_force()],
    }  # fmt: skip


async def _lines(stream: trio.SocketStream) -> AsyncGenerator[bytes, None]:
    """Complete lines, until the other side closes.

    Raises:
        ValueError: a line does not end.

    """
    rest = b""
    async for chunk in stream:
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            if line.strip():
                yield line
        if len(rest) > _LONGEST_BYTES:
            raise ValueError(f"a request of more than {_LONGEST_BYTES} bytes")


async def ask_desk(data_dir: Path, request: dict[str, Any]) -> dict[str, Any]:
    """Ask the appliance that runs on a data directory.

    Raises:
        DeskClosed: there is none, it does not answer, or this user may not.

    """
    path = desk_path(data_dir)
    try:
        with trio.fail_after(_ANSWER_S):
            async with await trio.open_unix_socket(str(path)) as stream:
                await stream.send_all(json.dumps(request).encode() + b"\n")
                async with aclosing(_lines(stream)) as lines:
                    async for line in lines:
                        answer: dict[str, Any] = json.loads(line)
                        return answer
    except (FileNotFoundError, ConnectionRefusedError) as error:
        raise DeskClosed(f"no appliance is running on '{data_dir}' (start it with ./hotline serve --data {data_dir})") from error
    except PermissionError as error:
        raise DeskClosed(f"only the owner of '{path}' may ask the appliance") from error
    except (trio.TooSlowError, OSError) as error:
        raise DeskClosed(f"the appliance on '{data_dir}' does not answer: {error}") from error
    raise DeskClosed(f"the appliance on '{data_dir}' ended before it answered")
