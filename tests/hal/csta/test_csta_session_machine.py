"""A session against a switch that answers, refuses, keeps silent, comes late, doubles, restarts and is cut off in every order."""

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from hal.csta.frames import EVENT
from hal.csta.messages import (
    ApplicationSessionTerminated,
    ConnectionID,
    DeliveredEvent,
    HoldCall,
    MonitorStart,
    MonitorStop,
    RouteRegisterAbort,
    SystemStatus,
)
from hal.csta.notices import Answer, Ended, Hangup, Heard, Notice, Opened, Refused, Send, Snapshot, Unanswered, Unwatched, Watched
from hal.csta.session import Phase, Session
from hal.csta.setup import SessionSetup
from tests.hal.csta.far_end import FarEnd, wire
from tests.thorough import by_profile

DEVICES = ("2001", "2002", "2003")
ANSWERABLE = (HoldCall,)


class SessionMachine(RuleBasedStateMachine):
    """The far end keeps the book of what waits; this one keeps that of outcomes and of what is watched."""

    def __init__(self) -> None:
        super().__init__()
        setup = SessionSetup(devices=DEVICES, routing=("95500",), window=2, answer_s=4, beat_s=15, audit_s=40, pause_s=1, longest_pause_s=8)
        self.session = Session(setup)
        self.far = FarEnd(60)
        self.now = 0.0
        self.connected = self.is_open = False
        self.owed: set[int] = set()
        self.asked = 0
        self.watched: set[str] = set()
        self.owing_snapshots: set[str] = set()
        self.old_answers: list[bytes] = []

    def take(self, notices: list[Notice]) -> None:
        for notice in self.far.hear(notices):
            match notice:
                case Answer(handle=handle) | Refused(handle=handle) | Unanswered(handle=handle):
                    self.owed.remove(int(str(handle)))
                case Opened():
                    assert not self.is_open
                    self.is_open = True
                case Ended():
                    assert self.is_open
                    self.is_open = False
                    self.watched.clear()
                    self.owing_snapshots.clear()
                case Hangup():
                    assert self.connected
                    self.connected = False
                case Watched(device=device):
                    assert device not in self.watched
                    self.watched.add(device)
                    self.owing_snapshots.add(device)
                case Unwatched(device=device):
                    self.watched.discard(device)
                case Snapshot(device=device):
                    self.owing_snapshots.discard(device)
                case Heard(device=device):
                    assert device in {"", *self.watched}
        assert not any(isinstance(notice, Send) for notice in notices) or self.session.phase is not Phase.CLOSED

    @precondition(lambda self: self.session.phase is Phase.CLOSED)
    @rule()
    def connect(self) -> None:
        self.far, self.connected = FarEnd(60), True
        self.old_answers = []
        self.take(self.session.opened(self.now))

    @precondition(lambda self: self.session.phase is not Phase.CLOSED)
    @rule()
    def cut(self) -> None:
        self.connected = False
        self.take(self.session.closed("cut"))
        assert not self.owed
        assert not self.is_open

    @rule(seconds=st.sampled_from([0.0, 0.5, 3.0, 10.0, 35.0]))
    def wait(self, seconds: float) -> None:
        until = self.now + seconds
        while (at := self.session.next_deadline()) is not None and at <= until:
            assert at >= self.now
            self.now = at
            self.take(self.session.tick(at))
            again = self.session.next_deadline()
            assert again is None or again > at, "what is due is done, and not due again at once"
        self.now = until

    @rule()
    def ask(self) -> None:
        self.asked += 1
        self.owed.add(self.asked)
        self.take(self.session.request(self.now, self.asked, HoldCall(ConnectionID("1", "2001"))))

    @precondition(lambda self: self.far.waiting)
    @rule(which=st.integers(0, 50), error=st.booleans())
    def answer(self, which: int, error: bool) -> None:
        waiting = sorted(number for number, message in self.far.waiting.items() if not isinstance(message, ANSWERABLE) or error)
        if waiting:
            data = self.far.answer(waiting[which % len(waiting)], error=error)
            self.old_answers.append(data)
            self.take(self.session.received(self.now, data))

    @precondition(lambda self: self.old_answers)
    @rule(which=st.integers(0, 50))
    def answer_twice(self, which: int) -> None:
        data = self.old_answers[which % len(self.old_answers)]
        if int(data[4:8]) not in self.far.waiting:  # under an ID that is in use again, nobody could tell
            self.take(self.session.received(self.now, data))

    @precondition(lambda self: self.far.monitors)
    @rule(which=st.integers(0, 50), stop=st.booleans())
    def monitor_says(self, which: int, stop: bool) -> None:
        reference = sorted(self.far.monitors)[which % len(self.far.monitors)]
        if stop:
            del self.far.monitors[reference]
            self.take(self.session.received(self.now, wire(EVENT, MonitorStop(reference))))
        else:
            self.take(self.session.received(self.now, wire(EVENT, DeliveredEvent(reference, ConnectionID("1", "2001")))))

    @rule(status=st.sampled_from(["normal", "initializing", "messagesLost"]))
    def status(self, status: str) -> None:
        self.take(self.session.received(self.now, wire(EVENT, SystemStatus(status))))

    @rule(which=st.sampled_from([ApplicationSessionTerminated(), RouteRegisterAbort("r2")]))
    def ended(self, which: ApplicationSessionTerminated | RouteRegisterAbort) -> None:
        self.take(self.session.received(self.now, wire(EVENT, which)))

    @rule(data=st.binary(max_size=12))
    def garbage(self, data: bytes) -> None:
        self.take(self.session.received(self.now, wire(EVENT, SystemStatus("normal"))[:8] + data))

    @invariant()
    def a_hung_up_session_waits_for_its_connection_to_be_closed(self) -> None:
        assert self.connected == (self.session.phase in (Phase.STARTING, Phase.OPEN))
        if self.session.phase is Phase.HUNG_UP:
            assert self.session.next_deadline() is None

    def teardown(self) -> None:
        """From wherever it is: a switch that behaves gets a session with everything watched and looked at, and each request its outcome."""
        if self.session.phase is not Phase.CLOSED and not self.connected:
            self.cut()
        for _ in range(3):
            if self.session.phase is Phase.CLOSED:
                self.connect()
            for _ in range(200):
                if self.session.phase is Phase.HUNG_UP:
                    self.cut()
                    break
                while self.far.waiting and self.session.phase in (Phase.STARTING, Phase.OPEN):
                    number = min(self.far.waiting)
                    error = isinstance(self.far.waiting[number], ANSWERABLE)
                    self.take(self.session.received(self.now, self.far.answer(number, error=error)))
                self.wait(0.5)
        assert self.session.phase is Phase.OPEN
        assert self.watched == set(DEVICES)
        assert not self.owing_snapshots
        assert not self.owed
        watched = [device for device in self.far.monitors.values() if device]
        assert sorted(watched) == sorted(DEVICES), "each device has one monitor, and none is left over"
        assert not any(isinstance(message, MonitorStart) for message in self.far.waiting.values())


TestSession = SessionMachine.TestCase
TestSession.settings = settings(
    max_examples=by_profile(25, 300, 3000), stateful_step_count=by_profile(30, 50, 80), suppress_health_check=list(HealthCheck)
)


def test_an_answer_that_comes_after_the_end_of_a_session_leaves_nobody_waiting() -> None:
    machine = SessionMachine()
    machine.connect()
    machine.answer(which=0, error=False)
    machine.ask()
    machine.ended(which=ApplicationSessionTerminated())
    machine.answer(which=3, error=True)
    machine.cut()
