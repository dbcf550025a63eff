"""Parts of sentences as pieces to play: what `appliance.core.saying` says, rendered or recorded once for each part.

speaker's folder    say/zh/二十三.wav  say/zh/五角.wav  say/en/twenty-three.wav      what is not there is rendered
"""

from collections.abc import Iterable

from appliance.core.saying import CURRENCIES, UNITS, vocabulary
from appliance.prompts.words import Piece

__all__ = ["part", "parts"]


def part(text: str, language: str) -> Piece:
    """One part of what `say` gives."""
    return Piece(f"say/{language}/{text}", language, text, joined=True)


def parts(
    language: str, kinds: Iterable[str], *, currencies: Iterable[str] = tuple(CURRENCIES), units: Iterable[str] = tuple(UNITS)
) -> tuple[Piece, ...]:
    """All that has to be rendered so that any value of these kinds can be said, in a fixed order."""
    return tuple(part(text, language) for text in sorted(vocabulary(language, kinds, currencies=currencies, units=units)))
