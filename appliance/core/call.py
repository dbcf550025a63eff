"""`Call`: what a script can do with its call. Every verb reads as what happens to the caller.

Verbs that need the caller raise `CallerGone` when the leg is released; a script may catch it to finish its work (keep a message).
Prompts are `Prompt` values: files by language; a missing language falls back to the centre's first.
"""

from collections.abc import Collection
from functools import partial
from typing import TYPE_CHECKING

from appliance.core.actions import Action, Persist
from appliance.core.admission.door import Door
from appliance.core.callers import is_number, not_called
from appliance.core.contact import Contact, ContactState
from appliance.core.hearing import NONE, Hearing, Words
from appliance.core.inputs import ContactCame, Stored
from appliance.core.known import check_code, known
from appliance.core.leg import LegState
from appliance.core.phone import Phone
from appliance.core.plan import Choice, Plan, Prompt
from appliance.core.program.expressions import Value
from appliance.core.records import Ticket
from appliance.core.scripts import HABIT_S, RECALL, CallerGone, QueueLeft, SentToFlow, TakenBack, Wait, not_taken, wait
from hal.api import Answered, Cause, DigitHeard, PlayEnded, RecordingEnded, Severity, SpeechBegan, value

if TYPE_CHECKING:
    from appliance.core.engine import Engine

__all__ = ["Call", "Message"]

_CLOSE_TIMEOUT_S = 30.0
"""A line closes a recording within this, or it is given up as broken."""

_MANAGER_S = 30.0
"""How long a caller waits for his account manager before anybody else serves him, where the queue says nothing else."""


@value
class Message:
    """What a caller left: the recording, and whether he is still there."""

    recording: str
    duration_s: float
    hung_up: bool
    error: str = ""
    """Why there is nothing, or not all, to hear."""


class Call:
    """One contact's call, as its script sees it."""

    __slots__ = ("_engine", "contact")

    def __init__(self, engine: "Engine", contact: Contact) -> None:
        """Speak for this contact."""
        self._engine, self.contact = engine, contact

    # -- the call itself --------------------------------------------------------------------------------------------------------------

    async def answer(self) -> None:
        """Answer, and go on when the answer is through."""
        leg = self._engine.state.legs[self.contact.leg]
        if leg.state is LegState.UP:
            return
        self._engine.calls.answer(self.contact)
        await wait(Wait((Answered,)))

    def release(self, cause: Cause = Cause.NORMAL_CLEARING) -> None:
        """End the call; the script goes on for what is left to do without the caller."""
        if self.contact.leg:
            self._engine.calls.release(self._engine.state.legs[self.contact.leg], cause)

    def stage(self, name: str, detail: str = "") -> None:
        """Note how far this script got, in the story and in the store; a customer with whom an agent stays is in conversation there."""
        if self.contact.in_flow:
            self._engine.state.tell(self.contact, name, detail)
        else:
            self._engine.calls.stage(self.contact, name, detail)

    def meets(self) -> Door:
        """What the call would meet if it came now."""
        return self._engine.admission.meets(self.contact)

    # -- speech and keys --------------------------------------------------------------------------------------------------------------

    async def say(self, prompt: Prompt | None, *, barge_in: bool = True) -> None:
        """Play a prompt to its end; with `barge_in` a key, or speech, ends it at once or keeps it from starting, and is there for `key`."""
        if prompt is None or (barge_in and self.contact.cuts_in):
            return
        play = self.play(prompt)
        until = Wait((PlayEnded, DigitHeard, SpeechBegan) if barge_in else (PlayEnded,))
        ends = await wait(until)
        while isinstance(ends, PlayEnded) and ends.play != play:  # the end of an earlier play, crossing ours
            ends = await wait(until)
        if isinstance(ends, DigitHeard):
            self.contact.typed.append(ends.digit)
        if not isinstance(ends, PlayEnded):
            self.hush()

    def play(self, prompt: Prompt, *, loop: bool = False) -> int:
        """Start to play, without waiting; the result is the play's number."""
        contact, state = self.contact, self._engine.state
        leg = state.legs.get(contact.leg)
        if leg is None:
            raise CallerGone
        sounds = self._engine.sounds
        return sounds.play(leg, sounds.files(contact, prompt), loop=loop)

    def hush(self) -> None:
        """Stop what is being played."""
        self._engine.sounds.hush(self.contact.leg)

    async def key(self, timeout_s: float, *, secret: bool = False) -> str | None:
        """The next key, typed ahead or within the time; None when none comes. A `secret` one is kept nowhere but where it is wanted."""
        if self.contact.typed:
            return self.took(self.contact.typed.pop(0), secret=secret)
        heard = await wait(Wait((DigitHeard,), timeout_s))
        return None if heard is None else self.took(heard.digit, secret=secret)

    def expect_end(self, end: str) -> None:
        """All digits are there; who presses the end key out of habit just after means nothing else by it."""
        self.contact.end_expected = (end, self._engine.state.now + HABIT_S)

    def took(self, digit: str, *, secret: bool = False) -> str:
        """Count keys, or digits that were said, as what a question has used."""
        self.contact.keys += "•" * len(digit) if secret else digit
        self.contact.key_at, self.contact.idle = self._engine.state.now, False
        return digit

    async def digits(
        self, prompt: Prompt | None, *, most: int, end: str = "#", first_s: float = 8.0, next_s: float = 4.0,
        spoken: bool = False, secret: bool = False,
    ) -> str:  # fmt: skip
        """Keys up to `most`, to `end`, or until none comes, or digits that are said and read back here; "": none. `secret`: unseen."""
        from appliance.core.flows.listening import row_of_digits  # made of this class's verbs

        return await row_of_digits(self, partial(self.say, prompt), most, end, first_s, next_s, spoken=spoken, secret=secret)

    async def menu(
        self, prompt: Prompt | None, keys: Collection[str], *, wait_s: float, retries: int, sorry: Prompt | None = None, words: Words = NONE
    ) -> str | None:
        """Say the menu until one of `keys`, or of `words` that mean them, comes, at most `retries` times again; None when none did."""
        from appliance.core.flows.listening import chosen

        return await chosen(self, partial(self.say, prompt), keys, wait_s, retries, words, partial(self.say, sorry))

    async def yes_no(self, prompt: Prompt | None, *, wait_s: float, retries: int, sorry: Prompt | None = None) -> bool | None:
        """Ask for yes (1) or no (2), keyed or said; None when neither came."""
        from appliance.core.flows.listening import YES_NO

        key = await self.menu(prompt, "12", wait_s=wait_s, retries=retries, sorry=sorry, words=YES_NO)
        return None if key is None else key == "1"

    # -- people -----------------------------------------------------------------------------------------------------------------------

    async def queue(self, name: str, *, only: str = "", only_s: float = 0.0, again: bool = False) -> Choice | None:
        """Wait in the queue, be served, and go on when the agent has left; a Choice: this is where to go instead, or next.

        `only`: for this agent alone at first, for `only_s`; `again`: at the place it had there.
        """
        self.contact.typed.clear()
        overflow = self._engine.distribution.enqueue(self.contact, name, only=only, only_s=only_s, again=again)
        if overflow is not None:
            return overflow
        return await self.stay_with_people()

    async def stay_with_people(self) -> Choice | None:
        """Hear music while waiting, be served, and go on as `queue` says."""
        contact = self.contact
        if contact.state in (ContactState.QUEUED, ContactState.OFFERED):
            self._engine.comfort.begin(contact)
        while True:
            left: QueueLeft | SentToFlow = await wait(Wait((QueueLeft, SentToFlow)))
            if isinstance(left, QueueLeft):
                self.hush()
                contact.typed.clear()  # what was keyed into the music answers no later question
                return left.to
            onward = await self._self_service(left.name)
            if not contact.in_flow:  # the agent has gone meanwhile
                return RECALL if contact.agent_lost and onward == Choice("release") else onward
            if onward is not None and onward.verb in ("queue", "agent", "number"):
                self._engine.talks.leave_to(contact, onward)
                return onward
            self._engine.control.back_from_flow(contact)

    async def _self_service(self, flow: str) -> Choice | None:
        """Serve the customer by a flow while an agent stays with him; where he wants to go, None when the agent takes him back."""
        from appliance.core.flows.onward import self_service  # flows are made of this class's verbs

        self.contact.typed.clear()
        self.contact.key_at, self.contact.idle = self.moment(), False
        try:
            return await self_service(self, flow)
        except TakenBack:
            return None

    def waits_already(self) -> bool:
        """Whether the contact stands in its queue, or is served, as its script starts: after a restart."""
        return self.contact.state is not ContactState.SELF_SERVICE

    async def queue_again(self) -> Choice | None:
        """Wait once more in the same queue, at the place it had."""
        self._engine.distribution.enqueue_again(self.contact)
        return await self.stay_with_people()

    async def outside(self, to: Choice) -> Choice | None:
        """Put the caller through to a number or station outside the queues, and go on when that is over; a Choice: it was not reached."""
        if to.verb == "station" and not self._engine.agents.reachable(to.name):
            return not_taken(self.contact)
        self._engine.dialling.put_outside(self.contact, to)
        left: QueueLeft = await wait(Wait((QueueLeft,)))
        return left.to

    async def call_back(self) -> Choice | None:
        """Let the caller hang up and keep his place; call him when an agent is there; a Choice: what to do when he could not be reached."""
        contact, plan = self.contact, self.plan
        if contact.station or contact.queue not in plan.queues:  # a phone of the centre needs no call-back by the network
            return Choice("voicemail")
        number = contact.ani if is_number(contact.ani) else await self.digits(plan.prompts.get("call-back-number"), most=20)
        if number != contact.ani and not_called(number, self._engine.state):
            return Choice("voicemail")
        try:
            await self.say(plan.prompts.get("call-back-promised"), barge_in=False)
        except CallerGone:  # he has heard enough, and relies on it
            contact.leg = ""
        contact.call_back = number
        self.stage("callback")
        self.release()
        contact.leg = ""  # gone or going: no phone is to be rung beside it
        return await self.be_called_back()

    async def be_called_back(self) -> Choice | None:
        """Wait in the queue, at the place kept, without anybody on the line; see `call_back`."""
        contact, engine = self.contact, self._engine
        while contact.call_back:
            rule = self.plan.queues[contact.queue].call_back if contact.queue in self.plan.queues else None
            if rule is None or contact.attempts >= rule.attempts:
                return await self._not_reached()
            if contact.attempts:
                await wait(Wait((), rule.retry_s))
            if contact.state is ContactState.SELF_SERVICE:
                engine.distribution.enqueue_again(contact)
            onward = await self.stay_with_people()
            if onward is None or onward.verb != "callback":
                return onward
        return None

    async def _not_reached(self) -> Choice | None:
        contact = self.contact
        number, contact.call_back = contact.call_back, ""
        await self.open_ticket("call-back", recording="", call_back=number)
        contact.outcome = "unreached"
        return None

    # -- messages and tickets ---------------------------------------------------------------------------------------------------------

    async def record(self, *, max_s: float, end_keys: str = "#") -> Message:
        """Record the caller until an end key, the limit, or the hang-up; the recording is whole on disk when this returns."""
        recordings, contact = self._engine.recordings, self.contact
        recording = recordings.message(contact, max_s)
        hung_up = False
        try:
            while isinstance(ends := await wait(Wait((DigitHeard, RecordingEnded))), DigitHeard):
                if ends.digit in end_keys:
                    contact.key_at, contact.idle = self._engine.state.now, False
                    recordings.stop_message(contact)
                    ends = await wait(Wait((RecordingEnded,), _CLOSE_TIMEOUT_S))
                    break
        except CallerGone:
            hung_up = True
            ends = await wait(Wait((RecordingEnded,), _CLOSE_TIMEOUT_S))
        hung_up = hung_up or not contact.leg
        if not isinstance(ends, RecordingEnded):
            return Message(recording, 0.0, hung_up, "the recording was not closed in time")
        return Message(recording, ends.duration_s, hung_up, ends.error)

    async def open_ticket(
        self, kind: str, *, recording: str, call_back: str, subject: str = "", wants_answer: bool = False, queue: str = ""
    ) -> Ticket:
        """Open a ticket; it is returned when it would survive a power cut, or after 10 s while the store is in trouble.

        With a `queue` agents get it there as a contact of the medium `message`.
        """
        state, contact = self._engine.state, self.contact
        state.tickets += 1
        number = f"T-{state.tickets:05d}"
        code = check_code(state.secret, number)
        ticket = Ticket(
            number, kind, contact.id, contact.ani, call_back, recording, contact.language, state.wall(),
            code=code, subject=subject, wants_answer=wants_answer,
        )  # fmt: skip
        token = state.next_number()
        state.tokens[token] = contact.id
        state.out.append(Persist(ticket, token))
        contact.outcome = "message"
        state.tell(contact, "ticket", number)
        stored: Stored | None = await wait(Wait((Stored,), 10.0))
        if stored is not None and stored.error:
            text = f"ticket {number} of contact {contact.id} cannot be stored: {stored.error}"
            state.raise_alarm(Severity.RED, "tickets", text, f"note it by hand: {call_back}, recording {recording}")
        if queue in self.plan.queues:
            data = {"ticket": number, "kind": kind, "subject": subject, "recording": recording, "call back": call_back}
            data["answer wanted"] = "yes" if wants_answer else ""
            self._engine.written.came(
                ContactCame("message", queue, contact.ani, contact.dnis, contact.language, {name: of for name, of in data.items() if of})
            )
        return ticket

    def prompt(self, name: str) -> Prompt | None:
        """A prompt of the Python file that serves the call, else one of the site's."""
        flow = self.contact.nodes[-1].partition("/")[0] if self.contact.nodes else ""
        return next(
            (of[f"{flow}.{name}"] for of in (self.flow_plan.prompts, self.plan.prompts) if f"{flow}.{name}" in of),
            self.plan.prompts.get(name),
        )

    @property
    def flow_plan(self) -> Plan:
        """The plan whose flows serve this call: the one that was in force when it came to the first of them."""
        return self.contact.flows or self.plan

    # -- what call flows need besides -------------------------------------------------------------------------------------------------

    def moment(self) -> float:
        """The engine's time."""
        return self._engine.state.now

    def wall(self) -> float:
        """The time of day, in seconds since the epoch."""
        return self._engine.state.wall()

    @property
    def hearing(self) -> Hearing:
        """What listens to callers."""
        return self._engine.hearing

    def token(self) -> int:
        """A token for something asked of the shell; the answer comes to this call's script."""
        token = self._engine.state.next_number()
        self._engine.state.tokens[token] = self.contact.id
        return token

    def do(self, action: Action) -> None:
        """Have this done."""
        self._engine.state.out.append(action)

    def tell(self, what: str, detail: str = "") -> None:
        """Add to the call's story."""
        self._engine.state.tell(self.contact, what, detail)

    def alarm(self, source: str, text: str, advice: str) -> None:
        """Something in this call was as it should not be: an alarm that clears itself."""
        self._engine.state.raise_passing_alarm(Severity.YELLOW, source, text, advice, 3600.0)

    def known(self, name: str) -> Value:
        """What every flow can ask: `caller`, `called`, `today` ..., and `open('HOURS')`, `waiting('QUEUE')`, `noted('KEY')`.

        Raises:
            KeyError: there is no such name.

        """
        return known(self._engine.state, self.contact, name)

    # -- who calls --------------------------------------------------------------------------------------------------------------------

    @property
    def phone(self) -> Phone:
        """The phone of the centre that calls."""
        return Phone(self._engine, self.contact)

    @property
    def plan(self) -> Plan:
        """The centre's plan."""
        return self._engine.state.plan

    def account_manager(self) -> str:
        """The account manager of this caller, if he has one who is at work now; empty: none."""
        known = self._engine.state.known(self.contact.ani)
        return known.manager if known is not None and self.is_at_work(known.manager) else ""

    def is_at_work(self, agent: str) -> bool:
        """Whether the agent is there, and in no pause."""
        known = self._engine.state.agents.get(agent)
        return known is not None and not known.away

    def given_back(self) -> str:
        """Nobody has taken the customer who was given away: by whom; empty: he was not given away."""
        contact = self.contact
        by, contact.given_by = contact.given_by, ""
        if by:
            self._engine.state.tell(contact, "given back", by)
        return by

    def serves(self, agent: str, queue: str) -> bool:
        """Whether the agent is in the group of this queue now."""
        return any(name == queue for _, name in self._engine.state.agents[agent].ranks)

    def manager_s(self, queue: str) -> float:
        """How long a caller waits for his account manager before the queue serves him."""
        return self.plan.queues[queue].sticky_s or _MANAGER_S
