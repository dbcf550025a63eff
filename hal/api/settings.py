"""How a backend's settings class says what its fields mean and what they may be, without knowing who reads the site file.

    channels: int = attrs.field(default=90, validator=between(1, 1000), metadata=said("calls at once", ge=1, le=1000))

The words of the metadata are those of `appliance.config.declare`.
"""

from typing import Any

import attrs

__all__ = ["between", "said"]


def said(doc: str, **words: Any) -> dict[str, Any]:
    """Metadata of a field: its documentation, and its limits in words that a schema knows."""
    return {"doc": doc, **words}


def between(ge: float, le: float) -> Any:
    """Validators of a number from `ge` to `le`."""
    return [attrs.validators.ge(ge), attrs.validators.le(le)]
