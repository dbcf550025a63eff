"""Lines without hardware: the world on the far side is made of objects, and time is given from outside.

They do everything `hal.api` describes, in zero time or with the delays of their settings, keep a book of who hears whom, and pass the
contract that every backend passes. A line has no clock, no task and no channel of its own: it acts only inside `submit`, inside a method of
the far end, or when the world calls what was handed to `schedule`, so that a call costs microseconds and every run is the same.

Not modelled: speech itself (a recording is a row without a file, and contains nothing; a prompt is a length of time), codecs, loss and
jitter; digits that are misheard or sent in-band; glare, retransmission and re-INVITE races (two things never cross on the wire);
NAT, TLS, SRTP; authentication beyond comparing a password; fax and video; of spans anything but an alarm that takes their channels away.
"""

from hal.simulated.backend import ALL, Schedule, SimulatedBackend, SimulatedSettings
from hal.simulated.far_end import Connection, FarEnd, Party
from hal.simulated.leg import LegState, SimulatedLeg
from hal.simulated.line import SimulatedLine
from hal.simulated.recording import SimulatedRecording

__all__ = [
    "ALL",
    "Connection",
    "FarEnd",
    "LegState",
    "Party",
    "Schedule",
    "SimulatedBackend",
    "SimulatedLeg",
    "SimulatedLine",
    "SimulatedRecording",
    "SimulatedSettings",
]
