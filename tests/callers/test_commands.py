"""`./hotline callers`, `close` and `reopen` beside a running appliance, and what it keeps of them over a restart."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import trio
from attrs import evolve

from appliance.callers.desk import MOST_ENTRIES
from appliance.cli import main
from appliance.core.engine import Engine
from appliance.core.inputs import ClockSet
from appliance.core.plan import CallerPlan
from appliance.core.records import Audit, Closure, ListedCaller
from appliance.desk import Desk, ask_desk
from appliance.shell import Shell
from appliance.shell.clock import wall_s
from appliance.store import Reader, Store
from tests.core.playbook import prompt, small_plan

pytestmark = [pytest.mark.requirement("ACC-06"), pytest.mark.slow]


@asynccontextmanager
async def appliance(folder: Path) -> AsyncIterator[Shell]:
    """An engine with its desk and a store on disk, which goes on where the last one ended."""
    small = small_plan()
    plan = evolve(small, callers={"057112345678": CallerPlan(blocked=True)}, prompts={**small.prompts, "closed-storm": prompt("storm")})

    async def reload() -> str:
        raise AssertionError("nobody asked for it")

    with Store(folder, at=wall_s(), version="test") as store:
        writer = store.writer()
        shell = Shell(Engine(plan), writer, lambda _agent, _pin, answer: answer(False))
        writer.stored = shell.stored
        async with writer.running():
            shell.post(ClockSet(wall_s()))
            shell.post(store.left.restored)
            async with trio.open_nursery() as nursery:
                nursery.start_soon(shell.run)
                async with Desk(folder, shell, reload).open():
                    yield shell
                nursery.cancel_scope.cancel()


async def hotline(folder: Path, *words: str) -> int:
    """Run one command of the command line."""
    return await trio.to_thread.run_sync(main, [*words, "--data", str(folder)])


Said = pytest.CaptureFixture[str]


async def test_callers_are_listed_shown_with_their_source_and_kept_over_a_restart(tmp_path: Path, capsys: Said) -> None:
    async with appliance(tmp_path):
        assert await hotline(tmp_path, "callers", "block", "138 0013 8000", "--for", "2 h", "--why", "prank calls", "--by", "li") == 0
        assert await hotline(tmp_path, "callers", "vip", "13900139000", "--priority", "3", "--name", "李总", "--by", "li") == 0
        assert await hotline(tmp_path, "callers", "allow", "95*", "--by", "li") == 0
        assert await hotline(tmp_path, "callers", "remove", "95*", "--by", "li", "--why", "over") == 0
    capsys.readouterr()
    async with appliance(tmp_path) as shell:
        assert await hotline(tmp_path, "callers", "list") == 0
        lines = capsys.readouterr().out.splitlines()
        assert [line.split()[:2] for line in lines] == [["057112345678", "block"], ["13800138000", "block"], ["13900139000", "vip"]]
        assert lines[0].endswith("in the site file")
        assert ("by li on" in lines[1], "until" in lines[1], lines[1].endswith(": prank calls")) == (True, True, True)
        assert lines[2].endswith("priority 3, 李总")
        assert await hotline(tmp_path, "callers", "list", "139", "--json") == 0
        shown = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        assert [(each["number"], each["source"], each["who"]) for each in shown] == [("13900139000", "operator", "li")]
        assert shell.engine.state.known("13800138000") == CallerPlan(blocked=True)
    with Store(tmp_path, at=wall_s()) as store:
        audit = await store.read(lambda reader: [(row.who, row.what, row.detail) for row in reader.rows(Audit, "who = 'li' ORDER BY seq")])
        assert audit == [
            ("li", "caller blocked", "13800138000: prank calls"),
            ("li", "caller made a VIP", "13900139000"),
            ("li", "caller allowed", "95*"),
            ("li", "caller taken from the list", "95*: over"),
        ]
        assert [row.number for row in store.left.listed] == ["13800138000", "13900139000"]
    with Store(tmp_path, at=wall_s() + 7201.0) as store:
        assert [row.number for row in store.left.restored.listed] == ["13900139000"], "the other one's time is over"


async def test_what_is_refused_says_why(tmp_path: Path, capsys: Said) -> None:
    assert await hotline(tmp_path, "callers", "list") == 2
    assert "no appliance is running" in capsys.readouterr().err
    async with appliance(tmp_path):
        for words, code, why in (
            (("callers", "block", "abc"), 1, "'abc' is no number"),
            (("callers", "remove", "13800138000"), 1, "13800138000 is not listed"),
            (("callers", "block", "138*", "--until", "never"), 2, "'never' is not a moment"),
            (("callers", "vip", "138*", "--for", "never"), 2, "'never' is not a length of time"),
            (("close", "95599"), 1, "there is no service number '95599'"),
            (("close", "95501", "--say", "closed-flood"), 1, "there is no prompt 'closed-flood'; there are: closed-storm"),
            (("reopen", "95501"), 1, "95501 was not closed by anybody"),
        ):
            assert await hotline(tmp_path, *words) == code
            assert why in capsys.readouterr().err


async def test_a_file_is_imported_in_parts_and_its_rejected_rows_are_reported(tmp_path: Path, capsys: Said) -> None:
    numbers = [f"138{n:08}" for n in range(2 * MOST_ENTRIES + 1)]
    file, rejected = tmp_path / "list.csv", tmp_path / "rejected.csv"
    file.write_text("\n".join(["number,why", *numbers, "abc,x"]))
    async with appliance(tmp_path / "data") as shell:
        words = ("callers", "import", str(file), "--as", "vip", "--why", "customers", "--rejected", str(rejected))
        assert await hotline(tmp_path / "data", *words) == 1
        told = capsys.readouterr()
        assert told.out == f"listed {len(numbers)}, rejected 1\n"
        assert told.err.startswith(f"line {len(numbers) + 2}: 'abc' is no number")
        why = "'abc' is no number of 3 to 20 digits, and not the beginning of numbers as 95*"
        assert rejected.read_text("utf-8-sig").splitlines() == [f'{len(numbers) + 2},"{why}",abc,x']
        assert len(shell.engine.state.book) == len(numbers)
        assert await hotline(tmp_path / "data", "callers", "list") == 0
        assert len(capsys.readouterr().out.splitlines()) == len(numbers) + 1
    with Store(tmp_path / "data", at=wall_s()) as store:
        assert {(row.number, row.kind, row.why) for row in store.left.listed} == {(number, "vip", "customers") for number in numbers}


@pytest.mark.requirement("ACC-05")
async def test_a_closure_is_shown_kept_over_a_restart_and_taken_back(tmp_path: Path, capsys: Said) -> None:
    async with appliance(tmp_path):
        words = ("close", "95501", "--for", "2 h", "--say", "closed-storm", "--then", "voicemail", "--why", "typhoon", "--by", "li")
        assert await hotline(tmp_path, *words) == 0
    async with appliance(tmp_path) as shell:
        assert [closure.number for closure in shell.engine.admission.in_force()] == ["95501"]
        assert await hotline(tmp_path, "close") == 0
        told = capsys.readouterr().out
        assert (told.startswith("95501"), "closed by li on" in told, "until" in told, told.endswith("typhoon\n")) == (True,) * 4
        assert await hotline(tmp_path, "show") == 0
        assert "closed by an operator: 95501" in capsys.readouterr().out
        assert await hotline(tmp_path, "reopen", "95501", "--by", "li") == 0
    with Store(tmp_path, at=wall_s()) as store:
        assert store.left.closures == ()
        rows = await store.read(lambda reader: list(reader.rows(Closure)))
        assert [(row.number, row.open, row.who) for row in rows] == [("95501", True, "li")]


@pytest.mark.parametrize(
    ("request_", "error"),
    [
        ({"callers": "all"}, "'callers' is 'list', or 'put' with 1 to 500 'entries'"),
        ({"callers": "put", "entries": []}, "'callers' is 'list', or 'put' with 1 to 500 'entries'"),
        ({"callers": "put", "entries": ["138"]}, "it needs a 'number'"),
        ({"callers": "put", "entries": [{"number": "138*", "who": "x"}]}, "'who' is not known"),
        ({"callers": "put", "entries": [{"number": "138*"}]}, "138*: it needs a 'kind'"),
        ({"callers": "put", "entries": [{"number": "138*", "kind": "block", "until_at": "x"}]}, "138*: 'until_at' cannot be 'x'"),
        ({"callers": "put", "entries": [{"number": "138*", "kind": "vip", "priority": True}]}, "138*: 'priority' cannot be True"),
        ({"callers": "put", "entries": [{"number": "138*", "kind": "vip"}], "for_s": -1}, "'for_s' cannot be -1"),
        ({"closures": "put"}, "'closures' is 'list', or 'put' with a 'closure'"),
        ({"closures": "put", "closure": {"number": "all", "open": 1}}, "all: 'open' cannot be 1"),
    ],
)
async def test_a_request_that_is_none_costs_nothing(tmp_path: Path, request_: dict[str, object], error: str) -> None:
    async with appliance(tmp_path) as shell:
        assert error in (await ask_desk(tmp_path, request_))["error"]
        assert len(shell.engine.state.book) == 0
        assert shell.engine.admission.in_force() == []


async def test_who_asks_is_answered_when_it_is_on_disk(tmp_path: Path) -> None:
    async with appliance(tmp_path):
        assert await ask_desk(tmp_path, {"callers": "put", "entries": [{"number": "138*", "kind": "block"}]}) == {"done": True}
        with Reader(tmp_path / "hotline.db") as reader:
            assert [row.number for row in reader.rows(ListedCaller)] == ["138*"]
