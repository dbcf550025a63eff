"""Lines at a switch that is controlled over its CTI link: CSTA Phase III (ECMA-269, ECMA-323) over TCP.

The backend is loaded when it is asked for: messages, session and model are pure, and importing them brings in neither trio nor sockets.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hal.csta.backend import SwitchBackend
    from hal.csta.settings import CstaSettings

__all__ = ["CstaSettings", "SwitchBackend"]


def __getattr__(name: str) -> Any:
    if name == "SwitchBackend":
        from hal.csta.backend import SwitchBackend

        return SwitchBackend
    if name == "CstaSettings":
        from hal.csta.settings import CstaSettings

        return CstaSettings
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
