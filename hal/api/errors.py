"""The hardware layer's few errors: ours are raised, the far end's are events."""

from hal.api.capability import Capability

__all__ = ["HalError", "LineFault", "UnknownBackend", "UnsupportedCommand"]


class HalError(Exception):
    """Base of the hardware layer's errors; the message is fit for an operator."""


class UnsupportedCommand(HalError):
    """Our mistake: a command that this line cannot do."""

    def __init__(self, line: str, command: str, capabilities: Capability) -> None:
        """Name the line, the command's class and what the line can do."""
        can = ", ".join(sorted(c.name or "?" for c in capabilities)) or "nothing"
        super().__init__(f"line '{line}' cannot {command}; it can: {can}")


class UnknownBackend(HalError):
    """The site names a backend that is not installed."""

    def __init__(self, name: str, installed: list[str]) -> None:
        """Name what was asked for and what there is."""
        super().__init__(f"no backend '{name}'; installed are: {', '.join(sorted(installed)) or 'none'}")


class LineFault(HalError):
    """The line broke as a whole: it is closed, its legs count as released, and it is opened again with back-off."""
