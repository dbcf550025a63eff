"""What the watcher of the cards (`card`) writes, read here: that program is one file, and needs no more than to write it."""

import dataclasses
import json
from typing import Any

from hal.dahdi.card import Alive, Channel, Counters, Fault, Gone, Report, Span

__all__ = ["decode"]


def decode(line: bytes) -> Report:
    """The report of a line.

    Raises:
        ValueError: it is none.

    """
    try:
        fields = json.loads(line)
        kind = fields.pop("kind")
        if kind == Span.kind:
            fields["counters"] = _typed(Counters(**fields["counters"]))
            fields["channels"] = tuple(_typed(Channel(**{**one, "alarms": tuple(one["alarms"])})) for one in fields["channels"])
            fields["alarms"] = tuple(fields["alarms"])
        kinds: dict[str, type[Report]] = {one.kind: one for one in (Span, Gone, Fault, Alive)}
        report: Report = _typed(kinds[kind](**fields))
        return report
    except (AttributeError, KeyError, TypeError, RecursionError) as error:
        raise ValueError(f"no report of a card: {line[:80]!r} ({error})") from None


def _typed(report: Any) -> Any:
    """The same, if its plain fields are what they are declared as."""
    for field in dataclasses.fields(report):
        value = getattr(report, field.name)
        plain, words = field.type in (int, str, bool), field.name == "alarms"
        if (plain and type(value) is not field.type) or (words and set(map(type, value)) - {str}):
            raise TypeError(f"'{field.name}' is {value!r}")
    return report
