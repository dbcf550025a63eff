"""How long prompts are when nobody has rendered them: by the length of their text.

It does not render anything, and knows no recording that replaces a text.
"""

from appliance.prompts import Piece

__all__ = ["Speech"]

_CHARACTERS_A_SECOND = {"zh": 4.5, "en": 14.0}
"""Usual speed of announcements; espeak-ng at its default speed is within a tenth of it."""
_BREATH_S = 0.3
_SOUNDS_S = {"beep": 0.4, "wait-music": 30.0}


class Speech:
    """Files that exist only by name and length; `spoken=False`: everything is over at once."""

    def __init__(self, *, spoken: bool) -> None:
        """Start with no file."""
        self._spoken = spoken
        self.lengths: dict[str, float] = {}

    def file_of(self, piece: Piece) -> str:
        """The file of a piece: see `appliance.site.FileOf`."""
        if not piece.text:
            file, length = piece.name, _SOUNDS_S.get(piece.name, 1.0)
        else:
            file = f"{piece.name}.{piece.language}"
            length = _BREATH_S + len(piece.text) / _CHARACTERS_A_SECOND.get(piece.language, 10.0)
        self.lengths[file] = length if self._spoken else 0.0
        return file

    def duration_of(self, file: str) -> float:
        """Length in seconds; a file of the site's own (its wait music) counts as half a minute."""
        return self.lengths.get(file, _SOUNDS_S["wait-music"])
