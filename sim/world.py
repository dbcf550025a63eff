"""The world: callers who call when it is drawn, agents who keep their shifts, and faults that come on time.

It knows nothing but telephones, and so does not know whether these are real. It is written in calls at a time (`after`) and not in SimPy
processes, because ten thousand callers with a process each cost as much as everything else together.
"""

from collections.abc import Callable, Mapping
from datetime import time
from functools import partial

import simpy

from appliance.config import Span
from appliance.site import Site
from hal.api import Cause
from hal.simulated import Party
from sim.agents import AgentPhone
from sim.called_back import CalledBack
from sim.callers import Caller
from sim.clock import planner
from sim.draws import Call, Draws
from sim.faults import Breaker, FaultSeen, Planned, StationDead, Unbreakable, plan_of
from sim.phones import Phones
from sim.rosters import Shift
from sim.trunks import Trunks

__all__ = ["LINGER_S", "World"]

LINGER_S = 7200.0
"""Calls that last this long after the hours are hung up: something keeps them that has not been thought of."""
SETTLES_S = 60.0
_MOST_PROBLEMS = 50
_NEXT_CALL_S = 1.0
_CALL_BACKS_S = 1800.0
"""So long after the hours those are still called back who have asked for it."""


class World:
    """Everyone outside the centre, and the agents' hands."""

    def __init__(self, env: simpy.Environment, draws: Draws, site: Site, phones: Phones, pins: Mapping[str, str]) -> None:
        """People it; `pins` are the agents' PINs."""
        self.env, self.draws, self.site, self.phones = env, draws, site, phones
        self.after = planner(env)
        """`after(delay_s, function)`: call something so many seconds later."""
        self.scenario = draws.scenario
        self.callers: list[Caller] = []
        """Every attempt, in the order in which they were made."""
        self.callers_by_ani: dict[str, Caller] = {}
        """Those whose call is going on."""
        self.offers: list[tuple[float, Caller, str]] = []
        """(when, for whom, which agent): each time an agent's phone was called."""
        self.problems: list[str] = []
        """What went differently from what people expect; empty when all is well."""
        self.faults: list[FaultSeen] = []
        """What broke, in the order in which it did, with what cannot be brought about here."""
        self.breaker: Breaker = Unbreakable("nothing here is ours to break")
        self.settles_s = SETTLES_S
        """A run goes on for so long after its last fault: it is to be seen whether all is well again."""
        self.says_leave_message: frozenset[str] = frozenset()
        self.beeps: frozenset[str] = frozenset()
        self.says_refused: frozenset[str] = frozenset()
        """Files by which people recognise what they hear; empty where they cannot."""
        self.question_of: Callable[[str], str] = lambda _file: ""
        """The question of a call flow that a file begins, by which callers recognise what they are asked; empty: none."""
        self.done: Callable[[], None] = lambda: None
        """Called once, when the hours are over and the last call has ended."""
        self.redials = 0
        self.to_be_called: dict[str, Caller] = {}
        """Who has asked to be called back, by number."""
        self._calls_back = True
        """Whether those are still waited for."""
        self.trunks = Trunks(self)
        self._coming = iter(draws)
        self._engaged: dict[str, list[Caller]] = {}
        """Who would call while his own telephone is in a call."""
        self._redialling = 0
        self._broken: set[tuple[str, str]] = set()
        """Kinds of faults that are there now, and of what."""
        self._unsettled = 0
        """Faults that are there, or were until a moment ago."""
        self._closed = False
        self.calendar = draws.calendar
        self.closes_s = self.calendar.span(self.scenario.hours, self.scenario.days - 1)[1]
        """When nobody calls any more, in seconds of the simulation."""
        self.agents = tuple(dict.fromkeys(agent for shift in self.scenario.agents.roster for agent in shift.who.agents))
        """Everyone who works on some day."""
        self.phones_by_agent = {agent: AgentPhone(self, agent, site.agents[agent].station, pins.get(agent, "")) for agent in self.agents}
        self.phones_by_station = {phone.station: phone for phone in self.phones_by_agent.values()}

    def wrap_up_of(self, agent: str) -> float:
        """How long a wrap-up the centre gives an agent at least."""
        person = self.site.agents[agent]
        if person.wrap_up_s is not None:
            return float(person.wrap_up_s)
        return min((float(self.site.queues[queue].wrap_up_s) for queue in person.groups), default=0.0)

    def problem(self, text: str) -> None:
        """Note something that should not happen."""
        if len(self.problems) < _MOST_PROBLEMS:
            self.problems.append(f"{self.env.now:.3f} s: {text}")

    # --- the day --------------------------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Plan the run; the environment stands at its beginning."""
        scenario = self.scenario
        self._plan_shifts(0)
        for fault in plan_of(scenario, self.calendar, self.site, self.draws.seed):
            self._at(fault.at_s, partial(self._break, fault))
        self._at(self.closes_s, self._close)
        self._plan_caller()

    def _plan_shifts(self, day: int) -> None:
        """Plan who works on a day, and to plan the next one."""
        calendar, hours = self.calendar, self.scenario.hours
        opens, closes = calendar.span(hours, day)
        for shift in self.scenario.agents.roster:
            if not calendar.holds(shift.on, day):
                continue
            begin = opens if shift.from_ is None else calendar.at(shift.from_, day)
            end = None if self.scenario.days == 1 else closes
            if shift.to is not None:
                end = calendar.at(shift.to, day + 1 if shift.overnight or shift.to == time.min else day)
            breaks = [self._break_of(shift, span, day) for span in shift.breaks]
            for agent in shift.who.agents:
                late_s = self.draws.conduct.late_s(agent, day)
                if late_s is not None and (end is None or begin + late_s < end):
                    self._plan_shift(self.phones_by_agent[agent], day, begin + late_s, end, breaks)
        if day + 1 < self.scenario.days:
            self._at(calendar.midnight(day + 1), partial(self._plan_shifts, day + 1))

    def _break_of(self, shift: Shift, span: Span, day: int) -> tuple[float, float]:
        after_midnight = shift.overnight and shift.from_ is not None and span.opens < shift.from_
        return self.calendar.span(span, day + after_midnight)

    def _plan_shift(self, phone: AgentPhone, day: int, begin: float, end: float | None, breaks: list[tuple[float, float]]) -> None:
        forgets = self.draws.conduct.forgets
        self._at(begin, phone.log_in)
        for number, (since, until) in enumerate(breaks):
            if until > begin:
                self._at(max(since, begin), partial(phone.begin_break, says=not forgets("pause", phone.agent, day, number)))
                self._at(until, phone.end_break)
        if end is not None:
            self._at(end, partial(phone.log_out, says=not forgets("log-out", phone.agent, day)))

    def _at(self, moment: float, function: Callable[[], object]) -> None:
        self.after(max(0.0, moment - self.env.now), function)

    def _plan_caller(self) -> None:
        """Plan the next call; only one of them is planned at a time."""
        if (call := next(self._coming, None)) is not None:
            self._at(call.at, partial(self._next_caller, call))

    def _next_caller(self, call: Call) -> None:
        self._plan_caller()
        self._dial(Caller(self, call))

    def _dial(self, caller: Caller) -> None:
        ani = caller.call.ani
        if ani in self.callers_by_ani:  # a customer has one telephone: he calls again when he has hung up
            self._engaged.setdefault(ani, []).append(caller)
            return
        self.callers.append(caller)
        self.callers_by_ani[ani] = caller
        caller.start()

    def _dial_now(self, caller: Caller) -> None:
        if not self._closed:
            self._dial(caller)

    def caller_gone(self, caller: Caller) -> None:
        """A call has ended."""
        ani = caller.call.ani
        del self.callers_by_ani[ani]
        if caller.asked_back and caller.connected_at is None and self._calls_back:
            self.to_be_called[ani] = caller
        for waiting in self._engaged.pop(ani, ()):
            self.after(_NEXT_CALL_S, partial(self._dial_now, waiting))
        if not self._closed and caller.outcome in ("abandoned", "blocked", "lost"):
            self._redial(caller)
        self._check_done()

    def _redial(self, caller: Caller) -> None:
        delay_s = self.draws.redials_after_s(caller.call, caller.attempt, caller.outcome)
        if delay_s is None:
            return
        self._redialling += 1

        def again() -> None:
            self._redialling -= 1
            if self._closed:
                self._check_done()
            else:
                self.redials += 1
                self._dial(Caller(self, caller.call, caller.attempt + 1))

        self.after(delay_s, again)

    def _close(self) -> None:
        self._closed = True
        self.after(LINGER_S, self._hang_up_all)
        self.after(_CALL_BACKS_S, self._give_up_call_backs)
        self._check_done()

    def _check_done(self) -> None:
        if self._closed and not self.callers_by_ani and not self.to_be_called and not self._unsettled:
            self.done()
            self.done = lambda: None

    def _give_up_call_backs(self) -> None:
        self._calls_back = False
        self.to_be_called.clear()
        self._check_done()

    def _hang_up_all(self) -> None:
        for caller in list(self.callers_by_ani.values()):
            self.problem(f"{caller.call.ani} was still in a call {LINGER_S / 3600:g} h after the hours")
            caller.hang_up()

    # --- the telephones tell --------------------------------------------------------------------------------------------------------

    def called(self, to: str, ani: str, line: str = "") -> Party | Cause:
        """The centre calls `station:NAME` or `number:NUMBER` by a line: who takes it, or why nobody does."""
        kind, _, name = to.partition(":")
        if kind == "number":
            return self._customer(name, line)
        phone = self.phones_by_station.get(name)
        return Cause.NO_USER_RESPONDING if phone is None else phone.takes(ani)

    def _customer(self, number: str, line: str) -> Party | Cause:
        """Who is called outside: nobody but those who have asked for it."""
        asked = self.to_be_called.get(number)
        if asked is None:
            return Cause.UNALLOCATED_NUMBER
        if number in self.callers_by_ani:
            return Cause.USER_BUSY
        if self.trunks.collides(line):
            return Cause.REQUESTED_CIRCUIT_NOT_AVAILABLE
        customer = self.callers_by_ani[number] = CalledBack(self, asked)
        self.trunks.seizes(line, customer)
        return customer

    def customer_of(self, ani: str) -> Caller | None:
        """Whom an agent's phone is called for: who is in a call, or is to be called back."""
        calling = self.callers_by_ani.get(ani)
        if calling is not None and calling.answered_at is not None:
            return calling
        return self.to_be_called.get(ani) or self._was_promised(ani) or calling  # who has not got through yet may be called back just now

    def _was_promised(self, ani: str) -> Caller | None:
        """Who was promised it by the centre itself, as a queue overflows, and hung up or was released then."""
        his = (each for each in reversed(self.callers) if each.call.ani == ani)
        met = (each for each in his if each.answered_at is not None)  # who was refused was promised nothing
        caller = next((each for each in met if each.connected_at is None and each.ended_at is not None), None)
        if caller is None or not self._calls_back:
            return None
        caller.asked_back = True
        self.to_be_called[ani] = caller
        return caller

    def seized(self, line: str) -> None:
        """A call from outside takes a channel of a line."""
        self.trunks.seized(line)

    def hears_words(self, leave_message: frozenset[str], beeps: frozenset[str], refused: frozenset[str]) -> None:
        """People recognise these files: the request to leave a message, the tone, the refusal of a code."""
        self.says_leave_message, self.beeps, self.says_refused = leave_message, beeps, refused

    # --- faults ---------------------------------------------------------------------------------------------------------------------

    def _break(self, fault: Planned) -> None:
        details = fault.details
        seen = FaultSeen(fault.what, details.about, self.env.now, details.lasts_s, fault.by_chance)
        self.faults.append(seen)
        if (key := (fault.what, details.about)) in self._broken:
            seen.left_out = "the same is broken already"
            return
        if isinstance(details, StationDead):
            seen.left_out = self._kill_phone(details)
        else:
            seen.left_out = self.breaker.begin(details)
        if seen.left_out:
            return
        self._broken.add(key)
        self._unsettled += 1

        def settled() -> None:
            self._unsettled -= 1
            self._check_done()

        def mend() -> None:
            self.after(self.settles_s, settled)
            self._broken.discard(key)
            seen.ended_at = self.env.now
            if not isinstance(details, StationDead):
                self.breaker.end(details, partial(self._well, seen))

        if details.lasts_s > 0:
            self.after(details.lasts_s, mend)
        else:
            mend()

    def _well(self, seen: FaultSeen) -> None:
        seen.well_at = self.env.now

    def _kill_phone(self, fault: StationDead) -> str:
        phone = self.phones_by_station.get(fault.station)
        if phone is None:
            return "nobody works at that phone"
        phone.die(float(fault.for_))
        return ""
