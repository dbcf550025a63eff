"""A session with a switch, without the connection under it: bytes and time go in, notices come out (`hal.csta.notices`).

                 opened            StartApplicationSessionPosResponse
    CLOSED ───────────────> STARTING ───────────────────────────────> OPEN
      ^ ^                      │ refused, or no answer                 │ terminated, not prolonged, silent, broken frame,
      │ └──────closed──────────┤                                       │ restarted switch, stopped by us
      └────────closed──────── HUNG_UP <────────Hangup──────────────────┘

Every way out of a session is a hang-up and a new connection: monitors, registrations and what was missed are then renewed by the one
way that must work anyhow. A switch without sessions (`SessionSetup.sessions`) is OPEN at once.

While OPEN the session keeps up by itself what `hal.csta.standing` says, prolongs its time before half of it is over, asks for the status of
a switch that has been silent, answers the switch's heartbeats, and takes a snapshot of each device whose monitor began, of all after
`messagesLost`, and of all from time to time. Nothing here knows what a call is.

Read of the standard, where it leaves a choice: routing messages of the switch may come as events or with an invoke ID of their own, and are
not answered; an error with the ID of one of ours belongs to it; a request of the switch that is not known is not answered.
"""

from collections.abc import Hashable
from enum import Enum

import attrs

from hal.csta import keeping
from hal.csta.errors import CannotWrite
from hal.csta.exchange import Came, Exchange, name_of
from hal.csta.frames import EVENT
from hal.csta.messages import (
    EDITIONS,
    ApplicationInfo,
    ApplicationSessionTerminated,
    CSTAErrorCode,
    Event,
    Message,
    MonitorStop,
    MonitorStopResponse,
    ProtocolVersions,
    RequestSystemStatus,
    RequestSystemStatusResponse,
    ReRoute,
    ResetApplicationSessionTimer,
    ResetApplicationSessionTimerPosResponse,
    Response,
    RouteEnd,
    RouteRegisterAbort,
    RouteRequest,
    RouteUsed,
    StartApplicationSession,
    StartApplicationSessionPosResponse,
    StopApplicationSession,
    SystemRegister,
    SystemStatus,
    SystemStatusResponse,
)
from hal.csta.notices import (
    OF_NO_USE,
    Answer,
    Ended,
    Hangup,
    Heard,
    Ignored,
    Late,
    Notice,
    Opened,
    Refused,
    Send,
    Snapshot,
    Status,
    Unanswered,
)
from hal.csta.requests import Pending
from hal.csta.setup import SessionSetup
from hal.csta.standing import Kind, Order, Standing, State

__all__ = ["Phase", "Session"]


class Phase(Enum):
    """Where the session is."""

    CLOSED = "closed"
    STARTING = "starting"
    OPEN = "open"
    HUNG_UP = "hung up"


class _Own(Enum):
    """Purposes of the session's own requests; an `Order` is one too, and an application's are wrapped in `_For`."""

    START = "start"
    RESET = "reset"
    BEAT = "beat"
    STOP = "stop"
    ASIDE = "aside"
    """Nobody cares for the answer."""


@attrs.frozen
class _For:
    handle: Hashable


_DOWN = ("disabled", "initializing")
_UP = ("normal", "enabled")


class Session:
    """One session after another over one connection after another. Every method returns what there is to do and to know."""

    def __init__(self, setup: SessionSetup) -> None:
        self.phase = Phase.CLOSED
        self._setup = setup
        self._out: list[Notice] = []
        self._reset()

    def _reset(self) -> None:
        setup = self._setup
        self._exchange = Exchange(setup.dialect, setup.largest_bytes)
        self._standing = Standing(
            setup.devices, setup.routing, window=setup.window, pause_s=setup.pause_s, longest_pause_s=setup.longest_pause_s
        )
        self._id = ""
        self._was_open = False
        self._heard_at = 0.0
        self._expires_at: float | None = None
        self._prolong_at: float | None = None
        self._beat_at: float | None = None
        self._audit_at: float | None = None
        self._switch_down = False
        self._of_all: set[str] = set()
        """Devices whose next snapshot is one of all."""

    # --- the connection -----------------------------------------------------------------------------------------------

    def opened(self, now: float) -> list[Notice]:
        """There is a connection."""
        self._reset()
        if not self._setup.sessions:
            self._open(now, "")
            return self._said()
        self.phase = Phase.STARTING
        info = ApplicationInfo(self._setup.application, application_specific_info=self._setup.login)
        version = ProtocolVersions(self._setup.dialect.namespace)
        start = StartApplicationSession(info, version, requested_session_duration=self._setup.session_s or None)
        self._ask(now, _Own.START, start)
        return self._said()

    def closed(self, reason: str) -> list[Notice]:
        """The connection is gone."""
        was_open = self._was_open
        for pending in self._exchange.requests.waiting():
            if isinstance(pending.purpose, _For):
                self._out.append(Unanswered(pending.purpose.handle, reason))
        self._reset()
        self.phase = Phase.CLOSED
        if was_open:
            self._out.append(Ended(reason))
        return self._said()

    def stop(self, now: float) -> list[Notice]:
        """End the session in order; `Hangup` comes when that is done."""
        if self.phase is Phase.OPEN and self._setup.sessions:
            self._ask(now, _Own.STOP, StopApplicationSession(self._id))
        else:
            self._hang_up("stopped")
        return self._said()

    def received(self, now: float, data: bytes) -> list[Notice]:
        """Bytes came. What comes after a hang-up is not read: who waits for an answer is told when the connection is closed."""
        if not self._listens():
            return self._said()
        for came in self._exchange.read(data):
            self._heard_at = now
            if self._beat_at is not None:
                self._beat_at = now + self._setup.beat_s
            self._take(now, came)
            if not self._listens():
                break
        if self._exchange.fault and self._listens():
            self._hang_up(self._exchange.fault)
        return self._said()

    def _listens(self) -> bool:
        return self.phase in (Phase.STARTING, Phase.OPEN)

    def _hang_up(self, reason: str) -> None:
        if self.phase is not Phase.HUNG_UP:
            self.phase = Phase.HUNG_UP
            self._out.append(Hangup(reason))

    def _said(self) -> list[Notice]:
        said, self._out = self._out, []
        return said

    # --- time ---------------------------------------------------------------------------------------------------------

    def next_deadline(self) -> float | None:
        """When `tick` has something to do at the earliest."""
        if self.phase not in (Phase.STARTING, Phase.OPEN):
            return None
        times = (
            self._exchange.requests.next_deadline(),
            self._standing.next_deadline() if self.phase is Phase.OPEN else None,
            self._prolong_at,
            self._expires_at,
            self._beat_at,
            self._audit_at,
        )
        return min((at for at in times if at is not None), default=None)

    def tick(self, now: float) -> list[Notice]:
        """Do what is due."""
        if self.phase in (Phase.STARTING, Phase.OPEN):
            for pending in self._exchange.requests.expired(now):
                self._without_answer(now, pending.purpose, f"no answer to {name_of(pending.message)} within {self._setup.answer_s:g} s")
        if self.phase is Phase.OPEN:
            self._due(now)
        return self._said()

    def _due(self, now: float) -> None:
        if self._expires_at is not None and self._expires_at <= now:
            self._hang_up("the session ran out before the switch prolonged it")
            return
        if self._prolong_at is not None and self._prolong_at <= now:
            self._prolong_at = None
            self._prolong(now)
        if self._beat_at is not None and self._beat_at <= now:
            self._beat_at = now + self._setup.beat_s
            if self._setup.status:
                self._ask(now, _Own.BEAT, RequestSystemStatus())
            elif self._setup.sessions:
                self._prolong(now)
        if self._audit_at is not None and self._audit_at <= now:
            self._audit_at = now + self._setup.audit_s
            self._look_at_all()
        self._keep_up(now)

    def _prolong(self, now: float) -> None:
        wanted = self._setup.session_s or None
        self._ask(now, _Own.RESET, ResetApplicationSessionTimer(self._id, requested_session_duration=wanted))

    def _lasts(self, now: float, actual_s: int | None) -> None:
        """The session lasts so long from now; without a word as long as we asked for, and for ever if that is 0."""
        duration_s = self._setup.session_s if actual_s is None else actual_s
        self._expires_at = now + duration_s if duration_s > 0 else None
        self._prolong_at = now + duration_s / 2 if duration_s > 0 else None

    # --- what is used -------------------------------------------------------------------------------------------------

    def request(self, now: float, handle: Hashable, message: Message) -> list[Notice]:
        """Ask the switch for something; `Answer`, `Refused` or `Unanswered` follows with this handle, once, and `Late` perhaps after it."""
        if self.phase is not Phase.OPEN:
            self._out.append(Unanswered(handle, "there is no session with the switch"))
        else:
            self._ask(now, _For(handle), message)
        return self._said()

    def tell(self, now: float, message: Message) -> list[Notice]:
        """Say something that has no answer (`RouteSelect`, `RouteReject`, `RouteEnd`); without a session it is not said."""
        if self.phase is Phase.OPEN:
            self._ask(now, _Own.ASIDE, message, one_way=True)
        return self._said()

    def look_at(self, now: float, device: str) -> list[Notice]:
        """Take a snapshot of a device."""
        if self.phase is Phase.OPEN:
            self._standing.want_snapshot(device)
            self._keep_up(now)
        return self._said()

    # --- sending ------------------------------------------------------------------------------------------------------

    def _ask(self, now: float, purpose: Hashable, message: Message, *, one_way: bool = False) -> None:
        try:
            self._out.append(Send(self._exchange.ask(purpose, message, now + self._setup.answer_s, one_way=one_way)))
        except CannotWrite as error:
            self._without_answer(now, purpose, str(error))

    def _reply(self, invoke_id: int, message: Message) -> None:
        if invoke_id != EVENT:
            self._out.append(Send(self._exchange.reply(invoke_id, message)))

    def _keep_up(self, now: float) -> None:
        for order in self._standing.due(now):
            self._ask(now, order, keeping.request(order, self._setup.monitor_type))

    def _look_at_all(self) -> None:
        for device in self._standing.held(Kind.MONITOR):
            self._of_all.add(device)
            self._standing.want_snapshot(device)

    # --- receiving ----------------------------------------------------------------------------------------------------

    def _take(self, now: float, came: Came) -> None:
        if came.pending is not None:
            self._answered(now, came.pending, came)
        elif came.message is None:
            self._out.append(Ignored(f"a message that cannot be read: {came.problem}", strange=True))
        elif came.answers:
            self._out.append(Ignored(f"{name_of(came.message)} {came.invoke_id:04d}, which nobody waits for"))
        elif isinstance(came.message, ApplicationSessionTerminated):
            self._hang_up(f"the switch ended the session{came.why}")
        elif self.phase is Phase.OPEN:
            self._told(now, came.invoke_id, came.message)
        else:
            self._out.append(Ignored(f"{name_of(came.message)} before the session is open"))
        if self.phase is Phase.OPEN:
            self._keep_up(now)

    def _told(self, now: float, invoke_id: int, message: Message) -> None:
        """Something that the switch says by itself."""
        if isinstance(message, Event):
            self._out.append(Heard(message, self._standing.device_of(Kind.MONITOR, message.monitor_cross_ref_id)))
        elif isinstance(message, RouteRequest | ReRoute | RouteUsed | RouteEnd):
            self._out += keeping.taken_over(self._standing, message) if isinstance(message, RouteRequest) else ()
            self._out.append(Heard(message, self._standing.device_of(Kind.ROUTING, message.route_register_req_id or "")))
        elif isinstance(message, SystemStatus):
            self._reply(invoke_id, SystemStatusResponse())
            self._status(message.system_status)
        elif isinstance(message, RequestSystemStatus):
            self._reply(invoke_id, RequestSystemStatusResponse("normal"))
        elif isinstance(message, MonitorStop):
            self._reply(invoke_id, MonitorStopResponse())
            self._order_ended(now, Kind.MONITOR, message.monitor_cross_ref_id)
        elif isinstance(message, RouteRegisterAbort):
            self._order_ended(now, Kind.ROUTING, message.route_register_req_id)
        else:
            name = name_of(message)
            self._out.append(Ignored(f"{name}, which means nothing here", strange=name not in OF_NO_USE))

    def _order_ended(self, now: float, kind: Kind, reference: str) -> None:
        if device := self._standing.ended(kind, reference, now):
            self._out.append(keeping.lost(Order(kind, device), "the switch ended it"))

    def _status(self, status: str) -> None:
        self._out.append(Status(status))
        if status in _DOWN:
            self._switch_down = True
        elif status in _UP and self._switch_down:
            self._hang_up(f"the switch was down and is {status} again: all is begun anew")
        elif status == "messagesLost":
            self._look_at_all()

    # --- answers ------------------------------------------------------------------------------------------------------

    def _answered(self, now: float, pending: Pending, came: Came) -> None:
        """An answer to one of ours."""
        purpose, answer = pending.purpose, came.message
        if isinstance(purpose, Order):
            self._order_answered(now, purpose, came, late=pending.late)
        elif pending.late:
            done = _of_the_application(purpose.handle, pending.message, came) if isinstance(purpose, _For) else None
            too_late = Ignored(f"the answer to {name_of(pending.message)} {pending.invoke_id:04d} came too late")
            self._out.append(Late(done.handle, done.response) if isinstance(done, Answer) else too_late)
        elif isinstance(purpose, _For):
            self._out.append(_of_the_application(purpose.handle, pending.message, came))
        elif purpose is _Own.START:
            self._start_answered(now, came)
        elif purpose is _Own.RESET and isinstance(answer, ResetApplicationSessionTimerPosResponse):
            self._lasts(now, answer.actual_session_duration)
        elif purpose is _Own.RESET:
            self._hang_up(f"the switch does not prolong the session{came.why}")
        elif purpose is _Own.BEAT and isinstance(answer, RequestSystemStatusResponse):
            self._status(answer.system_status)
        elif purpose is _Own.STOP:
            self._hang_up("stopped")
        elif isinstance(answer, CSTAErrorCode):
            self._out.append(Ignored(f"{name_of(pending.message)} was refused{came.why}"))

    def _start_answered(self, now: float, came: Came) -> None:
        answer = came.message
        if not isinstance(answer, StartApplicationSessionPosResponse):
            self._hang_up(f"the switch begins no session{came.why}")
            return
        version = answer.actual_protocol_version or self._setup.dialect.namespace
        if version in EDITIONS.values():
            self._exchange.dialect = attrs.evolve(self._setup.dialect, namespace=version)
        elif version != self._setup.dialect.namespace:
            self._out.append(Ignored(f"the switch says that it speaks {version!r}; {self._setup.dialect.namespace} is spoken on"))
        self._lasts(now, answer.actual_session_duration)
        self._open(now, answer.session_id)

    def _open(self, now: float, session_id: str) -> None:
        self.phase = Phase.OPEN
        self._was_open = True
        self._id = session_id
        self._heard_at = now
        self._beat_at = now + self._setup.beat_s
        self._audit_at = now + self._setup.audit_s if self._setup.audit_s else None
        self._out.append(Opened(session_id, self._exchange.dialect.namespace))
        if self._setup.register:
            self._ask(now, _Own.ASIDE, SystemRegister())
        self._keep_up(now)

    def _order_answered(self, now: float, order: Order, came: Came, *, late: bool) -> None:
        reference = keeping.reference(order, came.message)
        if late and (reference is None or order.kind is Kind.SNAPSHOT):
            self._out.append(Ignored(f"an answer about {order.device} came too late"))
        elif late and self._standing.state(order) in (State.ASKED, State.HELD):
            self._ask(now, _Own.ASIDE, keeping.undo(order, reference or ""))  # asked for again meanwhile: this is one too many
        elif reference is None:
            self._order_failed(now, order, came.why.removeprefix(": ") or "refused without a reason", refused=True)
        else:
            self._standing.granted(order, reference)
            self._out.append(self._with_all(keeping.granted(order, came.message)))
            if order.kind is Kind.MONITOR:
                self._standing.want_snapshot(order.device)

    def _with_all(self, granted: Notice) -> Notice:
        if not isinstance(granted, Snapshot) or granted.device not in self._of_all:
            return granted
        self._of_all.discard(granted.device)
        return attrs.evolve(granted, of_all=True)

    def _order_failed(self, now: float, order: Order, reason: str, *, refused: bool) -> None:
        if order.kind is Kind.SNAPSHOT and refused:
            self._standing.dropped(order)
        else:
            self._standing.failed(order, now)
        self._out.append(keeping.lost(order, reason))

    def _without_answer(self, now: float, purpose: Hashable, reason: str) -> None:
        """There will be no answer, or none in time."""
        if isinstance(purpose, _For):
            self._out.append(Unanswered(purpose.handle, reason))
        elif isinstance(purpose, Order):
            self._order_failed(now, purpose, reason, refused=False)
        elif purpose is _Own.STOP:
            self._hang_up("stopped")
        elif purpose is _Own.ASIDE:
            self._out.append(Ignored(reason))
        elif purpose is _Own.START or now - self._heard_at >= self._setup.answer_s:
            self._hang_up(f"the switch does not answer: {reason}")
        elif purpose is _Own.RESET:
            self._prolong_at = now
        else:
            self._out.append(Ignored(f"{reason}, but the switch is there"))


def _of_the_application(handle: Hashable, asked: Message, came: Came) -> Notice:
    """What an application's request came to."""
    answer = came.message
    if isinstance(answer, CSTAErrorCode):
        return Refused(handle, answer)
    if isinstance(answer, Response) and type(answer).__name__ == f"{type(asked).__name__}Response":
        return Answer(handle, answer)
    return Unanswered(handle, f"{name_of(asked)} was answered with {name_of(answer) if answer else came.problem}")
