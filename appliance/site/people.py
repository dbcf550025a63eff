"""The tables of phones, of the people at them, and of callers who are known."""

from collections.abc import Iterator, Mapping

from appliance.config import Wrong, setting, table
from appliance.core.plan import LEVELS
from appliance.core.queues.skills import Needs

__all__ = ["Agent", "Caller", "Group", "Station"]


@table
class Station:
    """An agent's phone."""

    line: str = setting(default="", doc="The line it is reached on; without it the site's only line.")
    auto_answer: bool = setting(default=False, doc="Whether the phone is asked to answer calls from the queues by itself.")


@table
class Group:
    """An agent's place in a queue in full; `consult = 2` is short for `consult = { rank = 2 }`."""

    rank: int = setting(default=1, ge=1, le=99, doc="Rank 1 is rung, and served, before rank 2.")
    hours: str = setting(default="", doc="Name of the hours in which the agent serves the queue; without it always.")
    weight: int = setting(default=1, ge=1, le=1000, doc="For the strategy weighted-random: the agent's share of the calls.")


@table
class Agent:
    """A person who serves contacts."""

    name: str = setting(pattern=r".*\S.*", expects="a name", doc="The person's name.")
    station: str = setting(doc="The phone this agent has unless another is given at log-in.")
    groups: Mapping[str, int | Group] = setting(
        factory=dict, ge=1, le=99, doc="Queues the agent serves, each with a rank: rank 1 is rung, and served, before rank 2."
    )
    skills: Mapping[str, int] = setting(factory=dict, ge=1, le=100, doc="Skills, each with a level from 1 to 100: `{ zh = 90, en = 40 }`.")
    level: str = setting(default="agent", one_of=LEVELS, doc="Each level may listen to, help and command those below its own.")
    wrap_up_s: float | None = setting(default=None, ge=0, le=3600, doc="Seconds for the paperwork, instead of the queue's.")
    dials: bool = setting(default=True, doc="Whether he may call any number outside; otherwise those of the directory.")

    def problems(self) -> Iterator[Wrong]:
        """What does not fit together."""
        for skill in self.skills:
            try:
                names = Needs.parse(skill).names
            except ValueError:
                names = ()
            if names != (skill,):
                remedy = "it is written with letters, digits, '-' and '_' inside, and is not 'and', 'or' or 'not'"
                yield Wrong(f"'{skill}' cannot be the name of a skill", remedy, ("skills", skill))


@table
class Caller:
    """A caller whose number is known."""

    name: str = setting(default="", doc="Shown to the agent.")
    vip: bool = setting(default=False, doc="A VIP has a head start in every queue, its `vip_credit_s`.")
    priority: int = setting(default=0, ge=0, le=99, doc="Priority of the caller's calls; each step is worth the `ageing_s` of a queue.")
    manager: str = setting(default="", doc="The account manager: number of an agent, who is rung first.")
    blocked: bool = setting(default=False, doc="Calls from this number are refused.")
