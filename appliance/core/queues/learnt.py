"""What a queue has learnt of its waits goes on after a restart: one row for each queue and medium, written again now and then.

a wait has ended ─ keep ─▶ Expectation, at most every 30 s; as the appliance ends, each time
Restored ─ give_back ─▶ the estimator that the queue had
"""

from math import inf
from typing import TYPE_CHECKING

from appliance.core.queues.expected_wait import WaitEstimator
from appliance.core.queues.waiting import VOICE, Queue
from appliance.core.records import Expectation, as_json, from_json

if TYPE_CHECKING:
    from appliance.core.state import State

__all__ = ["give_back", "keep", "keep_all"]

_EVERY_S = 30.0
"""What is learnt in so short a time may be lost with a crash: a few waits of the hundreds that an estimator rests on."""


def keep(state: "State", queue: Queue, medium: str) -> None:
    """A wait has ended here: write what is known now, if that was not done lately. An agent's own queue has nothing to learn."""
    if queue.name in state.plan.queues and (state.draining or state.now >= queue.kept_at.get(medium, -inf) + _EVERY_S):
        _write(state, queue, medium)


def keep_all(state: "State") -> None:
    """The appliance is about to end: write what every queue has learnt since it was last written."""
    for queue in state.queues.values():
        for medium in queue.kept_at:
            _write(state, queue, medium)


def _write(state: "State", queue: Queue, medium: str) -> None:
    queue.kept_at[medium] = state.now
    estimator = queue.estimator_of(medium)
    held, told = estimator.coverage
    state.out.append(Expectation(queue.name, medium, state.wall(), told, held, as_json(estimator.state())))


def give_back(state: "State", row: Expectation) -> None:
    """Let the queue go on with what it knew; a queue that the plan does not have any more is forgotten.

    What an estimator of another make has learnt is of no use to this one: it begins anew.
    """
    queue = state.queues.get(row.queue)
    if queue is None:
        return
    try:
        estimator = WaitEstimator.restored(tuple(from_json(row.learnt, ())))
    except ValueError:
        state.audit("restart", "expected wait begins anew", f"{row.queue} {row.medium}")
        return
    if row.medium == VOICE:
        queue.estimator = estimator
    else:
        queue.written[row.medium] = estimator
