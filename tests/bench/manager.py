"""`./hotline bench manager`: our client of Asterisk's manager beside pyst2, the library most programs in Python use.

Events: a socket says the same 20,000 events to each, as fast as they are read; the clock runs from the first to the last that reaches a
callback. Answers: each asks a real Asterisk one thing after the other, and waits each time. What pyst2 gets wrong is not here, but in
tests/hal/asterisk/test_ami_pyst2.py.
"""

import logging
import socket
import sys
import tempfile
import threading
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import trio

from hal.asterisk.ami import AmiLink, Message
from hal.asterisk.ami.codec import Decoder, encode
from tests.bench.figures import Figure, beside, percentile, report
from tests.peers.asterisk import Centre, asterisk
from tests.peers.asterisk_config import AMI_USER
from tests.peers.media import write_wav
from tests.peers.processes import PeerFailed

__all__ = ["bench_manager"]

PATIENCE_S = 120.0


def bench_manager(json_path: Path | None = None, events: int = 20_000, answers: int = 1000, rounds: int = 3) -> int:
    """Measure, print the table, write the JSON; 0: done, 2: it could not be measured."""
    warnings.simplefilter("ignore", DeprecationWarning)  # pyst2 has one for each event
    try:
        return report(_measure(events, answers, rounds), json_path)
    except PeerFailed as failure:
        print(f"bench manager: {failure}", file=sys.stderr)
        return 2


def _measure(events: int, answers: int, rounds: int) -> list[Figure]:
    said = b"".join(_event(number) for number in range(events))
    ours: list[float] = []
    theirs: list[float] = []
    for _ in range(rounds):
        ours.append(_counted(said, events, _ours_hears))
        theirs.append(_counted(said, events, _theirs_hears))
    found = [beside(f"{events} events, median of {rounds}", "events/s", percentile(ours, 0.5), percentile(theirs, 0.5), "pyst2 0.5.1")]
    with tempfile.TemporaryDirectory(prefix="hotline-bench-") as name:
        sound = write_wav(Path(name) / "sound.wav", [420], 1)
        with asterisk(Centre(address="127.77.0.6", callers="127.77.0.7"), prompt=sound, music=sound) as peer:
            mine, other = [], []
            for _ in range(rounds):
                mine += trio.run(_our_answers, peer.centre, answers // rounds)
                other += _their_answers(peer.centre, answers // rounds)
    for share in (0.5, 0.99, 1.0):
        what = "longest" if share == 1.0 else f"p{share * 100:g}"
        a, b = percentile(mine, share), percentile(other, share)
        found.append(beside(f"an action's answer, {what} of {len(mine)}", "ms", a and a * 1e3, b and b * 1e3, "pyst2 0.5.1"))
    return found


def _event(number: int) -> bytes:
    """As a busy Asterisk says a dozen of for each call."""
    channel = f"PJSIP/public-{number:08x}"
    return encode(
        (
            ("Event", "Newexten"), ("Privilege", "dialplan,all"), ("Channel", channel), ("ChannelState", "4"), ("ChannelStateDesc", "Ring"),
            ("CallerIDNum", "13800138000"), ("CallerIDName", "<unknown>"), ("ConnectedLineNum", "<unknown>"),
            ("ConnectedLineName", "<unknown>"), ("Language", "en"), ("AccountCode", ""), ("Context", "from-card"), ("Exten", "95500"),
            ("Priority", "3"), ("Uniqueid", f"1774.{number}"), ("Linkedid", f"1774.{number}"), ("Extension", "95500"),
            ("Application", "Dial"), ("AppData", "PJSIP/95500@hotline0,,b(hotline-labels^add^1)"),
        )
    )  # fmt: skip


# --- events -----------------------------------------------------------------------------------------------------------


@attrs.define
class _Count:
    """Counts events to the last one."""

    wanted: int
    done: Callable[[], None]
    heard: int = 0
    began: float = 0.0
    ended: float = 0.0

    def hear(self) -> None:
        if not self.heard:
            self.began = time.perf_counter()
        self.heard += 1
        if self.heard == self.wanted:
            self.ended = time.perf_counter()
            self.done()


def _counted(said: bytes, events: int, client: Callable[[int, int], float]) -> float:
    """Events per second that reach the client's callback."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        speaker = threading.Thread(target=_speak, args=(listening, said))
        speaker.start()
        took = client(listening.getsockname()[1], events)
        speaker.join(PATIENCE_S)
    return events / took


def _speak(listening: socket.socket, said: bytes) -> None:
    """A manager that lets the first one in and says it all."""
    stream, _ = listening.accept()
    with stream:
        stream.sendall(b"Asterisk Call Manager/11.0.0\r\n")
        decoder = Decoder(banner=False)
        while data := stream.recv(65_536):
            for action in decoder.feed(data):
                assert isinstance(action, Message)
                if action.get("Action") == "Logoff":
                    stream.sendall(encode([("Response", "Goodbye")]))
                    return
                headers = [("Response", "Success"), ("ActionID", action.get("ActionID")), ("Challenge", "1")]
                stream.sendall(encode(headers))
                if action.get("Action") == "Login":
                    stream.sendall(encode([("Event", "FullyBooted")]) + said)


class _Ear:
    """Listens to our link."""

    def __init__(self, heard: Callable[[], None] = lambda: None) -> None:
        self.up = trio.Event()
        self._heard = heard

    def manager_up(self) -> None:
        self.up.set()

    def manager_down(self, reason: str) -> None:
        print(f"manager: {reason}", file=sys.stderr)

    def manager_told(self, _: Message) -> None:
        self._heard()


def _link(host: str, port: int, user: str, secret: str, ear: _Ear) -> AmiLink:
    return AmiLink(host, port, user, secret, ear, prefix="bench", log=logging.getLogger("hotline.bench"))


def _ours_hears(port: int, events: int) -> float:
    async def hear() -> float:
        async with trio.open_nursery() as nursery:
            count = _Count(events, nursery.cancel_scope.cancel)
            nursery.start_soon(_link("127.0.0.1", port, "bench", "bench", _Ear(count.hear)).run)
        return count.ended - count.began

    return trio.run(hear)


def _manager() -> Any:
    from asterisk.manager import Manager

    return Manager()


def _theirs_hears(port: int, events: int) -> float:
    done = threading.Event()
    count = _Count(events, done.set)
    client = _manager()
    client.connect("127.0.0.1", port)
    client.register_event("Newexten", lambda *_: count.hear())
    client.login("bench", "bench")
    if not done.wait(PATIENCE_S):
        raise PeerFailed(f"pyst2 dispatched {count.heard} of {events} events in {PATIENCE_S:g} s")
    client.close()
    client._connected.clear()  # else its deletion asks the closed socket once more
    client._sock.close()
    return count.ended - count.began


# --- answers ----------------------------------------------------------------------------------------------------------


async def _our_answers(centre: Centre, answers: int) -> list[float]:
    ear = _Ear()
    link = _link(centre.address, centre.ami_port, AMI_USER, centre.ami_secret, ear)
    took = []
    async with trio.open_nursery() as nursery:
        nursery.start_soon(link.run)
        await ear.up.wait()
        for _ in range(answers):
            began = time.perf_counter()
            assert (await link.ask("CoreStatus")).ok
            took.append(time.perf_counter() - began)
        nursery.cancel_scope.cancel()
    return took


def _their_answers(centre: Centre, answers: int) -> list[float]:
    client = _manager()
    client.connect(centre.address, centre.ami_port)
    client.login(AMI_USER, centre.ami_secret)
    took = []
    for _ in range(answers):
        began = time.perf_counter()
        assert client.send_action({"Action": "CoreStatus"}).headers["Response"] == "Success"
        took.append(time.perf_counter() - began)
    client.close()
    client._connected.clear()
    client._sock.close()
    return took
