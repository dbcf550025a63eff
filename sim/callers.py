"""Callers: they dial, listen, press keys, wait, talk, lose patience and sometimes call again.

    dials ──▶ listens and presses ──▶ has asked (all keys pressed) ──▶ talks ──▶ gone
                                            │ patience                          ▲
                                            ├──────────── hangs up ─────────────┤
                                            └── hears a tone: leaves a message ─┘

A caller knows only what is heard: that there was an answer, that something plays. What he has asked for and what the centre makes of it
are not his business; `outcome` is the call as he would tell it.
"""

from collections.abc import Callable
from functools import partial
from math import inf
from typing import TYPE_CHECKING

from hal.api import Cause
from hal.simulated import Party
from sim.answering import keyed
from sim.draws import Call

if TYPE_CHECKING:
    from sim.agents import Offer
    from sim.world import World

__all__ = ["Caller"]

_NO_WAY_IN = frozenset({Cause.NO_CIRCUIT_AVAILABLE, Cause.CONGESTION, Cause.USER_BUSY, Cause.TEMPORARY_FAILURE, Cause.CALL_REJECTED})
_NETWORK = frozenset({Cause.NETWORK_OUT_OF_ORDER, Cause.DESTINATION_OUT_OF_ORDER})
_BETWEEN_KEYS_S = 0.4
_CONFIRM, _DENIED = ".confirm", "2"


class Caller(Party):
    """One attempt of one caller. Times are seconds of the simulation, None until it happens."""

    placed_at = 0.0
    answered_at: float | None = None
    prompt_at: float | None = None
    """When the first prompt began to sound."""
    asked_at: float | None = None
    """When all keys were pressed, or, without keys, of the answer: from then on his patience runs."""
    connected_at: float | None = None
    """When an agent picked up for him."""
    ended_at: float | None = None
    agent = ""
    offers = 0
    """To how many agents he was offered."""
    by_caller = False
    """Whether he ended the call."""
    cause = Cause.NORMAL_CLEARING
    leaves_message = False
    talks = False
    """Whether an agent talks with him now."""
    asked_back = False
    """Whether he has asked to be called back."""
    called_back = 0
    """How often he was."""
    waiting_agent: "Offer | None" = None
    """The agent who has picked up and waits for him to be called back."""
    _pressed = 0
    _thinking = False
    _dialling = False
    _loses_patience = False
    _asked = 0
    """How many questions of call flows he has heard."""
    _mistaken = False
    """Whether what he keyed last was not what he meant."""
    _after_the_tone = ""
    """What he does when he has spoken."""
    _waits = 0
    """How often he has begun to wait: patience that was lost in another wait is none."""

    def __init__(self, world: "World", call: Call, attempt: int = 0) -> None:
        """Someone who will call as drawn; `attempt` counts from 0."""
        self.world, self.call, self.attempt = world, call, attempt
        self._habits = world.draws.crowd.habits[call.kind]

    def start(self) -> None:
        """Dial."""
        world, call = self.world, self.call
        self.placed_at = world.env.now
        self._dialling = True
        set_up_s = world.draws.set_up_s(call, self.attempt)
        if set_up_s > 0:
            world.after(set_up_s, self._reach)
        else:
            self._reach()

    def _reach(self) -> None:
        """The network has led the call to the centre's line."""
        world, call = self.world, self.call
        world.seized(call.line)
        world.phones.call(self, call.ani, call.dnis, call.line)
        self._dialling = False
        self._wait()

    # --- what he is told ------------------------------------------------------------------------------------------------------------

    def answered(self) -> None:
        """The centre has picked up."""
        self.answered_at = self.world.env.now
        if not self.call.keys and not self._habits.answers:
            self.asked_at = self.answered_at
            self._wait()

    def playing(self, play: int, files: tuple[str, ...], loop: bool) -> None:  # noqa: ARG002 - the party's protocol
        """Something is said, or music is played."""
        world = self.world
        if self.prompt_at is None:
            self.prompt_at = world.env.now
        if loop:
            if self._habits.answers and self.asked_at is None:
                self.asked_at = world.env.now
                self._wait()
            return
        question = (
            next((asked for file in files if (asked := world.question_of(file)) in self._habits.answers), "")
            if self._habits.answers
            else ""
        )
        if question:
            self._hear(question, speaks=any(".record" in file for file in files))
        elif self._pressed < len(self.call.keys):
            if not self._thinking:
                self._thinking = True
                world.after(self.call.thinks_s[self._pressed], self._press)
        elif not self.leaves_message and not world.says_leave_message.isdisjoint(files):
            self.leaves_message = True
        elif not world.beeps.isdisjoint(files):
            then, self._after_the_tone = self._after_the_tone or "hang up", ""
            self._do(then, self.call.message_s)

    def released(self, cause: Cause) -> None:
        """The centre, or the network, has ended the call."""
        self._end(cause, by_caller=False)

    # --- what he does ---------------------------------------------------------------------------------------------------------------

    def _press(self) -> None:
        if self.ended_at is not None:
            return
        self._thinking = False
        key = self.world.draws.slips(self.call, self.attempt, self._pressed, self.call.keys[self._pressed])
        self._pressed += 1
        if self._pressed == len(self.call.keys):
            self.asked_at = self.world.env.now
        self.leg.press(key)
        self._wait()

    def _hear(self, question: str, *, speaks: bool) -> None:
        """Be asked something by a call flow, and answer a moment later, or, when it is to be said, after the tone."""
        self.asked_at, self._loses_patience = None, False
        self._waits += 1
        self._asked += 1
        draws = self.world.draws
        answer, thinks_s = draws.answers(self.call, self.attempt, self._asked, question)
        if question.endswith(_CONFIRM) and self._mistaken and draws.notices(self.call, self.attempt, self._asked):
            answer = _DENIED
        if speaks:
            self._after_the_tone = answer
        else:
            self._do(answer, thinks_s)

    def _do(self, answer: str, after_s: float) -> None:
        """Key an answer, or hang up, unless something else is asked before."""
        asked = self._asked

        def do(what: Callable[[], None]) -> None:
            if asked == self._asked and self.ended_at is None:
                what()

        if answer == "hang up":
            self.world.after(after_s, partial(do, self.hang_up))
        meant = keyed(answer, self.call.ani)
        keys = self.world.draws.slips(self.call, self.attempt, self._asked, meant)
        self._mistaken = keys != meant
        for number, key in enumerate(keys):
            self.world.after(after_s + number * _BETWEEN_KEYS_S, partial(do, partial(self.leg.press, key)))

    def _wait(self) -> None:
        """Begin to wait for an agent, unless one is there already: without delays, that is so when a method of the line comes back."""
        if self._dialling or self._loses_patience or self.asked_at is None or self.connected_at is not None or self.ended_at is not None:
            return
        asks_s = None
        if self._habits.call_back is not None and self.world.phones.reaches_callers:
            asks_s = self.world.draws.asks_call_back_s(self.call, self.attempt)
        if asks_s is not None:
            self.world.after(asks_s, partial(self._ask_back, self._waits))
        if self.call.patience_s < inf or asks_s is not None:
            self._loses_patience = True
        if self.call.patience_s < inf:
            left_s = self.call.patience_s - (self.world.env.now - self.asked_at)
            self.world.after(left_s, partial(self._lose_patience, self._waits))

    def _lose_patience(self, wait: int) -> None:
        if wait == self._waits and not self.talks and not self.leaves_message:
            self.hang_up()

    def _ask_back(self, wait: int) -> None:
        call_back = self._habits.call_back
        if call_back is None or wait != self._waits or self.connected_at is not None or self.ended_at is not None or self.leaves_message:
            return
        self.asked_back = True
        self.leg.press(call_back.key)

    def connect(self, agent: str) -> None:
        """An agent has picked up for him."""
        self.agent, self.talks = agent, True
        if self.connected_at is None:
            self.connected_at = self.world.env.now

    def left_alone(self) -> None:
        """His agent has given him to somebody, and is gone: he waits once more, and as patiently as before."""
        self.talks = False
        self._waits += 1
        if self.ended_at is None and self.call.patience_s < inf:
            self.world.after(self.call.patience_s, partial(self._lose_patience, self._waits))

    def hang_up(self) -> None:
        """End the call, if it is not over."""
        if self.ended_at is None:
            self._end(Cause.NORMAL_CLEARING, by_caller=True)
            self.leg.hang_up()

    def _end(self, cause: Cause, *, by_caller: bool) -> None:
        self.ended_at, self.cause, self.by_caller = self.world.env.now, cause, by_caller
        self.world.caller_gone(self)

    # --- what came of it ------------------------------------------------------------------------------------------------------------

    @property
    def outcome(self) -> str:
        """`answered abandoned self-served message blocked lost`, as the caller sees it."""
        if self.connected_at is not None:
            return "answered"
        if self.leaves_message:
            return "message"
        if self.answered_at is None and not self.by_caller:
            return "blocked" if self.cause in _NO_WAY_IN else "lost"
        if self.cause in _NETWORK:
            return "lost"
        return "abandoned" if self.by_caller else "self-served"
