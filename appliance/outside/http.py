"""Requests over HTTP for gateways: no redirections, proxies or cookies, certificates checked, answers of bounded size.

It uses httpx's transport and not its client, which would keep cookies of one caller for the next, and log whole URLs.
"""

import re
import ssl
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING
from urllib.parse import quote

import trio

from appliance.core.program.expressions import Value
from appliance.outside.answers import GatewayFailed
from appliance.outside.gateway import Arguments
from appliance.site.gateways import HttpGateway, HttpQuery

if TYPE_CHECKING:
    import httpx

__all__ = ["HttpConnections", "as_text", "filled"]

_MOST_BYTES = 262_144
_NOT_WORKING = (401, 403, 407, 408, 429)
"""It lets nobody in, or has no time for anybody."""
_PLACE = re.compile(r"\{([^\W\d]\w*)\}")


class HttpConnections:
    """Sends requests to one gateway."""

    def __init__(self, settings: HttpGateway, secret: Callable[[str], str | None]) -> None:
        """`secret` finds a secret by its name."""
        self._settings = settings
        self._secret = secret
        self._transport: httpx.AsyncHTTPTransport | None = None
        self._opening = trio.Lock()

    async def send(self, method: str, query: HttpQuery, arguments: Arguments, headers: Mapping[str, str], content: bytes) -> bytes | None:
        """The body of the answer; None: the status says that there is nothing.

        Raises:
            GatewayFailed: there is no such answer.

        """
        import httpx

        url = self._settings.url.rstrip("/") + path_of(query.path, arguments)
        transport = await self._connected()
        sent = {"User-Agent": "hotline", "Accept-Encoding": "identity", **self._settings.headers, **headers, **self._secrets()}
        try:
            request = httpx.Request(method, url, headers=sent, content=content or None)
            response = await transport.handle_async_request(request)
            try:
                return await self._body(response, query)
            finally:
                with trio.CancelScope(shield=True, deadline=trio.current_time() + 1):
                    await response.aclose()
        except (httpx.ConnectError, httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError) as error:
            raise GatewayFailed(f"the connection failed ({type(error).__name__})", again=True) from None
        except httpx.HTTPError as error:
            raise GatewayFailed(f"the request failed ({type(error).__name__})") from None
        except httpx.InvalidURL:
            raise GatewayFailed("the arguments make no URL", theirs=False) from None

    async def _body(self, response: "httpx.Response", query: HttpQuery) -> bytes | None:
        status = response.status_code
        if status in query.nothing_on or status == 204:
            return None
        if not 200 <= status < 300:
            theirs = status >= 500 or status in _NOT_WORKING or status < 400
            raise GatewayFailed(f"it answers with status {status}", theirs=theirs, answered=not theirs)
        if response.headers.get("content-encoding", "identity") != "identity":
            raise GatewayFailed("it answers compressed, which was not asked for")
        body = b""
        with trio.CancelScope() as reading:  # cancelled and not left: the library's generators inside one another end only so
            async for chunk in response.aiter_raw():
                if len(body) <= _MOST_BYTES:
                    body += chunk
                else:
                    reading.cancel()
        if len(body) > _MOST_BYTES:
            raise GatewayFailed(f"the answer has more than {_MOST_BYTES} bytes")
        return body

    def _secrets(self) -> dict[str, str]:
        found = {}
        for header, name in self._settings.secrets.items():
            word = self._secret(name)
            if word is None:
                raise GatewayFailed(f"the secret '{name}' is missing: write it under [gateways] in secrets.toml")
            found[header] = word
        return found

    async def _connected(self) -> "httpx.AsyncHTTPTransport":
        import httpx

        async with self._opening:
            if self._transport is None:
                try:
                    trusted = await trio.to_thread.run_sync(_trusted, self._settings.ca_file)
                except (OSError, ssl.SSLError):
                    raise GatewayFailed("the file of certificates cannot be used") from None
                most = self._settings.most_at_once
                limits = httpx.Limits(max_connections=2 * most, max_keepalive_connections=most)
                self._transport = httpx.AsyncHTTPTransport(verify=trusted, limits=limits, trust_env=False)
        return self._transport

    async def close(self) -> None:
        """Let go of connections."""
        if self._transport is not None:
            await self._transport.aclose()


def _trusted(ca_file: str) -> ssl.SSLContext:
    """In a thread: loading the system's certificates takes some 20 ms."""
    return ssl.create_default_context(cafile=ca_file or None)


def path_of(template: str, arguments: Arguments) -> str:
    """A query's path; an argument can only be a part of a segment or of a value, and never change what is asked.

    Raises:
        GatewayFailed: an argument would.

    """
    path, mark, rest = template.partition("?")
    made = filled(path, arguments, lambda text: quote(text, safe=""))
    for written, segment in zip(path.split("/"), made.split("/"), strict=True):
        if written and segment in ("", ".", ".."):
            raise GatewayFailed("an argument is missing where the path needs one", theirs=False)
    return made + mark + filled(rest, arguments, lambda text: quote(text, safe=""))


def filled(template: str, arguments: Arguments, escaped: Callable[[str], str]) -> str:
    """A template with its arguments in their places."""
    return _PLACE.sub(lambda place: escaped(as_text(place[1], arguments[place[1]])), template)


def as_text(name: str, of: Value) -> str:
    """An argument in words.

    Raises:
        GatewayFailed: it is a record or a list.

    """
    if isinstance(of, dict | list):
        raise GatewayFailed(f"'{name}' is no text and no number", theirs=False)
    return "" if of is None else str(of).lower() if isinstance(of, bool) else f"{of}"
