"""The switch's calls as legs of one line, so that the core need not know that a switch is there. Pure: what comes in goes on as `outputs`.

A line at a switch consists of the switch, which has the callers and the agents' phones, and a voice line of the appliance behind some of
the switch's extensions: its *ports*. A caller is a leg of the core from the RouteRequest on:

    RouteRequest ─▶ OFFERED ──Answer: RouteSelect to a free port──▶ ROUTED ──the call comes in at the port──▶ AT_PORT
                                                                                                             │    ▲
       PARKING: SingleStepTransferCall to a free port ◀──the agent is released, the caller is not── TALKING ◀┘    │
          └───────────────────────────────────────────the call comes in at the port──────────────────────────────┘

At a port all that is played, heard, recorded and understood is the voice line's. An agent is called for him by ConsultationCall from the
port: the switch holds the caller meanwhile, with its own music. When the two are to hear each other, TransferCall joins them; the port is
free again, and the conversation is the switch's: hold and retrieve are its services, and a recording is made at a recording port that
joins the call silently. Whom the agent asks for advice his own phone calls beside that, see `asking`.

What such a line cannot do, for the switch has the speech: play anything into a conversation or to who is held (it is told as stopped),
listen to one, whisper, and ring several agents for one caller at once; who hangs up a conversation of two ends it for both.

When the line is closed in order, callers at ports are released and conversations go on at the switch, without us and unrecorded.
After a crash of the appliance callers at ports and conversations are adopted as the legs they were, see `adopting`.
Calls that come to the voice line by themselves are its own, and pass through.
"""

from hal.csta.mapping.mapping import Mapping
from hal.csta.mapping.outputs import Ask, Keep, Kept, LookAt, Output, Say, Tell, Voice

__all__ = ["Ask", "Keep", "Kept", "LookAt", "Mapping", "Output", "Say", "Tell", "Voice"]
