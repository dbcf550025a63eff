"""Times of day of faults: to the second, for what breaks in a run of a minute."""

import re
from datetime import time
from typing import ClassVar

__all__ = ["Moment"]


class Moment(float):
    """A time of day in seconds since midnight, written `10:05` or `10:05:30`."""

    expects: ClassVar[str] = "a time of day such as '10:05' or '10:05:30'"
    pattern: ClassVar[str] = r"([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?"

    @classmethod
    def parse(cls, text: str) -> "Moment":
        """Read it; ValueError when it is no time of day."""
        if not re.fullmatch(cls.pattern, text):
            raise ValueError(f"'{text}' is not {cls.expects}")
        hours, minutes, *seconds = (int(part) for part in text.split(":"))
        return cls(hours * 3600 + minutes * 60 + sum(seconds))

    @property
    def of_day(self) -> time:
        """The same as a time of day."""
        minutes, second = divmod(round(self), 60)
        return time(minutes // 60, minutes % 60, second)

    def __str__(self) -> str:
        """As it is written."""
        minutes, seconds = divmod(round(self), 60)
        return f"{minutes // 60:02}:{minutes % 60:02}" + (f":{seconds:02}" if seconds else "")
