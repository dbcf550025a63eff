"""What a run leaves behind is found at the next start, and put in order."""

from pathlib import Path
from typing import Any

import pytest
import trio
from attrs import evolve

from appliance.core.records import Agent, Alarm, CallEvent, Expectation, Record
from appliance.store.boots import Boot
from appliance.store.store import Store
from tests.store.samples import NOON, agent_state, contact, decision, event, recording, ticket


def run(directory: Path, at: float, *rows: Record, ended_at: float | None = None) -> Store:
    """One run of the appliance that writes these rows; without `ended_at` it breaks off."""
    with Store(directory, at=at, version="1.0") as store:

        async def main() -> None:
            async with store.writer().running() as writer:
                for row in rows:
                    writer.put(row)
                if ended_at is not None:
                    writer.put(store.ended(ended_at))

        trio.run(main)
    return store


def test_the_first_start(tmp_path: Path) -> None:
    left = run(tmp_path / "new" / "data", NOON).left
    assert (left.restored.boot, left.restored.tickets, left.restored.states, left.restored.contacts) == (1, 0, {}, ())
    assert left.previous is None
    assert str(left) == "first start on this data directory"


def test_every_start_has_a_number_of_its_own(tmp_path: Path) -> None:
    assert [run(tmp_path, NOON + n).left.boot.boot for n in range(4)] == [1, 2, 3, 4]


@pytest.mark.requirement("OPS-05")
def test_what_the_core_is_told(tmp_path: Path) -> None:
    waiting = contact("1-2", stage="queued", arrived_at=NOON + 1)
    run(
        tmp_path,
        NOON,
        ticket(7),
        ticket(41),
        contact("1-1", outcome="answered"),
        waiting,
        recording(),
        recording("1-r0", state="complete"),
        agent_state("1002", NOON + 1, "ready"),
        agent_state("1001", NOON + 2, "ready"),
        agent_state("1001", NOON + 3, "not-ready", "lunch", "8007"),
        agent_state("1003", NOON + 4, "logged-out", station=""),
    )
    restored = run(tmp_path, NOON + 60).left.restored
    assert restored.boot == 2
    assert restored.tickets == 41
    assert restored.states == {
        "1001": agent_state("1001", NOON + 3, "not-ready", "lunch", "8007"),
        "1002": agent_state("1002", NOON + 1, "ready"),
        "1003": agent_state("1003", NOON + 4, "logged-out", station=""),
    }
    assert restored.contacts == (waiting,)
    assert restored.recordings == (recording(),)


def test_a_clock_that_was_wrong_does_not_decide_which_state_is_newest(tmp_path: Path) -> None:
    run(tmp_path, NOON, agent_state("1001", NOON * 2, "ready"), agent_state("1001", NOON, "not-ready"))
    assert run(tmp_path, NOON).left.states["1001"].state == "not-ready"


@pytest.mark.requirement("OPS-05")
def test_the_end_of_a_run_that_crashed_is_its_last_row(tmp_path: Path) -> None:
    run(tmp_path, NOON, event(at=NOON + 30), contact(stage_at=NOON + 42), agent_state("1001", NOON + 12, "ready"))
    previous = run(tmp_path, NOON + 500).left.previous
    assert previous == Boot(1, "1.0", NOON, NOON + 42)


def test_the_end_of_a_run_is_the_last_moment_it_was_seen_alive(tmp_path: Path) -> None:
    store = run(tmp_path, NOON, event(at=NOON + 30))
    run(tmp_path, NOON + 100, store.alive(NOON + 77))
    with Store(tmp_path, at=NOON + 500) as last:
        boots = trio.run(last.read, lambda reader: list(reader.rows(Boot)))
    assert [(boot.boot, boot.alive_at) for boot in boots] == [(1, NOON + 77), (2, NOON + 100), (3, NOON + 500)]


def test_rows_of_the_future_do_not_put_the_end_of_a_run_after_the_next_start(tmp_path: Path) -> None:
    run(tmp_path, NOON, event(at=NOON * 2))
    left = run(tmp_path, NOON + 60).left
    assert left.previous is not None
    assert left.previous.alive_at == NOON + 60


def test_a_run_that_ended_in_order_says_so(tmp_path: Path) -> None:
    run(tmp_path, NOON, event(at=NOON + 5), ended_at=NOON + 90)
    left = run(tmp_path, NOON + 100).left
    assert left.previous == Boot(1, "1.0", NOON, NOON + 90, NOON + 90)
    assert "ended in order" in str(left)
    assert "down for 10 s" in str(left)


def test_contacts_that_nobody_can_go_on_with_are_lost_and_not_silently(tmp_path: Path) -> None:
    adopted = contact("1-2", arrived_at=NOON + 1, leg="a")
    run(tmp_path, NOON, contact("1-1", leg="b"), adopted)
    left = run(tmp_path, NOON + 60).left
    assert left.unfinished_contacts() == [contact("1-1", leg="b"), adopted]
    rows: list[Record] = []
    lost = left.close_lost(["1-1", "1-1"], NOON + 61, rows.append)
    assert lost == [contact("1-1", outcome="lost", stage="ended", stage_at=NOON + 61, ended_at=NOON + 61)]
    assert rows == [CallEvent("1-1", NOON + 61, "lost", "the appliance restarted; the contact had come to 'menu'"), *lost]
    run(tmp_path, NOON + 62, *rows)
    assert run(tmp_path, NOON + 63).left.unfinished_contacts() == [adopted]


def test_only_what_was_unfinished_can_be_lost(tmp_path: Path) -> None:
    run(tmp_path, NOON, contact("1-1"))
    left = run(tmp_path, NOON + 60).left
    rows: list[Record] = []
    with pytest.raises(ValueError, match="not left unfinished: 1-9"):
        left.close_lost(["1-1", "1-9"], NOON, rows.append)
    assert rows == []


def test_what_ends_by_itself_says_what_it_was(tmp_path: Path) -> None:
    talking = contact("1-1", stage="connected", stage_at=NOON + 5, connected_at=NOON + 5, agent="1001", leg="a", parties="[]", talk_s=3.0)
    called = contact("1-2", direction="out", stage="queued", only="1001")
    run(tmp_path, NOON, talking, called, event(at=NOON + 25))
    rows: list[Record] = []
    ended = run(tmp_path, NOON + 60).left.close_lost(["1-1", "1-2"], NOON + 61, rows.append)
    assert [(row.outcome, row.talk_s, row.leg, row.parties, row.only) for row in ended] == [
        ("answered", 23.0, "", "", ""),
        ("unreached", 0.0, "", "", ""),
    ]
    assert [row.what for row in rows if isinstance(row, CallEvent)] == ["answered", "unreached"]


@pytest.mark.requirement("ACD-11")
def test_who_waits_to_be_called_back_is_left_as_he_was(tmp_path: Path) -> None:
    waiting = contact("1-1", stage="callback", queue="consult", call_back="13800000001", place_at=NOON - 30.0, priority=2, attempts=1)
    run(tmp_path, NOON, waiting, contact("1-2", leg="a"), contact("1-3", call_back="139", outcome="answered"))
    left = run(tmp_path, NOON + 60).left
    left.close_lost(["1-2"], NOON + 60, lambda _row: None)
    assert left.restored.contacts == (waiting, contact("1-2", leg="a"))
    with Store(tmp_path, at=NOON + 90) as store:
        assert trio.run(store.read, lambda reader: reader.to_call_back()) == [waiting]
        rows: list[Record] = []
        (lost,) = store.left.close_lost(["1-1"], NOON + 90, rows.append)  # its line is no more
    assert (lost.outcome, lost.call_back) == ("lost", "")
    told = "the appliance restarted; the contact had come to 'callback' and waited to be called back on 13800000001"
    assert rows == [CallEvent("1-1", NOON + 90, "lost", told), lost]


@pytest.mark.requirement("ACD-11")
def test_wrap_up_ends_when_it_would_have(tmp_path: Path) -> None:
    run(
        tmp_path,
        NOON,
        agent_state("1001", NOON + 1, "wrap-up", until_at=NOON + 31),
        agent_state("1002", NOON + 1, "wrap-up", until_at=NOON + 31),
        agent_state("1002", NOON + 2, "ready"),
        agent_state("1003", NOON + 1, "wrap-up"),
        agent_state("1004", NOON + 1, "on-call", contact="1-1"),
    )
    restored = run(tmp_path, NOON + 10).left.restored
    assert {agent: (row.state, row.until_at) for agent, row in restored.states.items()} == {
        "1001": ("wrap-up", NOON + 31),
        "1002": ("ready", None),
        "1003": ("wrap-up", None),
        "1004": ("on-call", None),
    }


def agent(id_: str, at: float, **changes: Any) -> Agent:
    return evolve(Agent(id_, at, at), **changes)


@pytest.mark.requirement("ACD-11")
def test_the_seconds_of_an_agents_day_go_on_to_the_end_of_the_run_and_no_further(tmp_path: Path) -> None:
    run(
        tmp_path,
        NOON,
        agent("1001", NOON + 10, seconds='{"ready":4.0,"on-call":100.0}', served='{"billing":3}'),
        agent_state("1001", NOON + 5, "ready"),
        agent_state("1001", NOON + 10, "on-call"),  # in the very moment the row was written: all of it is still to be counted
        agent_state("1001", NOON + 40, "wrap-up"),
        agent("1002", NOON + 20),
        agent_state("1002", NOON + 20, "ready"),
        event(at=NOON + 47),
    )
    left = run(tmp_path, NOON + 500).left
    assert left.agents["1001"] == agent(
        "1001", NOON + 47, idle_at=NOON + 10, seconds='{"ready":4.0,"on-call":130.0,"wrap-up":7.0}', served='{"billing":3}'
    )
    assert left.agents["1002"].seconds == '{"ready":27.0}'


@pytest.mark.requirement("ACD-06")
def test_a_clock_that_was_put_back_does_not_keep_the_appliance_from_starting(tmp_path: Path) -> None:
    states = [agent_state("1001", NOON + 600, "ready"), agent_state("1001", NOON + 610, "on-call")]
    run(tmp_path, NOON, agent("1001", NOON + 610, seconds='{"ready":10.0}'), *states)
    left = run(tmp_path, NOON + 5).left
    assert left.agents["1001"] == agent("1001", NOON + 610, seconds='{"ready":10.0}')


def test_what_queues_have_learnt_is_told_and_there_is_one_row_for_each(tmp_path: Path) -> None:
    rows = [Expectation("billing", "voice", NOON + n, 10 + n, 9 + n, "[1.0]") for n in range(3)]
    other = Expectation("billing", "chat", NOON, 1, 1, "[2.0]")
    run(tmp_path, NOON, other, *rows)
    assert run(tmp_path, NOON + 60).left.restored.expectations == (other, rows[-1])


@pytest.mark.requirement("ACD-08")
def test_who_served_a_caller_last(tmp_path: Path) -> None:
    def served(number: int, ani: str, agent: str, **changes: object) -> Record:
        at = NOON + number
        return contact(f"1-{number}", ani=ani, agent=agent, arrived_at=at, connected_at=at + 9, outcome="answered", **changes)

    run(
        tmp_path,
        NOON,
        served(-40 * 86_400, "1390", "1001"),  # too long ago
        served(1, "1391", "1001"),
        served(2, "1392", "1002", direction="out"),
        served(3, "1391", "1003"),
        contact("1-4", ani="1392", agent="1004", arrived_at=NOON + 4, outcome="abandoned"),  # was offered only
        served(5, "1393", "1005", direction="between"),
        served(6, "", "1006"),
    )
    last = run(tmp_path, NOON + 60).left.restored.last_agents
    assert list(last.items()) == [("1392", "1002"), ("1391", "1003")]  # the longest ago first: the first to be forgotten


def test_the_moment_of_a_decision_is_a_sign_of_life(tmp_path: Path) -> None:
    run(tmp_path, NOON, decision(at=NOON + 42))
    previous = run(tmp_path, NOON + 500).left.previous
    assert previous is not None
    assert previous.alive_at == NOON + 42


def test_alarms_of_the_last_run_are_cleared(tmp_path: Path) -> None:
    alarm = Alarm("1-5", "red", "line:trunk", "line 'trunk' is lost", "look", NOON + 10)
    run(tmp_path, NOON, alarm, event(at=NOON + 20))
    with Store(tmp_path, at=NOON + 60) as store:
        assert store.left.alarms == (alarm,)
        assert "alarm cleared: line:trunk: line 'trunk' is lost" in str(store.left)
        assert trio.run(store.read, lambda reader: reader.alarms(0, NOON * 2)) == [evolve(alarm, cleared_at=NOON + 20)]


def test_the_report_is_for_people(tmp_path: Path) -> None:
    run(tmp_path, NOON, *(contact(f"1-{n}", arrived_at=NOON + n) for n in range(12)), recording(), agent_state("1001", NOON, "ready"))
    report = str(run(tmp_path, NOON + 65).left)
    assert report.splitlines() == [
        "start 2; the run before (start 1, version 1.0) did not end in order",
        "  it was down for 60 s",
        "  agents: 1 of 1 were logged in",
        "  contacts without an outcome: 12 (1-0, 1-1, 1-2, 1-3, 1-4, 1-5, 1-6, 1-7, 1-8, 1-9, 2 more)",
        "  recordings going on: 1 (1-r1)",
    ]
