"""What a scenario says of callers: how patient they are, what they press and answer, how long they talk, whether they call again."""

import re
from collections.abc import Iterator, Mapping

from appliance.config import Wrong, setting, table
from sim.answering import ANSWER, QUESTION
from sim.distributions import Distribution, Exponential, Uniform

__all__ = ["Callers", "Redial"]


@table
class Redial:
    """Calling again after giving up or being refused."""

    chance: float = setting(ge=0, le=1, doc="How likely it is, each time.")
    after: Distribution = setting(doc="How much later.")


@table
class Callers:
    """How callers behave."""

    patience: Distribution | None = setting(default=None, doc="How long they wait for an agent before they hang up; without it: for ever.")
    presses: Mapping[str, float] = setting(
        factory=dict, gt=0, le=1, keys=r"[0-9*#]( [0-9*#])*", expects="keys with spaces between them, one for each menu, such as '2 4'",
        doc='The keys they press, and which share of them does: { "1" = 0.7, "2 4" = 0.3 }. Without it they press nothing.',
    )  # fmt: skip
    answers: Mapping[str, Mapping[str, float]] = setting(
        factory=dict, keys=QUESTION, expects="a question of a call flow, FLOW.NODE or FLOW.NODE.confirm", gt=0, le=1,
        doc="What they do where a call flow asks, and which share of them: keys, with `{caller}` for their own number, `silence` or "
        '`hang up`: { "hotline.menu" = { "1" = 0.8, "0" = 0.2 } }. Only in virtual time.',
    )  # fmt: skip
    presses_after: Distribution = setting(factory=lambda: Uniform(min_s=1.0, max_s=3.0), doc="How far into a menu they press.")
    talk: Distribution = setting(factory=lambda: Exponential(mean_s=180.0), doc="How long they talk with an agent.")
    hangs_up: float = setting(default=0.7, ge=0, le=1, doc="Share of talks that the caller ends; the agent ends the others.")
    message: Distribution = setting(factory=lambda: Uniform(min_s=8.0, max_s=40.0), doc="How long a message they leave after the tone.")
    redial: Redial | None = setting(default=None, doc="Whether they call again after giving up or being refused.")

    def problems(self) -> Iterator[Wrong]:
        """What does not fit together."""
        if self.presses and abs(sum(self.presses.values()) - 1) > 1e-6:
            yield Wrong(f"the shares add up to {sum(self.presses.values()):g}, not to 1", "", ("presses",))
        if self.presses and self.answers:
            yield Wrong("'presses' and 'answers' exclude each other", "leave out one of them", ("presses",))
        for question, answers in self.answers.items():
            if abs(sum(answers.values()) - 1) > 1e-6:
                yield Wrong(f"the shares add up to {sum(answers.values()):g}, not to 1", "", ("answers", question))
            for answer in answers:
                if not re.fullmatch(ANSWER, answer):
                    yield Wrong(f"'{answer}' is no answer", "it is keys, 'silence' or 'hang up'", ("answers", question, answer))
