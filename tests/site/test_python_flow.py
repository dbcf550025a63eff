"""Call flows that are Python: the escape hatch."""

from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from appliance.config import ConfigError
from appliance.core.engine import Engine
from appliance.core.inputs import ClockSet, PlanChanged
from appliance.core.records import Contact
from appliance.flow.rehearsal import Rehearsal
from appliance.site import load_site
from tests.core.playbook import MONDAY_8

pytestmark = pytest.mark.requirement("IVR-01")

SITE = """
[centre]
languages = ["zh", "en"]

[lines.trunk]
backend = "sip"
listen  = "127.0.0.1:5070"

[numbers]
95500 = { flow = "dice" }

[call_flows]
dice = "dice.py"
main = "main.toml"

[queues.consult]
[stations]
821 = {}
[agents]
21 = { name = "A", station = "821", groups = { consult = 1 } }
"""
MAIN = """
flow  = "main"
start = "a"
[a]
call = "dice"
next = "b"
[b]
say  = { zh = "{mark:number}分", en = "{mark:number} points" }
next = "release"
"""
DICE = """
from appliance.core.call import Call
from appliance.core.plan import Choice

PROMPTS = {"throw": {"zh": "请按键", "en": "Press a key"}}
GIVES = ("mark",)


async def flow(call: Call) -> Choice | None:
    keys = await call.digits(call.prompt("throw"), most=2)
    call.contact.variables["mark"] = sum(map(int, keys))
    return Choice("queue", "consult") if keys == "99" else None
"""


def site(folder: Path, dice: str = DICE, main: str = MAIN) -> Path:
    (folder / "dice.py").write_text(dice)
    (folder / "main.toml").write_text(main)
    (folder / "site.toml").write_text(SITE)
    return folder / "site.toml"


def called(folder: Path, flow: str, **files: str) -> Rehearsal:
    plan = load_site(site(folder, **files)).plan(lambda piece: piece.text or piece.name)

    def outside(asked: Any) -> Any:
        raise AssertionError(asked)

    call = Rehearsal(plan, flow, outside, caller="138", wall_s=MONDAY_8)
    call.listen()
    return call


def heard(folder: Path, flow: str, keys: str, **files: str) -> list[str]:
    call = called(folder, flow, **files)
    call.press(keys)
    call.listen()
    return [each.text for each in call.heard() if each.kind == "said"]


def test_a_python_flow_serves_a_caller_and_gives_what_it_has_set_to_the_flow_that_calls_it(tmp_path: Path) -> None:
    assert heard(tmp_path, "main", "34") == ["请按键", "七 分"]


@pytest.mark.requirement("IVR-06")
@pytest.mark.parametrize("secret", [True, False])
def test_digits_that_nobody_is_to_see_are_in_no_row(tmp_path: Path, secret: bool) -> None:
    call = called(tmp_path, "main", dice=DICE.replace("most=2", f"most=6, secret={secret}"))
    call.press("837465")
    call.listen()
    assert [each.text for each in call.heard() if each.kind == "said"][-1] == "三十三 分"
    assert call.over
    assert [row.keys for row in call.kept if isinstance(row, Contact)][-1] == ("••••••" if secret else "837465")
    assert ("8374" in repr(call.kept)) is not secret


@pytest.mark.requirement("IVR-02")
def test_a_pause_between_two_digits_is_shorter_than_the_one_before_the_first(tmp_path: Path) -> None:
    call = called(tmp_path, "main", dice=DICE.replace("most=2", "most=4, first_s=9, next_s=3"))
    for digit, thinks_s in (("3", 8), ("4", 2.5)):
        call.now += thinks_s
        call.press(digit)
    assert [each.text for each in call.heard() if each.kind == "said"] == ["请按键"]
    assert call.be_silent() == pytest.approx(3)
    call.listen()
    assert [each.text for each in call.heard() if each.kind == "said"] == ["七 分"]


def test_it_serves_a_number_and_sends_callers_on(tmp_path: Path) -> None:
    assert heard(tmp_path, "dice", "99")[0] == "请按键"


def test_what_it_does_not_promise_to_set_has_no_value(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"'mark' may have no value here|nothing in this flow is called 'mark'"):
        load_site(site(tmp_path, DICE.replace('GIVES = ("mark",)', "")))


@pytest.mark.parametrize(
    ("dice", "said"),
    [
        ("def flow(call): pass", "there is no 'async def flow"),
        ("x = 1", "there is no 'async def flow"),
        ("async def flow(call, more): pass", "there is no 'async def flow"),
        ("async def flow(:", "this is not Python"),
        ("import nothing_of_the_kind", "it cannot be loaded: ModuleNotFoundError"),
        ('PROMPTS = {"a": "b"}\nasync def flow(call): pass', "PROMPTS: 'a' is not a text for each language"),
        ('PROMPTS = {"a": {"zh": "好"}}\nasync def flow(call): pass', "PROMPTS: 'a' has no text in 'en'"),
        ("PROMPTS = 3\nasync def flow(call): pass", "PROMPTS: 'PROMPTS' is not a text"),
        ('GIVES = "mark"\nasync def flow(call): pass', "GIVES is no collection of variables' names"),
        ("GIVES = None\nasync def flow(call): pass", "GIVES is no collection of variables' names"),
        ("GIVES = (1,)\nasync def flow(call): pass", "GIVES is no collection of variables' names"),
        ("raise SystemExit(3)", "it cannot be loaded: SystemExit(3)"),
    ],
)
def test_a_wrong_file_is_refused_with_its_name_and_remedy(tmp_path: Path, dice: str, said: str) -> None:
    with pytest.raises(ConfigError) as refused:
        load_site(site(tmp_path, dice))
    (mistake,) = refused.value.mistakes
    assert said in mistake.text
    assert mistake.file.endswith("dice.py")
    assert not (tmp_path / "__pycache__").exists()


def test_what_it_raises_is_an_alarm_and_ends_the_call(tmp_path: Path) -> None:
    broken = DICE.replace("    keys =", "    1 / 0\n    keys =")
    plan = load_site(site(tmp_path, broken)).plan(lambda piece: piece.text or piece.name)
    call = Rehearsal(plan, "dice", lambda asked: asked, caller="138", wall_s=MONDAY_8)  # type: ignore[arg-type,return-value]
    assert call.over
    assert any(name.startswith("script:") for name in call.engine.state.alarms)


def test_a_changed_file_is_taken_over_with_the_site(tmp_path: Path) -> None:
    first = load_site(site(tmp_path)).plan(lambda piece: piece.name)
    second = load_site(site(tmp_path, DICE.replace("GIVES", "MORE = 1\nGIVES"))).plan(lambda piece: piece.name)
    assert first.scripts["dice"] is not second.scripts["dice"]
    engine = Engine(second)
    engine.handle(0.0, ClockSet(MONDAY_8))
    assert second.entrances[-1] == "dice"


CALLS_DICE = """
flow  = "main"
start = "a"
[a]
say       = { zh = "主", en = "Main" }
menu      = { 1 = "b" }
otherwise = "release"
[b]
call = "dice"
next = "a"
"""


def test_a_call_finishes_with_the_file_it_began_with_and_its_record_says_which(tmp_path: Path) -> None:
    first = load_site(site(tmp_path, main=CALLS_DICE)).plan(lambda piece: piece.text or piece.name)
    other = DICE.replace('"throw": {"zh": "请按键"', '"throw": {"zh": "请掷"')
    second = load_site(site(tmp_path, other, main=CALLS_DICE)).plan(lambda piece: piece.text or piece.name)
    without = evolve(second, scripts={}, gives={}, versions={}, programs={}, prompts={})
    assert first.versions["dice"] != second.versions["dice"]
    for changed in (second, without):
        call = Rehearsal(first, "main", lambda asked: asked, caller="138", wall_s=MONDAY_8)  # type: ignore[arg-type,return-value]
        call.listen()
        call._give(PlanChanged(changed))
        call.press("1")
        call.listen()
        assert [each.text for each in call.heard()][-1] == "请按键"
        assert call.contact is not None
        assert call.contact.flow_version == first.versions["dice"]
        call.press("9#")
        call.listen()
        assert call.contact.flow_version == first.programs["main"].version
