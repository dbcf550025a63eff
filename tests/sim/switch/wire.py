"""A computer of few lines, written from the facts of the wire and not from the switch: bytes in, bytes out."""

import re
import struct

from sim.switch.cti import Cti
from sim.switch.habits import Habits
from sim.switch.mischief import Mischief
from sim.switch.plan import Plan
from tests.sim.switch.observing import Phones
from tests.sim.switch.small import PLAN

ED = "http://www.ecma-international.org/standards/ecma-323/csta/ed4"
APPL = "http://www.ecma-international.org/standards/ecma-354/appl_session"
START = (
    f'<StartApplicationSession xmlns="{APPL}"><applicationInfo><applicationID>test</applicationID></applicationInfo>'
    f"<requestedProtocolVersions><protocolVersion>{ED}</protocolVersion></requestedProtocolVersions>"
    "<requestedSessionDuration>{}</requestedSessionDuration></StartApplicationSession>"
)


def framed(invoke: int, xml: str) -> bytes:
    payload = xml.encode()
    return struct.pack(">HH", 0, len(payload) + 8) + b"%04d" % invoke + payload


def cut(data: bytes) -> list[tuple[int, str]]:
    """Messages of a stream that ends with a whole one: invoke ID and text."""
    found = []
    while data:
        zero, length = struct.unpack(">HH", data[:4])
        assert zero == 0
        assert len(data) >= length > 8
        found.append((int(data[4:8]), data[8:length].decode()))
        data = data[length:]
    return found


def name(xml: str) -> str:
    """The message's name."""
    found = re.match(r'<\?xml version="1.0" encoding="UTF-8"\?><(\w+)', xml)
    assert found, xml
    return found[1]


def inner(xml: str, tag: str) -> str:
    """What is in the first element of this name."""
    found = re.search(rf"<{tag}>(.*?)</{tag}>", xml)
    assert found, f"no {tag} in {xml}"
    return found[1]


class Computer:
    """One link to a switch in the same process, in a time of its own."""

    def __init__(
        self,
        *mischief: Mischief,
        plan: Plan = PLAN,
        habits: Habits | None = None,
        seed: int = 1,
        session_s: int = 0,
        cti: Cti | None = None,
    ) -> None:
        self.phones = Phones()
        self.cti = cti or Cti(plan, self.phones, habits=habits, mischief=mischief, seed=seed)
        self.switch = self.cti.switch
        self.now = self.switch.now
        self.invoke = 0
        self.connect()
        if session_s >= 0:
            ((_, answer),) = self.ask(START.format(session_s))
            assert name(answer) == "StartApplicationSessionPosResponse"
            self.session = inner(answer, "sessionID")

    def connect(self, listener: str = "") -> bool:
        link = self.cti.connect(self.now, listener)
        if link is not None:
            self.link = link
        return link is not None

    def send(self, xml: str) -> int:
        self.invoke += 1
        self.link.receive(self.now, framed(self.invoke, xml))
        return self.invoke

    def take(self) -> list[tuple[int, str]]:
        return cut(self.link.take(self.now))

    def ask(self, xml: str) -> list[tuple[int, str]]:
        """Send a request; all that comes at once."""
        self.send(xml)
        return self.take()

    def request(self, service: str, inside: str = "") -> str:
        """Ask for a service; its answer. What comes with it is kept for `events`."""
        invoke = self.send(f'<{service} xmlns="{ED}">{inside}</{service}>')
        come = self.take()
        (answer,) = [xml for number, xml in come if number == invoke]
        self.kept = [(number, xml) for number, xml in come if number != invoke]
        return answer

    def monitor(self, device: str, more: str = "") -> str:
        answer = self.request("MonitorStart", f"<monitorObject><deviceObject>{device}</deviceObject></monitorObject>{more}")
        return inner(answer, "monitorCrossRefID")

    def wait(self, seconds: float) -> None:
        self.now += seconds
        self.cti.tick(self.now)

    def names(self) -> list[str]:
        """The names of all messages that have come since."""
        return [name(xml) for _, xml in self.take()]


def connection(tag: str, call: str, device: str) -> str:
    return f"<{tag}><callID>{call}</callID><deviceID>{device}</deviceID></{tag}>"
