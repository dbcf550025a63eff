"""Business gateways, accounts and speech of a simulated centre: canned answers, after a while that chance decides, sometimes none.

What is asked as the n-th question of a query has a generator of its own, so a run comes out the same from the same seed. Not modelled: the
arguments (whoever asks gets one of the answers), caches, limits of requests at once, and the breaker of a gateway that is down.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from random import Random
from typing import TYPE_CHECKING, Any

import simpy

from appliance.config import Duration, Wrong, nearest, setting, table
from appliance.core.actions import AskGateway, CheckAccount, Render
from appliance.core.inputs import AccountChecked, GatewayAnswered, Input, Rendered
from appliance.core.program.expressions import read_only
from appliance.shell import nothing_outside
from appliance.site import Site
from appliance.site.gateways import arguments_of
from sim.clock import call_after
from sim.distributions import Distribution, draw
from sim.speech import Speech

if TYPE_CHECKING:
    from sim.scenario import Scenario

__all__ = ["CannedAccounts", "CannedOutside", "CannedQuery", "Trouble", "misfits"]

_REFUSED_S = 0.001
_RENDERED_S = 0.3
"""Speech of a sentence that was not known before is there after this."""


@table
class CannedQuery:
    """What a gateway answers to one query."""

    answers: tuple[Any, ...] = setting(default=(), doc="Answers, one of which comes each time; without them there is nothing.")
    delay: Distribution = setting(default=Duration(0.05), doc="How long an answer takes; longer than the site's time-out is none.")
    fails: float = setting(default=0.0, ge=0, le=1, doc="Share of questions without an answer.")


@table
class CannedAccounts:
    """What comes of checks of accounts; the rest of the shares are wrong PINs."""

    right: float = setting(default=1.0, ge=0, le=1, doc="Share of right PINs.")
    locked: float = setting(default=0.0, ge=0, le=1, doc="Share of locked accounts.")
    trouble: float = setting(default=0.0, ge=0, le=1, doc="Share of checks that cannot be made.")
    delay: Distribution = setting(default=Duration(0.1), doc="How long a check takes.")

    def problems(self) -> Iterator[Wrong]:
        """What does not fit together."""
        if self.right + self.locked + self.trouble > 1 + 1e-9:
            yield Wrong(f"the shares add up to {self.right + self.locked + self.trouble:g}", "together they are at most 1", ("right",))


def misfits(gateways: Mapping[str, Mapping[str, CannedQuery]], accounts: Mapping[str, CannedAccounts], site: Site) -> Iterator[Wrong]:
    """What is answered in a scenario and never asked at the site."""
    known = arguments_of(site)
    for name, queries in gateways.items():
        if name not in known:
            yield Wrong(f"the site has no gateway '{name}'", nearest(name, known), ("gateways", name))
            continue
        for query in queries:
            if query not in known[name]:
                yield Wrong(f"the gateway has no query '{query}'", nearest(query, known[name]), ("gateways", name, query))
    for name in accounts:
        if name not in site.accounts:
            yield Wrong(f"the site has no accounts '{name}'", nearest(name, site.accounts), ("accounts", name))


class Trouble:
    """What is wrong with gateways just now."""

    def __init__(self) -> None:
        """Nothing is."""
        self.slow_s: dict[str, float] = {}
        """How much longer each answer of a gateway takes."""
        self.dead: set[str] = set()
        """Gateways that refuse every connection."""


class CannedOutside:
    """See `appliance.shell.Outside`."""

    def __init__(
        self, env: simpy.Environment, scenario: "Scenario", site: Site, seed: int, speech: Speech, trouble: Trouble | None = None
    ) -> None:
        """Answer in the scenario's words, in the environment's time."""
        self._trouble = trouble or Trouble()
        self._env, self._scenario, self._site, self._seed, self._speech = env, scenario, site, seed, speech
        self._asked: Counter[str] = Counter()

    def __call__(self, asked: AskGateway | CheckAccount | Render, answer: Callable[[Input], None]) -> None:
        """Answer later."""
        match asked:
            case AskGateway() if (query := self._scenario.gateways.get(asked.gateway, {}).get(asked.query)) is not None:
                delay_s, answered = self._looked_up(asked, query)
            case CheckAccount() if (accounts := self._scenario.accounts.get(asked.accounts)) is not None:
                delay_s, answered = self._checked(asked, accounts)
            case Render():
                delay_s, answered = _RENDERED_S, Rendered(asked.token, self._speech.rendered(asked.text, asked.language))
            case _:
                nothing_outside(asked, answer)
                return
        call_after(self._env, delay_s, partial(answer, answered))

    def _random(self, what: str) -> Random:
        self._asked[what] += 1
        return Random(f"{self._seed}/{what}/{self._asked[what]}")

    def _looked_up(self, asked: AskGateway, query: CannedQuery) -> tuple[float, Input]:
        random = self._random(f"gateway/{asked.gateway}/{asked.query}")
        fails, delay_s = random.random() < query.fails, draw(query.delay, random)
        gateway = self._site.gateways.get(asked.gateway)
        timeout_s = gateway.settings.timeout_s if gateway is not None else float("inf")
        if asked.gateway in self._trouble.dead:
            return min(delay_s, _REFUSED_S), GatewayAnswered(asked.token, error="the connection was refused")
        delay_s += self._trouble.slow_s.get(asked.gateway, 0.0)
        if delay_s > timeout_s:
            return timeout_s, GatewayAnswered(asked.token, error=f"it did not answer within {timeout_s:g} s")
        if fails:
            return delay_s, GatewayAnswered(asked.token, error="the connection failed")
        return delay_s, GatewayAnswered(asked.token, read_only(random.choice(query.answers) if query.answers else None))

    def _checked(self, asked: CheckAccount, accounts: CannedAccounts) -> tuple[float, Input]:
        random = self._random(f"accounts/{asked.accounts}")
        share, delay_s = random.random(), draw(accounts.delay, random)
        for outcome, of in (("right", accounts.right), ("locked", accounts.locked), ("trouble", accounts.trouble)):
            if share < of:
                return delay_s, AccountChecked(asked.token, outcome)
            share -= of
        return delay_s, AccountChecked(asked.token, "wrong")
