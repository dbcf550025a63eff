"""What is wrong in a call flow is found before a caller is: each mistake with its node."""

from typing import Any

import pytest
from attrs import evolve

from appliance.config import ConfigError
from appliance.core.plan import Choice, Overflow
from appliance.core.program.analysis import mistakes
from tests.core.playbook import service, small_plan
from tests.core.walking import flow_of, plan_with

pytestmark = pytest.mark.requirement("IVR-01")

HEAD = """
flow  = "f"
start = "a"
"""
END = """
[end]
say  = { zh = "再见", en = "Goodbye" }
next = "release"
"""


def found(*bodies: str, head: str = HEAD, **changes: object) -> list[tuple[str, str]]:
    """The mistakes in the first of these flows."""
    texts = [bodies[0] if "flow " in bodies[0] else head + bodies[0], *bodies[1:]]
    plan = plan_with(*texts, **changes)
    return list(mistakes(plan.programs[plan.numbers["96000"].to.name], plan))


def menu(name: str, keys: str, otherwise: str = "end") -> str:
    return f'[{name}]\nsay = {{ zh = "请按", en = "Press" }}\nmenu = {{ {keys} }}\notherwise = "{otherwise}"\n'


WHEN = '[a]\nbranch = [{ when = "%s", to = "end" }]\notherwise = "end"' + END


def test_a_sound_flow_has_none() -> None:
    assert found(menu("a", '1 = "again", 2 = "end"') + END) == []


@pytest.mark.parametrize(
    ("body", "where", "said"),
    [
        (menu("a", '1 = "nowhere"') + END, "a.keys.1", "there is no node 'nowhere'; there are: a, end"),
        (menu("a", '1 = "end"', "lost") + END, "a.otherwise", "there is no node 'lost'"),
        (menu("a", '1 = "end"') + END + '[b]\nnext = "end"', "b", "no call ever comes here"),
        (menu("a", '1 = "queue:sales"') + END, "a.keys.1", "there is no queue 'sales'"),
        ('[a]\nnext = "queue:sales"\nthen = "end"\nfailed = "end"' + END, "a.to", "there is no queue 'sales'"),
        (menu("a", '1 = "end"').replace(', en = "Press"', "") + END, "a.prompt", "there is no text in 'en'"),
        ('[a]\nnext = "b"\n[b]\nnext = "a"', "a", "the flow can go round here without end and without asking anybody: a → b → a"),
        ('[a]\nsay = { zh = "好", en = "Hi" }\nnext = "again"', "a", "go round here without end"),
        (WHEN % "open('lunch')", "a.branch.0.when", "there are no hours 'lunch'"),
        (WHEN % "waiting('x') > 3", "a.branch.0.when", "there is no queue 'x'"),
        (WHEN % "acount = 3", "a.branch.0.when", "nothing in this flow is called 'acount'"),
        ('[a]\nsay = { zh = "x", en = "{today:money}" }\nnext = "release"', "a.speech", "'today' is a date and cannot be said as"),
        ('[a]\nsay = { zh = "{today:prayer}", en = "x" }\nnext = "release"', "a.speech", "cannot be said as 'prayer'"),
        ('[a]\nsay = { zh = "{hour:number unit=call}", en = "x" }\nnext = "release"', "a.speech", "number has no option 'unit'"),
        ('[a]\nsay = { zh = "{hour:count unit=elephant}", en = "x" }\nnext = "release"', "a.speech", "unit cannot be 'elephant'"),
        ('[a]\ncall = "pin"\nnext = "release"', "a.call.flow", "there is no flow in a file 'pin'"),
        ('[a]\ncall = "f"\nnext = "release"', "start", "flow 'f' calls itself"),
        (
            '[a]\nlookup = { gateway = "crm", query = "q", into = "x", otherwise = "end" }\nnext = "end"' + END,
            "a.lookup.gateway", "there is no gateway 'crm'; there are: billing",
        ),
        (
            '[a]\nlookup = { gateway = "billing", query = "q", into = "x", otherwise = "end" }\nnext = "end"' + END,
            "a.lookup.query", "there is no query 'q'; there are: bill",
        ),
        (
            '[a]\nauthenticate = { accounts = "vip", account = "caller", pin = "\'1\'", otherwise = "end" }\nnext = "end"' + END,
            "a.authenticate.accounts", "there are no accounts 'vip'",
        ),
        ('[a]\nticket = { kind = "c", queue = "nobody" }\nnext = "release"', "a.ticket.queue", "there is no queue 'nobody'"),
    ],
)  # fmt: skip
def test_each_mistake_is_named_with_its_node(body: str, where: str, said: str) -> None:
    everything = found(body, gateways={"billing": frozenset({"bill"})})
    assert [(place, said in text) for place, text in everything] == [(where, True)], everything


def test_a_start_that_is_not_there() -> None:
    assert found('[b]\nnext = "release"') == [("start", "there is no node 'a'; there are: b")]


ASKS = '[a]\nask = { zh = "账号", en = "Account", into = "account", otherwise = "%s" }\nnext = "say"\n'
SAYS = '[say]\nsay = { zh = "{account}", en = "{account:account}" }\nnext = "release"\n'


def test_a_variable_has_a_value_on_every_way_or_on_none_that_needs_it() -> None:
    assert found(ASKS % "release" + SAYS) == []
    assert found(ASKS % "say" + SAYS) == [("say.speech", "'account' may have no value here; set it on every way that leads to this node")]


def test_a_value_is_there_for_what_comes_after_it_in_its_own_node_only() -> None:
    own = '[a]\nask = { zh = "x{mark:number}", en = "x", into = "mark", as = "number", otherwise = "release" }\nnext = "release"'
    assert [where for where, _ in found(own)] == ["a.ask"]
    valid = 'valid = "mark < 6", confirm = { zh = "{mark:number}", en = "{mark:number}" }'
    assert found(own.replace("x{mark:number}", "x").replace('as = "number"', f'as = "number", {valid}')) == []


PIN = """
flow  = "pin"
start = "ask"
needs = ["account"]

[ask]
ask  = { zh = "密码", en = "PIN", digits = 4, into = "pin", secret = true, otherwise = "give_up" }
next = "return"

[give_up]
%s
next = "return"
"""
CALLS = '[b]\ncall = "pin"\nnext = "c"\n[c]\nset = { x = "pin" }\nnext = "release"\n'


def test_a_called_flow_needs_what_it_says_and_gives_what_it_sets_on_every_way() -> None:
    asks = ASKS.replace('next = "say"', 'next = "b"')
    assert found(asks % "release" + CALLS, PIN % "set = { pin = \"''\" }") == []
    assert [where for where, _ in found(asks % "release" + CALLS, PIN % "")] == ["c.set.x"]
    (without,) = found(asks % "b" + CALLS, PIN % "set = { pin = \"''\" }")
    assert without == ("b.call", "flow 'pin' needs 'account', which may have no value here; set it on every way")


def test_flows_that_call_one_another_are_found() -> None:
    other = 'flow = "g"\nstart = "x"\n[x]\ncall = "f"\nnext = "return"'
    assert found('[a]\ncall = "g"\nnext = "release"', other) == [
        ("start", "flow 'f' calls itself, over others or directly; go back to one of its nodes instead")
    ]


EACH = '[a]\nloop = { over = "xs", item = "x", to = "b" }\nnext = "%s"\n'


@pytest.mark.parametrize(
    ("body", "circle"),
    [
        ('[a]\nnext = "queue:consult"\nfailed = "a"', True),  # nobody there: it fails at once
        ('[a]\nnext = "queue:consult"\nthen = "a"', False),  # somebody has served him in between
        ('[a]\nloop = { over = "xs", item = "x", to = "a" }\nnext = "release"\n[z]\nnext = "a"', False),
        (EACH % "again" + '[b]\nnext = "a"', True),
        (EACH % "b" + '[b]\nnext = "a"', True),
        (EACH % "release" + '[b]\nnext = "flow:f"', True),
        (EACH % "release" + '[b]\nset = { y = "1" }\nnext = "c"\n[c]\nnext = "a"', False),
        (EACH % "release" + '[b]\nloop = { over = "ys", item = "y", to = "c" }\nnext = "a"\n[c]\nnext = "b"', False),
        ('[a]\nset = { z = "0" }\nnext = "b"\n[b]\nloop = { over = "xs", item = "x", to = "c" }\nnext = "release"\n[c]\nnext = "a"', True),
        ('[a]\nlookup = { gateway = "billing", query = "bill", into = "xs", otherwise = "a" }\nnext = "release"', True),
        ('[a]\nask = { zh = "x", en = "x", into = "x", otherwise = "a" }\nnext = "release"', False),
    ],
)
def test_what_is_a_circle_that_waits_for_nobody(body: str, circle: bool) -> None:
    everything = found(body, gateways={"billing": frozenset({"bill"})})
    assert any("without end" in text for _, text in everything) is circle


def test_of_the_ways_round_a_list_the_one_is_shown_that_has_no_end() -> None:
    everything = found(EACH % "c" + '[b]\nnext = "a"\n[c]\nset = { z = "1" }\nnext = "d"\n[d]\nnext = "a"')
    (shown,) = (text for _, text in everything if "without end" in text)
    assert shown.endswith(": a → c → d → a; ask something on the way")


def test_a_plan_with_a_mistake_in_a_flow_is_refused_with_the_flows_name() -> None:
    problems = plan_with(HEAD + menu("a", '1 = "nowhere"') + END).problems()
    assert problems == ["flows.f.a.keys.1: there is no node 'nowhere'; there are: a, end"]


STARS = (
    """
flow       = "f"
start      = "begin"
everywhere = { "*" = "menu" }
[begin]
set  = { account = "''" }
say  = { zh = "好", en = "Hi" }
next = "menu"
"""
    + menu("menu", '1 = "end"')
    + """
[end]
branch    = [{ when = "account = ''", to = "release" }]
otherwise = "menu"
"""
)


def test_what_a_node_sets_first_of_all_has_a_value_wherever_a_key_leads_from_it() -> None:
    assert found(STARS) == []
    counted = STARS.replace("\"''\"", '"length(caller) + 1"').replace("account = ''", "account = 1")
    assert [where for where, _ in found(counted)] == ["end.branch.0.when"], "what is counted may be in trouble before it is set"
    later = STARS.replace("[begin]", '[begin]\nlookup = { gateway = "billing", query = "q", into = "x", otherwise = "end" }')
    assert "end.branch.0.when" in [where for where, _ in found(later)]


@pytest.mark.parametrize("name", ["again", "return", "voicemail", "callback", "release"])
def test_a_node_is_not_called_what_a_target_means_otherwise(name: str) -> None:
    with pytest.raises(ConfigError, match=f"'{name}' is no name of a node"):
        flow_of(HEAD + menu("a", '1 = "end"') + END + f"[{name}]\nnext = 'end'")


def test_questions_and_menus_that_say_nothing_are_found() -> None:
    head = 'flow = "f"\nstart = "a"\n[a]\notherwise = "release"\n'
    for node, why in (
        ('yes_no = { into = "x" }\nnext = "release"\n', "there is no question"),
        ('say = {}\nmenu = { 1 = "release" }\n', "the menu says nothing"),
        ('say = { zh = "{hour}", en = "{hour}" }\nin_all_languages = true\nnext = "release"\n', "has no values"),
    ):
        with pytest.raises(ConfigError, match=why):
            flow_of(head + node)


@pytest.mark.parametrize(
    "node",
    [
        'record = { zh = "请讲", en = "Speak", into = "what", otherwise = "release" }\nnext = "again"\n',
        'next = "voicemail"\nthen = "again"\n',
    ],
)
def test_a_circle_in_which_who_is_silent_is_recorded_for_ever_is_found(node: str) -> None:
    (found,) = plan_with(f'flow = "f"\nstart = "a"\n[a]\n{node}').problems()
    assert "a → a" in found


def test_who_says_nothing_may_be_asked_to_speak_again() -> None:
    node = 'record = { zh = "请讲", en = "Speak", into = "what", otherwise = "again" }\nnext = "release"\n'
    assert plan_with(f'flow = "f"\nstart = "a"\n[a]\n{node}').problems() == []


FIRST = 'flow = "f"\nstart = "a"\n[a]\n%s\n'
OTHER = 'flow = "g"\nstart = "x"\n[x]\n%s\n'
SAY = 'say = { zh = "好", en = "Hi" }\n'
PRESS = 'say = { zh = "请按", en = "Press" }\nmenu = { 1 = "%s" }\notherwise = "%s"'
ROUND = "callers can go round here without end and without asking anybody: "


@pytest.mark.parametrize(
    ("first", "other", "where", "circle"),
    [
        (SAY + 'next = "flow:g"', SAY + 'next = "flow:f"', "a.to", "f/a → g/x → f/a"),
        ('call = "g"\nnext = "release"', 'next = "flow:f"', "a.call", "f/a → g/x → f/a"),
        (
            'next = "b"\n[b]\nbranch = [{ when = "vip", to = "flow:g" }]\notherwise = "release"',
            'next = "flow:f"', "b.branch.0", "f/a → f/b → g/x → f/a",
        ),
        (PRESS % ("flow:g", "flow:g"), 'next = "flow:f"', "", ""),
        ('next = "flow:g"', PRESS % ("flow:f", "flow:f"), "", ""),
        ('call = "g"\nnext = "again"', PRESS % ("return", "return"), "", ""),
        ('call = "g"\nnext = "again"', SAY + 'next = "return"', "a", "a → a"),
        ('call = "g"\nnext = "release"', 'next = "queue:consult"', "a.call", "f/a → g/x → queue:consult → f/a"),
        ('call = "g"\nnext = "release"', 'next = "queue:consult"\nfailed = "return"', "", ""),
        ('next = "queue:consult"\nfailed = "b"\n[b]\ncall = "g"\nnext = "release"', 'next = "flow:f"', "b.call", "f/a → f/b → g/x → f/a"),
        ('next = "flow:g"\nfailed = "again"', 'next = "number:110"', "a", "a → a"),
        ('next = "flow:g"\nfailed = "again"', PRESS % ("number:110", "release"), "", ""),
        ('next = "flow:services"', 'next = "release"', "a.to", "f/a → services/welcome → f/a"),
    ],
)  # fmt: skip
def test_circles_over_several_flows_are_found_in_the_first_of_them(first: str, other: str, where: str, circle: str) -> None:
    queues = small_plan().queues
    nobody = evolve(queues["consult"], overflow=(Overflow("nobody logged in", Choice("flow", "f")),))
    changes: dict[str, Any] = {"queues": {**queues, "consult": nobody}, "programs": {"services": service("services", otherwise="flow:f")}}
    everything = found(FIRST % first, OTHER % other, **changes)
    alone = "the flow can go round here without end and without asking anybody: "
    assert everything == ([(where, f"{ROUND if '/' in circle else alone}{circle}; ask something on the way")] if circle else [])
    assert found(OTHER % other, FIRST % first, **changes)[1:] == [], "told once, in whichever flow is the first"


def test_a_circle_of_others_is_no_mistake_of_the_flow_that_leads_to_it() -> None:
    goes = 'flow = "%s"\nstart = "a"\n[a]\nnext = "flow:%s"\n'
    plan = plan_with(FIRST % 'next = "flow:g"', goes % ("g", "h"), goes % ("h", "g"))
    assert [[where for where, _ in mistakes(program, plan)] for program in plan.programs.values() if not program.short] == [
        [],
        ["a.to"],
        [],
    ]


def test_a_flow_that_serves_callers_by_itself_and_has_them_back_is_found() -> None:
    asks = '[a]\nask = { zh = "x", en = "x", into = "x", otherwise = "release" }\nnext = "flow:g"\nthen = "again"\n'
    back = asks.replace("[a]", 'flow = "g"\nstart = "a"\n[a]').replace("flow:g", "flow:f")
    assert found(HEAD + asks, back) == [("start", "flow 'f' calls itself, over others or directly; go back to one of its nodes instead")]
    assert found(HEAD + asks, back.replace('then = "again"\n', "")) == [], "who is sent on without coming back is in no flow any more"
    assert found(HEAD + asks.replace("then =", "failed ="), back) != [], "who is not taken comes back"


def test_who_waits_in_a_queue_does_not_go_round_at_once() -> None:
    queues = small_plan().queues
    wait = evolve(queues["consult"], overflow=(Overflow("wait", Choice("flow", "f"), 60.0),))
    assert found('[a]\nnext = "queue:consult"\n', queues={**queues, "consult": wait}) == []


def test_how_a_flow_is_left_by_the_flows_that_it_calls_counts() -> None:
    first = FIRST % 'next = "flow:g"\nfailed = "again"'
    assert [
        where for where, _ in found(first, OTHER % 'call = "h"\nnext = "return"', FIRST.replace('"f"', '"h"') % 'next = "number:110"')
    ] == ["a"]
    asks = PRESS % ("number:110", "release")
    assert found(first, OTHER % 'call = "h"\nnext = "return"', FIRST.replace('"f"', '"h"') % asks) == []
