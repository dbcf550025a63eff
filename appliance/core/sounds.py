"""What legs are played: by scripts, while waiting, and in conversations. One sound at a time on each leg; a new one takes its place."""

from appliance.core.contact import Contact
from appliance.core.leg import Leg
from appliance.core.plan import Prompt
from appliance.core.state import State
from hal.api import Play, Severity, StopPlay

__all__ = ["Sounds"]


class Sounds:
    """The sounds of one engine."""

    def __init__(self, state: State) -> None:
        """Play to the legs of this state."""
        self.state = state

    def files(self, contact: Contact, prompt: Prompt) -> tuple[str, ...]:
        """A prompt in the contact's language, else in the first that it has; that is an alarm, once."""
        if not (files := prompt.get(contact.language, ())) and (files := next(filter(None, prompt.values()), ())):
            self._missing(contact.language, files[0])
        return files

    def words(self, contact: Contact, names: list[str]) -> tuple[str, ...]:
        """Words in a row, all in one language as far as they are there: the contact's, or the first that has all of them."""
        prompts = [self.state.plan.prompts[name] for name in names if name in self.state.plan.prompts]
        for language in (contact.language, *self.state.plan.languages):
            if all(prompt.get(language) for prompt in prompts):
                if language != contact.language:
                    lacks = next(prompt for prompt in prompts if not prompt.get(contact.language))
                    self._missing(contact.language, lacks[language][0])
                return tuple(file for prompt in prompts for file in prompt[language])
        return tuple(file for prompt in prompts for file in self.files(contact, prompt))

    def _missing(self, language: str, instead: str) -> None:
        text = f"a prompt is not there in '{language}': its callers hear {instead} instead"
        advice = f"give it a text in '{language}' in the site file, or its recording, and load the site again"
        self.state.raise_alarm(Severity.YELLOW, f"prompt:{language}:{instead}", text, advice)

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
