"""One call to a centre that has nothing but an engine: no line, no sound, no clock. Who rehearses says what the caller does, and how long.

The files of the plan are the words themselves, so that what would be heard can be read.
"""

from collections import deque
from collections.abc import Callable, Iterator
from operator import attrgetter
from typing import Any, Self

from attrs import evolve, frozen

from appliance.core.actions import AskGateway, CheckAccount, Persist, Render
from appliance.core.contact import Contact
from appliance.core.engine import Engine
from appliance.core.inputs import ClockSet, Input, PinChecked, Rendered, Stored
from appliance.core.plan import Choice, NumberPlan, Plan
from appliance.core.records import Record
from hal.api import (
    Answer,
    Answered,
    Arrived,
    Capability,
    Cause,
    DigitHeard,
    LineOpened,
    Play,
    PlayEnded,
    RecordingEnded,
    Release,
    Released,
    StartRecording,
    StopPlay,
    StopRecording,
)

__all__ = ["Heard", "Rehearsal"]

NUMBER = "0"
_PATIENCE_S = 120.0
"""A caller who hears nothing for this long is not told to wait any longer."""


@frozen
class Heard:
    """Something that the caller notices."""

    kind: str
    """`said`, `music`, `recording`, `released`."""
    text: str
    files: tuple[str, ...] = ()
    """What is played, where something is."""


class Rehearsal:
    """One call; `heard` is what the caller noticed since it was read last."""

    line, leg = "rehearsal", "caller"
    speaks_s = 5.0
    """How long he speaks into a recording before he ends it with the key."""

    def __init__(
        self,
        plan: Plan,
        flow: str,
        outside: Callable[[AskGateway | CheckAccount], Input],
        *,
        caller: str,
        wall_s: float,
        rendered: Callable[[Render], str] = attrgetter("text"),
    ) -> None:
        """Call the flow; `outside` answers for gateways and accounts, `rendered` names the file of a text that is read out."""
        self.outside, self.rendered = outside, rendered
        self._open(evolve(plan, numbers={**plan.numbers, NUMBER: NumberPlan(Choice("flow", flow))}))
        self._come(caller, NUMBER, wall_s)

    def _open(self, plan: Plan) -> None:
        """A centre to which nothing has happened yet."""
        self.engine = Engine(plan)
        self.now = 0.0
        self.over = False
        self._inbox: deque[Input] = deque()
        self._busy = False
        self.kept: list[Record] = []
        self.playing: Play | None = None
        self._heard: list[Heard] = []
        self._recording = ""
        self.contact: Contact | None = None

    def _come(self, caller: str, number: str, wall_s: float) -> None:
        """The call arrives."""
        self._give(ClockSet(wall_s))
        self._give(LineOpened(self.line, (~Capability(0)).value))
        self._give(Arrived(self.line, self.leg, caller, number))

    # -- what the caller does ---------------------------------------------------------------------------------------------------------

    def listen(self) -> None:
        """Hear to the end what is being said, until it is the caller's turn or he would wait."""
        while not self.over and self.playing is not None and not self.playing.loop:
            self._said()

    def press(self, keys: str) -> None:
        """Press keys; what is being said is cut short if it can be."""
        for digit in keys:
            if not self.over:
                self.now += 0.2
                self._give(DigitHeard(self.line, self.leg, digit))

    def be_silent(self) -> float:
        """Do nothing until something is heard; the result is how long that took."""
        began = self.now
        while not self.over and not self._heard and self.now < began + _PATIENCE_S:
            self._go_on()
        return self.now - began

    def _go_on(self) -> None:
        if (deadline := self.engine.next_deadline()) < float("inf"):
            self._tick(max(self.now, deadline))
        else:
            self.now += _PATIENCE_S

    def _tick(self, now: float) -> None:
        """Let it be this late."""
        self.now = now
        self._perform_all(self.engine.tick(now))

    def speak(self) -> None:
        """Say something into a recording and end it with the key."""
        self.now += self.speaks_s
        self.press("#")

    def hang_up(self) -> Self:
        """Leave."""
        if not self.over:
            self.over = True
            self._give(Released(self.line, self.leg, Cause.NORMAL_CLEARING))
        return self

    @property
    def recording(self) -> bool:
        """Whether what the caller says is being recorded."""
        return bool(self._recording)

    @property
    def waits(self) -> bool:
        """Whether he waits in a queue, or for somebody outside."""
        return self.contact is not None and self.contact.state.value in ("queued", "offered", "connected", "outside")

    def heard(self) -> Iterator[Heard]:
        """What he noticed, once."""
        heard, self._heard = self._heard, []
        return iter(heard)

    # -- the line ---------------------------------------------------------------------------------------------------------------------

    def _give(self, event: Input) -> None:
        """Feed an input; what it leads to is performed in turn, never in the middle of something."""
        self._inbox.append(event)
        if not self._busy:
            self._perform_all([])

    def _perform_all(self, actions: list[Any]) -> None:
        self._busy = True
        self._perform(actions)
        while self._inbox:
            actions = self.engine.handle(self.now, self._inbox.popleft())
            for contact in self.engine.state.contacts.values():
                self.contact = self.contact or contact  # the first is the caller's, and may be over soon
            self._perform(actions)
        self._busy = False

    def _said(self) -> None:
        play, self.playing = self.playing, None
        assert play is not None
        self.now += 1.0
        self._give(PlayEnded(self.line, self.leg, play.play))

    def _perform(self, actions: list[Any]) -> None:
        for action in actions:
            match action:
                case Persist():
                    self.kept.append(action.record)
                    self._give(Stored(action.token))
                case Record():
                    self.kept.append(action)
                case AskGateway() | CheckAccount() | Render():
                    if (answer := self._answer(action)) is not None:
                        self._give(answer)
                case Answer():
                    self._give(Answered(self.line, self.leg))
                case Play() if action.leg == self.leg:
                    self.playing = action
                    self._heard.append(Heard("music" if action.loop else "said", " ".join(action.files), action.files))
                case StopPlay() if action.leg == self.leg:
                    self.playing = None
                case StartRecording():
                    self._recording = action.recording
                    self._heard.append(Heard("recording", ""))
                case StopRecording():
                    self._recording = ""
                    self._give(RecordingEnded(self.line, action.recording, "", self.speaks_s, 1))
                case Release() if action.leg == self.leg:
                    self._give(Released(self.line, self.leg, Cause.NORMAL_CLEARING))
                    self._heard.append(Heard("released", ""))
                    self.over = True
                case _ if type(action).__name__ == "CheckPin":
                    self._give(PinChecked(action.token, False))

    def _answer(self, asked: AskGateway | CheckAccount | Render) -> Input | None:
        """What the world outside answers at once; None: it does so later."""
        return Rendered(asked.token, self.rendered(asked)) if isinstance(asked, Render) else self.outside(asked)
