"""The peers: the plain queue by Ciw, which notes of every customer what we note, and by SimPy alone, which notes his wait."""

from collections.abc import Generator
from importlib.metadata import version
from random import Random
from typing import Any

from sim.bench.centres import Queue

__all__ = ["CIW", "SIMPY", "by_ciw", "by_simpy"]

CIW, SIMPY = f"ciw {version('ciw')}", f"simpy {version('simpy')}"


def by_ciw(queue: Queue, calls: int, seed: int) -> int:
    """The queue until so many customers have come; the result is how many have left it."""
    import ciw

    network = ciw.create_network(
        arrival_distributions=[ciw.dists.Exponential(queue.rate)],
        service_distributions=[ciw.dists.Exponential(1 / queue.talk_s)],
        reneging_time_distributions=[ciw.dists.Exponential(1 / queue.patience_s)],
        number_of_servers=[queue.servers],
    )
    ciw.seed(seed)
    simulation = ciw.Simulation(network)
    simulation.simulate_until_max_customers(calls, method="Arrive")
    return len(simulation.get_all_records())


def by_simpy(queue: Queue, calls: int, seed: int) -> int:
    """The queue until all of so many customers have left it; the result is their number."""
    import simpy

    env = simpy.Environment()
    servers = simpy.Resource(env, queue.servers)
    arrivals, talks, patience = (Random(f"{seed}/{purpose}") for purpose in ("arrivals", "talks", "patience"))
    waits: list[tuple[float, bool]] = []

    def customer() -> Generator[simpy.Event, Any, None]:
        came = env.now
        with servers.request() as request:
            served = request in (yield request | env.timeout(patience.expovariate(1 / queue.patience_s)))
            waits.append((env.now - came, served))
            if served:
                yield env.timeout(talks.expovariate(1 / queue.talk_s))

    def source() -> Generator[simpy.Event, Any, None]:
        for _ in range(calls):
            yield env.timeout(arrivals.expovariate(queue.rate))
            env.process(customer())

    env.process(source())
    env.run()
    return len(waits)
