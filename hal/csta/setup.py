"""What a session has to know beforehand."""

from hal.api import value
from hal.csta.frames import LARGEST_BYTES
from hal.csta.messages import Dialect
from hal.csta.xml import Node

__all__ = ["SessionSetup"]


@value
class SessionSetup:
    """Whom we are to the switch, what to keep up, and what it can do."""

    dialect: Dialect = Dialect()
    application: str = "hotline"
    login: Node | None = None
    devices: tuple[str, ...] = ()
    """Monitored."""
    routing: tuple[str, ...] = ()
    """Registered for routing."""
    sessions: bool = True
    """It knows application sessions."""
    status: bool = True
    """It answers `RequestSystemStatus`; without, the session's prolongation is its heartbeat."""
    register: bool = True
    """It knows `SystemRegister`."""
    monitor_type: str = "device"
    """Empty: not written."""
    session_s: int = 180
    answer_s: float = 5.0
    beat_s: float = 20.0
    """Silence after which the switch is asked how it is."""
    audit_s: float = 60.0
    """All devices are looked at again so often; 0: never."""
    pause_s: float = 2.0
    longest_pause_s: float = 60.0
    window: int = 16
    """Monitors, registrations and snapshots asked for at once."""
    largest_bytes: int = LARGEST_BYTES
