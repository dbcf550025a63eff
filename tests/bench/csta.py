"""`./hotline bench csta`: what the CTI link to a switch costs, and how fast a route is decided over it.

Events: the life of a call as four monitored phones tell it, once with the elements that the standard has and once as a real switch writes
them, with services permitted, media and private data behind. Measured is processor time per event: decoded to a message, beside lxml that
parses the same bytes and looks at none of it; and with everything behind it, from the bytes of the connection to the model of the switch.

Routes: from the first byte of a RouteRequest sent to the last byte of the RouteSelect received, over a TCP connection of the loopback
address: a whole line (session, mapping, a simulated voice line behind its ports) and the core, with a site's plan, which begins a contact,
decides by the called number, and answers. The storage is not waited for, as in operation. Beside a bare echo of the same bytes over such a
connection. The sides take turns.
"""

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import Any

import attrs
import trio
from attrs import evolve

from appliance.core.engine import Engine
from appliance.core.inputs import ClockSet, Input
from appliance.core.plan import Choice, NumberPlan
from hal.api import Command, Line, LineOpened, LineSetup
from hal.api import Event as LineEvent
from hal.csta.frames import EVENT, HEADER_BYTES, Frame, encode_frame
from hal.csta.line import Parts, open_line
from hal.csta.link import Link, connector
from hal.csta.mapping import Mapping
from hal.csta.messages import (
    ConnectionClearedEvent,
    ConnectionID,
    DeliveredEvent,
    Dialect,
    EstablishedEvent,
    Event,
    HeldEvent,
    MonitorStartResponse,
    Party,
    RetrievedEvent,
    RouteEnd,
    RouteRequest,
    decode,
    encode,
)
from hal.csta.model import Switch
from hal.csta.notices import Heard, Send
from hal.csta.session import Session
from hal.csta.settings import CstaSettings
from hal.csta.setup import SessionSetup
from hal.simulated import SimulatedBackend, SimulatedSettings
from tests.bench.figures import Figure, beside, percentile, report
from tests.core.playbook import MONDAY_8
from tests.core.story import centre_plan
from tests.hal.csta.far_end import FarEnd

__all__ = ["bench_csta", "call_events"]

CALLS = 2000
ROUTES = 3000
ROUNDS = 5
DECODE_TARGET = 10.0
ROUTE_TARGET = 10.0
LINE, POINT, SERVICE, PORTS = "pbx", "7000", "95500", ("8901", "8902")
MONITORED = ("2001", "2002", "2003", "2004")
_PRIVATE = (
    b"<servicesPermitted><callControlServices><clearConnection>true</clearConnection><holdCall>true</holdCall></callControlServices>"
    b"<callAssociatedServices/><routeingServices/><voiceServices/></servicesPermitted><mediaCallCharacteristics><mediaClass><voice>true"
    b"</voice><image>false</image></mediaClass></mediaCallCharacteristics><extensions><privateData><private xmlns:x='urn:switch'>"
    b"<x:extendedServicesPermitted/></private></privateData></extensions>"
)


def call_events(calls: int, *, rich: bool) -> list[bytes]:
    """Events of so many calls, each as XML."""
    dialect = Dialect()
    documents = []
    for number in range(calls):
        call = f"FF{number:030X}"
        device = MONITORED[number % len(MONITORED)]
        mine, theirs = ConnectionID(call, device), ConnectionID(call, "T17")
        parties: dict[str, Any] = {"calling_device": Party("13800138000"), "called_device": Party("95500")}
        events: list[Event] = [
            DeliveredEvent(f"m{device}", mine, alerting_device=Party(device), local_connection_info="alerting", cause="newCall", **parties),
            EstablishedEvent(f"m{device}", mine, answering_device=Party(device), local_connection_info="connected", **parties),
            HeldEvent(f"m{device}", mine, holding_device=Party(device), local_connection_info="hold"),
            RetrievedEvent(f"m{device}", mine, retrieving_device=Party(device), local_connection_info="connected"),
            ConnectionClearedEvent(f"m{device}", theirs, releasing_device=Party("T17"), local_connection_info="connected"),
            ConnectionClearedEvent(f"m{device}", mine, releasing_device=Party(device), local_connection_info="null"),
        ]
        for event in events:
            document = encode(event, dialect)
            end = document.rindex(b"</")
            documents.append(document[:end] + _PRIVATE + document[end:] if rich else document)
    return documents


def _cpu_us(work: Callable[[], object], events: int) -> float:
    began = process_time()
    work()
    return (process_time() - began) / events * 1e6


def _parsed(parse: Callable[[bytes], object], documents: list[bytes]) -> None:
    for document in documents:
        parse(document)


def _modelled(documents: list[bytes]) -> Callable[[], object]:
    """A session that is open, with its monitors, and the model behind it; the bytes come in pieces of 64 KB."""
    stream = b"".join(encode_frame(Frame(EVENT, document)) for document in documents)
    dialect = Dialect()

    def work() -> None:
        session = Session(SessionSetup(devices=MONITORED, sessions=False, register=False, audit_s=0))
        switch = Switch(MONITORED)
        session.opened(0.0)
        for number, device in enumerate(MONITORED, 1):
            session.received(0.0, encode_frame(Frame(number, encode(MonitorStartResponse(f"m{device}"), dialect))))
        heard = 0
        for start in range(0, len(stream), 65536):
            for notice in session.received(0.0, stream[start : start + 65536]):
                if isinstance(notice, Heard):
                    assert isinstance(notice.message, Event)
                    switch.apply(float(heard), notice.message, notice.device)
                    heard += 1
        assert heard == len(documents)
        assert not switch.calls

    return work


def _events(calls: int, rounds: int) -> list[Figure]:
    from lxml import etree

    name = f"lxml {etree.__version__}, parsed only"
    figures = []
    for kind, rich in (("as in the standard", False), ("with private data", True)):
        documents = call_events(calls, rich=rich)
        sides: dict[str, Callable[[], object]] = {
            "decoded": partial(_parsed, decode, documents),
            "peer": partial(_parsed, etree.fromstring, documents),
            "whole": _modelled(documents),
        }
        took: dict[str, list[float]] = {side: [] for side in sides}
        for _ in range(rounds):
            for side, work in sides.items():
                took[side].append(_cpu_us(work, len(documents)))
            print(".", end="", file=sys.stderr, flush=True)
        ours, peer, whole = (median(took[side]) for side in ("decoded", "peer", "whole"))
        figures.append(beside(f"an event decoded, {kind}", "us", ours, peer, name, DECODE_TARGET))
        figures.append(beside(f"an event from the wire into the model, {kind}", "us", whole, peer, name))
        figures.append(beside(f"events decoded, {kind}", "events/s", 1e6 / ours, 1e6 / peer, name))
    print(file=sys.stderr)
    return figures


@attrs.define
class _Asker:
    """The switch's end: it sends a request, and waits until as much as one whole answer is there."""

    stream: trio.SocketStream
    buffer: bytearray = attrs.Factory(bytearray)

    async def frame(self) -> bytes:
        while len(self.buffer) < HEADER_BYTES or len(self.buffer) < int.from_bytes(self.buffer[2:4], "big"):
            data = await self.stream.receive_some(65536)
            assert data
            self.buffer += data
        length = int.from_bytes(self.buffer[2:4], "big")
        found = bytes(self.buffer[:length])
        del self.buffer[:length]
        return found

    async def asked(self, request: bytes) -> float:
        """Seconds from the request to its answer."""
        began = perf_counter()
        await self.stream.send_all(request)
        await self.frame()
        return perf_counter() - began


def _request(number: int, register: str = "r1") -> bytes:
    asked = RouteRequest(f"x{number}", current_route=Party(POINT), route_register_req_id=register, calling_device=Party("13800138000"))
    return encode_frame(Frame(EVENT, encode(asked, Dialect())))


def _given_up(number: int, register: str) -> bytes:
    """The caller hangs up on his way, so that the port is free for the next."""
    ended = RouteEnd(f"x{number}", route_register_req_id=register, error_value="callAbandoned")
    return encode_frame(Frame(EVENT, encode(ended, Dialect())))


class _Core:
    """The engine and its line, without storage."""

    def __init__(self) -> None:
        self._engine = Engine(evolve(centre_plan(), numbers={SERVICE: NumberPlan(Choice("queue", "consult"))}))
        self._line: Line | None = None
        self._early: list[LineEvent] = []

    def told(self, event: LineEvent | Input) -> None:
        if self._line is None:
            assert isinstance(event, LineEvent)
            self._early.append(event)
            return
        for action in self._engine.handle(trio.current_time(), event):
            if isinstance(action, Command):
                self._line.submit(action)

    def has(self, line: Line) -> None:
        self._line = line
        self.told(ClockSet(MONDAY_8))
        self.told(LineOpened(line.name, line.capabilities.value))
        for event in self._early:
            self.told(event)

    @property
    def contacts(self) -> int:
        """How many there were."""
        return self._engine.state.contact_count


async def _opened(asker: _Asker) -> str:
    """Answer what the session asks, until it has its monitors and its route point; the registration of that."""
    far = FarEnd(duration_s=3600)
    while not far.routing or len(far.monitors) < len(PORTS):
        far.hear([Send(await asker.frame())])
        for number in list(far.waiting):
            await asker.stream.send_all(far.answer(number))
    (register,) = far.routing
    return register


async def _ours(routes: int) -> list[float]:
    took: list[float] = []
    (listener,) = await trio.open_tcp_listeners(0, host="127.0.0.1")
    port = listener.socket.getsockname()[1]
    settings = CstaSettings(switches=(f"127.0.0.1:{port}",), ports=PORTS, route_points={POINT: SERVICE}, audit_s=0)
    core = _Core()
    voice = SimulatedSettings()
    voice.now, voice.schedule = trio.current_time, lambda _delay_s, _function: None  # nothing comes in at a port here
    parts = Parts(
        mapping=Mapping(settings.mapping_setup(LINE, "c")),
        link=lambda sink: Link(settings, Session(settings.session_setup(None)), sink, connector(settings.tls)),
        voice=SimulatedBackend(),
        voice_settings=voice,
    )
    async with listener, open_line(LineSetup(LINE, settings, core.told, Path()), parts) as line:
        core.has(line)
        async with await listener.accept() as stream:
            asker = _Asker(stream)
            register = await _opened(asker)
            for number in range(routes):
                took.append(await asker.asked(_request(number, register)))
                await stream.send_all(_given_up(number, register))
            assert core.contacts == routes
    return took


async def _echo(routes: int) -> list[float]:
    async def echo(stream: trio.SocketStream) -> None:
        async for data in stream:
            await stream.send_all(bytes(data))

    took: list[float] = []
    (listener,) = await trio.open_tcp_listeners(0, host="127.0.0.1")
    stream = await trio.open_tcp_stream("127.0.0.1", listener.socket.getsockname()[1])
    async with trio.open_nursery() as nursery, listener, stream:
        far = await listener.accept()
        nursery.start_soon(echo, far)
        asker = _Asker(stream)
        took = [await asker.asked(_request(number)) for number in range(routes)]
        nursery.cancel_scope.cancel()
    await far.aclose()
    return took


def _routes(routes: int, rounds: int) -> list[Figure]:
    ours: list[float] = []
    peer: list[float] = []
    for _ in range(rounds):
        ours += trio.run(_ours, routes // rounds)
        peer += trio.run(_echo, routes // rounds)
    figures = []
    for label, share in (("p50", 0.5), ("p99", 0.99)):
        mine, theirs = percentile(ours, share), percentile(peer, share)
        metric = f"RouteRequest to RouteSelect, {label}"
        target = ROUTE_TARGET if label == "p50" else None
        figures.append(beside(metric, "ms", mine and mine * 1e3, theirs and theirs * 1e3, "a bare echo", target))
    return figures


def bench_csta(json_path: Path | None = None, *, calls: int = CALLS, routes: int = ROUTES, rounds: int = ROUNDS) -> int:
    """Measure, print the table, write the JSON; 0: every target met, 1: a target missed."""
    return report([*_events(calls, rounds), *_routes(routes, rounds)], json_path)
