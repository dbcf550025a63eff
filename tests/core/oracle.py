"""A naive call centre: who must be rung, worked out from nothing but what happened, by rules written down once more.

It shares no code with the core. It keeps each agent's raw history - log-ins, pauses, offers, answers, wrap-ups, each with its moment - and
works every figure out by reading that history from the last log-in on. Slow, and plain enough to be believed.

What it does not model: more than one line, overflow, transfers, consultations, contacts meant for one agent, hours.
"""

from collections.abc import Mapping
from math import inf

from attrs import define, field

__all__ = ["Offer", "OracleCentre", "OracleQueue", "Person", "uniform"]

Offer = tuple[str, frozenset[str]]
"""Caller's leg, and all agents who must begin to ring for it now."""

_FREE_AGAIN = {"log-in", "ready", "wrap-up over", "over"}
"""From these moments on somebody counts as idle; offers that came to nothing, and the rest after one, do not count."""
_STATE = {
    "log-in": "free", "ready": "free", "wrap-up over": "free", "over": "free", "rested": "free", "returned": "free",
    "offered": "ringing", "answered": "talking", "wrap-up": "wrap-up", "pause": "away", "missed": "away", "log-out": "out",
}  # fmt: skip
_REST_S = 5.0


@define(eq=False)
class Person:
    """An agent and his raw history."""

    id: str
    place: int
    ranks: Mapping[str, int]
    weights: Mapping[str, int] = field(factory=dict)
    skills: Mapping[str, int] = field(factory=dict)
    wrap_up_s: float | None = None
    history: list[tuple[float, str, str]] = field(factory=lambda: [(0.0, "log-out", "")])
    phone_busy: bool = False
    wants: str = ""
    missed: int = 0
    order: int = 0
    """When he last became somebody who can be rung, among those of the same moment."""

    @property
    def state(self) -> str:
        return _STATE[self.history[-1][1]]

    def today(self) -> list[tuple[float, str, str]]:
        """Everything since the last log-in."""
        begin = max(index for index, (_, what, _) in enumerate(self.history) if what == "log-in")
        return self.history[begin:]

    def idle_since(self) -> float:
        return max(at for at, what, _ in self.today() if what in _FREE_AGAIN)

    def answered(self, queue: str) -> int:
        return sum(1 for _, what, where in self.today() if what == "answered" and where == queue)

    def occupancy(self, now: float) -> float:
        spent = {"busy": 0.0, "free": 0.0, "away": 0.0}
        story = self.today()
        for (at, what, _), (until, _, _) in zip(story, [*story[1:], (now, "", "")], strict=True):
            spent[{"free": "free", "away": "away"}.get(_STATE[what], "busy")] += until - at
        return spent["busy"] / (spent["busy"] + spent["free"]) if spent["busy"] else 0.0


@define
class OracleQueue:
    """A queue's rules."""

    name: str
    strategy: str
    ring_s: float = 15.0
    wrap_up_s: float = 0.0
    pause_after: int = 1
    stages: tuple[tuple[float, tuple[tuple[str, int], ...]], ...] = ((0.0, ()),)
    """(from this wait on, (skill, least level) of each skill asked for)."""
    ageing_s: float = 60.0
    credit_s: float = 90.0
    rules: tuple[tuple[str, tuple[str, ...]], ...] = ()
    last_rung: int = -1


@define(eq=False)
class Waiting:
    """A caller: waiting, ringing or talking."""

    leg: str
    ani: str
    queue: OracleQueue
    since: float
    place: tuple[float, int]
    ringing: list[Person] = field(factory=list)
    talking: Person | None = None

    def asked(self, now: float) -> tuple[tuple[str, int], ...]:
        """The skills asked for after so long a wait."""
        return [needs for after_s, needs in self.queue.stages if now >= self.since + after_s][-1]


@define(eq=False)
class Alarm:
    """Something that is due."""

    due: float
    number: int
    kind: str
    person: Person | None = None
    caller: Waiting | None = None
    length: int = 0
    """Of the person's history as it was set: a longer one has made it void."""


class OracleCentre:
    """People, queues and callers; every verb returns the offers that must be made because of it."""

    def __init__(self, people: list[Person], queues: list[OracleQueue], seed: int = 1) -> None:
        self.people = {person.id: person for person in people}
        self.queues = {queue.name: queue for queue in queues}
        self.callers: dict[str, Waiting] = {}
        self.seed = seed
        self.now = 0.0
        self.draws: list[int] = []
        """The numbers that the core drew with, in order: all that is taken over from it."""
        self._count = 0
        self._lot: Person | None = None
        self._alarms: list[Alarm] = []
        self._offers: list[Offer] = []

    # -- what happens ---------------------------------------------------------------------------------------------------------------

    def asked(self, now: float, who: str, what: str) -> list[Offer]:
        """An agent asks for a state."""
        person = self._begin(now, who)
        if what == "log-in":
            what = "ready" if person.state != "out" else what
            if what == "log-in":
                person.missed = 0
                self._note(person, "log-in")
                return self._done()
        if person.state in ("ringing", "talking"):
            person.wants = "" if what == "ready" else what
            if person.state == "ringing" and what == "log-out":
                self._missed(next(each for each in self.callers.values() if person in each.ringing), person, "log-out")
        elif person.state != "out" and not (what == "ready" and person.state == "free"):
            self._do(person, what)
        return self._done()

    def waits(self, now: float, leg: str, ani: str, queue: str, head_start_s: float) -> list[Offer]:
        """A caller begins to wait."""
        self.now = now
        rules = self.queues[queue]
        caller = self.callers[leg] = Waiting(leg, ani, rules, now, (now - head_start_s, self._next()))
        for after_s, _ in rules.stages[1:]:
            self._alarms.append(Alarm(now + after_s, self._next(), "relax", caller=caller))
        self._caller_seeks(caller)
        return self._done()

    def gone(self, now: float, leg: str) -> list[Offer]:
        """A caller hangs up."""
        self.now = now
        caller = self.callers.pop(leg, None)
        if caller is not None:
            for person in caller.ringing:
                self._returned(person)
            if caller.talking is not None:
                self._served(caller.talking, caller.queue)
        return self._done()

    def answered(self, now: float, leg: str, who: str) -> list[Offer]:
        """An agent picks up for a caller who rings at him."""
        person, caller = self._begin(now, who), self.callers[leg]
        caller.talking, person.missed = person, 0
        self._note(person, "answered", caller.queue.name)
        others, caller.ringing = [other for other in caller.ringing if other is not person], []
        for other in others:
            self._returned(other)
        return self._done()

    def phone_gone(self, now: float, leg: str, who: str, cause: str) -> list[Offer]:
        """An agent's phone has no leg any more: refused, hung up, or let go before."""
        person, caller = self._begin(now, who), self.callers.get(leg)
        person.phone_busy = False
        if caller is not None and person in caller.ringing:
            self._missed(caller, person, cause)
        elif caller is not None and caller.talking is person:
            del self.callers[leg]
            self._served(person, caller.queue)
        elif person.state == "free":
            self._free(person)
        return self._done()

    def next_deadline(self) -> float:
        return min((alarm.due for alarm in self._alarms if self._holds(alarm)), default=inf)

    def tick(self, now: float) -> list[Offer]:
        """What is due now."""
        self.now = now
        while due := sorted((alarm for alarm in self._alarms if alarm.due <= now), key=lambda each: (each.due, each.number)):
            self._alarms.remove(due[0])
            if self._holds(due[0]):
                self._fire(due[0])
        return self._done()

    # -- time-outs ------------------------------------------------------------------------------------------------------------------

    def _holds(self, alarm: Alarm) -> bool:
        if alarm.person is not None:
            return len(alarm.person.history) == alarm.length
        return alarm.caller is not None and self.callers.get(alarm.caller.leg) is alarm.caller and alarm.caller.talking is None

    def _fire(self, alarm: Alarm) -> None:
        person, caller = alarm.person, alarm.caller
        if alarm.kind == "relax":
            assert caller is not None
            self._caller_seeks(caller)
            return
        assert person is not None
        if alarm.kind == "wrap-up":
            self._note(person, "wrap-up over")
        elif alarm.kind == "rest":
            self._note(person, "rested")
        else:
            self._missed(next(each for each in self.callers.values() if person in each.ringing), person, "no answer")

    def _set(self, seconds: float, kind: str, person: Person) -> None:
        self._alarms.append(Alarm(self.now + seconds, self._next(), kind, person, None, len(person.history)))

    # -- agents -----------------------------------------------------------------------------------------------------------------------

    def _note(self, person: Person, what: str, where: str = "") -> None:
        person.history.append((self.now, what, where))
        if person.state == "free":
            self._free(person)

    def _free(self, person: Person) -> None:
        if not person.phone_busy:
            person.order = self._next()
            self._person_seeks(person)

    def _do(self, person: Person, what: str) -> None:
        person.missed = 0 if what == "ready" else person.missed
        self._note(person, "pause" if what == "not-ready" else what)

    def _wanted(self, person: Person) -> bool:
        """What he asked for meanwhile comes first."""
        what, person.wants = person.wants, ""
        if what:
            self._do(person, what)
        return bool(what)

    def _returned(self, person: Person) -> None:
        if not self._wanted(person):
            self._note(person, "returned")

    def _served(self, person: Person, queue: OracleQueue) -> None:
        wrap_up_s = queue.wrap_up_s if person.wrap_up_s is None else person.wrap_up_s
        if self._wanted(person):
            return
        if wrap_up_s:
            self._note(person, "wrap-up")
            self._set(wrap_up_s, "wrap-up", person)
        else:
            self._note(person, "over")

    def _missed(self, caller: Waiting, person: Person, cause: str) -> None:
        caller.ringing.remove(person)
        last = not caller.ringing
        if cause == "no answer" and caller.queue.strategy == "ring-all":
            self._returned(person)
        elif not self._wanted(person):
            person.missed += 1
            self._note(person, "missed")
            if not 0 < caller.queue.pause_after <= person.missed:
                self._set(_REST_S, "rest", person)
        if last and not caller.ringing:
            self._caller_seeks(caller)

    # -- who suits whom ---------------------------------------------------------------------------------------------------------------

    def _fits(self, person: Person, caller: Waiting) -> bool:
        return caller.queue.name in person.ranks and all(
            person.skills.get(skill, 0) >= least for skill, least in caller.asked(self.now)
        )  # fmt: skip

    def _person_seeks(self, person: Person) -> None:
        waiting = [each for each in self.callers.values() if not each.ringing and each.talking is None and self._fits(person, each)]
        if waiting:
            caller = min(waiting, key=lambda each: (person.ranks[each.queue.name], each.place))
            if caller.queue.strategy == "weighted-random":
                self.draws.pop(0)  # with one to choose from any draw is the same
            self._offer(caller, [person])
            return
        for caller in sorted(self.callers.values(), key=lambda each: (person.ranks.get(each.queue.name, 0), each.place)):
            rings = caller.ringing and caller.queue.strategy == "ring-all" and self._fits(person, caller)
            if rings and person.ranks[caller.queue.name] <= min(other.ranks[caller.queue.name] for other in caller.ringing):
                self._offer(caller, [person])
                return

    def _caller_seeks(self, caller: Waiting) -> None:
        if caller.ringing or caller.talking is not None:
            return
        free = [
            person for person in self.people.values() if person.state == "free" and not person.phone_busy and self._fits(person, caller)
        ]
        best = min((person.ranks[caller.queue.name] for person in free), default=0)
        free = [person for person in free if person.ranks[caller.queue.name] == best]
        if free:
            if caller.queue.strategy == "weighted-random":
                self._lot = self._drawn_by(self.draws.pop(0), free, caller.queue.name)
            free.sort(key=lambda person: (self._figure(person, caller), person.idle_since(), person.order))
            self._offer(caller, free if caller.queue.strategy == "ring-all" else free[:1])

    def _figure(self, person: Person, caller: Waiting) -> float:
        """What the strategy looks at; the smallest is rung."""
        queue = caller.queue
        match queue.strategy:
            case "linear":
                return person.place
            case "circular":
                everyone = len(self.people)
                return (person.place - queue.last_rung - 1) % everyone
            case "fewest-calls":
                return person.answered(queue.name)
            case "least-occupied":
                return person.occupancy(self.now)
            case "weighted-random":
                return person is not self._lot
            case "skill-level":
                return -sum(person.skills.get(skill, 0) for skill, _ in caller.asked(self.now))
            case "caller-number":
                longest = max((prefix for prefix, _ in queue.rules if caller.ani.startswith(prefix)), key=len, default=None)
                first = dict(queue.rules).get(longest or "", ())
                return first.index(person.id) if person.id in first else inf
        return person.idle_since()

    def _drawn_by(self, number: int, people: list[Person], queue: str) -> Person:
        """As many tickets for each as his weight, in the order of the site file; one ticket is drawn."""
        tickets = [person for person in sorted(people, key=lambda each: each.place) for _ in range(person.weights[queue])]
        return tickets[int(uniform(self.seed, number) * len(tickets))]

    def _offer(self, caller: Waiting, chosen: list[Person]) -> None:
        joins = bool(caller.ringing)
        if not joins:
            caller.queue.last_rung = chosen[0].place
        for person in chosen:
            person.phone_busy = True
            caller.ringing.append(person)
            person.history.append((self.now, "offered", caller.queue.name))
            self._set(caller.queue.ring_s, "ring", person)
        self._offers.append((caller.leg, frozenset(person.id for person in chosen)))

    # -- book-keeping -----------------------------------------------------------------------------------------------------------------

    def _begin(self, now: float, who: str) -> Person:
        self.now = now
        return self.people[who]

    def _next(self) -> int:
        self._count += 1
        return self._count

    def _done(self) -> list[Offer]:
        offers, self._offers = self._offers, []
        return offers


def uniform(seed: int, number: int) -> float:
    """What "a uniform number in [0, 1)" by splitmix64 is: Steele, Lea and Flood (2014), figure 3; step by step, in integers."""
    word = 2**64
    z = (seed * 11400714819323198485 + number * 13787848793156543929) % word
    z = ((z ^ z // 2**30) * 13787848793156543929) % word
    z = ((z ^ z // 2**27) * 10723151780598845931) % word
    z = z ^ z // 2**31
    return z // 2**11 / 2**53
