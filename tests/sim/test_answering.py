"""Callers hear the questions of call flows and answer them, rightly or not; the same seed brings the same answers."""

from collections import Counter
from pathlib import Path

import pytest

from appliance.config import ConfigError, Document
from appliance.core.records import NodeVisit, Outgoing, Ticket
from appliance.site.model import site_of
from sim.answering import chosen, keyed, question_of
from sim.draws import Draws
from sim.run import run
from sim.scenario import Scenario, scenario_of
from sim.virtual import Centre
from tests.sim.day import DAY, SITE

pytestmark = pytest.mark.requirement("SIM-02")

FLOW = """
flow       = "card"
start      = "menu"
everywhere = { 0 = "queue:help" }
[menu]
say       = { en = "To order a card, press one." }
menu      = { 1 = "number", 2 = "spoken" }
retries   = 0
otherwise = "release"
[number]
ask       = { en = "Your number?", into = "number", digits = "4-11", confirm = { en = "{number:digits}, is that right?" } }
send      = { document = "card", by = "sms", to = "number" }
otherwise = "release"
next      = "menu"
[spoken]
record    = { en = "Please speak after the tone.", into = "recording" }
ticket    = { kind = "card", recording = "recording" }
otherwise = "release"
next      = "menu"
"""
ANSWERS = """
[callers.answers]
"card.menu" = { "1" = 1.0 }
"card.number" = { "{caller}" = 1.0 }
"card.number.confirm" = { "1" = 1.0 }
"card.spoken" = { "#" = 1.0 }
"""


CALL_FLOWS = '[call_flows]\ncard = "card.toml"\n'


def centre_site(folder: Path) -> Document:
    (folder / "card.toml").write_text(FLOW)
    text = SITE.replace('2 = { flow = "menu" }', '2 = { flow = "card" }') + CALL_FLOWS
    return Document.parse(text, str(folder / "site.toml"))


def day(folder: Path, answers: str = ANSWERS, calls: str = 'every = "60 s"') -> Centre:
    text = DAY.replace('1 = { every = "60 s" }', f"2 = {{ {calls} }}").replace("[agents]", 'patience = "20 s"\n[agents]') + answers
    site = site_of(centre_site(folder), folder)
    centre = Centre(Draws(Document.parse(text, "day.toml").structure(Scenario), site, 1), site)
    centre.run()
    assert centre.engine.check() == []
    return centre


@pytest.mark.parametrize(
    ("piece", "question"),
    [
        ("hotline.menu.say", "hotline.menu"),
        ("hotline.menu.say.1", "hotline.menu"),
        ("hotline.menu.say.2", ""),
        ("hotline.menu", "hotline.menu"),
        ("hotline.menu.wrong", ""),
        ("mailbox.number.ask", "mailbox.number"),
        ("mailbox.number.ask.1", "mailbox.number"),
        ("mailbox.number.ask.wrong", ""),
        ("mailbox.number.ask.confirm.1", "mailbox.number.confirm"),
        ("poll.knows.yes_no", "poll.knows"),
        ("mailbox.message.record", "mailbox.message"),
        ("busy", ""),
    ],
)
def test_a_question_is_known_by_how_it_begins(piece: str, question: str) -> None:
    assert question_of(piece) == question


def test_an_answer_falls_to_its_share_of_the_callers() -> None:
    shares = {"1": 0.25, "2": 0.5, "hang up": 0.25}
    assert Counter(chosen(shares, n / 100) for n in range(100)) == {"1": 25, "2": 50, "hang up": 25}
    assert chosen({"1": 0.3, "2": 0.7 - 1e-9}, 1 - 1e-12) == "2"
    assert [keyed(answer, "139") for answer in ("{caller}#", "silence", "hang up")] == ["139#", "", ""]


@pytest.mark.requirement("IVR-02", "IVR-12")
def test_callers_key_digits_and_confirm_them(tmp_path: Path) -> None:
    once = ANSWERS.replace('"card.menu" = { "1" = 1.0 }', '"card.menu" = { "1" = 0.6, "hang up" = 0.4 }')
    centre = day(tmp_path, once)
    visits = Counter((row.node, row.left_by) for row in centre.store.rows(NodeVisit))
    ordered = [(row.address, row.contact) for row in centre.store.rows(Outgoing)]
    assert visits["number", "next"] == len(ordered) >= 5
    assert visits["menu", "hung up"] == 9
    anis = {contact.id: contact.ani for contact in centre.store.contacts}
    assert all(to == anis[contact] for to, contact in ordered)
    assert {caller.outcome for caller in centre.world.callers} == {"abandoned"}, "by what they tell themselves"
    assert {contact.outcome for contact in centre.store.contacts} == {"self-served"}


@pytest.mark.requirement("IVR-08")
@pytest.mark.parametrize("end", ["#", "hang up"])
def test_who_is_to_speak_does_so_after_the_tone(tmp_path: Path, end: str) -> None:
    spoken = ANSWERS.replace('"card.menu" = { "1"', '"card.menu" = { "2"').replace('"card.spoken" = { "#"', f'"card.spoken" = {{ "{end}"')
    centre = day(tmp_path, spoken.replace('{ "2" = 1.0 }', '{ "2" = 0.5, "hang up" = 0.5 }'))
    tickets = list(centre.store.rows(Ticket))
    assert tickets
    assert centre.phones.recordings == len(tickets)


def test_patience_counts_in_the_queue_and_not_while_one_is_asked(tmp_path: Path) -> None:
    busy = ANSWERS.replace('"card.menu" = { "1"', '"card.menu" = { "0"')
    centre = day(
        tmp_path, busy.replace('"card.spoken"', '"card.spoken" = { "#" = 1.0 }\n[agents_]').partition("[agents_]")[0], 'every = "5 s"'
    )
    gone = [caller for caller in centre.world.callers if caller.outcome == "abandoned"]
    assert gone
    for caller in gone:
        assert caller.ended_at is not None
        assert caller.asked_at is not None
        assert caller.asked_at > caller.placed_at
        assert caller.ended_at - caller.asked_at == pytest.approx(20.0)


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ('"card.menu" = { "1" = 0.5 }', "the shares add up to 0.5, not to 1"),
        ('"card.menu" = { "one" = 1.0 }', "'one' is no answer; it is keys, 'silence' or 'hang up'"),
        ('"card.menue" = { "1" = 1.0 }', "the flow 'card' has no node 'menue'; did you mean 'menu'"),
        ('"cards.menu" = { "1" = 1.0 }', "the site has no call flow 'cards'; did you mean 'card'"),
        ('"card" = { "1" = 1.0 }', "a question of a call flow"),
    ],
)
def test_what_is_wrong_in_answers_is_said(tmp_path: Path, answers: str, said: str) -> None:
    (tmp_path / "site.toml").write_text(SITE.replace('2 = { flow = "menu" }', '2 = { flow = "card" }') + CALL_FLOWS)
    (tmp_path / "card.toml").write_text(FLOW)
    day_text = DAY.replace('site = "unused"', 'site = "site.toml"') + f"[callers.answers]\n{answers}\n"
    with pytest.raises(ConfigError) as wrong:
        scenario_of(Document.parse(day_text, "day.toml"), tmp_path)
    assert said in "\n".join(map(str, wrong.value.mistakes))


def test_who_answers_questions_does_not_press_keys_besides(tmp_path: Path) -> None:
    both = DAY.replace("[agents]", 'presses = { "1" = 1.0 }\n[agents]') + ANSWERS
    with pytest.raises(ConfigError, match="'presses' and 'answers' exclude each other"):
        Document.parse(both, "day.toml").structure(Scenario)


@pytest.mark.requirement("SIM-01")
def test_it_comes_out_the_same_from_the_same_seed(tmp_path: Path) -> None:
    mixed = ANSWERS.replace('"card.menu" = { "1" = 1.0 }', '"card.menu" = { "1" = 0.3, "0" = 0.3, "hang up" = 0.3, "silence" = 0.1 }')
    text = DAY.replace('1 = { every = "60 s" }', "2 = { calls = 100 }") + mixed + '[targets]\nself_service = ">= 40 %"\n'
    scenario, site = Document.parse(text, "day.toml").structure(Scenario), site_of(centre_site(tmp_path), tmp_path)
    first, second, other = run(scenario, site, seed=1), run(scenario, site, seed=1), run(scenario, site, seed=2)
    assert first.digest == second.digest != other.digest
    counts = first.figures["contacts"]
    alone = sum(story.outcome == "self-served" for story in first.stories)
    assert counts["blocked"] > 0
    assert first.figures["self_service"] == pytest.approx(alone / (counts["offered"] - counts["blocked"]))
    assert first.ok


def test_a_slip_that_is_read_back_is_denied_by_who_notices_it(tmp_path: Path) -> None:
    def wrong(notices: str) -> tuple[int, int]:
        slips = f"[callers.slips]\nmistyped = 0.05\nnotices = {notices}\n"
        centre = day(tmp_path, slips + ANSWERS, 'every = "15 s"')
        sent = {row.contact: row.address for row in centre.store.rows(Outgoing)}
        callers = {row.id: row.ani for row in centre.store.contacts}
        return sum(to != callers[contact] for contact, to in sent.items()), len(sent)

    noticed, sent = wrong("1.0")
    assert noticed == 0
    assert sent > 15
    unnoticed, sent = wrong("0.0")
    assert 0.2 < unnoticed / sent < 0.7  # of 11 digits one in twenty is mistaken
