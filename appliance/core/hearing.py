"""What callers say: for which words their lines listen, and what of it reaches their scripts. Keys always work beside."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeAlias

from appliance.core.contact import Contact
from hal.api import Capability, Listen, SpeechBegan, SpeechHeard, StopListening

if TYPE_CHECKING:
    from appliance.core.engine import Engine

__all__ = ["NONE", "Hearing", "Words"]

Words: TypeAlias = Mapping[str, Mapping[str, tuple[str, ...]]]
"""Language -> meaning -> words that have it."""
NONE: Words = {}
"""Keys alone count."""


class Hearing:
    """The listening of one engine."""

    def __init__(self, engine: "Engine") -> None:
        """Work on the engine's state."""
        self.state, self.scripts = engine.state, engine.scripts

    def listen(self, contact: Contact, words: Words, most: int) -> bool:
        """Listen to the caller for these words in his language; False: the site or his line does not."""
        state = self.state
        named, leg = words.get(contact.language), state.legs.get(contact.leg)
        if not named or leg is None or contact.language not in state.plan.speech.languages:
            return False
        line = state.lines.get(leg.line)
        if line is None or Capability.SPEECH not in line.capabilities:
            return False
        contact.listening, contact.speaking = state.next_number(), False
        contact.spoken.clear()
        state.out.append(Listen(leg.line, leg.id, contact.listening, contact.language, named, most))
        return True

    def stop(self, contact: Contact) -> None:
        """Listen no more; what was said and not asked for is forgotten."""
        if contact.listening and (leg := self.state.legs.get(contact.leg)) is not None:
            self.state.out.append(StopListening(leg.line, leg.id, contact.listening))
        contact.listening, contact.speaking = 0, False
        contact.spoken.clear()

    def began(self, event: SpeechBegan) -> None:
        """The caller speaks: what he is played ends where he may cut it short."""
        if (contact := self._of(event)) is not None:
            contact.speaking = True
            if SpeechBegan in contact.waiting:
                self.scripts.deliver(contact, event)

    def heard(self, event: SpeechHeard) -> None:
        """The caller has spoken."""
        if (contact := self._of(event)) is not None:
            contact.speaking = False
            if SpeechHeard in contact.waiting:
                self.scripts.deliver(contact, event)
            else:
                contact.spoken.append(event)

    def _of(self, event: SpeechBegan | SpeechHeard) -> Contact | None:
        """Whose it is; None: it is of a listening that is over."""
        leg = self.state.legs.get(event.leg)
        contact = self.state.contacts.get(leg.contact) if leg is not None else None
        return contact if contact is not None and contact.leg == event.leg and contact.listening == event.listening else None
