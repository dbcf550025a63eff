"""Many runs on all cores, each in a process of its own; their results come in the order in which they were asked for.

What comes back does not depend on how many cores there are, nor on which run is done first.
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
from typing import Protocol, TypeVar

from hal.api import HalError

__all__ = ["Job", "Progress", "Runner", "run_all"]

T = TypeVar("T")

Progress = Callable[[float], None]
"""Told from time to time which share is done."""
Job = Callable[[Progress], T]
"""Something to do that says how far it is: a function of a module with its arguments (`functools.partial`), to be sent to a process."""


class Runner(Protocol):
    """Where runs are made: on the cores of this machine (`run_all`), or on those of others (`sim.cluster`)."""

    def __call__(self, jobs: Sequence[Job[T]], progress: Progress = ..., enough: Callable[[Sequence[T]], bool] = ..., /) -> list[T]:
        """See `run_all`."""
        ...


_WORTH_IT_S = 3.0
"""What takes less than this is not worth the start of other processes."""
_LOOKS_EVERY_S = 0.2


class _Shares:
    """In a process that works: which share of each job is done, shared with the one that waits."""

    done: "Array[c_double]"


def run_all(
    jobs: Sequence[Job[T]], progress: Progress = lambda _done: None, enough: Callable[[Sequence[T]], bool] = lambda _results: False
) -> list[T]:
    """The results of the jobs, in their order; no more of them than it takes for the first ones to be `enough`.

    Raises:
        HalError: a process has died of something that is no exception.

    """
    results: list[T] = []
    began = perf_counter()
    for number, job in enumerate(jobs):
        left_s = (perf_counter() - began) / max(number, 1) * (len(jobs) - number)
        if number and left_s > _WORTH_IT_S and len(jobs) > number + 1 and (os.cpu_count() or 1) > 1:
            _run_beside(jobs, results, progress, enough)
            break
        results.append(_run_here(job, number, len(jobs), progress))
        if enough(results):
            break
    progress(1.0)
    return results


def _run_here(job: Job[T], number: int, count: int, progress: Progress) -> T:
    return job(lambda done: progress((number + done) / count))


def _run_beside(jobs: Sequence[Job[T]], results: list[T], progress: Progress, enough: Callable[[Sequence[T]], bool]) -> None:
    """Go on in other processes with the jobs that have no result yet."""
    count, shares = len(jobs), RawArray(c_double, len(jobs))
    shares[: len(results)] = [1.0] * len(results)
    workers = min(os.cpu_count() or 1, count - len(results))
    context = get_context("spawn")  # nothing of this process is taken along: no thread, no lock, no open file
    pool = ProcessPoolExecutor(workers, context, _begin, (shares,))
    going: dict[int, Future[T]] = {}
    following = len(results)
    try:
        while len(results) < count:
            while following < count and sum(not future.done() for future in going.values()) < workers:
                going[following] = pool.submit(_work, following, jobs[following])
                following += 1
            wait(going.values(), _LOOKS_EVERY_S, FIRST_COMPLETED)
            progress(min(sum(shares) / count, 0.999))
            while (future := going.get(len(results))) is not None and future.done():
                del going[len(results)]
                results.append(future.result())
                if enough(results):
                    return
    except BrokenProcessPool as error:
        raise HalError("the process of a run has died; it may have run out of memory") from error
    finally:
        pool.shutdown(cancel_futures=True)


def _begin(shares: "Array[c_double]") -> None:
    """Prepare a process; an interrupt at the terminal ends it without a word, the one that waits says what is to be said."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    _Shares.done = shares


def _work(number: int, job: Job[T]) -> T:
    def progress(done: float) -> None:
        _Shares.done[number] = done

    found = job(progress)
    progress(1.0)
    return found
