"""`Shell`: inputs in, actions performed, one sleeping task for all of the core's timers.

    HAL sinks, store, SimPy ──post(input)──▶ inbox ─▶ engine.handle ─▶ actions ─▶ line.submit / store.put / check_pin
                                                ▲                                     │
                                                └───────── posted while performing ───┘

Nothing re-enters: what is posted while actions are performed waits its turn. The shell never decides anything, and does not know whether
its clock is real: it asks trio.
"""

import logging
from collections import deque
from collections.abc import Callable
from typing import Any, Protocol

import trio
from attrs import evolve

from appliance.core.actions import (
    Action,
    AskGateway,
    CheckAccount,
    CheckPin,
    OfferContact,
    Persist,
    Render,
    Replied,
    ShowAlarm,
    WithdrawContact,
)
from appliance.core.engine import Engine
from appliance.core.inputs import (
    AccountChecked,
    AgentAsked,
    CallersListed,
    ContactCame,
    CutOff,
    Drain,
    GatewayAnswered,
    Input,
    PinChecked,
    Rendered,
    ServiceClosed,
    Stored,
)
from appliance.core.records import Alarm, Record
from hal.api import Command, CommandFailed, Line, RecordingEnded, StartRecording, UnsupportedCommand

__all__ = ["Outside", "PinChecker", "Shell", "Store", "nothing_outside"]

log = logging.getLogger("hotline.shell")


class Store(Protocol):
    """Where rows go."""

    def put(self, record: Record, token: int = 0) -> None:
        """Keep a row, without waiting; with a token, answer `Shell.stored(token)` once it is safe."""


PinChecker = Callable[[str, str, Callable[[bool], None]], None]
"""`check(agent, pin, answer)`: starts the check and later, or at once, calls `answer(right)`."""


Outside = Callable[[AskGateway | CheckAccount | Render, Callable[[Input], None]], None]
"""`outside(asked, answer)`: starts to find it out and later, or at once, calls `answer` with `GatewayAnswered`, `AccountChecked` or
`Rendered`; it always does, and in bounded time."""


def nothing_outside(asked: AskGateway | CheckAccount | Render, answer: Callable[[Input], None]) -> None:
    """Answer that there is nothing to ask."""
    match asked:
        case AskGateway():
            answer(GatewayAnswered(asked.token, error=f"there is no gateway '{asked.gateway}'"))
        case CheckAccount():
            answer(AccountChecked(asked.token, "trouble"))
        case Render():
            answer(Rendered(asked.token, error="no speech is made here"))


class Shell:
    """Joins one engine to its lines, its store and trio's clock."""

    def __init__(
        self, engine: Engine, store: Store, check_pin: PinChecker, show_alarm: Callable[[Alarm], None] = lambda _alarm: None
    ) -> None:
        """Join these; lines are attached as they open."""
        self.engine, self.lines = engine, dict[str, Line]()
        self._check_pin = check_pin
        self.now: Callable[[], float] = trio.current_time
        """The core's clock."""
        self._inbox: deque[Input] = deque()
        self.seats: Callable[[OfferContact | WithdrawContact], None] = lambda _told: None
        """Told what is offered at agents' seats, of other media than voice."""
        self.outside: Outside = nothing_outside
        """Answers what call flows ask of the world outside."""
        self._answers: dict[int, Callable[[Replied], None]] = {}
        self._asked = 0
        self._busy = False
        self._scope: trio.CancelScope | None = None
        self._changed = trio.Event()
        self._put: Callable[..., object] = store.put
        self._performers: dict[type[Action], Callable[[Any], object]] = {
            Persist: lambda action: self._put(action.record, action.token),
            CheckPin: self._ask_pin,
            Replied: lambda action: self._answers.pop(action.token)(action),
            ShowAlarm: lambda action: show_alarm(action.alarm),
            **dict.fromkeys((AskGateway, CheckAccount, Render), lambda action: self.outside(action, self.post)),
            **dict.fromkeys((OfferContact, WithdrawContact), lambda action: self.seats(action)),
        }
        """What performs each kind of action; those of rows and commands are found when the first of the kind comes."""

    def watched_by(self, told: Callable[[Record], object]) -> None:
        """From now on `told` hears of each row that the core asks to be kept, when the core has done what belongs to it."""
        put = self._put

        def put_and_tell(record: Record, token: int = 0) -> None:
            put(record, token)
            told(record)

        self._put = put_and_tell
        self._performers = {kind: perform for kind, perform in self._performers.items() if not issubclass(kind, Record)}

    def attach(self, line: Line) -> None:
        """From now on this line performs the commands that name it."""
        self.lines[line.name] = line

    def detach(self, name: str) -> None:
        """The line is gone; commands for it are without effect."""
        self.lines.pop(name, None)

    def post(self, event: Input) -> None:
        """Feed an input to the core and perform what it decides; returns when that is done, or at once if called while performing."""
        self._inbox.append(event)
        if not self._busy:
            self._busy = True
            try:
                self._work_off()
            finally:
                self._busy = False
                self._rearm()

    def ask(self, asked: AgentAsked | CallersListed | ContactCame | ServiceClosed, answer: Callable[[Replied], None]) -> None:
        """Ask the core for something at an agent's seat or for an operator, or give it a contact; `answer` is told what came of it."""
        self._asked += 1
        self._answers[self._asked] = answer
        self.post(evolve(asked, token=self._asked))

    async def request(self, asked: AgentAsked | CallersListed | ContactCame | ServiceClosed) -> Replied:
        """Ask the core for something and wait until it has answered."""
        answered = trio.Event()
        replies: list[Replied] = []

        def answer(reply: Replied) -> None:
            replies.append(reply)
            answered.set()

        self.ask(asked, answer)
        await answered.wait()
        return replies[0]

    def stored(self, token: int, error: str = "") -> None:
        """The store's answer to a row with a token."""
        self.post(Stored(token, error))

    async def run(self) -> None:
        """Fire the core's timers, for ever: the only task the core needs."""
        while True:
            with trio.CancelScope(deadline=self.engine.next_deadline()) as self._scope:
                await trio.sleep_forever()
            self.tick()

    def tick(self) -> None:
        """Fire the core's timers that are due and perform what follows; `run` does this at the right times."""
        self._busy = True
        try:
            now = self.now()
            try:
                actions = self.engine.tick(now)
            except Exception as mistake:
                self._core_failed(mistake)
            else:
                self._perform(actions)
            self._work_off()
        finally:
            self._busy = False
        self._notice()

    def _work_off(self) -> None:
        while self._inbox:
            now, event = self.now(), self._inbox.popleft()
            try:
                actions = self.engine.handle(now, event)
            except Exception as mistake:
                self._core_failed(mistake, event)
            else:
                self._perform(actions)

    def _core_failed(self, mistake: Exception, event: Input | None = None) -> None:
        """Perform what was decided all the same, and what contains the failure.

        Raises:
            Exception: the mistake, where it cannot be contained, or too many came in a short time.

        """
        log.error("the core failed on %s", "a timer" if event is None else type(event).__name__, exc_info=mistake)
        containment = self.engine.containment
        if not containment.contains(event):
            raise mistake
        try:
            containment.contain(mistake, event)
        finally:
            self._perform(self.engine.state.out)
        if containment.too_many:
            raise mistake

    def _rearm(self) -> None:
        if self._scope is not None:
            deadline = self.engine.next_deadline()
            if deadline != self._scope.deadline:
                self._scope.deadline = deadline
        self._notice()

    def _notice(self) -> None:
        if self.engine.state.draining and self.engine.idle:
            self._changed.set()

    def _perform(self, actions: list[Action]) -> None:
        performers, left = self._performers, iter(actions)
        try:
            for action in left:
                perform = performers.get(type(action)) or self._performer(type(action))
                perform(action)
        except Exception:
            self._perform(list(left))  # the core takes all of it for done
            raise

    def _performer(self, kind: type[Action]) -> Callable[[Any], object]:
        self._performers[kind] = self._put if issubclass(kind, Record) else self._submit
        return self._performers[kind]

    def _ask_pin(self, action: CheckPin) -> None:
        self._check_pin(action.agent, action.pin, lambda right: self.post(PinChecked(action.token, right)))

    def _submit(self, command: Command) -> None:
        line = self.lines.get(command.line)
        if line is not None:  # else LineLost is on its way, and ends every leg of it
            try:
                line.submit(command)
            except UnsupportedCommand as mistake:
                log.exception("line %s", command.line)
                if isinstance(command, StartRecording):
                    self._inbox.append(RecordingEnded(command.line, command.recording, command.file, 0.0, 0, str(mistake)))
                self._inbox.append(CommandFailed(command.line, getattr(command, "leg", ""), type(command).__name__, str(mistake)))

    async def drain(self, grace_s: float) -> bool:
        """Take no new calls and wait until those going on have ended; after `grace_s` release them. True: nobody was cut off."""
        self.post(Drain())
        with trio.move_on_after(grace_s):
            await self._changed.wait()
            return True
        state = self.engine.state
        log.warning("%d contacts are still served after %.0f s: releasing them", len(state.contacts), grace_s)
        self.post(CutOff())
        with trio.move_on_after(5.0):
            await self._changed.wait()
        return False
