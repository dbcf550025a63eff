"""Chance, one stream for each purpose, so that a change of one thing changes the draws of no other (common random numbers).

A draw is a number from 0 to below 1, and what is made of it is a quantile: whoever is impatient in one distribution is as impatient among
the people of another. `Stream` gives the draws of a purpose one after the other, a block at a time; `draw_of` gives the one of an occasion
that nobody can foresee - the third agent a call is offered to, the second time a caller calls again - whenever it is asked for, in whatever
order.

All arithmetic is that of Python's own `random` (Mersenne Twister), BLAKE2 and the C library's logarithm. The vector units that numpy uses
for logarithms and powers differ from processor to processor in the last bit, and a run is to come out the same on every machine; it would
save a tenth of a second for a hundred thousand calls.
"""

from hashlib import blake2b
from random import Random

__all__ = ["Stream", "draw_of", "generator"]

_ONE = 2.0**-53


class Stream:
    """The draws of one purpose, in their order."""

    def __init__(self, seed: int, *purpose: object) -> None:
        """Begin at the first draw."""
        self._random = generator(seed, *purpose).random

    def block(self, count: int) -> list[float]:
        """The next draws."""
        random = self._random
        return [random() for _ in range(count)]


def generator(seed: int, *purpose: object) -> Random:
    """A generator of its own for what takes an unknown number of draws."""
    return Random("/".join(map(str, (seed, *purpose))))


def draw_of(seed: int, *occasion: object) -> float:
    """The draw of one occasion, named by its purpose and by whatever tells it from others of the purpose."""
    named = "/".join(map(str, (seed, *occasion)))
    return (int.from_bytes(blake2b(named.encode(), digest_size=8).digest(), "big") >> 11) * _ONE
