"""The base of all rows, and columns that hold more than one thing."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from hal.api import value

__all__ = ["Record", "as_json", "from_json"]


@value
class Record:
    """Base of all rows; `table` is where it belongs and `key` the columns that identify it (empty: append only)."""

    table: ClassVar[str]
    key: ClassVar[tuple[str, ...]]


_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=float).encode  # an exact number as its figure


def as_json(content: Mapping[str, object] | Sequence[object]) -> str:
    """A column that holds more than one thing."""
    return _encode(content)


def from_json(text: str, otherwise: Any) -> Any:
    """What a column holds; `otherwise` when it holds nothing."""
    return json.loads(text) if text else otherwise
