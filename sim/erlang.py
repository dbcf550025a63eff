"""Erlang B, C and A: exact results for the queues that have them, against which a simulation is validated.

All assume Poisson arrivals (`rate`, per second) and `servers` alike, each free again at once: no ring, no wrap-up. Loads are in Erlang:
rate times mean service time. Infinite sums are taken until nothing is added any more in double precision.

Sources: A. K. Erlang, "Solution of some problems in the theory of probabilities of significance in automatic telephone exchanges", 1917
(B, C); C. Palm, "Research on telephone traffic carried by full availability groups", 1946 (A, as a birth-death process: with n in the
system the death rate is n mu up to the number of servers c, and c mu + (n - c) theta beyond).
"""

from math import exp

from hal.api import value

__all__ = ["Waiting", "erlang_a", "erlang_b", "erlang_c", "erlang_c_within"]

_LARGE = 1e200


@value
class Waiting:
    """What a queue comes to in the long run."""

    p_wait: float
    """Share of callers who find all servers busy."""
    p_abandon: float
    mean_wait_s: float
    """Over all callers, zeros included."""
    asa_s: float
    """Average speed of answer: the mean wait of those who are answered."""


def erlang_b(servers: int, load: float) -> float:
    """Share of calls lost when nobody can wait.

    Raises:
        ValueError: a negative number of servers or load.
    """
    if servers < 0 or load < 0:
        raise ValueError(f"there cannot be {servers} servers with a load of {load:g} Erlang")
    lost = 1.0
    for n in range(1, servers + 1):
        lost = load * lost / (n + load * lost)
    return lost


def erlang_c(servers: int, rate: float, service_s: float) -> Waiting:
    """Everybody waits as long as it takes; a load of `servers` Erlang or more has no long run: everyone waits for ever."""
    load = rate * service_s
    if load >= servers:
        return Waiting(1.0, 0.0, float("inf"), float("inf"))
    lost = erlang_b(servers, load)
    p_wait = lost / (1 - load / servers * (1 - lost))
    mean = p_wait * service_s / (servers - load)
    return Waiting(p_wait, 0.0, mean, mean)


def erlang_c_within(servers: int, rate: float, service_s: float, within_s: float) -> float:
    """Share of callers answered within a time when everybody waits: the service level."""
    load = rate * service_s
    if load >= servers:
        return 0.0
    return 1 - erlang_c(servers, rate, service_s).p_wait * exp(-(servers - load) / service_s * within_s)


def erlang_a(servers: int, rate: float, service_s: float, patience_s: float) -> Waiting:
    """Callers hang up after an exponential patience; there is a long run at any load.

    Raises:
        ValueError: no servers or no time.
    """
    if servers < 1 or min(rate, service_s, patience_s) <= 0:
        raise ValueError("at least one server, and a rate, a service time and a patience above 0 are needed")
    served, leaving = 1 / service_s, 1 / patience_s
    # States with all servers busy and k waiting, relative to k = 0 until they grow too large. Who finds k waiting is answered if he stays
    # through k + 1 departures; `stays` is the chance of that, `until_s` his mean wait if so.
    busy, state, k = 1.0, 1.0, 0
    total = waiting = answered_wait = 0.0
    stays, until_s = 1.0, 0.0
    while True:
        speed = servers * served + (k + 1) * leaving
        stays *= (speed - leaving) / speed
        until_s += 1 / speed
        sums = total + state, waiting + k * state, answered_wait + state * stays * until_s
        if k and sums == (total, waiting, answered_wait):
            break
        total, waiting, answered_wait = sums
        if total > _LARGE:
            busy, state, total, waiting, answered_wait = (x / _LARGE for x in (busy, state, total, waiting, answered_wait))
        state *= rate / speed
        k += 1
    lost = erlang_b(servers, rate * service_s)
    scale = lost / (busy + lost * (total - busy))  # of the relative states; the states with a free server weigh busy / lost - busy
    p_abandon = leaving * scale * waiting / rate
    return Waiting(min(scale * total, 1.0), p_abandon, scale * waiting / rate, scale * answered_wait / (1 - p_abandon))
