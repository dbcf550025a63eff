"""Agents: they log in by dialling a code, take calls after letting it ring, go on breaks, and log out, each with nothing but a phone.

A phone does one thing at a time; a code that is due during a call is dialled after it.
"""

from functools import partial
from typing import TYPE_CHECKING

from hal.api import Cause
from hal.simulated import Party
from sim.callers import Caller
from sim.conduct import Handover

if TYPE_CHECKING:
    from sim.world import World

__all__ = ["LOG_OUT", "NOT_READY", "READY", "AgentPhone", "Offer"]

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
        self.away = False
        """Whether nobody sits there although the centre may think so."""
        self.served = 0
        """How many talks he has had."""
        self._least_wrap_up_s = world.wrap_up_of(agent)
        self._due: list[str] = []
        self._writing = self._urgent = False
        """Whether he writes after a talk, and whether the first code that is due is due even so."""
        self._offer: Offer | None = None
        """The last call that came."""
        self.asked: Offer | None = None
        """The colleague he asks for advice."""

    # --- the day --------------------------------------------------------------------------------------------------------------------

    def log_in(self) -> None:
        """Come to work."""
        if self.away:
            self.dial(LOG_OUT)  # he had forgotten it
        self.here, self.away = True, False
        self.dial(f"*10{self._pin}")

    def go_home(self) -> None:
        """Leave everything, and log out."""
        self._writing = False
        self.log_out()

    def log_out(self, *, says: bool = True) -> None:
        """Go home; `says`: he thinks of logging out."""
        self.here, self.on_break = False, False
        if says:
            self.dial(LOG_OUT)
        else:
            self.away = True

    def begin_break(self, *, says: bool = True) -> None:
        """Take a break; `says`: he thinks of saying so."""
        self.on_break = True
        if says:
            self.dial(NOT_READY)
        else:
            self.away = True

    def end_break(self) -> None:
        """Come back."""
        if self.on_break:
            self.on_break = self.away = False
            self.dial(READY)

    def dial(self, code: str) -> None:
        """Dial a code, as soon as the phone is free."""
        if self.busy or self.dead or (self._writing and code != READY):
            self._due.append(code)
        else:
            self._dial(code)

    def _dial(self, code: str) -> None:
        self.busy = True
        self.world.phones.dial(_Code(self, code), self.station, code)

    def freed(self) -> None:
        """The handset is back on the hook."""
        self.busy = False
        if self._due and not self.dead and (self._urgent or not self._writing):
            self._urgent = False
            self._dial(self._due.pop(0))

    # --- calls ----------------------------------------------------------------------------------------------------------------------

    def takes(self, ani: str) -> Party | Cause:
        """Who picks up a call that shows this number."""
        if self.dead:
            return _Unheard(self)
        if self.busy:
            self.world.after(_NOTICES_AFTER_S, self.ready_again)  # the centre makes a pause of it
            return Cause.USER_BUSY
        self.busy, self._writing = True, False
        colleague = self.world.phones_by_agent.get(ani)
        caller = self.world.customer_of(ani) if colleague is None else colleague.caller
        self._offer = Offer(self, caller, advises=colleague is not None)
        if colleague is not None:
            colleague.asked = self._offer
        return self._offer

    @property
    def caller(self) -> Caller | None:
        """Whom he talks to."""
        return self._offer.caller if self._offer is not None and not self._offer.over else None

    def write(self, length_s: float) -> None:
        """Write after a talk for so long: the centre gives him some time for it, and hears by codes when it is less or more.

        He takes the break, or goes home, that is due when he has written.
        """
        self._writing = True
        if length_s > self._least_wrap_up_s:
            self._due.insert(0, NOT_READY)
            self._urgent = True
        self.world.after(length_s, partial(self._written, self._offer))

    def _written(self, offer: "Offer | None") -> None:
        if self._offer is not offer:
            return
        self._writing = False
        if self.here and not self.on_break:
            self.dial(READY)
        elif self._due and not self.busy and not self.dead:
            self._dial(self._due.pop(0))

    def ready_again(self) -> None:
        """Come back from a pause that the centre has made."""
        if self.here and not self.on_break and READY not in self._due:
            self.dial(READY)

    def sees_pause(self) -> None:
        """His display says that he is in a pause: if it is none of his, he comes back from it when he notices."""
        self.world.after(_NOTICES_AFTER_S, self._looks_up)

    def _looks_up(self) -> None:
        if not self._writing and not self.dead:
            self.ready_again()

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


class Offer(Party):
    """A call that rings at an agent's, and the talk that follows."""

    answered_it = False
    talked = False
    over = False
    number = 0
    """To how many the caller was offered before."""

    def __init__(self, phone: AgentPhone, caller: Caller | None, *, advises: bool) -> None:
        self.phone, self.caller = phone, caller
        self.advises = advises
        """Whether a colleague asks him, who has the caller."""

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
        if not self.advises:
            world.offers.append((world.env.now, caller, phone.agent))
        self.number = caller.offers
        delay_s = world.draws.conduct.rings_s(caller.call, caller.offers)
        caller.offers += 1
        if delay_s is None or phone.away:
            return
        if delay_s > 0:
            world.after(delay_s, self._pick_up)
        else:
            self._pick_up()

    def _pick_up(self) -> None:
        phone, caller = self.phone, self.caller
        if self.over or phone.dead or caller is None:
            return
        self.answered_it = True
        if caller.asked_back and caller.ended_at is not None:
            caller.waiting_agent = self  # the centre calls him now
        elif not self.advises:
            self._talk(caller)
        self.leg.answer()

    def meets(self, customer: Caller) -> None:
        """The customer who is called back has picked up."""
        if not self.over:
            self.caller = customer
            self._talk(customer)

    def _talk(self, caller: Caller) -> None:
        phone, conduct = self.phone, self.phone.world.draws.conduct
        self.talked = True
        caller.connect(phone.agent)
        talk_s = conduct.talk_s(caller.call, phone.agent, self.number, phone.served)
        phone.served += 1
        phone.world.after(talk_s, self._talk_over)
        handover = conduct.handover(caller.call, phone.agent, self.number)
        if handover is not None and handover.after_s < talk_s:
            phone.world.after(handover.after_s, partial(self._give, handover))

    def _give(self, handover: Handover) -> None:
        """Give the caller to somebody else, at once or after having asked him."""
        phone = self.phone
        if self.over or phone.dead:
            return
        if handover.asks_s is None:
            self.leg.press(f"*4{handover.to}#")
            return
        phone.asked = None
        self.leg.press(f"*3{handover.to}#")
        phone.world.after(handover.asks_s, partial(self._asked, handover))

    def _asked(self, handover: Handover) -> None:
        colleague = self.phone.asked
        if self.over or self.phone.dead:
            return
        if handover.keeps or colleague is None or colleague.over or not colleague.answered_it:
            self.leg.press("*6")
            return
        self.leg.press("*4")
        colleague.takes_over()

    def takes_over(self) -> None:
        """The colleague who asked has given him the caller."""
        if self.caller is not None and not self.over:
            self.advises = False
            self._talk(self.caller)

    def _talk_over(self) -> None:
        caller = self.caller
        if self.over or caller is None:
            return
        if caller.call.hangs_up and not self.phone.world.draws.conduct.cut_off(caller.call, self.number):
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
            self.phone.world.after(_NOTICES_AFTER_S, self.phone.ready_again)

    def _over(self) -> None:
        if not self.over:
            self.over = True
            phone, caller = self.phone, self.caller
            if self.talked and caller is not None:
                caller.left_alone()
                length_s = phone.world.draws.conduct.wrap_up_s(caller.call, phone.agent, self.number)
                if length_s is not None:
                    phone.write(length_s)
            phone.freed()


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


class _Unheard(Party):
    """A call for a phone that is dead: the centre makes a pause of it, from which the agent comes back when he can."""

    def __init__(self, phone: AgentPhone) -> None:
        self.phone = phone

    def released(self, cause: Cause) -> None:  # noqa: ARG002 - the party's protocol
        """The centre has called the next agent."""
        self.phone.world.after(_NOTICES_AFTER_S, self.phone.ready_again)
