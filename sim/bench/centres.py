"""The centres that are simulated for speed: a plain queue, where nothing takes time but the talk, and one with all that belongs to it."""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path

from appliance.config import Document
from appliance.site import Site
from appliance.site.model import site_of
from hal.api import value
from sim.scenario import Scenario

__all__ = ["DAY_AGENTS", "DAY_CALLS", "Queue", "full_centre", "plain_queue"]

DAY_CALLS, DAY_AGENTS, _DAY_HOURS = 100_000, 500, 12
"""The day of the full centre."""


@value
class Queue:
    """A system M/M/c+M; times in seconds, `rate` in calls per second."""

    servers: int
    rate: float
    talk_s: float
    patience_s: float


def plain_queue(queue: Queue, calls: int) -> tuple[Scenario, Site]:
    """A centre whose only number leads straight to a queue, without any delay of lines, phones or prompts, and a load of so many calls."""
    agents = _numbered(queue.servers)
    site = [
        '[centre]\nlanguages = ["en"]\ntimezone = "UTC"\n[lines.trunk]\nbackend = "simulated"\n[numbers]\n1 = { queue = "only" }',
        "[queues.only]\nmusic = false\n[recording]\ncalls = false",
        *_people(agents, ["only = 1"] * len(agents)),
    ]
    scenario = f"""
        scenario = "plain queue"
        site = "none"
        hours = "{_hours(0, calls / queue.rate)}"
        [arrivals]
        1 = {{ calls = {calls} }}
        [callers]
        patience = {{ exponential = {{ mean_s = {queue.patience_s} }} }}
        talk = {{ exponential = {{ mean_s = {queue.talk_s} }} }}
        [agents]
        roster = [{{ who = "{agents[0]}-{agents[-1]}" }}]
        answers_after = "0 s"
        [delays]
        set_up = "0 s"
        answer = "0 s"
        prompt_start = "0 s"
        stored = "0 s"
        spoken = false
    """
    return _made(scenario, site)


_FULL_SITE = """
[centre]
languages = ["en"]
timezone = "UTC"
[lines.trunk]
backend = "simulated"
channels = {channels}
[numbers]
1 = {{ flow = "hotline" }}
[hours.day]
mon-sun = ["08:00-20:00"]
[recording]
calls = true

[flows.hotline]
hours = "day"
welcome = {{ en = "Welcome to the hotline." }}
otherwise = "queue:consult"
[flows.hotline.menu]
say = {{ en = "For questions, press one. For orders and bills, press two. To leave a message, press nine." }}
1 = "queue:consult"
2 = "flow:orders"
9 = "voicemail"
[flows.orders]
otherwise = "queue:orders"
[flows.orders.menu]
say = {{ en = "For orders, press one. For bills, press two." }}
1 = "queue:orders"
2 = "queue:bills"

[queues.consult]
announce = true
agent_number = true
whisper = {{ en = "A question." }}
wrap_up_s = 10
overflow = [{{ when = "nobody logged in", to = "voicemail" }}, {{ when = "wait > 5 min", to = "voicemail" }}]
[queues.orders]
announce = true
agent_number = true
whisper = {{ en = "An order." }}
needs = "orders >= 30"
relax = [{{ after_s = 60, needs = "orders >= 10" }}]
wrap_up_s = 20
overflow = [{{ when = "nobody logged in", to = "voicemail" }}, {{ when = "wait > 5 min", to = "voicemail" }}]
[queues.bills]
announce = true
agent_number = true
whisper = {{ en = "A bill." }}
strategy = "{strategy}"
wrap_up_s = 20
overflow = [{{ when = "nobody logged in", to = "voicemail" }}, {{ when = "wait > 90", to = "queue:consult" }}]
"""
_FULL_LOAD = """
scenario = "full centre"
site = "none"
hours = "{hours}"
[arrivals]
1 = {{ calls = {calls} }}
[callers]
patience = {{ weibull = {{ mean_s = 150, shape = 1.4 }} }}
presses = {{ "1" = 0.4, "2 1" = 0.3, "2 2" = 0.25, "9" = 0.05 }}
presses_after = {{ uniform = {{ min_s = 2, max_s = 5 }} }}
talk = {{ lognormal = {{ mean_s = 150, sigma = 0.8 }} }}
hangs_up = 0.7
message = {{ uniform = {{ min_s = 8, max_s = 40 }} }}
redial = {{ chance = 0.4, after = {{ exponential = {{ mean_s = 180 }} }} }}
[agents]
answers_after = {{ uniform = {{ min_s = 2, max_s = 6 }} }}
roster = [
    {{ who = "{0}-{1}", from = "07:45", breaks = ["10:00-10:15", "12:00-12:45", "15:00-15:15"] }},
    {{ who = "{2}-{3}", from = "07:50", breaks = ["10:15-10:30", "12:45-13:30", "15:15-15:30"] }},
    {{ who = "{4}-{5}", from = "07:50", breaks = ["11:00-11:15", "13:30-14:15", "16:15-16:30"] }},
    {{ who = "{6}-{7}", from = "07:55", breaks = ["11:15-11:30", "14:15-15:00", "17:15-17:30"] }},
]
"""


def full_centre(calls: int, agents: int = DAY_AGENTS, strategy: str = "fewest-calls") -> tuple[Scenario, Site]:
    """The first `calls` calls of a day: two menus, three queues, skills, announcements, recordings, wrap-up, breaks, messages and redials.

    With other numbers of agents the load is in proportion: four in five of them are busy.
    """
    ids = _numbered(agents)
    groups = ["consult = 1, orders = 2", "orders = 1, bills = 1", "bills = 1, consult = 2"]
    site = [
        _FULL_SITE.format(channels=2 * agents, strategy=strategy),
        *_people(ids, [groups[n % 3] for n in range(agents)], [20 + n % 80 for n in range(agents)]),
    ]
    quarters = [place * agents // 4 for place in range(5)]
    shifts = [ids[at] for begin, end in pairwise(quarters) for at in (begin, end - 1)]
    length_s = calls / (DAY_CALLS * agents / DAY_AGENTS) * _DAY_HOURS * 3600
    return _made(_FULL_LOAD.format(*shifts, hours=_hours(8, length_s), calls=calls), site)


def _numbered(agents: int) -> list[str]:
    width = len(str(agents))
    return [f"1{n:0{width}d}" for n in range(1, agents + 1)]


def _people(agents: Sequence[str], groups: Sequence[str], orders: Sequence[int] = ()) -> Iterable[str]:
    yield "[stations]"
    yield from (f"8{agent} = {{}}" for agent in agents)
    yield "[agents]"
    for n, agent in enumerate(agents):
        skills = f", skills = {{ orders = {orders[n]} }}" if orders else ""
        yield f'{agent} = {{ name = "agent {agent}", station = "8{agent}", groups = {{ {groups[n]} }}{skills} }}'


def _hours(begin: int, length_s: float) -> str:
    minutes = -(-length_s // 60)
    return f"{begin:02d}:00-{begin + minutes // 60:02.0f}:{minutes % 60:02.0f}"


def _made(scenario: str, site: Sequence[str]) -> tuple[Scenario, Site]:
    made = site_of(Document.parse("\n".join(site), "bench site"), Path())
    return Document.parse(scenario, "bench").structure(Scenario), made
