"""Faults in virtual time: each comes about at a simulated line, disk, clock or gateway, where the appliance meets it by its own code."""

from collections.abc import Callable
from functools import singledispatchmethod
from random import Random
from typing import TYPE_CHECKING, Any

from hal.api import Backend
from sim.faults.gateways import GatewayDead, GatewaySlow
from sim.faults.lines import LineLost, LinkLost, MessagesDoubled, MessagesLost, SpanAlarm, WorkerCrash
from sim.faults.machine import ClockJump, CoreRestart, DiskFull, DiskSlow
from sim.faults.messages import Between, Unsure

if TYPE_CHECKING:
    from sim.outside import Trouble
    from sim.process import Mortal
    from sim.virtual import VirtualPhones

__all__ = ["MORTAL", "VirtualBreaker"]

MORTAL = frozenset({"core restart", "disk full", "disk slow", "clock jump", "messages doubled"})
"""Kinds of faults that need a process which can be broken."""


class VirtualBreaker:
    """See `sim.faults.Breaker`."""

    def __init__(self, phones: "VirtualPhones", seed: int, trouble: "Trouble") -> None:
        """Break these telephones' lines, and gateways by their `trouble`."""
        self._phones, self._seed, self._trouble = phones, seed, trouble
        self.process: Mortal | None = None
        """What can be killed; None: the run has nothing of the kind."""
        self._unsure: dict[str, Unsure] = {}

    def between(self, line: str, backend: Backend) -> Backend:
        """Put doubt between a line and the core."""
        unsure = self._unsure.setdefault(line, Unsure(Random(f"{self._seed}/messages/{line}")))
        return Between(backend, unsure)

    # --- the beginning ------------------------------------------------------------------------------------------------------------------

    @singledispatchmethod
    def begin(self, fault: Any) -> str:
        """See `Breaker`."""
        raise TypeError(f"no such fault: {fault}")

    @begin.register
    def _(self, fault: SpanAlarm) -> str:
        return self._phones.span_alarm(fault.line, fault.span, float(fault.t309))

    @begin.register
    def _(self, fault: LineLost) -> str:
        self._phones.cut(fault.line)
        return ""

    @begin.register
    def _(self, fault: LinkLost) -> str:
        return self._phones.cut_link(fault.line)

    @begin.register
    def _(self, fault: WorkerCrash) -> str:
        return self._phones.crash(fault.line)

    @begin.register
    def _(self, fault: MessagesLost) -> str:
        return self._phones.lose_messages(fault.line, fault.chance)

    @begin.register
    def _(self, fault: MessagesDoubled) -> str:
        self._unsure[fault.line].doubled = fault.chance
        return ""

    @begin.register
    def _(self, _fault: CoreRestart) -> str:
        self._mortal.kill()
        return ""

    @begin.register
    def _(self, _fault: DiskFull) -> str:
        self._mortal.disk.full = True
        return ""

    @begin.register
    def _(self, fault: DiskSlow) -> str:
        self._mortal.disk.slow_s = float(fault.delay)
        return ""

    @begin.register
    def _(self, fault: ClockJump) -> str:
        self._mortal.moved_s += fault.by_s
        return ""

    @begin.register
    def _(self, fault: GatewaySlow) -> str:
        self._trouble.slow_s[fault.gateway] = float(fault.delay)
        return ""

    @begin.register
    def _(self, fault: GatewayDead) -> str:
        self._trouble.dead.add(fault.gateway)
        return ""

    # --- the end ------------------------------------------------------------------------------------------------------------------------

    def end(self, fault: Any, well: Callable[[], None]) -> None:
        """See `Breaker`."""
        ends: dict[type, Callable[[], object]] = {
            SpanAlarm: lambda: self._phones.span_well(fault.line, fault.span),
            LineLost: lambda: self._phones.mend(fault.line),
            LinkLost: lambda: self._phones.mend_link(fault.line),
            MessagesLost: lambda: self._phones.lose_messages(fault.line, 0.0),
            MessagesDoubled: lambda: setattr(self._unsure[fault.line], "doubled", 0.0),
            DiskFull: lambda: setattr(self._mortal.disk, "full", False),
            DiskSlow: lambda: setattr(self._mortal.disk, "slow_s", 0.0),
            GatewaySlow: lambda: self._trouble.slow_s.pop(fault.gateway),
            GatewayDead: lambda: self._trouble.dead.discard(fault.gateway),
        }
        if isinstance(fault, CoreRestart):
            self._mortal.revive(well)
        elif type(fault) in ends:
            ends[type(fault)]()
            well()

    @property
    def _mortal(self) -> "Mortal":
        assert self.process is not None  # whoever put the run together knew its kinds of faults
        return self.process
