"""The application session (ECMA-354): who we are, which edition we speak, and for how long."""

from typing import ClassVar

from hal.api import value
from hal.csta.messages import fields as has
from hal.csta.messages.fields import Message, Request, Response
from hal.csta.xml import Node

__all__ = [
    "ApplicationInfo",
    "ApplicationSessionTerminated",
    "EndReason",
    "ProtocolVersions",
    "ResetApplicationSessionTimer",
    "ResetApplicationSessionTimerNegResponse",
    "ResetApplicationSessionTimerPosResponse",
    "SessionError",
    "StartApplicationSession",
    "StartApplicationSessionNegResponse",
    "StartApplicationSessionPosResponse",
    "StopApplicationSession",
    "StopApplicationSessionNegResponse",
    "StopApplicationSessionPosResponse",
    "TermReason",
]


@value
class ApplicationInfo:
    """Who starts a session; `application_specific_info` carries a log-in where the switch wants one."""

    application_id: str = has.ident()
    application_specific_info: Node | None = has.node(optional=True)


@value
class ProtocolVersions:
    """The edition asked for. The standard allows several; one is asked for at a time, the site's."""

    protocol_version: str = has.ident()


@value
class StartApplicationSession(Request):
    """Begin a session of so many seconds."""

    spoken_in: ClassVar[str] = "session"
    application_info: ApplicationInfo = has.struct(ApplicationInfo)
    requested_protocol_versions: ProtocolVersions = has.struct(ProtocolVersions)
    requested_session_duration: int | None = has.number(optional=True)


@value
class StartApplicationSessionPosResponse(Response):
    """It has begun."""

    spoken_in: ClassVar[str] = "session"
    session_id: str = has.ident()
    actual_protocol_version: str | None = has.ident(optional=True)
    actual_session_duration: int | None = has.number(optional=True)


@value
class SessionError:
    """Why not: one of the standard's reasons, or one of the application's own."""

    defined_error: str | None = has.ident(optional=True)
    appl_error: str | None = has.ident(optional=True)


@value
class StartApplicationSessionNegResponse(Response):
    """It has not."""

    spoken_in: ClassVar[str] = "session"
    error_code: SessionError = has.struct(SessionError)


@value
class EndReason:
    """Why we end it."""

    defined_end_reason: str | None = has.ident(optional=True)
    appl_end_reason: str | None = has.ident(optional=True)


@value
class StopApplicationSession(Request):
    """End the session."""

    spoken_in: ClassVar[str] = "session"
    session_id: str = has.ident()
    session_end_reason: EndReason | None = has.struct(EndReason, optional=True)


@value
class StopApplicationSessionPosResponse(Response):
    """It has ended."""

    spoken_in: ClassVar[str] = "session"


@value
class StopApplicationSessionNegResponse(Response):
    """It was none."""

    spoken_in: ClassVar[str] = "session"
    error_code: SessionError = has.struct(SessionError)


@value
class ResetApplicationSessionTimer(Request):
    """Let the session last so many seconds from now."""

    spoken_in: ClassVar[str] = "session"
    session_id: str = has.ident()
    requested_session_duration: int | None = has.number(optional=True)


@value
class ResetApplicationSessionTimerPosResponse(Response):
    """It lasts so long."""

    spoken_in: ClassVar[str] = "session"
    actual_session_duration: int | None = has.number(optional=True)


@value
class ResetApplicationSessionTimerNegResponse(Response):
    """It does not."""

    spoken_in: ClassVar[str] = "session"
    error_code: SessionError = has.struct(SessionError)


@value
class TermReason:
    """Why the switch ends it."""

    defined_term_reason: str | None = has.ident(optional=True)
    appl_term_reason: str | None = has.ident(optional=True)


@value
class ApplicationSessionTerminated(Message):
    """The switch has ended the session."""

    spoken_in: ClassVar[str] = "session"
    session_id: str | None = has.ident(optional=True)
    session_term_reason: TermReason | None = has.struct(TermReason, optional=True)
