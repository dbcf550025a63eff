"""When an alarm that comes and goes is one that flaps."""

from hal.api import value

__all__ = ["AlarmPlan"]


@value
class AlarmPlan:
    """How often and how fast an alarm has to come again to be shown as one that flaps, and when it has settled."""

    flapping_times: int = 4
    """Raised so often ..."""
    flapping_within_s: float = 600.0
    """... in so long, it flaps."""
    settled_after_s: float = 300.0
    """Neither raised nor cleared for so long, it flaps no longer."""
