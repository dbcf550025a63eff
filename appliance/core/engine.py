"""The engine: inputs in, actions out. It is synchronous and deterministic: equal inputs at equal times give equal actions, everywhere.

    actions = engine.handle(now, input)      something happened
    actions = engine.tick(now)               the engine's own timers up to now
    engine.next_deadline()                   when to call tick next

`now` only counts seconds and never goes back; `ClockSet` ties it to the time of day. What the engine does not do: wait, perform its
actions, read a clock, choose at random, or learn whether the world is simulated.
"""

from collections.abc import Callable, Iterator, Mapping
from math import ceil
from typing import Any

from appliance.core.actions import Action, Replied
from appliance.core.admission.admission import Admission
from appliance.core.agents.states import Agents
from appliance.core.call import Call
from appliance.core.calls import Calls
from appliance.core.contact import Contact, ContactState
from appliance.core.flows import call_back, resume, script_for
from appliance.core.hearing import Hearing
from appliance.core.inputs import (
    AccountChecked,
    AgentAsked,
    CallersListed,
    ClockSet,
    Compare,
    ContactCame,
    ContactGone,
    CutOff,
    Drain,
    GatewayAnswered,
    Heal,
    Input,
    Noticed,
    PinChecked,
    PlanChanged,
    Rendered,
    Restored,
    ServiceClosed,
    Stored,
)
from appliance.core.leg import LegState
from appliance.core.lines import Lines
from appliance.core.plan import Choice, Plan
from appliance.core.queues import learnt
from appliance.core.queues.comfort import Comfort
from appliance.core.queues.distribution import Distribution
from appliance.core.queues.offers import Offers
from appliance.core.queues.strategies import STRATEGIES, Strategy
from appliance.core.queues.waiting import VOICE
from appliance.core.queues.written import Written
from appliance.core.recovery import people
from appliance.core.recovery.adoption import Adoption
from appliance.core.recovery.comparing import Comparison
from appliance.core.recovery.containing import Containment
from appliance.core.recovery.healing import Healing
from appliance.core.scripts import Scripts
from appliance.core.sounds import Sounds
from appliance.core.state import State
from appliance.core.talks.control import Control
from appliance.core.talks.dialling import Dialling
from appliance.core.talks.keys import Keys
from appliance.core.talks.recordings import Recordings
from appliance.core.talks.supervision import Supervision
from appliance.core.talks.talks import Talks
from hal.api import (
    Adopted,
    AgentSeen,
    Alerted,
    Answered,
    Arrived,
    Cause,
    CommandFailed,
    DigitHeard,
    HeldByFarEnd,
    LegsListed,
    LineAlarm,
    LineLost,
    LineOpened,
    PlayEnded,
    RecordingEnded,
    RegistrationRefused,
    Released,
    RetrievedByFarEnd,
    Severity,
    SpeechBegan,
    SpeechHeard,
    StationRegistered,
    StationUnregistered,
    TransferAsked,
    Transferred,
)

__all__ = ["Engine"]


_HEALED_NOTED_S = 3600.0
STATES_ASKED = ("log-in", "ready", "not-ready", "log-out")
_WHILE_OPENING = frozenset({Adopted, AgentSeen, ClockSet, LineOpened, Restored, StationRegistered, StationUnregistered})
"""What a line that opens says first: what it still has. Anything else finds the calls of the last run settled."""


class Engine:
    """One centre's core."""

    def __init__(self, plan: Plan, strategies: Mapping[str, Strategy] = STRATEGIES) -> None:
        """Start with nothing but the plan; `strategies` are those that it may name.

        Raises:
            ValueError: the plan refers to something that is not there; the message lists all of it.

        """
        self._strategies = strategies
        if problems := self.refuses(plan):
            raise ValueError("the plan cannot be used:\n" + "\n".join(problems))
        self.state = State(plan)
        self.scripts = Scripts(self.state)
        self.agents = Agents(self.state)
        self.distribution = Distribution(self.state, self.agents, self.scripts, strategies)
        self.calls = Calls(self.state, self.scripts, self.agents)
        self.offers = Offers(self.distribution)
        self.recordings = Recordings(self.state, self.scripts)
        self.sounds = Sounds(self.state)
        self.talks = Talks(self.distribution, self.calls, self.recordings, self.sounds)
        self.agents.distribution = self.distribution
        self.distribution.calls, self.distribution.offers, self.offers.talks = self.calls, self.offers, self.talks
        self.dialling = Dialling(self)
        self.control = Control(self)
        self.supervision = Supervision(self)
        self.keys = Keys(self)
        self.comfort = Comfort(self)
        self.hearing = Hearing(self)
        self.talks.call_customer, self.talks.part_watchers = self.dialling.call_customer, self.dialling.part_watchers
        self.calls.join(self)
        self.written = self.distribution.written = Written(self)
        self.adoption = Adoption(self)
        self.admission = Admission(self)
        self.lines = Lines(self)
        self.healing = Healing(self)
        self.comparison = Comparison(self)
        self.containment = Containment(self)
        self._examined: Iterator[list[str]] = iter(())
        self._load()
        self._handlers: dict[type, Callable[[Any], None]] = {
            Arrived: self._arrived,
            AgentSeen: self.agents.mirror.seen,
            Adopted: self._adopted,
            Alerted: self.calls.alerted,
            Answered: self.calls.answered,
            Released: self.calls.on_released,
            PlayEnded: self.calls.play_ended,
            DigitHeard: self.calls.digit_heard,
            SpeechBegan: self.hearing.began,
            SpeechHeard: self.hearing.heard,
            RecordingEnded: self.recordings.ended,
            HeldByFarEnd: lambda event: self.keys.held(event.leg, True),
            RetrievedByFarEnd: lambda event: self.keys.held(event.leg, False),
            TransferAsked: self.keys.transfer_asked,
            Transferred: self.keys.transferred,
            StationRegistered: self.lines.station_registered,
            StationUnregistered: self.lines.station_unregistered,
            RegistrationRefused: self.lines.registration_refused,
            LineOpened: self.lines.opened,
            LineLost: self.lines.lost,
            LineAlarm: self.lines.alarm,
            CommandFailed: self.lines.command_failed,
            ClockSet: self._clock_set,
            Stored: self._stored,
            PinChecked: self._pin_checked,
            AccountChecked: self._answered_token,
            GatewayAnswered: self._answered_token,
            Rendered: self._answered_token,
            AgentAsked: self._agent_asked,
            CallersListed: self.admission.callers_listed,
            ServiceClosed: self.admission.service_closed,
            ContactCame: self._contact_came,
            ContactGone: lambda event: self.written.gone(event),
            PlanChanged: self._plan_changed,
            Drain: self._drain,
            CutOff: self._cut_off,
            Noticed: self._noticed,
            Restored: self._restored,
            Heal: self._heal,
            Compare: self.comparison.begin,
            LegsListed: self.comparison.listed,
        }

    # -- the shell's side -------------------------------------------------------------------------------------------------------------

    def handle(self, now: float, event: Input) -> list[Action]:
        """Take in what happened at `now`; the result is what to do, in order."""
        state = self.state
        state.now = now
        out = state.out = []
        kind = type(event)
        if self.adoption.pending and kind not in _WHILE_OPENING:
            self.adoption.settle()
        self._handlers[kind](event)
        return out

    def tick(self, now: float) -> list[Action]:
        """Fire all timers due by `now`; the result is what to do, in order."""
        state = self.state
        state.now = now
        out = state.out = []
        while (fire := state.timers.due(now)) is not None:
            fire()
        return out

    def next_deadline(self) -> float:
        """When `tick` has something to do; infinity when nothing is planned."""
        return self.state.timers.next_deadline()

    @property
    def idle(self) -> bool:
        """Nothing is left but contacts that outlive the appliance's end - of other media, to be called back: nothing is lost by it."""
        state = self.state
        return not (state.legs or state.recordings or any(c.medium == VOICE and not c.call_back for c in state.contacts.values()))

    # -- calls ------------------------------------------------------------------------------------------------------------------------

    def _arrived(self, event: Arrived) -> None:
        if event.leg not in self.state.legs:  # else it was told twice
            self.serve(event, LegState.ARRIVED)

    def serve(self, event: Arrived, leg: LegState) -> None:
        """Serve a call by the script for what it dialled; its leg may be answered already."""
        state = self.state
        internal = event.station != "" and event.dnis.startswith("*")
        own = event.station != "" and not internal and event.dnis not in state.plan.numbers
        if own and leg is LegState.ARRIVED and not state.draining and self.dialling.phone_dials(event):
            return
        contact = self.calls.arrive(event, leg, internal=internal)
        if state.draining and not internal:
            self.calls.refuse(contact, Cause.TEMPORARY_FAILURE)
            return
        met = self.admission.enters(contact)
        if met.cause is not None:
            self.calls.refuse(contact, met.cause)
            return
        script = script_for(Call(self, contact), met)
        if script is None:
            state.tell(contact, "no such number", contact.dnis)
            colleague = own and (event.dnis in state.plan.agents or event.dnis in state.plan.stations)
            self.calls.refuse(contact, Cause.USER_BUSY if colleague else Cause.UNALLOCATED_NUMBER)
            return
        over = (event.trunk or event.station, event.channel)
        self.calls.move(contact, "begin", "arrived", " ".join(filter(None, (f"{event.ani} -> {event.dnis}", *over))))
        self.scripts.start(contact, script)

    def start_call_back(self, contact: Contact) -> None:
        """Have a contact without a caller wait until it can be called back."""
        self.scripts.start(contact, call_back(Call(self, contact)))

    def serve_on(self, contact: Contact, to: Choice | None) -> None:
        """Have a script go on with a customer whom an agent has called: to where he is transferred, or, None, staying with the agent."""
        self.scripts.start(contact, resume(Call(self, contact), to))

    def _adopted(self, event: Adopted) -> None:
        self.adoption.leg_found(event)

    # -- the rest of the world --------------------------------------------------------------------------------------------------------

    def _clock_set(self, event: ClockSet) -> None:
        if not self.state.wall_offset:  # the first: everybody is where he is since now
            for agent in self.state.agents.values():
                agent.since = self.state.now
        self.state.wall_offset = event.wall_s - self.state.now
        self.agents.groups.hours_changed()
        self.distribution.overflows.clock_set()

    def _stored(self, event: Stored) -> None:
        if not self.admission.stored(event):
            self._answer_token(event.token, event)

    def _pin_checked(self, event: PinChecked) -> None:
        self._answer_token(event.token, event)

    def _answered_token(self, event: AccountChecked | GatewayAnswered | Rendered) -> None:
        """An answer that a script has asked for; it may be busy with something else meanwhile."""
        contact = self.state.contacts.get(self.state.tokens.pop(event.token, ""))
        if contact is not None and type(event) in contact.waiting:
            self.scripts.deliver(contact, event)
        elif contact is not None:
            contact.answers[event.token] = event

    def _answer_token(self, token: int, event: Stored | PinChecked) -> None:
        contact = self.state.contacts.get(self.state.tokens.pop(token, ""))
        if contact is not None:
            self.scripts.deliver(contact, event)

    def _agent_asked(self, event: AgentAsked) -> None:
        why = self._ask(event)
        if event.token:
            self.state.out.append(Replied(event.token, why))

    def _ask(self, event: AgentAsked) -> str:
        """Why it is not done; empty: it is."""
        if event.agent not in self.state.agents:
            return f"there is no agent {event.agent}"
        by_another = event.by not in ("", event.agent)
        if by_another and event.what in (*self.supervision.verbs, *self.control.verbs):
            return self.supervision.ask(event)
        if why := self.supervision.refuses(event):
            return why
        if event.what in ("accept", "decline", "finish"):
            return self.written.ask(self.state.agents[event.agent], event.what, event.to)
        if event.what in self.control.verbs:
            return self.control.ask(event)
        if event.what not in STATES_ASKED:
            return f"'{event.what}' is nothing that can be asked for"
        done = self.agents.duty.ask(event.agent, event.what, event.reason, event.station, event.by)
        if done:
            return ""
        reasons = self.state.plan.reasons
        if event.what == "not-ready" and event.reason and reasons and event.reason not in reasons:
            return f"'{event.reason}' is no reason here; there are: {', '.join(f'{code} {text}' for code, text in reasons.items())}"
        return f"agent {event.agent} is {self.state.agents[event.agent].state.value}"

    def _contact_came(self, event: ContactCame) -> None:
        contact = self.written.came(event)
        if event.token:
            why = "" if contact else f"there is no queue '{event.queue}' for {event.medium}"
            self.state.out.append(Replied(event.token, why, contact))

    # -- the plan ---------------------------------------------------------------------------------------------------------------------

    def refuses(self, plan: Plan) -> list[str]:
        """Why a plan cannot be used, also not while running; empty: it can."""
        known = ", ".join(self._strategies)
        unknown = [
            f"queues.{name}.strategy: there is no strategy '{queue.strategy}'; there are: {known}"
            for name, queue in plan.queues.items()
            if queue.strategy not in self._strategies
        ]
        return [*plan.problems(), *unknown]

    def _load(self) -> None:
        self.admission.load()
        self.distribution.load()
        self.agents.groups.load()

    def _plan_changed(self, event: PlanChanged) -> None:
        """Go on with another plan; one that cannot be used changes nothing and is an alarm."""
        state = self.state
        if problems := self.refuses(event.plan):
            text = f"the changed site cannot be used: {'; '.join(problems[:3])}"
            state.raise_alarm(Severity.YELLOW, "site", text, "mend it and load it again: the old one is in force")
            return
        state.plan = event.plan
        for source in ["site", *(each for each in state.alarms if each.startswith("prompt:"))]:
            state.clear_alarm(source)
        self._load()
        self.distribution.look_again()
        state.audit("site", "changed", f"{len(event.plan.queues)} queues, {len(event.plan.agents)} agents")

    def _drain(self, _event: Drain) -> None:
        self.state.draining = True
        learnt.keep_all(self.state)

    def _cut_off(self, _event: CutOff) -> None:
        state = self.state
        state.draining = state.cutting = True
        for leg in list(state.legs.values()):
            self.calls.release(leg, Cause.TEMPORARY_FAILURE)

    def _noticed(self, event: Noticed) -> None:
        if event.cleared:
            self.state.clear_alarm(event.source)
        elif event.lasts_s:
            self.state.raise_passing_alarm(event.severity, event.source, event.text, event.advice, event.lasts_s)
        else:
            self.state.raise_alarm(event.severity, event.source, event.text, event.advice)

    def _restored(self, event: Restored) -> None:
        """Go on as the last run ended: numbers continue, agents have the state and phone they had, calls are looked for as lines open."""
        state = self.state
        state.boot, state.tickets = event.boot, event.tickets
        state.last_agents = dict(event.last_agents)
        self.admission.restore(event.listed, event.closures)
        for row in event.expectations:
            learnt.give_back(state, row)
        people.give_back(self, event)
        self.adoption.remember(event.contacts, event.recordings)

    # -- proof ------------------------------------------------------------------------------------------------------------------------

    def check(self) -> list[str]:
        """What is wrong with the engine's memory now; empty: every invariant holds (ACD-10)."""
        from appliance.core.recovery.invariants import violations  # only when asked: it is not part of serving a call

        return violations(self.state, self.agents)

    def check_some(self, share: float) -> list[str]:
        """Look at the next share of everything there is, from 0 to 1, and at last at all of it again: what is wrong with it."""
        from appliance.core.recovery.invariants import examined

        state = self.state
        there = len(state.contacts) + len(state.agents) + len(state.legs) + len(state.stations) + len(state.queues)
        found: list[str] = []
        for _ in range(ceil(share * there)):
            problems = next(self._examined, None)
            if problems is None:
                self._examined = examined(state, self.agents)
                break
            found += problems
        return found

    def heal(self) -> list[str]:
        """Mend what is wrong; the result says what was done. What lines have to be told goes with the input being handled: `Heal`."""
        return self.healing.heal()

    def _heal(self, _event: Heal) -> None:
        """Look for broken invariants and mend them; an operator learns of it, and it stays in the audit trail."""
        broken = self.check()
        if not broken:
            return
        for repair in self.heal():
            self.state.audit("monitor", "healed", repair)
        left = self.check()
        now = f", {len(left)} still are" if left else " and are healed"
        text = f"{len(broken)} invariants were broken{now}: {'; '.join((left or broken)[:3])}"
        if left:
            self.state.raise_alarm(Severity.RED, "invariants", text, "report this with the log; restart when the calls allow it")
        else:
            self.state.raise_passing_alarm(Severity.RED, "invariants", text, "report this with the log", _HEALED_NOTED_S)

    def waiting(self, queue: str) -> int:
        """How many contacts wait in a queue, those being offered to an agent included."""
        offered = sum(1 for c in self.state.contacts.values() if c.state is ContactState.OFFERED and c.queue == queue)
        return self.state.queues[queue].counted + offered
