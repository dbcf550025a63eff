"""How long a text takes to say, without saying it: for simulations, which then need no speech and no espeak-ng.

Fitted to the rendered prompts of the demo centre: each estimate is within 20 %, that of a single word within 0.4 s, and the
sum of all within 2 %. A part of a sentence is within 0.3 s, and an assembled sentence within 20 %.
"""

import re

from appliance.core.saying import PAUSES
from appliance.prompts.words import PAUSE_S, SOUNDS_S, Piece

__all__ = ["estimated_s"]

_ZH, _ZH_COMMA, _ZH_STOP, _ZH_ROUND = 0.255, 0.20, 0.15, 0.30  # seconds per character, comma, full stop, and once
_EN, _EN_COMMA, _EN_STOP, _EN_ROUND = 0.070, 0.30, 0.65, 0.20  # seconds per letter, comma, full stop, and once
_EN_FIGURE = 0.45
_EN_OPEN = 0.30  # a phrase that does not end in a full stop is drawn out

_ZH_PART, _EN_PART, _EN_PART_LETTER = 0.06, 0.25, 0.046  # seconds once, and per letter, of a part of a sentence


def estimated_s(piece: Piece) -> float:
    """Length of a piece in seconds, as `Library` would render it."""
    text = piece.text.strip()
    if not text:
        return SOUNDS_S[piece.name]
    if piece.joined:
        return _part_s(piece)
    letters = len(re.findall(r"[A-Za-z]", text))
    figures = len(re.findall(r"[0-9]", text))
    commas = len(re.findall(r"[，、；：,;:](?=.)", text))
    stops = len(re.findall(r"[。？！.?!](?=.)", text))
    if piece.language == "zh":
        characters = len(re.findall(r"[\u4e00-\u9fff]", text)) + figures
        return _ZH_ROUND + characters * _ZH + letters * _EN + commas * _ZH_COMMA + stops * _ZH_STOP
    is_open = not text.endswith((".", "?", "!"))
    return _EN_ROUND + letters * _EN + figures * _EN_FIGURE + commas * _EN_COMMA + stops * _EN_STOP + is_open * _EN_OPEN


def _part_s(piece: Piece) -> float:
    """A part of a sentence."""
    if piece.text in PAUSES.values():
        return PAUSE_S
    if piece.language == "zh":
        return _ZH_PART + len(piece.text) * _ZH
    return _EN_PART + len(re.findall(r"[A-Za-z]", piece.text)) * _EN_PART_LETTER
