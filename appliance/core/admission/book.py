"""The book of listed callers: those of the site file and those that operators have listed while running, found by a caller's number.

Whole numbers count before beginnings of numbers, longer beginnings before shorter ones, and the operators' word before the site file's
about the same. A look-up costs one step for each length of beginnings there is, however many entries there are. An entry whose time is over
is as if it were not there.
"""

from bisect import bisect_left, bisect_right, insort
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Generic, TypeVar

from attrs import evolve

from appliance.core.admission.numbers import CallerNumber, read_number
from appliance.core.plan import CallerPlan, NumberingPlan
from appliance.core.records import ListedCaller
from hal.api import value

__all__ = ["ALLOW", "BLOCK", "KINDS", "REMOVED", "VIP", "CallerBook", "Found"]

ALLOW, BLOCK, VIP, REMOVED = "allow", "block", "vip", "removed"
KINDS = (BLOCK, ALLOW, VIP)

_LAST = "\U0010ffff"
"""After every text."""
E = TypeVar("E")


@value
class Found:
    """What the book says about a caller."""

    caller: CallerPlan
    entry: str
    """As it is written in the list: the number, or the beginning with its star."""
    listed: ListedCaller | None = None
    """The operators' entry; None: it is the site file's."""

    def __str__(self) -> str:
        """Where it comes from, for people."""
        if self.listed is None:
            return f"{self.entry} in the site file"
        why = f": {self.listed.why}" if self.listed.why else ""
        return f"{self.entry} by {self.listed.who or 'the operator'}{why}"


class _List(Generic[E]):
    """Entries by number, and by beginning."""

    def __init__(self, numbering: NumberingPlan) -> None:
        self._numbering = numbering
        self._entries: dict[str, tuple[str, E]] = {}
        """What all ways to write it have in common -> as it is written, and what is said of it."""
        self._order: list[tuple[str, str]] = []
        """The same, as it is written and what all ways have in common, in the order of the digits."""
        self._lengths: Counter[int] = Counter()
        self.longest_first: tuple[int, ...] = ()

    def __len__(self) -> int:
        return len(self._entries)

    def key(self, written: str) -> str:
        return written if written.endswith("*") else read_number(written, self._numbering).same

    def fill(self, entries: Iterable[tuple[str, E]]) -> None:
        """Take many at once."""
        for written, entry in entries:
            self._entries[self.key(written)] = (written, entry)
        self._order = sorted((written, key) for key, (written, _) in self._entries.items())
        self._lengths = Counter(len(key) - 1 for key in self._entries if key.endswith("*"))
        self.longest_first = tuple(sorted(self._lengths, reverse=True))

    def put(self, written: str, entry: E) -> None:
        key = self.key(written)
        if key not in self._entries:
            insort(self._order, (written, key))
            self._count(key, 1)
        self._entries[key] = (written, entry)

    def remove(self, written: str) -> None:
        key = self.key(written)
        written, _ = self._entries.pop(key)
        del self._order[bisect_left(self._order, (written, key))]
        self._count(key, -1)

    def _count(self, key: str, more: int) -> None:
        if key.endswith("*"):
            self._lengths[len(key) - 1] += more
            self.longest_first = tuple(sorted((length for length, count in self._lengths.items() if count), reverse=True))

    def get(self, key: str) -> tuple[str, E] | None:
        return self._entries.get(key)

    def beginning(self, number: CallerNumber) -> Iterator[tuple[int, str, E]]:
        """The beginnings that the number has, each with how much of the number it leaves open; the longest of each form first."""
        for form in number.forms:
            for length in self.longest_first:
                if length <= len(form) and (found := self._entries.get(f"{form[:length]}*")) is not None:
                    yield (len(form) - length, *found)

    def after(self, written: str, begins: str) -> Iterator[tuple[str, E]]:
        """All that begin so and come after this one, in the order of their digits."""
        place = max(bisect_right(self._order, (written, _LAST)) if written else 0, bisect_left(self._order, (begins, "")))
        for at in range(place, len(self._order)):
            written, key = self._order[at]
            if not written.startswith(begins):
                return
            yield self._entries[key]


class CallerBook:
    """All that is known of callers' numbers."""

    def __init__(self) -> None:
        self.numbering = NumberingPlan()
        self._site: _List[CallerPlan] = _List(self.numbering)
        self._listed: _List[ListedCaller] = _List(self.numbering)
        self.refused: Counter[str] = Counter()
        """Calls turned away since the start, by the entry that did it."""
        self._read: tuple[str, CallerNumber] | None = None
        self._ours: tuple[Iterable[str], frozenset[str]] = ((), frozenset())

    def __len__(self) -> int:
        return len(self._listed)

    def load(self, callers: Mapping[str, CallerPlan], numbering: NumberingPlan) -> None:
        """Take what a site file says; what operators have listed stays."""
        self._read, self._ours = None, ((), frozenset())
        self._site = _List(numbering)
        self._site.fill(callers.items())
        if numbering != self.numbering:
            listed: _List[ListedCaller] = _List(numbering)
            listed.fill(self._listed.after("", ""))
            self.numbering, self._listed = numbering, listed

    def restore(self, entries: Iterable[ListedCaller]) -> None:
        """Take what operators had listed before the start."""
        self._listed.fill((entry.number, entry) for entry in entries)

    def listed(self, number: str) -> ListedCaller | None:
        """The operators' entry for a number, or a beginning, however it is written; also one whose time is over."""
        found = self._listed.get(self._listed.key(number))
        return None if found is None else found[1]

    def of_site(self, number: str) -> CallerPlan | None:
        """The site file's entry for a number, or a beginning."""
        found = self._site.get(self._site.key(number))
        return None if found is None else found[1]

    def put(self, entry: ListedCaller) -> ListedCaller:
        """List it, or take it from the list; the result is the entry as it is kept: with the number as it was written first."""
        before = self.listed(entry.number)
        entry = entry if before is None else evolve(entry, number=before.number)
        if entry.kind != REMOVED:
            self._listed.put(entry.number, entry)
        elif before is not None:
            self._listed.remove(entry.number)
        return entry

    def read(self, ani: str) -> CallerNumber:
        """Read a caller's number; the last one is remembered, for one call asks for it several times."""
        if self._read is None or self._read[0] != ani:
            self._read = (ani, read_number(ani, self.numbering))
        return self._read[1]

    def is_ours(self, number: CallerNumber, service_numbers: Iterable[str]) -> bool:
        """Whether it is one of the centre's own service numbers, however it is written; a plan's are read once."""
        if self._ours[0] is not service_numbers:
            self._ours = (service_numbers, frozenset(read_number(own, self.numbering).same for own in service_numbers))
        return number.same in self._ours[1]

    def caller(self, ani: str, wall_s: float) -> CallerPlan | None:
        """What is known of who calls; None: nothing."""
        found = self.find(ani, wall_s)
        return None if found is None else found.caller

    def find(self, ani: str, wall_s: float) -> Found | None:
        """The entry that counts for a caller at this time of day."""
        if not ani or not (len(self._site) or len(self._listed)):
            return None
        number = self.read(ani)
        of_site, listed = self._site.get(number.same), self._listed.get(number.same)
        if listed is not None and _lasts(listed[1], wall_s):
            return _found(*listed, of_site)
        if of_site is not None:
            return Found(of_site[1], of_site[0])
        by_site = min(self._site.beginning(number), default=None, key=_open)
        lasting = (found for found in self._listed.beginning(number) if _lasts(found[2], wall_s))
        by_operator = min(lasting, default=None, key=_open)
        if by_operator is not None and (by_site is None or by_operator[0] <= by_site[0]):
            return _found(*by_operator[1:], None if by_site is None else by_site[1:])
        return None if by_site is None else Found(by_site[2], by_site[1])

    def page(self, wall_s: float, *, after: str = "", begins: str = "", most: int = 200) -> list[Found]:
        """Entries in the order of their digits, from the one after `after` on; those whose time is over are left out."""
        found: list[Found] = []
        of_site, listed = self._site.after(after, begins), self._listed.after(after, begins)
        left, right = next(of_site, None), next(listed, None)
        while len(found) < most and (left is not None or right is not None):
            if right is None or (left is not None and left[0] < right[0]):
                assert left is not None
                found.append(Found(left[1], left[0]))
                left = next(of_site, None)
                continue
            if _lasts(right[1], wall_s):
                found.append(_found(*right, self._site.get(self._site.key(right[0]))))
                if left is not None and left[0] == right[0]:  # the operators' word counts
                    left = next(of_site, None)
            right = next(listed, None)
        return found


def _open(found: tuple[int, str, object]) -> int:
    return found[0]


def _lasts(entry: ListedCaller, wall_s: float) -> bool:
    return entry.until_at is None or wall_s < entry.until_at


def _found(written: str, entry: ListedCaller, site: tuple[str, CallerPlan] | None) -> Found:
    """An operator's word changes what the site file says of the same caller, and nothing else about him."""
    known = CallerPlan() if site is None else site[1]
    caller = evolve(known, blocked=entry.kind == BLOCK, name=entry.name or known.name)
    if entry.kind == VIP:
        caller = evolve(caller, vip=True, priority=entry.priority)
    return Found(caller, written, entry)
