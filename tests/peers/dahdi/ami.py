"""A manager (AMI) of one of the machine's Asterisks, for tests: asks, and collects events in the order in which they come.

Synchronous, and written apart from `hal.asterisk`, which it helps to test. Not here: reconnecting, messages that hold a header twice.
"""

import itertools
import socket
import time
from collections.abc import Callable, Mapping

from tests.peers.processes import PeerFailed

__all__ = ["Manager", "Message"]

Message = Mapping[str, str]
WAIT_S = 60.0
"""However late the emulated processor is."""
_NUDGE_S = 2.0
"""Asterisk tells an event that comes in the moment in which its session falls asleep with the next one only, or with an action."""


class Manager:
    """A connection that is logged in after `ask("Login", ...)`."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._rest = b""
        self._numbers = itertools.count(1)
        self.seen: list[Message] = []
        """All events so far."""

    def send(self, action: str, **fields: str) -> str:
        """Ask for something without waiting; the number that its answer and its events carry."""
        number = str(next(self._numbers))
        headers = {"Action": action, "ActionID": number, **fields}
        self._connection.sendall(("".join(f"{key}: {value}\r\n" for key, value in headers.items()) + "\r\n").encode())
        return number

    def ask(self, action: str, **fields: str) -> Message:
        """Ask for something; its answer.

        Raises:
            PeerFailed: it was refused, or there is no answer in time.

        """
        number = self.send(action, **fields)
        answer = self.wait(lambda m: m.get("ActionID") == number and "Response" in m, f"an answer to {action}")
        if answer["Response"] == "Error":
            raise PeerFailed(f"the manager refuses {action} {fields}: {answer.get('Message')}")
        return answer

    def originate(self, channel: str, then: str, *, caller: str = "13800138000", limit_s: float = 30.0) -> str:
        """Call `channel`, and go on in the dialplan's `calling` at `then` when it answers; the number that its outcome carries."""
        fields = {"Channel": channel, "Context": "calling", "Exten": then, "Priority": "1", "CallerID": caller, "Async": "true"}
        return self.send("Originate", **fields, Timeout=str(int(limit_s * 1000)))

    def event(self, name: str, limit_s: float = WAIT_S, **fields: str) -> Message:
        """The next event of this name with these fields that was not waited for before, in whatever order they came."""
        return self.wait(
            lambda m: m.get("Event") == name and all(m.get(key) == value for key, value in fields.items()), f"{name} {fields}", limit_s
        )

    def wait(self, found: Callable[[Message], bool], what: str, limit_s: float = WAIT_S) -> Message:
        """The first message that fits and was not waited for before.

        Raises:
            PeerFailed: there is none in time; the message has the last events.

        """
        end = time.monotonic() + limit_s
        taken = 0
        while True:
            for message in self.seen[taken:]:
                if found(message):
                    self.seen.remove(message)
                    return message
            taken = len(self.seen)
            if not self._receive(end - time.monotonic()):
                last = "\n".join(f"    {_short(m)}" for m in self.seen[-15:])
                raise PeerFailed(f"the manager tells no {what} in {limit_s:g} s; it told last:\n{last}")

    def _receive(self, patience_s: float) -> bool:
        """Take what is there, waiting for it; false when there is no time left."""
        if patience_s <= 0:
            return False
        self._connection.settimeout(min(patience_s, _NUDGE_S))
        try:
            data = self._connection.recv(65536)
        except TimeoutError:
            self._connection.sendall(b"Action: Ping\r\n\r\n")
            return True
        if not data:
            raise PeerFailed("the manager has closed its connection")
        self._rest += data
        while b"\r\n\r\n" in self._rest:
            one, self._rest = self._rest.split(b"\r\n\r\n", 1)
            message = dict(line.split(": ", 1) for line in one.decode("latin-1").split("\r\n") if ": " in line)
            if "Ping" not in message:
                self.seen.append(message)
        return True


def _short(message: Message) -> dict[str, str]:
    """What there is to know of an event."""
    telling = (
        "Event",
        "Response",
        "Message",
        "Channel",
        "ChannelStateDesc",
        "CallerIDNum",
        "Exten",
        "Application",
        "Cause",
        "Reason",
        "Digit",
    )
    return {key: message[key] for key in telling if message.get(key)}
