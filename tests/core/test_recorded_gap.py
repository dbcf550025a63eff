"""What a customer keys in self service while agents stay is in no recording, also where his phone sends keys as tones.

The recording ends and another begins: the rows of both show the gap, and the contact's story what it was for.
"""

import pytest

from appliance.core.records import CallEvent, Recording
from hal.api import RecordingEnded
from tests.core.story import LINE, Story, talking

pytestmark = [pytest.mark.requirement("IVR-06"), pytest.mark.requirement("REC-01")]


def recorded(story: Story) -> set[str]:
    """Whose sound goes into some recording now."""
    return {name for sides in story.sides.values() for name in sides.replace(" | ", ", ").split(", ")}


def conference() -> Story:
    story = talking("1001", "1002")
    story.asks("1001", "consult", "1002").skip()
    story.alerts("1002")
    story.answers("1002").skip()
    story.asks("1001", "conference").skip()
    return story


@pytest.mark.parametrize("agents", ["1001", "1001 1002"])
def test_nothing_of_the_customer_is_recorded_from_before_the_first_prompt_until_he_is_back(agents: str) -> None:
    story = talking("1001") if agents == "1001" else conference()
    assert recorded(story) == {"a", *agents.split()}
    story.asks("1001", "flow", "hotline")
    stopped = next(number for number, told in enumerate(story.told) if told.startswith("stop a"))
    assert stopped < story.told.index("say language to a"), "before he is asked for anything"
    story.skip()
    for key in "1**":
        assert "a" not in recorded(story)
        story.presses("a", key).skip()
        assert "a" not in recorded(story)
    story.asks("1001", "take-back").skip()
    assert recorded(story) == {"a", *agents.split()}


def test_the_gap_can_be_shown_from_what_is_kept() -> None:
    story = talking("1001")
    first = next(iter(story.sides))
    began = story.engine.state.wall()
    story.now = 40.0
    sent = began + 40.0
    story.asks("1001", "flow", "hotline").skip()
    story << RecordingEnded(LINE, first, "x.wav", sent - began, 1)
    story.skip()
    story.now = 70.0
    back = began + 70.0
    story.asks("1001", "take-back").skip()
    before, after = ({row.id: row for row in story.rows(Recording)}[id_] for id_ in (first, next(iter(story.sides))))
    assert (before.began_at, before.duration_s) == pytest.approx((began, sent - began))
    assert after.began_at == pytest.approx(back)
    assert (before.contact, before.participants) == (after.contact, after.participants)
    told = [(round(row.at - began), row.what) for row in story.rows(CallEvent) if row.at > began]
    assert told == [(40, "hotline/language"), (40, "flow"), (70, "take-back")]
