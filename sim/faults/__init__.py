"""Faults of a scenario, on schedule or by chance: one vocabulary for virtual time and for live runs.

declared   what a scenario can say, and the plan of a run        lines phones machine gateways   the kinds
breaking   the port to what breaks                               seen                            what a run saw of them
"""

from sim.faults.breaking import Breaker, Unbreakable
from sim.faults.declared import FAULTS, Fault, Planned, RandomFaults, kinds_of, misfits, plan_of
from sim.faults.fitting import Hit, channels_of
from sim.faults.gateways import GatewayDead, GatewaySlow
from sim.faults.lines import LineLost, LinkLost, MessagesDoubled, MessagesLost, SpanAlarm, WorkerCrash
from sim.faults.machine import ClockJump, CoreRestart, DiskFull, DiskSlow
from sim.faults.moments import Moment
from sim.faults.phones import StationDead
from sim.faults.seen import AlarmSeen, FaultSeen

__all__ = [
    "FAULTS",
    "AlarmSeen",
    "Breaker",
    "ClockJump",
    "CoreRestart",
    "DiskFull",
    "DiskSlow",
    "Fault",
    "FaultSeen",
    "GatewayDead",
    "GatewaySlow",
    "Hit",
    "LineLost",
    "LinkLost",
    "MessagesDoubled",
    "MessagesLost",
    "Moment",
    "Planned",
    "RandomFaults",
    "SpanAlarm",
    "StationDead",
    "Unbreakable",
    "WorkerCrash",
    "channels_of",
    "kinds_of",
    "misfits",
    "plan_of",
]
