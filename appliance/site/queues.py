"""The table of a queue, `[queues.NAME]`, and the tables in it."""

from collections.abc import Iterator, Mapping
from itertools import pairwise

from appliance.config import Wrong, setting, table
from appliance.core.plan import Choice
from appliance.core.queues.skills import Needs
from appliance.core.queues.strategies import STRATEGIES
from appliance.site.tables import Say, say_setting
from appliance.site.values import AGENT, Key, When

__all__ = ["Announce", "CallBack", "NumberRule", "OverflowRule", "Queue", "RelaxStage", "Target"]

_WAV = r".+\.wav"


@table
class OverflowRule:
    """One way out of a queue for a contact that is not served."""

    when: When = setting(doc="What has to happen.")
    to: Choice = setting(doc="Where the contact goes then.")


@table
class Target:
    """The service level that is aimed at."""

    within_s: float = setting(default=20.0, gt=0, le=3600, doc="Seconds within which a call shall be answered.")
    target: float = setting(default=0.8, gt=0, le=1, doc="The share of calls for which that shall be so.")


@table
class RelaxStage:
    """From so much waiting on, less is asked of an agent."""

    after_s: float = setting(ge=1, le=86400, doc="Seconds of waiting.")
    needs: Needs = setting(default=Needs.parse(""), doc="What is asked of an agent then; without it nothing.")


@table
class Announce:
    """What is said to who waits, between the music; `announce = true` takes it as it is here."""

    first_s: float = setting(default=15.0, ge=0, le=3600, doc="Seconds of waiting until it is said first.")
    every_s: float = setting(default=45.0, ge=10, le=3600, doc="Seconds until it is said again.")
    position: bool = setting(default=True, doc="Whether the place in the queue is said.")
    wait: bool = setting(default=True, doc="Whether the expected wait is said.")


@table
class CallBack:
    """How a caller is called back who chose it and kept the place."""

    attempts: int = setting(default=3, ge=1, le=20, doc="How often it is tried.")
    retry_s: float = setting(default=600.0, ge=10, le=86400, doc="Seconds from a call that was not answered until the next.")
    ring_s: float = setting(default=30.0, ge=5, le=120, doc="Seconds the caller's phone rings.")


@table
class NumberRule:
    """Callers whose number begins so are rung at these agents first."""

    prefix: str = setting(pattern=r"\+?[0-9]{1,20}", expects="the first digits of a number", doc="How the caller's number begins.")
    agents: tuple[str, ...] = setting(pattern=AGENT, expects="an agent's number", doc="The agents, best first.")

    def problems(self) -> Iterator[Wrong]:
        """What does not fit together."""
        if not self.agents:
            yield Wrong("there is no agent in it", 'write for example agents = ["1001", "1002"]', ("agents",))


@table
class Queue:
    """A queue: whom it is served by, how an agent is rung, what the caller hears meanwhile."""

    label: str = setting(default="", doc="Shown on the agent's phone when it rings; without it the queue's name.")
    strategy: str = setting(
        default="longest-idle",
        doc=f"Which of the free agents is rung: {', '.join(STRATEGIES)}, or the name of an installed one.",
    )
    needs: Needs = setting(default=Needs.parse(""), doc="The skills that an agent must have, such as 'zh >= 50 and not trainee'.")
    relax: tuple[RelaxStage, ...] = setting(default=(), doc="What is asked instead as the wait grows, in the order of `after_s`.")
    ring_s: float = setting(default=15.0, ge=3, le=120, doc="Seconds an agent's phone rings before the next agent's does.")
    pause_after: int = setting(
        default=1,
        ge=0,
        le=100,
        doc="An agent who lets so many calls in a row go by is made not ready; 0: never, he is left in peace a while.",
    )
    wrap_up_s: float = setting(default=0.0, ge=0, le=3600, doc="Seconds an agent has for the paperwork after a call.")
    wrap_up_max_s: float = setting(default=0.0, ge=0, le=3600, doc="The most that he can extend it to; 0: it cannot be extended.")
    service_level: Target = setting(factory=Target, doc="The service level that is aimed at.")
    ageing_s: float = setting(default=60.0, ge=0, le=3600, doc="Seconds of waiting that one step of priority is worth.")
    vip_credit_s: float = setting(default=90.0, ge=0, le=3600, doc="Seconds that a VIP counts as having waited already.")
    sticky_s: float = setting(
        default=0.0, ge=0, le=600, doc="Seconds a caller waits for the agent who served him last before others are rung; 0: not at all."
    )
    recall_s: float = setting(
        default=30.0,
        ge=0,
        le=600,
        doc="Seconds a caller whom an agent gave away, and nobody took, waits for that agent before others are rung; 0: not at all.",
    )
    number_rules: tuple[NumberRule, ...] = setting(default=(), doc="For the strategy caller-number: whom callers from where are rung at.")
    overflow: tuple[OverflowRule, ...] = setting(
        default=(), doc="When a contact leaves unserved, and where to; the first that holds counts."
    )
    music: bool | str = setting(
        default=True, pattern=_WAV, expects="true, false or a WAV file", doc="Wait music: true, false, or a WAV file beside the site file."
    )
    announce: bool | Announce = setting(default=False, doc="Whether who waits is told the place and the expected wait, and when.")
    keys: Mapping[Key, Choice] = setting(factory=dict, doc='What a key does for who waits: `{ 1 = "callback", 2 = "voicemail" }`.')
    call_back: CallBack = setting(factory=CallBack, doc="How callers are called back who chose it.")
    agent_number: bool = setting(default=False, doc="Whether the caller hears the agent's number on the answer.")
    whisper: Say | None = say_setting("Said to the agent alone on the answer", default=None)

    def problems(self) -> Iterator[Wrong]:
        """What does not fit together."""
        yield from self._idle_rules()
        for number, (before, after) in enumerate(pairwise(self.relax)):
            if after.after_s <= before.after_s:
                text = f"{after.after_s:g} s comes after {before.after_s:g} s"
                yield Wrong(text, "put the stages in the order of after_s", ("relax", number + 1, "after_s"))
        if 0 < self.wrap_up_max_s < self.wrap_up_s:
            text = f"{self.wrap_up_max_s:g} s is less than wrap_up_s, {self.wrap_up_s:g} s"
            yield Wrong(text, "it is the whole of wrap-up with its extensions", ("wrap_up_max_s",))
        if isinstance(self.announce, Announce) and not (self.announce.position or self.announce.wait or self.keys):
            yield Wrong("nothing would be said", "let it say position or wait, or write announce = false", ("announce",))

    def _idle_rules(self) -> Iterator[Wrong]:
        """Rules that never have anything to do, and a pair that leaves nobody waiting."""
        for number, rule in enumerate(self.overflow):
            for before in self.overflow[:number]:
                if before.when.spares(rule.when):
                    text = f"'{rule.when}' comes after '{before.when}', and a contact leaves only once"
                    larger_first = rule.when.what in ("expected wait", "length") and rule.when != before.when
                    yield Wrong(text, "put the larger one first" if larger_first else "keep one of them", ("overflow", number, "when"))
                    break
                if {before.when.what, rule.when.what} == {"inside", "outside"} and before.when.hours == rule.when.hours:
                    text = f"'{rule.when}' and '{before.when}' together leave nobody waiting"
                    yield Wrong(text, "keep one of them", ("overflow", number, "when"))
                    break
