"""The command `./hotline sim switch`: a switch to try a CTI link with, and a console at which one plays its people."""

import argparse
import ipaddress
import os
import ssl
import sys
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import trio

from hal.api import HalError, Line, LineSetup
from hal.registry import backend
from sim.switch.cti import Cti
from sim.switch.documents import DEMO, BadDescription, Description, load
from sim.switch.errors import Refused
from sim.switch.legs import LineSpeech
from sim.switch.people import People
from sim.switch.server import Listener, Server

__all__ = ["Console", "add_arguments", "run"]

_RTP_PORTS = "40000-43998"
"""Others than those of an appliance on the same machine."""
_HELP = """call NUMBER [ANI]      the network calls
dial STATION NUMBER    a phone dials
answer DEVICE          a phone, port or channel answers
hang DEVICE            it goes on-hook, or does not take the call
press DEVICE KEYS      it sends keys
agent STATION STATE [AGENT]     an agent's state: loggedOn, ready, notReady, workingAfterCall, loggedOff
show                   calls, agents and links
restart [SECONDS]      cut all links, lose all calls, stay away for so long
quit"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command; it sets `run`, which gives the exit code."""
    parser.add_argument(
        "--listen", action="append", metavar="HOST:PORT", help="listen for computers there; may be given again, for failover "
        "(default: 127.0.0.1:5555)",
    )  # fmt: skip
    parser.add_argument(
        "--sip", metavar="HOST:PORT", help="phones, ports and the network are real: they speak SIP with the switch, which is there"
    )
    parser.add_argument("--tls", nargs=2, type=Path, metavar=("CERTIFICATE", "KEY"), help="speak TLS on all of them (PEM files)")
    parser.add_argument("--switch", type=Path, metavar="FILE", help="the switch as a TOML file (default: a small one)")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="what chance begins with (default: %(default)s)")
    parser.add_argument("--answer-after", type=float, metavar="S", help="phones and the network answer after so many seconds")
    parser.add_argument("--talk", type=float, metavar="S", help="somebody hangs up after so many seconds of talk")
    parser.add_argument("--call-every", type=float, metavar="S", help="the network calls so often")
    parser.add_argument("--number", default="95500", metavar="N", help="which number it calls then (default: %(default)s)")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Run a switch until its console says `quit`, or for ever when there is nobody at it."""
    try:
        description = load(arguments.switch) if arguments.switch is not None else DEMO
        tls = _tls(*arguments.tls) if arguments.tls is not None else None
        listeners = [_listener(text, tls) for text in arguments.listen or ["127.0.0.1:5555"]]
        if arguments.sip is not None:
            _listener(arguments.sip, None)
    except (BadDescription, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    code = 0
    try:
        trio.run(_main, description, listeners, arguments)
    except* (OSError, HalError) as errors:
        print(_innermost(errors), file=sys.stderr)
        code = 2
    except* KeyboardInterrupt:
        code = 130
    return code


def _innermost(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def _tls(certificate: Path, key: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


def _listener(text: str, tls: ssl.SSLContext | None) -> Listener:
    host, _, port = text.rpartition(":")
    try:
        ipaddress.ip_address(host)
        return Listener(text, host, int(port), tls)
    except ValueError:
        raise BadDescription(f"'{text}' is not an address like 127.0.0.1:5555") from None


async def _main(description: Description, listeners: list[Listener], arguments: argparse.Namespace) -> None:
    people = People(arguments.answer_after, arguments.talk)
    phones = LineSpeech(lambda: server.now) if arguments.sip is not None else None
    cti = Cti(description.plan, phones or people, habits=description.habits, mischief=description.mischief, seed=arguments.seed)
    people.switch = cti.switch
    server = Server(cti)
    console = Console(server)
    if phones is None:
        await _serve(server, console, listeners, arguments)
        return
    phones.cti = cti
    async with _sip_line(arguments.sip, description, phones) as phones.line:
        await _serve(server, console, listeners, arguments)


@asynccontextmanager
async def _sip_line(listen: str, description: Description, phones: LineSpeech) -> AsyncIterator[Line]:
    """The line on which all of a switch's far ends are."""
    passwords = {f"station:{station.number}": station.password for station in description.plan.stations if station.password}
    sip = backend("sip")
    with tempfile.TemporaryDirectory(prefix="hotline-switch-") as folder:
        setup = LineSetup("switch", sip.settings(listen=listen, rtp_ports=_RTP_PORTS), phones.heard, Path(folder), passwords.get)
        async with sip.open(setup) as line:
            print(f"speaking SIP on {listen}", flush=True)
            yield line


async def _serve(server: Server, console: "Console", listeners: list[Listener], arguments: argparse.Namespace) -> None:
    cti = server.cti
    if arguments.call_every is not None:
        _call_again(cti, arguments.number, arguments.call_every, 1)

    def ready(ports: dict[str, int]) -> None:
        for name, port in ports.items():
            print(f"listening on {name.rpartition(':')[0]}:{port}", flush=True)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(server.run, listeners, ready)
        async with trio.lowlevel.FdStream(os.dup(sys.stdin.fileno())) as stdin:
            if await console.read(stdin):
                nursery.cancel_scope.cancel()


def _call_again(cti: Cti, number: str, every_s: float, count: int) -> None:
    def call() -> None:
        cti.switch.arrives(next(iter(cti.switch.trunks)), f"0221{count:06}", number)
        _call_again(cti, number, every_s, count + 1)

    cti.switch.after(every_s, call)


class Console:
    """Plays the people of a switch by lines of text."""

    def __init__(self, server: Server) -> None:
        """Play at this switch."""
        self._server, self._cti, self._switch = server, server.cti, server.cti.switch

    async def read(self, stream: trio.abc.ReceiveStream) -> bool:
        """Do what is typed; True: it was `quit`, False: nobody types any more."""
        left = ""
        async for data in stream:
            *lines, left = (left + data.decode(errors="replace")).split("\n")
            for line in lines:
                if line.strip() == "quit":
                    return True
                print(self.do(line), flush=True)
        return False

    def do(self, line: str) -> str:
        """Do one line; what there is to say."""
        words = line.split()
        verbs: dict[str, tuple[int, int, Callable[..., str]]] = {
            "call": (1, 2, self._call),
            "dial": (2, 2, self._dial),
            "answer": (1, 1, partial(self._each, self._switch.lifts)),
            "hang": (1, 1, partial(self._each, self._switch.hangs_up)),
            "press": (2, 2, lambda device, keys: self._each(lambda leg: self._switch.presses(leg, keys), device)),
            "agent": (2, 3, self._agent),
            "show": (0, 0, self._show),
            "restart": (0, 1, self._restart),
        }
        fewest, most, verb = verbs.get(words[0] if words else "", (1, 0, self._show))
        if not fewest <= len(words) - 1 <= most:
            return _HELP
        self._cti.tick(self._server.now)
        try:
            return verb(*words[1:])
        except Refused as refused:
            return f"no: {refused}"
        finally:
            self._cti.changed()

    def _call(self, number: str, ani: str = "02215550001") -> str:
        leg = self._switch.arrives(next(iter(self._switch.trunks)), ani, number)
        return "all channels are busy" if leg is None else self._show()

    def _dial(self, station: str, number: str) -> str:
        if station not in self._switch.stations:
            return f"there is no phone {station}"
        return "it is off-hook" if self._switch.dials(station, number) is None else self._show()

    def _each(self, do: Callable[[int], None], device: str) -> str:
        legs = sorted({connection.leg for connection in self._switch.connections_of(device)} - {0})
        for leg in legs:
            do(leg)
        return self._show() if legs else f"nothing goes on at {device}"

    def _agent(self, station: str, state: str, agent: str = "") -> str:
        with self._switch.turn(self._server.now):
            pending = self._switch.agents.set_state(station, state, agent)
        return f"{pending or state} {'after the call' if pending else ''}".strip()

    def _restart(self, seconds: str = "5") -> str:
        if not seconds.isdigit():
            return _HELP
        self._cti.restart(float(seconds))
        return f"away for {seconds} s"

    def _show(self) -> str:
        calls = [
            f"call {call.id} {call.calling or 'unknown'} -> {call.called}: "
            + ", ".join(f"{device} {connection.state}" for device, connection in call.connections.items())
            for call in self._switch.calls.values()
        ]
        agents = [f"agent {agent.id} at {device}: {agent.state}" for device, agent in self._switch.agents.logged_on.items()]
        links = [f"link {link.listener}: session {link.session or 'none'}, {len(link.monitors)} monitors" for link in self._cti.links]
        return "\n".join([*calls, *agents, *links]) or "nothing goes on"
