"""What a scenario says of contacts of other media than voice: mails, messages, chats (`sim.desks` brings them about)."""

from appliance.config import setting, table
from sim.arrivals import Arrivals
from sim.distributions import Distribution, Lognormal, Uniform

__all__ = ["Written"]


@table
class Written:
    """Contacts of another medium than voice."""

    medium: str = setting(
        default="mail",
        pattern=r"(?!voice$)[a-z][a-z0-9-]{0,19}",
        expects="a medium such as mail, chat or message",
        doc="The medium, as `capacity` of agents names it.",
    )
    queue: str = setting(doc="The queue they wait in.")
    arrivals: Arrivals = setting(doc="When they come: as calls do.")
    accepts_after: Distribution = setting(factory=lambda: Uniform(min_s=2.0, max_s=8.0), doc="How long an agent takes to accept one.")
    declines: float = setting(default=0.0, ge=0, le=1, doc="Share of offers that are declined.")
    handling: Distribution = setting(factory=lambda: Lognormal(mean_s=300.0, sigma=0.7), doc="How long it is in hand.")
    patience: Distribution | None = setting(default=None, doc="How long the customer waits, as in a chat; without it: for ever.")
