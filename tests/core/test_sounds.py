"""Prompts that are not there in a caller's language: he hears another one that the site has, and somebody learns of it (ACD-06, ACD-07)."""

import pytest
from attrs import evolve

from appliance.core.inputs import PlanChanged
from appliance.core.plan import Announce, NumberPlan, Plan
from hal.api import Play
from tests.core.story import Story, centre_plan, with_queue

ENGLISH = "95509"


def lacking(plan: Plan, *names: str) -> Plan:
    """A centre whose number ENGLISH is English, and that has these prompts in Mandarin only."""
    prompts = {name: {"zh": prompt["zh"]} if name in names else prompt for name, prompt in plan.prompts.items()}
    return evolve(plan, prompts=prompts, numbers={**plan.numbers, ENGLISH: NumberPlan(plan.numbers["95501"].to, language="en")})


def alarms(story: Story) -> list[str]:
    return [alarm.text for alarm in story.engine.state.alarms.values() if alarm.source.startswith("prompt:")]


def said(story: Story) -> list[str]:
    """The files of the one thing that the last input has said."""
    (play,) = [command for command in story.commands if isinstance(command, Play) and not command.loop]
    story.skip()
    return list(play.files)


@pytest.mark.requirement("ACD-07")
@pytest.mark.parametrize("lacks", ["agent-number", "digit-0"])
def test_words_in_a_row_are_said_in_one_language_and_it_is_an_alarm_once(lacks: str) -> None:
    plan = lacking(with_queue(agent_number=True), lacks)
    story = Story(plan).log_in("1001")
    for number in range(2):
        story.calls("a", dnis=ENGLISH).skip()
        story.answers("1001")
        files = said(story)
        assert len(files) == 6
        assert all(file.endswith(".zh.wav") for file in files), "not one word of it is left out, nor in another language"
        story.hangs_up("a").skip()
        story.settles() >> []
        assert alarms(story) == [f"a prompt is not there in 'en': its callers hear {lacks}.zh.wav instead"], number
    story << PlanChanged(lacking(with_queue(agent_number=True)))
    assert alarms(story) == []


@pytest.mark.requirement("ACD-07")
def test_where_no_language_has_all_the_words_each_is_said_in_one_that_has_it() -> None:
    plan = lacking(with_queue(agent_number=True), "digit-0")
    plan = evolve(plan, prompts={**plan.prompts, "digit-1": {"en": ("digit-1.en.wav",)}})
    story = Story(plan).log_in("1001")
    story.calls("a", dnis=ENGLISH).skip()
    story.answers("1001")
    assert said(story)[1:5] == ["digit-1.en.wav", "digit-0.zh.wav", "digit-0.zh.wav", "digit-1.en.wav"]


@pytest.mark.requirement("ACD-06")
def test_what_is_announced_to_who_waits_is_not_silent() -> None:
    plan = with_queue(announce=Announce(first_s=5.0, wait=False))
    plan = lacking(evolve(plan, prompts={**plan.prompts, "position-1": {"zh": ("position-1.zh.wav",)}}))
    story = Story(plan).log_in("1001").asks("1001", "not-ready")
    story.calls("a", dnis=ENGLISH).skip()
    story.at(5.0)
    assert said(story) == ["position-1.zh.wav"]
    assert len(alarms(story)) == 1


def test_what_is_said_alone_is_said_in_another_language_too() -> None:
    story = Story(lacking(centre_plan(), "beep")).log_in("1001")
    story.calls("a", dnis=ENGLISH).skip()
    story.answers("1001").skip()
    story.presses("1001", "*5")
    assert said(story) == ["beep.zh.wav"]
    assert len(alarms(story)) == 1
    story.presses("a", "1").calls("b", "139").skip()
    assert len(alarms(story)) == 1


def test_where_nothing_is_missing_nobody_is_alarmed() -> None:
    story = Story(lacking(with_queue(agent_number=True))).log_in("1001")
    story.calls("a", dnis=ENGLISH).skip()
    story.answers("1001")
    assert all(file.endswith(".en.wav") for file in said(story))
    assert alarms(story) == []
