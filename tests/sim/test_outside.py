"""Gateways and accounts in virtual time: canned answers, as late and as unsure as the scenario says, the same from the same seed."""

from collections import Counter
from pathlib import Path

import pytest

from appliance.config import ConfigError, Document
from appliance.core.actions import AskGateway, CheckAccount, Render
from appliance.core.inputs import AccountChecked, GatewayAnswered, Input, Rendered
from appliance.core.records import NodeVisit
from appliance.prompts import Piece, estimated_s
from appliance.site import Site
from appliance.site.model import site_of
from sim.clock import VirtualEnv
from sim.draws import Draws
from sim.outside import CannedOutside
from sim.scenario import Scenario, scenario_of
from sim.speech import Speech
from sim.virtual import run_centre
from tests.sim.day import DAY, SITE

pytestmark = pytest.mark.requirement("SIM-02")

MORE = """
[call_flows]
bills = "bills.toml"
[gateways.billing]
kind = "http-json"
url = "https://billing.example"
timeout_s = 2
[gateways.billing.queries.bill]
[accounts.customers]
"""
FLOW = """
flow = "bills"
start = "look"
[look]
lookup = { gateway = "billing", query = "bill", into = "bill", nothing = "none", otherwise = "down" }
branch = [{ when = "bill.amount > 50", to = "much" }]
otherwise = "little"
[much]
say = { en = "Much" }
next = "release"
[little]
say = { en = "Little" }
next = "release"
[none]
say = { en = "None" }
next = "release"
[down]
say = { en = "Down" }
next = "release"
"""
CANNED = """
[gateways.billing.bill]
answers = [{ amount = 88.5 }, { amount = 12 }]
delay = { uniform = { min_s = 0.1, max_s = 0.9 } }
fails = 0.3
[accounts.customers]
right = 0.6
locked = 0.1
trouble = 0.1
"""


def bills(folder: Path) -> Site:
    (folder / "bills.toml").write_text(FLOW)
    return site_of(Document.parse(SITE.replace('1 = { queue = "help" }', '1 = { flow = "bills" }') + MORE, "site.toml"), folder)


def scenario(text: str) -> Scenario:
    return Document.parse(DAY + text, "day.toml").structure(Scenario)


def asked(outside: CannedOutside, env: VirtualEnv, *questions: AskGateway | CheckAccount | Render) -> list[tuple[float, Input]]:
    came: list[tuple[float, Input]] = []
    for question in questions:
        outside(question, lambda answer: came.append((env.now, answer)))
    env.run()
    return came


def answers(folder: Path, text: str, seed: int, *questions: AskGateway | CheckAccount | Render) -> list[tuple[float, Input]]:
    env = VirtualEnv()
    return asked(CannedOutside(env, scenario(text), bills(folder), seed, Speech(spoken=True)), env, *questions)


LOOK_UPS = [AskGateway(n, "billing", "bill", {}) for n in range(400)]
CHECKS = [CheckAccount(n, "customers", "1", "2") for n in range(1000)]


def test_answers_come_in_the_shares_and_times_of_the_scenario(tmp_path: Path) -> None:
    came = answers(tmp_path, CANNED, 1, *LOOK_UPS)
    said = Counter(str(getattr(answer, "answer", None)) if not getattr(answer, "error", "") else "failed" for _, answer in came)
    assert sum(said.values()) == 400
    assert 85 < said["failed"] < 155
    assert min(said["{'amount': Decimal('88.5')}"], said["{'amount': 12}"]) > 100
    times = [at for at, _ in came]
    assert 0.1 <= min(times) < 0.15
    assert 0.85 < max(times) <= 0.9
    checked = Counter(answer.outcome for _, answer in answers(tmp_path, CANNED, 1, *CHECKS) if isinstance(answer, AccountChecked))
    assert [abs(checked[outcome] - of) < 50 for outcome, of in (("right", 600), ("wrong", 200), ("locked", 100), ("trouble", 100))] == [
        True
    ] * 4


def test_the_same_seed_gives_the_same_answers_and_another_gives_others(tmp_path: Path) -> None:
    first = answers(tmp_path, CANNED, 1, *LOOK_UPS, *CHECKS)
    assert answers(tmp_path, CANNED, 1, *LOOK_UPS, *CHECKS) == first
    assert answers(tmp_path, CANNED, 2, *LOOK_UPS, *CHECKS) != first


def test_checks_of_accounts_change_no_look_up(tmp_path: Path) -> None:
    alone = {answer for answer in answers(tmp_path, CANNED, 1, *LOOK_UPS) if isinstance(answer[1], GatewayAnswered)}
    mixed = answers(tmp_path, CANNED, 1, *CHECKS[:50], *LOOK_UPS)
    assert {answer for answer in mixed if isinstance(answer[1], GatewayAnswered)} == alone


def test_an_answer_that_takes_too_long_is_none(tmp_path: Path) -> None:
    late = '[gateways.billing.bill]\nanswers = [{ amount = 1 }]\ndelay = "5 s"\n'
    assert answers(tmp_path, late, 1, LOOK_UPS[7]) == [(2.0, GatewayAnswered(7, error="it did not answer within 2 s"))]


def test_without_a_word_there_is_nothing(tmp_path: Path) -> None:
    came = answers(tmp_path, "", 1, LOOK_UPS[3], CHECKS[4])
    assert [answer for _, answer in came] == [GatewayAnswered(3, error="there is no gateway 'billing'"), AccountChecked(4, "trouble")]
    assert answers(tmp_path, "[gateways.billing.bill]\n", 1, LOOK_UPS[3])[0][1] == GatewayAnswered(3)


def test_callers_of_a_day_go_the_ways_of_the_answers(tmp_path: Path) -> None:
    site, day = bills(tmp_path), scenario(CANNED.replace("fails = 0.3", "fails = 0.5"))
    visits = [[(row.node, row.left_by) for row in run_centre(Draws(day, site, 3), site).store.rows(NodeVisit)] for _ in range(2)]
    assert visits[0] == visits[1]
    assert {node for node, _ in visits[0]} == {"look", "much", "little", "down"}


SURE = '[gateways.billing.bill]\nanswers = [{ amount = 12 }]\ndelay = "100 ms"\n'


@pytest.mark.requirement("SIM-05")
@pytest.mark.parametrize("what", ['what = "gateway dead"', 'what = "gateway slow"\ndelay = "3 s"'])
def test_while_a_gateway_is_dead_or_too_slow_callers_go_the_other_way(tmp_path: Path, what: str) -> None:
    fault = f'[[faults]]\nat = "09:02:30"\nfor = "2 min"\ngateway = "billing"\n{what}\n'
    site = bills(tmp_path)
    centre = run_centre(Draws(scenario(SURE + fault), site, 1), site)
    ways = {round((row.at - centre.wall_s) / 60): row.node for row in centre.store.rows(NodeVisit) if row.node != "look"}
    assert ways == dict.fromkeys((1, 2, 5, 6, 7, 8, 9), "little") | dict.fromkeys((3, 4), "down")


@pytest.mark.requirement("SIM-05")
def test_a_gateway_that_is_a_little_slow_makes_callers_wait_and_no_more(tmp_path: Path) -> None:
    fault = '[[faults]]\nat = "09:00"\nfor = "10 min"\ngateway = "billing"\nwhat = "gateway slow"\ndelay = "1 s"\n'
    site = bills(tmp_path)
    visits = run_centre(Draws(scenario(SURE + fault), site, 1), site).store.rows(NodeVisit)
    assert {round(row.stayed_s, 3) for row in visits if row.node == "look"} == {1.1}
    assert "down" not in {row.node for row in visits}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[gateways.biling.bill]\n", "gateways.biling: the site has no gateway 'biling'; did you mean 'billing'?"),
        ("[gateways.billing.bil]\n", "gateways.billing.bil: the gateway has no query 'bil'; did you mean 'bill'?"),
        ("[accounts.customer]\n", "accounts.customer: the site has no accounts 'customer'; did you mean 'customers'?"),
        (
            "[accounts.customers]\nright = 0.9\nlocked = 0.2\n",
            "accounts.customers.right: the shares add up to 1.1; together they are at most 1",
        ),
    ],
)
def test_what_the_site_has_not_is_a_mistake(tmp_path: Path, text: str, said: str) -> None:
    bills(tmp_path)
    (tmp_path / "site.toml").write_text(SITE + MORE)
    with pytest.raises(ConfigError) as caught:
        scenario_of(Document.parse(DAY.replace('"unused"', '"site.toml"') + text, "day.toml"), tmp_path)
    assert said in [str(mistake).partition(": ")[2] for mistake in caught.value.mistakes]


def test_a_text_that_was_not_known_before_is_spoken_as_long_as_it_takes_to_say_it(tmp_path: Path) -> None:
    env, speech = VirtualEnv(), Speech(spoken=True)
    [(at, rendered)] = asked(CannedOutside(env, scenario(""), bills(tmp_path), 1, speech), env, Render(7, "今晚停电。", "zh"))
    assert isinstance(rendered, Rendered)
    assert (at, rendered.token, rendered.error) == (0.3, 7, "")
    assert speech.duration_of(rendered.file) == estimated_s(Piece("read-out", "zh", "今晚停电。"))
