"""What a service is refused with: one class of the standard's errors and the reason within it (ECMA-269 clause 12.2.14, CSTAErrorCode)."""

from enum import StrEnum

__all__ = ["ErrorClass", "Refused", "incompatible", "no_resource", "wrong"]


class ErrorClass(StrEnum):
    """The classes of errors, as they are spelt on the wire."""

    OPERATION = "operation"
    SECURITY = "security"
    STATE = "stateIncompatibility"
    RESOURCE = "systemResourceAvailibility"
    """Spelt so by the standard."""
    SUBSCRIBED = "subscribedResourceAvailability"
    PERFORMANCE = "performanceManagement"
    PRIVATE = "privateErrorCode"
    UNSPECIFIED = "unspecified"


class Refused(Exception):
    """The switch does not do what it was asked for; nothing has changed."""

    def __init__(self, kind: ErrorClass, reason: str) -> None:
        """Say why in the standard's words."""
        super().__init__(f"{kind}: {reason}")
        self.kind, self.reason = kind, reason


def wrong(reason: str) -> Refused:
    """The request itself is wrong: it names what does not exist, or what cannot be."""
    return Refused(ErrorClass.OPERATION, reason)


def incompatible(reason: str) -> Refused:
    """The request would be right in another state of its connection or device."""
    return Refused(ErrorClass.STATE, reason)


def no_resource(reason: str) -> Refused:
    """The switch has nothing left to do it with."""
    return Refused(ErrorClass.RESOURCE, reason)
