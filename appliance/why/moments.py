"""Moments as people on this machine read them."""

from datetime import UTC, datetime

__all__ = ["day", "time"]


def day(at: float) -> str:
    """The day on this machine."""
    return datetime.fromtimestamp(at, UTC).astimezone().strftime("%Y-%m-%d")


def time(at: float, beside: float | None = None) -> str:
    """The time of day on this machine; with the day where it is another one than that of the moment beside it."""
    clock = datetime.fromtimestamp(at, UTC).astimezone().strftime("%H:%M:%S")
    return clock if beside is None or day(at) == day(beside) else f"{day(at)} {clock}"
