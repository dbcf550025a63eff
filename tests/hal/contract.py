"""The one suite that every backend passes, with a real peer behind it (or, for the simulated line, with its book of who hears whom).

A backend's test module subclasses `LineContract`, says how its line is opened and what must not be left behind, and nothing else:

    class TestMyLine(LineContract):
        @asynccontextmanager
        async def open(self, directory): ...; yield Bench(...)
        def left_behind(self): return [...]

Whatever a test does, afterwards the whole log is held to the promises of `hal.api.events` (`Bench.check_life_of_legs`), and nothing may
be left of the line. A test that needs what the line by its capabilities cannot do ends with the proof that it
refuses it (`contract_refused`).
"""

from tests.hal.contract_calls import CallContract
from tests.hal.contract_control import ControlContract
from tests.hal.contract_speech import SpeechContract
from tests.hal.peer import Bench, Does, Party, Peer, Tone

__all__ = ["Bench", "Does", "LineContract", "Party", "Peer", "Tone"]


class LineContract(CallContract, SpeechContract, ControlContract):
    """The contract of `hal.api.Line`; subclasses are collected by pytest."""
