"""One computer's link to the switch: frames, the application session (ECMA-354), requests and answers, the heartbeat.

    open ──StartApplicationSession──▶ in session ──StopApplicationSession, session timer──▶ closed
         ◀─NegResponse (no edition in common)─┘
    any state ──what is no frame, unanswered heartbeats, the switch's restart──▶ closed

It does no input or output: bytes come by `receive`, and leave by `take`.
"""

import random
from collections.abc import Callable
from functools import partial
from math import inf
from typing import TYPE_CHECKING

from sim.switch.document import BadDocument, Message, Reading, document
from sim.switch.errors import Refused, wrong
from sim.switch.events import Event
from sim.switch.frames import EVENT, BadFrame, FrameReader, frame
from sim.switch.habits import SESSION
from sim.switch.mischief import Letter, Mischief, Tampering
from sim.switch.monitors import Monitors
from sim.switch.requests import REQUESTS
from sim.switch.routing import Dialogue
from sim.switch.services import Services
from sim.switch.wording import error, event_message, route_end, route_message, route_request

if TYPE_CHECKING:
    from sim.switch.cti import Cti

__all__ = ["Link"]


class Link:
    """A TCP connection from a computer, without the TCP; also a `sim.switch.routing.Router`."""

    def __init__(self, cti: "Cti", listener: str, rules: tuple[Mischief, ...], chance: random.Random) -> None:
        """Opened by `Cti.connect`."""
        self.cti, self.listener = cti, listener
        self.ask = Services(cti.switch)
        self.monitors = Monitors()
        self.session = ""
        """The identifier of its application session; empty: there is none."""
        self.status_register = ""
        self.is_closed = False
        """Its TCP connection is to be closed as soon as `take` has given what is left."""
        self.dead_until = -inf
        """So long it reads and sends nothing, half open."""
        self.wake: Callable[[], None] = lambda: None
        """Called when there is something to take."""
        self.refused = 0
        """Requests that got a negative answer."""
        self._namespace = cti.habits.versions[0]
        self._reader = FrameReader()
        self._tampering = Tampering(rules, chance)
        self._invoke = 0
        self._session_number = 0
        self._unanswered = 0
        self._is_stirred = False

    def misbehave(self, rules: tuple[Mischief, ...]) -> None:
        """From now on these rules for messages hold."""
        self._tampering.follow(rules)

    # --- bytes ----------------------------------------------------------------------------------------------------------------------

    def receive(self, now: float, data: bytes) -> None:
        """Bytes have come."""
        self.cti.tick(now)
        if now < self.dead_until or self.is_closed:
            return
        try:
            messages = self._reader.feed(data)
        except BadFrame:
            self.close()
            return
        for invoke, xml in messages:
            with self.cti.switch.turn(now):
                self._message(invoke, xml)
        self.cti.changed()

    def take(self, now: float) -> bytes:
        """The bytes to send now."""
        self._is_stirred = False
        letters = self._tampering.take_out(now)
        if now < self.dead_until:
            return b""
        return b"".join(frame(letter.invoke, letter.xml) for letter in letters)

    def next_due(self) -> float:
        """When there will be something to take of which nobody has been told yet."""
        return inf if self._is_stirred else self._tampering.next_due()

    def stir(self) -> None:
        """Tell whoever sends that there is something to take."""
        self._is_stirred = True
        self.wake()

    def close(self) -> None:
        """End the link; what it has asked for is forgotten."""
        if not self.is_closed:
            self.is_closed = True
            with self.cti.switch.turn(self.cti.switch.now):
                self.forget()
            self.cti.links.remove(self)
            self.wake()

    def forget(self) -> None:
        """Forget monitors, registrations and what was to be reported."""
        self.monitors.clear()
        self.status_register = ""
        self.cti.switch.routing.router_gone(self)

    # --- messages out ---------------------------------------------------------------------------------------------------------------

    def _send(self, sort: str, kind: str, invoke: int, message: Message, *, namespace: str = "", call: str = "") -> None:
        if self.is_closed:
            return
        letter = Letter(kind, sort, invoke, document(message, namespace or self._namespace), call)
        self._tampering.take_in(self.cti.switch.now, letter)
        if self._tampering.next_due() <= self.cti.switch.now:
            self.stir()
        self.cti.changed()

    def _request(self, message: Message) -> None:
        """Ask the computer for something, or tell it what is no event."""
        self._invoke = self._invoke % (EVENT - 1) + 1
        self._send("requests", message[0], self._invoke, message)

    def report(self, event: Event) -> None:
        """Tell an event to all monitors that hear of it."""
        for monitor in self.monitors.hear_of(event):
            message = event_message(monitor.cross_ref, event, monitor.local(event), self.cti.private(event))
            self._send("events", event.kind, EVENT, message, call=event.calls[0] if event.calls else "")

    # --- messages in ----------------------------------------------------------------------------------------------------------------

    def _message(self, invoke: int, xml: bytes) -> None:
        try:
            request = Reading.of(xml)
        except BadDocument:
            self._refuse(invoke, wrong("invalidParameterValue"))
            return
        if request.name == "SystemStatusResponse":
            self._unanswered = 0
        elif request.name in _SESSION:
            _SESSION[request.name](self, invoke, request)
        elif not request.name.endswith("Response") and request.name != "CSTAErrorCode":
            self._serve(invoke, request)

    def _serve(self, invoke: int, request: Reading) -> None:
        service = REQUESTS.get(request.name)
        try:
            if self.cti.habits.needs_session and not self.session:
                raise wrong("securityViolation")
            if service is None:
                raise wrong("serviceNotSupported")
            answer = service(self, request)
        except Refused as refused:
            self._refuse(invoke, refused)
            return
        if answer is not None:
            kind = f"{request.name}Response"
            self._answer(partial(self._send, "answers", kind, invoke, (kind, answer)))

    def _refuse(self, invoke: int, refused: Refused) -> None:
        self.refused += 1
        self._send("answers", "CSTAErrorCode", invoke, error(refused))

    def _answer(self, send: "partial[None]") -> None:
        if self.cti.habits.events_first:
            self.cti.switch.tell(send)
        else:
            send()

    # --- the application session ----------------------------------------------------------------------------------------------------

    def _start_session(self, invoke: int, request: Reading) -> None:
        offered = request.find("requestedProtocolVersions")
        asked = [version.text for version in offered] if offered is not None else []
        versions = self.cti.habits.versions
        chosen = next((version for version in versions if version in asked), None) if asked else versions[0]
        reason = "sessionAlreadyActive" if self.session else "requestedProtocolVersionNotSupported" if chosen is None else ""
        if reason or chosen is None:
            refusal: Message = ("StartApplicationSessionNegResponse", [("errorCode", [("definedError", reason)])])
            self._session_message(invoke, refusal)
            return
        self.session = self.cti.new_session()
        length = self._lasts(request)
        accepted: Message = (
            "StartApplicationSessionPosResponse",
            [("sessionID", self.session), ("actualProtocolVersion", chosen), ("actualSessionDuration", f"{length:.0f}")],
        )
        self._session_message(invoke, accepted)
        self._namespace = chosen

    def _lasts(self, request: Reading) -> float:
        """Begin the session's time anew: as long as was asked for, but not longer than the switch likes."""
        asked = request.text_at("requestedSessionDuration")
        longest = self.cti.habits.session_s
        length = min(float(asked), longest) if asked.isdecimal() and int(asked) > 0 else longest
        self._session_number += 1
        self.cti.switch.after(length, partial(self._expired, self._session_number))
        return length

    def _expired(self, number: int) -> None:
        if number == self._session_number and self.session:
            self.terminate("sessionTimerExpired")

    def terminate(self, reason: str) -> None:
        """End the session from the switch's side."""
        message: Message = (
            "ApplicationSessionTerminated", [("sessionID", self.session), ("sessionTermReason", [("definedTermReason", reason)])],
        )  # fmt: skip
        self._session_message(EVENT, message)
        self.session = ""
        self.close()

    def _reset_timer(self, invoke: int, request: Reading) -> None:
        if not self.session or request.text_at("sessionID") not in {"", self.session}:
            refusal: Message = ("ResetApplicationSessionTimerNegResponse", [("errorCode", [("definedError", "invalidSessionID")])])
            self._session_message(invoke, refusal)
            return
        length = f"{self._lasts(request):.0f}"
        self._session_message(invoke, ("ResetApplicationSessionTimerPosResponse", [("actualSessionDuration", length)]))

    def _stop_session(self, invoke: int, _request: Reading) -> None:
        self._session_message(invoke, ("StopApplicationSessionPosResponse", []))
        self.session = ""
        self.close()

    def _session_message(self, invoke: int, message: Message) -> None:
        self._send("answers", message[0], invoke, message, namespace=SESSION)

    # --- the heartbeat --------------------------------------------------------------------------------------------------------------

    def register_for_status(self) -> None:
        """Send SystemStatus from now on."""
        self.status_register = self.cti.new_cross_ref()
        self._unanswered = 0
        self._beat_later(self.status_register)

    def _beat_later(self, register: str) -> None:
        self.cti.switch.after(self.cti.habits.heartbeat_s, partial(self._beat, register))

    def _beat(self, register: str) -> None:
        if self.is_closed or self.status_register != register:
            return
        if self._unanswered >= self.cti.habits.heartbeats_unanswered:
            self.close()
            return
        self.tell_status(self.cti.status)
        self._beat_later(register)

    def tell_status(self, status: str) -> None:
        """Tell a computer that has registered for it how the switch is."""
        if self.status_register:
            self._unanswered += 1
            self._request(("SystemStatus", [("sysStatRegisterID", self.status_register), ("systemStatus", status)]))

    # --- sim.switch.routing.Router --------------------------------------------------------------------------------------------------

    def route_request(self, dialogue: Dialogue) -> None:
        """See `Router`."""
        self._request(route_request(dialogue))

    def re_route(self, dialogue: Dialogue) -> None:
        """See `Router`."""
        self._request(route_message("ReRoute", dialogue))

    def route_used(self, dialogue: Dialogue, route: str) -> None:
        """See `Router`."""
        self._request(route_message("RouteUsed", dialogue, [("routeUsed", [("deviceIdentifier", route)])]))

    def route_end(self, dialogue: Dialogue, error: Refused | None) -> None:
        """See `Router`."""
        self._request(route_end(dialogue, error))


_SESSION = {
    "StartApplicationSession": Link._start_session,
    "ResetApplicationSessionTimer": Link._reset_timer,
    "StopApplicationSession": Link._stop_session,
}
