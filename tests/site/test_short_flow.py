"""The flows of a site file are a short form of call flows: walked, counted, and heard like the others."""

from typing import Any

import pytest

from appliance.config import ConfigError
from appliance.core.plan import Choice, ClosedPlan
from appliance.core.program import nodes
from appliance.core.records import Contact, NodeVisit
from appliance.site.notes import words_not_heard
from appliance.site.short_flow import place_of
from tests.core.playbook import service
from tests.core.walking import Walk
from tests.site.small import SMALL, menu_of, site

TO = 'flow = "f"\nstart = "a"\n[a]\nnext = "flow:short"\n'
TABLE: dict[str, Any] = {
    "languages": {"1": "zh", "2": "en"},
    "welcome": "welcome",
    "menu": {"1": "queue:consult", "2": "queue:complaint", "0": "release"},
    "goodbye": "goodbye",
    "otherwise": "voicemail",
}


def walks(**table: Any) -> Walk:
    """A caller of a short flow, at eight in the morning of a Monday: the office opens at nine."""
    return Walk(TO, programs={"short": service("short", **{**TABLE, **table})})


@pytest.mark.requirement("IVR-12")
def test_each_step_is_counted_and_the_record_has_the_version() -> None:
    call = walks().key("1").hear_out().key("9").hear_out().wait(7.0).hang_up()
    assert call.said == ["language.zh.wav", "welcome.zh.wav", *["menu.zh.wav"] * 3]
    assert call.ways == [("a", "flow:short"), ("language", "1"), ("welcome", "next"), ("menu", "hung up")]
    visits = call.rows(NodeVisit)[1:]
    assert {(visit.flow, visit.version) for visit in visits} == {("short", service("short", **TABLE).version)}
    assert (visits[-1].timeouts, visits[-1].errors) == (1, 1)
    assert call.rows(Contact)[-1].flow_version == visits[0].version
    others: list[dict[str, Any]] = [{"welcome": "other"}, {"hours": "office"}, {"menu": {"1": "queue:consult"}}]
    assert visits[0].version not in {service("short", **{**TABLE, **other}).version for other in others}


def test_out_of_hours_the_closed_words_are_said_and_the_menu_is_not() -> None:
    call = walks(hours="office", closed=("shut", "announcement:pin")).key("2").hear_out()
    assert call.said == ["language.zh.wav", "shut.en.wav", "pin.en.wav"]
    assert call.ways[2:] == [("opening", "otherwise"), ("closed", "next")]
    assert walks(hours="office").wait(1.0).rows(Contact)[-1].stage == "short/language"


def test_nobody_who_has_heard_the_menu_is_released_without_a_word() -> None:
    call = walks().key("2").key("0").hear_out()
    assert (call.said[-1], call.ways[-2:], call.released) == ("goodbye.en.wav", [("menu", "0"), ("goodbye", "next")], True)
    silent = walks(otherwise="release").key("2").hear_out().wait(60.0)
    assert (silent.said[-1], silent.released) == ("goodbye.en.wav", True)


@pytest.mark.requirement("IVR-02")
def test_a_key_for_an_agent_counts_in_both_menus_and_a_star_in_all_that_is_said() -> None:
    everywhere = {"9": "queue:complaint", "*": "announcement:pin"}
    for keys, node in (("9", "language"), ("29", "menu")):
        call = walks(everywhere=everywhere).key(keys).hear_out()
        assert (call.ways[-1], call.contact.stage) == ((node, "9"), "message"), "nobody is logged in"
    call = walks(everywhere=everywhere).key("2*").hear_out()
    assert (call.said[-1], call.ways[-1]) == ("pin.en.wav", ("welcome", "*"))


def test_a_flow_that_keeps_asking_as_its_table_says_loses_nobody_for_being_idle() -> None:
    call = walks(wait_s=50.0).key("2").hear_out().wait(200.0)
    assert call.said.count("menu.en.wav") == 3
    assert call.contact.stage == "message"


@pytest.mark.requirement("IVR-05")
def test_words_mean_keys_of_the_menu() -> None:
    words = '[flows.hotline.menu]\nwords = { 1 = { en = ["questions", "ask"] } }'
    heard = site(SMALL.replace("[flows.hotline.menu]", words))
    assert menu_of(heard.plan(lambda piece: piece.name).programs["hotline"], "menu").words == {"en": {"1": ("questions", "ask")}}
    assert any(note.startswith("flow 'hotline', node 'menu': what callers say in 'en'") for note in words_not_heard(heard))


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('words = { 2 = { en = ["two"] } }', "flows.hotline.menu.words.2: the menu has no key 2; there is: 1"),
        ('words = { 1 = { de = ["zwei"] } }', "flows.hotline.menu.words.1: the centre does not speak 'de'"),
        ('everywhere = { 0 = "queue:sales" }', "flows.hotline.everywhere.0: there is no queue 'sales'; there is: consult"),
        ('everywhere = { 0 = "callback" }', "flows.hotline.everywhere.0: 'callback' keeps the place of somebody who waits"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(line: str, message: str) -> None:
    before = "[flows.hotline.menu]\n" if line.startswith("words") else "[flows.hotline]\n"
    with pytest.raises(ConfigError) as caught:
        site(SMALL.replace(before, f"{before}{line}\n"))
    (said,) = (str(mistake) for mistake in caught.value.mistakes)
    assert message in said


def test_every_place_of_its_program_is_one_of_the_table() -> None:
    program = service("short", **{**TABLE, "hours": "office", "priority": {"2": 3, "0": 1}})
    assert list(program.nodes) == ["language", "opening", "closed", "welcome", "menu", "key_2", "goodbye"]
    assert program.nodes["key_2"].exit == nodes.Go(Choice("queue", "complaint"), priority=3)
    places = {
        "language.values.2": "language.2", "language.prompt": "language.say", "opening": "hours", "closed.next": "closed.then",
        "closed.speech": "closed.say", "welcome.speech": "welcome", "welcome.next": "otherwise", "menu.prompt": "menu.say",
        "menu.keys.1": "menu.1", "menu.otherwise": "otherwise", "menu.wrong": "sorry", "key_2.to": "menu.2", "key_star.to": "menu.*",
        "goodbye.speech": "goodbye", "everywhere.#": "everywhere.#", "trouble": "otherwise",
    }  # fmt: skip
    assert {where: ".".join(place_of(where)) for where in places} == places


def test_a_number_that_is_closed_by_hand_asks_for_the_language_and_says_the_closed_words() -> None:
    more = """\
[flows.hotline.closed]
say = { zh = "关门。", en = "Shut." }
then = "queue:consult"
[flows.hotline.language]
say = { zh = "一。", en = "Two." }
2 = "en"
[queues.consult]"""
    text = SMALL.replace("[queues.consult]", more).replace("[numbers]", '[numbers]\n95501 = { queue = "consult" }')
    numbers = site(text).plan(lambda piece: piece.text).numbers
    both = dict.fromkeys(("zh", "en"), ("一。", "Two."))
    said = {"zh": ("关门。",), "en": ("Shut.",)}
    assert numbers["95500"].closed == ClosedPlan(both, {"2": "en"}, 6.0, said, Choice("queue", "consult"))
    assert numbers["95501"].closed == ClosedPlan(then=Choice("voicemail"))
    assert site(SMALL).plan(lambda piece: piece.text).numbers["95500"].closed == ClosedPlan()


def test_the_language_is_asked_once_and_silence_keeps_the_numbers_own() -> None:
    call = walks().hear_out().wait(6.5)
    assert call.said == ["language.zh.wav", "welcome.en.wav", "menu.en.wav"]
    assert call.ways[-2:] == [("language", "otherwise"), ("welcome", "next")]


def test_ways_round_by_hours_that_exclude_each_other_are_no_circle() -> None:
    text = SMALL.replace("[queues.consult]", '[hours.office]\nmon = ["09:00-18:00"]\n[flows.a]\n%s\n[flows.b]\n%s\n[queues.consult]')
    there = 'hours = "office"\notherwise = "queue:consult"\nclosed = { then = "flow:b" }'
    back = 'hours = "office"\notherwise = "flow:a"\nclosed = { then = "voicemail" }'
    assert {"a", "b"} <= set(site(text % (there, back)).plan(lambda piece: piece.name).programs)
    with pytest.raises(ConfigError, match="for ever"):
        site(text % (there, back.replace("voicemail", "flow:a")))
