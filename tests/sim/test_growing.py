"""A store grown from one day holds together like one of years, and an appliance goes on with it."""

import json
import re
from datetime import UTC, date, datetime
from itertools import pairwise
from pathlib import Path

import pytest

from appliance.cli import main
from appliance.core.records import CallEvent, Contact, Decision, Leg, NodeVisit, Recording, Ticket
from appliance.store import Boot, DatabaseUnusable, Reader, Store
from appliance.store.retention import KEPT_S
from hal.api import HalError
from sim.bench.store import StoreSize, bench_store
from sim.growing import grow
from tests.sim.day import small_day

pytestmark = pytest.mark.requirement("SIM-02")

UNTIL = date(2026, 5, 4)
BOTH = ('1 = { every = "60 s" }', '1 = { every = "60 s" }\n2 = { every = "100 s" }')
MESSAGES = ("hangs_up = 1.0", 'hangs_up = 1.0\npresses = { "9" = 1.0 }\nmessage = "9 s"')
"""Callers of the menu leave a message, which is a ticket."""
DAYS, CALLERS = 40, 100


@pytest.fixture(scope="module")
def grown(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One day in `one`, and forty of it in the directory itself."""
    directory = tmp_path_factory.mktemp("grown") / "data"
    scenario, site = small_day(BOTH, MESSAGES)
    one = grow(directory / "one", scenario, site, contacts=1, callers=CALLERS, until=UNTIL)
    assert one > 10
    assert grow(directory, scenario, site, contacts=(DAYS - 1) * one + 1, callers=CALLERS, until=UNTIL) == DAYS * one
    return directory


def contacts_in(directory: Path) -> list[Contact]:
    with Reader(directory / "hotline.db") as reader:
        return list(reader.rows(Contact, "1 ORDER BY rowid"))


def test_every_copy_is_the_day_again_under_ids_times_and_callers_of_its_own(grown: Path) -> None:
    day, contacts = contacts_in(grown / "one"), contacts_in(grown)
    assert len(contacts) == DAYS * len(day)
    assert len({contact.id for contact in contacts}) == len(contacts)
    assert [contact.arrived_at for contact in contacts] == sorted(contact.arrived_at for contact in contacts)
    callers = {contact.ani for contact in contacts}
    assert CALLERS / 2 < len(callers) <= CALLERS
    assert all(re.fullmatch(r"13\d{9}", caller) for caller in callers)
    for n, contact in enumerate(contacts):
        copy, place = divmod(n, len(day))
        first = contacts[place]
        assert contact.id == f"{copy + 1:04d}{first.id[4:]}"
        assert contact.arrived_at == pytest.approx(first.arrived_at + copy * 86_400)
        assert (contact.agent, contact.outcome, contact.wait_s, contact.keys) == (first.agent, first.outcome, first.wait_s, first.keys)
    assert datetime.fromtimestamp(contacts[-1].arrived_at, UTC).date() == date(2026, 5, 3)
    assert contacts[-1].arrived_at == pytest.approx(day[-1].arrived_at)


def test_what_belongs_to_a_contact_belongs_to_its_copy(grown: Path) -> None:
    with Reader(grown / "one" / "hotline.db") as few, Reader(grown / "hotline.db") as many:
        first = next(few.rows(Contact, "outcome = 'answered'"))
        copy = many.contact(f"0017{first.id[4:]}")
        assert copy is not None
        shift_s = copy.arrived_at - first.arrived_at
        told = [event.at + shift_s for event in few.events_of(first.id)]
        assert [event.at for event in many.events_of(copy.id)] == pytest.approx(told)
        assert len(told) > 3
        assert len(many.legs_of(copy.id)) == len(few.legs_of(first.id)) == 2
        assert {leg.id for leg in many.legs_of(copy.id)}.isdisjoint(leg.id for leg in few.legs_of(first.id))
        (recording,) = many.recordings_of(copy.id)
        assert recording.file == f"recordings/{datetime.fromtimestamp(recording.began_at, UTC):%Y-%m-%d}/{recording.id}.wav"


def test_every_row_is_copied_and_belongs_to_a_contact_that_is_there(grown: Path) -> None:
    known = {contact.id for contact in contacts_in(grown)}
    with Reader(grown / "one" / "hotline.db") as few, Reader(grown / "hotline.db") as many:
        for record in (CallEvent, Leg, Recording, NodeVisit, Ticket):
            contacts = [getattr(row, "contact") for row in many.rows(record)]  # noqa: B009 - the classes have no common one that has it
            assert len(contacts) == DAYS * len(list(few.rows(record))) > 0, record
            assert known.issuperset(filter(None, contacts))
        tickets = list(many.rows(Ticket, "1 ORDER BY rowid"))
        assert {ticket.recording for ticket in tickets} <= {recording.id for recording in many.rows(Recording)}
    assert [ticket.number for ticket in tickets] == [f"T-{n:05d}" for n in range(1, len(tickets) + 1)]
    assert {ticket.ani for ticket in tickets} <= {contact.ani for contact in contacts_in(grown)}


def test_decisions_go_back_as_far_as_an_appliance_keeps_them(grown: Path) -> None:
    with Reader(grown / "hotline.db") as reader:
        at = [decision.at for decision in reader.rows(Decision, "1 ORDER BY rowid")]
    newest = contacts_in(grown)[-1].arrived_at
    assert at == sorted(at)
    assert KEPT_S - 86_400 < newest - at[0] <= KEPT_S + 86_400


def test_an_appliance_goes_on_with_it(grown: Path) -> None:
    with Reader(grown / "hotline.db") as reader:
        boots = list(reader.rows(Boot, "1 ORDER BY boot"))
    assert [boot.boot for boot in boots] == list(range(1, DAYS + 1))
    assert all(before.alive_at < after.began_at for before, after in pairwise(boots))
    with Store(grown, at=boots[-1].alive_at + 1, begins=True) as store:
        assert store.left.boot.boot == DAYS + 1
        assert not store.left.recordings
    with Reader(grown / "hotline.db") as reader:
        assert reader.unfinished() == []


def test_what_is_there_is_never_written_over(grown: Path) -> None:
    before = contacts_in(grown)
    scenario, site = small_day()
    with pytest.raises(DatabaseUnusable, match="it is there already; name a new directory"):
        grow(grown, scenario, site, contacts=10, callers=10, until=UNTIL)
    assert contacts_in(grown) == before


def test_nothing_is_left_of_one_that_was_broken_off(tmp_path: Path) -> None:
    scenario, site = small_day()

    def stop(done: float) -> None:
        if done > 0.5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        grow(tmp_path, scenario, site, contacts=100, callers=10, until=UNTIL, progress=stop)
    assert [path.name for path in tmp_path.iterdir()] == ["hotline.lock"]
    assert grow(tmp_path, scenario, site, contacts=10, callers=10, until=UNTIL) >= 10


def test_days_that_cannot_be_copied_are_told(tmp_path: Path) -> None:
    scenario, site = small_day(extra='[[faults]]\nwhat = "core restart"\nat = "09:05"\n')
    with pytest.raises(HalError, match="a scenario in which the appliance or its disk fails cannot be copied"):
        grow(tmp_path, scenario, site, contacts=10, callers=10, until=UNTIL)
    scenario, site = small_day(('every = "60 s"', 'every = "59 min"'))
    with pytest.raises(HalError, match="leaves no contact behind"):
        grow(tmp_path, scenario, site, contacts=10, callers=10, until=UNTIL)


def test_the_command_says_what_is_there_now(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["sim", "grow", "scenarios/night.toml", "--data", str(tmp_path / "data"), "--contacts", "200"]
    assert main(arguments) == 0
    said = capsys.readouterr().out
    count = len(contacts_in(tmp_path / "data"))
    assert said == f"{tmp_path / 'data'}: {count:,} contacts, 0.0 GB\n"
    assert count >= 200
    assert main(arguments) == 2
    assert "it is there already" in capsys.readouterr().err


@pytest.mark.requirement("CRM-02")
def test_a_seats_questions_are_measured_in_a_store_made_for_it_and_in_one_that_is_there(
    grown: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    size = StoreSize(few=10, many=10, warm=20, cold=2)
    assert bench_store(tmp_path / "figures.json", grown, size) in (0, 1), "how long it takes is the machine's"
    rows = json.loads((tmp_path / "figures.json").read_text("utf-8"))
    count = len(contacts_in(grown))
    assert len(rows) == 6 * 3
    assert all(f"in {count:,} contacts" in row["metric"] and row["ours"] > 0 for row in rows)
    assert {row["unit"] for row in rows} == {"us"}
    assert {row["target"] for row in rows if "cold" in row["metric"]} == {3_000_000.0}
    assert all(row["ratio"] > 0 for row in rows if "warm" in row["metric"])
    assert f"a contact by its ID, in {count:,} contacts: warm, median" in capsys.readouterr().out


def test_a_directory_without_a_store_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "store", "--data", str(tmp_path)]) == 2
    assert "there is no such file" in capsys.readouterr().err
