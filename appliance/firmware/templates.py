"""The shipped files of `firmware-config/` that a rendering takes over or fills in: `@{name}` stands for a word.

`$` is Kamailio's and Asterisk's own, so `string.Template` would ask them to write it twice.
"""

import re
from collections.abc import Mapping
from pathlib import Path

__all__ = ["template"]

_FOLDER = Path(__file__).parent.parent.parent / "firmware-config"
_BLANK = re.compile(r"@\{([a-z_]+)\}")


def template(name: str, words: Mapping[str, str] | None = None) -> str:
    """The text of a file there, with its words filled in; KeyError: one is missing."""
    known = words or {}
    return _BLANK.sub(lambda blank: known[blank[1]], (_FOLDER / name).read_text())
