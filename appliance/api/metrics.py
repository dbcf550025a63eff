"""Figures for Prometheus, in its text format (version 0.0.4): what the centre does now, and what it has done since the start."""

from collections import Counter, OrderedDict, defaultdict
from collections.abc import Iterable, Iterator

from appliance.core.agents.agent import AgentState
from appliance.core.contact import ContactState
from appliance.core.engine import Engine
from appliance.core.records import Contact, Record

__all__ = ["Counted", "metrics"]

_REMEMBERED = 10_000
"""Contacts whose row may be written again after their end."""
_ESCAPES = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n"})


class Counted:
    """What is counted as rows pass by."""

    def __init__(self) -> None:
        self.contacts: Counter[tuple[str, str]] = Counter()
        """(queue, outcome) -> contacts that have ended."""
        self.waited_s: defaultdict[str, float] = defaultdict(float)
        """Queue -> seconds that those have waited."""
        self._ended: OrderedDict[str, None] = OrderedDict()

    def row(self, row: Record) -> None:
        """The core has asked for a row to be kept."""
        if not isinstance(row, Contact) or row.ended_at is None or row.id in self._ended:
            return
        self._ended[row.id] = None
        if len(self._ended) > _REMEMBERED:
            self._ended.popitem(last=False)
        self.contacts[row.queue, row.outcome] += 1
        self.waited_s[row.queue] += row.wait_s or 0.0


def metrics(engine: Engine, counted: Counted, streams: int) -> str:
    """All figures as text."""
    return "".join(f"{line}\n" for line in _lines(engine, counted, streams))


def _lines(engine: Engine, counted: Counted, streams: int) -> Iterator[str]:
    state = engine.state
    agents = Counter(agent.state for agent in state.agents.values())
    contacts = Counter(contact.state for contact in state.contacts.values() if not contact.internal)
    queues = [(name, state.queues[name]) for name in state.plan.queues if name in state.queues]
    now = state.now
    yield from _family("hotline_agents", "gauge", "Agents by state.", (((("state", s.value),), agents[s]) for s in AgentState))
    yield from _family("hotline_contacts", "gauge", "Contacts by state.", (((("state", s.value),), contacts[s]) for s in ContactState))
    yield from _family("hotline_legs", "gauge", "Legs.", [((), len(state.legs))])
    yield from _family("hotline_recordings", "gauge", "Recordings going on.", [((), len(state.recordings))])
    yield from _family("hotline_queue_waiting", "gauge", "Contacts that wait.", ((_of(name), queue.counted) for name, queue in queues))
    yield from _family(
        "hotline_queue_longest_wait_seconds", "gauge", "How long the one who has waited longest has waited.",
        ((_of(name), round(max((now - (state.contacts[c].queued_at or now) for c in queue.in_order()), default=0.0), 3))
         for name, queue in queues),
    )  # fmt: skip
    yield from _family("hotline_queue_agents", "gauge", "Agents logged in.", ((_of(name), queue.logged_in) for name, queue in queues))
    yield from _family("hotline_queue_free", "gauge", "Agents free.", ((_of(name), len(queue.idle)) for name, queue in queues))
    alarms = Counter(alarm.severity for alarm in state.alarms.values())
    yield from _family("hotline_alarms", "gauge", "Alarms raised.", ((_severity(s), alarms[s]) for s in ("blue", "yellow", "red")))
    yield from _family("hotline_line_open", "gauge", "Whether a line is open.",
                       (((("line", name),), int(bool(line.capabilities))) for name, line in state.lines.items()))  # fmt: skip
    yield from _family("hotline_streams", "gauge", "Open event streams.", [((), streams)])
    yield from _family(
        "hotline_contacts_ended_total", "counter", "Contacts that have ended, by the queue they asked for last.",
        (((("queue", queue), ("outcome", outcome)), n) for (queue, outcome), n in sorted(counted.contacts.items())),
    )  # fmt: skip
    yield from _family(
        "hotline_waited_seconds_total", "counter", "Seconds that contacts which have ended had waited.",
        ((_of(queue), round(seconds, 3)) for queue, seconds in sorted(counted.waited_s.items())),
    )  # fmt: skip


Labels = tuple[tuple[str, str], ...]


def _family(name: str, kind: str, about: str, samples: Iterable[tuple[Labels, float]]) -> Iterator[str]:
    yield f"# HELP {name} {about}"
    yield f"# TYPE {name} {kind}"
    for labels, value in samples:
        inside = ",".join(f'{key}="{text.translate(_ESCAPES)}"' for key, text in labels)
        yield f"{name}{{{inside}}} {value}" if inside else f"{name} {value}"


def _of(queue: str) -> Labels:
    return (("queue", queue),)


def _severity(severity: str) -> Labels:
    return (("severity", severity),)
