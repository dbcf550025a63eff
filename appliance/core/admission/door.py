"""The decision at the door of a service number: who is let in, who is sent elsewhere, who is refused, and what is said of it.

It is looked at in this order; the first that neither accepts nor flags decides:

    blocked         the caller is on the list of blocked ones
    listed          he is on it and not blocked: nothing else is asked about him
    only_listed     he is not on it, and only listed callers are let in
    withheld, spoofed, malformed        the check of his number
    closed          an operator has closed the number
"""

from collections.abc import Iterator, Mapping

from appliance.core.admission.book import CallerBook, Found
from appliance.core.admission.numbers import is_withheld
from appliance.core.plan import Choice, Plan, ScreeningPlan, Treatment
from appliance.core.records import Closure
from hal.api import Cause, value

__all__ = ["EVERY_NUMBER", "FLAG", "TURNED_AWAY", "Door", "closed_by", "door", "wrong_with"]

TURNED_AWAY = "turned-away"
"""The stage of a call that is told something and released."""
FLAG = "caller-number"
"""The data of a contact that say what is odd about the caller's number."""
EVERY_NUMBER = "all"
"""The number of a closure of the whole centre."""
_EVERYBODY = ScreeningPlan()


@value
class Door:
    """What a call meets."""

    cause: Cause | None = None
    """It is refused with this."""
    to: Choice | None = None
    """It is sent there; None: to where its number leads."""
    closure: Closure | None = None
    """Its number is closed."""
    flag: str = ""
    """What is odd about the caller's number: for the agent."""
    steps: tuple[tuple[str, str], ...] = ()
    """What the contact's story says of it."""
    entry: str = ""
    """The entry of the list that turned it away."""

    @property
    def turns_away(self) -> bool:
        """Whether the caller reaches nobody: refused, or told something and released."""
        return self.cause is not None or (self.to is not None and self.to.verb in ("announcement", "release"))


def door(ani: str, dnis: str, plan: Plan, book: CallerBook, closures: Mapping[str, Closure], wall_s: float) -> Door:
    """What a call from outside meets at a service number at this time of day."""
    screening = plan.screening.get(dnis, _EVERYBODY)
    found = book.find(ani, wall_s)
    steps: list[tuple[str, str]] = []
    flags: list[str] = []
    for treatment, what, about, flag in _checks(screening, found, ani, plan, book):
        if treatment.what == "accept":
            continue
        entry = "" if found is None else found.entry
        if treatment.what == "flag":
            steps.append((what, f"{about}: flagged"))
            flags.append(flag)
        elif treatment.what == "send":
            steps.append((what, f"{about}: sent to {treatment.to}"))
            return Door(to=treatment.to, flag=", ".join([*flags, flag]), steps=tuple(steps), entry=entry)
        else:
            steps.append((what, f"{about}: refused, {treatment.cause.name.lower().replace('_', ' ')}"))
            return Door(cause=treatment.cause, flag=", ".join([*flags, flag]), steps=tuple(steps), entry=entry)
    return Door(closure=closed_by(dnis, closures, wall_s), flag=", ".join(flags), steps=tuple(steps))


def _checks(
    screening: ScreeningPlan, found: Found | None, ani: str, plan: Plan, book: CallerBook
) -> Iterator[tuple[Treatment, str, str, str]]:
    """What is odd about a caller: what is done with him, and the words for the story and for the agent."""
    if found is not None:
        if found.caller.blocked:
            yield screening.blocked, "blocked caller", f"{ani}, listed as {found}", "blocked"
        return
    if screening.only_listed:
        yield screening.unlisted, "not listed", f"{ani or 'no number'}; only listed callers are let in", "not listed"
    wrong, why = wrong_with(ani, plan, book)
    if wrong:
        yield getattr(screening, wrong), "caller number", f"{wrong}{why}", wrong


def wrong_with(ani: str, plan: Plan, book: CallerBook) -> tuple[str, str]:
    """What is wrong with the number of a caller from outside - `withheld`, `spoofed`, `malformed` - and why; empty: nothing."""
    if is_withheld(ani):
        return "withheld", ""
    number = book.read(ani)
    for kind, numbers in (("a station", plan.stations), ("an agent", plan.agents)):
        if ani in numbers:
            return "spoofed", f", {ani} is {kind} of ours"
    if book.is_ours(number, plan.numbers):
        return "spoofed", f", {ani} is a service number of ours"
    return ("", "") if number.right else ("malformed", f", {ani}")


def closed_by(dnis: str, closures: Mapping[str, Closure], wall_s: float) -> Closure | None:
    """The closure of a service number that is in force at this time of day."""
    for number in (dnis, EVERY_NUMBER):
        closure = closures.get(number)
        if closure is not None and not closure.open and (closure.until_at is None or wall_s < closure.until_at):
            return closure
    return None
