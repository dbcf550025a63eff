"""How a switch speaks: its editions, timers and liberties, as data."""

from attrs import frozen

__all__ = ["CSTA", "SESSION", "Habits"]

CSTA = "http://www.ecma-international.org/standards/ecma-323/csta/"
SESSION = "http://www.ecma-international.org/standards/ecma-354/appl_session"


@frozen(kw_only=True)
class Habits:
    """The manners of one make of switch."""

    versions: tuple[str, ...] = (CSTA + "ed6", CSTA + "ed5", CSTA + "ed4", CSTA + "ed3")
    """The editions it speaks, the one it likes best first."""
    session_s: float = 180.0
    """The longest session without a ResetApplicationSessionTimer."""
    needs_session: bool = True
    """Services are refused outside of an application session."""
    heartbeat_s: float = 60.0
    """So often those who have sent SystemRegister get SystemStatus."""
    heartbeats_unanswered: int = 3
    """A link with so many unanswered ones is given up."""
    events_first: bool = False
    """The events that a service causes come before its answer, not after it."""
    acknowledges_routes: bool = False
    """RouteSelect and its like get a positive answer, too; the standard has none."""
    most_monitors: int = 10_000
