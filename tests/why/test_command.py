"""`./hotline why` as its users meet it: what it finds, how it tells it, and what it says when there is nothing to tell."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import trio

from appliance.cli import main
from appliance.core.records import Record
from appliance.store import Reader, Store
from appliance.store.schema import connect
from appliance.why.answers import answers
from appliance.why.story import Candidate, Excluded, Trace, find
from appliance.why.telling import tell, tell_agent
from tests.store.samples import NOON, agent_state, contact, decision, event
from tests.why.rows import keep

Why = Callable[..., tuple[int, str, str]]


@pytest.mark.requirement("ACD-09")
def test_the_story_of_a_contact_with_all_its_decisions(tmp_path: Path, why: Why, day: list[Record]) -> None:
    keep(tmp_path, *day)
    code, told, complaint = why("0001-000001")
    assert (code, complaint) == (0, "")
    assert told == (
        """\
0001-000001   call from 13800138000 to 95501, 2026-10-19 16:01:00
abandoned, queue consult, waited 80 s

16:01:00  arrived         13800138000 -> 95501
16:01:00  queued          consult
16:01:00  decision 1      consult, by fewest-calls: rings 1001
                             1  1001  rank 1   figure 0            rung
                             2  1002  rank 1   figure 0
                             -  1003  english 40, needs >= 60; or billing 0, needs >= 1
16:01:00  offered         1001
16:01:15  not taken       1001: no answer
16:01:15  decision 2      consult, by fewest-calls: rings 1002
                             1  1002  rank 1   figure 0            rung
                             -  1003  english 40, needs >= 60; or billing 0, needs >= 1
16:01:15  offered         1002
16:01:30  not taken       1002: no answer
16:01:30  decision 3      consult, by fewest-calls: rings nobody
                             -  1003  english 40, needs >= 60; or billing 0, needs >= 1
16:02:20  released        normal clearing by the caller
16:02:20  abandoned

fewest-calls: the agent who has answered the fewest contacts of this queue since the log-in.
The better rank is rung first (1 before 2), then the smaller figure.
"""
    )


@pytest.mark.requirement("ACD-09")
def test_why_an_agent_rang_and_why_he_did_not(tmp_path: Path, why: Why, day: list[Record]) -> None:
    keep(tmp_path, *day)
    code, told, _ = why("0001-000001", "--agent", "1002")
    assert code == 0
    assert told == (
        """\
0001-000001   call from 13800138000 to 95501, 2026-10-19 16:01:00
abandoned, queue consult, waited 80 s

agent 1002: rang at 1 of 3 decisions

16:01:00  decision 1      consult: did not ring
                          candidate 2 of 2 (rank 1, figure 0); 1001 came first: the figures are equal and
                          he had been idle longer
16:01:15  decision 2      consult: RANG
                          candidate 1 of 1 (rank 1, figure 0); he did not take it: no answer, 16:01:30
16:01:30  decision 3      consult: did not ring
                          not-ready (no answer) since 16:01:30

What agent 1002 did while it waited:
16:00:00  ready
16:01:15  offered         this contact
16:01:30  not-ready       no answer
"""
    )


def test_a_decision_is_read_as_it_was_written() -> None:
    row = decision(chosen="1001,1002", candidates="1001 rank 1 figure 1e+06; 1002 rank 1 figure -0.693147", excluded="", more=-1)
    trace = Trace.read(3, row)
    assert trace.candidates == (Candidate("1001", 1.0, 1e6), Candidate("1002", 1.0, -0.693147))
    assert (trace.number, trace.chosen, trace.excluded, trace.more) == (3, ("1001", "1002"), (), 0)
    nobody = Trace.read(1, decision(chosen="", candidates="", excluded="1003 phone on line e1; 1004 a 1, needs 2; or b 0, needs 3"))
    assert (nobody.chosen, nobody.candidates) == ((), ())
    assert nobody.excluded == (Excluded("1003", "phone on line e1"), Excluded("1004", "a 1, needs 2; or b 0, needs 3"))


def test_two_decisions_of_one_moment_stand_before_their_own_offers(tmp_path: Path) -> None:
    keep(
        tmp_path,
        contact(),
        *(
            event(what=what, detail=detail)
            for what, detail in [("queued", "q"), ("offered", "1"), ("not taken", "1: busy"), ("offered", "2")]
        ),
        decision(chosen="1"),
        decision(chosen="2"),
        decision(chosen="", at=NOON + 5),
        event(what="ended", at=NOON + 9),
        decision(chosen="3", at=NOON + 11),
    )
    with Reader(tmp_path / "hotline.db") as reader:
        steps = find(reader, "1-1").steps
    shown = [f"D{step.number}" if isinstance(step, Trace) else step.what for step in steps]
    assert shown == ["queued", "D1", "offered", "not taken", "D2", "offered", "D3", "ended", "D4"]


# -- finding ---------------------------------------------------------------------------------------------------------------


def test_by_id_by_its_end_and_by_the_callers_number(tmp_path: Path, why: Why) -> None:
    rows = [contact(f"0001-{n:06d}", ani=f"+861380000000{n % 2}", arrived_at=NOON + n) for n in range(1, 5)]
    keep(tmp_path, *rows, contact("0002-000004", ani="139"))
    assert why("0001-000002")[1].splitlines()[0].startswith("0001-000002 ")
    assert "(the only contact whose ID ends in 003)" in why("003")[1]
    code, told, _ = why("8613800000001")
    assert code == 0
    assert told.startswith("0001-000003 ")
    assert "(the newest contact of caller +8613800000001; before it: 0001-000001 of 2023-11-15 06:13:21)" in told


def test_what_is_not_there_is_helped_with(tmp_path: Path, why: Why) -> None:
    keep(tmp_path, *(contact(f"{boot:04d}-{n:06d}", ani=f"1390000{n:04d}") for boot in (1, 2) for n in range(1, 30)))
    code, told, complaint = why("0001-00002")
    assert (code, told) == (2, "")
    assert "there is no contact '0001-00002' and no caller of this number; did you mean '0001-00002" in complaint
    code, told, complaint = why("07")
    assert (code, told) == (2, "")
    assert complaint == "hotline why: several contacts end in '07': 0002-000007, 0001-000007; give more of the ID\n"
    assert "the newest contact is '000" in why("zzzzzzzz")[2]
    keep(tmp_path, agent_state("1001", NOON, "ready"))
    code, told, complaint = why("0001-000001", "--agent", "1010")
    assert (code, told) == (2, "")
    assert complaint == "hotline why: no agent '1010' was ever logged in here, so he was never free; did you mean '1001'?\n"


def test_an_empty_store_and_no_store(tmp_path: Path, why: Why) -> None:
    code, told, complaint = why("1")
    assert (code, told) == (2, "")
    assert "hotline.db' cannot be used: there is no such file; check the data directory's name" in complaint
    assert list(tmp_path.iterdir()) == []
    keep(tmp_path)
    assert why("1")[2] == "hotline why: there is no contact '1' and no caller of this number; there are no contacts yet\n"
    assert why("")[0] == 2


def test_why_there_are_no_decisions(tmp_path: Path, why: Why) -> None:
    keep(
        tmp_path,
        contact("1-1"),
        contact("1-2", queued_at=NOON),
        contact("1-3", queued_at=NOON + 9),
        contact("1-4", queued_at=NOON, connected_at=NOON + 1),
    )
    assert why("1-1")[1].endswith("No agent was rung for it: it never came to a queue.\n")
    assert "or its decisions are not there any more: none are kept." in why("1-2")[1]
    keep(tmp_path, decision("1-9", at=NOON + 5), agent_state("1001", NOON - 5, "not-ready"), event("1-2", "queued"))
    assert "or its decisions are not there any more: the oldest that is kept is of 2023-11-15 06:13:25." in why("1-2")[1]
    assert why("1-3")[1].endswith("No agent was rung for it: nobody was free as long as it waited.\n")
    assert "Its decisions are not there (any more)" in why("1-4", "--agent", "1001")[1]
    assert "nobody free" not in why("1-2", "--agent", "1001")[1]  # it is not known


# -- how it is told --------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("ACD-09")
def test_as_data(tmp_path: Path, why: Why, day: list[Record]) -> None:
    keep(tmp_path, *day)
    code, told, complaint = why("0001-000001", "--agent", "1002", "--json")
    assert (code, complaint) == (0, "")
    data = json.loads(told)
    assert data["contact"]["ani"] == "13800138000"
    assert data["decisions"][0]["candidates"][1] == {"agent": "1002", "rank": 1.0, "figure": 0.0}
    assert data["decisions"][0]["excluded"] == [{"agent": "1003", "reason": "english 40, needs >= 60; or billing 0, needs >= 1"}]
    assert [row["what"] for row in data["events"]][:3] == ["arrived", "queued", "offered"]
    assert [each["rung"] for each in data["agent"]["answers"]] == [False, True, False]
    assert [row["state"] for row in data["agent"]["states"]] == ["ready", "offered", "not-ready"]
    assert "agent" not in json.loads(why("0001-000001", "--json")[1])


def test_a_story_over_midnight_names_the_days(tmp_path: Path, why: Why) -> None:
    midnight = NOON - NOON % 86_400 + 16 * 3600.0  # in Shanghai
    keep(
        tmp_path,
        contact(arrived_at=midnight - 5, stage="queued", stage_at=midnight - 4, queue="consult"),
        event(what="queued", detail="consult", at=midnight - 4),
        decision(at=midnight + 5, more=2),
    )
    told = why("1-1")[1]
    assert "going on: queued since 23:59:56, queue consult\n" in told
    assert "23:59:56  queued          consult\n2023-11-15\n00:00:05  decision 1 " in told
    assert "2 more who were free are not written down" in told


@pytest.mark.parametrize(
    ("changes", "head"),
    [
        ({"ani": ""}, "call from a withheld number to 95500"),
        ({"direction": "out"}, "call to +8613800000001"),
        ({"direction": "between"}, "call between +8613800000001 and 95500"),
    ],
)
def test_calls_of_each_direction(tmp_path: Path, why: Why, changes: dict[str, str], head: str) -> None:
    keep(tmp_path, contact(**changes))
    assert why("1-1")[1].startswith(f"1-1   {head}, 2023-11-15 06:13:20\n")


def test_a_long_day_of_an_agent_is_cut(tmp_path: Path) -> None:
    keep(tmp_path, contact(queued_at=NOON), decision(), *(agent_state("1001", NOON + n / 2, "not-ready", str(n)) for n in range(1, 99)))
    with Reader(tmp_path / "hotline.db") as reader:
        story = find(reader, "1-1")
        found = answers(reader, story, "1001")
        told = tell_agent(story, "1001", found, reader.agent_states("1001", NOON, NOON + 60))
        assert told.endswith("and 48 changes more")
        assert "longest-idle: the agent who has been free longest." in tell(story)


def test_it_reads_beside_a_running_appliance_and_changes_nothing(tmp_path: Path, why: Why) -> None:
    async def centre() -> tuple[int, str, str]:
        with Store(tmp_path, at=NOON) as store:
            kept = trio.Event()
            async with store.writer(stored=lambda _token, _error: kept.set()).running() as writer:
                writer.put(contact(), 1)
                await kept.wait()
                return await trio.to_thread.run_sync(why, "1-1")

    code, told, _ = trio.run(centre)
    assert code == 0
    assert told.startswith("1-1 ")
    connection = connect(tmp_path / "hotline.db")
    assert connection.execute("SELECT count(*) FROM boots").fetchone() == (1,)
    connection.close()


def test_the_command_explains_itself(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    assert "\n  why " in capsys.readouterr().out
    with pytest.raises(SystemExit, match="0"):
        main(["why", "--help"])
    assert "--agent NUMBER" in capsys.readouterr().out
