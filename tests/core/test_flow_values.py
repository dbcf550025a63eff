"""What a value is put to that it is not for is found before a caller is: types, and where secrets go."""

from typing import Any

import pytest

from appliance.core.plan import QueryPlan
from appliance.core.program.analysis import mistakes
from tests.core.test_flow_mistakes import HEAD, found
from tests.core.walking import plan_with

pytestmark = pytest.mark.requirement("IVR-01")

QUERIES = {
    "billing": {
        "bill": QueryPlan(members=(("amount", "number"), ("due", "field"))),
        "bills": QueryPlan(many=True, members=(("amount", "number"),)),
        "login": QueryPlan(secrets=frozenset({"code"})),
    }
}
CENTRE: dict[str, Any] = {
    "gateways": {"billing": frozenset(QUERIES["billing"])},
    "queries": QUERIES,
    "accounts": frozenset({"customers"}),
}
LOOK = '[a]\nlookup = { gateway = "billing", query = "%s", into = "bill", otherwise = "release" }\nnext = "b"\n[b]\n%s\nnext = "release"\n'
ASK = '[a]\nask = { zh = "x", en = "x", into = "x", as = "%s", otherwise = "release" }\nnext = "b"\n[b]\n%s\nnext = "release"\n'
SET = '[a]\nset = { x = "%s" }\nnext = "b"\n[b]\n%s\nnext = "release"\n'


def say(of: str) -> str:
    return f'say = {{ zh = "好", en = "a {of}" }}'


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        (SET % ("1 + 1", say("{x:money}")), ""),
        (SET % ("'twelve'", say("{x:money}")), "b.speech: 'x' is a text and cannot be said as 'money'"),
        (SET % ("length(caller)", say("{x:date}")), "b.speech: 'x' is a number and cannot be said as 'date'"),
        (SET % ("today", say("{x:date}")), ""),
        (SET % ("'2026-10-31'", say("{x:date}")), ""),
        (SET % ("last(caller, 4)", say("{x:digits}")), ""),
        (SET % ("vip", say("{x:text}")), "b.speech: 'x' is a yes-no and cannot be said as 'text'"),
        (SET % ("1", 'set = { y = "x + \'1\'" }'),
         "b.set.y: 'x + '1'': 'x' is a number, ''1'' is a digits: only two numbers or two texts can be added"),
        (SET % ("1", 'set = { y = "x = \'1\'" }'), "b.set.y: 'x = '1'': 'x' is a number, ''1'' is a digits: they are never equal"),
        (SET % ("nothing", 'set = { y = "x = nothing or x = 1" }'), ""),
        (SET % ("'a'", 'set = { y = "x * 2" }'), "b.set.y: 'x * 2': 'x' is a text, where a number is needed"),
        (SET % ("'a'", 'set = { y = "-x" }'), "b.set.y: '-x': 'x' is a text, where a number is needed"),
        (SET % ("'a'", 'set = { y = "x.amount" }'), "b.set.y: 'x.amount': 'x' is a text, and has no members"),
        (SET % ("'a'", 'set = { y = "x[1]" }'), "b.set.y: 'x[1]': 'x' is a text, where a list is needed"),
        (SET % ("5", 'set = { y = "length(x)" }'), "b.set.y: 'length(x)': 'x' is a number, where a text or list or nothing is needed"),
        (SET % ("5", 'set = { y = "starts(x, caller)" }'), "b.set.y: 'starts(x, caller)': 'x' is a number, where a text is needed"),
        (SET % ("vip", 'set = { y = "round(x, 2)" }'), "b.set.y: 'round(x, 2)': 'x' is a yes-no, where a number is needed"),
        (SET % ("vip", 'set = { y = "number(x)" }'), "b.set.y: 'number(x)': 'x' is a yes-no, where a text or number is needed"),
        (SET % ("5", 'set = { y = "last(x, 1)" }'), "b.set.y: 'last(x, 1)': 'x' is a number, where a text is needed"),
        (SET % ("round(7.5, 0)", say("{x:money}")), ""),
        (ASK % ("digits", 'set = { y = "x > 5" }'),
         "b.set.y: 'x > 5': 'x' is a digits, '5' is a number: only two numbers or two texts can be compared"),
        (ASK % ("digits", 'set = { y = "number(x) > 5" }'), ""),
        (ASK % ("money", 'set = { y = "x * 2 + hour" }\nnext = "c"\n[c]\n' + say("{y:money}")), ""),
        (ASK % ("month", 'set = { y = "x <= month" }'), ""),
        (ASK % ("money", say("{x:count}")), "b.speech: 'x' is a money and cannot be said as 'count'"),
        (LOOK % ("bill", say("{bill.amount:money}")), ""),
        (LOOK % ("bill", say("{bill.due:date}")), ""),
        (LOOK % ("bill", say("{bill.amount:date}")), "b.speech: 'bill.amount' is a number and cannot be said as 'date'"),
        (LOOK % ("bill", 'set = { y = "bill.due - 1" }'), "b.set.y: 'bill.due - 1': 'bill.due' is a field, where a number is needed"),
        (LOOK % ("bill", say("{bill.amuont:money}")), "b.speech: 'bill.amuont': there is no member 'amuont'; there are: amount, due"),
        (LOOK % ("bills", say("{bill.amount:money}")), "b.speech: 'bill.amount': 'bill' is a list, and has no members"),
        (LOOK % ("bills", say("{bill[1].amount:money}")), ""),
        (LOOK % ("bills", say("{bill[1].due:money}")), "b.speech: 'bill[1].due': there is no member 'due'; there are: amount"),
        (LOOK % ("login", say("{bill.anything:money}")), ""),
        (LOOK % ("bill", 'note = { bill = "bill" }'), "b.note.bill: 'bill' is a record, and no text"),
        (LOOK % ("bills", 'answer = { poll = "p", question = "q", value = "bill" }'), "b.answer.value: 'bill' is a list, and no text"),
        ('[a]\nrecord = { zh = "x", en = "x", into = "x", otherwise = "release" }\n' + say("{x:text}") + '\nnext = "release"',
         "a.speech: 'x' is a recording and cannot be said as 'text'"),
        ('[a]\nticket = { kind = "k", into = "x" }\n' + say("{x:digits}") + '\nnext = "release"',
         "a.speech: 'x' is a ticket and cannot be said as 'digits'"),
        ('[a]\nyes_no = { zh = "x", en = "x", into = "x", otherwise = "release" }\nset = { y = "x = 1" }\nnext = "release"',
         "a.set.y: 'x = 1': 'x' is a yes-no, '1' is a number: they are never equal"),
    ],
)  # fmt: skip
def test_each_use_is_looked_at(body: str, wrong: str) -> None:
    everything = [f"{where}: {text}" for where, text in found(body, **CENTRE)]
    assert everything == ([wrong] if wrong else [])


TWO_WAYS = """[a]
branch    = [{ when = "vip", to = "one" }]
otherwise = "two"
[one]
set  = { x = "%s" }
next = "b"
[two]
set  = { x = "%s" }
next = "b"
[b]
%s
next = "release"
"""


@pytest.mark.parametrize(
    ("one", "two", "use", "wrong"),
    [
        ("1", "2.5", say("{x:money}"), ""),
        ("1", "'a'", say("{x:money}"), "b.speech: 'x' may be a number or a text and cannot be said as 'money'"),
        ("''", "today", say("{x:date}"), ""),  # empty: not set yet
        ("nothing", "5", say("{x:money}"), ""),
        ("''", "5", "set = { y = \"x = ''\" }", ""),
        ("caller", "called", say("{x:telephone}"), ""),
    ],
)
def test_a_value_is_what_any_way_gives_it(one: str, two: str, use: str, wrong: str) -> None:
    everything = [f"{where}: {text}" for where, text in found(TWO_WAYS % (one, two, use), **CENTRE)]
    assert everything == ([wrong] if wrong else [])


def test_what_the_flow_declares_counts_and_binds_what_sets_it() -> None:
    head = HEAD + 'variables = { x = "money" }\n'
    assert found(TWO_WAYS % ("1", "called", say("{x:money}")), head=head, **CENTRE) == [
        ("two.set.x", "'x' is declared as money, and 'called' is a telephone")
    ]


def test_the_items_of_a_list_are_its_records() -> None:
    loops = LOOK % ("bills", 'loop = { over = "bill", item = "one", to = "c" }') + "[c]\n" + say("{one.%s:money}") + '\nnext = "b"\n'
    assert found(loops % "amount", **CENTRE) == []
    assert [where for where, _ in found(loops % "due", **CENTRE)] == ["c.speech"]
    assert [where for where, _ in found(SET % ("5", 'loop = { over = "x", item = "y", to = "b" }'), **CENTRE)] == ["b.each.over"]


CALLER = 'flow = "f"\nstart = "a"\n[a]\nset = { x = "%s" }\ncall = "g"\nnext = "b"\n[b]\n%s\nnext = "release"\n'
CALLED = 'flow = "g"\nstart = "a"\nneeds = ["x"]\n[a]\n%s\nnext = "return"\n'


@pytest.mark.parametrize(
    ("given", "does", "then", "wrong"),
    [
        ("5", say("{x:money}"), say("{x:money}"), []),
        ("'a'", say("{x:money}"), say("hello"), ["g.a.speech"]),
        ("5", "set = { x = \"'a'\" }", say("{x:money}"), ["f.b.speech"]),
        ("'a'", 'set = { y = "x" }', say("{y:money}"), ["f.b.speech"]),
        ("'a'", 'set = { x = "5" }', say("{x:money}"), []),  # it is set on every way
        ("5", 'otherwise = "return"\nbranch = [{ when = "vip", to = "c" }]\n[c]\nset = { x = "today" }', say("{x:money}"), ["f.b.speech"]),
    ],
)
def test_flows_give_values_to_one_another(given: str, does: str, then: str, wrong: list[str]) -> None:
    plan = plan_with(CALLER % (given, then), CALLED % does, **CENTRE)
    assert [f"{name}.{where}" for name, program in plan.programs.items() for where, _ in mistakes(program, plan)] == wrong


def test_a_flow_that_nobody_calls_yet_is_given_what_it_declares() -> None:
    body = 'flow = "g"\nstart = "a"\nneeds = ["x"]\nvariables = { x = "money" }\n[a]\n%s\nnext = "return"\n'
    assert found(body % say("{x:money}"), **CENTRE) == []
    assert [where for where, _ in found(body % say("{x:date}"), **CENTRE)] == ["a.speech"]


# -- secrets ------------------------------------------------------------------------------------------------------------------------------

ASKED = 'ask = { zh = "x", en = "x", into = "%s", secret = true, otherwise = "%s" }\n'
LOGIN = 'lookup = { gateway = "billing", query = "login", with = { %s = "pin" }, into = "x", otherwise = "release" }'
PIN = "[a]\n" + ASKED % ("pin", "release") + 'set = { copy = "last(pin, 4)" }\nnext = "b"\n[b]\n'


@pytest.mark.parametrize(
    ("does", "where"),
    [
        (say("{pin:digits}"), "b.speech"),
        (say("{copy:text}"), "b.speech"),
        ('note = { x = "copy" }', "b.note.x"),
        ('answer = { poll = "p", question = "q", value = "copy" }', "b.answer.value"),
        ('ticket = { kind = "k", subject = "\'PIN \' + pin" }', "b.ticket.subject"),
        ('ticket = { kind = "k", wants_answer = "pin = \'1\'" }', "b.ticket.wants_answer"),
        ('send = { document = "d", by = "sms", to = "pin" }', "b.send.to"),
        ('send = { document = "d", by = "sms", to = "caller", with = { x = "copy" } }', "b.send.with.x"),
        ('set = { language = "copy" }', "b.set.language"),
        (LOGIN % "number", "b.lookup.with.number"),
        (LOGIN % "code", ""),
        ('authenticate = { accounts = "customers", account = "caller", pin = "pin", new = "copy", otherwise = "release" }', ""),
        (ASKED.replace("otherwise", 'valid = "same = pin", otherwise') % ("same", "release"), ""),
        (ASKED.replace("otherwise", 'confirm = { zh = "x", en = "{same:digits}" }, otherwise') % ("same", "release"), "b.ask.confirm"),
        ('branch = [{ when = "pin = copy", to = "a" }]\notherwise = "release"', ""),
        ('set = { pin = "caller" }\n' + say("{pin:telephone}"), ""),  # it is none any more
    ],
)  # fmt: skip
@pytest.mark.requirement("IVR-06")
def test_a_secret_goes_where_secrets_may(does: str, where: str) -> None:
    onward = "" if "branch" in does else 'next = "release"\n'
    everything = found(f"{PIN}{does}\n{onward}", **CENTRE)
    assert [place for place, _ in everything] == ([where] if where else [])
    assert all("is secret, and would be" in text and "; a secret goes to authenticate" in text for _, text in everything)


@pytest.mark.requirement("IVR-06")
def test_a_secret_is_one_in_the_flows_that_are_called_and_in_those_that_called() -> None:
    asks = CALLER.replace('set = { x = "%s" }', ASKED % ("x", "release"))
    for caller, called, where in (
        (asks % say("hello"), CALLED % say("{x:digits}"), "g.a.speech"),
        (CALLER % ("'1'", say("{x:digits}")), CALLED % (ASKED % ("x", "return")), "f.b.speech"),
    ):
        plan = plan_with(caller, called, **CENTRE)
        assert [f"{name}.{at}" for name, program in plan.programs.items() for at, _ in mistakes(program, plan)] == [where]


@pytest.mark.requirement("IVR-06")
def test_an_answer_that_was_not_confirmed_is_a_secret_already() -> None:
    asks = ASKED.replace("otherwise", 'confirm = { zh = "x", en = "x" }, otherwise') % ("pin", "b")
    body = (
        '[a]\nset = { pin = "caller" }\nnext = "c"\n[c]\n' + asks + 'next = "release"\n[b]\n' + say("{pin:digits}") + '\nnext = "release"\n'
    )
    assert [where for where, _ in found(body, **CENTRE)] == ["b.speech"]
