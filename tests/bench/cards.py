"""`./hotline bench cards`: how soon a caller over a card hears a prompt, by each way that an Asterisk in between leaves for it.

    AGI    FastAGI over a socket, STREAM FILE            Asterisk plays
    ARI    Stasis, WebSocket and HTTP, playback          Asterisk plays
    line   the card line: SIP to our own media worker    we play, Asterisk passes it on
    SIP    the same worker without an Asterisk           what the one in between costs

All over one real Asterisk 22 in the same run, in turns, called by sipp where the card would be. The moments are the kernel's, of the first
loud RTP packet that reaches the caller: from the 200 that he gets, and from the command to play.
"""

import math
import re
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import attrs
import trio

from hal.api import Answer, Answered, Arrived, Event, Line, LineSetup, Play
from hal.asterisk import CardBackend
from hal.sip import SipBackend, SipSettings
from tests.bench.asterisk_plays import ARI_USER, AriPlayer, agi_plays
from tests.bench.figures import Figure, beside, percentile, report
from tests.hal import ports
from tests.hal.asterisk.card_peer import Rig, rig
from tests.hal.sip_peer import PASSWORD
from tests.peers.capture import capture
from tests.peers.media import loudness, rtp_of, write_wav
from tests.peers.pcap import Address, Datagram, read
from tests.peers.processes import PeerFailed
from tests.peers.sipp import Caller, call

__all__ = ["Heard", "bench_cards", "heard"]

WAYS = {"AGI": "70001", "ARI": "70002", "line": "95500", "SIP": "95500"}
LISTENS_S = 0.6
LOUD = 300.0
DIALPLAN = """
[from-network](+)
exten => 70001,1,Answer(,i)
 same => n,AGI(agi://127.0.0.1:{agi}/)
exten => 70002,1,Stasis(bench)
"""


def bench_cards(json_path: Path | None = None, calls: int = 100, rate: float = 5.0, rounds: int = 2) -> int:
    """Measure, print the table, write the JSON; 0: done, 2: it could not be measured."""
    try:
        figures = trio.run(_measure, calls, rate, rounds)
    except (PeerFailed, ExceptionGroup) as failure:
        if isinstance(failure, ExceptionGroup) and failure.split(PeerFailed)[1] is not None:
            raise
        print(f"bench cards: {failure!r}", file=sys.stderr)
        return 2
    return report(figures, json_path)


@attrs.frozen
class Heard:
    """When one caller was answered and first heard something, in seconds since the epoch."""

    answered: float
    loud: float


def heard(seen: Sequence[Datagram], callers: str) -> dict[str, Heard]:
    """What a capture has of each caller, by his number."""
    numbers: dict[bytes, str] = {}
    ports_of: dict[int, str] = {}
    answered: dict[str, float] = {}
    loud: dict[str, float] = {}
    for datagram in seen:
        text = datagram.payload
        call_id = re.search(rb"^Call-ID: *(\S+)", text, re.MULTILINE | re.IGNORECASE)
        if call_id and text.startswith(b"INVITE ") and datagram.source[0] == callers:
            number, audio = re.search(rb"^From: *<sip:([^@]+)@", text, re.MULTILINE), re.search(rb"^m=audio (\d+)", text, re.MULTILINE)
            if number and audio:
                numbers[call_id[1]] = number[1].decode()
                ports_of[int(audio[1])] = number[1].decode()
        elif call_id and text.startswith(b"SIP/2.0 200") and re.search(rb"^CSeq: *\d+ INVITE", text, re.MULTILINE):
            if number_ := numbers.get(call_id[1]):
                answered.setdefault(number_, datagram.at_s)
        elif datagram.target[0] == callers and (who := ports_of.get(datagram.target[1], "")) and _is_loud(text):
            loud.setdefault(who, datagram.at_s)
    return {who: Heard(answered[who], loud[who]) for who in answered if who in loud}


def _is_loud(payload: bytes) -> bool:
    packet = rtp_of(payload)
    return packet is not None and loudness(packet) >= LOUD


@attrs.define
class _Played:
    """When each caller was told to hear something."""

    at: dict[str, float] = attrs.field(factory=dict)

    def now(self, ani: str) -> None:
        self.at.setdefault(ani, time.time())


class _Player:
    """Answers each call on a line and plays it a file."""

    def __init__(self, played: _Played, prompt: Path) -> None:
        self._played, self._prompt = played, str(prompt)
        self._anis: dict[str, str] = {}
        self.line: Line | None = None

    def sink(self, event: Event) -> None:
        if self.line is None:
            return
        if isinstance(event, Arrived):
            self._anis[event.leg] = event.ani
            self.line.submit(Answer(event.line, event.leg))
        elif isinstance(event, Answered):
            self._played.now(self._anis[event.leg])
            self.line.submit(Play(event.line, event.leg, 1, (self._prompt,)))


async def _measure(calls: int, rate: float, rounds: int) -> list[Figure]:
    of, played = rig(60), _Played()
    agi, ari = ports.block(), ports.block()
    with tempfile.TemporaryDirectory(prefix="hotline-bench-") as name:
        folder = Path(name)
        prompt = write_wav(folder / "prompt.wav", [420], 5)
        more = {
            "http.conf": f"[general]\nenabled=yes\nbindaddr=127.0.0.1\nbindport={ari}\n",
            "ari.conf": f"[general]\nenabled=yes\n[{ARI_USER}]\ntype=user\npassword={ARI_USER}\n",
        }
        with of.asterisk(folder, more, DIALPLAN.format(agi=agi)) as peer:
            file = "/" + "/".join(peer.home.parts[-2:]) + "/sounds/prompt"
            direct = SipSettings(listen=f"127.0.0.1:{ports.block()}", rtp_ports="28000-28999")
            over, without = _Player(played, prompt), _Player(played, prompt)
            cards = LineSetup("cards", of.settings, over.sink, folder / "cards", lambda _: PASSWORD)
            alone = LineSetup("sip", direct, without.sink, folder / "sip", lambda _: PASSWORD)
            async with CardBackend().open(cards) as over.line, SipBackend().open(alone) as without.line, trio.open_nursery() as nursery:
                nursery.start_soon(partial(trio.serve_tcp, partial(agi_plays, file=file, said=played.now), agi, host="127.0.0.1"))
                await nursery.start(AriPlayer("127.0.0.1", ari, file, played.now).run)
                turns = _Turns(of, direct.listen, folder, calls // rounds, rate)
                seen: dict[str, dict[str, Heard]] = {way: {} for way in WAYS}
                for _ in range(rounds):
                    for way in WAYS:
                        print(f"{calls // rounds} calls, {way}", file=sys.stderr, flush=True)
                        seen[way].update(await trio.to_thread.run_sync(turns.turn, way))
                nursery.cancel_scope.cancel()
    return _figures(seen, played.at)


@attrs.define
class _Turns:
    """Loads one way at a time; each caller of the whole run has a number of his own."""

    rig: Rig
    direct: str
    folder: Path
    calls: int
    rate: float
    _number: int = 0

    def turn(self, way: str) -> dict[str, Heard]:
        self._number += 1
        folder = self.folder / f"turn{self._number}"
        folder.mkdir()
        host, _, port = (self.direct if way == "SIP" else self.rig.network).rpartition(":")
        media = 41_000
        caller = Caller(
            number=WAYS[way], calls=self.calls, rate=self.rate, stays_s=LISTENS_S, local=("127.0.0.1", ports.block()), media_port=media,
            first_ani=13_000_000_000 + 1_000_000 * self._number,
        )  # fmt: skip
        server: Address = (host, int(port))
        wanted = f"udp and (port {port} or dst portrange {media}-{media + 4 * self.calls + 100})"
        with capture(folder / "seen.pcap", wanted) as captured, call(caller, server, folder / "callers") as callers:
            counts = callers.finish(self.calls / self.rate + 60)
        if counts.failed:
            raise PeerFailed(f"{counts.failed} of {self.calls} calls failed, {way}:\n{callers.story()}")
        return heard(list(read(captured)), "127.0.0.1")


def _figures(seen: dict[str, dict[str, Heard]], played: dict[str, float]) -> list[Figure]:
    """The card line beside each other way."""
    measures: dict[str, Callable[[str, Heard], float]] = {
        "200 to first RTP": lambda _, of: of.loud - of.answered,
        "command to first RTP": lambda who, of: of.loud - played.get(who, math.nan),
    }
    found = []
    for what, measure in measures.items():
        of_way = {way: [measure(who, of) * 1e3 for who, of in calls.items()] for way, calls in seen.items()}
        for other in ("AGI", "ARI", "SIP"):
            for share in (0.5, 0.99):
                a, b = percentile(of_way["line"], share), percentile(of_way[other], share)
                found.append(
                    beside(f"{what}, p{share * 100:g} of {len(of_way['line'])} and {len(of_way[other])}, beside {other}", "ms", a, b, other)
                )
    return found
