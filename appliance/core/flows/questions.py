"""Asks callers: for digits, yes or no, a key of a menu. Silence and wrong answers are counted; who keys nothing any more is led away."""

import datetime as dt
from functools import partial

from appliance.core.contact import Contact
from appliance.core.flows.listening import YES_NO, Said, answered, asked, confirmed
from appliance.core.flows.walker import Left, Walker
from appliance.core.hearing import Words
from appliance.core.plan import Choice
from appliance.core.program import nodes
from appliance.core.program.expressions import Value
from appliance.core.program.kinds import understood
from appliance.core.program.nodes import Keys, Target
from appliance.core.program.texts import Speech
from appliance.core.scripts import HABIT_S

__all__ = ["ask", "choice", "key_from_everywhere", "silence", "yes_no"]

_END = Choice("release")


async def ask(walker: Walker, step: nodes.Ask) -> Left | None:
    """Ask for digits until they are what is wanted, or have been asked for often enough.

    What is keyed too much for a secret is heard by nothing but another question for one.
    """
    left = await _ask(walker, step)
    if step.secret and (left is None or left[0] == "otherwise"):
        _drop_surplus(walker.contact)
    return left


async def _ask(walker: Walker, step: nodes.Ask) -> Left | None:
    for attempt in range(step.retries + 1):
        if attempt and walker.contact.typed:
            walker.contact.typed.clear()  # what was keyed for an answer that was refused answers nothing else
        if step.secret:
            walker.contact.surplus_until = 0.0
        first = await asked(walker.call, step, partial(walker.say, step.prompt))
        keyed = first.meant if isinstance(first, Said) else await _digits(walker, step, first)
        if isinstance(keyed, tuple):
            return keyed
        if not keyed and not isinstance(first, Said):
            if first is None and (idle := silence(walker)) is not None:
                return idle
            continue
        of = _meant(walker, step, keyed)
        if of is None:
            walker.errors += 1
            await walker.say(step.wrong)
            continue
        walker.keep(step.into, of, secret=step.secret)
        say_back = partial(walker.say, step.confirm)
        if step.confirm is not None:
            walker.contact.surplus_until = 0.0
        if step.confirm is not None and not await confirmed(walker.call, say_back, step.first_s, secret=step.secret):
            continue
        walker.keep(step.into, of, secret=step.secret, shown=True)
        walker.call.tell("keyed", f"{step.into}: {walker.contact.data[step.into]}")
        return None
    return "otherwise", step.otherwise


async def _digits(walker: Walker, ask: nodes.Ask, digit: str | None) -> str | Left:
    """What is keyed for it, from this digit on; a tuple: a key that leads away from everywhere."""
    wanted, keyed = f"0123456789{'*' if ask.kind == 'money' else ''}", ""
    while digit is not None and digit not in ask.end:
        if digit not in wanted and digit in walker.program.everywhere:
            return digit, walker.program.everywhere[digit]
        keyed += digit
        digit = await walker.call.key(ask.next_s, secret=ask.secret) if len(keyed) < ask.most else None
    walker.call.expect_end(ask.end if len(keyed) == ask.most else "")
    if ask.secret and len(keyed) == ask.most:
        walker.contact.surplus_until = walker.call.moment() + HABIT_S
    walker.errors += digit is not None and not keyed
    return keyed


def _drop_surplus(contact: Contact) -> None:
    """Forget what was keyed ahead in one go with a secret that is complete, up to its end key."""
    while contact.surplus_until and contact.typed:
        if not contact.typed[0].isdecimal():
            contact.surplus_until = 0.0
            if contact.typed[0] not in contact.end_expected[0]:
                return
        contact.typed.pop(0)


def _meant(walker: Walker, ask: nodes.Ask, keyed: str) -> Value:
    """The value of what was keyed; None: it is none, or not one that is wanted."""
    if len(keyed) < ask.least:
        return None
    try:
        of = understood(ask.kind, keyed, dt.date.fromisoformat(str(walker.call.known("today"))))
    except ValueError:
        return None

    def names(name: str) -> Value:
        return of if name == ask.into else walker.value_of(name)

    return of if ask.valid is None or ask.valid.holds(names) else None


async def yes_no(walker: Walker, step: nodes.YesNo) -> Left | None:
    """Ask for yes or no."""
    key = await choice(walker, step.prompt, {"1": Target(), "2": Target()}, step.wait_s, step.retries, step.wrong, YES_NO)
    if isinstance(key, tuple):
        return key
    if key is None:
        return "otherwise", step.otherwise
    if key not in "12":
        return key, walker.program.everywhere[key]
    walker.keep(step.into, key == "1", shown=True)
    return None


async def choice(
    walker: Walker, prompt: Speech, keys: Keys, wait_s: float, retries: int, wrong: Speech | None, words: Words
) -> str | Left | None:
    """The key of a menu, one of the flow's own included; None when none came; a tuple: the caller has been silent for too long."""
    for _ in range(retries + 1):
        got = await answered(walker.call, partial(walker.say, prompt), wait_s, words)
        key = got.meant if isinstance(got, Said) else got
        if key is None:
            if (idle := silence(walker)) is not None:
                return idle
        elif key in keys or key in walker.program.everywhere:
            return key
        else:
            walker.errors += 1
            await walker.say(wrong)
    return None


def silence(walker: Walker) -> Left | None:
    """Nothing came: counted, and the end of the call when it is so for too long."""
    walker.timeouts += 1
    contact = walker.contact
    if walker.call.moment() - contact.key_at < walker.program.idle_s:
        return None
    contact.idle, before = True, contact.idle
    contact.key_at = walker.call.moment()
    return "idle", Target(out=_END) if before else walker.program.idle  # where it leads nobody keyed anything either


def key_from_everywhere(walker: Walker) -> Left | None:
    """A key that was pressed into speech and leads away from wherever one is."""
    typed = walker.contact.typed
    if typed and typed[0] in walker.program.everywhere and typed[0] not in "0123456789":
        return typed[0], walker.program.everywhere[walker.call.took(typed.pop(0))]
    return None
