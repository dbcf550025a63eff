"""What callers hear: the appliance's own words, texts rendered to speech, recordings, tones and wait music.

    words    the appliance's own words, and what a piece to play is        length   how long a text takes to say, for simulations
    speech   how a text is read out, and brought to telephone level        music    wait music and the tone, synthesised
    sound    resampling, level, trimming, WAV                              library  the folder of finished files
    parts    parts of sentences that figures are assembled from            voices   what speaks: espeak-ng and others, each a module
    apart    a process for a voice that could take ours down               rendering   many pieces at once, in processes

The package itself loads only `words` and `length`: a simulation needs no more.
"""

from appliance.prompts.length import estimated_s
from appliance.prompts.words import LANGUAGES, OWN_WORDS, SOUNDS_S, Piece

__all__ = ["LANGUAGES", "OWN_WORDS", "SOUNDS_S", "Piece", "estimated_s"]
