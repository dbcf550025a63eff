"""`./hotline bench store`: how long the questions of a seat take in a store of years, beside the same questions in a small one.

Two data directories are grown (`sim.growing`), one with few contacts and one with many; or one that is there already - that of a running
appliance, too - is the larger one. Each question is put for contacts drawn from all of the store's time: *warm* again and again, *cold*
after the system was told to forget the database's pages, each time on a connection of its own. The ratio of the medians is the growth.
"""

import json
import os
import sys
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from random import Random
from statistics import quantiles
from tempfile import TemporaryDirectory
from time import perf_counter_ns

from appliance.core.records import Contact
from appliance.store import Reader, StoreError
from hal.api import HalError, value
from sim.bench.rows import Row, limited, said
from sim.growing import grow
from sim.scenario import load_scenario

__all__ = ["StoreSize", "bench_store", "run_bench_store"]

_SCENARIO = Path(__file__).parents[2] / "scenarios" / "morning-peak.toml"
_UNTIL = date(2026, 3, 2)
_RECORD_US, _QUERY_US = 5_000.0, 3_000_000.0
"""Most that a single record may take warm, and any question at all."""

_DAY = "an agent's day"
Question = Callable[[Reader, Contact], object]

_QUESTIONS: Mapping[str, Question] = {
    "a contact by its ID": lambda reader, contact: reader.contact(contact.id),
    "a caller's last 20 contacts": lambda reader, contact: reader.contacts_of(contact.ani),
    "a contact's story": lambda reader, contact: reader.events_of(contact.id),
    "a contact's legs": lambda reader, contact: reader.legs_of(contact.id),
    "a contact's recordings": lambda reader, contact: reader.recordings_of(contact.id),
    _DAY: lambda reader, contact: reader.agent_day(contact.agent, contact.arrived_at - 43_200, contact.arrived_at + 43_200),
}


@value
class StoreSize:
    """How much is measured."""

    few: int = 20_000
    many: int = 1_000_000
    """Contacts in the smaller and in the larger store."""
    warm: int = 2_000
    cold: int = 50
    """Times that each question is put."""


def bench_store(path: Path | None = None, data: Path | None = None, size: StoreSize = StoreSize()) -> int:  # noqa: B008 - a value
    """Measure, print, and write the JSON list if asked; 0: every target is met, 1: one is not.

    `data` is the larger store's directory, if there is one; otherwise it is made, and gone afterwards.

    Raises:
        HalError, StoreError, OSError: a store cannot be made or read.
    """
    if data is not None:
        Reader(data / "hotline.db").close()  # whether it can be read is said before the smaller one is made
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="hotline-store-")))
        scenario, site = load_scenario(_SCENARIO)
        wanted = {folder / "few": size.few} | ({folder / "many": size.many} if data is None else {})
        for directory, contacts in wanted.items():
            grow(directory, scenario, site, contacts=contacts, callers=contacts // 10, until=_UNTIL)
        few, many = (directory / "hotline.db" for directory in (folder / "few", data or folder / "many"))
        rows = _measured(few, many, size)
    for row in rows:
        print(said(row))
    if path is not None:
        path.write_text(json.dumps(rows, indent=2) + "\n", "utf-8")
    return 1 if any(row["ok"] is False for row in rows) else 0


def run_bench_store(path: Path | None, data: Path | None) -> int:
    """`bench_store`, or 2 and why on stderr when a store cannot be made or read."""
    try:
        return bench_store(path, data)
    except (HalError, StoreError, OSError) as error:
        print(error, file=sys.stderr)
        return 2


def _measured(few: Path, many: Path, size: StoreSize) -> list[Row]:
    asked = {store: _drawn(store, size.warm) for store in (few, many)}
    peer = f"in {_contacts(few):,}:"
    rows = []
    for name, question in _QUESTIONS.items():
        small, large = (_percentiles(_warm(store, question, asked[store])) for store in (few, many))
        cold = max(_cold(many, question, asked[many][: size.cold]))
        metric = f"{name}, in {_contacts(many):,} contacts"
        most = _QUERY_US if name == _DAY else _RECORD_US
        rows.append(limited(f"{metric}: warm, median", "us", large[49], most, small[49], peer))
        rows.append(limited(f"{metric}: warm, 99 of 100", "us", large[98], most, small[98], peer))
        rows.append(limited(f"{metric}: cold, the longest of {size.cold}", "us", cold, _QUERY_US))
    return rows


def _contacts(store: Path) -> int:
    """How many contacts there are, by the number that SQLite gave the last of them."""
    with Reader(store) as reader:
        return reader.newest_row(Contact)


def _drawn(store: Path, count: int) -> list[Contact]:
    """Contacts with an agent, from all of the store's time."""
    draw = Random(1)
    found: list[Contact] = []
    with Reader(store) as reader:
        newest = reader.newest_row(Contact)
        while len(found) < count:
            contact = next(reader.rows(Contact, "rowid >= ? AND agent <> '' ORDER BY rowid LIMIT 1", draw.randint(1, newest)), None)
            found += [contact] if contact is not None else []
    return found


def _warm(store: Path, question: Question, contacts: list[Contact]) -> list[float]:
    with Reader(store) as reader:
        for contact in contacts:
            question(reader, contact)
        return [_asked_us(question, reader, contact) for contact in contacts]


def _cold(store: Path, question: Question, contacts: list[Contact]) -> list[float]:
    took = []
    for contact in contacts:
        with store.open("rb") as file:
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        began = perf_counter_ns()
        with Reader(store) as reader:
            question(reader, contact)
        took.append((perf_counter_ns() - began) / 1000)
    return took


def _asked_us(question: Question, reader: Reader, contact: Contact) -> float:
    began = perf_counter_ns()
    question(reader, contact)
    return (perf_counter_ns() - began) / 1000


def _percentiles(figures: list[float]) -> list[float]:
    return quantiles(figures, n=100, method="inclusive")
