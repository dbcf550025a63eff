"""`./hotline flow`: checked, drawn, tried and counted as an integrator does it."""

import io
import shutil
import sqlite3
from pathlib import Path

import pytest
import trio

from appliance.cli import main
from appliance.core.records import NodeVisit, PollAnswer
from appliance.flow.counts import counts_for_graph, polls_told, visits_told
from appliance.flow.graph import dot_of, lacks_font
from appliance.flow.rehearsal import Rehearsal
from appliance.flow.trying import answers_of, try_flow
from appliance.site import load_site
from appliance.store import Reader, Store
from tests.site.small import SMALL

SITE = """
[centre]
languages = ["en"]

[lines.trunk]
backend = "sip"
listen  = "127.0.0.1:5070"

[numbers]
95500 = { flow = "line" }

[call_flows]
line = "line.toml"

[queues.consult]
[stations]
821 = {}
[agents]
21 = { name = "A", station = "821", groups = { consult = 1 } }
"""
FLOW = """
flow       = "line"
start      = "welcome"
everywhere = { "*" = "welcome" }

[welcome]
say       = { en = "Press 1 to rate <us> & go." }
menu      = { 1 = "rate", 0 = "queue:consult" }
otherwise = "bye"

[rate]
ask       = { en = "From one to five.", digits = 1, into = "mark", as = "number", valid = "mark < 6", wrong = { en = "No." } }
answer    = { poll = "service", question = "mark", value = "mark" }
otherwise = "bye"
next      = "say"

[say]
record    = { en = "Tell us.", into = "words", otherwise = "bye" }
say       = { en = "You gave {mark:number}." }
next      = "bye"

[bye]
say  = { en = "Goodbye." }
next = "release"
"""


@pytest.fixture
def site(tmp_path: Path) -> Path:
    (tmp_path / "site.toml").write_text(SITE)
    (tmp_path / "line.toml").write_text(FLOW)
    return tmp_path / "site.toml"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data directory in which 10 callers came, 6 rated, 3 gave up there."""
    folder = tmp_path / "data"
    folder.mkdir()
    with Store(folder, at=1000.0) as store:
        put = [NodeVisit(f"c{n}", 1000.0 + n, "line", "v1", "welcome", "1" if n < 6 else "otherwise", 2.0, int(n >= 6)) for n in range(10)]
        put += [NodeVisit(f"c{n}", 1010.0 + n, "line", "v1", "rate", "next" if n < 3 else "hung up", 4.0, 0, 1) for n in range(6)]
        answers = [PollAnswer(f"c{n}", 1010.0 + n, "service", "mark", str(5 - n % 2)) for n in range(3)]
        _write(store, [*put, *answers])
    return folder


def _write(store: Store, rows: list[NodeVisit | PollAnswer]) -> None:
    async def run() -> None:
        writer = store.writer()
        async with writer.running():
            for row in rows:
                writer.put(row)

    trio.run(run)


def hotline(*arguments: str | Path) -> int:
    return main(["flow", *map(str, arguments)])


@pytest.mark.requirement("IVR-01")
def test_check_says_what_there_is_and_every_mistake_with_its_line(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert hotline("check", site) == 0
    assert capsys.readouterr().out.startswith("line: OK, 4 nodes, version ")
    flow = site.with_name("line.toml")
    flow.write_text(
        FLOW.replace('otherwise = "bye"\nnext      = "say"', 'otherwise = "buy"\nnext      = "say"').replace('1 = "rate"', '1 = "rat"')
    )
    assert hotline("check", site) == 2
    said = capsys.readouterr().err.splitlines()
    assert [line.partition(": ")[0].rpartition("/")[2] for line in said] == ["line.toml:8", "line.toml:14"]
    assert "there is no node 'rat'; did you mean 'rate'?" in said[0]


@pytest.mark.requirement("IVR-01")
@pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz is not installed")
def test_graph_draws_the_flow(site: Path, tmp_path: Path, data: Path) -> None:
    for name in ("flow.svg", "flow.png", "flow.dot"):
        assert hotline("graph", site, "line", "--out", tmp_path / name, "--data", data) == 0
    svg = (tmp_path / "flow.svg").read_text()
    assert all(word in svg for word in ("welcome", "rate", "queue:consult", "3 hung up here", "(60%)"))
    assert (tmp_path / "flow.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.requirement("IVR-12")
def test_the_picture_counts_the_callers_of_one_version_if_asked(site: Path, tmp_path: Path, data: Path) -> None:
    with Store(data, at=1100.0) as store:
        _write(store, [NodeVisit("c99", 1100.0, "line", "v2", "welcome", "otherwise", 2.0)])
    out = tmp_path / "flow.dot"
    for version, came, gone in (("", "11", "5 (45%)"), ("v1", "10", "4 (40%)"), ("v2", "1", "1 (100%)"), ("v3", "0", "0")):
        assert hotline("graph", site, "line", "--out", out, "--data", data, "--version", version) == 0
        assert f'"welcome" [label=<<b>welcome</b> &#160; {came}<' in out.read_text()
        assert f'"welcome" -> "bye" [label="otherwise {gone}"' in out.read_text()


@pytest.mark.parametrize(
    ("fonts", "file", "words", "lacks"),
    [
        ("", "a.png", "您好", True),
        ("WenQuanYi", "a.png", "您好", False),
        ("", "a.svg", "您好", False),
        ("", "a.png", "Hello", False),
    ],
)
def test_a_machine_without_chinese_letters_is_told(
    fonts: str, file: str, words: str, lacks: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "fc-list").write_text(f'#!/bin/sh\n[ "$1" = ":lang=zh" ] && echo "{fonts}"\n')
    (tmp_path / "fc-list").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert lacks_font(words, Path(file)) is lacks


def test_what_cannot_be_drawn_is_said(site: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert hotline("graph", site, "lines") == 2
    assert hotline("graph", site, "line", "--language", "fi") == 2
    assert hotline("graph", site, "line", "--out", tmp_path / "flow.dot", "--data", tmp_path) == 2
    said = capsys.readouterr().err
    assert "there is no flow 'lines'; there are: line" in said
    assert "the site does not speak 'fi'; it speaks en" in said


def test_the_drawing_has_every_node_and_way(site: Path) -> None:
    dot = dot_of(load_site(site).plan(lambda piece: piece.name).programs["line"], "en")
    for edge in (
        '"welcome" -> "rate" [label="1"]',
        '"welcome" -> "out:queue:consult"',
        '"rate" -> "say"',
        '":anywhere" -> "welcome" [label="*"',
    ):
        assert edge in dot
    assert "&lt;us&gt; &amp; go" in dot


@pytest.mark.requirement("IVR-01")
def test_try_is_a_call_in_the_terminal(site: Path) -> None:
    out = io.StringIO()
    assert try_flow(site, "line", outside=answers_of(None), keys=io.StringIO("1\n7\n3\nr\n\n"), out=out) == 0
    said = [line.strip().removeprefix("> ").strip() for line in out.getvalue().splitlines()]
    assert [line for line in said if not line.startswith(("calling", "way"))] == [
        "Press 1 to rate <us> & go.", "From one to five.", "No.", "From one to five.", "Tell us.", "[beep]", "● recording: 'r' speaks",
        "You gave three", "Goodbye.", "── the call is released", "agents see: mark = 3, words = 0001-000001-1",
    ]  # fmt: skip
    assert "way: welcome [1] → rate [next] → say [next] → bye [next]" in said


def test_silence_and_hanging_up_can_be_tried_too(site: Path) -> None:
    out = io.StringIO()
    try_flow(site, "line", outside=answers_of(None), keys=io.StringIO("\n\nhelp\nq\n"), out=out)
    assert out.getvalue().count("6 s of silence") == 2
    assert "keys answer" in out.getvalue()
    assert "welcome [hung up]" in out.getvalue()


@pytest.mark.requirement("IVR-12")
def test_counts_are_a_table_of_nodes_and_ways(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert hotline("counts", "line", "--data", data) == 0
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert rows[1][:7] == ["welcome", "10", "2.0", "s", "4", "0", "█" * 20]
    assert ["1", "6", "60%"] in rows
    assert ["hung", "up", "3", "50%"] in rows
    assert hotline("counts", "line", "--data", data, "--version", "v2") == 0
    assert capsys.readouterr().out == "line: nobody was there\n"
    assert hotline("counts", "line", "--data", data, "--from", "1980-01-01") == 0
    assert capsys.readouterr().out == "line: nobody was there\n"


@pytest.mark.requirement("IVR-10")
def test_results_of_polls(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert hotline("polls", "--data", data) == 0
    rows = capsys.readouterr().out.splitlines()
    assert rows[0] == "service / mark: 3 answers   mean 4.67"
    assert [row.split()[:3] for row in rows[1:]] == [["4", "1", "33%"], ["5", "2", "67%"]]
    assert list(polls_told({})) == ["nobody has answered a poll"]


def _answered(contact: str, at: float, answer: str, agent: str = "", queue: str = "", question: str = "mark") -> PollAnswer:
    return PollAnswer(contact, at, "again", question, answer, agent, queue)


@pytest.mark.requirement("IVR-10")
def test_of_the_answers_of_one_call_to_one_question_the_last_counts(tmp_path: Path) -> None:
    with Store(tmp_path, at=1000.0) as store:
        twice = [_answered("a", 1000.0, "1"), _answered("a", 1010.0, "2"), _answered("a", 1020.0, "1", question="other")]
        _write(store, [*twice, _answered("b", 1030.0, "1"), _answered("b", 1040.0, "5", "21"), _answered("b", 1050.0, "4", "21")])
    with Reader(tmp_path / "hotline.db") as reader:
        assert reader.poll_answers(0.0, 2000.0) == {
            ("again", "mark", ""): {"1": 1, "2": 1, "4": 1},
            ("again", "other", ""): {"1": 1},
        }
        days = [reader.poll_answers(since, until) for since, until in ((0.0, 1005.0), (1005.0, 1045.0), (1045.0, 2000.0))]
        assert days == [  # what somebody answers anew later is counted then, once
            {},
            {("again", "mark", ""): {"1": 1, "2": 1}, ("again", "other", ""): {"1": 1}},
            {("again", "mark", ""): {"4": 1}},
        ]
        assert len(list(reader.rows(PollAnswer))) == 6


@pytest.mark.requirement("IVR-10")
def test_results_of_polls_by_who_served_the_callers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Store(tmp_path, at=1000.0) as store:
        served = [_answered("a", 1000.0, "5", "21", "consult"), _answered("a", 1010.0, "3", "22", "bills"), _answered("b", 1020.0, "4")]
        _write(store, [*served, _answered("c", 1030.0, "4", "22", "consult")])
    heads = {}
    for by in ("agent", "queue"):
        assert hotline("polls", "--data", tmp_path, "--by", by) == 0
        heads[by] = [row for row in capsys.readouterr().out.splitlines() if row.startswith("again")]
    assert heads["agent"] == [
        "again / mark / agent -: 1 answers   mean 4.00",
        "again / mark / agent 21: 1 answers   mean 5.00",
        "again / mark / agent 22: 2 answers   mean 3.50",
    ]
    assert heads["queue"] == [
        "again / mark / queue -: 1 answers   mean 4.00",
        "again / mark / queue bills: 1 answers   mean 3.00",
        "again / mark / queue consult: 2 answers   mean 4.50",
    ]


def test_the_counts_of_a_node_are_those_of_its_ways(data: Path) -> None:
    with Reader(data / "hotline.db") as reader:
        visits = reader.node_visits("line", 0.0, 2000.0)
    counts = counts_for_graph(visits)
    assert counts["rate", ""] == counts["rate", "next"] + counts["rate", "hung up"] == 6
    assert len(list(visits_told("line", visits))) == 1 + 2 + 4


ASKING = """
flow = "bills"
start = "look"
[look]
lookup = { gateway = "billing", query = "bill", into = "bill", otherwise = "down" }
say = { zh = "{bill.amount:number}" , en = "{bill.amount:number}" }
next = "release"
[down]
say = { zh = "坏", en = "Down" }
next = "release"
"""
GATEWAY = """
[call_flows]
bills = "bills.toml"
[gateways.billing]
kind = "sql"
file = "bills.db"
[gateways.billing.queries.bill]
sql = "SELECT 77 AS amount"
"""


@pytest.mark.requirement("IVR-03")
def test_a_rehearsal_asks_the_gateways_of_the_site_unless_a_file_answers_for_them(tmp_path: Path) -> None:
    (tmp_path / "bills.toml").write_text(ASKING)
    site = tmp_path / "site.toml"
    site.write_text(SMALL + GATEWAY)
    sqlite3.connect(tmp_path / "bills.db").close()
    answers = tmp_path / "answers.toml"
    answers.write_text("[billing]\nbill = { amount = 5 }\n")
    seen = []
    for file, known in ((None, load_site(site)), (answers, load_site(site)), (None, None)):
        heard: list[str] = []
        rehearsal = Rehearsal(
            load_site(site).plan(lambda piece: piece.text or piece.name), "bills", answers_of(file, known, tmp_path), caller="1", wall_s=0.0
        )
        rehearsal.listen()
        heard += [one.text for one in rehearsal.heard() if one.kind == "said"]
        seen.append(" ".join(heard))
    assert "七" in seen[0]
    assert "五" in seen[1]
    assert seen[2] == "坏"


@pytest.mark.parametrize("text", ["billing = 5", "accounts = 5", "[accounts]\ncustomers = 5"])
def test_answers_that_are_no_tables_are_told_before_the_rehearsal_begins(tmp_path: Path, text: str) -> None:
    file = tmp_path / "answers.toml"
    file.write_text(text)
    with pytest.raises(ValueError, match="is no table of answers"):
        answers_of(file)
