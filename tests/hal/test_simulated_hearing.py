"""A simulated line understands the words it listens for, mishears some when told so, and always the same ones."""

from collections.abc import Mapping

import pytest

from hal.api import Answer, Command, Event, LineSetup, Listen, Release, SpeechBegan, SpeechHeard, StopListening
from hal.simulated import Party, SimulatedLeg, SimulatedLine, SimulatedSettings
from tests.hal.simulated_peer import Hand

MENU = {"1": ("billing", "my bill"), "2": ("repair",)}
DIGITS = {str(number): (word,) for number, word in enumerate(("zero", "one", "two", "three"))}


class Talk:
    """An answered call of a line, and what the line has told since."""

    def __init__(self, tmp_path: object, **settings: float) -> None:
        self.hand, self.told = Hand(), list[Event]()
        given = SimulatedSettings(**settings)  # type: ignore[arg-type] # seed is whole
        given.now, given.schedule = self.hand.now, self.hand.schedule
        self.line = SimulatedLine(LineSetup("sim", given, self.told.append, tmp_path), lambda: None)  # type: ignore[arg-type]
        leg = self.line.arrive(Party(), "138", "95500")
        assert isinstance(leg, SimulatedLeg)
        self.leg = leg
        self.do(Answer("sim", leg.id))
        self.told.clear()

    def do(self, command: Command) -> None:
        self.line.submit(command)

    def listen(self, number: int, words: Mapping[str, tuple[str, ...]], most: int = 1) -> None:
        self.do(Listen("sim", self.leg.id, number, "en", words, most))

    def heard(self) -> list[tuple[int, str]]:
        return [(event.listening, event.meant) for event in self.told if isinstance(event, SpeechHeard)]


def test_a_word_is_heard_at_once_and_understood_a_little_later(tmp_path: object) -> None:
    talk = Talk(tmp_path, understand_s=0.8)
    talk.listen(7, MENU)
    talk.leg.speak("my bill")
    assert talk.told == [SpeechBegan("sim", talk.leg.id, 7)]
    talk.hand.to(0.7)
    assert talk.heard() == []
    talk.hand.to(0.8)
    assert talk.heard() == [(7, "1")]


def test_listening_goes_on_until_it_is_stopped_under_its_own_number(tmp_path: object) -> None:
    talk = Talk(tmp_path)
    talk.leg.speak("repair")
    assert talk.told == []  # nobody listens yet
    talk.listen(1, MENU)
    talk.listen(2, MENU)
    talk.do(StopListening("sim", talk.leg.id, 1))
    talk.leg.speak("repair")
    talk.leg.speak("billing")
    assert talk.heard() == [(2, "2"), (2, "1")]
    talk.do(StopListening("sim", talk.leg.id, 2))
    talk.leg.speak("repair")
    assert len(talk.heard()) == 2


def test_what_was_said_before_it_was_stopped_or_the_call_ended_is_not_told_afterwards(tmp_path: object) -> None:
    talk = Talk(tmp_path, understand_s=0.8)
    talk.listen(1, MENU)
    talk.leg.speak("repair")
    talk.do(StopListening("sim", talk.leg.id, 1))
    talk.listen(2, MENU)
    talk.leg.speak("repair")
    talk.do(Release("sim", talk.leg.id))
    talk.hand.to(5.0)
    assert talk.heard() == []


def test_words_in_a_row_are_understood_up_to_the_number_asked_for_and_others_mean_nothing(tmp_path: object) -> None:
    talk = Talk(tmp_path)
    talk.listen(1, DIGITS, 3)
    for said in ("three one two", "three", "three one two one", "three and one", "banana"):
        talk.leg.speak(said)
    assert [meant for _, meant in talk.heard()] == ["312", "3", "", "", ""]


@pytest.mark.parametrize(("chance", "misheard"), [(0.0, 0), (1.0, 40)])
def test_a_misheard_word_means_another_with_little_confidence(tmp_path: object, chance: float, misheard: int) -> None:
    talk = Talk(tmp_path, misheard=chance)
    talk.listen(1, MENU)
    for _ in range(40):
        talk.leg.speak("billing")
    heard = [event for event in talk.told if isinstance(event, SpeechHeard)]
    wrong = [event for event in heard if event.meant != "1"]
    assert (len(heard), len(wrong)) == (40, misheard)
    assert all((event.confidence < 0.75) == (event in wrong) for event in heard)


def test_the_same_seed_mishears_the_same_words(tmp_path: object) -> None:
    def run(seed: int) -> list[tuple[int, str]]:
        talk = Talk(tmp_path, misheard=0.3, seed=seed)
        talk.listen(1, MENU)
        for _ in range(60):
            talk.leg.speak("billing")
        return talk.heard()

    first = run(1)
    assert first == run(1) != run(2)
    assert 5 < sum(meant != "1" for _, meant in first) < 31
