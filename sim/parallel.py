"""Many runs on all cores, each in a process of its own; their results come in the order in which they were asked for.

What comes back does not depend on how many cores there are, nor on which run is done first. Who asks for one round of runs after the other
keeps the processes between them (`Workers`).
"""

import os
import signal
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from ctypes import Array, c_double
from multiprocessing import get_context
from multiprocessing.sharedctypes import RawArray
from time import perf_counter  # noqa: TID251 - decides whether other processes are worth their start; no result depends on it
from typing import Any, Protocol, Self, TypeVar

from hal.api import HalError

__all__ = ["Job", "Progress", "Runner", "Workers", "run_all"]

T = TypeVar("T")

Progress = Callable[[float], None]
"""Told from time to time which share is done."""
Job = Callable[[Progress], T]
"""Something to do that says how far it is: a function of a module with its arguments (`functools.partial`), to be sent to a process."""


class Runner(Protocol):
    """Where runs are made: on all cores (`run_all`), by processes kept between rounds (`Workers`), on other machines (`sim.cluster`)."""

    def __call__(self, jobs: Sequence[Job[T]], progress: Progress = ..., enough: Callable[[Sequence[T]], bool] = ..., /) -> list[T]:
        """See `run_all`."""
        ...


_WORTH_IT_S = 3.0
"""What takes less than this is not worth the start of other processes."""
_LOOKS_EVERY_S = 0.2


class _Shares:
    """In a process that works: which share of each job that is being done is done, shared with the one that waits."""

    done: "Array[c_double]"


def run_all(
    jobs: Sequence[Job[T]], progress: Progress = lambda _done: None, enough: Callable[[Sequence[T]], bool] = lambda _results: False
) -> list[T]:
    """The results of the jobs, in their order; no more of them than it takes for the first ones to be `enough`.

    Raises:
        HalError: a process has died of something that is no exception.

    """
    with Workers() as workers:
        return workers(jobs, progress, enough)


class Workers:
    """A runner with a process for each core: begun when the work is worth it, and kept from round to round until `with` is left."""

    def __init__(self) -> None:
        """Begin no process yet."""
        self._count = os.cpu_count() or 1
        self._shares = RawArray(c_double, self._count)
        self._pool: ProcessPoolExecutor | None = None
        self._going: dict[int, Future[Any]] = {}
        """By its place in the shares, what was given to a process last."""
        self._alone, self._alone_s = 0, 0.0
        """How many jobs this process has done by itself, and how long they took."""

    def __enter__(self) -> Self:
        """Be ready for work."""
        return self

    def __exit__(self, *_: object) -> None:
        """End the processes, when they have done what they do."""
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def __call__(
        self,
        jobs: Sequence[Job[T]],
        progress: Progress = lambda _done: None,
        enough: Callable[[Sequence[T]], bool] = lambda _results: False,
    ) -> list[T]:
        """See the function `run_all`."""
        results: list[T] = []
        for number, job in enumerate(jobs):
            if self._worth_it(number, len(jobs)):
                self._run_beside(jobs, results, progress, enough)
                break
            results.append(self._run_here(job, number, len(jobs), progress))
            if enough(results):
                break
        progress(1.0)
        return results

    def _worth_it(self, done: int, count: int) -> bool:
        """Whether other processes are there, or what was and will be done without them is worth their start."""
        if self._count < 2 or count < done + 2:
            return False
        return self._pool is not None or (self._alone > 0 and self._alone_s * (1 + (count - done) / self._alone) > _WORTH_IT_S)

    def _run_here(self, job: Job[T], number: int, count: int, progress: Progress) -> T:
        began = perf_counter()
        result = job(lambda done: progress((number + done) / count))
        self._alone_s += perf_counter() - began
        self._alone += 1
        return result

    def _run_beside(self, jobs: Sequence[Job[T]], results: list[T], progress: Progress, enough: Callable[[Sequence[T]], bool]) -> None:
        """Go on in other processes with the jobs that have no result yet."""
        count, following = len(jobs), len(results)
        asked: dict[int, Future[T]] = {}
        try:
            while len(results) < count:
                for place in range(self._count):
                    if following < count and self._is_free(place):
                        asked[following] = self._going[place] = self._begun().submit(_work, place, jobs[following])
                        following += 1
                wait([future for future in self._going.values() if not future.done()], _LOOKS_EVERY_S, FIRST_COMPLETED)
                while (future := asked.get(len(results))) is not None and future.done():
                    results.append(asked.pop(len(results)).result())
                    if enough(results):
                        return
                done = sum(self._shares[place] for place, future in self._going.items() if future in asked.values() and not future.done())
                progress(min((len(results) + sum(each.done() for each in asked.values()) + done) / count, 0.999))
        except BrokenProcessPool as error:
            raise HalError("the process of a run has died; it may have run out of memory") from error

    def _is_free(self, place: int) -> bool:
        return place not in self._going or self._going[place].done()

    def _begun(self) -> ProcessPoolExecutor:
        if self._pool is None:
            context = get_context("spawn")  # nothing of this process is taken along: no thread, no lock, no open file
            self._pool = ProcessPoolExecutor(self._count, context, _begin, (self._shares,))
        return self._pool


def _begin(shares: "Array[c_double]") -> None:
    """Prepare a process; an interrupt at the terminal ends it without a word, the one that waits says what is to be said."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    _Shares.done = shares


def _work(place: int, job: Job[T]) -> T:
    def progress(done: float) -> None:
        _Shares.done[place] = done

    progress(0.0)
    return job(progress)
