"""Why a leg ended: cause values of ITU-T Q.850, and their SIP status codes after RFC 3398."""

from enum import IntEnum

__all__ = ["Cause", "cause_of_sip", "sip_of_cause"]


class Cause(IntEnum):
    """A release cause, numbered as in ITU-T Q.850 table 1; only the ones the appliance tells apart."""

    UNALLOCATED_NUMBER = 1
    NORMAL_CLEARING = 16
    USER_BUSY = 17
    NO_USER_RESPONDING = 18
    NO_ANSWER = 19
    CALL_REJECTED = 21
    DESTINATION_OUT_OF_ORDER = 27
    INVALID_NUMBER_FORMAT = 28
    NORMAL_UNSPECIFIED = 31
    NO_CIRCUIT_AVAILABLE = 34
    NETWORK_OUT_OF_ORDER = 38
    TEMPORARY_FAILURE = 41
    CONGESTION = 42
    REQUESTED_CIRCUIT_NOT_AVAILABLE = 44
    BEARER_CAPABILITY_NOT_AUTHORISED = 57
    BEARER_CAPABILITY_NOT_AVAILABLE = 58
    INCOMPATIBLE_DESTINATION = 88
    RECOVERY_ON_TIMER_EXPIRY = 102
    INTERWORKING = 127


# RFC 3398 section 7.2.4.1 (Q.850 -> SIP) and 8.2.6.1 (SIP -> Q.850).
_SIP_OF_CAUSE = {
    Cause.UNALLOCATED_NUMBER: 404,
    Cause.NORMAL_CLEARING: 480,  # before the answer there is no "normal"; RFC 3398 leaves the call without a final status
    Cause.USER_BUSY: 486,
    Cause.NO_USER_RESPONDING: 408,
    Cause.NO_ANSWER: 480,
    Cause.CALL_REJECTED: 403,
    Cause.DESTINATION_OUT_OF_ORDER: 502,
    Cause.INVALID_NUMBER_FORMAT: 484,
    Cause.NORMAL_UNSPECIFIED: 480,
    Cause.NO_CIRCUIT_AVAILABLE: 503,
    Cause.NETWORK_OUT_OF_ORDER: 503,
    Cause.TEMPORARY_FAILURE: 503,
    Cause.CONGESTION: 503,
    Cause.REQUESTED_CIRCUIT_NOT_AVAILABLE: 503,
    Cause.BEARER_CAPABILITY_NOT_AUTHORISED: 403,
    Cause.BEARER_CAPABILITY_NOT_AVAILABLE: 488,
    Cause.INCOMPATIBLE_DESTINATION: 488,
    Cause.RECOVERY_ON_TIMER_EXPIRY: 504,
    Cause.INTERWORKING: 500,
}
_CAUSE_OF_SIP = {
    200: Cause.NORMAL_CLEARING,
    400: Cause.TEMPORARY_FAILURE,
    401: Cause.CALL_REJECTED,
    403: Cause.CALL_REJECTED,
    404: Cause.UNALLOCATED_NUMBER,
    407: Cause.CALL_REJECTED,
    408: Cause.RECOVERY_ON_TIMER_EXPIRY,
    410: Cause.UNALLOCATED_NUMBER,
    415: Cause.BEARER_CAPABILITY_NOT_AVAILABLE,
    480: Cause.NO_USER_RESPONDING,
    484: Cause.INVALID_NUMBER_FORMAT,
    486: Cause.USER_BUSY,
    487: Cause.NORMAL_CLEARING,
    488: Cause.INCOMPATIBLE_DESTINATION,
    500: Cause.TEMPORARY_FAILURE,
    502: Cause.NETWORK_OUT_OF_ORDER,
    503: Cause.TEMPORARY_FAILURE,
    504: Cause.RECOVERY_ON_TIMER_EXPIRY,
    600: Cause.USER_BUSY,
    603: Cause.CALL_REJECTED,
    604: Cause.UNALLOCATED_NUMBER,
}


def sip_of_cause(cause: Cause) -> int:
    """The SIP status code that refuses a call for `cause` (RFC 3398 section 7.2.4.1)."""
    return _SIP_OF_CAUSE[cause]


def cause_of_sip(status: int) -> Cause:
    """The cause that a final SIP status code means (RFC 3398 section 8.2.6.1); INTERWORKING for one without a row there."""
    return _CAUSE_OF_SIP.get(status, Cause.INTERWORKING)
