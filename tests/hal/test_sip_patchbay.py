"""Links of the conference bridge: whatever the order of commands and re-INVITEs, exactly what is wanted is connected."""

from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule

from hal.sip.worker.patchbay import Mixer, Patchbay


class Bridge(RuleBasedStateMachine):
    """A bridge whose ports lose all links when they are replaced, like PJSIP's; the model is who should hear whom."""

    legs = Bundle("legs")
    NAMES = ("a", "b", "c", "d")

    def __init__(self) -> None:
        super().__init__()
        self.links: set[tuple[int, int]] = set()
        self.ports: dict[str, int] = {}
        self.next = 0
        self.hears: dict[str, set[str]] = {}
        self.held: set[str] = set()
        self.patchbay = Patchbay(self._connect, self._disconnect)
        self.mixer = Mixer(self.patchbay)

    def _connect(self, source: int, listener: int) -> None:
        assert {source, listener} <= set(self.ports.values()), "a port that is gone was connected"
        assert (source, listener) not in self.links
        self.links.add((source, listener))

    def _disconnect(self, source: int, listener: int) -> None:
        self.links.remove((source, listener))

    @rule(leg=st.sampled_from(NAMES))
    def gets_a_port(self, leg: str) -> None:
        old = self.ports.get(leg)
        self.links = {link for link in self.links if old not in link}
        self.next += 1
        self.ports[leg] = self.next
        self.patchbay.plug(leg, self.next)

    @rule(leg=st.sampled_from(NAMES))
    def loses_its_port(self, leg: str) -> None:
        self.patchbay.unplug(leg)
        self.ports.pop(leg, None)

    @rule(leg=st.sampled_from(NAMES), heard=st.sets(st.sampled_from(NAMES)))
    def is_mixed(self, leg: str, heard: set[str]) -> None:
        self.mixer.set({leg: tuple(heard)})
        self.hears[leg] = heard - {leg}

    @rule(leg=st.sampled_from(NAMES), held=st.booleans())
    def is_held_or_retrieved(self, leg: str, held: bool) -> None:
        self.mixer.hold(leg, held)
        (self.held.add if held else self.held.discard)(leg)

    @rule(leg=st.sampled_from(NAMES))
    def is_released(self, leg: str) -> None:
        self.mixer.remove(leg)
        self.patchbay.drop(leg)
        self.ports.pop(leg, None)
        self.held.discard(leg)
        self.hears.pop(leg, None)
        for heard in self.hears.values():
            heard.discard(leg)

    @invariant()
    def exactly_what_is_wanted_is_connected(self) -> None:
        wanted = {
            (self.ports[source], self.ports[leg])
            for leg, heard in self.hears.items()
            for source in heard
            if {leg, source} <= set(self.ports) and not {leg, source} & self.held
        }
        assert self.links == wanted


TestBridge = Bridge.TestCase
