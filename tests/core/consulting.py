"""A consultation that has got through: what several tests of call control begin with."""

from tests.core.story import Story, mix, talking, together

__all__ = ["AWAY", "consulting"]

AWAY = [mix(a="", _1001="")]
"""Customer and agent stop hearing each other."""


def consulting(agent: str = "1002") -> Story:
    """Caller `a` hears music while 1001 and the other agent talk."""
    story = talking("1001", agent)
    story.asks("1001", "consult", agent) >> [f"call {agent}", "ringback to 1001", "music to a", *AWAY, "stop a | 1001", "record a"]
    story.alerts(agent)
    story.answers(agent) >> ["hush 1001", together("1001", agent), f"record 1001 | {agent}"]
    return story
