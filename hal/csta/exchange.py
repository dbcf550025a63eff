"""Messages over one connection: bytes to messages with the request they answer, requests to bytes with an invoke ID."""

from collections.abc import Hashable, Iterator

import attrs

from hal.csta.errors import BadMessage, CannotWrite
from hal.csta.frames import EVENT, LARGEST_BYTES, Frame, FrameDecoder, encode_frame
from hal.csta.messages import (
    ApplicationSessionTerminated,
    CSTAErrorCode,
    Dialect,
    Message,
    Unknown,
    answers,
    decode,
    encode,
)
from hal.csta.messages.application import SessionError, TermReason
from hal.csta.requests import Pending, Requests

__all__ = ["Came", "Exchange", "name_of"]


@attrs.frozen
class Came:
    """One frame of the far end: what it says, and which of our requests it answers."""

    invoke_id: int
    message: Message | None
    """None: it could not be read."""
    pending: Pending | None = None
    problem: str = ""
    """Why it could not be read."""
    answers: bool = False
    """It is an answer, whether or not somebody waits for it."""

    @property
    def why(self) -> str:
        """What it gives as the reason for a no, with a colon before it."""
        answer = self.message
        if answer is None:
            return f": {self.problem}"
        if isinstance(answer, CSTAErrorCode):
            return f": {answer}"
        reason = getattr(answer, "error_code", None) or getattr(answer, "session_term_reason", None)
        if isinstance(reason, SessionError):
            return f": {reason.defined_error or reason.appl_error or 'without a reason'}"
        if isinstance(reason, TermReason):
            return f": {reason.defined_term_reason or reason.appl_term_reason or 'without a reason'}"
        return "" if isinstance(answer, ApplicationSessionTerminated) else f": answered with {name_of(answer)}"


def name_of(message: Message) -> str:
    """A message's name on the wire."""
    return message.node.name if isinstance(message, Unknown) else type(message).__name__


class Exchange:
    """One connection's messages."""

    def __init__(self, dialect: Dialect, largest_bytes: int = LARGEST_BYTES) -> None:
        self.dialect = dialect
        self.requests = Requests()
        self._frames = FrameDecoder()
        self._largest_bytes = largest_bytes

    @property
    def fault(self) -> str:
        """Why the connection can be read no further; empty: it can."""
        return self._frames.fault

    def read(self, data: bytes) -> Iterator[Came]:
        """What came with these bytes, one after another; each answer takes its request out of those that wait."""
        for frame in self._frames.feed(data):
            yield self._came(frame)

    def _came(self, frame: Frame) -> Came:
        try:
            message = decode(frame.xml)
        except BadMessage as error:
            # Both ends count their requests from 1: only an answer has the number of ours. What is no XML could be anything.
            if frame.invoke_id == EVENT or not answers(error.name):
                return Came(frame.invoke_id, None, problem=str(error))
            return Came(frame.invoke_id, None, self.requests.answered(frame.invoke_id), str(error), answers=True)
        if frame.invoke_id != EVENT and answers(name_of(message)):
            return Came(frame.invoke_id, message, self.requests.answered(frame.invoke_id), answers=True)
        return Came(frame.invoke_id, message)

    def ask(self, purpose: Hashable, message: Message, deadline: float, *, one_way: bool = False) -> bytes:
        """The bytes of a request.

        Raises:
            CannotWrite: it does not fit into a frame, XML cannot say it, or every invoke ID waits for its answer.

        """
        pending = self.requests.add(purpose, message, deadline, one_way=one_way)
        if pending is None:
            raise CannotWrite("every invoke ID waits for its answer")
        try:
            return self.reply(pending.invoke_id, message)
        except CannotWrite:
            self.requests.answered(pending.invoke_id)
            raise

    def reply(self, invoke_id: int, message: Message) -> bytes:
        """The bytes of a message with this invoke ID.

        Raises:
            CannotWrite: as above.

        """
        return encode_frame(Frame(invoke_id, encode(message, self.dialect)), self._largest_bytes)
