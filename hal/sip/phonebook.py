"""Where stations' phones are reachable, as the core side keeps it: shared by all workers, handed to new ones, kept over a restart."""

import json
import time
from collections.abc import Callable
from pathlib import Path

import attrs
import trio

from hal.sip.wire import Contact

__all__ = ["PhoneBook"]


class PhoneBook:
    """Contacts by station, with the time until which each holds."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._book: dict[str, list[tuple[Contact, float]]] = {}
        self.changed = False

    def contacts(self, station: str) -> list[Contact]:
        """Where the station is reachable now."""
        now = trio.current_time()
        return [attrs.evolve(c, expires_s=until - now) for c, until in self._book.get(station, ()) if until > now]

    def everything(self) -> dict[str, list[Contact]]:
        """All contacts of all stations."""
        return {station: found for station in self._book if (found := self.contacts(station))}

    def learn(self, station: str, contacts: list[Contact]) -> None:
        """Replace what is known of a station."""
        now = trio.current_time()
        if contacts:
            self._book[station] = [(c, now + c.expires_s) for c in contacts]
        else:
            self._book.pop(station, None)
        self.changed = True

    def lose_connections(self, worker: int) -> None:
        """A worker is dead, and connections with it: from now on its phones are reached as they said themselves."""
        for station, found in self._book.items():
            self._book[station] = [(_cut_off(c) if c.worker == worker else c, until) for c, until in found]

    # --- over a restart -----------------------------------------------------------------------------------------------

    def read(self, known: Callable[[str], bool]) -> None:
        """Remember who was logged in, if still `known`: a phone would not notice our restart for as long as its log-in lasts."""
        try:
            kept = json.loads(self._file.read_text())
        except (OSError, ValueError):  # none kept, or a torn one: then phones log in again when they see fit
            return
        now, wall = trio.current_time(), _wall_clock()
        for station, contacts in kept.items():
            found = [(_cut_off(Contact(**c)), now + until - wall) for c, until in contacts if until > wall]
            if found and known(station):
                self._book[station] = found

    def write(self) -> None:
        """Keep it for the next run."""
        self.changed = False
        offset = _wall_clock() - trio.current_time()
        text = json.dumps({s: [(attrs.asdict(c), until + offset) for c, until in found] for s, found in self._book.items()})
        passing = self._file.with_suffix(".new")
        passing.write_text(text)
        passing.replace(self._file)


def _cut_off(contact: Contact) -> Contact:
    """A contact whose connection is gone with the worker that held it."""
    return attrs.evolve(contact, worker=-1) if contact.transport != "udp" else contact


def _wall_clock() -> float:
    return time.time()  # noqa: TID251 - how long a log-in lasts must be known across restarts; nothing is decided by it in the core
