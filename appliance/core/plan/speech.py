"""How callers' words are taken, where a line can understand them."""

from hal.api import value

__all__ = ["SpeechPlan"]


@value
class SpeechPlan:
    """In which languages words count beside keys, and from which confidence on."""

    languages: tuple[str, ...] = ()
    """None: keys alone."""
    sure: float = 0.7
    """From here on a word is what was said; below, the caller is asked whether it is."""
    wrong: float = 0.25
    """Below this it counts as a word that is not wanted."""
