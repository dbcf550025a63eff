"""What goes wrong between a switch and a computer, as data: each thing at its time, or by chance from a seed.

A rule for messages names them by `kinds`: `Delivered` or another event, `AnswerCallResponse` or another answer, `RouteRequest` or another
request of the switch; `events`, `answers`, `requests` or `all`. Rules apply in their order, each to what the ones before have left.
"""

import heapq
import random
from itertools import count
from math import inf

from attrs import evolve, frozen

from sim.switch.frames import HEADER_BYTES, LONGEST

__all__ = [
    "CloseSession", "Decorate", "Forget", "HalfOpen", "Late", "Letter", "Lose", "LoseMessages", "Mischief", "Pad", "Restart",
    "SameInvokeID", "Swap", "Tampering", "Twice", "Unplug",
]  # fmt: skip


@frozen(kw_only=True)
class _Messages:
    """A rule for messages on their way out."""

    kinds: tuple[str, ...] = ("events",)
    from_s: float = 0.0
    until_s: float = inf
    chance: float = 1.0

    def names(self, letter: "Letter") -> bool:
        """Whether the message is of one of these kinds."""
        return "all" in self.kinds or letter.kind in self.kinds or letter.sort in self.kinds


@frozen(kw_only=True)
class Late(_Messages):
    """They come late; what was sent after them can overtake them."""

    by_s: float = 1.0


@frozen(kw_only=True)
class Lose(_Messages):
    """They never come."""


@frozen(kw_only=True)
class Twice(_Messages):
    """They come twice, with the same invoke ID."""


@frozen(kw_only=True)
class Swap(_Messages):
    """The first of `kinds` comes after the second one of the same call, or after `within_s` without it."""

    kinds: tuple[str, ...] = ("Delivered", "Established")
    within_s: float = 2.0


@frozen(kw_only=True)
class SameInvokeID(_Messages):
    """Requests of the switch bear the invoke ID of its request before."""

    kinds: tuple[str, ...] = ("requests",)


@frozen(kw_only=True)
class Decorate(_Messages):
    """They bear private data with this text, of whatever characters."""

    text: str = "Grüße, 你好, Ωμέγα, \U0001f4de"


@frozen(kw_only=True)
class Pad(_Messages):
    """They are filled up to so many bytes."""

    to_bytes: int = LONGEST


@frozen(kw_only=True)
class _Moment:
    """Something that happens once; `listener` empty: on all of them."""

    at_s: float
    listener: str = ""


@frozen(kw_only=True)
class Restart(_Moment):
    """All links are cut, monitors and registrations forgotten; nobody gets in for a while. Calls are lost, or live on."""

    down_s: float = 5.0
    keeps_calls: bool = False


@frozen(kw_only=True)
class Forget(_Moment):
    """Links live on, but monitors and registrations are forgotten."""


@frozen(kw_only=True)
class HalfOpen(_Moment):
    """The links stay open and are dead: nothing is read, nothing is sent."""

    for_s: float = inf


@frozen(kw_only=True)
class CloseSession(_Moment):
    """Sessions are terminated, and their links closed."""


@frozen(kw_only=True)
class LoseMessages(_Moment):
    """Events are lost for a while; afterwards SystemStatus says so."""

    for_s: float = 1.0


@frozen(kw_only=True)
class Unplug(_Moment):
    """A phone or port is out of service for a while, and its calls are lost."""

    device: str
    for_s: float = inf


Mischief = Late | Lose | Twice | Swap | SameInvokeID | Decorate | Pad | Restart | Forget | HalfOpen | CloseSession | LoseMessages | Unplug


@frozen
class Letter:
    """A message on its way out."""

    kind: str
    """`Delivered`, `MakeCallResponse`, `RouteRequest`."""
    sort: str
    """`events`, `answers` or `requests`."""
    invoke: int
    xml: bytes
    call: str = ""


@frozen
class _Kept:
    due: float
    order: int
    letter: Letter

    def __lt__(self, other: "_Kept") -> bool:
        return self.due < other.due or (self.due == other.due and self.order < other.order)


class Tampering:
    """Lets messages of one link through, or does to them what the rules say."""

    def __init__(self, rules: tuple[Mischief, ...], chance: random.Random) -> None:
        """`chance` decides where a rule applies only sometimes."""
        self.follow(rules)
        self._lost = [(rule.at_s, rule.at_s + rule.for_s) for rule in rules if isinstance(rule, LoseMessages)]
        self._chance = chance
        self._order = count()
        self._waiting: list[_Kept] = []
        self._swapped: dict[tuple[str, str], _Kept] = {}
        self._last_invoke = 0

    def follow(self, rules: tuple[Mischief, ...]) -> None:
        """From now on these rules for messages hold."""
        self._rules = [rule for rule in rules if isinstance(rule, _Messages)]

    def take_in(self, now: float, letter: Letter) -> None:
        """A message is to be sent now."""
        if letter.sort == "events" and any(begin <= now < end for begin, end in self._lost):
            return
        letters, due = [letter], now
        swap: Swap | None = None
        for rule in self._rules:
            if not (rule.from_s <= now < rule.until_s and rule.names(letter)) or self._chance.random() >= rule.chance:
                continue
            match rule:
                case Late():
                    due += rule.by_s
                case Lose():
                    letters = []
                case Twice():
                    letters = letters * 2
                case Swap():
                    swap = rule
                case SameInvokeID():
                    letters = [evolve(one, invoke=self._last_invoke or one.invoke) for one in letters]
                case Decorate():
                    letters = [evolve(one, xml=_with_private(one.xml, rule.text)) for one in letters]
                case Pad():
                    letters = [evolve(one, xml=_padded(one.xml, rule.to_bytes)) for one in letters]
        if letter.sort == "requests" and letters:
            self._last_invoke = letters[-1].invoke
        for one in letters:
            self._put(due, one, swap)

    def _put(self, due: float, letter: Letter, swap: Swap | None) -> None:
        kept = _Kept(due, next(self._order), letter)
        if swap is not None and letter.kind == swap.kinds[0]:
            kept = evolve(kept, due=due + swap.within_s)
            self._swapped[letter.call, swap.kinds[1]] = kept
        heapq.heappush(self._waiting, kept)
        held = self._swapped.pop((letter.call, letter.kind), None) if letter.call else None
        if held is not None and held in self._waiting:
            self._waiting.remove(held)
            self._waiting.append(evolve(held, due=due, order=next(self._order)))
            heapq.heapify(self._waiting)

    def next_due(self) -> float:
        """When the next message leaves."""
        return self._waiting[0].due if self._waiting else inf

    def take_out(self, now: float) -> list[Letter]:
        """The messages that leave now."""
        leaving = []
        while self._waiting and self._waiting[0].due <= now:
            leaving.append(heapq.heappop(self._waiting).letter)
        return leaving


def _with_private(xml: bytes, text: str) -> bytes:
    note = f"<note>{text}</note>".encode()
    head, end, tail = xml.rpartition(b"</private>")
    if end:
        return head + note + end + tail
    head, end, tail = xml.rpartition(b"</")
    return head + b"<extensions><privateData><private>" + note + b"</private></privateData></extensions>" + end + tail


def _padded(xml: bytes, to_bytes: int) -> bytes:
    missing = to_bytes - HEADER_BYTES - len(_with_private(xml, ""))
    return _with_private(xml, "x" * missing) if missing > 0 else xml
