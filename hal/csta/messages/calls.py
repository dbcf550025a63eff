"""Call control: what a device is to do, and the answers that name a new connection."""

from hal.api import value
from hal.csta.messages import fields as has
from hal.csta.messages.fields import ConnectionID, Request, Response

__all__ = [
    "AlternateCall",
    "AlternateCallResponse",
    "AnswerCall",
    "AnswerCallResponse",
    "ClearConnection",
    "ClearConnectionResponse",
    "ConferenceCall",
    "ConferenceCallResponse",
    "ConsultationCall",
    "ConsultationCallResponse",
    "DeflectCall",
    "DeflectCallResponse",
    "GenerateDigits",
    "GenerateDigitsResponse",
    "HoldCall",
    "HoldCallResponse",
    "MakeCall",
    "MakeCallResponse",
    "MakePredictiveCall",
    "MakePredictiveCallResponse",
    "ReconnectCall",
    "ReconnectCallResponse",
    "RetrieveCall",
    "RetrieveCallResponse",
    "SingleStepConferenceCall",
    "SingleStepConferenceCallResponse",
    "SingleStepTransferCall",
    "SingleStepTransferCallResponse",
    "TransferCall",
    "TransferCallResponse",
]


@value
class MakeCall(Request):
    """Call from a device, which is rung or taken off the hook first."""

    calling_device: str = has.device()
    called_directory_number: str = has.device()
    account_code: str | None = has.ident(optional=True)
    auth_code: str | None = has.ident(optional=True)
    auto_originate: str | None = has.ident(optional=True)
    """`prompt` or `doNotPrompt`."""
    correlator_data: str | None = has.data(optional=True)
    user_data: str | None = has.data(optional=True)


@value
class MakeCallResponse(Response):
    """The caller's connection."""

    calling_device: ConnectionID = has.connection()


@value
class MakePredictiveCall(Request):
    """Call a number first, and a device when it has answered."""

    calling_device: str = has.device()
    called_directory_number: str = has.device()
    account_code: str | None = has.ident(optional=True)
    auth_code: str | None = has.ident(optional=True)
    auto_originate: str | None = has.ident(optional=True)
    correlator_data: str | None = has.data(optional=True)
    user_data: str | None = has.data(optional=True)


@value
class MakePredictiveCallResponse(Response):
    """The connection of the device that calls."""

    initiated_call: ConnectionID = has.connection()


@value
class AnswerCall(Request):
    """Take an alerting call."""

    call_to_be_answered: ConnectionID = has.connection()


@value
class AnswerCallResponse(Response):
    """Accepted; `EstablishedEvent` says that it was done."""


@value
class ClearConnection(Request):
    """Put a device out of a call."""

    connection_to_be_cleared: ConnectionID = has.connection()


@value
class ClearConnectionResponse(Response):
    """Accepted."""


@value
class HoldCall(Request):
    """Hold a connected call."""

    call_to_be_held: ConnectionID = has.connection()


@value
class HoldCallResponse(Response):
    """Accepted."""


@value
class RetrieveCall(Request):
    """Take a held call back."""

    call_to_be_retrieved: ConnectionID = has.connection()


@value
class RetrieveCallResponse(Response):
    """Accepted."""


@value
class ConsultationCall(Request):
    """Hold a call and make another beside it."""

    existing_call: ConnectionID = has.connection()
    consulted_device: str = has.device()
    account_code: str | None = has.ident(optional=True)
    auth_code: str | None = has.ident(optional=True)
    correlator_data: str | None = has.data(optional=True)
    user_data: str | None = has.data(optional=True)


@value
class ConsultationCallResponse(Response):
    """Our connection in the other call."""

    initiated_call: ConnectionID = has.connection()


@value
class TransferCall(Request):
    """Join the far ends of two calls and leave both."""

    held_call: ConnectionID = has.connection()
    active_call: ConnectionID = has.connection()


@value
class TransferCallResponse(Response):
    """The call that they are joined in."""

    transferred_call: ConnectionID = has.connection()


@value
class ConferenceCall(Request):
    """Join two calls and stay."""

    held_call: ConnectionID = has.connection()
    active_call: ConnectionID = has.connection()


@value
class ConferenceCallResponse(Response):
    """The call that all are in."""

    conference_call: ConnectionID = has.connection()


@value
class AlternateCall(Request):
    """Hold the active call and take the held one back."""

    held_call: ConnectionID = has.connection()
    active_call: ConnectionID = has.connection()


@value
class AlternateCallResponse(Response):
    """Accepted."""


@value
class ReconnectCall(Request):
    """End the active call and take the held one back; here the active call comes first."""

    active_call: ConnectionID = has.connection()
    held_call: ConnectionID = has.connection()


@value
class ReconnectCallResponse(Response):
    """Accepted."""


@value
class SingleStepTransferCall(Request):
    """Give a call away without asking."""

    active_call: ConnectionID = has.connection()
    transferred_to: str = has.device()


@value
class SingleStepTransferCallResponse(Response):
    """The call as it goes on."""

    transferred_call: ConnectionID = has.connection()


@value
class SingleStepConferenceCall(Request):
    """Put one more device into a call, as a recorder is."""

    active_call: ConnectionID = has.connection()
    device_to_join: str = has.device()
    participation_type: str | None = has.ident(optional=True)
    """`active` or `silent`."""


@value
class SingleStepConferenceCallResponse(Response):
    """Its connection."""

    conferenced_call: ConnectionID = has.connection()


@value
class DeflectCall(Request):
    """Send an alerting call elsewhere."""

    call_to_be_diverted: ConnectionID = has.connection()
    new_destination: str = has.device()


@value
class DeflectCallResponse(Response):
    """Accepted."""


@value
class GenerateDigits(Request):
    """Send keys."""

    connection_to_send_digits: ConnectionID = has.connection()
    digit_mode: str | None = has.ident(optional=True)
    """`dtmf` or `rotaryPulse`."""
    characters_to_send: str = has.words()


@value
class GenerateDigitsResponse(Response):
    """Accepted."""
