"""What a SIP line has: what each of its workers has, put together when the last of them has said it."""

from collections.abc import Iterable

from hal.api import LegsListed, ListedLeg, ListLegs
from hal.sip.supervisor import MediaWorker

__all__ = ["Listings"]


class Listings:
    """The listing that is being made; there is one at a time, and a newer one takes its place."""

    def __init__(self) -> None:
        self._number = 0
        self._waits: set[int] = set()
        """Workers that have not answered yet."""
        self._legs: list[ListedLeg] = []
        self._recordings: list[str] = []

    def begin(self, command: ListLegs, workers: Iterable[MediaWorker], holders: Iterable[MediaWorker]) -> None:
        """Ask all workers that are up; while one is away of those that hold legs, nobody can say whether it has them yet."""
        if not all(worker.up for worker in holders):
            return
        self._number, self._waits = command.listing, set()
        self._legs, self._recordings = [], []
        for worker in [worker for worker in workers if worker.up]:
            self._waits.add(worker.index)
            worker.send(command)

    def give_up(self) -> None:
        """One of them is not the one any more that was asked: there will be no answer."""
        self._waits.clear()

    def told(self, worker: int, said: LegsListed, storing: Iterable[str]) -> LegsListed | None:
        """A worker has answered; the whole, with the recordings that are being stored, if it was the last."""
        if said.listing != self._number or worker not in self._waits:
            return None
        self._waits.discard(worker)
        self._legs += said.legs
        self._recordings += said.recordings
        if self._waits:
            return None
        return LegsListed(said.line, said.listing, tuple(self._legs), tuple(dict.fromkeys((*self._recordings, *storing))))
