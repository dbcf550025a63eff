"""Agents: they log in by dialling a code, take calls after letting it ring, go on breaks, and log out, each with nothing but a phone.

A phone does one thing at a time; a code that is due during a call is dialled after it.
"""

from typing import TYPE_CHECKING

from hal.api import Cause
from hal.simulated import Party
from sim.callers import Caller

if TYPE_CHECKING:
    from sim.world import World

__all__ = ["LOG_OUT", "NOT_READY", "READY", "AgentPhone"]

READY, NOT_READY, LOG_OUT = "*11", "*12", "*13"
_NOTICES_AFTER_S = 5.0
"""An agent notices so late that the phone has stopped ringing, or that the far end has fallen silent."""
_CODE_TIMEOUT_S = 30.0


class AgentPhone:
    """One agent and his phone."""

    def __init__(self, world: "World", agent: str, station: str, pin: str) -> None:
        """An agent who is not there yet."""
        self.world, self.agent, self.station, self._pin = world, agent, station, pin
        self.busy = False
        """Whether the handset is off the hook, or it rings."""
        self.dead = False
        self.here = False
        """Whether he means to be logged in."""
        self.on_break = False
        self._due: list[str] = []
        self._offer: _Offer | None = None
        """The last call that came."""

    # --- the day --------------------------------------------------------------------------------------------------------------------

    def log_in(self) -> None:
        """Come to work."""
        self.here = True
        self.dial(f"*10{self._pin}")

    def log_out(self) -> None:
        """Go home."""
        self.here = False
        self.dial(LOG_OUT)

    def begin_break(self) -> None:
        """Take a break."""
        self.on_break = True
        self.dial(NOT_READY)

    def end_break(self) -> None:
        """Come back."""
        self.on_break = False
        self.dial(READY)

    def dial(self, code: str) -> None:
        """Dial a code, as soon as the phone is free."""
        if self.busy or self.dead:
            self._due.append(code)
        else:
            self.busy = True
            self.world.phones.dial(_Code(self, code), self.station, code)

    def freed(self) -> None:
        """The handset is back on the hook."""
        self.busy = False
        if self._due and not self.dead:
            self.dial(self._due.pop(0))

    # --- calls ----------------------------------------------------------------------------------------------------------------------

    def takes(self, ani: str) -> Party | Cause:
        """Who picks up a call that shows this number."""
        if self.dead:
            return Party()
        if self.busy:
            return Cause.USER_BUSY
        self.busy = True
        self._offer = _Offer(self, self.world.callers_by_ani.get(ani))
        return self._offer

    # --- faults ---------------------------------------------------------------------------------------------------------------------

    def die(self, for_s: float) -> None:
        """Lose power for a time: whoever is talking to this phone hears nothing any more, and hangs up when he notices."""
        self.dead = True
        if self._offer is not None:
            self._offer.falls_silent()
        self.world.phones.power(self.station, on=False)
        self.world.after(for_s, self._revive)

    def _revive(self) -> None:
        self.dead = self.busy = False
        self.world.phones.power(self.station, on=True)
        if self.here and not self.on_break:
            self.dial(READY)


class _Offer(Party):
    """A call that rings at an agent's, and the talk that follows."""

    answered_it = False
    over = False

    def __init__(self, phone: AgentPhone, caller: Caller | None) -> None:
        self.phone, self.caller = phone, caller

    def called(self) -> None:
        """It rings."""
        phone, caller = self.phone, self.caller
        world = phone.world
        self.leg.ring()
        if caller is None:
            world.problem(f"phone {phone.station} was called for nobody the world knows")
            self.leg.refuse(Cause.CALL_REJECTED)
            self._over()
            return
        world.offers.append((world.env.now, caller, phone.agent))
        delay_s = world.draws.rings_s(caller.call, caller.offers)
        caller.offers += 1
        if delay_s > 0:
            world.after(delay_s, self._pick_up)
        else:
            self._pick_up()

    def _pick_up(self) -> None:
        phone, caller = self.phone, self.caller
        if self.over or phone.dead or caller is None:
            return
        self.answered_it = True
        caller.connect(phone.agent)
        phone.world.after(caller.call.talk_s, self._talk_over)
        self.leg.answer()

    def _talk_over(self) -> None:
        caller = self.caller
        if self.over or caller is None:
            return
        if caller.call.hangs_up:
            caller.hang_up()
        elif not self.phone.dead:
            self._over()
            self.leg.hang_up()

    def falls_silent(self) -> None:
        """The phone has died during the call."""
        if self.answered_it and not self.over and self.caller is not None:
            self.phone.world.after(_NOTICES_AFTER_S, self.caller.hang_up)

    def released(self, cause: Cause) -> None:  # noqa: ARG002 - the party's protocol
        """It is over: the caller has left, or the centre has called the next agent."""
        missed = not self.answered_it and self.caller is not None and self.caller.ended_at is None
        self._over()
        if missed:
            self.phone.world.after(_NOTICES_AFTER_S, self._ready_again)

    def _ready_again(self) -> None:
        phone = self.phone
        if phone.here and not phone.on_break:
            phone.dial(READY)

    def _over(self) -> None:
        if not self.over:
            self.over = True
            self.phone.freed()


class _Code(Party):
    """A call to the centre's own codes."""

    over = False

    def __init__(self, phone: AgentPhone, code: str) -> None:
        self.phone, self.code = phone, code
        phone.world.after(_CODE_TIMEOUT_S, self._too_long)

    def playing(self, play: int, files: tuple[str, ...], loop: bool) -> None:  # noqa: ARG002 - the party's protocol
        """The centre says what it did."""
        if not self.phone.world.says_refused.isdisjoint(files):
            self._complain("was refused")

    def released(self, cause: Cause) -> None:
        """The centre has hung up."""
        if cause is not Cause.NORMAL_CLEARING:
            self._complain(f"was ended with cause {cause.name}")
        self._end()

    def _too_long(self) -> None:
        if not self.over:
            self._complain(f"took more than {_CODE_TIMEOUT_S:g} s")
            self.leg.hang_up()
            self._end()

    def _complain(self, what: str) -> None:
        code = self.code[:3] + "…" * (len(self.code) > 3)
        self.phone.world.problem(f"agent {self.phone.agent}: {code} {what}")

    def _end(self) -> None:
        self.over = True
        self.phone.freed()
