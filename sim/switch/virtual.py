"""Far ends in virtual time: people are the world's parties, and the ports are calls to simulated lines of the appliance.

    caller (Party) ──trunk── switch ──port 8901── SimulatedLine.arrive(.., dnis "8901") ──▶ the appliance's voice line
    agent (Party) ──station──┘
                     call                          a computer: `Server.attach` over a pair of memory streams

What the line plays at a port is told to whoever hears the port, what somebody presses is heard by all he speaks with. Not modelled: the
ringing tone, and what a recording at a port would hold. A phone for which the computer answers or dials is told that it is called, as if
it rang, and need not answer.
"""

from collections.abc import Callable

from hal.api import Cause
from hal.simulated import Party, SimulatedLine
from sim.switch.causes import cause_of, word_of
from sim.switch.cti import Cti
from sim.switch.speech import Nobody

__all__ = ["VirtualSpeech"]


class VirtualSpeech(Nobody):
    """All far ends of a switch; `cti` is set before anything happens."""

    cti: Cti

    def __init__(
        self, now: Callable[[], float], line_at: Callable[[str], SimulatedLine | None], takes: Callable[[str, str], Party | Cause]
    ) -> None:
        """`line_at`: the line whose calls come in at a port (None: it is none). `takes`: who takes a call at `station:8001` or
        `number:0301234` from a number, or why nobody does.
        """
        self._now, self._line_at, self._takes = now, line_at, takes
        self._people: dict[int, _Person] = {}
        self._ports: dict[int, _Port] = {}

    def in_time(self) -> None:
        """Let it be now for the switch, before a far end acts."""
        self.cti.tick(self._now())

    # --- people call ----------------------------------------------------------------------------------------------------------------

    def call(self, caller: Party, ani: str, dnis: str, trunk: str = "", user_data: str = "") -> None:
        """Somebody in the network calls; his exchange may send something along."""
        self.in_time()
        switch = self.cti.switch
        with switch.turn(self._now()):
            leg = switch.arrives(trunk or next(iter(switch.trunks)), ani, dnis, user_data=user_data)
            self._has_called(caller, leg, Cause.NO_CIRCUIT_AVAILABLE)

    def dial(self, party: Party, station: str, number: str) -> None:
        """A phone dials."""
        self.in_time()
        with self.cti.switch.turn(self._now()):
            self._has_called(party, self.cti.switch.dials(station, number), Cause.USER_BUSY)

    def _has_called(self, party: Party, leg: int | None, otherwise: Cause) -> None:
        if leg is None:
            party.released(otherwise)
        else:
            party.leg = self._people[leg] = _Person(self, leg, party, has_called=True)

    # --- sim.switch.speech.Speech ---------------------------------------------------------------------------------------------------

    def rings(self, leg: int, device: str, calling: str, called: str) -> None:  # noqa: ARG002 - the hook's protocol
        """See `Speech`."""
        line = self._line_at(device)
        if line is None:
            self._called(leg, f"station:{device}", calling)
        else:
            port = self._ports[leg] = _Port(self, leg)
            line.arrive(port, calling, device)

    def goes_out(self, leg: int, channel: str, number: str, calling: str) -> None:  # noqa: ARG002 - the hook's protocol
        """See `Speech`."""
        self._called(leg, f"number:{number}", calling)

    def _called(self, leg: int, to: str, calling: str) -> None:
        taken = self._takes(to, calling)
        if isinstance(taken, Cause):
            self.cti.switch.hangs_up(leg, word_of(taken))
        else:
            taken.leg = self._people[leg] = _Person(self, leg, taken)
            taken.called()

    def off_hook(self, leg: int, device: str) -> None:
        """See `Speech`."""
        if leg not in self._people and leg not in self._ports:
            self._called(leg, f"station:{device}", device)

    def hears(self, leg: int, legs: frozenset[int]) -> None:
        """See `Speech`."""
        if (person := self._people.get(leg)) is not None:
            before, person.hears = person.hears, legs
            if legs and person.has_called and not person.is_answered:
                person.is_answered = True
                person.party.answered()
            person.party.mixed(tuple(str(other) for other in sorted(legs)))
            for other in sorted(legs - before):
                if (port := self._ports.get(other)) is not None and port.sounds is not None:
                    person.party.playing(*port.sounds)

    def keys(self, leg: int, digits: str) -> None:
        """See `Speech`."""
        if (port := self._ports.get(leg)) is not None:
            port.leg.press(digits)
        elif (person := self._people.get(leg)) is not None:
            person.party.digits(digits)

    def ends(self, leg: int, cause: str) -> None:
        """See `Speech`."""
        if (port := self._ports.pop(leg, None)) is not None:
            port.leg.hang_up(cause_of(cause))
        elif (person := self._people.pop(leg, None)) is not None:
            person.party.released(cause_of(cause))

    # --- far ends act ---------------------------------------------------------------------------------------------------------------

    def listeners(self, leg: int) -> list[Party]:
        """Who hears this far end."""
        return [person.party for person in self._people.values() if leg in person.hears]

    def gone(self, leg: int, cause: Cause) -> None:
        """A far end has gone on-hook."""
        if self._people.pop(leg, None) is not None or self._ports.pop(leg, None) is not None:
            self.in_time()
            self.cti.switch.hangs_up(leg, word_of(cause))


class _Person:
    """What a party can do on its leg; see `hal.simulated.Connection`."""

    def __init__(self, speech: VirtualSpeech, leg: int, party: Party, *, has_called: bool = False) -> None:
        self._speech, self._leg, self.party = speech, leg, party
        self.has_called, self.is_answered = has_called, False
        self.hears: frozenset[int] = frozenset()

    def ring(self) -> None:
        self._speech.in_time()
        self._speech.cti.switch.reached(self._leg)

    def answer(self) -> None:
        self._speech.in_time()
        self._speech.cti.switch.lifts(self._leg)

    def refuse(self, cause: Cause = Cause.USER_BUSY) -> None:
        self._speech.gone(self._leg, cause)

    def press(self, digits: str) -> None:
        self._speech.in_time()
        self._speech.cti.switch.presses(self._leg, digits)

    def hang_up(self, cause: Cause = Cause.NORMAL_CLEARING) -> None:
        self._speech.gone(self._leg, cause)


class _Port(Party):
    """A port of the switch, as the simulated line behind it sees it: a party that calls."""

    __slots__ = ("_leg", "_speech", "sounds")

    def __init__(self, speech: VirtualSpeech, leg: int) -> None:
        self._speech, self._leg = speech, leg
        self.sounds: tuple[int, tuple[str, ...], bool] | None = None

    def answered(self) -> None:
        self._speech.in_time()
        self._speech.cti.switch.lifts(self._leg)

    def released(self, cause: Cause) -> None:
        self._speech.gone(self._leg, cause)

    def playing(self, play: int, files: tuple[str, ...], loop: bool) -> None:
        self.sounds = (play, files, loop)
        for party in self._speech.listeners(self._leg):
            party.playing(play, files, loop)

    def play_ended(self, play: int) -> None:
        self.sounds = None
        for party in self._speech.listeners(self._leg):
            party.play_ended(play)

    def digits(self, digits: str) -> None:
        self._speech.in_time()
        self._speech.cti.switch.presses(self._leg, digits)
