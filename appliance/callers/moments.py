"""Moments and lengths of time as an operator writes them, in the time zone of this machine."""

import re
from datetime import UTC, datetime, timedelta

from appliance.config import Duration

__all__ = ["lasting", "moment"]

_DAYS = re.compile(r"\s*(\d+)\s*d\b\s*(.*)")


def lasting(text: str) -> float:
    """Seconds: `2 h`, `30 min`, `3 d`, `1 d 12 h`.

    Raises:
        ValueError: it is no length of time, or none at all.

    """
    days = _DAYS.fullmatch(text)
    try:
        rest = days[2] if days is not None else text
        seconds = (int(days[1]) * 86_400.0 if days is not None else 0.0) + (float(Duration.parse(rest)) if rest else 0.0)
    except ValueError:
        raise ValueError(f"'{text}' is not a length of time such as '30 min', '2 h' or '3 d'") from None
    if not seconds:
        raise ValueError(f"'{text}' is no time at all")
    return seconds


def moment(text: str, now_s: float) -> float:
    """Seconds since the epoch: `2026-12-01 18:00`, `2026-12-01` (as it begins), `18:00` (the next one there is).

    Raises:
        ValueError: it is no moment.

    """
    try:
        if re.fullmatch(r"\d\d?:\d\d", text):
            now = datetime.fromtimestamp(now_s, UTC).astimezone()
            hour, minute = text.split(":")
            found = now.replace(hour=int(hour), minute=int(minute), second=0, microsecond=0, tzinfo=None)
            if found.astimezone() <= now:
                found += timedelta(days=1)
            return found.astimezone().timestamp()
        return datetime.fromisoformat(text).astimezone().timestamp()
    except ValueError:
        raise ValueError(f"'{text}' is not a moment such as '18:00', '2026-12-01' or '2026-12-01 18:00'") from None
