"""Asterisk's own ways to play a file, for `./hotline bench cards` to compare with: AGI's STREAM FILE over a socket, and ARI's playback.

Only what one prompt needs of either. AGI: an environment `agi_name: value`, ended by an empty line; then one line for a command and one
for its answer, `200 result=0`. ARI: events over a WebSocket (RFC 6455), commands by HTTP.
"""

import base64
import json
import secrets
from collections.abc import Callable
from typing import Any

import httpx
import trio

__all__ = ["AriPlayer", "agi_environment", "agi_plays"]

Said = Callable[[str], None]
"""Called with the caller's number when he is told to hear something."""
ARI_USER = "bench"


def agi_environment(text: bytes) -> dict[str, str] | None:
    """What Asterisk says first; None while it is not complete."""
    head, end, _ = text.partition(b"\n\n")
    if not end:
        return None
    pairs = (line.partition(":") for line in head.decode().splitlines())
    return {name: value.strip() for name, _, value in pairs}


async def agi_plays(stream: trio.SocketStream, file: str, said: Said) -> None:
    """Play a file into one call, which the dialplan has answered: AGI's own ANSWER waits half a second for the caller's speech."""
    heard = b""
    while (environment := agi_environment(heard)) is None:
        heard += await stream.receive_some(65_536)
    said(environment["agi_callerid"])
    await stream.send_all(f'STREAM FILE {file} ""\n'.encode())
    await stream.receive_some(65_536)  # at its end, or when he hangs up
    await stream.aclose()


class AriPlayer:
    """An application of Asterisk's that answers each call and plays a file."""

    def __init__(self, host: str, port: int, file: str, said: Said) -> None:
        self._host, self._port, self._file, self._said = host, port, file, said

    async def run(self, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Serve until cancelled."""
        async with (
            await trio.open_tcp_stream(self._host, self._port) as stream,
            httpx.AsyncClient(base_url=f"http://{self._host}:{self._port}/ari", auth=(ARI_USER, ARI_USER)) as client,
            trio.open_nursery() as nursery,
        ):
            key = base64.b64encode(secrets.token_bytes(16)).decode()
            await stream.send_all(
                f"GET /ari/events?app=bench&api_key={ARI_USER}:{ARI_USER} HTTP/1.1\r\nHost: {self._host}\r\nUpgrade: websocket\r\n"
                f"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n".encode()
            )
            heard = bytearray()
            while b"\r\n\r\n" not in heard:
                heard += await stream.receive_some(65_536)
            assert heard.startswith(b"HTTP/1.1 101"), bytes(heard)
            del heard[: heard.index(b"\r\n\r\n") + 4]
            task_status.started()
            while True:
                while (event := _frame(heard)) is not None:
                    if event.get("type") == "StasisStart":
                        nursery.start_soon(self._serve, client, event["channel"])
                heard += await stream.receive_some(65_536)

    async def _serve(self, client: httpx.AsyncClient, channel: dict[str, Any]) -> None:
        answered = await client.post(f"/channels/{channel['id']}/answer")
        assert answered.is_success, answered.text
        self._said(channel["caller"]["number"])
        await client.post(f"/channels/{channel['id']}/play", params={"media": f"sound:{self._file}"})


def _frame(heard: bytearray) -> dict[str, Any] | None:
    """The next event in what was heard, which is then gone from it; an empty one for what is no event (a ping)."""
    if len(heard) < 2:
        return None
    opcode, length, at = heard[0] & 15, heard[1] & 127, 2
    if length > 125:
        at = 4 if length == 126 else 10
        if len(heard) < at:
            return None
        length = int.from_bytes(heard[2:at])
    if len(heard) < at + length:
        return None
    text = bytes(heard[at : at + length])
    del heard[: at + length]
    found: dict[str, Any] = json.loads(text) if opcode == 1 else {}
    return found
