"""Gateways that answer in JSON over HTTP; numbers stay exact."""

import json
import re
from collections.abc import Callable
from decimal import Decimal
from typing import NoReturn

import trio

from appliance.core.program.expressions import Value
from appliance.outside.answers import GatewayFailed, usable
from appliance.outside.gateway import Arguments
from appliance.outside.http import HttpConnections
from appliance.site.gateways import HttpJsonGateway, JsonQuery

__all__ = ["HttpJsonPeer", "picked"]

_SHORT_BYTES = 16_384
"""What is not longer is read at once: it takes a millisecond or two, and a thread is not worth it."""


class HttpJsonPeer:
    """Asks by GET or POST."""

    def __init__(self, settings: HttpJsonGateway, secret: Callable[[str], str | None]) -> None:
        """`secret` finds a secret by its name."""
        self._settings = settings
        self._http = HttpConnections(settings, secret)

    async def ask(self, query: str, arguments: Arguments) -> Value:
        """See `Peer`."""
        asked = self._settings.queries[query]
        headers, content = {"Accept": "application/json"}, b""
        if asked.method == "POST":
            headers["Content-Type"] = "application/json"
            content = _written({member: arguments[name] for member, name in asked.body.items()}).encode()
        body = await self._http.send(asked.method, asked, arguments, headers, content)
        if body is None:
            return [] if asked.result == "many" else None
        if len(body) <= _SHORT_BYTES:
            return _read(body, asked)
        return await trio.to_thread.run_sync(_read, body, asked, abandon_on_cancel=True)

    def may_repeat(self, query: str) -> bool:
        """See `Peer`."""
        return self._settings.queries[query].method == "GET" or self._settings.queries[query].idempotent

    async def close(self) -> None:
        """See `Peer`."""
        await self._http.close()


def _written(of: Value) -> str:
    """JSON, with exact numbers as they are."""
    match of:
        case Decimal():
            return f"{of:f}"
        case dict():
            return "{" + ", ".join(f"{json.dumps(key, ensure_ascii=False)}: {_written(each)}" for key, each in of.items()) + "}"
        case list():
            return "[" + ", ".join(map(_written, of)) + "]"
    return json.dumps(of, ensure_ascii=False)


def _read(body: bytes, asked: JsonQuery) -> Value:
    """In a thread, if it is long: looking through a long answer takes longer than calls should wait."""
    found = picked(_parsed(body), asked.pick)
    if asked.result == "many":
        if not isinstance(found, list | None):
            raise GatewayFailed("the answer is no list where one was expected")
        return usable(found or [])
    if not isinstance(found, dict | None):
        raise GatewayFailed("the answer is no record where one was expected")
    return usable(found)


def _parsed(body: bytes) -> object:
    try:
        return json.loads(body, parse_float=Decimal, parse_constant=_no_number)
    except (ValueError, RecursionError, ArithmeticError):
        raise GatewayFailed("the answer is no JSON") from None


def _no_number(_word: str) -> NoReturn:
    raise ValueError


def picked(whole: object, path: str) -> object:
    """What stands at a path; None: nothing does."""
    for member, index in re.findall(r"([^\s.\[\]]+)|\[(\d+)\]", path):
        if member:
            whole = whole.get(member) if isinstance(whole, dict) else None
        else:
            whole = whole[int(index) - 1] if isinstance(whole, list) and int(index) <= len(whole) else None
    return whole
