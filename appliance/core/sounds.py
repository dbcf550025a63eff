"""What legs are played: by scripts, while waiting, and in conversations. One sound at a time on each leg; a new one takes its place."""

from appliance.core.contact import Contact
from appliance.core.leg import Leg
from appliance.core.plan import Prompt
from appliance.core.state import State
from hal.api import Play, StopPlay

__all__ = ["Sounds"]


class Sounds:
    """The sounds of one engine."""

    def __init__(self, state: State) -> None:
        """Play to the legs of this state."""
        self.state = state

    def files(self, contact: Contact, prompt: Prompt) -> tuple[str, ...]:
        """A prompt in the contact's language, else in the first that it has."""
        return prompt.get(contact.language) or next(iter(prompt.values()), ())

    def play(self, leg: Leg, files: tuple[str, ...], *, loop: bool = False) -> int:
        """Start to play; the result is the number of the play."""
        leg.play, leg.playing = self.state.next_number(), True
        self.state.out.append(Play(leg.line, leg.id, leg.play, files, loop))
        return leg.play

    def hush(self, leg_id: str) -> None:
        """Stop what is being played to a leg."""
        leg = self.state.legs.get(leg_id)
        if leg is not None and leg.playing:
            leg.playing = False
            self.state.out.append(StopPlay(leg.line, leg.id, leg.play))
