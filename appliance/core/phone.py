"""`Phone`: a phone of the centre that calls the centre itself, and what its agent can do with it."""

from typing import TYPE_CHECKING

from appliance.core.actions import CheckPin
from appliance.core.contact import Contact
from appliance.core.inputs import PinChecked
from appliance.core.scripts import Wait, wait
from hal.api import Severity

if TYPE_CHECKING:
    from appliance.core.engine import Engine

__all__ = ["Phone"]


class Phone:
    """The phone that a contact calls from."""

    __slots__ = ("_contact", "_engine")

    def __init__(self, engine: "Engine", contact: Contact) -> None:
        """Of this contact."""
        self._engine, self._contact = engine, contact

    def agent_of_station(self) -> str:
        """The agent whose own phone this is; empty: nobody's."""
        return self._engine.state.owners.get(self._contact.station, "")

    def logged_in_here(self) -> str:
        """The agent logged in on the calling phone; empty: nobody."""
        station = self._engine.state.stations.get(self._contact.station)
        return station.agent if station is not None else ""

    def agent_asks(self, agent: str, what: str, reason: str = "") -> bool:
        """Do what the agent asks for himself from this phone; False when it makes no sense now."""
        return self._engine.agents.duty.ask(agent, what, reason, self._contact.station)

    def may_try_pin(self, agent: str, most: int, within_s: float) -> bool:
        """Whether neither this phone nor, from anywhere, this agent has seen too many wrong PINs lately."""
        since = self._engine.state.now - within_s
        wrong = self._engine.state.wrong_pins
        for whose in (f"station:{self._contact.station}", f"agent:{agent}"):
            wrong[whose] = [at for at in wrong.get(whose, ()) if at > since]
            if len(wrong[whose]) >= most:
                return False
        return True

    def count_try(self, agent: str) -> None:
        """Count a PIN as wrong until it proves right, so that many tries at once are many."""
        for whose in (f"station:{self._contact.station}", f"agent:{agent}"):
            self._engine.state.wrong_pins.setdefault(whose, []).append(self._engine.state.now)

    def right_pin(self, agent: str) -> None:
        """It was no wrong one after all."""
        for whose in (f"station:{self._contact.station}", f"agent:{agent}"):
            self._engine.state.wrong_pins[whose].pop()

    def wrong_pin(self, agent: str, most: int, within_s: float) -> None:
        """Note a wrong PIN; one too many locks log-ins from this phone, or of this agent, for a while and is an alarm."""
        state, station = self._engine.state, self._contact.station
        self.audit("wrong PIN", agent)
        for whose in (f"station:{station}", f"agent:{agent}"):
            if len(state.wrong_pins[whose]) >= most:
                text = f"{most} wrong PINs, last keyed on station {station} for agent {agent}: no log-in for {within_s:.0f} s"
                state.raise_passing_alarm(Severity.YELLOW, f"pin:{whose}", text, "ask who was at this phone", within_s)

    def audit(self, what: str, detail: str = "") -> None:
        """Note what this phone did."""
        self._engine.state.audit(f"station:{self._contact.station}", what, detail)

    async def check_pin(self, agent: str, pin: str) -> bool:
        """Whether this is the agent's PIN."""
        state = self._engine.state
        token = state.next_number()
        state.tokens[token] = self._contact.id
        state.out.append(CheckPin(token, agent, pin))
        checked: PinChecked | None = await wait(Wait((PinChecked,), 10.0))
        return checked is not None and checked.right
