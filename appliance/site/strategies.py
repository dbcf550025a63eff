"""Strategies of third parties: found by their entry point in the group `hotline.strategies`, loaded when a queue names them.

[project.entry-points."hotline.strategies"]
nearest-desk = "acme_strategies:NearestDesk"      # a class derived from appliance.core.strategies.Strategy, whose `name` this is
"""

import logging
from collections.abc import Iterable, Mapping
from importlib.metadata import EntryPoint, entry_points

from appliance.core.queues.strategies import STRATEGIES, Strategy, with_extras

__all__ = ["StrategyError", "installed", "load_strategies"]

log = logging.getLogger("hotline.site")

_GROUP = "hotline.strategies"


class StrategyError(Exception):
    """An installed strategy cannot be used; the message names it, who brought it, and why."""

    def __init__(self, name: str, why: str) -> None:
        """Say which one and why."""
        super().__init__(f"the strategy '{name}' {why}")
        self.name, self.why = name, why


def installed() -> list[str]:
    """Names of all strategies a queue can have: the appliance's own, then those of third parties, which are not loaded for that."""
    return [*STRATEGIES, *sorted({point.name for point in entry_points(group=_GROUP)} - set(STRATEGIES))]


def load_strategies(names: Iterable[str] | None = None) -> Mapping[str, Strategy]:
    """The appliance's own strategies and, of the installed ones, those with these names; None: all that can be used, the others are logged.

    A name that nothing is installed for is left out: whoever names it says so in his own words.

    Raises:
        StrategyError: one of those named does not load, is no strategy, or has the name of another.

    """
    wanted = None if names is None else set(names) - set(STRATEGIES)
    if wanted is not None and not wanted:
        return STRATEGIES
    made: dict[str, Strategy] = {}
    for point in sorted(entry_points(group=_GROUP), key=lambda point: (point.name, point.value)):
        if wanted is not None and point.name not in wanted:
            continue
        try:
            if point.name in made or point.name in STRATEGIES:
                raise StrategyError(point.name, f"of {_of(point)} has the name of another; one of them has to go")
            made[point.name] = _made(point)
        except StrategyError as error:
            if wanted is not None:
                raise
            log.error("%s", error)
    return with_extras(made.values())


def _of(point: EntryPoint) -> str:
    return f"{point.dist.name} {point.dist.version}" if point.dist is not None else point.value


def _made(point: EntryPoint) -> Strategy:
    try:
        strategy = point.load()()
    except Exception as error:  # whatever goes wrong in somebody else's code is the same to us
        raise StrategyError(point.name, f"of {_of(point)} does not load: {type(error).__name__}: {error}") from error
    if not isinstance(strategy, Strategy):
        raise StrategyError(point.name, f"of {_of(point)} is no appliance.core.strategies.Strategy, but {type(strategy).__name__}")
    if getattr(strategy, "name", "") != point.name:
        raise StrategyError(point.name, f"of {_of(point)} calls itself '{getattr(strategy, 'name', '')}'; both names must be the same")
    return strategy
