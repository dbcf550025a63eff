"""The base of all rows, and columns that hold more than one thing."""

import json
import json.encoder
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from hal.api import value

__all__ = ["Record", "as_json", "from_json"]


@value
class Record:
    """Base of all rows; `table` is where it belongs and `key` the columns that identify it (empty: append only)."""

    table: ClassVar[str]
    key: ClassVar[tuple[str, ...]]


_python_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=float).encode  # an exact number as its figure
_make_encoder = getattr(json.encoder, "c_make_encoder", None)
_c_encode = _make_encoder and _make_encoder(None, float, json.encoder.encode_basestring, None, ":", ",", False, False, True)
"""Made once: `json.JSONEncoder` makes another one for each text, which takes longer than a short text does."""


def as_json(content: Mapping[str, object] | Sequence[object]) -> str:
    """A column that holds more than one thing."""
    return _python_encode(content) if _c_encode is None else "".join(_c_encode(content, 0))


def from_json(text: str, otherwise: Any) -> Any:
    """What a column holds; `otherwise` when it holds nothing."""
    return json.loads(text) if text else otherwise
