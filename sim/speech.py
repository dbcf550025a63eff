"""How long prompts are when nobody has rendered them: `appliance.prompts` estimates it; recordings that replace a text are not known."""

from appliance.prompts import Piece, estimated_s
from sim.answering import question_of

__all__ = ["Speech"]

_OWN_MUSIC_S = 30.0


class Speech:
    """Files that exist only by name and length; `spoken=False`: everything is over at once."""

    def __init__(self, *, spoken: bool) -> None:
        """Start with no file."""
        self._spoken = spoken
        self.lengths: dict[str, float] = {}
        self._questions: dict[str, str] = {}

    def file_of(self, piece: Piece) -> str:
        """The file of a piece: see `appliance.site.FileOf`."""
        file = f"{piece.name}.{piece.language}" if piece.text else piece.name
        if question := question_of(piece.name):
            self._questions[file] = question
        self.lengths[file] = estimated_s(piece) if self._spoken else 0.0
        return file

    def rendered(self, text: str, language: str) -> str:
        """The file of a text that is not known before."""
        return self.file_of(Piece(f"read-out:{text}", language, text))

    def question_of(self, file: str) -> str:
        """The question of a call flow that begins with this file; empty: none does."""
        return self._questions.get(file, "")

    def duration_of(self, file: str) -> float:
        """Length in seconds; a file of the site's own (its wait music) counts as half a minute."""
        return self.lengths.get(file, _OWN_MUSIC_S)
