"""Lines at an Asterisk in the role of the PBX, over its manager interface: see README.md.

To the mapping (`hal.csta.mapping`) it is a switch like any other; `switch` translates, without sockets and clocks.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hal.ami.backend import AmiBackend
    from hal.ami.settings import AmiSettings

__all__ = ["AmiBackend", "AmiSettings"]


def __getattr__(name: str) -> Any:
    if name == "AmiBackend":
        from hal.ami.backend import AmiBackend

        return AmiBackend
    if name == "AmiSettings":
        from hal.ami.settings import AmiSettings

        return AmiSettings
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
