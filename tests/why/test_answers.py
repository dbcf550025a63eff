"""Why an agent rang for a contact, or did not, is answered for every moment at which he could have been."""

from pathlib import Path

import pytest

from appliance.core.records import Audit, Record
from appliance.store import Reader
from appliance.why.answers import Answer, answers
from appliance.why.story import find
from tests.store.samples import NOON, agent_state, contact, decision, event
from tests.why.rows import keep


@pytest.mark.requirement("ACD-09")
def test_who_lacks_a_skill_and_who_is_at_lunch_is_told_so(tmp_path: Path, day: list[Record]) -> None:
    keep(tmp_path, *day)
    with Reader(tmp_path / "hotline.db") as reader:
        found = answers(reader, find(reader, "0001-000001"), "1003")
        assert [(each.kind, each.why) for each in found] == [
            ("excluded", "free, and could not serve it: english 40, needs >= 60; or billing 0, needs >= 1")
        ] * 3
        (first,) = answers(reader, find(reader, "0001-000002"), "1001")
        assert (first.kind, first.why) == ("not-ready", "not-ready (no answer) since 16:01:15")


def view(directory: Path, agent: str, *rows: Record) -> list[Answer]:
    """What is answered about contact 1-1, which came to the queue at NOON."""
    keep(directory, contact(queue="consult", queued_at=NOON, ended_at=NOON + 60), event(what="queued"), *rows)
    with Reader(directory / "hotline.db") as reader:
        return answers(reader, find(reader, "1-1"), agent)


OTHER = decision(chosen="1001", candidates="1001 rank 1 figure 12.5; 1002 rank 1 figure 99; 1003 rank 2 figure 3; 1004 rank 1 figure 12.5")


@pytest.mark.requirement("ACD-09")
@pytest.mark.parametrize(
    ("state", "kind", "why"),
    [
        (agent_state("1009", NOON - 60, "not-ready", "lunch"), "not-ready", "not-ready (lunch) since 06:12:20"),
        (agent_state("1009", NOON - 60, "logged-out"), "logged-out", "logged-out since 06:12:20"),
        (agent_state("1009", NOON - 86_400, "logged-out"), "logged-out", "logged-out since 2023-11-14 06:13:20"),
        (agent_state("1009", NOON - 60, "on-call", contact="1-7"), "on-call", "on-call with 1-7 since 06:12:20"),
        (agent_state("1009", NOON - 60, "ringing", contact="1-7"), "ringing", "being rung for 1-7 since 06:12:20"),
        (agent_state("1009", NOON - 60, "wrap-up", contact="1-7"), "wrap-up", "wrap-up after 1-7 since 06:12:20"),
        (agent_state("1009", NOON - 60, "wrap-up", contact="1-1"), "wrap-up", "wrap-up after this very contact since 06:12:20"),
        (agent_state("1009", NOON + 60, "ready"), "logged-out", "had not logged in yet"),
        (
            agent_state("1009", NOON - 60, "ready"),
            "ready",
            "ready since 06:12:20, yet not among those who could be rung: not in the group of 'consult' at that hour, or his phone 8001 "
            "could not be rung (in use, not registered, line down)",
        ),
    ],
)
def test_who_was_not_free_is_told_what_he_was_doing(tmp_path: Path, state: Record, kind: str, why: str) -> None:
    found = view(tmp_path, "1009", OTHER, state)[0]
    assert (found.moment, found.decision, found.rung, found.kind, found.why) == ("decision", 1, False, kind, why)


@pytest.mark.requirement("ACD-09")
@pytest.mark.parametrize(
    ("agent", "why"),
    [
        ("1002", "candidate 2 of 4 (rank 1, figure 99); 1001 came first with the smaller figure 12.5"),
        ("1003", "candidate 3 of 4 (rank 2, figure 3); 1001 came first with rank 1"),
        ("1004", "candidate 4 of 4 (rank 1, figure 12.5); 1001 came first: the figures are equal and he had been idle longer"),
    ],
)
def test_who_was_free_is_told_who_came_first(tmp_path: Path, agent: str, why: str) -> None:
    (found,) = view(tmp_path, agent, OTHER, agent_state(agent, NOON - 60, "ready"))
    assert (found.kind, found.why) == ("candidate", why)


@pytest.mark.requirement("ACD-09")
def test_states_of_the_same_moment_are_put_in_their_order(tmp_path: Path) -> None:
    """A decision, and the changes of state that led to it or came of it, have the same time."""
    rows = [
        OTHER,
        agent_state("1007", NOON - 90, "wrap-up", contact="1-6"),
        agent_state("1007", NOON, "ready"),  # just too late
        agent_state("1008", NOON - 90, "ready"),
        agent_state("1008", NOON, "offered", contact="1-6"),  # just before
    ]
    assert [each.why for each in view(tmp_path, "1007", *rows)] == ["wrap-up after 1-6 since 06:11:50, ready from 06:13:20 on"]
    assert [each.why for each in view(tmp_path, "1008")] == ["offered 1-6 since 06:13:20"]


@pytest.mark.requirement("ACD-09")
def test_phones_that_are_not_there_and_contacts_for_somebody_else(tmp_path: Path) -> None:
    ready = agent_state("1009", NOON - 60, "ready", station="8009")
    (phone,) = view(tmp_path, "1009", OTHER, ready, Audit(NOON - 30, "station:8009", "unregistered"))
    assert phone.why == "ready since 06:12:20, yet his phone 8009 was not registered since 06:12:50"
    personal = decision("1-2", queue="agent:1001", more=-1)
    keep(tmp_path, contact("1-2", queued_at=NOON), personal)
    with Reader(tmp_path / "hotline.db") as reader:
        (meant,) = answers(reader, find(reader, "1-2"), "1009")
    assert meant.why == "ready since 06:12:20, yet it was meant for 1001 alone"


@pytest.mark.requirement("ACD-09")
def test_those_who_are_not_written_down(tmp_path: Path) -> None:
    many = decision(candidates="; ".join(f"{2000 + n} rank 1 figure {n}" for n in range(20)), more=7)
    taken = decision(at=NOON + 1, more=3)  # who became free took it: nobody else was looked at
    first, second = view(tmp_path, "1009", many, taken, agent_state("1009", NOON - 60, "ready"))
    assert "one of the 7 free agents who are not written down, or not in the group of 'consult'" in first.why
    assert "like 3 others who were free already he could not serve it, or was not in the group of 'consult'" in second.why


@pytest.mark.requirement("ACD-09")
def test_while_all_ring_who_becomes_free_rings_along(tmp_path: Path) -> None:
    rows = [
        decision(strategy="ring-all", chosen="1001,1002", candidates="1001 rank 1 figure 1; 1002 rank 1 figure 2"),
        *(event(what="offered", detail=agent) for agent in ("1001", "1002")),
        agent_state("1003", NOON - 60, "not-ready"),
        agent_state("1003", NOON + 5, "ready"),
        agent_state("1003", NOON + 5, "offered", contact="1-1"),
        event(what="offered", detail="1003", at=NOON + 5),
        event(what="not taken", detail="1001: busy", at=NOON + 6),
        event(what="connected", detail="1003", at=NOON + 7),
        *(agent_state(agent, NOON - 60, "ready") for agent in ("1001", "1002")),
    ]
    (third,) = view(tmp_path, "1003", *rows)
    assert (third.rung, third.kind) == (True, "rang along")
    assert third.why == "became free at 06:13:25 while it rang for 1001, 1002; he answered at 06:13:27"
    (second,) = view(tmp_path, "1002")
    assert (second.rung, second.why) == (True, "candidate 2 of 2 (rank 1, figure 2)")
    (first,) = view(tmp_path, "1001")
    assert first.why == "candidate 1 of 2 (rank 1, figure 1); he did not take it: busy, 06:13:26"


@pytest.mark.requirement("ACD-09")
def test_when_nobody_was_free_and_who_became_free(tmp_path: Path) -> None:
    """A contact that waits leaves no decision: what the agent did meanwhile tells why he was not rung."""
    rows = [
        decision("1-0", at=NOON - 500),  # decisions are kept from before
        agent_state("1001", NOON - 60, "on-call", contact="1-7"),
        agent_state("1001", NOON + 10, "ready"),
        agent_state("1001", NOON + 10, "offered", contact="1-8"),
        agent_state("1001", NOON + 30, "ready"),
        agent_state("1001", NOON + 40, "not-ready", "tea"),
    ]
    found = view(tmp_path, "1001", *rows)
    assert [(each.moment, each.kind) for each in found] == [
        ("nobody free", "on-call"),
        ("became free", "another"),
        ("became free", "ready"),
    ]
    assert [each.why for each in found][:2] == ["on-call with 1-7 since 06:12:20", "he was given 1-8, which came first"]
    assert "or he could not serve it" in found[2].why


@pytest.mark.requirement("ACD-09")
def test_who_becomes_free_while_it_rings_elsewhere_or_lacks_a_skill(tmp_path: Path) -> None:
    rows = [
        decision(excluded="1003 zh 1, needs >= 5; or en 2, needs >= 5; 1004 waits for 1001"),
        event(what="offered", detail="1001"),
        agent_state("1003", NOON - 60, "ready"),
        agent_state("1003", NOON + 2, "not-ready"),
        agent_state("1003", NOON + 5, "ready"),
        agent_state("1003", NOON + 6, "not-ready"),
        event(what="not taken", detail="1001: no answer", at=NOON + 15),
        agent_state("1003", NOON + 20, "ready"),
        agent_state("1003", NOON + 25, "not-ready"),
        event(what="overflowed", detail="consult: wait > 90 s", at=NOON + 30),
        agent_state("1003", NOON + 40, "ready"),
    ]
    assert [(each.moment, each.kind, each.why) for each in view(tmp_path, "1003", *rows)] == [
        ("decision", "excluded", "free, and could not serve it: zh 1, needs >= 5; or en 2, needs >= 5"),
        ("became free", "ringing", "it rang for 1001"),
        ("became free", "excluded", "could not serve it: zh 1, needs >= 5; or en 2, needs >= 5"),
    ]
