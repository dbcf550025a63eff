"""How long prompts are when nobody has rendered them: `appliance.prompts` estimates it; recordings that replace a text are not known."""

from appliance.prompts import Piece, estimated_s

__all__ = ["Speech"]

_OWN_MUSIC_S = 30.0


class Speech:
    """Files that exist only by name and length; `spoken=False`: everything is over at once."""

    def __init__(self, *, spoken: bool) -> None:
        """Start with no file."""
        self._spoken = spoken
        self.lengths: dict[str, float] = {}

    def file_of(self, piece: Piece) -> str:
        """The file of a piece: see `appliance.site.FileOf`."""
        file = f"{piece.name}.{piece.language}" if piece.text else piece.name
        self.lengths[file] = estimated_s(piece) if self._spoken else 0.0
        return file

    def duration_of(self, file: str) -> float:
        """Length in seconds; a file of the site's own (its wait music) counts as half a minute."""
        return self.lengths.get(file, _OWN_MUSIC_S)
