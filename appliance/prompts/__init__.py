"""What callers hear: the appliance's own words, texts rendered to speech, recordings, tones and wait music."""

from appliance.prompts.words import LANGUAGES, OWN_WORDS, SOUNDS, Piece

__all__ = ["LANGUAGES", "OWN_WORDS", "SOUNDS", "Piece"]
