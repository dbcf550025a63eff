"""What a message that was lost between a line and the core has left behind is found by comparing, and nothing else is touched."""

import pytest
from attrs import evolve
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from appliance.core.inputs import Compare
from appliance.core.records import Audit, Recording
from appliance.core.recovery.comparing import Comparison
from hal.api import (
    Arrived,
    Capability,
    Cause,
    LegsListed,
    LineLost,
    LineOpened,
    ListedLeg,
    ListLegs,
    Released,
)
from tests.core.machine import Centre
from tests.core.playbook import EVERYTHING
from tests.core.story import LINE, Story, talking
from tests.core.test_monitor import busy_centre
from tests.thorough import by_profile

pytestmark = [pytest.mark.requirement("ACD-10"), pytest.mark.requirement("SIM-05")]


def as_the_core(story: Story) -> LegsListed:
    """What a line has that lost nothing."""
    state = story.engine.state
    legs = tuple(ListedLeg(leg.id, leg.answered_at is not None, leg.play if leg.playing else 0) for leg in state.legs.values())
    return LegsListed(LINE, 0, legs, tuple(state.recordings))


def without(listed: LegsListed, leg: str) -> LegsListed:
    return evolve(listed, legs=tuple(each for each in listed.legs if each.leg != leg))


def but(listed: LegsListed, leg: ListedLeg) -> LegsListed:
    """The same with another word of this leg."""
    return evolve(without(listed, leg.leg), legs=(*without(listed, leg.leg).legs, leg))


def ask(story: Story) -> int:
    story << Compare()
    listing: int = story.only(ListLegs).listing
    return listing


def says(story: Story, listed: LegsListed) -> Story:
    """The line is asked, and says this."""
    number = ask(story)
    story << evolve(listed, listing=number)
    return story


def alarm(story: Story) -> str:
    found = story.engine.state.alarms.get(f"messages:{LINE}")
    return "" if found is None else found.text


# --- what is healed ---------------------------------------------------------------------------------------------------------------------


def test_a_caller_whose_release_was_lost_is_gone_when_the_line_has_him_not_twice() -> None:
    story = talking("1001")
    listed = without(as_the_core(story), "a")
    says(story, listed) >> []
    assert alarm(story) == ""
    says(story, listed).skip()
    assert "release a TEMPORARY_FAILURE" in story.told, "part of the line may think that it has him"
    assert "release 1001" in " ".join(story.told)
    assert alarm(story).startswith("messages between line 'trunk' and the core were lost")
    assert "a is gone at the line" in alarm(story)
    assert ("monitor", "compared", "a is gone at the line") in story.audited()
    story.several(Released(LINE, "a"), Released(LINE, story.legs["1001"])).skip()
    assert (story.outcome(1).outcome, story.outcome(1).cause) == ("answered", Cause.TEMPORARY_FAILURE)
    assert story.state("1001") == "ready"
    story.at(story.now + 3601.0).skip()
    assert alarm(story) == "", "it is over"


def test_an_agent_whose_release_was_lost_can_be_rung_again() -> None:
    story = talking("1001")
    leg = story.legs["1001"]
    story.hangs_up("a").skip()
    listed = without(as_the_core(story), leg)
    assert says(says(story, listed), listed).skip().state("1001") == "ready"
    story.skip()
    story.calls("b", "139").skip()
    assert story.state("1001") == "offered"


def test_a_phone_that_never_heard_that_it_is_called_is_offered_again() -> None:
    story = Story().log_in("1001").calls("a")
    story.skip()
    listed = without(as_the_core(story), story.legs["1001"])
    says(story, listed).skip()
    says(story, listed)
    assert story.engine.state.contacts["0001-000001"].state.value in ("queued", "offered")
    story.skip()


def test_an_answer_of_which_nothing_was_heard_is_made_good() -> None:
    story = Story().log_in("1001").calls("a")
    story.skip()
    leg = story.legs["1001"]
    listed = but(as_the_core(story), ListedLeg(leg, True))
    says(story, listed) >> []
    says(story, listed).skip()
    assert story.state("1001") == "on-call"
    assert "had been answered" in alarm(story)


def test_a_caller_is_answered_once_more_and_each_time_again() -> None:
    story = Story().log_in("1001")
    story.legs["a"] = "a"
    story << Arrived(LINE, "a", "139", "95501")
    story >> ["answer a"]
    listed = as_the_core(story)
    says(story, listed) >> []
    for _ in range(2):
        says(story, listed) >> ["answer a"]
    story.answers("a").skip()
    assert story.engine.state.contacts["0001-000001"].answered_at is not None


def test_who_is_not_released_is_released_again() -> None:
    story = talking("1001")
    story.hangs_up("a") >> ["release 1001", "stop a | 1001"]
    listed = as_the_core(story)
    says(story, listed) >> []
    says(story, listed) >> ["release 1001"]


def test_a_flow_goes_on_when_the_end_of_what_it_says_was_lost() -> None:
    story = Story()
    story.calls("a", dnis="95500") >> ["say language to a"]
    story.presses("a", "1") >> ["hush a", "say welcome to a"]
    listed = but(as_the_core(story), ListedLeg("a", True))
    says(story, listed) >> []
    says(story, listed) >> ["say menu to a"]
    assert "a is played nothing any more" in alarm(story)


def test_what_was_stopped_and_sounds_is_stopped_again() -> None:
    story = talking("1001")
    listed = but(as_the_core(story), ListedLeg("a", True, 4711))
    says(story, listed) >> []
    says(story, listed) >> ["hush a"]


def test_what_only_the_line_has_is_ended_there() -> None:
    story = Story()
    story.legs["x"], story.sides["old"] = "x", "x"
    listed = LegsListed(LINE, 0, (ListedLeg("x", True),), ("old",))
    says(story, listed) >> []
    says(story, listed) >> ["release x TEMPORARY_FAILURE", "stop x"]


def test_a_message_ends_whose_recording_the_line_does_not_make() -> None:
    story = Story()
    story.calls("a", dnis="95500").skip().presses("a", "19").skip()
    story.heard_out("a") >> ["say beep to a"]
    story.heard_out("a") >> ["record a"]
    listed = evolve(as_the_core(story), recordings=())
    says(story, listed) >> []
    says(story, listed).skip()
    assert "is not being recorded any more" in alarm(story)
    (row,) = [row for row in story.rows(Recording) if row.state != "recording"]
    assert (row.state, row.error) == ("broken", "the line does not have it any more, and has not said how it ended")
    assert story.engine.state.contacts["0001-000001"].recording == ""


# --- what is left alone -----------------------------------------------------------------------------------------------------------------


def test_where_both_have_the_same_nothing_happens() -> None:
    story = busy_centre()
    story.skip()
    for _ in range(3):
        says(story, as_the_core(story)) >> []
    assert alarm(story) == ""
    assert [row for row in story.rows(Audit) if row.what == "compared"] == []


def test_what_differs_once_and_again_later_is_not_twice_in_a_row() -> None:
    story = talking("1001")
    for listed in (without(as_the_core(story), "a"), as_the_core(story), without(as_the_core(story), "a")):
        says(story, listed) >> []
    assert alarm(story) == ""


def test_who_came_after_the_line_was_asked_is_not_missed() -> None:
    story = Story()
    for name in "abc":
        number = ask(story)
        story.calls(name, dnis="95500").skip()
        story << evolve(without(as_the_core(story), name), listing=number)
        story >> []
    assert alarm(story) == ""


def test_a_play_that_has_changed_is_another_one() -> None:
    story = Story()
    story.calls("a", dnis="95500").skip()
    says(story, but(as_the_core(story), ListedLeg("a", True))) >> []
    story.heard_out("a").skip()
    says(story, but(as_the_core(story), ListedLeg("a", True))) >> []
    assert alarm(story) == ""


def test_a_listing_counts_once_and_only_the_newest() -> None:
    story = talking("1001")
    missing = without(as_the_core(story), "a")
    first = ask(story)
    story << evolve(missing, listing=first) << evolve(missing, listing=first)
    second = ask(story)
    third = ask(story)
    story << evolve(missing, listing=second)
    assert alarm(story) == ""
    story << evolve(missing, listing=third)
    story.skip()
    assert alarm(story) != ""


def test_a_line_that_was_opened_again_is_compared_anew() -> None:
    story = Story()
    listed = LegsListed(LINE, 0, (ListedLeg("x", True),), ())
    says(story, listed) >> []
    late = ask(story)
    story << LineLost(LINE, "it broke") << LineOpened(LINE, EVERYTHING.value)
    story << evolve(listed, listing=late)
    story >> []
    says(story, listed) >> []


def test_a_line_that_cannot_list_and_one_that_is_closed_are_not_asked() -> None:
    story = Story()
    story << LineOpened(LINE, (EVERYTHING & ~Capability.LISTING).value) << Compare()
    assert story.commands == []
    story << LineOpened(LINE, EVERYTHING.value) << LineLost(LINE, "it broke") << Compare()
    assert story.commands == []


def test_of_many_some_are_named() -> None:
    story = Story()
    listed = LegsListed(LINE, 0, tuple(ListedLeg(f"x{number}", True) for number in range(5)), ())
    story.legs |= {f"x{number}": f"x{number}" for number in range(5)}
    says(says(story, listed), listed).skip()
    assert alarm(story).endswith("x0 is at the line only; x1 is at the line only; x2 is at the line only and 2 more")


# --- every interleaving -----------------------------------------------------------------------------------------------------------------


class _Everything:
    def __contains__(self, _difference: object) -> bool:
        return True


@pytest.mark.slow
def test_who_believes_the_first_listing_breaks_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a line that loses nothing the machine sees nothing made good; it would see what once is not enough for."""
    real = Comparison.listed

    def hasty(self: Comparison, event: LegsListed) -> None:
        self._before[event.line] = _Everything()  # type: ignore[assignment] # it is only looked into
        real(self, event)

    monkeypatch.setattr(Comparison, "listed", hasty)
    with pytest.raises((AssertionError, ExceptionGroup)):
        run_state_machine_as_test(
            Centre,
            settings=settings(
                max_examples=by_profile(100, 100, 100),
                stateful_step_count=50,
                deadline=None,
                derandomize=True,
                database=None,
                phases=(Phase.generate,),
                suppress_health_check=list(HealthCheck),
            ),
        )
