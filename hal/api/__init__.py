"""The hardware layer's interface: events up, commands down, and the contract of a line.

Backends import this and nothing else of the project; the core imports this and nothing else of the hardware layer.
"""

from hal.api.capability import Capability
from hal.api.causes import Cause, cause_of_sip, sip_of_cause
from hal.api.commands import (
    Alert,
    Answer,
    Command,
    Hold,
    Mix,
    Originate,
    Play,
    Reject,
    Release,
    Retrieve,
    Route,
    SendDigits,
    StartRecording,
    StopPlay,
    StopRecording,
    Transfer,
)
from hal.api.errors import HalError, LineFault, UnknownBackend, UnsupportedCommand
from hal.api.events import (
    Adopted,
    Alerted,
    Answered,
    Arrived,
    CommandFailed,
    DigitHeard,
    Event,
    HeldByFarEnd,
    LineAlarm,
    LineLost,
    LineOpened,
    PlayEnd,
    PlayEnded,
    RecordingEnded,
    RegistrationRefused,
    Released,
    RetrievedByFarEnd,
    Severity,
    StationRegistered,
    StationUnregistered,
    TransferAsked,
)
from hal.api.line import Backend, Line, LineSetup, Sink, check_supported
from hal.api.value import value

__all__ = [
    "Adopted", "Alert", "Alerted", "Answer", "Answered", "Arrived", "Backend", "Capability", "Cause", "Command", "CommandFailed", "DigitHeard",
    "Event", "HalError", "HeldByFarEnd", "Hold", "Line", "LineAlarm", "LineFault", "LineLost", "LineOpened", "LineSetup", "Mix", "Originate", "Play",
    "PlayEnd", "PlayEnded", "RecordingEnded", "RegistrationRefused", "Reject", "Release", "Released", "Retrieve", "RetrievedByFarEnd", "Route",
    "SendDigits", "Severity", "Sink", "StartRecording", "StationRegistered", "StationUnregistered", "StopPlay", "StopRecording", "Transfer",
    "TransferAsked", "UnknownBackend", "UnsupportedCommand", "cause_of_sip", "check_supported", "sip_of_cause", "value",
]
