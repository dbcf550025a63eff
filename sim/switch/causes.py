"""Causes of the two worlds: CSTA's words for why a connection ends, and the numbers of ITU-T Q.850 that far ends know."""

from hal.api import Cause

__all__ = ["cause_of", "word_of"]

_WORDS = {
    Cause.NORMAL_CLEARING: "normalClearing",
    Cause.USER_BUSY: "busy",
    Cause.NO_ANSWER: "callNotAnswered",
    Cause.CALL_REJECTED: "blocked",
    Cause.UNALLOCATED_NUMBER: "numberUnallocated",
    Cause.INVALID_NUMBER_FORMAT: "invalidNumberFormat",
    Cause.DESTINATION_OUT_OF_ORDER: "destOutOfOrder",
    Cause.NO_USER_RESPONDING: "destNotObtainable",
    Cause.NO_CIRCUIT_AVAILABLE: "trunksBusy",
    Cause.NETWORK_OUT_OF_ORDER: "networkOutOfOrder",
    Cause.CONGESTION: "networkCongestion",
    Cause.INCOMPATIBLE_DESTINATION: "incompatibleDestination",
}
_CAUSES = {word: cause for cause, word in _WORDS.items()} | {"switchingFunctionTerminated": Cause.NETWORK_OUT_OF_ORDER}


def word_of(cause: Cause) -> str:
    """The standard's word for a cause of a far end."""
    return _WORDS.get(cause, "destNotObtainable")


def cause_of(word: str) -> Cause:
    """What a far end is told for a word; what is no misfortune, such as a transfer, is an ordinary end of the call."""
    return _CAUSES.get(word, Cause.NORMAL_CLEARING)
