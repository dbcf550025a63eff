"""What a scenario says of callers: how patient they are, what they press and answer, how long they talk, whether they call again.

`[callers]` are all of them; `[callers.kinds.NAME]` are some who do otherwise: who speak another language, are VIPs, or call for a bill.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from appliance.config import Wrong, replaced, setting, table
from sim.answering import ANSWER, QUESTION
from sim.distributions import Distribution, Exponential, Uniform

__all__ = ["CallBack", "Callers", "Kind", "Redial", "Slips"]


def _presses(doc: str, **words: Any) -> Any:
    expects = "keys with spaces between them, one for each menu, such as '2 4'"
    return setting(doc=doc, gt=0, le=1, keys=r"[0-9*#]( [0-9*#])*", expects=expects, **words)


def _answers(doc: str) -> Any:
    expects = "a question of a call flow, FLOW.NODE or FLOW.NODE.confirm"
    return setting(factory=dict, doc=doc, gt=0, le=1, keys=QUESTION, expects=expects)


@table
class Redial:
    """Calling again after giving up or being refused."""

    chance: float = setting(ge=0, le=1, doc="How likely it is, the first time.")
    after: Distribution = setting(doc="How much later.")
    most: int = setting(default=100, ge=1, le=100, doc="How often at most.")
    decay: float = setting(default=1.0, ge=0, le=1, doc="Each further time it is so many times as likely; 1: as likely as before.")

    def chance_of(self, attempt: int) -> float:
        """How likely it is after attempt number `attempt` (from 0)."""
        return self.chance * self.decay**attempt if attempt < self.most else 0.0


@table
class CallBack:
    """Waiting callers who ask to be called back, where the queue has a key for it (`keys = { 1 = "callback" }`)."""

    share: float = setting(ge=0, le=1, doc="Share of those who wait so long.")
    after: Distribution = setting(factory=lambda: Uniform(min_s=20.0, max_s=60.0), doc="How long they wait before they do.")
    key: str = setting(default="1", pattern=r"[0-9*#]", expects="a key", doc="The key they press.")
    answers: float = setting(default=0.9, ge=0, le=1, doc="Share of calls to them that they answer.")
    rings: Distribution = setting(factory=lambda: Uniform(min_s=3.0, max_s=12.0), doc="How long it rings before they do.")


@table
class Slips:
    """Mistakes at the keys."""

    wrong_key: float = setting(default=0.0, ge=0, le=1, doc="Share of single keys where another one is pressed.")
    mistyped: float = setting(default=0.0, ge=0, le=1, doc="Share of digits mistaken in an entry of several.")
    notices: float = setting(
        default=1.0, ge=0, le=1, doc="Where an entry is read back to be confirmed: share of mistaken ones that are denied, and keyed again."
    )


@table
class Kind:
    """Some of the callers, who do otherwise; what is not said here is as for all."""

    share: float = setting(gt=0, le=1, doc="Share of all callers.")
    numbers: tuple[str, ...] = setting(
        default=(), pattern=r"\d{3,20}", expects="a number of 3 to 20 digits", doc="Their numbers; without it each has one of his own."
    )
    vips: bool = setting(default=False, doc="Their numbers are those of the site's VIPs: its `[callers]` with `vip = true`.")
    patience: Distribution | None = setting(default=None, doc="How long they wait for an agent.")
    presses: Mapping[str, float] | None = _presses("The keys they press, and which share of them does.", default=None)
    answers: Mapping[str, Mapping[str, float]] = _answers("What they answer, question by question.")
    talk: Distribution | None = setting(default=None, doc="How long they talk with an agent.")
    hangs_up: float | None = setting(default=None, ge=0, le=1, doc="Share of talks that they end.")
    redial: Redial | None = setting(default=None, doc="Whether they call again.")
    slips: Slips | None = setting(default=None, doc="Mistakes they make at the keys.")

    def problems(self) -> Iterator[Wrong]:
        """What does not fit together."""
        if self.numbers and self.vips:
            yield Wrong("their numbers are either these or the site's VIPs", "leave out numbers or vips", ("numbers",))
        if self.presses is not None:
            yield from _wrong_shares(self.presses, ("presses",))
        yield from _wrong_answers(self.answers)


@table
class Callers:
    """How callers behave."""

    patience: Distribution | None = setting(default=None, doc="How long they wait for an agent before they hang up; without it: for ever.")
    presses: Mapping[str, float] = _presses(
        'The keys they press, and which share of them does: { "1" = 0.7, "2 4" = 0.3 }. Without it they press nothing.', factory=dict
    )
    answers: Mapping[str, Mapping[str, float]] = _answers(
        "What they do where a call flow asks, and which share of them: keys, with `{caller}` for their own number, `silence` or "
        '`hang up`: { "hotline.menu" = { "1" = 0.8, "0" = 0.2 } }. Only in virtual time.'
    )
    presses_after: Distribution = setting(factory=lambda: Uniform(min_s=1.0, max_s=3.0), doc="How far into a menu they press.")
    talk: Distribution = setting(factory=lambda: Exponential(mean_s=180.0), doc="How long they talk with an agent.")
    hangs_up: float = setting(default=0.7, ge=0, le=1, doc="Share of talks that the caller ends; the agent ends the others.")
    message: Distribution = setting(factory=lambda: Uniform(min_s=8.0, max_s=40.0), doc="How long a message they leave after the tone.")
    redial: Redial | None = setting(default=None, doc="Whether they call again after giving up or being refused.")
    redial_blocked: Redial | None = setting(default=None, doc="The same after being refused, or cut off by a fault, where it is otherwise.")
    call_back: CallBack | None = setting(default=None, doc="Who asks to be called back while he waits. Only in virtual time.")
    slips: Slips = setting(factory=Slips, doc="Mistakes at the keys.")
    kinds: Mapping[str, Kind] = setting(factory=dict, doc="Some of them, who do otherwise: speakers of a language, VIPs.")

    def problems(self) -> Iterator[Wrong]:
        """What does not fit together."""
        yield from _wrong_shares(self.presses, ("presses",))
        yield from _wrong_answers(self.answers)
        for path, some in (((), self), *((("kinds", name), self.of(name)) for name in self.kinds)):
            if some.presses and some.answers:
                yield Wrong("'presses' and 'answers' exclude each other", "leave out one of them", (*path, "presses"))
                break
        if sum(kind.share for kind in self.kinds.values()) > 1 + 1e-6:
            yield Wrong(
                f"the shares add up to {sum(kind.share for kind in self.kinds.values()):g}", "together they are at most 1", ("kinds",)
            )

    def of(self, kind: str) -> "Callers":
        """Those of a kind; empty: all the others."""
        if not kind:
            return self
        some = self.kinds[kind]
        said = {name: getattr(some, name) for name in ("patience", "presses", "talk", "hangs_up", "redial", "slips")}
        said = {name: word for name, word in said.items() if word is not None}
        return replaced(self, **said, answers={**self.answers, **some.answers})

    def again(self, outcome: str) -> Redial | None:
        """How they call again after an attempt that came to nothing."""
        return self.redial_blocked if self.redial_blocked is not None and outcome != "abandoned" else self.redial


def _wrong_shares(shares: Mapping[str, float], path: tuple[str, ...]) -> Iterator[Wrong]:
    if shares and abs(sum(shares.values()) - 1) > 1e-6:
        yield Wrong(f"the shares add up to {sum(shares.values()):g}, not to 1", "", path)


def _wrong_answers(answers: Mapping[str, Mapping[str, float]]) -> Iterator[Wrong]:
    for question, shares in answers.items():
        yield from _wrong_shares(shares, ("answers", question))
        for answer in shares:
            if not re.fullmatch(ANSWER, answer):
                yield Wrong(f"'{answer}' is no answer", "it is keys, 'silence' or 'hang up'", ("answers", question, answer))
