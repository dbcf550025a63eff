"""What a line can do."""

from enum import Flag, auto

__all__ = ["Capability"]


class Capability(Flag):
    """Abilities of an *open* line, read once when it opens; a site that asks for one no line has is refused at start."""

    ANSWER = auto()
    """Answers, rejects and releases calls."""
    ORIGINATE = auto()
    PLAY = auto()
    DTMF = auto()
    RECORD = auto()
    MIX = auto()
    HOLD = auto()
    EARLY_MEDIA = auto()
    TRANSFER = auto()
    """Hands a call over in the network (REFER, ECT)."""
    ROUTE = auto()
    """Tells a switch where a call goes."""
    OBSERVE = auto()
    """Sees calls it does not carry."""
    FAX = auto()
    REGISTRAR = auto()
    """Phones log in here."""
    SPAN_ALARMS = auto()
    SPEECH = auto()
    """Understands words that are said on a leg."""
    AGENT_STATES = auto()
    """Its phones have keys for agents' states: it tells which are pressed, and is told what to show."""
    CONFERENCE = auto()
    """Anybody hears whomever a `Mix` says, prompts are heard over it, and each side of a recording has its channel. Without it a third
    comes to two who talk only if one of the two consults him, nobody listens or whispers, and a recording of several has one channel."""
    CAUSES = auto()
    """A caller who is refused is told the cause that `Reject` names."""
    LISTING = auto()
    """Says on `ListLegs` which legs and recordings it has, and forgets a leg that is released once more after it was gone."""
    OUTSIDE = auto()
    """Its phones reach numbers outside: a call that an agent makes at his seat gets there."""
